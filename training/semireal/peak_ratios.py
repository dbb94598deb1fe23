"""Recall by size: of the windows whose largest fasciculation stands out so far, how many are found.

A label knows three steps: it shows, it may show, it does not. Here the truth itself is asked: the
largest ratio of peak to deviation among the potentials that lie wholly within a window.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from serving.classifier import UNDECIDED, Classifier
from training.config import ModelConfig
from training.datasets.labelled import LabelledRecording
from training.datasets.labelling import Labelling, window_id
from training.datasets.opening import labelled_batches

Array = NDArray[np.float64]

PHENOMENON = "fasciculation"
BINS: tuple[tuple[float, float], ...] = (
    (3.0, 6.0),
    (6.0, 12.0),
    (12.0, 24.0),
    (24.0, math.inf),
    (6.0, math.inf),
)
"""From, and up to but without; the last is all that an expert would see."""


@dataclass(frozen=True, eq=False)
class AnswersBySize:
    """Answers to windows with the largest ratio in each (0 where nothing is): (n_windows,)."""

    ids: NDArray[np.str_]
    groups: NDArray[np.str_]
    largest_ratios: Array
    answers: NDArray[np.str_]


@dataclass(frozen=True)
class RatioRecall:
    """What became of the windows whose largest ratio is in a bin."""

    low: float
    high: float
    n_windows: int
    n_found: int
    n_undecided: int

    @property
    def recall(self) -> float:
        """Share of windows called fasciculation; NaN when there is none."""
        return self.n_found / self.n_windows if self.n_windows else math.nan


def largest_peak_ratios(
    labelled: LabelledRecording, rules: Labelling, window_s: float = 4.0
) -> dict[str, float]:
    """Return, by id of window, the largest ratio of the potentials wholly within it, or 0."""
    starts = labelled.recording.window_starts(window_s, rules.hop_s)
    places_s = np.array(labelled.details["places_s"], dtype=np.float64).reshape(-1, 2)
    ratios = np.array(labelled.details["peak_ratios"], dtype=np.float64)
    result: dict[str, float] = {}
    for start_s in starts / labelled.recording.sampling_rate_hz:
        inside = (places_s[:, 0] >= start_s) & (places_s[:, 1] <= start_s + window_s)
        result[window_id(labelled.id, start_s)] = float(ratios[inside].max(initial=0.0))
    return result


def answers_by_size(
    classifier: Classifier, recordings: Iterable[LabelledRecording], config: ModelConfig
) -> AnswersBySize:
    """Let a classifier answer the windows of semi-real recordings.

    Parameters
    ----------
    recordings : iterable of LabelledRecording
        Of a set of fasciculations, such as ``open_set(...).recordings("emg")``.
    """
    window_s = config.features.window_s
    ratios: dict[str, float] = {}

    def noting() -> Iterator[LabelledRecording]:
        for labelled in recordings:
            ratios.update(largest_peak_ratios(labelled, config.labelling, window_s))
            yield labelled

    ids: list[str] = []
    groups: list[str] = []
    answers: list[str] = []
    for batch in labelled_batches(noting(), config.labelling, window_s):
        ids += batch.ids.tolist()
        groups += batch.groups.tolist()
        answers += classifier.predict(batch.windows, workers=2).labels.tolist()
    return AnswersBySize(
        np.array(ids, dtype=np.str_),
        np.array(groups, dtype=np.str_),
        np.array([ratios[each] for each in ids], dtype=np.float64),
        np.array(answers, dtype=np.str_),
    )


def recall_by_ratio(
    largest_ratios: Array,
    answers: NDArray[np.str_],
    bins: Sequence[tuple[float, float]] = BINS,
) -> tuple[RatioRecall, ...]:
    """Count what was answered, by bin of the largest ratio in a window.

    Parameters
    ----------
    largest_ratios, answers : ndarray, shape (n_windows,)
    bins : sequence of (low, high)
    """
    result = []
    for low, high in bins:
        given = answers[(largest_ratios >= low) & (largest_ratios < high)]
        found, undecided = (int((given == each).sum()) for each in (PHENOMENON, UNDECIDED))
        result.append(RatioRecall(low, high, len(given), found, undecided))
    return tuple(result)
