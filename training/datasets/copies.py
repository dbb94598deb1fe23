"""Copies: one signal under two people would be held out and trained on at once."""

import hashlib
from collections.abc import Iterable, Iterator

import numpy as np

from features import SignalError
from training.datasets.labelled import LabelledRecording


class Copies:
    """Recordings that have been seen, by their samples."""

    def __init__(self) -> None:
        self._seen: dict[bytes, tuple[str, str]] = {}
        """Name and person."""

    def __bool__(self) -> bool:
        return bool(self._seen)

    def refused(
        self, recordings: Iterable[LabelledRecording], *, remembered: bool = True
    ) -> Iterator[LabelledRecording]:
        """Hand recordings on, and refuse one whose samples were somebody else's.

        Copies of one person are no mistake, nor are signals without any change in them. Those that
        are handed on count as seen unless they are not ``remembered``.

        Raises
        ------
        SignalError
            Naming both.
        """
        for labelled in recordings:
            if digest := _digest(labelled):
                own = (labelled.id, labelled.group)
                name, group = self._seen.get(digest, own)
                if group != labelled.group:
                    raise SignalError(
                        f"the recording {labelled.id!r} of {labelled.group} holds the same samples"
                        f" as {name!r} of {group}; give both one subject (in two sets,"
                        " one name too), or leave one of them out"
                    )
                if remembered:
                    self._seen.setdefault(digest, own)
            yield labelled


def _digest(labelled: LabelledRecording) -> bytes:
    """Return the hash of a recording's samples, nothing for one that never changes."""
    samples = np.ascontiguousarray(labelled.recording.samples)
    known = samples[np.isfinite(samples)]
    if len(known) == 0 or known.min() == known.max():
        return b""
    return hashlib.blake2b(samples.data, digest_size=16).digest()
