"""Unit doubt: whether samples can have the unit that they are said to have.

A wrong unit is the commonest mistake of those who bring a recording, and gives answers to a signal
that is ten or a thousand times as large as the one that was recorded. Most of it cannot be known:
what can is that gravity is 1 g, that no sensor is quieter than physics allows, and that none goes
as far as some numbers would have it. Limits lie well outside of what devices do.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features import MODALITIES, Modality, Windows
from serving.classifier import Classifier

Array = NDArray[np.float64]


@dataclass(frozen=True)
class _Possible:
    """What a signal's root mean square about its mean can be, in the modality's own unit."""

    quietest: float
    loudest: float


_POSSIBLE: dict[Modality, _Possible] = {
    "emg": _Possible(0.05, 200e3),
    "accelerometer": _Possible(2e-5, 100.0),
    "gyroscope": _Possible(0.003, 4000.0),
}
"""The best amplifiers have 0.2 uV of noise, and those for direct current end at some 200 mV; the
best inertial units have 0.1 mg and 0.01 deg/s in the band of movement and end at 2000 deg/s, a few
at 4000."""

_MOST_STEADY_G = 4.0
"""No limb is in anything but gravity for four seconds; an axis that is out of tune may be."""
_A_TENTH_G = (0.098, 0.106)
"""1 g that was taken for 1 m/s^2. A sensor that takes gravity away has less of it left."""
_WINDOWS = 3
"""A few windows say so, or it is chance."""
_MOVING = 0.5
"""A window with fewer samples that differ from the one before shows the steps of its device."""
_LARGE = 0.9
"""Of windows, how many may be the work of an electrode that came loose."""


def levels(windows: Windows) -> Array:
    """Return how large windows are, in the modality's own unit.

    Returns
    -------
    ndarray, shape (n_windows, 2)
        Length of the mean vector, and the root mean square about it. NaN where samples are missing
        or the unit is relative, the second also where most samples repeat the one before.
    """
    factor = windows.unit_factor if windows.scale_is_known else np.nan
    samples = windows.samples
    mean = samples.mean(axis=2, dtype=np.float64)
    variance = samples.var(axis=2, dtype=np.float64).sum(axis=1)
    steps = np.count_nonzero(np.diff(samples, axis=2), axis=2).max(axis=1)
    variance[steps < max(1.0, _MOVING * (samples.shape[2] - 1))] = np.nan
    sizes: Array = factor * np.sqrt(np.stack([(mean**2).sum(axis=1), variance], axis=1))
    return sizes


def unit_doubt(found: Array, modality: Modality, unit: str, n_channels: int) -> str | None:
    """Return in a sentence why the unit of a signal may be another, or None.

    Parameters
    ----------
    found : ndarray, shape (n_windows, 2)
        See :func:`levels`.
    """
    steady = found[np.isfinite(found[:, 0]), 0]
    sizes = found[np.isfinite(found[:, 1]), 1]
    if modality == "accelerometer" and len(steady) > 0:
        is_clear = n_channels == MODALITIES[modality].max_channels and len(steady) >= _WINDOWS
        doubt = _doubt_by_gravity(float(np.median(steady)), unit, is_clear=is_clear)
        if doubt is not None:
            return doubt
    if len(sizes) < max(1, len(steady) / 2):
        return None
    possible, own = _POSSIBLE[modality], MODALITIES[modality].unit
    usual, large = np.median(sizes), np.quantile(sizes, _LARGE, method="lower")
    if usual < possible.quietest:
        return _told(f"it measures {usual:.2g} {own}, less than the noise of any device")
    if large > possible.loudest:
        return _told(f"it measures {large:.0f} {own}, more than any device can")
    return None


def _doubt_by_gravity(steady_g: float, unit: str, *, is_clear: bool) -> str | None:
    """Return a doubt when what is steady is not gravity, and the unit in which it would be."""
    factors = MODALITIES["accelerometer"].factors
    low, high = _A_TENTH_G
    is_tenth = is_clear and unit == "m/s^2" and low <= steady_g <= high
    if steady_g <= _MOST_STEADY_G and not is_tenth:
        return None
    by_unit = {u: abs(np.log(steady_g * factor / factors[unit])) for u, factor in factors.items()}
    meant = min(by_unit, key=lambda u: by_unit[u])
    perhaps = f", or {meant}" if by_unit[meant] < np.log(1.1) else ""
    size = f"{steady_g:.3g}" if steady_g < 100 else f"{steady_g:.0f}"
    return _told(f"its steady part measures {size} g, and gravity is 1 g") + perhaps


def _told(what: str) -> str:
    return f"the unit of the signal may be another: {what}; see whether it is right"


def caution_of(classifier: Classifier, found: Array, unit: str, n_channels: int) -> str | None:
    """Return all that makes answers worth less than they say, or None."""
    doubt = unit_doubt(found, classifier.card.modality, unit, n_channels)
    told = [each for each in (classifier.caution(n_channels), doubt) if each]
    return "; ".join(told) or None
