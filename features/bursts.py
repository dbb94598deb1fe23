"""Bursts: stretches in which an envelope stands above a threshold, found by hysteresis.

A burst begins where the envelope passes the upper threshold, reaches back and forth as far as the
envelope stays above the lower one, is joined with its neighbour when the pause between them is
shorter than a minimum, and is dropped when it is itself too short.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from features.kernel_statistics import largest
from features.kernels import kernel
from features.spec import Bursts as BurstSpec

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Bursts:
    """Bursts of a batch as flat arrays, ordered by window and time.

    ``window, start, stop, peak_at`` have shape (n_bursts,), in samples with ``stop`` exclusive;
    ``peak`` is the envelope's highest value in the burst. Those of window ``w`` are
    ``first[w]:first[w + 1]``. ``envelope`` (n_windows, n_samples) is what was searched; ``floor``
    and ``top`` (n_windows,) are its levels where bursts are of a rhythm, else the two thresholds.
    """

    window: Index
    start: Index
    stop: Index
    peak_at: Index
    peak: Array
    first: Index
    envelope: Array
    rate_hz: float
    floor: Array
    top: Array

    @property
    def n_windows(self) -> int:
        """Windows in the batch, with bursts or without."""
        return len(self.first) - 1

    @property
    def count(self) -> Array:
        """Bursts in each window, shape (n_windows,)."""
        return np.diff(self.first).astype(np.float64)


def hysteresis(
    envelope: Array, upper: Array, lower: Array, rate_hz: float, *, min_on: int, min_off: int
) -> Bursts:
    """Find bursts in each row of an envelope.

    Parameters
    ----------
    envelope : ndarray, shape (n_windows, n_samples)
    upper, lower : ndarray, shape (n_windows,)
        Thresholds of each window; a window whose upper threshold is NaN has no bursts.
    min_on, min_off : int
        Samples that a burst, and a pause between two, lasts at the least.
    """
    found = _find(np.ascontiguousarray(envelope), upper, lower, min_on, min_off)
    # Contiguous columns: a kernel is compiled anew for every memory layout that it meets.
    window, start, stop, peak_at = np.ascontiguousarray(found.T)
    first = np.searchsorted(window, np.arange(len(envelope) + 1)).astype(np.int64)
    peak = envelope[window, peak_at]
    return Bursts(window, start, stop, peak_at, peak, first, envelope, rate_hz, lower, upper)


def rhythmic_bursts(envelope: Array, rate_hz: float, spec: BurstSpec) -> Bursts:
    """Find the bursts of a rhythm: thresholds lie between the floor and the top of each window.

    A window whose top is less than ``minimum_contrast`` times its floor has none: the envelope of
    steady noise also goes up and down, and a purely relative threshold would find bursts in it.
    """
    stride = max(1, round(spec.smoothing_s * rate_hz / 4))
    floor = row_percentile(envelope, stride, spec.floor_percentile)
    top = row_percentile(envelope, stride, spec.top_percentile)
    contrasted = (top > spec.minimum_contrast * floor) & (top > 0)
    span = top - floor
    upper = np.where(contrasted, floor + spec.on_fraction * span, np.nan)
    lower = np.where(contrasted, floor + spec.off_fraction * span, np.nan)
    found = hysteresis(
        envelope,
        upper,
        lower,
        rate_hz,
        min_on=round(spec.minimum_on_s * rate_hz),
        min_off=round(spec.minimum_off_s * rate_hz),
    )
    return replace(found, floor=floor, top=top)


@kernel
def moving_average(samples: Array, length: int) -> Array:  # pragma: no cover (compiled)
    """Return the centred moving average of each row, over what is there of it at the edges.

    The rows must not be negative. A running sum carries the rounding of a loud stretch into a
    silent one, where a threshold may be zero, so what is below rounding becomes exactly zero.
    """
    n_windows, n = samples.shape
    result = np.empty_like(samples)
    before = length // 2
    after = length - before - 1
    for w in range(n_windows):
        x = samples[w]
        total = 0.0
        for t in range(min(after, n)):
            total += x[t]
        for t in range(n):
            if t + after < n:
                total += x[t + after]
            if t - before > 0:
                total -= x[t - before - 1]
            result[w, t] = total / (min(n, t + after + 1) - max(0, t - before))
        least = _ROUNDING * largest(result[w])
        for t in range(n):
            if result[w, t] <= least:
                result[w, t] = 0.0
    return result


def row_percentile(rows: Array, stride: int, percent: float) -> Array:
    """Return a percentile (the lower of two candidates) of every ``stride``-th sample of each row.

    Neighbouring samples of a smoothed signal say the same, so that a few of them suffice.
    """
    sparse = rows[:, ::stride]
    place = int(percent / 100 * (sparse.shape[1] - 1))
    result: Array = np.partition(sparse, place, axis=1)[:, place]
    return result


@kernel
def _scan(
    x: Array, upper: float, lower: float, min_on: int, min_off: int, out: Index
) -> int:  # pragma: no cover (compiled)
    """Write (start, stop, peak_at) of one row's bursts; return how many there are."""
    n = 0
    t = 0
    while t < len(x):
        if not x[t] > lower:
            t += 1
            continue
        start = t
        best = t
        while t < len(x) and x[t] > lower:
            if x[t] > x[best]:
                best = t
            t += 1
        if not x[best] > upper:
            continue
        if n > 0 and start - out[n - 1, 1] < min_off:
            out[n - 1, 1] = t
            if x[best] > x[out[n - 1, 2]]:
                out[n - 1, 2] = best
        else:
            out[n, 0], out[n, 1], out[n, 2] = start, t, best
            n += 1
    kept = 0
    for i in range(n):
        if out[i, 1] - out[i, 0] >= min_on:
            out[kept] = out[i]
            kept += 1
    return kept


@kernel
def _grown(table: Index, n: int) -> Index:  # pragma: no cover (compiled)
    """Return a table with more rows."""
    result = np.empty((n, table.shape[1]), dtype=np.int64)
    for i in range(len(table)):
        for j in range(table.shape[1]):
            result[i, j] = table[i, j]
    return result


@kernel
def _find(
    envelope: Array, upper: Array, lower: Array, min_on: int, min_off: int
) -> Index:  # pragma: no cover (compiled)
    n_windows, n = envelope.shape
    scratch = np.empty((n // 2 + 1, 3), dtype=np.int64)
    found = np.empty((16 * n_windows + 16, 4), dtype=np.int64)
    total = 0
    for w in range(n_windows):
        if np.isnan(upper[w]):
            continue
        count = _scan(envelope[w], upper[w], lower[w], min_on, min_off, scratch)
        if total + count > len(found):
            found = _grown(found, 2 * (total + count))
        for i in range(count):
            found[total, 0] = w
            for j in range(3):
                found[total, j + 1] = scratch[i, j]
            total += 1
    return found[:total].copy()
