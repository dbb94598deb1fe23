"""Feature: a stateless function with its name, unit, degree and version, declared in one place."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from features.modality import MODALITIES, Modality
from features.signals import Signals
from features.spec import FeatureSpec

Array = NDArray[np.float64]

ALL: tuple[Modality, ...] = get_args(Modality)
MOTION: tuple[Modality, ...] = ("accelerometer", "gyroscope")
EMG: tuple[Modality, ...] = ("emg",)


@dataclass(frozen=True, eq=False)
class Feature:
    """One entry of the catalogue.

    Attributes
    ----------
    name : str
        The function's name; its columns are ``name``, or ``name__argument``.
    title : str
        What a person reads in an explanation.
    unit : str
        ``{signal}`` stands for the unit of the signal.
    degree : int
        Multiplying the signal by k multiplies the value by k to this power.
    version : int
        Raised when values change; part of the fingerprint.
    modalities : tuple of str
    argument : str or None
        Name of the mapping in the spec whose keys give one column each.
    needs : tuple of str
        Attributes of :class:`features.signals.Signals` that the function is called with.
    """

    name: str
    title: str
    unit: str
    degree: int
    version: int
    modalities: tuple[Modality, ...]
    argument: str | None
    needs: tuple[str, ...]
    function: Callable[..., Array]
    definition: str

    def columns(self, spec: FeatureSpec) -> tuple[str, ...]:
        """Return the names of the columns that this feature has under a spec."""
        if self.argument is None:
            return (self.name,)
        return tuple(f"{self.name}__{key}" for key in getattr(spec, self.argument))

    def signal_unit(self, modality: Modality) -> str:
        """Return the unit of the values for one modality."""
        return self.unit.replace("{signal}", MODALITIES[modality].unit)

    def compute(self, signals: Signals) -> Array:
        """Return the values, shape (n_windows, n_columns)."""
        inputs = [getattr(signals, need) for need in self.needs]
        if self.argument is None:
            return self.function(*inputs)[:, None]
        arguments = getattr(signals.spec, self.argument).values()
        return np.stack([self.function(*inputs, argument) for argument in arguments], axis=1)


def feature(
    title: str,
    *,
    unit: str = "1",
    degree: int = 0,
    version: int = 1,
    modalities: tuple[Modality, ...] = ALL,
    argument: str | None = None,
) -> Callable[[Callable[..., Array]], Feature]:
    """Declare a feature: its parameters name the signals that it needs.

    With ``argument``, the name of a mapping in the spec, the last parameter takes one value of it.
    """

    def declare(function: Callable[..., Array]) -> Feature:
        parameters = tuple(inspect.signature(function).parameters)
        return Feature(
            name=function.__name__,
            title=title,
            unit=unit,
            degree=degree,
            version=version,
            modalities=modalities,
            argument=argument,
            needs=parameters if argument is None else parameters[:-1],
            function=function,
            definition=inspect.cleandoc(function.__doc__ or ""),
        )

    return declare


def ratio(numerator: Array, denominator: Array) -> Array:
    """Divide, giving NaN where the denominator is zero or anything is undefined."""
    result = np.full(np.broadcast(numerator, denominator).shape, np.nan)
    np.divide(numerator, denominator, out=result, where=np.asarray(denominator) > 0)
    return result
