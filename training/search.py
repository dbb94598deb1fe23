"""Search: better parameters for the trees, found inside the training part of each fold."""

from dataclasses import dataclass

import numpy as np
import optuna
from numpy.typing import NDArray
from tqdm import tqdm

from serving.classifier import softmax
from training.calibrate import class_weights
from training.config import Booster, ModelConfig
from training.fit import fit_booster, targets_of
from training.split import folds
from training.table import LabelledTable

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Searched:
    """The parameters that were found, and the loss of each trial on the way."""

    title: str
    booster: Booster
    losses: tuple[float, ...]


def search(table: LabelledTable, config: ModelConfig, salt: int, title: str) -> Searched:
    """Return the parameters with the lowest loss over inner folds of a table.

    The table is the training part of an outer fold, so that what is judged outside never helped to
    choose. Determined by the configuration's seed and ``salt``.
    """
    settings = config.training.search
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(seed=config.training.seed + salt)
    study = optuna.create_study(direction="minimize", sampler=sampler)
    study.enqueue_trial(_as_trial(config.training.booster))
    with tqdm(total=settings.trials, desc=title, unit="trial", leave=False) as bar:

        def done(*_: object) -> None:
            bar.update()

        study.optimize(
            lambda trial: _loss(table, config, _propose(trial, config.training.booster), salt),
            n_trials=settings.trials,
            callbacks=[done],
        )
    best = _from_trial(study.best_trial.params, config.training.booster)
    return Searched(title, best, tuple(float(trial.value or 0.0) for trial in study.trials))


_RANGES: dict[str, tuple[float, float, bool]] = {
    "num_iterations": (80, 600, True),
    "learning_rate": (0.02, 0.2, True),
    "num_leaves": (7, 63, True),
    "min_data_in_leaf": (10, 150, True),
    "feature_fraction": (0.2, 1.0, False),
    "bagging_fraction": (0.5, 1.0, False),
    "lambda_l2": (0.1, 50.0, True),
}
"""Parameter → lowest, highest, and whether on a logarithmic scale."""

_WHOLE = ("num_iterations", "num_leaves", "min_data_in_leaf")


def _propose(trial: optuna.Trial, default: Booster) -> Booster:
    chosen: dict[str, float] = {}
    for name, (low, high, log) in _RANGES.items():
        if name in _WHOLE:
            chosen[name] = trial.suggest_int(name, int(low), int(high), log=log)
        else:
            chosen[name] = trial.suggest_float(name, low, high, log=log)
    return _from_trial(chosen, default)


def _from_trial(chosen: dict[str, float], default: Booster) -> Booster:
    return Booster.model_validate(default.model_dump() | chosen)


def _as_trial(booster: Booster) -> dict[str, float]:
    values = booster.model_dump()
    return {name: float(np.clip(values[name], *_RANGES[name][:2])) for name in _RANGES}


def _loss(table: LabelledTable, config: ModelConfig, booster: Booster, salt: int) -> float:
    """Return the mean logarithmic loss over inner folds, classes weighing the same."""
    targets = targets_of(table, config.classes)
    values = table.features.values
    seed = config.training.seed + salt
    total = 0.0
    for held_out in folds(table.labels, table.groups, config.training.search.inner_folds, seed):
        fitted = fit_booster(
            values[~held_out], targets[~held_out], table.features.columns, config, booster
        )
        probabilities = softmax(np.asarray(fitted.predict(values[held_out], raw_score=True)))
        own = probabilities[np.arange(len(probabilities)), targets[held_out]]
        weights = class_weights(targets[held_out], len(config.classes))
        total += float((weights * -np.log(np.maximum(own, 1e-12))).sum())
    return total / len(table)
