"""Compare: two models on the windows of the same held-out subjects.

Subjects are drawn with replacement, the same ones for both models, so that what is hard for both
cancels out (paired bootstrap over clusters; Efron & Tibshirani 1993).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features import ConfigError
from training.comparable import Pair, paired
from training.evaluate import (
    Judged,
    covered_by_group,
    figures,
    limits,
    reliability_sums,
    subject_draws,
)
from training.flips import Flip, flips_of

Array = NDArray[np.float64]

RIGHT: Final = "right"
"""Share of windows answered rightly, classes weighing the same; undecided is not right."""
WRONG: Final = "wrong"
"""Likewise answered wrongly: who says undecided is not wrong."""

_CALIBRATION: Final = "expected_calibration_error"
_COVERAGE: Final = "coverage"


@dataclass(frozen=True)
class Change:
    """A figure of two models, and its difference with a 95 % interval over subjects.

    Of one subject there is no interval: ``low`` and ``high`` are NaN.
    """

    before: float
    after: float
    difference: float
    low: float
    high: float

    def __str__(self) -> str:
        return "{} ({})".format(*self.told())

    def told(self, times: float = 1.0, digits: int = 3) -> tuple[str, str]:
        """Return the difference and its interval as text, in parts of one or of many."""
        difference, low, high = (
            f"{times * value:+.{digits}f}" for value in (self.difference, self.low, self.high)
        )
        return difference, "no interval" if math.isnan(self.low) else f"{low} to {high}"

    @property
    def certain(self) -> int:
        """Return 1 when the figure has risen beyond doubt, -1 when it has fallen, else 0."""
        return int(self.low > 0) - int(self.high < 0)


@dataclass(frozen=True, eq=False)
class DataSet:
    """Two models on one set of windows."""

    name: str
    n_windows: int
    n_groups: int
    changes: Mapping[str, Change]
    """Of each figure that both have."""
    flips: tuple[Flip, ...]
    """Windows that are answered otherwise."""

    @property
    def is_judged(self) -> bool:
        """Whether an answer can be right in it: of look-alikes alone, none can."""
        return RIGHT in self.changes


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two models on all sets of windows that both have answered without having seen them."""

    data_sets: tuple[DataSet, ...]
    overall: Mapping[str, Change]
    """``right`` and ``wrong``, every judged set weighing the same; empty when there is none."""
    left_out: tuple[str, ...]
    """Sets that could not be compared, and why."""

    @property
    def judged(self) -> list[DataSet]:
        """Return the sets that the verdict is over."""
        return [each for each in self.data_sets if each.is_judged]

    @property
    def n_groups(self) -> int:
        """Return the number of their subjects."""
        return sum(each.n_groups for each in self.judged)

    def verdict(self, before: str, after: str) -> str:
        """Return one sentence with its intervals."""
        if not self.overall:
            return f"{after} cannot be told from {before}: no window has a class as its label."
        right, wrong = self.overall[RIGHT], self.overall[WRONG]
        names = ", ".join(each.name for each in self.judged)
        subjects = f"{self.n_groups} subject{'s' * (self.n_groups != 1)} of {names}"
        return (
            f"{after} {_said(right, wrong)} {before}: {_points(right)} of 100 windows more"
            f" answered rightly, {_points(wrong)} more wrongly"
            f" (95 % intervals over {subjects})."
        )


def compare(first: pd.DataFrame, second: pd.DataFrame, *, samples: int, seed: int) -> Comparison:
    """Compare the answers of two models.

    Parameters
    ----------
    first, second : DataFrame
        Predictions as :mod:`training.predictions` writes them; the first is the baseline.
    samples : int
        Bootstrap samples.

    Raises
    ------
    ConfigError
        When there is no set of windows that both have answered.
    """
    pairs, left_out = paired(first, second)
    if not pairs:
        raise ConfigError(
            f"the two runs have not answered the same windows of the same subjects"
            f" ({'; '.join(left_out) or 'neither kept any answer'}); let both answer one set with"
            " `quaver evaluate`"
        )
    drawn = {
        pair.name: _drawn(pair, subject_draws(pair.n_groups, samples, seed + i))
        for i, pair in enumerate(pairs)
    }
    data_sets = tuple(
        DataSet(
            name=pair.name,
            n_windows=len(pair.first),
            n_groups=pair.n_groups,
            changes=_changes(drawn[pair.name]),
            flips=flips_of(pair),
        )
        for pair in pairs
    )
    judged = [drawn[each.name] for each in data_sets if each.is_judged]
    overall = {name: _mean_change([each[name] for each in judged])
               for name in (RIGHT, WRONG) if judged}  # fmt: skip
    return Comparison(data_sets, overall, tuple(left_out))


def _drawn(pair: Pair, draws: NDArray[np.int64]) -> dict[str, tuple[Array, Array]]:
    """Return each figure of both models: of everybody first, then of each draw of subjects."""
    weights = np.vstack((np.ones(pair.n_groups, dtype=np.int64), draws))
    first, second = (_figures(judged, weights) for judged in (pair.first, pair.second))
    return {name: (first[name], second[name]) for name in first if name in second}


def _figures(judged: Judged, weights: NDArray[np.int64]) -> dict[str, Array]:
    counts, names = judged.counts()
    each = [_of_counts(np.tensordot(w, counts, axes=1), names, judged.classes) for w in weights]
    result = {name: np.array([one[name] for one in each]) for name in each[0]}
    covered = covered_by_group(judged)
    known = ~np.isnan(covered)
    with np.errstate(invalid="ignore"):  # nothing of what is drawn may count
        result[_CALIBRATION] = _calibration_errors(judged, weights)
        result[_COVERAGE] = weights[:, known] @ covered[known] / weights[:, known].sum(axis=1)
    return result


def _of_counts(
    counts: NDArray[np.int64], names: tuple[str, ...], classes: tuple[str, ...]
) -> dict[str, float]:
    result = figures(counts, names, classes)
    right: list[float] = []
    wrong: list[float] = []
    for row, name in zip(counts, names, strict=True):
        if name in classes and row.sum() > 0:
            hits = row[classes.index(name)]
            right.append(hits / row.sum())
            wrong.append((row[:-1].sum() - hits) / row.sum())
    result[RIGHT] = float(np.mean(right)) if right else float("nan")
    result[WRONG] = float(np.mean(wrong)) if wrong else float("nan")
    return result


def _calibration_errors(judged: Judged, weights: NDArray[np.int64]) -> Array:
    confidence, right, count = reliability_sums(judged)
    gaps = np.abs(weights @ confidence - weights @ right)
    errors: Array = gaps.sum(axis=1) / (weights @ count).sum(axis=1)
    return errors


def _changes(drawn: Mapping[str, tuple[Array, Array]]) -> dict[str, Change]:
    changes = {name: _change(*values) for name, values in drawn.items()}
    return {name: each for name, each in changes.items() if not math.isnan(each.difference)}


def _change(first: Array, second: Array) -> Change:
    """Return a change from values of which the first is of everybody."""
    apart = second - first
    return Change(float(first[0]), float(second[0]), float(apart[0]), *limits(apart[1:]))


def _mean_change(each: list[tuple[Array, Array]]) -> Change:
    """Return the change of the mean over sets; one without an interval leaves the mean none."""
    n_drawn = min(len(first) for first, _ in each)
    first, second = (np.mean([values[k][:n_drawn] for values in each], axis=0) for k in (0, 1))
    return _change(first, second)


def _points(change: Change) -> str:
    return "{} ({})".format(*change.told(100.0, 1))


_SAID: Final[Mapping[tuple[int, int], str]] = {
    (1, 1): "answers more than, but also errs more than,",
    (1, 0): "is better than",
    (1, -1): "is better than",
    (0, 1): "is worse than",
    (0, 0): "cannot be told from",
    (0, -1): "is better than",
    (-1, 1): "is worse than",
    (-1, 0): "is worse than",
    (-1, -1): "answers less than, but also errs less than,",
}
"""By whether right and wrong answers have risen."""


def _said(right: Change, wrong: Change) -> str:
    return _SAID[right.certain, wrong.certain]
