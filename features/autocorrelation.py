"""Recurrence: how well a rhythm repeats itself after one and after two of its periods."""

from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from features.kernel_statistics import largest, smallest
from features.kernels import kernel

Array = NDArray[np.float64]


_AS_HIGH = 0.9
"""A rhythm also repeats after two and three periods, as well as after one but for chance: of peaks
this close to the highest the first is the period."""


@dataclass(frozen=True, eq=False)
class Recurrence:
    """Peaks of the autocorrelation of each window, every array (n_windows,), NaN where undefined.

    ``height`` of the first peak, between the shortest and the longest period, that is nearly as
    high as any; the ``lag_s`` where it lies; ``second``, the height at about twice that lag;
    ``trough``, the lowest value before it.
    """

    height: Array
    lag_s: Array
    second: Array
    trough: Array


def autocorrelation(samples: Array) -> Array:
    """Return the unbiased autocorrelation at lags 0 … n/2, shape (n_windows, n // 2 + 1).

    1 at lag 0; NaN for a silent window.
    """
    n = samples.shape[1]
    centred = samples - samples.mean(axis=1, keepdims=True)
    transformed = scipy.fft.rfft(centred, n=2 * n, axis=1)
    raw = scipy.fft.irfft(transformed.real**2 + transformed.imag**2, axis=1)[:, : n // 2 + 1]
    unbiased = raw / np.arange(n, n - raw.shape[1], -1)
    result = np.full_like(unbiased, np.nan)
    variance = unbiased[:, :1]
    np.divide(unbiased, variance, out=result, where=variance > 0)
    return result


def recurrence(rhythm: Array, rate_hz: float, band_hz: tuple[float, float]) -> Recurrence:
    """Find the peaks of the autocorrelation of a rhythm of shape (n_windows, n_samples).

    Parameters
    ----------
    band_hz : tuple of float
        Slowest and fastest rhythm. Lags beyond half the window are out of reach.
    """
    correlations = np.ascontiguousarray(autocorrelation(rhythm))
    shortest = max(2, int(rate_hz / band_hz[1]))
    longest = min(int(np.ceil(rate_hz / band_hz[0])), correlations.shape[1] - 2)
    return Recurrence(*np.ascontiguousarray(_peaks(correlations, shortest, longest, rate_hz).T))


@kernel
def _summit(r: Array, lag: int) -> tuple[float, float]:  # pragma: no cover (compiled)
    """Return place and height of the parabola through a peak and its neighbours."""
    bend = r[lag - 1] - 2 * r[lag] + r[lag + 1]
    lean = 0.5 * (r[lag - 1] - r[lag + 1])
    if not bend < 0:
        return float(lag), r[lag]
    return lag + lean / bend, r[lag] - 0.5 * lean * lean / bend


@kernel
def _first_peak(r: Array, shortest: int, longest: int) -> int:  # pragma: no cover (compiled)
    """Return the lag of the first peak that is nearly as high as any, -1 when there is none."""
    highest = -np.inf
    for lag in range(shortest, longest + 1):
        if r[lag] > r[lag - 1] and r[lag] >= r[lag + 1]:
            highest = max(highest, _summit(r, lag)[1])
    least = min(_AS_HIGH * highest, highest)
    for lag in range(shortest, longest + 1):
        if r[lag] > r[lag - 1] and r[lag] >= r[lag + 1] and _summit(r, lag)[1] >= least:
            return lag
    return -1


@kernel
def _peaks(
    correlations: Array, shortest: int, longest: int, rate_hz: float
) -> Array:  # pragma: no cover (compiled)
    result = np.full((len(correlations), 4), np.nan)
    for w in range(len(correlations)):
        r = correlations[w]
        peak = _first_peak(r, shortest, longest)
        if peak < 0:
            continue
        out = result[w]
        lag, out[0] = _summit(r, peak)
        out[1] = lag / rate_hz
        around = max(1, peak // 4)
        twice = int(np.round(2 * lag))
        last = min(len(r) - 1, twice + around)
        if twice <= last:
            out[2] = largest(r[twice - around : last + 1])
        out[3] = smallest(r[:peak])
    return result
