"""Answers: what the model says of every window of a signal, read a block at a time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features import SignalError, Windows
from serving.analysis.report import WindowAnswer
from serving.analysis.signal import Signal
from serving.classifier import Classifier, Predictions, Reason
from serving.explaining import explained_class, largest_contributions
from serving.threads import cores
from serving.unit_doubt import levels

Array = NDArray[np.float64]
Progress = Callable[[float], None]
"""Called with the share of the work that is done, 0 to 1. What it raises ends the work."""

BATCH = 256
"""Windows that are read and judged together, if they are not too many samples."""

MOST_WHYS = 1000
"""Windows whose answers are explained at once: each takes longer than everything else."""

_CONTRIBUTIONS = 6

_MEDIAN_STRIDE = 4
"""The median is taken over every fourth sample: as good, and spares a full sort."""


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers to the windows of a signal, in their order.

    ``starts_s`` (n_windows,) count from the first sample of the recording; ``probabilities``
    (n_windows, n_classes) are NaN where nothing could be computed; ``frequencies_hz`` (n_windows,)
    are those of the dominant rhythm; ``magnitudes`` (n_windows,) are how large the first channel is
    but for what is brief, in the unit of the source: NaN where samples are missing; ``levels``
    (n_windows, 2) are those of :func:`serving.unit_doubt.levels`.
    """

    classes: tuple[str, ...]
    window_s: float
    starts_s: Array
    probabilities: Array
    reasons: tuple[Reason | None, ...]
    flagged: NDArray[np.bool_]
    frequencies_hz: Array
    magnitudes: Array
    levels: Array

    def __len__(self) -> int:
        return len(self.starts_s)


def answer(
    signal: Signal,
    classifier: Classifier,
    hop_s: float,
    progress: Progress | None = None,
    keep: Callable[[WindowAnswer], None] | None = None,
    *,
    why: bool = False,
) -> Answers:
    """Answer every window of a signal.

    Parameters
    ----------
    keep : callable, optional
        Takes the answer to each window, for those who want to see them one by one.
    why : bool
        Whether these answers say which features they rest on.
    """
    spec = classifier.card.spec
    starts = signal.window_starts(spec.window_s, hop_s, to_end=True)
    if why:
        _check_whys(len(starts))
    batch = max(1, min(BATCH, int(signal.held_s / spec.window_s)))
    parts = []
    for first in range(0, max(len(starts), 1), batch):
        chosen = starts[first : first + batch]
        windows = signal.windows_at(chosen, spec.window_s)
        starts_s = chosen / signal.rate_hz
        predictions, contributions = _predicted(classifier, windows, why=why)
        # No more than is needed: features of a day would fill the memory.
        parts.append(_answers(predictions, windows, starts_s, classifier))
        if keep is not None:
            for each in _one_by_one(predictions, starts_s, classifier, contributions):
                keep(each)
        if progress is not None:
            progress(min(1.0, (first + batch) / max(len(starts), 1)))
    return _joined(parts)


def _check_whys(n_windows: int) -> None:
    if n_windows > MOST_WHYS:
        raise SignalError(
            f"the stretch has {n_windows} windows; at most {MOST_WHYS} are explained at once:"
            " name a shorter one by from_s and to_s"
        )


def _predicted(
    classifier: Classifier, windows: Windows, *, why: bool
) -> tuple[Predictions, Array | None]:
    """Return the answers to windows, and what they rest on if that is asked for."""
    if why:
        return classifier.contributions(windows)
    return classifier.predict(windows, workers=cores()), None


def _answers(
    predictions: Predictions, windows: Windows, starts_s: Array, classifier: Classifier
) -> Answers:
    table = predictions.features
    unknown = np.full(len(windows), np.nan)
    return Answers(
        classes=classifier.card.classes,
        window_s=classifier.card.spec.window_s,
        starts_s=starts_s,
        probabilities=predictions.probabilities,
        reasons=predictions.reasons,
        flagged=np.array([bool(flags) for flags in predictions.flags], dtype=np.bool_),
        frequencies_hz=unknown if table is None else table.column("dominant_frequency").copy(),
        magnitudes=_magnitudes(windows),
        levels=levels(windows),
    )


def _magnitudes(windows: Windows) -> Array:
    """Return the median distance from the median: brief events do not move it."""
    samples = windows.samples[:, 0, ::_MEDIAN_STRIDE].astype(np.float64)
    apart: Array = np.abs(samples - np.median(samples, axis=1, keepdims=True))
    return np.asarray(np.median(apart, axis=1))


def _joined(parts: list[Answers]) -> Answers:
    def column(name: str) -> Array:
        joined: Array = np.concatenate([getattr(part, name) for part in parts])
        return joined

    return Answers(
        classes=parts[0].classes,
        window_s=parts[0].window_s,
        starts_s=column("starts_s"),
        probabilities=column("probabilities"),
        reasons=tuple(reason for part in parts for reason in part.reasons),
        flagged=column("flagged").astype(np.bool_),
        frequencies_hz=column("frequencies_hz"),
        magnitudes=column("magnitudes"),
        levels=column("levels"),
    )


def _one_by_one(
    predictions: Predictions,
    starts_s: Array,
    classifier: Classifier,
    contributions: Array | None,
) -> Iterator[WindowAnswer]:
    classes = classifier.card.classes
    for i, start_s in enumerate(starts_s.tolist()):
        label = str(predictions.labels[i])
        chances = predictions.probabilities[i]
        known = not np.isnan(chances).any()
        explained = None
        largest = []
        if contributions is not None and known and predictions.features is not None:
            explained = explained_class(classifier.card, label, chances)
            values = predictions.features.values[i]
            largest = largest_contributions(
                classifier.card, explained, contributions[i], values, _CONTRIBUTIONS
            )
        yield WindowAnswer(
            start_s=round(start_s, 6),
            label=label,
            candidates=predictions.candidates[i],
            reason=predictions.reasons[i],
            probabilities=dict(zip(classes, chances.round(4).tolist(), strict=True))
            if known
            else None,
            dominant_frequency_hz=predictions.feature(i, "dominant_frequency"),
            explained_class=explained,
            contributions=tuple(largest),
        )
