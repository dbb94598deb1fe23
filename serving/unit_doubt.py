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
    "emg": _Possible(0.05, 20e3),
    "accelerometer": _Possible(2e-5, 100.0),
    "gyroscope": _Possible(0.003, 4000.0),
}
"""The best amplifiers have 0.2 uV of noise and end at some 10 mV; the best inertial units have
0.1 mg and 0.01 deg/s in the band of movement and end at 2000 deg/s, a few at 4000."""

_ABOUT_G = (0.9, 1.12)
"""Length of gravity in g, as sensors out of tune measure it."""
_MOST_STEADY_G = 2.0
"""No limb is in anything but gravity for four seconds."""


def levels(windows: Windows) -> Array:
    """Return how large windows are, in the modality's own unit.

    Returns
    -------
    ndarray, shape (n_windows, 2)
        Length of the mean vector, and the root mean square about it; NaN where samples are missing
        and where the unit is relative.
    """
    factor = windows.unit_factor if windows.scale_is_known else np.nan
    samples = windows.samples
    mean = samples.mean(axis=2, dtype=np.float64)
    variance = samples.var(axis=2, dtype=np.float64)
    squared = np.stack([(mean**2).sum(axis=1), variance.sum(axis=1)], axis=1)
    sizes: Array = factor * np.sqrt(squared)
    return sizes


def unit_doubt(found: Array, modality: Modality, unit: str, n_channels: int) -> str | None:
    """Return in a sentence why the unit of a signal may be another, or None.

    Parameters
    ----------
    found : ndarray, shape (n_windows, 2)
        See :func:`levels`.
    """
    known = found[np.isfinite(found).all(axis=1)]
    known = known[known[:, 1] > 0]
    if len(known) == 0:
        return None
    steady, size = np.median(known, axis=0).tolist()
    if modality == "accelerometer" and n_channels > 1:
        doubt = _doubt_by_gravity(steady, unit)
        if doubt is not None:
            return doubt
    own = MODALITIES[modality].unit
    if size < _POSSIBLE[modality].quietest:
        return _told(f"the signal measures {size:.1g} {own}, less than the noise of any device")
    loudest = float(known[:, 1].max())
    if loudest > _POSSIBLE[modality].loudest:
        return _told(f"the signal measures {loudest:.1g} {own}, more than any device can")
    return None


def _doubt_by_gravity(steady_g: float, unit: str) -> str | None:
    """Return a doubt when what is steady is not gravity, and would be in another unit."""
    factors = MODALITIES["accelerometer"].factors
    low, high = _ABOUT_G
    meant = [
        other
        for other, factor in factors.items()
        if other != unit and low <= steady_g * factor / factors[unit] <= high
    ]
    # A sensor that takes gravity away has a few mg left of it, which may be 1 in any unit.
    too_small = unit == "m/s^2" and meant == ["g"]
    if steady_g <= _MOST_STEADY_G and not too_small:
        return None
    perhaps = f": {meant[0]}?" if meant else ""
    return _told(f"its steady part measures {steady_g:.3g} g, and gravity is 1 g") + perhaps


def _told(what: str) -> str:
    return f"{what}; see whether its unit is right"


def caution_of(classifier: Classifier, found: Array, unit: str, n_channels: int) -> str | None:
    """Return all that makes answers worth less than they say, or None."""
    doubt = unit_doubt(found, classifier.card.modality, unit, n_channels)
    told = [each for each in (classifier.caution(n_channels), doubt) if each]
    return "; ".join(told) or None
