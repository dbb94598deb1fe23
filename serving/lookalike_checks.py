"""Checks: whether a window may be a look-alike of what it is about to be called.

Some phenomena that no model has a class for share the marks of one that has: a single motor unit
that fires like a clock has the shape of a fasciculation and the rhythm of a clonus. For each such
kind there is a check: few small trees that see the kind's own marks and nothing else, and that are
asked only about windows that would get an answer the kind is confused with.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from serving.card import Check

if TYPE_CHECKING:
    import lightgbm

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


def check_scores(trees: Sequence["lightgbm.Booster"], values: Array) -> Array:
    """Return the log odds of each kind, shape (n_windows, n_kinds)."""
    if len(values) == 0:
        return np.zeros((0, len(trees)))
    raw = [each.predict(values, raw_score=True, num_threads=1) for each in trees]
    return np.asarray(raw, dtype=np.float64).reshape(len(trees), len(values)).T


def within_limits(values: Array, columns: tuple[str, ...], check: Check) -> Mask:
    """Return which windows have every mark within its limits; an undefined mark is not."""
    within = np.ones(len(values), dtype=np.bool_)
    for mark, (low, high) in check.limits.items():
        column = values[:, columns.index(mark)]
        within &= (column >= low) & (column <= high)
    return within


def look_alikes(
    checks: Sequence[Check],
    trees: Sequence["lightgbm.Booster"],
    values: Array,
    columns: tuple[str, ...],
    answers: NDArray[np.str_],
) -> Mask:
    """Return which windows a check refuses the answer of, shape (n_windows,)."""
    refused = np.zeros(len(values), dtype=np.bool_)
    for check, each in zip(checks, trees, strict=True):
        threshold = np.array([check.thresholds.get(answer, np.inf) for answer in answers.tolist()])
        asked = np.flatnonzero(np.isfinite(threshold) & within_limits(values, columns, check))
        refused[asked] |= check_scores((each,), values[asked])[:, 0] > threshold[asked]
    return refused
