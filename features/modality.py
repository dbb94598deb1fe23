"""The three kinds of signal, the units each may come in, and the rates each is worked at."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, get_args

from features.errors import SignalError

Modality = Literal["emg", "accelerometer", "gyroscope"]

RELATIVE: Final = "relative"
"""The unit of a surface EMG whose gain is unknown: shape and rhythm can be used, size cannot."""

STANDARD_GRAVITY_M_S2: Final = 9.80665
DEGREES_PER_RADIAN: Final = 57.29577951308232


@dataclass(frozen=True)
class ModalityTraits:
    """What is fixed about a modality, whatever the model."""

    unit: str
    """Unit that every value is converted to before anything is computed."""
    factors: Mapping[str, float]
    """Accepted unit → factor that converts it to :attr:`unit`."""
    rate_hz: float
    """Canonical sampling rate: other rates are resampled to it."""
    minimum_rate_hz: float
    """Signals sampled more slowly are refused."""
    max_channels: int


MODALITIES: Final[Mapping[Modality, ModalityTraits]] = MappingProxyType(
    {
        "emg": ModalityTraits(
            unit="uV",
            factors=MappingProxyType({"uV": 1.0, "mV": 1e3, "V": 1e6, RELATIVE: 1.0}),
            rate_hz=1000.0,
            minimum_rate_hz=500.0,
            max_channels=1,
        ),
        "accelerometer": ModalityTraits(
            unit="g",
            factors=MappingProxyType({"g": 1.0, "mg": 1e-3, "m/s^2": 1.0 / STANDARD_GRAVITY_M_S2}),
            rate_hz=100.0,
            minimum_rate_hz=20.0,
            max_channels=3,
        ),
        "gyroscope": ModalityTraits(
            unit="deg/s",
            factors=MappingProxyType({"deg/s": 1.0, "rad/s": DEGREES_PER_RADIAN}),
            rate_hz=100.0,
            minimum_rate_hz=20.0,
            max_channels=3,
        ),
    }
)

_SPELLINGS: Final = {
    "µV": "uV",  # micro sign
    "μV": "uV",  # Greek mu
    "ÂµV": "uV",  # both once more, as UTF-8 that was read as Latin-1
    "Î¼V": "uV",
    "uv": "uV",
    "microvolt": "uV",
    "microvolts": "uV",
    "mv": "mV",
    "millivolt": "mV",
    "millivolts": "mV",
    "G": "g",
    "m/s2": "m/s^2",
    "m/s²": "m/s^2",
    "dps": "deg/s",
    "°/s": "deg/s",
    "deg/sec": "deg/s",
    "degrees/s": "deg/s",
    "rad/sec": "rad/s",
}


def check_modality(modality: str) -> Modality:
    """Return the modality as its literal type, or say which ones there are."""
    for known in get_args(Modality):
        if modality == known:
            return known  # type: ignore[no-any-return]  # get_args is untyped
    known_names = ", ".join(get_args(Modality))
    raise SignalError(f"modality is {modality!r}; it must be one of {known_names}")


def check_unit(unit: str, modality: Modality) -> str:
    """Return the unit in its one spelling, or say which units the modality has."""
    spelled = _SPELLINGS.get(unit, unit)
    factors = MODALITIES[modality].factors
    if spelled not in factors:
        raise SignalError(
            f"unit is {unit!r}, which is not a unit of {modality}; use one of {', '.join(factors)}"
        )
    return spelled
