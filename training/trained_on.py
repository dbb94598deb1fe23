"""Trained on: whose windows a model has seen, as its run keeps it and as an evaluation asks it."""

import tempfile
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from features import ConfigError
from training import tracking
from training.config import ModelConfig
from training.fit import split_outliers
from training.foreign import SIGNALS
from training.table import LabelledTable

TRAINED_ON: Final = "tables/trained_on.csv"
"""File in a run."""


def trained_on_table(table: LabelledTable, config: ModelConfig) -> pd.DataFrame:
    """Return a row for each person of a set that training makes use of.

    ``as`` is ``classes`` for whom classes are learnt from, and ``look-alikes`` for whom outlier
    detector and checks are shown.
    """
    kept, shown = split_outliers(table, config)
    people = shown[~np.isin(shown.labels, list(SIGNALS))]
    parts = {"classes": kept, "look-alikes": people}
    rows = [
        pd.DataFrame({"data_set": part.sources, "subject": part.groups, "as": name})
        for name, part in parts.items()
    ]
    return pd.concat(rows).drop_duplicates(ignore_index=True)


def trained_on(run_id: str) -> frozenset[str]:
    """Return the people whom the model of a run has seen in training, in whatever part of it.

    Somebody who is in two sets, as who rests in a semi-real one, has one name in both.

    Raises
    ------
    ConfigError
        When the run does not say: they would pass for people whom it has not seen.
    """
    with tempfile.TemporaryDirectory() as temporary:
        path = tracking.fetch_file(run_id, TRAINED_ON, Path(temporary))
        if path is None:
            raise ConfigError(
                f"it is not known whom the model of run {run_id} was trained on: {TRAINED_ON} is"
                f" not among its files at {tracking.place_of_files(run_id)}; put them back there,"
                " or train again with this version"
            )
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    return frozenset(frame["subject"])
