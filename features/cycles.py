"""Cycles of the dominant rhythm: how regular they are, how they begin, grow and decay.

The rhythm is confined to a band around its dominant line and made analytic. A cycle lasts from one
upward zero crossing to the next. Only cycles whose envelope stays above a fraction of its peak are
used, so that a clonus that ends in mid-window is judged by its beats and not by the silence after
them.

The first cycles matter most and lie at an edge, so nothing may be invented beyond it: a mirror
image breaks the phase of a rhythm there and changes its first period by up to a tenth. The filter
therefore averages over what lies within the window only, which keeps the phase of a sinusoid right
up to the edge, and its amplitude after division by the share of the filter that met signal.
"""

from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from features.kernel_statistics import deviation, largest, log_slope, mean, median, quantile, sort
from features.kernels import kernel

Array = NDArray[np.float64]

STEADY_FROM_CYCLE = 4
"""Clonus is steady from its fourth or fifth beat (Boyraz 2015)."""

FEWEST_CYCLES = 3
"""Fewer cycles have no variation to speak of."""


@dataclass(frozen=True, eq=False)
class Cycles:
    """What the cycles of each window are like; every array (n_windows,), NaN where undefined.

    ``count`` cycles lie in the active part; ``period_s`` is their median; ``period_cv`` the
    standard deviation over the mean; ``tremor_stability_hz`` the interquartile range of the change
    of frequency from cycle to cycle; ``first_to_steady`` the first period over the median from the
    fourth on; ``amplitude_cv`` and ``amplitude_slope`` (per second, of the logarithm) tell of the
    cycles' peaks; ``active_share`` is the share of the window they fill; ``onset_cycles`` and
    ``offset_cycles`` say how many cycles the envelope takes between 20 % and 80 % of its peak.
    """

    count: Array
    period_s: Array
    period_cv: Array
    tremor_stability_hz: Array
    first_to_steady: Array
    amplitude_cv: Array
    amplitude_slope: Array
    active_share: Array
    onset_cycles: Array
    offset_cycles: Array


def find_cycles(
    rhythm: Array, rate_hz: float, frequency_hz: Array, half_width_hz: float, floor: float
) -> Cycles:
    """Count the cycles of each window around its dominant frequency.

    Parameters
    ----------
    rhythm : ndarray, shape (n_windows, n_samples)
    frequency_hz : ndarray, shape (n_windows,)
        NaN where there is no line: all results are NaN there (``count`` is 0).
    half_width_hz : float
        Half width of the band; it is never wider than 0.6 of the frequency itself, so that the
        band ends above zero.
    floor : float
        Fraction of the envelope's peak above which cycles count.
    """
    known = np.nan_to_num(frequency_hz, nan=1.0)[:, None]
    half_width = np.minimum(half_width_hz, 0.6 * known)
    quick = _without_slow(rhythm, rate_hz, known - 1.5 * half_width)
    waves = _analytic(quick, rate_hz, known, half_width)
    return Cycles(*np.ascontiguousarray(_measure_cycles(waves, frequency_hz, rate_hz, floor).T))


def _without_slow(rhythm: Array, rate_hz: float, above_hz: Array) -> Array:
    """Remove what is slower than the band: cut off at the edges, it would leak into the band.

    Slow parts are continued well by a mirror image.
    """
    n = rhythm.shape[1]
    before = n // 2
    extended = np.pad(rhythm, ((0, 0), (before, n - before)), mode="symmetric")
    freqs = np.arange(n + 1) * (rate_hz / (2 * n))
    rise = np.clip(2.0 * freqs / above_hz - 1.0, 0.0, 1.0)
    response = 0.5 - 0.5 * np.cos(np.pi * rise)
    filtered = scipy.fft.irfft(scipy.fft.rfft(extended, axis=1) * response, n=2 * n, axis=1)
    quick: Array = filtered[:, before : before + n]
    return quick


def _analytic(
    quick: Array, rate_hz: float, centre_hz: Array, half_width_hz: Array
) -> NDArray[np.complex128]:
    """Return the analytic signal of a band, shape (n_windows, n_samples)."""
    n = quick.shape[1]
    padded = n + n // 2
    freqs = scipy.fft.fftfreq(padded, 1 / rate_hz)
    response = np.where(freqs > 0, 2.0 * _raised_cosine(freqs - centre_hz, half_width_hz), 0.0)
    waves = scipy.fft.ifft(scipy.fft.fft(quick, n=padded, axis=1) * response, axis=1)[:, :n]
    freqs = scipy.fft.rfftfreq(padded, 1 / rate_hz)
    window = scipy.fft.rfft(np.ones(n), n=padded) * _raised_cosine(freqs, half_width_hz)
    met: Array = scipy.fft.irfft(window, n=padded, axis=1)[:, :n]
    return np.ascontiguousarray(waves / met)


def _raised_cosine(distance_hz: Array, half_width_hz: Array) -> Array:
    """Return a response that is flat to half the width and gone at one and a half."""
    place = np.clip((np.abs(distance_hz) - 0.5 * half_width_hz) / half_width_hz, 0.0, 1.0)
    response: Array = 0.5 + 0.5 * np.cos(np.pi * place)
    return response


@kernel
def _active_run(
    envelope: Array, peak: int, threshold: float
) -> tuple[int, int]:  # pragma: no cover
    """Return the stretch above the threshold around the peak, as [start, stop)."""
    start = peak
    while start > 0 and envelope[start - 1] >= threshold:
        start -= 1
    stop = peak + 1
    while stop < len(envelope) and envelope[stop] >= threshold:
        stop += 1
    return start, stop


@kernel
def _rise_samples(envelope: Array, peak: int, direction: int) -> float:  # pragma: no cover
    """Return the samples between 80 % and 20 % of the peak one way, NaN if 20 % is not met."""
    last_high = peak
    i = peak
    while 0 <= i < len(envelope):
        if envelope[i] >= 0.8 * envelope[peak]:
            last_high = i
        if envelope[i] <= 0.2 * envelope[peak]:
            return float(abs(i - last_high))
        i += direction
    return np.nan


@kernel
def _crossings(
    wave: NDArray[np.complex128], start: int, stop: int, out: Array
) -> int:  # pragma: no cover (compiled)
    """Write the upward zero crossings of the real part, in samples; return how many there are.

    Between two samples the phase is a straighter line than the signal: five samples of a cycle do.
    """
    n = 0
    for t in range(start, stop - 1):
        if wave[t].real < 0 <= wave[t + 1].real and n < len(out):
            before = np.arctan2(-wave[t].real, -wave[t].imag)
            after = np.arctan2(wave[t + 1].real, -wave[t + 1].imag)
            out[n] = t + before / (before + after)
            n += 1
    return n


@kernel
def _stability(periods: Array) -> float:  # pragma: no cover (compiled)
    """Return the interquartile range of the change of frequency from cycle to cycle."""
    changes = np.empty(len(periods) - 1)
    for i in range(len(changes)):
        changes[i] = 1.0 / periods[i + 1] - 1.0 / periods[i]
    sort(changes)
    return quantile(changes, 0.75) - quantile(changes, 0.25)


@kernel
def _envelope(wave: NDArray[np.complex128], out: Array) -> int:  # pragma: no cover (compiled)
    """Write the envelope of a wave; return where it is highest."""
    peak = 0
    for t in range(len(wave)):
        out[t] = np.hypot(wave[t].real, wave[t].imag)
        if out[t] > out[peak]:
            peak = t
    return peak


@kernel
def _measure_cycles(
    waves: NDArray[np.complex128], frequency_hz: Array, rate_hz: float, floor: float
) -> Array:  # pragma: no cover (compiled)
    result = np.full((len(waves), 10), np.nan)
    crossings = np.empty(waves.shape[1])
    periods, peaks, times = np.empty((3, waves.shape[1]))
    envelope = np.empty(waves.shape[1])
    for w in range(len(waves)):
        out = result[w]
        out[0] = 0.0
        if np.isnan(frequency_hz[w]):
            continue
        wave = waves[w]
        peak = _envelope(wave, envelope)
        if envelope[peak] <= 0:
            continue
        start, stop = _active_run(envelope, peak, floor * envelope[peak])
        out[7] = (stop - start) / len(envelope)
        cycle = rate_hz / frequency_hz[w]
        for side in range(2):
            out[8 + side] = _rise_samples(envelope, peak, 2 * side - 1) / cycle
        n = _crossings(wave, start, stop, crossings) - 1
        out[0] = max(n, 0)
        if n < 1:
            continue
        for i in range(n):
            periods[i] = (crossings[i + 1] - crossings[i]) / rate_hz
            peaks[i] = largest(envelope[int(crossings[i]) : int(crossings[i + 1]) + 1])
            times[i] = crossings[i] / rate_hz
        out[1] = median(periods[:n])
        if n >= FEWEST_CYCLES:
            out[2] = deviation(periods[:n]) / mean(periods[:n])
            out[3] = _stability(periods[:n])
            out[5] = deviation(peaks[:n]) / mean(peaks[:n])
            out[6] = log_slope(times[:n], peaks[:n])
        if n >= STEADY_FROM_CYCLE + 1:
            out[4] = periods[0] / median(periods[STEADY_FROM_CYCLE - 1 : n])
    return result
