"""Predictions as they are kept with a run: one row for each window that was answered.

They lie below :data:`PREDICTIONS` in the run, a Parquet file for each set of windows.
"""

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training.datasets.labelling import start_of_s
from training.evaluate import Judged

PREDICTIONS: Final = "predictions"
"""Folder in a run."""
FOLDS: Final = "held_out_folds"
"""File of the training windows, each answered by a model that had not seen its subject."""
CHANCE: Final = "p_"
CANDIDATES_BETWEEN: Final = " "


def frame_of(judged: Judged, ids: NDArray[np.str_]) -> pd.DataFrame:
    """Return answers as they are kept.

    Parameters
    ----------
    ids : ndarray of str, shape (n_windows,)
        Names of the windows, unique in their set.

    Returns
    -------
    DataFrame
        ``window_id``, ``data_set``, ``group`` (subject), ``seconds`` (start in the recording, NaN
        where the name does not tell), ``label``, ``answer``, ``reason`` (empty when decided),
        ``candidates`` (joined by blanks), and ``p_<class>``, NaN where no probability could be
        computed.
    """
    keys = pd.DataFrame(
        {
            "window_id": ids,
            "data_set": judged.sources,
            "group": judged.groups,
            "seconds": [start_of_s(name) for name in ids.tolist()],
            "label": judged.labels,
            "answer": judged.answers,
            "reason": [reason or "" for reason in judged.reasons],
            "candidates": [CANDIDATES_BETWEEN.join(names) for names in judged.candidates],
        }
    )
    chances = pd.DataFrame(judged.probabilities, columns=[CHANCE + c for c in judged.classes])
    return pd.concat((keys, chances), axis=1)


def write(frame: pd.DataFrame, path: Path) -> None:
    """Write answers as Parquet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_parquet(path, index=False)
