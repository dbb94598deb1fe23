"""Rhythms: from a rough episode back to its samples, for its edges, pauses, cycles and size.

Windows of four seconds say where a rhythm is to a second or two. Its own envelope says it better:
the stretch is filtered around the frequency of its highest spectral line, and the run is where the
envelope of that exceeds a share of the way from its surroundings to its level. Windows see nothing
of a pause that is shorter than they are: where the rhythm is away for seconds, there are two runs.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.ndimage
import scipy.signal
from numpy.typing import NDArray

from features import FeatureSpec
from features.axes import moving_axes
from serving.analysis.rhythm_frequency import frequency_of
from serving.analysis.rhythm_run import Run
from serving.analysis.slow_signal import SlowSignal, slow_signal
from serving.analysis.source import SampleSource, longest_piece_s

Array = NDArray[np.float64]
Stretch = tuple[float, float]
"""Start and stop in seconds of the recording."""

Pace = Callable[[float, float], float | None]
"""Returns the frequency that windows between two times have, None where no window tells."""

_MARGIN_S = 4.0
"""How far beyond a rough episode its edges are sought: a window."""

_AROUND = (0.6, 1.5)
"""Edges of the band around the frequency, as shares of it: over an octave."""

_OF_WINDOWS = 1.5
"""A rhythm has the frequency of its windows to within this factor: another may be larger."""

_FRACTIONS = (0.15, 0.3)
"""A run begins and ends where the envelope is half way from floor to level on a logarithmic scale,
which follows a rhythm that waxes; but not below or above these shares of its level, for beside it
there may be silence, or movement larger than the rhythm itself."""

_UNSURE_S = 1.5
"""The middle of a rough episode, this far from its edges, belongs to the run in any case."""

_AXIS_S = 10
"""The axis of a rhythm is that of so many seconds before and after."""

_FLOOR = 0.3
"""Quantile of the envelope beside the rough episode that is its floor."""

_PAUSE_CYCLES = 2.0
"""A run goes on across this many missing cycles: one that fails does not end it."""

_LEAST_CYCLES = 3

_PAUSE_S = 3.0
"""A rhythm that is away for so long has paused, and what comes then is another run..."""

_PAUSE_LEVEL = 0.15
"""... and it is away where its envelope is below this share of its level..."""

_LEVEL = 0.75
"""... that is this quantile of the envelope, for it may be away for half of the time..."""

_SMOOTHING_S = 1.0
"""... in the mean of a second, in which single cycles matter little."""


@dataclass(frozen=True, eq=False)
class _Piece:
    """What one piece of a rhythm tells: where it is and pauses, its cycles' frequencies, sizes."""

    start_s: float
    stop_s: float
    pauses_s: tuple[Stretch, ...]
    cycles: float
    """How many, with the part of one at its end: the next piece has the rest of it."""
    frequencies_hz: Array
    times_s: Array
    sizes: Array


def runs_of_rhythm(
    source: SampleSource,
    channels: Sequence[int],
    rough_s: Stretch,
    spec: FeatureSpec,
    bounds_s: Stretch,
    pace: Pace = lambda _start_s, _stop_s: None,
) -> list[Run]:
    """Return the runs of a rhythm whose rough episode is known, in order; none when there is none.

    Parameters
    ----------
    bounds_s : (float, float)
        How far runs may reach: to a gap, or to another rhythm.
    pace : Pace
        Around which frequency the rhythm is sought; where it tells none, in the whole band.
    """
    pieces = _pieces(source, channels, rough_s, spec, bounds_s, pace)
    pauses_s = [pause for piece in pieces for pause in piece.pauses_s]
    while pauses_s:
        runs = [
            _whole(part)
            for stretch_s, reach_s in _between(pauses_s, rough_s, bounds_s)
            if (part := _pieces(source, channels, stretch_s, spec, reach_s, pace))
        ]
        lasting_s = [pause for pause in pauses_s if _lasts(pause, runs)]
        if lasting_s == pauses_s:
            return runs
        pauses_s = lasting_s
    return [_whole(pieces)] if pieces else []


def _between(
    pauses_s: Sequence[Stretch], whole_s: Stretch, bounds_s: Stretch
) -> list[tuple[Stretch, Stretch]]:
    """Return the stretches between pauses, and how far what is in each may reach."""
    starts, stops = zip(*pauses_s, strict=True)
    stretches = zip((whole_s[0], *stops), (*starts, whole_s[1]), strict=True)
    reaches = zip((bounds_s[0], *starts), (*stops, bounds_s[1]), strict=True)
    both = zip(stretches, reaches, strict=True)
    return [(stretch, reach) for stretch, reach in both if stretch[0] < stretch[1]]


def _lasts(pause_s: Stretch, runs: Sequence[Run]) -> bool:
    """Tell whether a pause is one, when the runs around it are known: they may reach into it."""
    start_s, stop_s = pause_s
    reached = sum(max(0.0, min(run.stop_s, stop_s) - max(run.start_s, start_s)) for run in runs)
    return stop_s - start_s - reached >= _PAUSE_S - _SMOOTHING_S


def _pieces(
    source: SampleSource,
    channels: Sequence[int],
    rough_s: Stretch,
    spec: FeatureSpec,
    bounds_s: Stretch,
    pace: Pace,
) -> list[_Piece]:
    """Return the pieces of a rhythm, its edges in the first and the last; none if one has none."""
    start_s, stop_s = rough_s
    pieces = []
    n_pieces = max(1, round((stop_s - start_s) / longest_piece_s(source, len(channels))))
    edges = np.linspace(start_s, stop_s, n_pieces + 1).tolist()
    for number, piece_s in enumerate(itertools.pairwise(edges)):
        ends = (number == 0, number == n_pieces - 1)
        band_hz = _band(spec.rhythm.band_hz, pace(*piece_s))
        piece = _piece(source, channels, piece_s, spec, bounds_s, ends, band_hz)
        if piece is None:
            return []
        pieces.append(piece)
    return pieces


def _whole(pieces: Sequence[_Piece]) -> Run:
    frequencies = np.concatenate([piece.frequencies_hz for piece in pieces])
    low, middle, high = np.percentile(frequencies, (25, 50, 75))
    return Run(
        start_s=pieces[0].start_s,
        stop_s=pieces[-1].stop_s,
        dominant_frequency_hz=round(float(middle), 3),
        frequency_spread_hz=round(float(high - low), 3),
        cycles=math.floor(sum(piece.cycles for piece in pieces) + 1e-9),
        times_s=np.concatenate([piece.times_s for piece in pieces]),
        sizes=2 * np.concatenate([piece.sizes for piece in pieces]),
    )


def _band(band_hz: tuple[float, float], pace_hz: float | None) -> tuple[float, float]:
    """Return where a rhythm is sought: in a band, around a frequency if one is known."""
    if pace_hz is None:
        return band_hz
    return max(band_hz[0], pace_hz / _OF_WINDOWS), min(band_hz[1], pace_hz * _OF_WINDOWS)


def _piece(
    source: SampleSource,
    channels: Sequence[int],
    piece_s: Stretch,
    spec: FeatureSpec,
    bounds_s: Stretch,
    ends: tuple[bool, bool],
    band_hz: tuple[float, float],
) -> _Piece | None:
    """Follow a rhythm through a piece; ``ends`` say whether it begins and ends there.

    What is read beyond a border between pieces keeps the filter's own ends away from it.
    """
    first_s, last_s = piece_s
    begin_s = max(bounds_s[0], first_s - _MARGIN_S)
    end_s = min(bounds_s[1], last_s + _MARGIN_S)
    slow = slow_signal(source, channels, begin_s, end_s, spec)
    rate_hz = slow.rate_hz
    rhythm = slow.samples - slow.samples.mean(axis=1, keepdims=True)
    inside = slow.between(first_s, last_s)
    if rhythm[:, inside].shape[1] < rate_hz:
        return None
    frequency_hz = frequency_of(rhythm[:, inside], rate_hz, band_hz, spec.modality)
    if frequency_hz is None:
        return None
    wave = _analytic(_around(rhythm, rate_hz, frequency_hz), rate_hz, inside)
    start, stop = _run(np.abs(wave), rate_hz, inside, frequency_hz)
    run = slice(start if ends[0] else inside.start, stop if ends[1] else inside.stop + 1)
    return _cycle_by_cycle(wave, run, slow, bounds_s)


def _cycle_by_cycle(
    wave: NDArray[np.complex128], run: slice, slow: SlowSignal, bounds_s: Stretch
) -> _Piece | None:
    """Return what the cycles of a run tell, None when they are too few."""
    begin_s, rate_hz = slow.start_s, slow.rate_hz
    phase = np.maximum.accumulate(np.unwrap(np.angle(wave[run])))
    crests = _crests(phase)
    if len(crests) <= _LEAST_CYCLES:
        return None
    return _Piece(
        # A sample of the slow signal stands for the time after it: the last one's may be cut off.
        start_s=max(bounds_s[0], begin_s + run.start / rate_hz),
        stop_s=min(bounds_s[1], begin_s + run.stop / rate_hz),
        pauses_s=tuple(
            (begin_s + first / rate_hz, begin_s + last / rate_hz)
            for first, last in _pauses(np.abs(wave), run, rate_hz)
        ),
        cycles=float(phase[-1] - phase[0]) / (2 * np.pi),
        frequencies_hz=rate_hz / np.diff(crests),
        times_s=begin_s + (run.start + crests) / rate_hz,
        sizes=np.abs(wave[run])[np.round(crests).astype(np.intp)],
    )


def _around(rhythm: Array, rate_hz: float, frequency_hz: float) -> Array:
    """Return what lies around a frequency, of each channel."""
    edges = [share * frequency_hz for share in _AROUND]
    bandpass = scipy.signal.butter(2, edges, "band", fs=rate_hz, output="sos")
    padding = min(rhythm.shape[1] - 1, round(rate_hz))
    filtered: Array = scipy.signal.sosfiltfilt(bandpass, rhythm, axis=1, padlen=padding)
    return filtered


def _analytic(around: Array, rate_hz: float, inside: slice) -> NDArray[np.complex128]:
    """Return the analytic signal along the axis that a rhythm moves most."""
    axes = moving_axes(around, inside, rate_hz, _AXIS_S)
    wave: NDArray[np.complex128] = (axes * scipy.signal.hilbert(around, axis=1)).sum(axis=0)
    return wave


def _pauses(envelope: Array, run: slice, rate_hz: float) -> list[tuple[int, int]]:
    """Return where a rhythm is away in its run or at an end of it: first sample, and one after."""
    level = float(np.quantile(envelope[run], _LEVEL))
    smooth = scipy.ndimage.uniform_filter1d(envelope, round(_SMOOTHING_S * rate_hz))
    away = smooth < _PAUSE_LEVEL * level
    edges = np.flatnonzero(np.diff(away, prepend=False, append=False)).tolist()
    least = (_PAUSE_S - _SMOOTHING_S) * rate_hz
    return [
        (first, last)
        for first, last in zip(edges[::2], edges[1::2], strict=True)
        if last - first >= least and first < run.stop and last > run.start
    ]


def _run(envelope: Array, rate_hz: float, inside: slice, frequency_hz: float) -> tuple[int, int]:
    """Return the stretch above threshold around the middle of the rough episode."""
    outside = np.concatenate([envelope[: inside.start], envelope[inside.stop :]])
    floor = float(np.quantile(outside, _FLOOR)) if len(outside) > rate_hz / 2 else 0.0
    level = float(np.median(envelope[inside]))
    lowest, highest = (share * level for share in _FRACTIONS)
    above = envelope > np.clip(np.sqrt(floor * level), lowest, highest)
    unsure = min(round(_UNSURE_S * rate_hz), (inside.stop - inside.start) // 3)
    above[inside.start + unsure : inside.stop - unsure] = True
    pause = _PAUSE_CYCLES * rate_hz / frequency_hz
    places = np.flatnonzero(above)
    stretches = np.split(places, np.flatnonzero(np.diff(places) > pause) + 1)
    middle = (inside.start + inside.stop) // 2
    run = next(each for each in stretches if each[0] <= middle <= each[-1])
    return int(run[0]), int(run[-1]) + 1


def _crests(phase: Array) -> Array:
    """Return where each cycle begins, in samples, by the phase in radians, which never falls."""
    turns = np.arange(phase[0], phase[-1], 2 * np.pi)
    places: Array = np.interp(turns, phase, np.arange(len(phase)))
    return places
