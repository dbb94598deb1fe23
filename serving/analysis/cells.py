"""Cells: from overlapping windows to one answer for each hop of time.

Windows overlap, so that each moment is judged several times. A cell is as long as a hop and takes
the mean of the calibrated probabilities of all windows that it lies in.

1. The most plausible path through the cells (Viterbi 1967) pays for every change of class, which
   removes what a single window says against all its neighbours, and more for a change from one
   rhythm to another.
2. A run of one class along the path is judged by its mean probabilities: it is given that class
   when no other one is a candidate, by the thresholds of the model. The mean of many answers, not
   their product: neighbouring windows err together, so that a hundred of them are no proof.
3. Where a run leaves several candidates, its cells are judged one by one, and what several classes
   fit stays undecided.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from serving.analysis.answers import Answers
from serving.analysis.at_rest import is_at_rest
from serving.analysis.report import RHYTHMIC, UNUSABLE
from serving.candidates import candidate_sets
from serving.card import Conformal
from serving.classifier import UNDECIDED, Reason

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

SWITCH_COST = 2.0
"""What a change of class costs on the path, as a difference of log probability."""

RHYTHM_COST = 6.0
"""What a change from tremor to clonus, or back, costs: a rhythm that goes on does not become one of
another kind but for good reason. From one window to the next the two are easily taken for one
another."""

_LEAST = 0.01
"""Probabilities below count as this much on the path: no single cell may decide alone."""

_SIGNAL_REASONS: tuple[Reason, ...] = ("gap", "flat", "clipped", "mains")
_MODEL_REASONS: tuple[Reason, ...] = ("unlike_training", "rate_too_low", "look_alike")


@dataclass(frozen=True, eq=False)
class Cells:
    """The answer to each hop of a signal, in order and without holes.

    ``edges_s`` (n_cells + 1,) are seconds from the first sample of the recording; ``labels`` are
    classes, ``undecided`` or ``unusable``; ``probabilities`` (n_cells, n_classes) are NaN where
    no window could be used; ``at_rest`` (n_cells,) tells where a single potential would have
    been noticed.
    """

    classes: tuple[str, ...]
    edges_s: Array
    labels: tuple[str, ...]
    candidates: tuple[tuple[str, ...], ...]
    reasons: tuple[Reason | None, ...]
    probabilities: Array
    at_rest: Flags

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def durations_s(self) -> Array:
        """Length of each cell; the last may be shorter than a hop."""
        return np.diff(self.edges_s)

    @property
    def usable(self) -> Flags:
        """Which cells lie in a window that could be used."""
        return np.array([label != UNUSABLE for label in self.labels], dtype=np.bool_)

    def runs(self) -> Iterator[tuple[int, int]]:
        """Yield first cell and end of every stretch with one label, reason and candidates."""
        return _runs(list(zip(self.labels, self.reasons, self.candidates, strict=True)))

    def runs_of_labels(self) -> Iterator[tuple[int, int]]:
        """Yield first cell and end of every stretch with one label."""
        return _runs(list(self.labels))


def cells_of(
    answers: Answers, conformal: Conformal, hop_s: float, start_s: float, stop_s: float
) -> Cells:
    """Join the answers of windows to those of cells between two times.

    Parameters
    ----------
    conformal : Conformal
        From which probability on a class is a candidate.
    """
    edges = _edges(hop_s, start_s, stop_s)
    covering = _covering(answers, edges)
    usable = ~answers.flagged
    refused = np.array([reason in _MODEL_REASONS for reason in answers.reasons], dtype=np.bool_)
    probabilities = _means(answers, covering, usable & ~refused)
    fallback = _means(answers, covering, usable)
    probabilities = np.where(np.isnan(probabilities), fallback, probabilities)
    reasons = [_reason(answers, usable, first, end) for first, end in covering]
    labels, candidates = _judged(answers.classes, probabilities, reasons, conformal)
    magnitudes = _magnitudes(answers, covering)
    told = list(zip(labels, candidates, reasons, strict=True))
    for first, end in _runs(told):  # one magnitude, so that each is at rest as a whole or not
        magnitudes[first:end] = _median(magnitudes[first:end])
    at_rest = is_at_rest(told, magnitudes)
    return Cells(
        answers.classes,
        edges,
        tuple(labels),
        tuple(candidates),
        tuple(reasons),
        probabilities,
        at_rest,
    )


def _edges(hop_s: float, start_s: float, stop_s: float) -> Array:
    """Return a grid that begins at the first sample of the recording, cut to the stretch."""
    first, last = np.floor(start_s / hop_s + 1e-9), np.ceil(stop_s / hop_s - 1e-9)
    edges: Array = np.clip(np.arange(first, last + 1) * hop_s, start_s, stop_s)
    # What is left at the end and less than half a hop belongs to the cell before.
    short = len(edges) > 2 and edges[-1] - edges[-2] < hop_s / 2
    return np.delete(edges, -2) if short else edges


def _covering(answers: Answers, edges: Array) -> list[tuple[int, int]]:
    """Return first and end of the windows that each cell lies in, by its middle."""
    middles = (edges[:-1] + edges[1:]) / 2
    first = np.searchsorted(answers.starts_s + answers.window_s, middles, side="right")
    end = np.searchsorted(answers.starts_s, middles, side="right")
    return list(zip(first.tolist(), end.tolist(), strict=True))


def _means(answers: Answers, covering: list[tuple[int, int]], counted: Flags) -> Array:
    """Return mean probabilities over the windows that count, shape (n_cells, n_classes)."""
    weights = counted.astype(np.float64)
    known = np.where(counted[:, None], answers.probabilities, 0.0)
    sums = np.concatenate([np.zeros((1, known.shape[1])), np.cumsum(known, axis=0)])
    counts = np.concatenate([[0.0], np.cumsum(weights)])
    first, end = np.array(covering, dtype=np.intp).reshape(-1, 2).T
    number = counts[end] - counts[first]
    with np.errstate(invalid="ignore", divide="ignore"):
        means: Array = (sums[end] - sums[first]) / number[:, None]
    means[number == 0] = np.nan
    return np.clip(means, 0.0, 1.0)


def _magnitudes(answers: Answers, covering: list[tuple[int, int]]) -> Array:
    """Return the median magnitude of the windows that each cell lies in, NaN without any."""
    return np.array([_median(answers.magnitudes[first:end]) for first, end in covering])


def _median(values: Array) -> float:
    """Return the median of what is known, NaN when nothing is."""
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else np.nan


def _reason(answers: Answers, usable: Flags, first: int, end: int) -> Reason | None:
    """Return why a cell cannot be judged: what speaks against its windows, or None."""
    told = answers.reasons[first:end]
    if not told:
        return "too_short"
    if not usable[first:end].any():
        return next(reason for reason in _SIGNAL_REASONS if reason in told)
    counts = {reason: told.count(reason) for reason in _MODEL_REASONS}
    if 2 * sum(counts.values()) > int(usable[first:end].sum()):
        return max(_MODEL_REASONS, key=counts.__getitem__)
    return None


def _judged(
    classes: tuple[str, ...],
    probabilities: Array,
    reasons: list[Reason | None],
    conformal: Conformal,
) -> tuple[list[str], list[tuple[str, ...]]]:
    labels = [UNDECIDED if r in _MODEL_REASONS else UNUSABLE for r in reasons]
    candidates: list[tuple[str, ...]] = [
        names if label == UNDECIDED else ()
        for label, names in zip(labels, _names(classes, probabilities, conformal), strict=True)
    ]
    open_ = np.array([reason is None for reason in reasons], dtype=np.bool_)
    for first, end in _runs(open_.tolist()):
        if not open_[first]:
            continue
        path = _path(probabilities[first:end], _costs(classes))
        for a, b in _runs(path.tolist()):
            run = slice(first + a, first + b)
            told = _told_of_a_run(classes, int(path[a]), probabilities[run], conformal)
            candidates[run] = told
            labels[run] = [names[0] if len(names) == 1 else UNDECIDED for names in told]
    for i in np.flatnonzero(open_):
        if labels[i] == UNDECIDED:
            reasons[i] = "several_candidates"
    return labels, candidates


def _told_of_a_run(
    classes: tuple[str, ...], place: int, probabilities: Array, conformal: Conformal
) -> list[tuple[str, ...]]:
    """Return the candidates of each cell of a run whose class on the path is ``place``."""
    own = (classes[place],)
    (whole,) = _names(classes, probabilities.mean(axis=0, keepdims=True), conformal)
    if whole == own:
        return [own] * len(probabilities)
    told = _names(classes, probabilities, conformal)
    # A single cell that sees another class alone was outvoted by the path: both fit.
    return [names if own[0] in names else _in_order(classes, (*names, *own)) for names in told]


def _names(
    classes: tuple[str, ...], probabilities: Array, conformal: Conformal
) -> list[tuple[str, ...]]:
    """Return the candidates of each row of probabilities."""
    sets = candidate_sets(probabilities, classes, conformal)
    return [tuple(c for c, is_in in zip(classes, row, strict=True) if is_in) for row in sets]


def _in_order(classes: tuple[str, ...], names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in classes if name in names)


def _path(probabilities: Array, costs: Array) -> NDArray[np.intp]:
    """Return the most plausible class of each cell when every change has its cost.

    ``costs`` (n_classes, n_classes) are those of a change from one class to another.
    """
    scores = np.log(np.maximum(probabilities, _LEAST))
    n, k = scores.shape
    came_from = np.zeros((n, k), dtype=np.intp)
    best = scores[0]
    for i in range(1, n):
        arriving = best[:, None] - costs
        came_from[i] = np.argmax(arriving, axis=0)
        best = arriving.max(axis=0) + scores[i]
    path = np.zeros(n, dtype=np.intp)
    path[-1] = int(np.argmax(best))
    for i in range(n - 1, 0, -1):
        path[i - 1] = came_from[i, path[i]]
    return path


def _costs(classes: tuple[str, ...]) -> Array:
    """Return what each change of class costs on the path, shape (n_classes, n_classes)."""
    costs = np.full((len(classes), len(classes)), SWITCH_COST)
    rhythms = [place for place, name in enumerate(classes) if name in RHYTHMIC]
    costs[np.ix_(rhythms, rhythms)] = RHYTHM_COST
    np.fill_diagonal(costs, 0.0)
    return costs


def _runs(values: Sequence[object]) -> Iterator[tuple[int, int]]:
    """Yield first and end of every stretch of equal values."""
    first = 0
    for i in range(1, len(values) + 1):
        if i == len(values) or values[i] != values[first]:
            yield first, i
            first = i
