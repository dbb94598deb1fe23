"""Fit: from labelled features to a classifier, and to its honest out-of-fold answers."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from features import SignalError
from serving.card import Card, Novelty, Provenance
from serving.classifier import Classifier, softmax
from serving.novelty import Reference
from training.calibrate import calibrate, class_weights, conformal_thresholds
from training.config import Booster as BoosterConfig
from training.config import ModelConfig
from training.foreign import SIGNALS as FOREIGN
from training.lookalike_checks import checks_of, fit_checks, kind_scores
from training.split import folds
from training.table import LabelledTable
from training.trees import fit_apart, fit_trees

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Fitted:
    """What is learnt from windows: trees, an outlier detector, and what the windows look like.

    ``checks`` hold the trees of each kind of look-alike that was shown.
    """

    booster: lightgbm.Booster
    detector: lightgbm.Booster
    reference: Reference
    checks: Mapping[str, lightgbm.Booster]


@dataclass(frozen=True, eq=False)
class CrossFit:
    """What each window got from a model that had not seen its subject.

    ``scores`` (n_windows, n_classes), ``distances`` and ``oddness`` (n_windows,) are out of fold,
    as is the score of each kind of look-alike in ``kinds`` (n_windows,); ``held_out`` holds the
    windows of each fold, ``models`` what was learnt from all others.
    """

    table: LabelledTable
    targets: Index
    held_out: list[Mask]
    models: list[Fitted]
    scores: Array
    distances: Array
    oddness: Array
    kinds: Mapping[str, Array]


def targets_of(table: LabelledTable, classes: tuple[str, ...]) -> Index:
    """Return the index of each window's class; every class must be there."""
    missing = [c for c in classes if not (table.labels == c).any()]
    if missing:
        raise SignalError(
            f"the data holds no usable window of {', '.join(missing)}; add some, or take the class"
            " out of `classes` in the configuration"
        )
    return np.array([classes.index(label) for label in table.labels], dtype=np.intp)


def _check_folds(table: LabelledTable, held_out: list[Mask], classes: tuple[str, ...]) -> None:
    """Refuse folds of which one holds every subject that a class is known from."""
    for mask in held_out:
        for name in classes:
            of_class = table.labels == name
            if of_class.any() and not (of_class & ~mask).any():
                subjects = len(np.unique(table.groups[of_class]))
                raise SignalError(
                    f"{name} is known from {subjects} subject{'s' * (subjects != 1)} alone, all of"
                    " whom one fold leaves out; add recordings of others, or take the class out of"
                    " `classes` in the configuration"
                )


def fit_booster(
    values: Array,
    targets: Index,
    columns: tuple[str, ...],
    config: ModelConfig,
    booster: BoosterConfig,
) -> lightgbm.Booster:
    """Fit trees; the same data, parameters and seed give the same text."""
    n_classes = len(config.classes)
    objective = {"objective": "multiclass", "num_class": n_classes}
    weights = class_weights(targets, n_classes)
    return fit_trees(values, targets, weights, columns, objective, booster, config.training.seed)


def fit_detector(
    table: LabelledTable, outliers: LabelledTable, config: ModelConfig
) -> lightgbm.Booster:
    """Fit trees that tell windows from outliers, of which other look-alikes are not shown."""
    odd = np.isin(outliers.labels, (*FOREIGN, *config.outliers.lookalikes))
    return fit_apart(table, outliers[odd], config.training.booster, config.training.seed)


def split_outliers(
    table: LabelledTable, config: ModelConfig
) -> tuple[LabelledTable, LabelledTable]:
    """Return the windows to train on, and those that outlier detector and checks are shown."""
    kinds = (*FOREIGN, *config.outliers.lookalikes, *config.checks.kinds)
    return table[table.trainable(config.classes)], table[table.trainable(kinds)]


def fit(
    table: LabelledTable,
    outliers: LabelledTable,
    config: ModelConfig,
    booster: BoosterConfig,
    salt: int,
) -> Fitted:
    """Fit everything that is learnt from windows; ``salt`` draws the prototypes."""
    values, targets = table.features.values, targets_of(table, config.classes)
    rng = np.random.default_rng([config.training.seed, salt])
    return Fitted(
        fit_booster(values, targets, table.features.columns, config, booster),
        fit_detector(table, outliers, config),
        Reference.of(values, config.training.novelty_prototypes, rng),
        fit_checks(table, outliers, config),
    )


def cross_fit(
    table: LabelledTable,
    config: ModelConfig,
    boosters: list[BoosterConfig],
    pool: ThreadPoolExecutor,
    done: Callable[[], object] = lambda: None,
    outliers: LabelledTable | None = None,
) -> CrossFit:
    """Fit one model a fold, each with its own parameters, and score what each has not seen.

    Folds are fitted side by side, each on one thread: LightGBM's own threads wait for one another
    at every split, which is slow on a machine that has other work. ``done`` is called after each.
    What a pool of any size gives is the same. A fold's model sees no outlier of a held-out subject.
    """
    training = config.training
    targets = targets_of(table, config.classes)
    others = table[np.zeros(0, dtype=np.intp)] if outliers is None else outliers
    held_out = folds(table.labels, table.groups, training.folds, training.seed)
    _check_folds(table, held_out, config.classes)

    def fit_fold(k: int) -> Fitted:
        shown = others[~np.isin(others.groups, table.groups[held_out[k]])]
        fitted = fit(table[~held_out[k]], shown, config, boosters[k], k)
        done()
        return fitted

    models = list(pool.map(fit_fold, range(len(held_out))))
    scores = np.zeros((len(table), len(config.classes)))
    distances, oddness = np.zeros(len(table)), np.zeros(len(table))
    for mask, model in zip(held_out, models, strict=True):
        values = table.features.values[mask]
        scores[mask] = np.asarray(model.booster.predict(values, raw_score=True, num_threads=1))
        distances[mask] = model.reference.distance(values, training.novelty_neighbours)
        oddness[mask] = np.asarray(model.detector.predict(values, raw_score=True, num_threads=1))
    checks = [model.checks for model in models]
    kinds = kind_scores(checks, held_out, table.features.values)
    return CrossFit(table, targets, held_out, models, scores, distances, oddness, kinds)


def assemble(
    model: Fitted,
    crossed: CrossFit,
    rows: Mask,
    config: ModelConfig,
    provenance: Provenance,
    metrics: dict[str, Any],
) -> Classifier:
    """Make a classifier of what was learnt and of what out-of-fold rows say of its scores.

    ``rows`` are those that calibration, candidate sets, novelty and checks may rest on: all for the
    model that is shipped, those of other folds for one that is judged on its own fold.
    """
    training = config.training
    scores, targets = crossed.scores[rows], crossed.targets[rows]
    calibration = calibrate(scores, targets)
    probabilities = softmax(scores / calibration.temperature + np.array(calibration.biases))
    kinds = {kind: scores[rows] for kind, scores in crossed.kinds.items()}
    checks = checks_of(kinds, crossed.table.labels[rows], config)
    card = Card(
        name=config.name,
        modality=config.features.modality,
        classes=config.classes,
        columns=crossed.table.features.columns,
        spec=config.features,
        fingerprint=config.features.fingerprint,
        calibration=calibration,
        conformal=conformal_thresholds(
            probabilities,
            targets,
            training.conformal_level,
            training.candidate_ceiling,
            training.candidate_pairs,
        ),
        novelty=_novelty(crossed, rows, config),
        checks=checks,
        rate_limits=config.rate_limits,
        provenance=provenance,
        metrics=metrics,
    )
    trees = tuple(model.checks[check.kind] for check in checks)
    return Classifier(card, model.booster, model.detector, model.reference, trees)


def _novelty(crossed: CrossFit, rows: Mask, config: ModelConfig) -> Novelty:
    """Set the thresholds beyond which a window is unlike training."""
    training = config.training
    distances, oddness = crossed.distances[rows], crossed.oddness[rows]
    return Novelty(
        neighbours=training.novelty_neighbours,
        threshold=float(np.quantile(distances, 1 - training.novelty_false_alarm_rate)),
        false_alarm_rate=training.novelty_false_alarm_rate,
        oddness_threshold=float(np.quantile(oddness, 1 - training.oddness_false_alarm_rate)),
        oddness_false_alarm_rate=training.oddness_false_alarm_rate,
        exposed_to=config.outliers.lookalikes,
    )
