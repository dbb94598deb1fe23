"""Recording: one continuous signal of any length, and the windows cut from it."""

import math
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from features.errors import SignalError
from features.modality import Modality, check_modality, check_unit
from features.windows import Samples, Windows, check_rate, check_samples


@dataclass(frozen=True, eq=False)
class Recording:
    """One continuous recording of one modality.

    Parameters
    ----------
    samples : array_like, shape (n_channels, n_samples)
        NaN marks what is missing. A surface EMG recording may have any number of channels; each is
        a signal of its own, see :meth:`channel`.
    sampling_rate_hz, modality, unit
        As for :class:`~features.windows.Windows`.
    channel_names : sequence of str, optional
    start_time : datetime, optional
    """

    samples: Samples
    sampling_rate_hz: float
    modality: Modality
    unit: str
    channel_names: tuple[str, ...]
    start_time: datetime | None

    def __init__(
        self,
        samples: ArrayLike,
        *,
        sampling_rate_hz: float,
        modality: str,
        unit: str,
        channel_names: tuple[str, ...] | None = None,
        start_time: datetime | None = None,
    ) -> None:
        checked_modality = check_modality(modality)
        array = check_samples(samples, dimensions=("n_channels", "n_samples"), name="recording")
        n_channels = array.shape[0]
        if n_channels == 0:
            raise SignalError("recording: there is no channel; at least one is needed")
        names = channel_names or tuple(f"channel_{i}" for i in range(n_channels))
        if len(names) != n_channels:
            raise SignalError(f"{len(names)} channel names were given for {n_channels} channels")
        set_field = object.__setattr__
        set_field(self, "samples", array)
        set_field(self, "sampling_rate_hz", check_rate(sampling_rate_hz, checked_modality))
        set_field(self, "modality", checked_modality)
        set_field(self, "unit", check_unit(unit, checked_modality))
        set_field(self, "channel_names", tuple(names))
        set_field(self, "start_time", start_time)

    @property
    def n_channels(self) -> int:
        """Channels of the recording."""
        return int(self.samples.shape[0])

    @property
    def duration_s(self) -> float:
        """Length of the recording in seconds."""
        return float(self.samples.shape[1] / self.sampling_rate_hz)

    @property
    def gaps(self) -> tuple[tuple[float, float], ...]:
        """Start and stop in seconds of every stretch where a channel is missing (NaN)."""
        missing = np.isnan(self.samples).any(axis=0)
        edges = np.flatnonzero(np.diff(np.concatenate(([False], missing, [False]))))
        seconds = edges / self.sampling_rate_hz
        return tuple(zip(seconds[::2].tolist(), seconds[1::2].tolist(), strict=True))

    def channel(self, index: int) -> "Recording":
        """Return one channel, counted from 0, as a recording of its own."""
        if not 0 <= index < self.n_channels:
            raise SignalError(f"there is no channel {index}; the recording has {self.n_channels}")
        return Recording(
            self.samples[index : index + 1],
            sampling_rate_hz=self.sampling_rate_hz,
            modality=self.modality,
            unit=self.unit,
            channel_names=self.channel_names[index : index + 1],
            start_time=self.start_time,
        )

    def window_starts(self, length_s: float, hop_s: float | None = None) -> NDArray[np.intp]:
        """Return the first sample of every whole window, shape (n_windows,).

        ``hop_s`` defaults to ``length_s``: windows side by side. Starts are rounded from multiples
        of the hop, so that they do not drift at rates where a hop is no whole number of samples.
        """
        hop = length_s if hop_s is None else hop_s
        return window_starts(self.samples.shape[1], self.sampling_rate_hz, length_s, hop)

    def windows(self, length_s: float = 4.0, hop_s: float | None = None) -> Windows:
        """Cut the recording into whole windows (a view: nothing is copied for a regular hop)."""
        starts = self.window_starts(length_s, hop_s)
        return self.windows_at(starts, length_s)

    def windows_at(self, starts: NDArray[np.intp], length_s: float = 4.0) -> Windows:
        """Return the windows that begin at the given samples, in any order."""
        length = self._length(length_s)
        n_windows = len(starts)
        last = self.samples.shape[1] - length
        if n_windows and (min(starts) < 0 or max(starts) > last):
            raise SignalError(
                f"windows that begin at samples {min(starts)} to {max(starts)} do not lie within"
                f" the recording; the last whole window begins at {last}"
            )
        hops = np.diff(starts)
        if n_windows == 0:
            cut = np.zeros((0, self.n_channels, length), dtype=self.samples.dtype)
        elif n_windows == 1 or (hops[0] > 0 and np.ptp(hops) == 0):
            hop = int(hops[0]) if n_windows > 1 else 1
            sliding = sliding_window_view(self.samples, length, axis=1)
            cut = sliding[:, starts[0] : starts[-1] + 1 : hop].transpose(1, 0, 2)
        else:
            cut = np.stack([self.samples[:, start : start + length] for start in starts])
        return Windows(
            cut,
            sampling_rate_hz=self.sampling_rate_hz,
            modality=self.modality,
            unit=self.unit,
        )

    def _length(self, length_s: float) -> int:
        return window_length(length_s, self.sampling_rate_hz)


def window_starts(
    n_samples: int, sampling_rate_hz: float, length_s: float, hop_s: float
) -> NDArray[np.intp]:
    """Return the first sample of every whole window of a recording, shape (n_windows,)."""
    sample_s = 1 / sampling_rate_hz
    if not (sample_s <= hop_s < math.inf):
        raise SignalError(f"hop is {hop_s!r} s; it must be a sample, {sample_s:g} s, at the least")
    last = n_samples - window_length(length_s, sampling_rate_hz)
    if last < 0:
        return np.zeros(0, dtype=np.intp)
    step = hop_s * sampling_rate_hz
    starts: NDArray[np.intp] = np.round(np.arange(int(last / step) + 2) * step).astype(np.intp)
    whole: NDArray[np.intp] = starts[starts <= last]
    return whole


def window_length(length_s: float, sampling_rate_hz: float) -> int:
    """Return the samples of a window."""
    if not 0 < length_s < math.inf:
        raise SignalError(f"window length is {length_s!r} s; it must be positive")
    return max(1, round(length_s * sampling_rate_hz))
