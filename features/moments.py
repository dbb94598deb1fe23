"""Moments: the sums over a window that time-domain features are made of, in two passes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.kernels import kernel

Array = NDArray[np.float64]

WILLISON_THRESHOLD = 0.5
"""Threshold of the Willison amplitude, in standard deviations: a fixed one would need a gain."""


@dataclass(frozen=True, eq=False)
class Moments:
    """Sums over each window, every array of shape (n_windows,).

    ``mean_absolute`` and ``peak`` are about zero, ``m2, m3, m4`` central moments, ``d1`` and ``d2``
    the variances of the first and second difference, ``d3`` the mean cube and ``path`` the mean
    magnitude of the first; ``zero_crossings``, ``turns`` (slope sign changes) and ``jumps``
    (differences beyond :data:`WILLISON_THRESHOLD`) are shares of the places where one could be.
    """

    mean_absolute: Array
    peak: Array
    m2: Array
    m3: Array
    m4: Array
    d1: Array
    d2: Array
    d3: Array
    path: Array
    zero_crossings: Array
    turns: Array
    jumps: Array


def moments(samples: Array) -> Moments:
    """Return the moments of windows of shape (n_windows, n_samples)."""
    return Moments(*np.ascontiguousarray(_sums(np.ascontiguousarray(samples)).T))


@kernel
def _sums(samples: Array) -> Array:  # pragma: no cover (compiled)
    result = np.empty((len(samples), 12))
    for w in range(len(samples)):
        _sum_values(samples[w], result[w])
        _sum_differences(samples[w], result[w])
    return result


@kernel
def _sum_values(x: Array, out: Array) -> None:  # pragma: no cover (compiled)
    n = len(x)
    mean = absolute = peak = 0.0
    for t in range(n):
        mean += x[t]
        absolute += abs(x[t])
        peak = max(peak, abs(x[t]))
    mean /= n
    m2 = m3 = m4 = 0.0
    for t in range(n):
        c = x[t] - mean
        c2 = c * c
        m2 += c2
        m3 += c2 * c
        m4 += c2 * c2
    out[0] = absolute / n
    out[1] = peak
    out[2] = m2 / n
    out[3] = m3 / n
    out[4] = m4 / n


@kernel
def _sum_differences(x: Array, out: Array) -> None:  # pragma: no cover (compiled)
    n = len(x)
    threshold = WILLISON_THRESHOLD * np.sqrt(out[2])
    path = d1 = d1_mean = d2 = d2_mean = d3 = 0.0
    crossings = turns = jumps = 0
    side = np.sign(x[0])
    for t in range(1, n):
        if x[t] != 0:  # a zero lies on no side: else polarity would decide
            crossings += side * x[t] < 0
            side = np.sign(x[t])
        step = x[t] - x[t - 1]
        path += abs(step)
        d1 += step * step
        d1_mean += step
        d3 += step * step * step
        jumps += abs(step) > threshold
        if t > 1:
            before = x[t - 1] - x[t - 2]
            turns += step * before < 0
            d2 += (step - before) ** 2
            d2_mean += step - before
    # Of a straight line, rounding alone can make a variance negative.
    out[5] = max(0.0, d1 / (n - 1) - (d1_mean / (n - 1)) ** 2)
    out[6] = max(0.0, d2 / (n - 2) - (d2_mean / (n - 2)) ** 2)
    out[7] = d3 / (n - 1)
    out[8] = path / (n - 1)
    out[9] = crossings / (n - 1)
    out[10] = turns / (n - 2)
    out[11] = jumps / (n - 1)
