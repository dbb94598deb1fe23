"""Edges: removal of drift, and what stands in for the signal beyond the ends of a window."""

import numpy as np
from numpy.typing import NDArray

from features.kernels import kernel

Array = NDArray[np.float64]

_SILENCE = 1e-10
"""What is smaller than this times the largest value is rounding, and becomes exactly zero."""


@kernel
def silence_rounding(samples: Array) -> Array:  # pragma: no cover (compiled)
    """Set to zero, in place, what is but rounding beside the largest value of its window."""
    for w in range(len(samples)):
        highest = 0.0
        for c in range(samples.shape[1]):
            for t in range(samples.shape[2]):
                highest = max(highest, abs(samples[w, c, t]))
        least = _SILENCE * highest
        for c in range(samples.shape[1]):
            for t in range(samples.shape[2]):
                if abs(samples[w, c, t]) <= least:
                    samples[w, c, t] = 0.0
    return samples


@kernel
def mirrored(samples: Array, padding: int) -> Array:  # pragma: no cover (compiled)
    """Return windows with their mirror image, end samples repeated, at both ends.

    An extension longer than the window goes to and fro.
    """
    n_windows, n_channels, n = samples.shape
    result = np.empty((n_windows, n_channels, n + 2 * padding))
    for w in range(n_windows):
        for c in range(n_channels):
            x = samples[w, c]
            out = result[w, c]
            for t in range(n):
                out[padding + t] = x[t]
            for t in range(padding):
                place = t % (2 * n)
                at = place if place < n else 2 * n - 1 - place
                out[padding - 1 - t] = x[at]
                out[padding + n + t] = x[n - 1 - at]
    return result


@kernel
def _extend(row: Array, beyond: int, sign: float) -> None:  # pragma: no cover (compiled)
    """Fill the first and last ``beyond`` samples from what lies between."""
    x = row[beyond : len(row) - beyond]
    last = len(x) - 1
    for t in range(beyond):
        at = min(t if sign > 0 else t + 1, last)
        row[beyond - 1 - t] = x[0] + sign * (x[at] - x[0])
        row[beyond + last + 1 + t] = x[last] + sign * (x[last - at] - x[last])


@kernel
def detrend_and_extend(
    raw: Array, factor: float, beyond: int, sign: float
) -> Array:  # pragma: no cover (compiled)
    """Return raw times factor without its least-squares straight line, extended at both ends.

    What is then nothing but the rounding of a constant becomes exactly zero. The first sample goes
    first: a large constant (gravity, an offset in raw counts) would leave its rounding behind.

    With sign −1 the ends are points of reflection, which keeps the slope and is best for a signal
    that is sampled densely; of a wave near the Nyquist frequency it would make one of thrice the
    size. With sign +1 they are mirrors.
    """
    n_windows, n_channels, n = raw.shape
    result = np.zeros((n_windows, n_channels, n + 2 * beyond))
    middle = (n - 1) / 2.0
    for w in range(n_windows):
        for c in range(n_channels):
            x = raw[w, c]
            total = moment = largest = 0.0
            for t in range(n):
                step = x[t] - x[0]
                total += step
                moment += step * (t - middle)
                largest = max(largest, abs(x[t]))
            slope = moment * 12.0 / (n * (n * n - 1.0)) if n > 1 else 0.0
            peak = 0.0
            window = result[w, c, beyond : beyond + n]
            for t in range(n):
                value = x[t] - x[0] - total / n - slope * (t - middle)
                peak = max(peak, abs(value))
                window[t] = value * factor
            if peak <= _SILENCE * largest:
                window[:] = 0.0
            _extend(result[w, c], beyond, sign)
    return result
