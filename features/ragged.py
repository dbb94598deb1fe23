"""Statistics over ragged groups: the bursts or events of each window.

``values`` (n_items,) are ordered by window; those of window ``w`` are ``first[w]:first[w + 1]``.
Every function returns shape (n_windows,), with NaN where a window has too few items.
"""

import numpy as np
from numpy.typing import NDArray

from features import kernel_statistics
from features.kernels import kernel

Array = NDArray[np.float64]
Index = NDArray[np.int64]

FEWEST_FOR_SLOPE = 3
"""Two items always lie on a straight line."""


@kernel
def mean(values: Array, first: Index) -> Array:  # pragma: no cover (compiled)
    """Return the mean of each group; at least one item."""
    result = np.full(len(first) - 1, np.nan)
    for w in range(len(result)):
        if first[w + 1] > first[w]:
            result[w] = kernel_statistics.mean(values[first[w] : first[w + 1]])
    return result


@kernel
def median(values: Array, first: Index) -> Array:  # pragma: no cover (compiled)
    """Return the median of each group; at least one item."""
    result = np.full(len(first) - 1, np.nan)
    for w in range(len(result)):
        if first[w + 1] > first[w]:
            result[w] = kernel_statistics.median(values[first[w] : first[w + 1]])
    return result


@kernel
def maximum(values: Array, first: Index) -> Array:  # pragma: no cover (compiled)
    """Return the largest value of each group; at least one item."""
    result = np.full(len(first) - 1, np.nan)
    for w in range(len(result)):
        if first[w + 1] > first[w]:
            result[w] = kernel_statistics.largest(values[first[w] : first[w + 1]])
    return result


@kernel
def variation(values: Array, first: Index) -> Array:  # pragma: no cover (compiled)
    """Return the coefficient of variation (population) of each group; at least two items."""
    result = np.full(len(first) - 1, np.nan)
    for w in range(len(result)):
        group = values[first[w] : first[w + 1]]
        if len(group) > 1:
            centre = kernel_statistics.mean(group)
            if centre > 0:
                result[w] = kernel_statistics.deviation(group) / centre
    return result


@kernel
def log_slope(times: Array, values: Array, first: Index) -> Array:  # pragma: no cover (compiled)
    """Return the least-squares slope of the logarithm over time; at least three positive items."""
    result = np.full(len(first) - 1, np.nan)
    for w in range(len(result)):
        t = times[first[w] : first[w + 1]]
        v = values[first[w] : first[w + 1]]
        if len(t) >= FEWEST_FOR_SLOPE and kernel_statistics.smallest(v) > 0:
            result[w] = kernel_statistics.log_slope(t, v)
    return result


@kernel
def intervals(times: Array, first: Index) -> tuple[Array, Index]:  # pragma: no cover (compiled)
    """Return the distances between neighbours of one group, and where each group's begin."""
    n_windows = len(first) - 1
    result = np.empty(max(0, len(times)))
    new_first = np.zeros(n_windows + 1, dtype=np.int64)
    n = 0
    for w in range(n_windows):
        for i in range(first[w] + 1, first[w + 1]):
            result[n] = times[i] - times[i - 1]
            n += 1
        new_first[w + 1] = n
    return result[:n], new_first
