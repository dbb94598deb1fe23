"""What each channel of a multi-channel surface EMG shows of a contraction.

A protocol tells what the hand did, not which electrodes lay over the muscles that did it. A channel
far from them records a contraction as rest. So a channel is ``voluntary`` only where it stands
clear of its own rest, and ``unclear`` otherwise; features never see this comparison.
"""

import numpy as np
from numpy.typing import NDArray

from features.windows import Samples
from training.datasets.labelled import UNCLEAR

Array = NDArray[np.float64]

CONTRACTION_RATIO = 2.0
"""A contraction shows where the level is this many times that of rest."""

POOR_CONTACT_RATIO = 5.0
"""An electrode is taken for loose when its level at rest is this many times the median one's."""

_BAND_HZ = (20.0, 450.0)
_MAINS_HZ = (50.0, 60.0, 100.0, 120.0, 150.0, 180.0)
_MAINS_HALF_WIDTH = 0.022
"""Relative: the clock of a cheap armband is up to 2 % off, and so is the mains line it shows."""

_SPIKE_RATIO = 6.0
_DEVIATIONS_PER_MAD = 1.4826
_SPIKE_APART_S = 0.02


def level(samples: Samples, rate_hz: float) -> Array:
    """Return the root mean square of each channel in the band of EMG, without mains lines.

    Parameters
    ----------
    samples : ndarray, shape (n_channels, n_samples)
    rate_hz : float > 0

    Returns
    -------
    ndarray, shape (n_channels,)
    """
    spectrum, _ = _confined(samples, rate_hz)
    power = 2.0 * (spectrum.real**2 + spectrum.imag**2).sum(axis=-1)
    result: Array = np.sqrt(power) / samples.shape[-1]
    return result


def spikes_per_s(samples: Samples, rate_hz: float) -> Array:
    """Return how often each channel rises above six robust deviations of itself.

    Motor units that fire on their own at rest give such spikes, and an expert would see them.
    """
    spectrum, n = _confined(samples, rate_hz)
    size = np.abs(np.fft.irfft(spectrum, n=n, axis=-1))
    deviation = _DEVIATIONS_PER_MAD * np.median(size, axis=-1, keepdims=True)
    above: NDArray[np.bool_] = np.greater(size, _SPIKE_RATIO * deviation)
    apart = max(1, round(_SPIKE_APART_S * rate_hz))
    blocks: NDArray[np.bool_] = np.logical_or.reduce(
        above[:, : n // apart * apart].reshape(len(samples), -1, apart), axis=-1
    )
    rising = blocks[:, 1:] & ~blocks[:, :-1]
    result: Array = rising.sum(axis=-1) * rate_hz / n
    return result


def contraction_label(contraction: float, rest: float) -> str:
    """Return the label of a channel during a contraction, from its level then and at rest."""
    return "voluntary" if contraction >= CONTRACTION_RATIO * rest else UNCLEAR


def poor_contact(rest_levels: Array) -> NDArray[np.bool_]:
    """Tell which channels of one person have a loose electrode, from all levels at rest."""
    loose: NDArray[np.bool_] = rest_levels > POOR_CONTACT_RATIO * np.median(rest_levels)
    return loose


def _confined(samples: Samples, rate_hz: float) -> tuple[NDArray[np.complex128], int]:
    """Return the transform of each channel with all but its EMG band, and mains, set to zero."""
    n = samples.shape[-1]
    freqs = np.fft.rfftfreq(n, 1.0 / rate_hz)
    kept: NDArray[np.bool_] = np.logical_and(freqs >= _BAND_HZ[0], freqs <= _BAND_HZ[1])
    for line in _MAINS_HZ:
        kept &= np.abs(freqs - line) > _MAINS_HALF_WIDTH * line
    centred = samples - samples.mean(axis=-1, keepdims=True)
    return np.fft.rfft(centred, axis=-1) * kept, n
