"""Answers: data sets as tables of features, computed once, and what models answer to them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from serving.classifier import Classifier
from training.config import ModelConfig
from training.datasets.labelled import LabelledRecording
from training.datasets.labelling import recording_of, start_of_s
from training.datasets.opening import Opened, labelled_batches
from training.datasets.source import Source
from training.evaluate import Judged
from training.semireal.peak_ratios import largest_peak_ratios
from training.table import LabelledTable, join, tabulate
from training.train import judge_table

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Names = NDArray[np.str_]


@dataclass(frozen=True, eq=False)
class Tabulated:
    """The labelled windows of a data set, and what is known of its recordings.

    ``details`` are those of each recording by its id. ``largest_ratios`` hold, for semi-real
    fasciculation, the largest ratio of peak to deviation in each window, by the window's id.
    """

    name: str
    source: Source
    table: LabelledTable
    details: Mapping[str, Mapping[str, Any]]
    largest_ratios: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Answered:
    """A data set with the answers of a model: ``judged`` follows the rows of ``table``."""

    data: Tabulated
    table: LabelledTable
    judged: Judged

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, rows: Mask) -> "Answered":
        return Answered(self.data, self.table[rows], self.judged[rows])

    @property
    def usable(self) -> Mask:
        """Which windows carry no flag of quality, shape (n_windows,)."""
        return self.table.features.quality.usable

    @property
    def recordings(self) -> Names:
        """The recording of each window, shape (n_windows,)."""
        return np.array([recording_of(name) for name in self.table.ids.tolist()], dtype=np.str_)

    @property
    def starts_s(self) -> Array:
        """Where in its recording each window begins, shape (n_windows,)."""
        return np.array([start_of_s(name) for name in self.table.ids.tolist()])

    @property
    def largest_ratios(self) -> Array:
        """The largest ratio of peak to deviation in each window, 0 where nothing is known."""
        known = self.data.largest_ratios
        return np.array([known.get(name, 0.0) for name in self.table.ids.tolist()])

    def labelled(self, *labels: str) -> Mask:
        """Return which windows have one of some labels, shape (n_windows,)."""
        return np.isin(self.judged.labels, labels)

    def called(self, *answers: str) -> Mask:
        """Return which windows got one of some answers, shape (n_windows,)."""
        return np.isin(self.judged.answers, answers)

    def because(self, reason: str) -> Mask:
        """Return which windows were left undecided for a reason, shape (n_windows,)."""
        return np.array([each == reason for each in self.judged.reasons], dtype=np.bool_)

    def detail(self, key: str) -> Names:
        """Return what the recording of each window says of itself, as text, (n_windows,)."""
        told = self.data.details
        return np.array([str(told.get(r, {}).get(key, "")) for r in self.recordings.tolist()])


def tabulated(opened: Opened, name: str, config: ModelConfig) -> Tabulated | None:
    """Read a data set and compute its features; None when it has no labelled window."""
    modality = config.features.modality
    details: dict[str, Mapping[str, Any]] = {}
    ratios: dict[str, float] = {}

    def noting() -> Iterator[LabelledRecording]:
        for labelled in opened.recordings(modality):
            details[labelled.id] = labelled.details
            if "peak_ratios" in labelled.details:
                window_s = config.features.window_s
                ratios.update(largest_peak_ratios(labelled, config.labelling, window_s))
            yield labelled

    parts: list[LabelledTable] = []
    with tqdm(desc=f"{modality} {name}", unit="window", leave=False) as bar:
        for batch in labelled_batches(noting(), config.labelling, config.features.window_s):
            parts.append(tabulate([batch], config.features))
            bar.update(len(batch))
    return Tabulated(name, opened.source, join(parts), details, ratios) if parts else None


def answer(classifier: Classifier, data: Tabulated) -> Answered:
    """Let a model answer every window of a data set."""
    return Answered(data, data.table, judge_table(classifier, data.table))
