"""SampleSource: where the samples of a recording are read from, a stretch at a time.

A recording may last for days, so nothing that analyses one asks for all of its samples at once. Nor
does it ask for many seconds of what has very many samples a second.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from features import Modality, Recording

Samples = NDArray[np.floating]

MOST_HELD = 2**24
"""Samples that are held at once, at the most: 128 MiB."""

_LONGEST_PIECE_S = 600.0

_MOST_READ = 2**22
"""Samples of all channels that are read at once."""


class SampleSource(Protocol):
    """Samples of one recording, in memory or in a file.

    ``sampling_rate_hz``, ``modality`` and ``unit`` are checked as a
    :class:`~features.recording.Recording` checks its own; the number of channels is not.
    """

    @property
    def sampling_rate_hz(self) -> float:
        """Samples a second, of every channel."""

    @property
    def modality(self) -> Modality:
        """Kind of signal."""

    @property
    def unit(self) -> str:
        """Unit of all channels."""

    @property
    def channel_names(self) -> tuple[str, ...]:
        """Names of the channels."""

    @property
    def start_time(self) -> datetime | None:
        """When the first sample was taken."""

    @property
    def n_samples(self) -> int:
        """Samples of each channel."""

    def read(self, start: int, stop: int) -> Samples:
        """Return the samples from ``start`` up to ``stop``, shape (n_channels, stop - start).

        NaN marks what is missing.
        """


@dataclass(frozen=True)
class RecordingSource:
    """A recording in memory."""

    recording: Recording

    @property
    def sampling_rate_hz(self) -> float:
        """Samples a second, of every channel."""
        return self.recording.sampling_rate_hz

    @property
    def modality(self) -> Modality:
        """Kind of signal."""
        return self.recording.modality

    @property
    def unit(self) -> str:
        """Unit of all channels."""
        return self.recording.unit

    @property
    def channel_names(self) -> tuple[str, ...]:
        """Names of the channels."""
        return self.recording.channel_names

    @property
    def start_time(self) -> datetime | None:
        """When the first sample was taken."""
        return self.recording.start_time

    @property
    def n_samples(self) -> int:
        """Samples of each channel."""
        return int(self.recording.samples.shape[1])

    def read(self, start: int, stop: int) -> Samples:
        """Return the samples from ``start`` up to ``stop``."""
        return self.recording.samples[:, start:stop]


def seconds_held(source: SampleSource, n_channels: int) -> float:
    """Return how many seconds of so many channels are held at once, at the most."""
    return MOST_HELD / (source.sampling_rate_hz * n_channels)


def longest_piece_s(source: SampleSource, n_channels: int) -> float:
    """Return how long the pieces are, at the most, in which a rhythm that lasts is followed."""
    return min(_LONGEST_PIECE_S, seconds_held(source, n_channels))


def read_channels(source: SampleSource, channels: Sequence[int], start: int, stop: int) -> Samples:
    """Read some channels, shape (n_channels, stop - start): in parts, for a source returns all."""
    step = max(1, _MOST_READ // len(source.channel_names))
    ends = [*range(start + step, stop, step), stop]
    parts = [
        source.read(first, last)[list(channels)]
        for first, last in zip([start, *ends], ends, strict=False)
    ]
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)
