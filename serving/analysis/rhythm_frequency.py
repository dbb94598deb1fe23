"""Frequency of a rhythm: at which a limb goes, by the spectrum of a stretch of it."""

from typing import Final

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from features import Modality

Array = NDArray[np.float64]

DERIVATIVES: Final[dict[Modality, int]] = {"emg": 0, "gyroscope": 1, "accelerometer": 2}
"""Of which derivative of a limb's angle a sensor's signal is."""

_SLOWEST_HZ = 3.0
"""Half of a line is no rhythm's frequency below this: slower movement has many lines."""

_HALF_WIDTH_HZ = 0.35
"""Of a line, and of a rhythm's wandering about it."""

_STANDS_OUT = 4.0
"""A line has this multiple of the power that lies beside it, on a side of it as wide."""


def frequency_of(
    rhythm: Array, rate_hz: float, band_hz: tuple[float, float], modality: Modality
) -> float | None:
    """Return the frequency of the highest line in a band, of all channels; None without one.

    A derivative raises a harmonic: of acceleration the second one by four, so that its line may be
    the highest though what moves goes at half of it. Then the frequency is the half.

    Parameters
    ----------
    rhythm : ndarray, shape (n_channels, n_samples)
    """
    n = rhythm.shape[1]
    power = np.square(np.abs(scipy.fft.rfft(rhythm * np.hanning(n), axis=1))).sum(axis=0)
    frequencies = scipy.fft.rfftfreq(n, 1 / rate_hz)
    whole_hz = _highest(power, frequencies, band_hz)
    raised = 4 ** DERIVATIVES[modality]
    if whole_hz is None or whole_hz / 2 < _SLOWEST_HZ or raised == 1:
        return whole_hz
    near = (whole_hz / 2 - _HALF_WIDTH_HZ, whole_hz / 2 + _HALF_WIDTH_HZ)
    half_hz = _highest(power, frequencies, near)
    own = _power(power, frequencies, whole_hz / 2, _HALF_WIDTH_HZ)
    beside = _power(power, frequencies, whole_hz / 2, 3 * _HALF_WIDTH_HZ) - own
    stands_out = half_hz is not None and own >= _STANDS_OUT * beside / 2
    moves_more = raised * own > _power(power, frequencies, whole_hz, _HALF_WIDTH_HZ)
    return half_hz if stands_out and moves_more else whole_hz


def _highest(power: Array, frequencies: Array, band_hz: tuple[float, float]) -> float | None:
    """Return where the highest line in a band is.

    The edge of the band, on the slope of a slow movement, is no line however high it is.
    """
    is_line = np.zeros(len(power), dtype=np.bool_)
    is_line[1:-1] = (power[1:-1] > power[:-2]) & (power[1:-1] >= power[2:])
    is_line &= (frequencies >= band_hz[0]) & (frequencies <= band_hz[1])
    highest = int(np.argmax(np.where(is_line, power, 0.0)))
    return float(frequencies[highest]) if is_line[highest] else None


def _power(power: Array, frequencies: Array, hz: float, half_width_hz: float) -> float:
    return float(power[np.abs(frequencies - hz) <= half_width_hz].sum())
