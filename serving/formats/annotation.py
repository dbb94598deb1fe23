"""Annotation: what a file says happened, and when."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Annotation:
    """One remark in a file, in seconds from the start of the recording.

    ``duration_s`` is 0 for a remark about one moment.
    """

    start_s: float
    duration_s: float
    text: str
