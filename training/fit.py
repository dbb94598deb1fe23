"""Fit: from labelled features to a classifier, and to its honest out-of-fold answers."""

from collections.abc import Callable
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
from training.split import folds
from training.table import LabelledTable

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class CrossFit:
    """What each window got from a model that had not seen its subject.

    ``scores`` (n_windows, n_classes) and ``distances`` (n_windows,) are out of fold; ``held_out``
    holds the windows of each fold, ``boosters`` and ``references`` the models of each.
    """

    table: LabelledTable
    targets: Index
    held_out: list[Mask]
    boosters: list[lightgbm.Booster]
    references: list[Reference]
    scores: Array
    distances: Array


def targets_of(table: LabelledTable, classes: tuple[str, ...]) -> Index:
    """Return the index of each window's class; every class must be there."""
    missing = [c for c in classes if not (table.labels == c).any()]
    if missing:
        raise SignalError(
            f"the data holds no usable window of {', '.join(missing)}; add some, or take the class"
            " out of `classes` in the configuration"
        )
    return np.array([classes.index(label) for label in table.labels], dtype=np.intp)


def fit_booster(
    values: Array,
    targets: Index,
    columns: tuple[str, ...],
    config: ModelConfig,
    booster: BoosterConfig,
) -> lightgbm.Booster:
    """Fit trees; the same data, parameters and seed give the same text."""
    n_classes = len(config.classes)
    parameters: dict[str, Any] = {
        "objective": "multiclass",
        "num_class": n_classes,
        "seed": config.training.seed,
        "deterministic": True,
        "force_row_wise": True,
        "bagging_freq": 1,
        "num_threads": 1,
        "verbosity": -1,
        **booster.model_dump(exclude={"num_iterations"}),
    }
    data = lightgbm.Dataset(
        values,
        label=targets,
        weight=class_weights(targets, n_classes),
        feature_name=list(columns),
        params={"verbosity": -1},
    )
    return lightgbm.train(parameters, data, num_boost_round=booster.num_iterations)


def cross_fit(
    table: LabelledTable,
    config: ModelConfig,
    boosters: list[BoosterConfig],
    pool: ThreadPoolExecutor,
    done: Callable[[], object] = lambda: None,
) -> CrossFit:
    """Fit one model a fold, each with its own parameters, and score what each has not seen.

    Folds are fitted side by side, each on one thread: LightGBM's own threads wait for one another
    at every split, which is slow on a machine that has other work. ``done`` is called after each.
    What a pool of any size gives is the same.
    """
    training = config.training
    targets = targets_of(table, config.classes)
    values = table.features.values
    held_out = folds(table.labels, table.groups, training.folds, training.seed)

    def fit_fold(k: int) -> tuple[lightgbm.Booster, Reference]:
        seen = ~held_out[k]
        booster = fit_booster(
            values[seen], targets[seen], table.features.columns, config, boosters[k]
        )
        done()
        return booster, reference_of(values[seen], config, k)

    fitted = list(pool.map(fit_fold, range(len(held_out))))
    scores = np.zeros((len(table), len(config.classes)))
    distances = np.zeros(len(table))
    for mask, (booster, reference) in zip(held_out, fitted, strict=True):
        scores[mask] = np.asarray(booster.predict(values[mask], raw_score=True, num_threads=1))
        distances[mask] = reference.distance(values[mask], training.novelty_neighbours)
    return CrossFit(
        table, targets, held_out, [b for b, _ in fitted], [r for _, r in fitted], scores, distances
    )


def reference_of(values: Array, config: ModelConfig, salt: int) -> Reference:
    """Take the prototypes of a set of windows."""
    rng = np.random.default_rng([config.training.seed, salt])
    return Reference.of(values, config.training.novelty_prototypes, rng)


def assemble(
    booster: lightgbm.Booster,
    reference: Reference,
    crossed: CrossFit,
    rows: Mask,
    config: ModelConfig,
    provenance: Provenance,
    metrics: dict[str, Any],
) -> Classifier:
    """Make a classifier of trees and of what out-of-fold rows say of their scores.

    ``rows`` are those that calibration, candidate sets and novelty may rest on: all for the model
    that is shipped, those of other folds for one that is judged on its own fold.
    """
    training = config.training
    scores, targets = crossed.scores[rows], crossed.targets[rows]
    calibration = calibrate(scores, targets)
    probabilities = softmax(scores / calibration.temperature + np.array(calibration.biases))
    novelty = Novelty(
        neighbours=training.novelty_neighbours,
        threshold=float(
            np.quantile(crossed.distances[rows], 1 - training.novelty_false_alarm_rate)
        ),
        false_alarm_rate=training.novelty_false_alarm_rate,
    )
    card = Card(
        name=config.name,
        modality=config.features.modality,
        classes=config.classes,
        columns=crossed.table.features.columns,
        spec=config.features,
        fingerprint=config.features.fingerprint,
        calibration=calibration,
        conformal=conformal_thresholds(
            probabilities, targets, training.conformal_level, training.candidate_ceiling
        ),
        novelty=novelty,
        rate_limits=config.rate_limits,
        provenance=provenance,
        metrics=metrics,
    )
    return Classifier(card, booster, reference)
