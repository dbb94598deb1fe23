"""Beats: from a rough episode of clonus back to its samples, to each run of beats in it.

To windows of four seconds, a clonus that fails and comes again is one episode. Its runs are found
beat by beat (:mod:`features.rhythm_runs`), and each becomes an episode of its own.
"""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from features import FeatureSpec
from features.rhythm_runs import PAUSE_S, BeatRun, beat_runs
from serving.analysis.rhythm_frequency import DERIVATIVES
from serving.analysis.rhythm_run import Run
from serving.analysis.slow_signal import slow_signal
from serving.analysis.source import SampleSource, longest_piece_s

_MARGIN_S: Final = 4.0
"""How far beyond a rough episode its runs may reach: a window."""

_NEAR_S: Final = 0.5
"""A run that comes so close to where reading began or ended may go on there."""

_SHORTEST_S: Final = 1.0
"""In less, no run of beats can be told."""


def clonus_runs(
    source: SampleSource,
    channels: Sequence[int],
    start_s: float,
    stop_s: float,
    spec: FeatureSpec,
    bounds_s: tuple[float, float],
) -> list[Run]:
    """Return the runs of beats of a rough episode in order, none when no beat is found.

    Parameters
    ----------
    bounds_s : (float, float)
        How far runs may reach: to a gap, or to another rhythm.
    """
    found: list[BeatRun] = []
    n_pieces = max(1, round((stop_s - start_s) / longest_piece_s(source, len(channels))))
    edges = np.linspace(start_s, stop_s, n_pieces + 1).tolist()
    for first, last in itertools.pairwise(edges):
        if last - first < _SHORTEST_S:
            continue
        lowest = bounds_s[0] if first == start_s else first
        highest = bounds_s[1] if last == stop_s else last
        reach_s, piece_s = (lowest, highest), (first, last)
        for run in _runs_of_piece(source, channels, piece_s, spec, bounds_s, reach_s):
            kept = (run.times >= lowest) & (run.times < highest)
            if kept.any():
                _add(found, BeatRun(run.times[kept], run.sizes[kept], run.rates_hz))
    return [_run(run, bounds_s) for run in found if len(run.times) > 1]


def _runs_of_piece(
    source: SampleSource,
    channels: Sequence[int],
    piece_s: tuple[float, float],
    spec: FeatureSpec,
    bounds_s: tuple[float, float],
    reach_s: tuple[float, float],
) -> list[BeatRun]:
    """Return runs, their times in seconds of the recording, read further while one reaches out.

    ``reach_s`` is how far that may go: not beyond where the next piece begins.
    """
    first, last = piece_s
    order, magnitude = DERIVATIVES[spec.modality], spec.modality == "emg"
    before_s = after_s = _MARGIN_S
    while True:
        begin_s, end_s = max(bounds_s[0], first - before_s), min(bounds_s[1], last + after_s)
        slow = slow_signal(source, channels, begin_s, end_s, spec)
        inside = slow.between(first, last)
        runs = [
            replace(run, times=slow.start_s + run.times / slow.rate_hz)
            for run in beat_runs(slow.samples, slow.rate_hz, inside, order, magnitude=magnitude)
        ]
        early = any(run.times[0] < begin_s + _NEAR_S for run in runs)
        late = any(run.times[-1] > end_s - _NEAR_S for run in runs)
        wider = (early and reach_s[0] < begin_s, late and end_s < reach_s[1])
        if not any(wider) or end_s - begin_s > longest_piece_s(source, len(channels)):
            return runs
        before_s *= 1 + wider[0]
        after_s *= 1 + wider[1]


def _add(found: list[BeatRun], run: BeatRun) -> None:
    """Add a run, to the last one where a border between pieces has cut it."""
    if found and run.times[0] - found[-1].times[-1] < PAUSE_S:
        before = found.pop()
        run = BeatRun(
            np.concatenate((before.times, run.times)),
            np.concatenate((before.sizes, run.sizes)),
            np.concatenate((before.rates_hz, run.rates_hz)),
        )
    found.append(run)


def _run(run: BeatRun, bounds_s: tuple[float, float]) -> Run:
    low, middle, high = np.percentile(run.rates_hz, (25, 50, 75))
    half_s = 0.5 / float(middle)
    return Run(
        start_s=max(bounds_s[0], float(run.times[0]) - half_s),
        stop_s=min(bounds_s[1], float(run.times[-1]) + half_s),
        dominant_frequency_hz=round(float(middle), 3),
        frequency_spread_hz=round(float(high - low), 3),
        cycles=len(run.times),
        times_s=run.times,
        sizes=2 * run.sizes,
    )
