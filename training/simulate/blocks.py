"""Blocks: how strong a signal is within a band, by quarter seconds, and what stands out of it."""

from functools import lru_cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from features.conditioning import butterworth_power
from training.simulate.activity import Stretches

Array = NDArray[np.float64]

BLOCK_S = 0.25
_MEDIAN_SHARE = 0.6745
"""Median of the size of Gaussian noise of one axis, in deviations."""
_TAIL = 3.2905
"""What a thousandth of it exceeds."""


def band(signal: Array, rate_hz: float, band_hz: tuple[float, float]) -> Array:
    """Return the length of the vector within a band, shape (n,)."""
    n = signal.shape[1]
    if not signal.any():
        return np.zeros(n)
    pad = min(n, round(rate_hz))
    whole = scipy.fft.next_fast_len(n + 2 * pad, real=True)
    # Single precision is plenty for a judgement.
    around = ((0, 0), (pad, whole - n - pad))
    extended = np.pad(signal.astype(np.float32), around, mode="symmetric")
    spectrum = scipy.fft.rfft(extended)
    spectrum *= _response(whole, rate_hz, band_hz)
    passed = scipy.fft.irfft(spectrum, n=whole)[:, pad : pad + n]
    length: Array = np.sqrt((passed**2).sum(axis=0)).astype(np.float64)
    return length


@lru_cache(maxsize=8)
def _response(n: int, rate_hz: float, band_hz: tuple[float, float]) -> NDArray[np.float32]:
    """Return the response of a band, which is the same for all recordings of a device."""
    freqs = scipy.fft.rfftfreq(n, 1 / rate_hz)
    return butterworth_power(freqs, band_hz[0], band_hz[1], 2).astype(np.float32)


def blocks(length: Array, rate_hz: float, statistic: str) -> Array:
    """Return a statistic of each block of :data:`BLOCK_S`, shape (n_blocks,)."""
    size = BLOCK_S * rate_hz
    n_blocks = max(1, int(len(length) / size))
    edges = np.round(np.arange(n_blocks + 1) * size).astype(int)
    if statistic == "peak":
        return np.maximum.reduceat(length, edges[:-1])
    sums = np.add.reduceat(length**2, edges[:-1])
    rms: Array = np.sqrt(sums / np.diff(np.append(edges[:-1], len(length))))
    return rms


def smoothed(values: Array, count: int) -> Array:
    """Return the root mean square over ``count`` neighbouring blocks."""
    padded = np.pad(values**2, (count // 2, count - 1 - count // 2), mode="edge")
    result: Array = np.sqrt(np.convolve(padded, np.ones(count) / count, mode="valid"))
    return result


def blocks_of(stretches: Stretches, n_blocks: int) -> NDArray[np.bool_]:
    """Return which blocks some stretches touch."""
    inside = np.zeros(n_blocks, dtype=np.bool_)
    for start, end in stretches:
        inside[int(start / BLOCK_S) : int(np.ceil(end / BLOCK_S))] = True
    return inside


def deviation(size: Array) -> float:
    """Return the robust deviation of a signal, from its size in a band."""
    return float(np.median(size)) / _MEDIAN_SHARE


def clear_of(size: Array) -> float:
    """Return the deviation that an event must stand clear of: also of tails that are heavier."""
    return max(deviation(size), float(np.quantile(size, 0.999)) / _TAIL)
