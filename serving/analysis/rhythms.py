"""Rhythms: from a rough episode back to its samples, for its edges, cycles and size.

Windows of four seconds say where a rhythm is to a second or two. Its own envelope says it better:
the stretch is filtered around the frequency of its highest spectral line, and the run is where the
envelope of that exceeds a share of the way from its surroundings to its level.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import scipy.fft
import scipy.signal
from numpy.typing import NDArray

from features import FeatureSpec
from serving.analysis.slow_signal import slow_signal
from serving.analysis.source import SampleSource

Array = NDArray[np.float64]

_MARGIN_S = 4.0
"""How far beyond a rough episode its edges are sought: a window."""

_LONGEST_S = 600.0
"""A longer rhythm is followed in pieces of this length, its edges in the first and the last."""

_AROUND = (0.6, 1.5)
"""Edges of the band around the frequency, as shares of it: over an octave."""

_FRACTIONS = (0.15, 0.3)
"""A run begins and ends where the envelope is half way from floor to level on a logarithmic scale,
which follows a rhythm that waxes; but not below or above these shares of its level, for beside it
there may be silence, or movement larger than the rhythm itself."""

_UNSURE_S = 1.5
"""The middle of a rough episode, this far from its edges, belongs to the run in any case."""

_FLOOR = 0.3
"""Quantile of the envelope beside the rough episode that is its floor."""

_PAUSE_CYCLES = 2.0
"""A run goes on across this many missing cycles: one that fails does not end it."""

_LEAST_CYCLES = 3


@dataclass(frozen=True)
class Run:
    """A rhythm with its exact edges.

    ``sizes`` are how large it was cycle by cycle, peak to peak along its main axis in the unit of
    the source; ``amplitude`` is their median.
    """

    start_s: float
    stop_s: float
    dominant_frequency_hz: float
    frequency_spread_hz: float
    cycles: int
    sizes: Array = field(compare=False, repr=False)

    @property
    def amplitude(self) -> float:
        """Size in the middle."""
        return float(np.median(self.sizes))


@dataclass(frozen=True, eq=False)
class _Piece:
    """What one piece of a rhythm tells: where it is, each cycle's frequency, and its size."""

    start_s: float
    stop_s: float
    cycles: float
    """How many, with the part of one at its end: the next piece has the rest of it."""
    frequencies_hz: Array
    sizes: Array


def refine(
    source: SampleSource,
    channels: Sequence[int],
    start_s: float,
    stop_s: float,
    spec: FeatureSpec,
    bounds_s: tuple[float, float],
) -> Run | None:
    """Return the run of a rhythm whose rough episode is known, None when there is none.

    Parameters
    ----------
    bounds_s : (float, float)
        How far the run may reach: to a gap, or to another rhythm.
    """
    pieces = []
    n_pieces = max(1, round((stop_s - start_s) / _LONGEST_S))
    edges = np.linspace(start_s, stop_s, n_pieces + 1).tolist()
    for number, piece_s in enumerate(itertools.pairwise(edges)):
        ends = (number == 0, number == n_pieces - 1)
        piece = _piece(source, channels, piece_s, spec, bounds_s, ends)
        if piece is None:
            return None
        pieces.append(piece)
    frequencies = np.concatenate([piece.frequencies_hz for piece in pieces])
    low, middle, high = np.percentile(frequencies, (25, 50, 75))
    return Run(
        start_s=pieces[0].start_s,
        stop_s=pieces[-1].stop_s,
        dominant_frequency_hz=round(float(middle), 3),
        frequency_spread_hz=round(float(high - low), 3),
        cycles=math.floor(sum(piece.cycles for piece in pieces) + 1e-9),
        sizes=2 * np.concatenate([piece.sizes for piece in pieces]),
    )


def _piece(
    source: SampleSource,
    channels: Sequence[int],
    piece_s: tuple[float, float],
    spec: FeatureSpec,
    bounds_s: tuple[float, float],
    ends: tuple[bool, bool],
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
    frequency_hz = _highest_line(rhythm[:, inside], rate_hz, spec.rhythm.band_hz)
    if frequency_hz is None:
        return None
    wave = _analytic(rhythm, rate_hz, frequency_hz, inside)
    start, stop = _run(np.abs(wave), rate_hz, inside, frequency_hz)
    start = start if ends[0] else inside.start
    stop = stop if ends[1] else inside.stop + 1
    phase = np.maximum.accumulate(np.unwrap(np.angle(wave[start:stop])))
    crests = _crests(phase)
    if len(crests) <= _LEAST_CYCLES:
        return None
    return _Piece(
        # A sample of the slow signal stands for the time after it: the last one's may be cut off.
        start_s=max(bounds_s[0], begin_s + start / rate_hz),
        stop_s=min(bounds_s[1], begin_s + stop / rate_hz),
        cycles=float(phase[-1] - phase[0]) / (2 * np.pi),
        frequencies_hz=rate_hz / np.diff(crests),
        sizes=np.abs(wave[start:stop])[np.round(crests).astype(np.intp)],
    )


def _highest_line(rhythm: Array, rate_hz: float, band_hz: tuple[float, float]) -> float | None:
    """Return the frequency of the highest line in a band, of all channels; None in silence."""
    n = rhythm.shape[1]
    spectra = scipy.fft.rfft(rhythm * np.hanning(n), axis=1)
    power = np.square(np.abs(spectra)).sum(axis=0)
    frequencies = scipy.fft.rfftfreq(n, 1 / rate_hz)
    power[(frequencies < band_hz[0]) | (frequencies > band_hz[1])] = 0.0
    highest = int(np.argmax(power))
    return float(frequencies[highest]) if power[highest] > 0 else None


def _analytic(
    rhythm: Array, rate_hz: float, frequency_hz: float, inside: slice
) -> NDArray[np.complex128]:
    """Return the analytic signal around a frequency along the axis that it moves most."""
    edges = [share * frequency_hz for share in _AROUND]
    bandpass = scipy.signal.butter(2, edges, "band", fs=rate_hz, output="sos")
    padding = min(rhythm.shape[1] - 1, round(rate_hz))
    filtered = scipy.signal.sosfiltfilt(bandpass, rhythm, axis=1, padlen=padding)
    _, axes = np.linalg.eigh(filtered[:, inside] @ filtered[:, inside].T)
    wave: NDArray[np.complex128] = scipy.signal.hilbert(axes[:, -1] @ filtered)
    return wave


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
