"""Mains lines in surface EMG: found by their prominence, subtracted as the sinusoids they are.

A notch filter would ring after every twitch and cut the band also where there is no mains at all.
Fitting a sinusoid over the whole window takes out the line and leaves brief events alone.
"""

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from features.kernel_statistics import energy, largest, median
from features.kernels import kernel

Array = NDArray[np.float64]

_SEARCH_HZ = 0.4
"""A mains line lies at least this close to where it is expected..."""
_SEARCH_SHARE = 0.004
"""... or within this share of it: a grid that is 0.2 Hz off is 1.8 Hz off at the ninth multiple."""
_CLOCK_SHARE = 0.023
"""The fundamental is sought this far off: the clocks of some armbands are 2 % slow. Its multiples
are then expected at multiples of what was found."""
_SURROUND_HZ = (3.0, 13.0)
"""Its surroundings, on both sides."""
_ALONE = 2.0
"""It is this many times as high (in amplitude) as anything there: a regular train of discharges has
lines too, but one every few hertz."""

_BLOCK = 128
"""Samples for which a sinusoid is made at once."""


def subtract_mains(
    samples: Array,
    *,
    rate_hz: float,
    mains_hz: tuple[float, ...],
    prominence: float,
    highest_hz: float,
) -> Array:
    """Subtract mains lines and their multiples, in place; return their share of the power.

    Parameters
    ----------
    samples : ndarray, shape (n_windows, n_samples)
        Changed in place.
    highest_hz : float
        Multiples above this frequency are left to the low-pass.

    Returns
    -------
    ndarray, shape (n_windows,)
        Power removed over power before; 0 for a silent window.
    """
    n = samples.shape[1]
    taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n)
    magnitude = np.abs(scipy.fft.rfft(samples * taper, axis=-1))
    bases = np.array(sorted(mains_hz), dtype=np.float64)
    return _subtract_lines(samples, magnitude, taper, bases, highest_hz, rate_hz, prominence)


@kernel
def _line_frequency(
    magnitude: Array, near_hz: float, reach_hz: float, bin_hz: float, prominence: float
) -> float:  # pragma: no cover (compiled)
    """Return the frequency of the line close to ``near_hz``, NaN when there is none.

    Under a Hann taper a sinusoid between two bins shows in their magnitudes where it lies (Grandke
    1983, IEEE Trans Instrum Meas 32:350).
    """
    low = max(1, round((near_hz - reach_hz) / bin_hz))
    high = round((near_hz + reach_hz) / bin_hz)
    near, far = round(_SURROUND_HZ[0] / bin_hz), round(_SURROUND_HZ[1] / bin_hz)
    centre = round(near_hz / bin_hz)
    if high + 1 >= len(magnitude):
        return np.nan
    peak = low
    for i in range(low, high + 1):
        if magnitude[i] > magnitude[peak]:
            peak = i
    start, stop = max(centre - far, 1), min(centre + far, len(magnitude))
    surroundings = np.empty(max(stop - start, 0))
    n = 0
    for i in range(start, stop):
        if i < centre - near or i >= centre + near:
            surroundings[n] = magnitude[i]
            n += 1
    # The median takes longer, and most peaks have fallen by then.
    if not magnitude[peak] > _ALONE * largest(surroundings[:n]):
        return np.nan
    if not magnitude[peak] > np.sqrt(prominence) * median(surroundings[:n]):
        return np.nan
    side = 1 if magnitude[peak + 1] > magnitude[peak - 1] else -1
    slope = magnitude[peak + side] / magnitude[peak]
    shift = side * (2.0 * slope - 1.0) / (1.0 + slope)
    return float((peak + max(-0.5, min(0.5, shift))) * bin_hz)


@kernel
def _lines(
    magnitude: Array, bases_hz: Array, highest_hz: float, bin_hz: float, prominence: float
) -> Array:  # pragma: no cover (compiled)
    """Return the frequencies of the mains lines of a spectrum, (n_lines,), each base's in order.

    What is a multiple of two bases comes twice.
    """
    found = np.empty(len(bases_hz) * (int(highest_hz / bases_hz[0]) + 2))
    count = 0
    for nominal_hz in bases_hz:
        reach_hz = _CLOCK_SHARE * nominal_hz
        base_hz = _line_frequency(magnitude, nominal_hz, reach_hz, bin_hz, prominence)
        if np.isnan(base_hz):
            base_hz = nominal_hz
        for multiple in range(1, int(highest_hz / base_hz) + 1):
            near_hz = multiple * base_hz
            reach_hz = max(_SEARCH_HZ, _SEARCH_SHARE * near_hz)
            line_hz = _line_frequency(magnitude, near_hz, reach_hz, bin_hz, prominence)
            if not np.isnan(line_hz):
                found[count] = line_hz
                count += 1
    return found[:count]


def mains_lines(
    magnitudes: Array,
    *,
    rate_hz: float,
    mains_hz: tuple[float, ...],
    prominence: float,
    highest_hz: float,
) -> list[Array]:
    """Return the frequencies of the mains lines of each window, in Hz.

    Parameters
    ----------
    magnitudes : ndarray, shape (n_windows, n_freqs)
        Spectra of windows of an even number of samples, under a Hann taper.
    """
    bases, bin_hz = np.array(sorted(mains_hz)), rate_hz / (2 * (magnitudes.shape[1] - 1))
    return [_lines(each, bases, highest_hz, bin_hz, prominence) for each in magnitudes]


@kernel
def _subtract_lines(
    samples: Array,
    magnitudes: Array,
    taper: Array,
    bases_hz: Array,
    highest_hz: float,
    rate_hz: float,
    prominence: float,
) -> Array:  # pragma: no cover (compiled)
    n_windows, n = samples.shape
    bin_hz = rate_hz / n
    share = np.zeros(n_windows)
    for w in range(n_windows):
        x = samples[w]
        before = energy(x)
        found = False
        for line_hz in _lines(magnitudes[w], bases_hz, highest_hz, bin_hz, prominence):
            _subtract_sinusoid(x, taper, line_hz / rate_hz)
            found = True
        if found:
            share[w] = max(0.0, 1.0 - energy(x) / before)
    return share


@kernel
def _subtract_sinusoid(
    x: Array, taper: Array, cycles_per_sample: float
) -> None:  # pragma: no cover (compiled)
    """Fit a sinusoid to a window under a Hann taper and subtract it.

    One block of the sinusoid is made, and turned for each block of the window: where every sample
    waits for the one before, a processor does little else than wait.
    """
    n = len(x)
    omega = 2.0 * np.pi * cycles_per_sample
    cosine, sine = np.empty(_BLOCK), np.empty(_BLOCK)
    for k in range(_BLOCK):
        cosine[k], sine[k] = np.cos(omega * k), np.sin(omega * k)
    projected = complex(0.0, 0.0)
    for start in range(0, n, _BLOCK):
        real = imaginary = 0.0
        block, weights = x[start : start + _BLOCK], taper[start : start + _BLOCK]
        for k in range(len(block)):
            tapered = weights[k] * block[k]
            real += tapered * cosine[k]
            imaginary -= tapered * sine[k]
        turn = complex(np.cos(omega * start), -np.sin(omega * start))
        projected += complex(real, imaginary) * turn
    amplitude = 2.0 * projected / (0.5 * n)  # the sum of the taper
    for start in range(0, n, _BLOCK):
        turned = amplitude * complex(np.cos(omega * start), np.sin(omega * start))
        block = x[start : start + _BLOCK]
        for k in range(len(block)):
            block[k] -= turned.real * cosine[k] - turned.imag * sine[k]
