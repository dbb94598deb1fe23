"""Windows: a batch of equally long pieces of signal, the input of everything else.

Samples, rate, modality and unit are checked here, once; what has been built can be relied upon.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from features.errors import SignalError
from features.modality import MODALITIES, RELATIVE, Modality, check_modality, check_unit

Samples = NDArray[np.floating[Any]]

LARGEST_RATE_HZ = 200_000.0
"""Nothing of a muscle or a limb needs more, and what is worked on grows with the rate."""

LARGEST = 1e30
"""Larger values are no signal; up to here fourth powers of a converted window are still finite."""


@dataclass(frozen=True, eq=False)
class Windows:
    """A batch of windows of one modality, rate and unit.

    Parameters
    ----------
    samples : array_like, shape (n_windows, n_channels, n_samples)
        Finite values, or NaN where the recording has a gap. Kept in single precision when given so,
        else in double. The array is made read-only, not copied when it need not be.
    sampling_rate_hz : float > 0
    modality : {"emg", "accelerometer", "gyroscope"}
    unit : str
        A unit of the modality, see :data:`features.modality.MODALITIES`.

    Raises
    ------
    SignalError
        Naming what was given and what is needed.
    """

    samples: Samples
    sampling_rate_hz: float
    modality: Modality
    unit: str

    def __init__(
        self, samples: ArrayLike, *, sampling_rate_hz: float, modality: str, unit: str
    ) -> None:
        checked_modality = check_modality(modality)
        set_field = object.__setattr__
        set_field(self, "modality", checked_modality)
        set_field(self, "unit", check_unit(unit, checked_modality))
        set_field(self, "sampling_rate_hz", check_rate(sampling_rate_hz, checked_modality))
        array = check_samples(
            samples, dimensions=("n_windows", "n_channels", "n_samples"), name="windows"
        )
        check_channels(array.shape[1], checked_modality)
        set_field(self, "samples", array)

    def __len__(self) -> int:
        return int(self.samples.shape[0])

    def __getitem__(self, index: slice | NDArray[np.intp] | NDArray[np.bool_]) -> "Windows":
        """Return the chosen windows as a batch of their own."""
        return Windows(
            self.samples[index],
            sampling_rate_hz=self.sampling_rate_hz,
            modality=self.modality,
            unit=self.unit,
        )

    @property
    def n_channels(self) -> int:
        """Channels of each window."""
        return int(self.samples.shape[1])

    @property
    def duration_s(self) -> float:
        """Length of each window in seconds."""
        return float(self.samples.shape[2] / self.sampling_rate_hz)

    @property
    def unit_factor(self) -> float:
        """What the samples are multiplied by to come into the modality's own unit."""
        return MODALITIES[self.modality].factors[self.unit]

    @property
    def scale_is_known(self) -> bool:
        """Whether the size of the signal means anything."""
        return self.unit != RELATIVE


def check_rate(sampling_rate_hz: float, modality: Modality) -> float:
    """Return the rate as a float, or say which rates the modality can be used at."""
    traits = MODALITIES[modality]
    try:
        rate = float(sampling_rate_hz)
    except (TypeError, ValueError, OverflowError):
        rate = math.nan
    if not math.isfinite(rate) or rate <= 0:
        raise SignalError(
            f"sampling_rate_hz is {sampling_rate_hz!r}; it must be a positive number of hertz"
        )
    if rate < traits.minimum_rate_hz:
        raise SignalError(
            f"sampling_rate_hz is {rate:g}; {modality} needs at least {traits.minimum_rate_hz:g} Hz"
        )
    if rate > LARGEST_RATE_HZ:
        raise SignalError(
            f"sampling_rate_hz is {rate:g}; up to {LARGEST_RATE_HZ:g} Hz can be used (if it comes"
            " from a column of times, see whether their unit is right)"
        )
    return rate


def check_samples(samples: ArrayLike, dimensions: tuple[str, ...], name: str) -> Samples:
    """Return samples as a read-only float array of the given dimensions, or say what is wrong."""
    try:
        array = np.asarray(samples)
    except ValueError as error:
        raise SignalError(
            f"{name}: channels differ in length; they must be equally long"
        ) from error
    if array.dtype.kind not in "iuf":
        raise SignalError(f"{name}: samples must be numbers, not {array.dtype.name}")
    if array.dtype not in (np.float32, np.float64):
        array = array.astype(np.float64)
    if array.ndim != len(dimensions):
        raise SignalError(
            f"{name}: samples have shape {array.shape}; they must be ({', '.join(dimensions)})"
        )
    if 0 in array.shape[1:]:
        raise SignalError(f"{name}: samples are empty (shape {array.shape})")
    if (np.abs(array) > LARGEST).any():
        raise SignalError(
            f"{name}: samples hold an infinite value or one beyond {LARGEST:g}; use NaN for a gap"
        )
    view = array.view()
    view.flags.writeable = False
    return view


def check_channels(n_channels: int, modality: Modality) -> None:
    """Say how many channels a window of the modality may have, if it has too many."""
    allowed = MODALITIES[modality].max_channels
    if n_channels > allowed:
        wanted = "one channel" if allowed == 1 else f"one to {allowed} axes"
        raise SignalError(
            f"a window of {modality} has {n_channels} channels; it must have {wanted}"
        )
