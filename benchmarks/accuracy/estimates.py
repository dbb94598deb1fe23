"""Estimates: a share, or any other figure, with its 95 % bootstrap interval over subjects."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.evaluate import Judged, coverage, join_judged, subject_draws

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Names = NDArray[np.str_]

_LIMITS = (2.5, 97.5)


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

    def limits(self, drawn: Array) -> tuple[float, float]:
        """Return the interval of figures that were drawn, shape (samples,)."""
        finite = drawn[np.isfinite(drawn)]
        if len(finite) == 0:
            return math.nan, math.nan
        low, high = np.percentile(finite, _LIMITS)
        return float(low), float(high)


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
    low = high = math.nan
    if len(names) > 1:
        draws = bootstrap.draws(len(names))
        low, high = bootstrap.limits((draws @ found) / (draws @ numbers))
    return Estimate(float(hits.mean()), low, high, len(hits), len(names))


def statistic(judged: Judged, figure: Callable[[Judged], float], bootstrap: Bootstrap) -> Estimate:
    """Return a figure that is not a plain share, such as the calibration error."""
    people = [judged[judged.groups == name] for name in np.unique(judged.groups)]
    drawn = [
        figure(join_judged([people[i] for i in np.repeat(np.arange(len(people)), draw)]))
        for draw in bootstrap.draws(len(people))
    ]
    low, high = bootstrap.limits(np.array(drawn))
    return Estimate(figure(judged), low, high, len(judged), len(people))


def mean_coverage(judged: Judged, bootstrap: Bootstrap) -> Estimate:
    """Return how often the label is among the candidates, the mean over subjects."""
    each = np.array(
        [coverage(judged[judged.groups == name])["mean"] for name in np.unique(judged.groups)]
    )
    each = each[np.isfinite(each)]
    low, high = bootstrap.limits(bootstrap.draws(len(each)) @ each / len(each))
    return Estimate(float(each.mean()), low, high, len(judged), len(each))


def of_evaluation(figure: dict[str, float], judged: Judged) -> Estimate:
    """Return a figure of :func:`training.evaluate.with_intervals`."""
    n_subjects = len(np.unique(judged.groups))
    return Estimate(figure["value"], figure["low"], figure["high"], len(judged), n_subjects)
