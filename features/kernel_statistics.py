"""Statistics of a few numbers, for use inside kernels.

Written out, because NumPy's own (sorting, percentiles, array expressions) take a compiler seconds
for every kernel that uses them, and whoever starts quaver for the first time waits for it.
"""

import numpy as np
from numpy.typing import NDArray

from features.kernels import kernel

Array = NDArray[np.float64]


@kernel
def total(values: Array) -> float:  # pragma: no cover (compiled)
    """Return the sum."""
    result = 0.0
    for value in values:
        result += value
    return result


@kernel
def mean(values: Array) -> float:  # pragma: no cover (compiled)
    """Return the mean; NaN of nothing."""
    return total(values) / len(values)


@kernel
def deviation(values: Array) -> float:  # pragma: no cover (compiled)
    """Return the population standard deviation."""
    centre = mean(values)
    squares = 0.0
    for value in values:
        squares += (value - centre) * (value - centre)
    return float(np.sqrt(squares / len(values)))


@kernel
def energy(values: Array) -> float:  # pragma: no cover (compiled)
    """Return the sum of squares."""
    result = 0.0
    for value in values:
        result += value * value
    return result


@kernel
def largest(values: Array) -> float:  # pragma: no cover (compiled)
    """Return the maximum; minus infinity of nothing."""
    result = -np.inf
    for value in values:
        result = max(result, value)
    return result


@kernel
def smallest(values: Array) -> float:  # pragma: no cover (compiled)
    """Return the minimum; infinity of nothing."""
    result = np.inf
    for value in values:
        result = min(result, value)
    return result


@kernel
def sort(values: Array) -> None:  # pragma: no cover (compiled)
    """Sort in place (Shell 1959): quick for the hundreds of numbers that are met here."""
    n = len(values)
    gap = 1
    while gap < n // 3:
        gap = 3 * gap + 1
    while gap > 0:
        for i in range(gap, n):
            value = values[i]
            j = i
            while j >= gap and values[j - gap] > value:
                values[j] = values[j - gap]
                j -= gap
            values[j] = value
        gap //= 3


@kernel
def quantile(ordered: Array, share: float) -> float:  # pragma: no cover (compiled)
    """Return a quantile of sorted numbers, linear between neighbours (as NumPy's default)."""
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return float(ordered[low] + (place - low) * (ordered[high] - ordered[low]))


@kernel
def median(values: Array) -> float:  # pragma: no cover (compiled)
    """Return the median; at least one number."""
    ordered = np.empty(len(values))
    for i in range(len(values)):
        ordered[i] = values[i]
    sort(ordered)
    return quantile(ordered, 0.5)


@kernel
def log_slope(times: Array, values: Array) -> float:  # pragma: no cover (compiled)
    """Return the least-squares slope of the logarithm of positive values over time."""
    centre = mean(times)
    above, below = 0.0, 0.0
    for i in range(len(times)):
        t = times[i] - centre
        above += t * np.log(values[i])
        below += t * t
    return above / below if below > 0 else np.nan


@kernel
def best_correlation(
    x: Array, a: int, b: int, half: int, lag: int
) -> float:  # pragma: no cover (compiled)
    """Return the highest correlation of two pieces of a signal within a few samples of lag."""
    best = -1.0
    for k in range(-lag, lag + 1):
        if b + k - half < 0 or b + k + half >= len(x):
            continue
        ab = aa = bb = 0.0
        for t in range(-half, half + 1):
            p, q = x[a + t], x[b + k + t]
            ab += p * q
            aa += p * p
            bb += q * q
        if aa > 0 and bb > 0:
            best = max(best, ab / (np.sqrt(aa) * np.sqrt(bb)))
    return best
