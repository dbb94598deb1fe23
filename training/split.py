"""Folds: windows of one group never lie on both sides."""

import warnings

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from features import SignalError


def folds(
    labels: NDArray[np.str_], groups: NDArray[np.str_], n_folds: int, seed: int
) -> list[NDArray[np.bool_]]:
    """Return the held-out windows of each fold, shape (n_windows,) each.

    Groups are dealt so that classes are spread as evenly as they allow.

    Raises
    ------
    SignalError
        When there are fewer groups than folds, or fewer windows of every class.
    """
    n_groups = len(np.unique(groups))
    if n_groups < n_folds:
        raise SignalError(
            f"the data holds {n_groups} subject{'s' * (n_groups != 1)}; {n_folds} folds split by"
            f" subject need at least {n_folds} (add subjects or lower training.folds)"
        )
    most = int(np.unique(labels, return_counts=True)[1].max())
    if most < n_folds:
        raise SignalError(
            f"no class has more than {most} window{'s' * (most != 1)}; {n_folds} folds need"
            f" {n_folds} of one at least (add recordings or lower training.folds)"
        )
    splitter = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
    held_out: list[NDArray[np.bool_]] = []
    with warnings.catch_warnings():
        # A class with fewer windows than folds is the user's to see in the report, not a warning.
        warnings.filterwarnings("ignore", message="The least populated class", category=UserWarning)
        for _, test in splitter.split(np.zeros(len(labels)), labels, groups):
            mask = np.zeros(len(labels), dtype=np.bool_)
            mask[test] = True
            held_out.append(mask)
    return held_out
