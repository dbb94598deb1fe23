"""Signal: the channels of a source that are judged together, and the stretch that is looked at."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features import MODALITIES, Modality, SignalError
from features.recording import window_length, window_starts
from features.windows import Samples, Windows
from serving.analysis.source import SampleSource, read_channels, seconds_held
from serving.formats.channels import find_one


@dataclass(frozen=True)
class Signal:
    """One channel of EMG, or all axes of a motion sensor, from ``start`` up to ``stop``."""

    source: SampleSource
    channels: tuple[int, ...]
    start: int
    stop: int

    @property
    def rate_hz(self) -> float:
        """Sampling rate."""
        return self.source.sampling_rate_hz

    @property
    def start_s(self) -> float:
        """Where the stretch begins, in seconds from the first sample of the recording."""
        return self.start / self.rate_hz

    @property
    def stop_s(self) -> float:
        """Where it ends."""
        return self.stop / self.rate_hz

    @property
    def stretch_s(self) -> tuple[float, float] | None:
        """From where to where the stretch goes; None where it is the whole recording."""
        is_whole = self.start == 0 and self.stop == self.source.n_samples
        return None if is_whole else (self.start_s, self.stop_s)

    @property
    def channel_names(self) -> tuple[str, ...]:
        """Names of the channels."""
        return tuple(self.source.channel_names[c] for c in self.channels)

    @property
    def held_s(self) -> float:
        """How many seconds are held at once, at the most."""
        return seconds_held(self.source, len(self.channels))

    def read(self, start: int, stop: int) -> Samples:
        """Return samples of the channels, shape (n_channels, stop - start)."""
        return read_channels(self.source, self.channels, start, stop)

    def window_starts(
        self, window_s: float, hop_s: float, *, to_end: bool = False
    ) -> NDArray[np.intp]:
        """Return where windows begin: on the grid of the whole recording, whatever the stretch.

        Parameters
        ----------
        to_end : bool
            Whether one more, off the grid, ends where the recording does.
        """
        n = self.source.n_samples
        starts = window_starts(n, self.rate_hz, window_s, hop_s)
        length = window_length(window_s, self.rate_hz)
        if to_end and len(starts) > 0 and starts[-1] + length < n:
            starts = np.append(starts, n - length)
        return starts[(starts >= self.start) & (starts + length <= self.stop)]

    def windows_at(self, starts: NDArray[np.intp], window_s: float) -> Windows:
        """Read windows that begin at neighbouring places."""
        length = window_length(window_s, self.rate_hz)
        cut: Samples = np.zeros((0, len(self.channels), length))
        if len(starts) > 0:
            first = int(starts[0])
            block = self.read(first, int(starts[-1]) + length)
            sliding = np.lib.stride_tricks.sliding_window_view(block, length, axis=1)
            cut = sliding[:, starts - first].transpose(1, 0, 2)
        return Windows(
            cut,
            sampling_rate_hz=self.rate_hz,
            modality=self.source.modality,
            unit=self.source.unit,
        )


def signals_of(
    source: SampleSource, channel: str | int | None, from_s: float | None, to_s: float | None
) -> tuple[Signal, ...]:
    """Return what is judged of a source: each channel of EMG by itself, all axes of motion.

    Raises
    ------
    SignalError
        When the channel, the stretch or the number of axes cannot be.
    """
    start, stop = _stretch(source, from_s, to_s)
    if source.modality == "emg":
        names = source.channel_names
        chosen = (
            range(len(names))
            if channel is None
            else [find_one(channel, names, "channel", "the recording")]
        )
        return tuple(Signal(source, (place,), start, stop) for place in chosen)
    if channel is not None:
        raise SignalError(
            f"channel is {channel!r}, but the axes of motion are judged together; leave it out"
        )
    _check_axes(source.channel_names, source.modality)
    return (Signal(source, tuple(range(len(source.channel_names))), start, stop),)


def _check_axes(names: tuple[str, ...], modality: Modality) -> None:
    most = MODALITIES[modality].max_channels
    if len(names) > most:
        raise SignalError(
            f"the recording has {len(names)} channels; {modality} has one to {most} axes: name"
            " them under columns"
        )


def _stretch(source: SampleSource, from_s: float | None, to_s: float | None) -> tuple[int, int]:
    rate_hz = source.sampling_rate_hz
    duration_s = source.n_samples / rate_hz
    begin = 0.0 if from_s is None else from_s
    end = duration_s if to_s is None else min(to_s, duration_s)
    if 0 <= begin < end:
        start, stop = round(begin * rate_hz), round(end * rate_hz)
        if start < stop:
            return start, stop
    raise SignalError(
        f"the stretch from {begin:g} s to {end:g} s is empty; the recording lasts {duration_s:g} s"
        f" at {rate_hz:g} Hz"
    )
