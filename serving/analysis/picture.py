"""Picture: what a figure of a recording shows, in few numbers, however long the recording is.

Samples are read a stretch at a time, and where one stretch ends changes nothing.
"""

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.fft
import scipy.signal
from numpy.typing import NDArray

from serving.analysis.report import Spectrogram, Trace
from serving.analysis.source import SampleSource, read_channels, seconds_held

Array = NDArray[np.float64]
Single = NDArray[np.float32]

MOST_COLUMNS = 20_000
"""Columns of a trace: a few for each pixel of a wide screen, so that zooming in shows more."""

_BLOCK = 2**19
"""Samples of a channel that are held at once."""
_LEVELS = 32_000
"""Integers on either side of the middle of a channel's range."""
_NO_SAMPLES = -32_768

_MOST_SPECTRA = 1500
_SHORTEST_COLUMN_S = 0.25
_FRAME_S = 4.0
"""Length of signal behind one spectrum: that of a window."""
_HOP_S = 2.0
"""From one spectrum to the next where a column is longer than that."""
_AT_ONCE_S = 300.0
_HIGHEST_HZ = 20.0
_SLOW_HZ = 80.0
"""Motion is not averaged to slower samples than this; what is shown ends at a quarter of it."""
_EMG_HZ = 1000.0
_ENVELOPE_HZ = 100.0
_DEPTH_DB = 80.0
_TOP = 255


def trace(
    source: SampleSource,
    channels: Sequence[int],
    start_s: float = 0.0,
    stop_s: float = math.inf,
    columns: int = MOST_COLUMNS,
) -> Trace:
    """Return the lowest and highest value of each column of a picture.

    Parameters
    ----------
    source : SampleSource
    channels : sequence of int
        Which channels, counted from 0.
    start_s, stop_s : float
        The stretch that is shown, in seconds from the first sample.
    columns : int
        At the most; every column holds the same whole number of samples, the last perhaps fewer.
    """
    rate = source.sampling_rate_hz
    first, last = _stretch(source, start_s, stop_s)
    width = max(1, math.ceil((last - first) / columns))
    n_columns = math.ceil((last - first) / width)
    low = np.full((len(channels), n_columns), np.nan)
    high = np.full((len(channels), n_columns), np.nan)
    at_once = max(1, _BLOCK // width)
    for column in range(0, n_columns, at_once):
        begin = first + column * width
        piece = read_channels(source, channels, begin, min(last, begin + at_once * width))
        place = slice(column, column + at_once)
        low[:, place], high[:, place] = _extremes(piece, width)
    return _encoded(low, high, first / rate, width / rate)


def _stretch(source: SampleSource, start_s: float, stop_s: float) -> tuple[int, int]:
    """Return the first sample and the one after the last."""
    rate, n = source.sampling_rate_hz, source.n_samples
    first = min(n, max(0, round(start_s * rate)))
    last = n if stop_s * rate >= n else max(first, round(stop_s * rate))
    return first, last


def _extremes(piece: NDArray[np.floating], width: int) -> tuple[Array, Array]:
    """Return the lowest and highest of every ``width`` samples, NaN where there is none."""
    n_channels, n = piece.shape
    short = -n % width
    if short:
        piece = np.pad(piece, ((0, 0), (0, short)), constant_values=np.nan)
    cells = piece.reshape(n_channels, -1, width)
    return np.fmin.reduce(cells, axis=-1), np.fmax.reduce(cells, axis=-1)


def _encoded(low: Array, high: Array, start_s: float, column_s: float) -> Trace:
    if low.shape[1]:
        bottom, top = np.fmin.reduce(low, axis=1), np.fmax.reduce(high, axis=1)
    else:
        bottom = top = np.full(len(low), np.nan)
    offset = np.nan_to_num((bottom + top) / 2)
    scale = np.nan_to_num((top - bottom) / (2 * _LEVELS))
    scale[scale == 0] = 1.0
    return Trace(
        start_s=start_s,
        column_s=column_s,
        n_columns=low.shape[1],
        scale=tuple(scale.tolist()),
        offset=tuple(offset.tolist()),
        low=_integers(low, scale, offset),
        high=_integers(high, scale, offset),
    )


def _integers(values: Array, scale: Array, offset: Array) -> tuple[str, ...]:
    steps = np.rint((values - offset[:, None]) / scale[:, None])
    whole = np.where(np.isnan(steps), _NO_SAMPLES, steps).astype("<i2")
    return tuple(_base64(row) for row in whole)


def _base64(values: NDArray[np.integer]) -> str:
    return base64.b64encode(values.tobytes()).decode("ascii")


def spectrogram(
    source: SampleSource,
    channels: Sequence[int],
    start_s: float = 0.0,
    stop_s: float = math.inf,
) -> Spectrogram:
    """Return the power of the rhythm over time, up to 20 Hz.

    Of motion it is that of all channels together, which does not change when the sensor is turned;
    of EMG, that of the envelope: the mean absolute change from sample to sample in every 10 ms.
    A spectrum is that of 4 s around its time, Hann-windowed; long columns hold the mean of several.
    Where less than half of the 4 s was recorded, there is none.

    Parameters
    ----------
    source, channels, start_s, stop_s
        As for :func:`trace`.
    """
    first, last = _stretch(source, start_s, stop_s)
    start_s, seconds = (n / source.sampling_rate_hz for n in (first, last - first))
    column_s = _column_s(seconds)
    slow = _Slow(source, tuple(channels))
    n_columns = math.ceil(seconds / column_s)
    at_once = max(1, int(min(_AT_ONCE_S, seconds_held(source, len(channels))) / column_s))
    parts = [
        _spectra(slow, start_s + at * column_s, column_s, min(at_once, n_columns - at))
        for at in range(0, n_columns, at_once)
    ]
    power = np.concatenate([np.zeros((0, slow.n_rows)), *parts])
    low_db, step_db, levels = _levels(power)
    return Spectrogram(
        start_s=start_s,
        column_s=column_s,
        n_columns=n_columns,
        row_hz=slow.row_hz,
        n_rows=slow.n_rows,
        low_db=low_db,
        step_db=step_db,
        power=_base64(levels),
    )


def _column_s(seconds: float) -> float:
    """Return how long columns are, so that they are not too many."""
    column_s = _SHORTEST_COLUMN_S
    while seconds / column_s > _MOST_SPECTRA:
        column_s *= 2
    return column_s


@dataclass(frozen=True)
class _Slow:
    """A source as slowly as its rhythm allows: means of motion, the envelope of EMG.

    Sample ``k`` is made of ``factor`` samples of the source that begin with ``k * factor``.
    """

    source: SampleSource
    channels: tuple[int, ...]

    @property
    def mean_of(self) -> int:
        """Samples that are averaged before anything else."""
        fastest = _EMG_HZ if self.source.modality == "emg" else _SLOW_HZ
        return max(1, int(self.source.sampling_rate_hz / fastest))

    @property
    def factor(self) -> int:
        if self.source.modality != "emg":
            return self.mean_of
        return self.mean_of * round(self.source.sampling_rate_hz / self.mean_of / _ENVELOPE_HZ)

    @property
    def rate_hz(self) -> float:
        return self.source.sampling_rate_hz / self.factor

    @property
    def frame(self) -> int:
        """Samples of a spectrum."""
        return round(_FRAME_S * self.rate_hz)

    @property
    def row_hz(self) -> float:
        return self.rate_hz / self.frame

    @property
    def n_rows(self) -> int:
        return min(int(_HIGHEST_HZ / self.row_hz) + 1, self.frame // 2 + 1)

    def read(self, start: int, stop: int) -> Single:
        """Return slow samples, shape (n_channels, stop - start), NaN where there are none."""
        n = self.source.n_samples
        # One mean more, before the first: a change needs two.
        begin, end = start * self.factor - self.mean_of, stop * self.factor
        inside = slice(min(max(begin, 0), n), max(0, min(end, n)))
        samples = np.full((len(self.channels), end - begin), np.nan, dtype=np.float32)
        if inside.stop > inside.start:
            read = read_channels(self.source, self.channels, inside.start, inside.stop)
            samples[:, inside.start - begin : inside.stop - begin] = read
        means = _means(samples, self.mean_of)
        if self.source.modality != "emg":
            return means[:, 1:]
        return _means(np.abs(np.diff(means)), self.factor // self.mean_of)


def _means(samples: Single, count: int) -> Single:
    if count == 1:
        return samples
    means: Single = samples.reshape(len(samples), -1, count).mean(axis=-1)
    return means


def _spectra(slow: _Slow, start_s: float, column_s: float, n_columns: int) -> Array:
    """Return power per hertz, shape (n_columns, n_rows), NaN where too little was recorded."""
    hop_s = min(column_s, _HOP_S)
    n_frames = round(n_columns * column_s / hop_s)
    centres_s = start_s + (np.arange(n_frames) + 0.5) * hop_s
    starts = np.rint(centres_s * slow.rate_hz - slow.frame / 2).astype(np.intp)
    samples = slow.read(int(starts[0]), int(starts[-1]) + slow.frame)
    frames = np.stack([samples[:, a : a + slow.frame] for a in starts - starts[0]], axis=1)
    by_column = _power(frames, slow).reshape(n_columns, -1, slow.n_rows)
    known = np.isfinite(by_column)
    counts = known.sum(axis=1)
    total = np.where(known, by_column, 0.0).sum(axis=1)
    mean: Array = np.where(counts > 0, total / np.maximum(counts, 1), np.nan)
    return mean


def _power(frames: Single, slow: _Slow) -> Array:
    """Return power per hertz of frames (n_channels, n_frames, frame), shape (n_frames, n_rows)."""
    present = ~np.isnan(frames).any(axis=0)
    n_present = present.sum(axis=-1)
    taper = scipy.signal.windows.hann(slow.frame, sym=False).astype(np.float32)
    mean = np.nansum(frames, axis=-1, keepdims=True) / np.maximum(n_present, 1)[:, None]
    frames = np.where(present, (frames - mean) * taper, 0)
    energy = np.where(2 * n_present < slow.frame, np.nan, present @ np.square(taper))
    spectra = scipy.fft.rfft(frames, axis=-1)[..., : slow.n_rows]
    power: Array = 2 * np.square(np.abs(spectra)).sum(axis=0, dtype=np.float64)
    # Every frequency stands for its negative too, but 0 and the highest there is have none.
    power[:, 0] /= 2
    if 2 * (slow.n_rows - 1) == slow.frame:
        power[:, -1] /= 2
    return power / (energy[:, None] * slow.rate_hz)


def _levels(power: Array) -> tuple[float, float, NDArray[np.uint8]]:
    """Return the level of 0 in decibels, that of a step, and the integers."""
    with np.errstate(divide="ignore"):
        decibels = 10 * np.log10(power)
    finite = decibels[np.isfinite(decibels)]
    top = float(finite.max()) if finite.size else 0.0
    bottom = max(float(finite.min()), top - _DEPTH_DB) if finite.size else 0.0
    step = (top - bottom) / (_TOP - 1) or 1.0
    integers = np.clip(1 + np.rint((decibels - bottom) / step), 1, _TOP)
    return bottom - step, step, np.where(np.isnan(power), 0, integers).astype(np.uint8)
