"""Estimates: a share, or any other figure, with its 95 % bootstrap interval over subjects."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.evaluate import Judged, covered_by_group, join_judged, limits, subject_draws

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Names = NDArray[np.str_]


@dataclass(frozen=True)
class Estimate:
    """A figure, the limits of its interval, and what it rests on.

    ``value`` is NaN where nothing was counted; ``low`` and ``high`` are NaN where there are fewer
    than two subjects.
    """

    value: float
    low: float
    high: float
    n_windows: int
    n_subjects: int


@dataclass(frozen=True)
class Bootstrap:
    """How intervals are drawn: whole subjects with replacement (Efron & Tibshirani 1993)."""

    samples: int
    seed: int

    def draws(self, n_subjects: int) -> NDArray[np.int64]:
        """Return how often each subject is drawn, shape (samples, n_subjects)."""
        return subject_draws(n_subjects, self.samples, self.seed)


def share(hits: Mask, subjects: Names, bootstrap: Bootstrap) -> Estimate:
    """Return the share of hits.

    Parameters
    ----------
    hits, subjects : ndarray, shape (n,)
        Of windows, or of recordings: whatever is counted.
    """
    names, subject = np.unique(subjects, return_inverse=True)
    if len(names) == 0:
        return Estimate(math.nan, math.nan, math.nan, 0, 0)
    numbers = np.bincount(subject, minlength=len(names))
    found = np.bincount(subject, weights=hits, minlength=len(names))
    draws = bootstrap.draws(len(names))
    low, high = limits((draws @ found) / (draws @ numbers))
    return Estimate(float(hits.mean()), low, high, len(hits), len(names))


def statistic(judged: Judged, figure: Callable[[Judged], float], bootstrap: Bootstrap) -> Estimate:
    """Return a figure that is not a plain share, such as the calibration error."""
    people = [judged[judged.groups == name] for name in np.unique(judged.groups)]
    drawn = [
        figure(join_judged([people[i] for i in np.repeat(np.arange(len(people)), draw)]))
        for draw in bootstrap.draws(len(people))
    ]
    low, high = limits(np.array(drawn))
    return Estimate(figure(judged), low, high, len(judged), len(people))


def mean_coverage(judged: Judged, bootstrap: Bootstrap) -> Estimate:
    """Return how often the label is among the candidates, the mean over subjects."""
    each = _covered(judged)
    low, high = limits(bootstrap.draws(len(each)) @ each / len(each))
    return Estimate(float(each.mean()), low, high, len(judged), len(each))


def lowest_coverage(judged: Judged, n_subjects: int, bootstrap: Bootstrap) -> Estimate:
    """Return how often the label is among the candidates for the worst of some subjects.

    The mean over all ways to choose so many of those there are: of more, the worst is worse. The
    very worst of all has no interval: drawn anew, it can only be better.
    """
    each = _covered(judged)
    low = high = math.nan
    if n_subjects < len(each):
        drawn = (np.repeat(each, count) for count in bootstrap.draws(len(each)))
        low, high = limits(np.array([expected_lowest(x, n_subjects) for x in drawn]))
    return Estimate(expected_lowest(each, n_subjects), low, high, len(judged), len(each))


def expected_lowest(values: Array, n: int) -> float:
    """Return the mean of the lowest of ``n`` values drawn without replacement; NaN of none."""
    if len(values) == 0:
        return math.nan
    n = min(n, len(values))
    ways = [math.comb(above, n - 1) for above in range(len(values) - 1, -1, -1)]
    shares = np.array([way / math.comb(len(values), n) for way in ways])
    return float(np.sort(values) @ shares)


def _covered(judged: Judged) -> Array:
    each = covered_by_group(judged)
    finite: Array = each[np.isfinite(each)]
    return finite


def of_evaluation(figure: dict[str, float], judged: Judged) -> Estimate:
    """Return a figure of :func:`training.evaluate.with_intervals`."""
    n_subjects = len(np.unique(judged.groups))
    return Estimate(figure["value"], figure["low"], figure["high"], len(judged), n_subjects)
