"""Power spectra of batches, and the dominant line in them."""

from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from features.kernel_statistics import median, total
from features.kernels import kernel

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Spectrum:
    """One-sided power spectral densities of a batch.

    ``psd`` has shape (n_windows, n_freqs) and the unit of the signal squared per hertz;
    ``freqs_hz`` (n_freqs,) is equally spaced from 0; above ``bandwidth_hz`` there is no signal,
    because the original sampling rate could not carry any.
    """

    psd: Array
    freqs_hz: Array
    bandwidth_hz: float

    @property
    def bin_hz(self) -> float:
        """Distance of neighbouring frequencies."""
        return float(self.freqs_hz[1])

    def band(self, low_hz: float, high_hz: float) -> slice:
        """Return the bins in [low, high), for a sum that counts no bin twice in adjacent bands."""
        first, last = np.searchsorted(self.freqs_hz, (low_hz - 1e-9, high_hz - 1e-9))
        return slice(int(first), int(last))

    def power(self, low_hz: float, high_hz: float) -> Array:
        """Return the power in [low, high), shape (n_windows,); NaN for a band out of reach.

        A band of which the bandwidth leaves less than half is out of reach.
        """
        if self.bandwidth_hz < (low_hz + high_hz) / 2:
            return np.full(len(self.psd), np.nan)
        power: Array = self.psd[:, self.band(low_hz, high_hz)].sum(axis=1) * self.bin_hz
        return power


@dataclass(frozen=True, eq=False)
class Line:
    """The dominant line of each window; every array has shape (n_windows,), NaN where no line is.

    Powers are in the signal's unit squared; those of the harmonics and the subharmonic lie at
    twice, thrice and half the frequency. ``rival`` is the height of the highest peak elsewhere over
    the height of the line; ``prominence`` is that height over the median of the band.
    """

    frequency_hz: Array
    power: Array
    band_power: Array
    half_power_width_hz: Array
    second_harmonic: Array
    third_harmonic: Array
    subharmonic: Array
    rival: Array
    prominence: Array


def welch(samples: Array, rate_hz: float, segment_s: float, bandwidth_hz: float) -> Spectrum:
    """Return Welch's density estimate: periodic Hann, half overlap, mean removed per segment.

    Parameters
    ----------
    samples : ndarray, shape (n_windows, n_channels, n_samples)
        Densities are summed over channels, so that turning a sensor does not change them.

    Notes
    -----
    Welch 1967, doi:10.1109/TAU.1967.1161901. Equal to :func:`scipy.signal.welch`, which transforms
    twice as much as it needs to.
    """
    length = round(segment_s * rate_hz)
    taper = _periodic_hann(length)
    psd = np.zeros((len(samples), length // 2 + 1))
    for channel in range(samples.shape[1]):
        segments = sliding_window_view(samples[:, channel], length, axis=-1)[
            :, :: length - length // 2
        ]
        centred = segments - segments.mean(axis=-1, keepdims=True)
        centred *= taper
        psd += _mean_power(scipy.fft.rfft(centred, axis=-1))
    return _density(psd, taper, length, rate_hz, bandwidth_hz)


def periodogram(samples: Array, rate_hz: float, bandwidth_hz: float) -> Spectrum:
    """Return the density of the whole window under one Hann taper, on a grid of half a bin.

    A window of 4 s resolves 0.25 Hz, which the width of a line needs; shorter segments would not.
    """
    n = samples.shape[-1]
    taper = _periodic_hann(n)
    padded = 2 * n
    psd = np.zeros((len(samples), padded // 2 + 1))
    for channel in range(samples.shape[1]):
        centred = samples[:, channel] - samples[:, channel].mean(axis=-1, keepdims=True)
        centred *= taper
        psd += _mean_power(scipy.fft.rfft(centred, n=padded, axis=-1)[:, None])
    return _density(psd, taper, padded, rate_hz, bandwidth_hz)


def dominant_line(spectrum: Spectrum, band_hz: tuple[float, float], half_width_hz: float) -> Line:
    """Find the highest local maximum of each spectrum within a band.

    The frequency is refined by a parabola through the logarithms of three bins.
    """
    high = min(band_hz[1], spectrum.bandwidth_hz)
    columns = _find_lines(
        spectrum.psd, spectrum.bin_hz, band_hz[0], high, spectrum.bandwidth_hz, half_width_hz
    )
    return Line(*np.ascontiguousarray(columns.T))


def _periodic_hann(length: int) -> Array:
    taper: Array = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)
    return taper


def _density(psd: Array, taper: Array, length: int, rate_hz: float, limit_hz: float) -> Spectrum:
    scale = 2.0 / (rate_hz * float(taper @ taper))
    psd *= scale
    psd[:, 0] /= 2
    if length % 2 == 0:
        psd[:, -1] /= 2
    freqs: Array = np.arange(psd.shape[1], dtype=np.float64) * (rate_hz / length)
    return Spectrum(psd=psd, freqs_hz=freqs, bandwidth_hz=limit_hz)


@kernel
def _mean_power(transformed: NDArray[np.complex128]) -> Array:  # pragma: no cover (compiled)
    """Return the squared magnitude, averaged over the segments of each window."""
    n_windows, n_segments, n_freqs = transformed.shape
    result = np.zeros((n_windows, n_freqs))
    for w in range(n_windows):
        for s in range(n_segments):
            for f in range(n_freqs):
                value = transformed[w, s, f]
                result[w, f] += value.real * value.real + value.imag * value.imag
        for f in range(n_freqs):
            result[w, f] /= n_segments
    return result


@kernel
def _power_around(
    psd: Array, bin_hz: float, centre_hz: float, half_width_hz: float
) -> float:  # pragma: no cover (compiled)
    first = max(1, int(np.ceil((centre_hz - half_width_hz) / bin_hz)))
    last = min(len(psd) - 1, int(np.floor((centre_hz + half_width_hz) / bin_hz)))
    return total(psd[first : last + 1]) * bin_hz


@kernel
def _half_power_width(psd: Array, peak: int, bin_hz: float) -> float:  # pragma: no cover (compiled)
    half = psd[peak] / 2
    left = float(peak)
    for i in range(peak, 0, -1):
        if psd[i - 1] <= half:
            left = i - (psd[i] - half) / (psd[i] - psd[i - 1])
            break
    right = float(peak)
    for i in range(peak, len(psd) - 1):
        if psd[i + 1] <= half:
            right = i + (psd[i] - half) / (psd[i] - psd[i + 1])
            break
    return (right - left) * bin_hz


@kernel
def _highest_peak(psd: Array, first: int, last: int) -> int:  # pragma: no cover (compiled)
    """Return the highest local maximum in [first, last], -1 when there is none."""
    peak = -1
    for i in range(first, last + 1):
        if psd[i] > psd[i - 1] and psd[i] >= psd[i + 1] and (peak < 0 or psd[i] > psd[peak]):
            peak = i
    return peak


@kernel
def _refined(psd: Array, peak: int) -> float:  # pragma: no cover (compiled)
    """Return the place of a peak, in bins, by a parabola through the logarithms of three bins."""
    if psd[peak - 1] > 0 and psd[peak + 1] > 0:
        left, mid, right = np.log(psd[peak - 1]), np.log(psd[peak]), np.log(psd[peak + 1])
        bend = left - 2 * mid + right
        if bend < 0:
            return float(peak + 0.5 * (left - right) / bend)
    return float(peak)


@kernel
def _rival(
    psd: Array, peak: int, first: int, last: int, guard: int
) -> float:  # pragma: no cover (compiled)
    """Return the highest local maximum away from the line, its multiples and its half."""
    highest = 0.0
    for i in range(first, last + 1):
        if psd[i] < psd[i - 1] or psd[i] < psd[i + 1] or psd[i] <= highest:
            continue
        related = False
        for multiple in (0.5, 1.0, 2.0, 3.0, 4.0):
            if abs(i - multiple * peak) <= guard:
                related = True
        if not related:
            highest = psd[i]
    return float(highest / psd[peak])


@kernel
def _find_lines(
    psds: Array,
    bin_hz: float,
    low_hz: float,
    high_hz: float,
    bandwidth_hz: float,
    half_width_hz: float,
) -> Array:  # pragma: no cover (compiled)
    result = np.full((len(psds), 9), np.nan)
    first = max(1, int(np.ceil(low_hz / bin_hz)))
    last = min(psds.shape[1] - 2, int(np.floor(high_hz / bin_hz)))
    for w in range(len(psds)):
        psd = psds[w]
        peak = _highest_peak(psd, first, last)
        if peak < 0:
            continue
        frequency = _refined(psd, peak) * bin_hz
        out = result[w]
        out[0] = frequency
        out[1] = _power_around(psd, bin_hz, frequency, half_width_hz)
        # A line at the edge of the band widens it: its share is never more than all.
        lowest = min(first, max(1, int(np.ceil((frequency - half_width_hz) / bin_hz))))
        highest = max(last, int(np.floor((frequency + half_width_hz) / bin_hz)))
        out[2] = total(psd[lowest : highest + 1]) * bin_hz
        out[3] = _half_power_width(psd, peak, bin_hz)
        for k in range(2):
            if (k + 2) * frequency <= bandwidth_hz:
                out[4 + k] = _power_around(psd, bin_hz, (k + 2) * frequency, half_width_hz)
        out[6] = _power_around(psd, bin_hz, frequency / 2, half_width_hz)
        guard = int(np.ceil(2 * half_width_hz / bin_hz))
        out[7] = _rival(psd, peak, first, last, guard)
        out[8] = psd[peak] / median(psd[first : last + 1])
    return result
