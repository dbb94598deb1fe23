"""Limits: how much of a file is read at the most."""

import math
import sys
from dataclasses import dataclass

from features import SignalError


@dataclass(frozen=True)
class Limits:
    """What a recording may have; more is refused with a sentence.

    Attributes
    ----------
    channels : int
        Channels that are read; a file may hold more, of which some are named.
    duration_s : float
        Length of the recording.
    samples : int
        Samples of all channels together. A table that is read a stretch at a time takes up to 8
        bytes of temporary disk space for each.
    samples_in_memory : int
        Samples of what cannot be read a stretch at a time: rows of a table with a column of times,
        which take about 50 bytes of memory each, and WFDB records of several segments.
    unpacked_bytes : int
        Size of what a zip archive is unpacked to, on temporary disk space.
    archive_files : int
        Files in a zip archive.
    """

    channels: int = 64
    duration_s: float = 7 * 86_400.0
    samples: int = 250_000_000
    samples_in_memory: int = 10_000_000
    unpacked_bytes: int = 2 * 1024**3
    archive_files: int = 1000

    def check_channels(self, n_channels: int) -> None:
        """Say how to choose channels when there are too many."""
        if n_channels > self.channels:
            raise SignalError(
                f"it has {n_channels} channels, and up to {self.channels} are read; name those"
                " that are meant under columns"
            )

    def check_length(self, n_channels: int, n_samples: int, rate_hz: float) -> None:
        """Say what to do with a recording that is too long."""
        if n_samples / rate_hz > self.duration_s:
            raise SignalError(
                f"it lasts over {self.duration_s:g} s, the longest that is read; cut it into parts"
            )
        if n_samples * n_channels > self.samples:
            raise SignalError(
                f"it has over {self.samples} samples in {n_channels} channels, the most that are"
                " read; name fewer under columns, or cut it into parts"
            )


UNLIMITED = Limits(
    channels=sys.maxsize,
    duration_s=math.inf,
    samples=sys.maxsize,
    samples_in_memory=sys.maxsize,
)
"""For files of one's own, as far as memory and disk reach; archives are limited all the same."""
