"""Checks: fitting what tells a kind of look-alike from the answers that it is confused with.

A detector of everything odd cannot afford to know a look-alike of one class: what it would have to
refuse of the others is too much. A check is asked only where the answer is one of a few, sees only
what is known to set its kind apart, and may refuse a stated share of each class and no more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import lightgbm
import numpy as np
from numpy.typing import NDArray

from serving.card import Check
from serving.lookalike_checks import check_scores
from training.config import KindCheck, ModelConfig
from training.table import LabelledTable
from training.trees import fit_apart

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


def fit_checks(
    table: LabelledTable, shown: LabelledTable, config: ModelConfig
) -> dict[str, lightgbm.Booster]:
    """Fit the check of each configured kind that has a window among those shown."""
    booster, seed = config.checks.booster, config.training.seed
    trees: dict[str, lightgbm.Booster] = {}
    for kind, check in config.checks.kinds.items():
        alike = shown[shown.labels == kind]
        if len(alike):
            ordinary = table[np.isin(table.labels, tuple(check.instead_of))]
            trees[kind] = fit_apart(_seen(ordinary, check), _seen(alike, check), booster, seed)
    return trees


def _seen(table: LabelledTable, check: KindCheck) -> LabelledTable:
    """Return a table with nothing in it but the marks of a check; all columns keep their place."""
    is_mark = np.isin(table.features.columns, check.marks)
    values = np.where(is_mark, table.features.values, np.nan)
    return replace(table, features=replace(table.features, values=values))


def kind_scores(
    folds: Sequence[Mapping[str, lightgbm.Booster]], held_out: Sequence[Mask], values: Array
) -> dict[str, Array]:
    """Return out-of-fold scores (n_windows,) of each kind that every fold has a check for."""
    kinds = [kind for kind in folds[0] if all(kind in checks for checks in folds)]
    scores = {kind: np.zeros(len(values)) for kind in kinds}
    for checks, mask in zip(folds, held_out, strict=True):
        for kind, found in scores.items():
            found[mask] = check_scores((checks[kind],), values[mask])[:, 0]
    return scores


def checks_of(
    scores: Mapping[str, Array], labels: NDArray[np.str_], config: ModelConfig
) -> tuple[Check, ...]:
    """Set the threshold of each kind and answer by what held-out windows of the class score."""
    checks = []
    for kind, found in scores.items():
        check = config.checks.kinds[kind]
        thresholds = {
            name: float(np.quantile(found[labels == name], 1 - rate))
            for name, rate in check.instead_of.items()
        }
        checks.append(
            Check(
                kind=kind,
                marks=check.marks,
                limits=check.limits,
                thresholds=thresholds,
                false_alarm_rates=check.instead_of,
            )
        )
    return tuple(checks)
