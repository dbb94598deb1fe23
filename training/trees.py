"""Trees: how every booster of a model is fitted, so that the same data give the same text."""

from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from training.calibrate import class_weights
from training.config import Booster
from training.table import LabelledTable

Array = NDArray[np.float64]


def fit_trees(
    values: Array,
    targets: NDArray[np.intp],
    weights: Array,
    columns: tuple[str, ...],
    objective: dict[str, Any],
    booster: Booster,
    seed: int,
) -> lightgbm.Booster:
    """Fit trees to features (n_windows, n_features); the same arguments give the same text."""
    parameters: dict[str, Any] = {
        **objective,
        "seed": seed,
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
        weight=weights,
        feature_name=list(columns),
        params={"verbosity": -1},
    )
    return lightgbm.train(parameters, data, num_boost_round=booster.num_iterations)


def fit_apart(
    own: LabelledTable, others: LabelledTable, booster: Booster, seed: int
) -> lightgbm.Booster:
    """Fit trees that tell others from one's own: both sides weigh the same, and each label of one.

    Without any other every window is as odd as any other.
    """
    is_other = np.repeat((0, 1), (len(own), len(others)))
    sides = []
    for side in (own, others):
        names, index = np.unique(side.labels, return_inverse=True)
        sides.append(class_weights(index, len(names)) / max(len(side), 1))
    values = np.concatenate((own.features.values, others.features.values))
    weights = len(values) / 2 * np.concatenate(sides)
    columns = own.features.columns
    return fit_trees(values, is_other, weights, columns, {"objective": "binary"}, booster, seed)
