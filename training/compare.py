"""Compare: two models on the windows of the same held-out subjects.

Subjects are drawn with replacement, the same ones for both models, so that what is hard for both
cancels out (paired bootstrap over clusters; Efron & Tibshirani 1993).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features import ConfigError
from training.comparable import Pair, paired
from training.comparison_change import FEWEST, Change, change_of, points, said
from training.evaluate import Judged, covered_by_group, figures, reliability_sums, subject_draws
from training.flips import Flip, flips_of
from training.predictions import CHANCE
from training.semireal.opening import kind_of

Array = NDArray[np.float64]

RIGHT: Final = "right"
"""Share of windows answered rightly, classes weighing the same; undecided is not right."""
WRONG: Final = "wrong"
"""Likewise answered wrongly: who says undecided is not wrong."""

_CALIBRATION: Final = "expected_calibration_error"
_COVERAGE: Final = "coverage"


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
    def size(self) -> str:
        """Say how many subjects and windows there are, and whether too few for intervals."""
        told = (
            f"{_subjects(self.n_groups)}, {self.n_windows} windows,"
            f" {len(self.flips)} answered otherwise"
        )
        return told if self.n_groups >= FEWEST else f"{told}; intervals need {FEWEST} subjects"

    @property
    def is_judged(self) -> bool:
        """Whether an answer can be right in it: of look-alikes alone, none can."""
        return RIGHT in self.changes


@dataclass(frozen=True, eq=False)
class Kind:
    """Two models on all sets of one kind: ``right`` and ``wrong``, every set weighing the same.

    Sets of too few subjects do not count, unless there are no others.
    """

    data_sets: tuple[DataSet, ...]
    right: Change
    wrong: Change
    not_counted: tuple[DataSet, ...]

    @property
    def n_groups(self) -> int:
        """Return the number of subjects that count."""
        return sum(each.n_groups for each in self.data_sets)

    def verdict(self, before: str, after: str) -> str:
        """Return one sentence with its intervals, and one about who does not count."""
        names = ", ".join(each.name for each in self.data_sets)
        if math.isnan(self.right.low):
            told = f"{after} cannot be told from {before} by {_subjects(self.n_groups)}"
            of = f"{names}, and it takes {FEWEST} of a set"
        else:
            told = f"{after} {said(self.right, self.wrong)} {before}"
            of = f"95 % intervals over {self.n_groups} subjects of {names}"
        sentence = (
            f"{told}: {points(self.right)} of 100 windows more answered rightly,"
            f" {points(self.wrong)} more wrongly ({of})."
        )
        if not self.not_counted:
            return sentence
        few = ", ".join(each.name for each in self.not_counted)
        return f"{sentence} Not counted, of fewer than {FEWEST} subjects: {few}."


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two models on all sets of windows that both have answered without having seen them."""

    data_sets: tuple[DataSet, ...]
    kinds: tuple[Kind, ...]
    """Simulated, semi-real and real sets are never mixed in one number."""
    left_out: tuple[str, ...]
    """Sets that could not be compared, and why."""
    lacking: tuple[tuple[str, ...], tuple[str, ...]]
    """Classes of the other that each model does not have."""

    def verdict(self, before: str, after: str) -> str:
        """Return one sentence for each kind of data, and what makes the models unlike."""
        sentences = [kind.verdict(before, after) for kind in self.kinds]
        if not sentences:
            return f"{after} cannot be told from {before}: no window has a class as its label."
        for model, classes in zip((before, after), self.lacking, strict=True):
            if classes:
                names = ", ".join(classes)
                sentences.append(f"{model} has no {names}: such windows it cannot answer rightly.")
        return " ".join(sentences)


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
            changes=_changes(drawn[pair.name], pair.n_groups),
            flips=flips_of(pair),
        )
        for pair in pairs
    )
    of_kind: dict[str, list[DataSet]] = {}
    for each in data_sets:
        if each.is_judged:
            of_kind.setdefault(kind_of(each.name), []).append(each)
    kinds = tuple(_together(each, drawn) for each in of_kind.values())
    return Comparison(data_sets, kinds, tuple(left_out), _lacking(first, second))


def _subjects(number: int) -> str:
    return f"{number} subject{'s' * (number != 1)}"


def _changes(drawn: Mapping[str, tuple[Array, Array]], n_groups: int) -> dict[str, Change]:
    changes = {name: change_of(*values, n_groups) for name, values in drawn.items()}
    return {name: each for name, each in changes.items() if not math.isnan(each.difference)}


def _together(
    sets: Sequence[DataSet], drawn: Mapping[str, Mapping[str, tuple[Array, Array]]]
) -> Kind:
    enough = tuple(each for each in sets if each.n_groups >= FEWEST)
    counted = enough or tuple(sets)
    fewest = min(each.n_groups for each in counted)
    n_drawn = min(len(drawn[each.name][RIGHT][0]) for each in counted)

    def mean(name: str, model: int) -> Array:
        values = [drawn[each.name][name][model][:n_drawn] for each in counted]
        return np.asarray(np.mean(values, axis=0))

    right, wrong = (change_of(mean(name, 0), mean(name, 1), fewest) for name in (RIGHT, WRONG))
    return Kind(counted, right, wrong, tuple(each for each in sets if each not in counted))


def _lacking(first: pd.DataFrame, second: pd.DataFrame) -> tuple[tuple[str, ...], tuple[str, ...]]:
    one, other = (
        [name.removeprefix(CHANCE) for name in map(str, frame) if name.startswith(CHANCE)]
        for frame in (first, second)
    )
    return tuple(c for c in other if c not in one), tuple(c for c in one if c not in other)


def _drawn(pair: Pair, draws: NDArray[np.int64]) -> dict[str, tuple[Array, Array]]:
    """Return each figure of both models: of everybody first, then of each draw of subjects.

    Both are judged on the classes of either, or who lacks a hard one would look better; figures of
    one class are those of classes that both have.
    """
    weights = np.vstack((np.ones(pair.n_groups, dtype=np.int64), draws))
    models = (pair.first, pair.second)
    classes = tuple(dict.fromkeys(c for judged in models for c in judged.classes))
    first, second = (_figures(_widened(judged, classes), weights) for judged in models)
    lacking = {c for judged in models for c in classes if c not in judged.classes}
    return {
        name: (first[name], second[name])
        for name in first
        if name.partition("__")[2] not in lacking
    }


def _widened(judged: Judged, classes: tuple[str, ...]) -> Judged:
    """Return the same answers as of a model with more classes, to which it gives no chance."""
    unknown = np.where(np.isnan(judged.probabilities).any(axis=1), np.nan, 0.0)
    columns = [
        judged.probabilities[:, judged.classes.index(c)] if c in judged.classes else unknown
        for c in classes
    ]
    return replace(judged, classes=classes, probabilities=np.stack(columns, axis=1))


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
