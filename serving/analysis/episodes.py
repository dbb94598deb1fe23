"""Episodes: stretches of one label, with the exact edges, cycles and size of their rhythm."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from features import FeatureSpec
from serving.analysis.answers import Answers
from serving.analysis.beats import clonus_runs
from serving.analysis.cells import Cells
from serving.analysis.emg_bursts import burst_sizes
from serving.analysis.report import RHYTHMIC, UNUSABLE, Episode, Event
from serving.analysis.rhythm_run import Run
from serving.analysis.rhythms import runs_of_rhythm
from serving.analysis.signal import Signal
from serving.classifier import UNDECIDED

Array = NDArray[np.float64]

_NOT_EPISODES = ("rest", UNDECIDED, UNUSABLE)

_LEAST_S = 0.1
"""An episode that gives way to the exact edge of its neighbour keeps this much."""

_MEETING_S = 0.5
"""Two tremors are one when no more lies between them..."""

_SAME_FREQUENCY = 1.25
"""... and their frequencies differ by a smaller factor."""


@dataclass(frozen=True)
class _Rough:
    """An episode as windows see it: to the second, and what its neighbours leave it."""

    label: str
    start_s: float
    stop_s: float
    probability: float
    bounds_s: tuple[float, float]
    run: Run | None = None


class Found(NamedTuple):
    """Episodes in order, and how large the rhythm of each rhythmic label was in all of them."""

    episodes: tuple[Episode, ...]
    sizes: dict[str, Array]


def episodes_of(
    signal: Signal, cells: Cells, answers: Answers, events: Sequence[Event], spec: FeatureSpec
) -> Found:
    """Return the episodes of a signal: every label but rest and undecided."""
    rough = [run for each in _rough(cells) for run in _refined(each, signal, answers, spec)]
    whole = _side_by_side(_joined(rough, signal, answers, spec))
    if spec.modality == "emg":
        whole = [_sized(each, signal, spec) for each in whole]
    none = np.zeros(0)
    sizes = {
        label: np.concatenate([none, *(r.run.sizes for r in whole if r.run and r.label == label)])
        for label in RHYTHMIC
    }
    return Found(tuple(_episode(each, answers, events) for each in whole), sizes)


def _rough(cells: Cells) -> list[_Rough]:
    found = []
    for first, end in cells.runs_of_labels():
        label = cells.labels[first]
        if label in _NOT_EPISODES:
            continue
        place = cells.classes.index(label)
        weights = cells.durations_s[first:end]
        mean = np.average(cells.probabilities[first:end, place], weights=weights)
        found.append(
            _Rough(
                label=label,
                start_s=float(cells.edges_s[first]),
                stop_s=float(cells.edges_s[end]),
                probability=float(mean),
                bounds_s=_bounds(cells, first, end),
            )
        )
    return found


def _bounds(cells: Cells, first: int, end: int) -> tuple[float, float]:
    """Return how far an episode may reach: to what cannot be used, or moves as much as it does."""
    barred = (UNUSABLE, "voluntary", *RHYTHMIC)
    while first > 0 and cells.labels[first - 1] not in barred:
        first -= 1
    while end < len(cells) and cells.labels[end] not in barred:
        end += 1
    return float(cells.edges_s[first]), float(cells.edges_s[end])


def _refined(rough: _Rough, signal: Signal, answers: Answers, spec: FeatureSpec) -> list[_Rough]:
    """Return what a rough episode is when its samples are looked at: one run, or several."""
    if rough.label not in RHYTHMIC:
        return [rough]
    where = (signal.source, signal.channels)
    rough_s = (rough.start_s, rough.stop_s)
    if rough.label == "clonus":
        runs = clonus_runs(*where, *rough_s, spec, rough.bounds_s)
    else:
        pace = partial(_pace, answers, rough.label)
        runs = runs_of_rhythm(*where, rough_s, spec, rough.bounds_s, pace)
    if not runs:
        return [rough]
    return [replace(rough, start_s=run.start_s, stop_s=run.stop_s, run=run) for run in runs]


def _joined(
    rough: list[_Rough], signal: Signal, answers: Answers, spec: FeatureSpec
) -> list[_Rough]:
    """Join what is one rhythm though windows in doubt lie between: the samples tell."""
    result: list[_Rough] = []
    for each in rough:
        before = result[-1] if result else None
        if before is not None and _goes_on(before, each):
            lengths = (before.stop_s - before.start_s, each.stop_s - each.start_s)
            chances = (before.probability, each.probability)
            both = replace(
                before,
                stop_s=max(before.stop_s, each.stop_s),
                probability=float(np.average(chances, weights=lengths)),
                bounds_s=(before.bounds_s[0], each.bounds_s[1]),
            )
            whole = _refined(both, signal, answers, spec)
            if whole[0].run is not None:
                result[-1:] = whole
                continue
        result.append(each)
    return result


def _goes_on(before: _Rough, after: _Rough) -> bool:
    """Tell whether two episodes are of one rhythm.

    Two of clonus are where both found the same beats; two of tremor where they meet, at about one
    frequency. No two are with unusable time between them: nobody saw what was there.
    """
    if before.label != after.label or before.run is None or after.run is None:
        return False
    # What lies between is in reach of both, or in that of neither when it cannot be used.
    if before.bounds_s[1] <= after.bounds_s[0]:
        return False
    if before.label == "clonus":
        return after.start_s < before.stop_s
    slow, fast = sorted((before.run.dominant_frequency_hz, after.run.dominant_frequency_hz))
    return after.start_s - before.stop_s <= _MEETING_S and fast < _SAME_FREQUENCY * slow


def _side_by_side(rough: list[_Rough]) -> list[_Rough]:
    """Let what has no exact edges give way to what has, so that no two episodes overlap.

    Of two that have, the later one gives way: each cycle is told once.
    """
    result: list[_Rough] = []
    for each in rough:
        now = each
        if result and result[-1].stop_s > now.start_s:
            before = result[-1]
            if now.run is not None and before.run is None:
                edge = max(now.start_s, before.start_s + _LEAST_S)
            else:
                edge = min(before.stop_s, now.stop_s - _LEAST_S)
            result[-1] = _cut(before, before.start_s, edge)
            now = _cut(now, edge, now.stop_s)
        result.append(now)
    return result


def _cut(rough: _Rough, start_s: float, stop_s: float) -> _Rough:
    """Return what of an episode lies between two times, with its own cycles alone."""
    if start_s <= rough.start_s and stop_s >= rough.stop_s:
        return rough
    run = None if rough.run is None else rough.run.cut(start_s, stop_s)
    return replace(rough, start_s=start_s, stop_s=stop_s, run=run)


def _sized(rough: _Rough, signal: Signal, spec: FeatureSpec) -> _Rough:
    """Return an episode of EMG whose beats are as large as their potentials."""
    if rough.run is None:
        return rough
    sizes = burst_sizes(signal.source, signal.channels, rough.run, spec)
    return replace(rough, run=replace(rough.run, sizes=sizes))


def _episode(rough: _Rough, answers: Answers, events: Sequence[Event]) -> Episode:
    amplitude = None if rough.run is None else rough.run.amplitude
    if rough.label == "fasciculation":
        within = [e.amplitude for e in events if rough.start_s <= e.time_s < rough.stop_s]
        amplitude = float(np.median(within)) if within else None
    run = rough.run
    start_s, stop_s = _milliseconds(rough.start_s, rough.stop_s)
    return Episode(
        label=rough.label,
        start_s=start_s,
        duration_s=round(stop_s - start_s, 3),
        dominant_frequency_hz=_frequency(rough, answers),
        frequency_spread_hz=None if run is None else run.frequency_spread_hz,
        cycles=None if run is None else run.cycles,
        amplitude=amplitude,
        probability=round(rough.probability, 4),
    )


def _milliseconds(start_s: float, stop_s: float) -> tuple[float, float]:
    """Return edges to the millisecond, rounded inwards: none lies beyond what was recorded."""
    return math.ceil(1000 * start_s - 1e-6) / 1000, math.floor(1000 * stop_s + 1e-6) / 1000


def _frequency(rough: _Rough, answers: Answers) -> float | None:
    """Return the frequency of a rhythm; where its cycles were not found, that of its windows."""
    if rough.label not in RHYTHMIC:
        return None
    if rough.run is not None:
        return rough.run.dominant_frequency_hz
    frequencies = answers.frequencies_hz[within(answers, rough.start_s, rough.stop_s)]
    known = frequencies[np.isfinite(frequencies)]
    return round(float(np.median(known)), 3) if known.size else None


def _pace(answers: Answers, label: str, start_s: float, stop_s: float) -> float | None:
    """Return the frequency of the windows between two times that a label fits best."""
    chances = np.nan_to_num(answers.probabilities)
    called = np.argmax(chances, axis=1) == answers.classes.index(label)
    frequencies = answers.frequencies_hz[called & within(answers, start_s, stop_s)]
    known = frequencies[np.isfinite(frequencies)]
    return float(np.median(known)) if known.size else None


def within(answers: Answers, start_s: float, stop_s: float) -> NDArray[np.bool_]:
    """Return which windows have their middle between two times."""
    middles = answers.starts_s + answers.window_s / 2
    found: NDArray[np.bool_] = (middles >= start_s) & (middles < stop_s)
    return found
