"""Similarity: whether pieces of a signal repeat one shape."""

import numpy as np
from numpy.typing import NDArray

from features.kernel_statistics import best_correlation, median
from features.kernels import kernel

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@kernel
def neighbour_similarity(
    traces: Array, first: Index, at: Index, half: int, lag: int
) -> Array:  # pragma: no cover (compiled)
    """Return the median correlation of each piece with the next one of its window.

    Parameters
    ----------
    traces : ndarray, shape (n_windows, n_samples)
    first : ndarray, shape (n_windows + 1,)
        Pieces of window ``w`` are ``first[w]:first[w + 1]``.
    at : ndarray, shape (n_pieces,)
        Middle of each piece, in order of time.
    half, lag : int
        Samples to either side of a middle, and by which a piece may be moved to fit the other.

    Returns
    -------
    ndarray, shape (n_windows,)
        NaN with fewer than two pieces that lie within the window wherever they are moved.
    """
    n_windows, n = traces.shape
    result = np.full(n_windows, np.nan)
    for w in range(n_windows):
        pairs = np.empty(first[w + 1] - first[w])
        n_pairs = 0
        before = -1
        for i in range(first[w], first[w + 1]):
            if at[i] - half - lag < 0 or at[i] + half + lag >= n:
                continue
            if before >= 0:
                pairs[n_pairs] = best_correlation(traces[w], before, at[i], half, lag)
                n_pairs += 1
            before = at[i]
        if n_pairs > 0:
            result[w] = median(pairs[:n_pairs])
    return result
