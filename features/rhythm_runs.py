"""Runs of beats: a rhythm that comes, fails and comes again, counted beat by beat.

Clonus of a few beats is over before a spectrum knows of it. Here a complex band-pass of one
frequency turns each beat into a crest whose size is known; crests that follow one another at about
that pace, and are of about one size, are a run. Where the size of noise is known, as it is of EMG,
it is asked too (:mod:`features.beat_tracking`). The frequency is the one at which runs are largest.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy.fft
import scipy.ndimage
from numpy.typing import NDArray

from features.beat_following import followed
from features.beat_tracking import STANDS_OUT, noise_around, tracked

Array = NDArray[np.float64]
Wave = NDArray[np.complex128]
Index = NDArray[np.intp]

_TRIED_HZ: Final = tuple(3.2 * 1.13**k for k in range(9))
"""Frequencies that are tried: 3.2 to 8.5 Hz, closer than the band-pass is wide."""

_FREQUENCIES_HZ: Final = (2.5, 12.0)
"""A frequency that was found stays within these."""

_WIDTH: Final = 0.4
"""Standard deviation of the band-pass in the logarithm of frequency: wide, so that a run begins and
ends within a beat. On that scale nothing passes of slow movement (log-Gabor filter, Field 1987)."""

_INTERVALS: Final = (0.55, 1.75)
"""Beats of one run are this many periods apart: one that is missing ends it."""

_LIKENESS: Final = 0.35
"""From beat to beat, size changes by this factor at the most, up or down."""

_LEAST_BEATS: Final = 3

_SET_OFF: Final = 3
_ALONG: Final = 0.85
"""What sets off a clonus, a quick stretch, looks like so many beats at most. It need not go along
the axis of the run, as all others do: less of it does than this share."""

_FLOOR_QUANTILE: Final = 0.1
_ABOVE_FLOOR: Final = 3.0
"""A beat is larger than this multiple of what the envelope exceeds nine tenths of the time."""

_OF_LEVEL: Final = (0.06, 0.5)
"""But what a beat must reach lies between these shares of the largest three in a row."""

PAUSE_S: Final = 1.0
"""Runs with a shorter pause are one, and the weak beats between them are counted."""

_REFINED: Final = 2
"""How often runs are sought again at the frequency that their beats have."""


@dataclass(frozen=True, eq=False)
class BeatRun:
    """Beats in a row: their times in samples, and their sizes, half of peak to peak.

    ``rates_hz`` are the paces from beat to beat of what moves, one or so fewer than beats.
    """

    times: Array
    sizes: Array
    rates_hz: Array


@dataclass(frozen=True, eq=False)
class _Found:
    """Crests at one frequency, and which of them are in which run.

    ``directions`` (n_channels, n_crests) is the wave of each channel at each crest.
    """

    frequency_hz: float
    times: Array
    sizes: Array
    directions: Wave
    runs: list[Index]

    @property
    def power(self) -> float:
        """How much power lies in the runs."""
        # Of three beats in a row the middle one, so that a single jerk adds nothing.
        even = [scipy.ndimage.median_filter(self.sizes[run], 3) for run in self.runs]
        return sum(float(np.square(sizes).sum()) for sizes in even) / self.frequency_hz


def beat_runs(
    rhythm: Array, rate_hz: float, inside: slice, order: int = 0, *, magnitude: bool = False
) -> list[BeatRun]:
    """Return the runs of beats that reach into a stretch, in order; none when there are none.

    Parameters
    ----------
    rhythm : ndarray, shape (n_channels, n_samples)
        Slow signal: motion, or the magnitude of EMG; with some of what surrounds the stretch.
    inside : slice
        The stretch, in samples; what of it lies beyond the signal is not looked at.
    order : int
        Of which derivative of what moves the signal is: 1 for a turning rate, 2 for acceleration.
    magnitude : bool
        Whether it is the magnitude of EMG, whose quick changes say how large its noise is.
    """
    # Rounded to another rate, a stretch may end a sample after what was read.
    inside = slice(inside.start, min(inside.stop, rhythm.shape[1]))
    centred = rhythm - rhythm.mean(axis=1, keepdims=True)
    spectrum = _Spectrum(centred, rate_hz, noise_around(rhythm, rate_hz) if magnitude else None)
    whole = np.arange(inside.start, inside.stop)
    tried = (_sought(spectrum, frequency, inside, whole) for frequency in _TRIED_HZ)
    best = max((found for found in tried if found), key=lambda found: found.power, default=None)
    for _ in range(_REFINED):
        if best is None:
            return []
        periods = np.concatenate([np.diff(best.times[run]) for run in best.runs])
        frequency = float(np.clip(rate_hz / np.median(periods), *_FREQUENCIES_HZ))
        where = np.concatenate([_between(best.times[run]) for run in best.runs])
        best = _sought(spectrum, frequency, inside, where) or best
    if best is None:
        return []
    joined = [_begun(best, run) for run in _joined(best, PAUSE_S * rate_hz)]
    paces = _paces(spectrum, best, order)
    return [BeatRun(best.times[run], best.sizes[run], paces(best.times[run])) for run in joined]


class _Spectrum:
    """A signal that is looked at around one frequency after the other.

    ``noise`` is its noise per root of hertz, of its shape, or None where that is not known.
    """

    def __init__(self, signal: Array, rate_hz: float, noise: Array | None) -> None:
        self.rate_hz = rate_hz
        self.noise = noise
        self._n = signal.shape[1]
        padded = scipy.fft.next_fast_len(self._n + round(2 * rate_hz))
        self._spectrum = scipy.fft.fft(signal, n=padded, axis=1)
        self._frequencies_hz = scipy.fft.fftfreq(padded, 1 / rate_hz)

    def around(self, frequency_hz: float, order: int = 0) -> Wave:
        """Return the analytic signal around a frequency, of the signal's shape.

        Integrated so many times, with its size at the frequency kept.
        """
        positive = np.maximum(self._frequencies_hz, np.finfo(np.float64).tiny)
        away = np.log(positive / frequency_hz)
        passed = 2 * np.exp(-0.5 * (away / _WIDTH) ** 2 - order * away)
        response = np.where(self._frequencies_hz > 0, passed, 0.0)
        wave: Wave = scipy.fft.ifft(self._spectrum * response, axis=1)[:, : self._n]
        return wave

    def axis(self, wave: Wave) -> Array:
        """Return the axis of a wave, pointing where its crests are sharp: to the beats.

        They are what makes the third moment positive. Otherwise a sensor that is turned, or whose
        axes are listed in another order, would have the beats counted half a period later. A
        magnitude points upwards.
        """
        axis = _main_axis(wave)
        if self.noise is None and np.sum(np.real(axis @ wave) ** 3) < 0:
            axis = -axis
        return axis


def _paces(spectrum: _Spectrum, found: _Found, order: int) -> Callable[[Array], Array]:
    """Return what gives the paces (Hz) of what moves in a run whose beats' times are known.

    The spectrum of a few beats is broad, and a derivative raises its upper side: of acceleration,
    the beats of a short run follow one another half a hertz too fast.
    """
    inside = np.concatenate([_between(found.times[run]) for run in found.runs])
    waves = spectrum.around(found.frequency_hz, order)
    crests, _ = _crests(spectrum.axis(waves[:, inside]) @ waves)
    half = 0.5 * spectrum.rate_hz / found.frequency_hz

    def paces(times: Array) -> Array:
        within = crests[(crests >= times[0] - half) & (crests <= times[-1] + half)]
        chosen = within if len(within) > 1 else times
        rates: Array = spectrum.rate_hz / np.diff(chosen)
        return rates

    return paces


def _between(times: Array) -> Index:
    """Return every sample from the first to the last of some times."""
    return np.arange(int(times[0]), int(times[-1]) + 1)


def _sought(spectrum: _Spectrum, frequency_hz: float, inside: slice, where: Index) -> _Found | None:
    """Return the runs at a frequency that reach into a stretch, None when there are none."""
    waves = spectrum.around(frequency_hz)
    axis = spectrum.axis(waves[:, where])
    wave = axis @ waves
    times, sizes = _crests(wave)
    within = sizes[(times >= inside.start) & (times < inside.stop)]
    if len(within) < _LEAST_BEATS:
        return None
    level = float(np.median(np.lib.stride_tricks.sliding_window_view(within, 3), axis=1).max())
    lowest, highest = (share * level for share in _OF_LEVEL)
    places, period = times.astype(np.intp), spectrum.rate_hz / frequency_hz
    if spectrum.noise is None:
        floor = float(np.quantile(np.abs(wave), _FLOOR_QUANTILE))
        large = np.flatnonzero(sizes >= np.clip(_ABOVE_FLOOR * floor, lowest, highest))
        runs = list(_runs(times, sizes, large, period))
    else:
        noise = np.hypot.reduce(axis[:, None] * spectrum.noise[:, places]) * np.sqrt(frequency_hz)
        runs = tracked(times, sizes, np.maximum(noise, lowest / STANDS_OUT), period)
    runs = [
        run
        for run in followed(runs, times, sizes)
        if len(run) >= _LEAST_BEATS
        and times[run[-1]] >= inside.start
        and times[run[0]] <= inside.stop
    ]
    return _Found(frequency_hz, times, sizes, waves[:, places], runs) if runs else None


def _main_axis(wave: Wave) -> Array:
    """Return the axis along which most of a wave lies; weak parts count more than by power."""
    size = np.sqrt((np.abs(wave) ** 2).sum(axis=0))
    even = wave / np.sqrt(np.maximum(size, np.finfo(np.float64).tiny))
    _, axes = np.linalg.eigh(np.real(even @ even.conj().T))
    axis: Array = axes[:, -1]
    return axis


def _crests(wave: Wave) -> tuple[Array, Array]:
    """Return when the wave has its crests, between samples too, and how large they are."""
    before, after = wave.imag[:-1], wave.imag[1:]
    places = np.flatnonzero((before < 0) & (after >= 0) & (wave.real[1:] > 0))
    times: Array = places + before[places] / (before[places] - after[places])
    return times, np.abs(wave[places])


def _runs(times: Array, sizes: Array, large: Index, period: float) -> Iterator[Index]:
    """Yield crests that follow one another at the pace and are of about one size."""
    if len(large) < _LEAST_BEATS:
        return
    apart = np.diff(times[large]) / period
    change = sizes[large][1:] / sizes[large][:-1]
    linked = (apart >= _INTERVALS[0]) & (apart <= _INTERVALS[1])
    linked &= (change >= _LIKENESS) & (change <= 1 / _LIKENESS)
    for run in np.split(large, np.flatnonzero(~linked) + 1):
        if len(run) >= _LEAST_BEATS:
            yield run


def _begun(found: _Found, run: Index) -> Index:
    """Return a run without the movement that set it off, which goes another way."""
    directions = found.directions[:, run]
    along = np.abs(_main_axis(directions) @ directions) / np.linalg.norm(directions, axis=0)
    within = along[: min(_SET_OFF, len(run) - _LEAST_BEATS)]
    aside = np.flatnonzero(within < _ALONG)
    return run[aside[-1] + 1 :] if len(aside) else run


def _joined(found: _Found, pause: float) -> list[Index]:
    """Join runs with a short pause between them, and what lies in it."""
    joined = [found.runs[0]]
    for run in found.runs[1:]:
        last = joined[-1]
        if found.times[run[0]] - found.times[last[-1]] < pause:
            joined[-1] = np.arange(last[0], run[-1] + 1)
        else:
            joined.append(run)
    return joined
