"""Calibration and candidate sets, from scores of windows that a model has not been trained on."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from serving.card import Calibration, Conformal
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


def conformal_thresholds(probabilities: Array, targets: Index, level: float) -> Conformal:
    """Return for each class the probability that a share ``level`` of its own windows reach.

    The finite-sample correction takes the ⌊(1 − level)(n + 1)⌋-th smallest; a class with too few
    windows for the level is always a candidate.
    """
    thresholds: list[float] = []
    for k in range(probabilities.shape[1]):
        own = np.sort(probabilities[targets == k, k])
        place = int(np.floor((1 - level) * (len(own) + 1)))
        thresholds.append(float(own[place - 1]) if place >= 1 else 0.0)
    return Conformal(level=level, thresholds=tuple(thresholds))
