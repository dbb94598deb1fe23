"""Calibration and candidate sets, from scores of windows that a model has not been trained on."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from serving.card import Calibration, Conformal, Pair
from serving.classifier import softmax

Array = NDArray[np.float64]
Index = NDArray[np.intp]


def class_weights(targets: Index, n_classes: int) -> Array:
    """Return a weight for each window by which every class weighs the same, shape (n_windows,)."""
    counts = np.bincount(targets, minlength=n_classes)
    weights: Array = len(targets) / (np.count_nonzero(counts) * np.maximum(counts, 1))[targets]
    return weights


def calibrate(scores: Array, targets: Index) -> Calibration:
    """Fit a temperature and a bias for each class by maximum likelihood, classes weighing the same.

    Vector scaling with one common scale (Guo 2017). Weak ridge on the biases, so that a class that
    is always right stays finite.
    """
    n_classes = scores.shape[1]
    weights = class_weights(targets, n_classes)
    rows = np.arange(len(targets))

    def loss(parameters: Array) -> float:
        probabilities = softmax(scores / np.exp(parameters[0]) + parameters[1:])
        likelihood = np.log(np.maximum(probabilities[rows, targets], 1e-12))
        return float(-(weights * likelihood).mean() + 1e-3 * (parameters[1:] ** 2).sum())

    found = minimize(loss, np.zeros(1 + n_classes), method="L-BFGS-B")
    biases = found.x[1:] - found.x[1:].mean()
    return Calibration(
        temperature=float(np.exp(found.x[0])), biases=tuple(float(b) for b in biases)
    )


def conformal_thresholds(
    probabilities: Array,
    targets: Index,
    level: float,
    ceiling: float = 1.0,
    pairs: tuple[Pair, ...] = (),
) -> Conformal:
    """Return the probability at which a class becomes a candidate, by split conformal prediction.

    One threshold, which the true class reaches in a share ``level`` of the windows, every class
    weighing the same: the smallest sets on average (Sadinle 2019). A threshold for each class alone
    would promise the level to each, but a class with an ambiguous tail is then a candidate nearly
    everywhere. ``ceiling`` bounds it, for what is less like the training data than its own people;
    ``pairs`` are passed on, and only ever add candidates.
    With too few windows for the level, every class is always a candidate.
    """
    n_classes = probabilities.shape[1]
    own = probabilities[np.arange(len(targets)), targets]
    weights = class_weights(targets, n_classes)
    threshold = min(_lower_quantile(own, weights, 1 - level), ceiling)
    return Conformal(level=level, thresholds=(threshold,) * n_classes, pairs=pairs)


def _lower_quantile(values: Array, weights: Array, share: float) -> float:
    """Return the largest value up to which lies no more than a share of the weight, 0 if none.

    One window more, of mean weight, counts as lying below all (Tibshirani 2019).
    """
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order]) / (weights.sum() + weights.mean())
    place = int(np.searchsorted(reached, share * (1 + 1e-12), side="right"))
    return float(values[order[place - 1]]) if place >= 1 else 0.0
