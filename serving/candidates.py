"""Which classes cannot be ruled out, given their probabilities."""

import numpy as np
from numpy.typing import NDArray

from serving.card import Conformal

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


def candidate_sets(probabilities: Array, classes: tuple[str, ...], conformal: Conformal) -> Flags:
    """Return which classes are candidates, shape (n, n_classes).

    A class is one when its probability reaches its threshold, or that of a pair which it forms with
    the most probable class. Where no class reaches its own, the most probable one is a candidate,
    and the next one too unless the first has more than half of the probability.

    Parameters
    ----------
    probabilities : ndarray, shape (n, n_classes)
    """
    if len(probabilities) == 0:
        return np.zeros(probabilities.shape, dtype=np.bool_)
    needed = np.array(conformal.thresholds)
    first, second = np.argsort(-probabilities, axis=1, kind="stable")[:, :2].T
    rows = np.arange(len(probabilities))
    sets: Flags = probabilities >= needed
    flat = ~sets.any(axis=1)
    sets[flat, first[flat]] = True
    flat &= probabilities[rows, first] <= 0.5
    sets[flat, second[flat]] = True
    for pair in conformal.pairs:
        one, other = (classes.index(name) for name in pair.classes)
        for top, next_ in ((one, other), (other, one)):
            sets[:, next_] |= (first == top) & (probabilities[:, next_] >= pair.threshold)
    return sets
