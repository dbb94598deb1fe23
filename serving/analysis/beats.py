"""Beats: from a rough episode of clonus back to its samples, to each run of beats in it.

To windows of four seconds, a clonus that fails and comes again is one episode. Its runs are found
beat by beat (:mod:`features.rhythm_runs`), and each becomes an episode of its own.
"""

import itertools
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from features import FeatureSpec
from features.rhythm_runs import PAUSE_S, beat_runs
from serving.analysis.rhythms import RATE_HZ, Run, rhythm_of
from serving.analysis.source import SampleSource

Array = NDArray[np.float64]

_MARGIN_S: Final = 4.0
"""How far beyond a rough episode its runs may reach: a window."""

_LONGEST_S: Final = 600.0
"""A longer episode is looked at in pieces of this length."""

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
    found: list[tuple[Array, Array]] = []
    n_pieces = max(1, round((stop_s - start_s) / _LONGEST_S))
    edges = np.linspace(start_s, stop_s, n_pieces + 1).tolist()
    for first, last in itertools.pairwise(edges):
        if last - first < _SHORTEST_S:
            continue
        lowest = bounds_s[0] if first == start_s else first
        highest = bounds_s[1] if last == stop_s else last
        reach_s, piece_s = (lowest, highest), (first, last)
        for times_s, sizes in _runs_of_piece(source, channels, piece_s, spec, bounds_s, reach_s):
            kept = (times_s >= lowest) & (times_s < highest)
            _add(found, times_s[kept], sizes[kept])
    return [_run(times_s, sizes, bounds_s) for times_s, sizes in found if len(times_s) > 1]


def _runs_of_piece(
    source: SampleSource,
    channels: Sequence[int],
    piece_s: tuple[float, float],
    spec: FeatureSpec,
    bounds_s: tuple[float, float],
    reach_s: tuple[float, float],
) -> list[tuple[Array, Array]]:
    """Return times and sizes of the beats of each run, read further while one reaches out.

    ``reach_s`` is how far that may go: not beyond where the next piece begins.
    """
    first, last = piece_s
    before_s = after_s = _MARGIN_S
    while True:
        begin_s, end_s = max(bounds_s[0], first - before_s), min(bounds_s[1], last + after_s)
        rhythm = rhythm_of(source, channels, begin_s, end_s, spec)
        inside = slice(round((first - begin_s) * RATE_HZ), round((last - begin_s) * RATE_HZ))
        runs = [
            (begin_s + run.times / RATE_HZ, run.sizes) for run in beat_runs(rhythm, RATE_HZ, inside)
        ]
        early = any(times_s[0] < begin_s + _NEAR_S for times_s, _ in runs)
        late = any(times_s[-1] > end_s - _NEAR_S for times_s, _ in runs)
        wider = (early and reach_s[0] < begin_s, late and end_s < reach_s[1])
        if not any(wider) or end_s - begin_s > _LONGEST_S:
            return runs
        before_s *= 1 + wider[0]
        after_s *= 1 + wider[1]


def _add(found: list[tuple[Array, Array]], times_s: Array, sizes: Array) -> None:
    """Add a run, to the last one where a border between pieces has cut it."""
    if len(times_s) == 0:
        return
    if found and times_s[0] - found[-1][0][-1] < PAUSE_S:
        before = found.pop()
        times_s = np.concatenate((before[0], times_s))
        sizes = np.concatenate((before[1], sizes))
    found.append((times_s, sizes))


def _run(times_s: Array, sizes: Array, bounds_s: tuple[float, float]) -> Run:
    rates_hz = 1 / np.diff(times_s)
    low, middle, high = np.percentile(rates_hz, (25, 50, 75))
    half_s = 0.5 / float(middle)
    return Run(
        start_s=max(bounds_s[0], float(times_s[0]) - half_s),
        stop_s=min(bounds_s[1], float(times_s[-1]) + half_s),
        dominant_frequency_hz=round(float(middle), 3),
        frequency_spread_hz=round(float(high - low), 3),
        cycles=len(times_s),
        amplitude=float(2 * np.median(sizes)),
    )
