"""Requests: what a caller may send. Whatever is wrong is said in one sentence, with its place."""

from typing import Annotated, Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    FailFast,
    Field,
    Strict,
    model_validator,
)

from features import MODALITIES, Modality, SignalError, check_modality, check_unit
from features.windows import LARGEST, check_rate

MOST_WINDOWS = 10_000
"""Windows in one request."""

MOST_EXPLAINED = 1_000
"""Windows in one request for explanations, which are long."""

WINDOW_S = 4.0
"""Length of a window; a shorter one is answered as undecided, a longer one is refused."""

_LONGEST_NAME = 20
"""Characters of the name of a modality or a unit."""


def _example(rate_hz: float) -> list[float]:
    times = np.arange(round(WINDOW_S * rate_hz)) / rate_hz
    return [round(float(0.2 * np.sin(2 * np.pi * 5 * t)), 3) for t in times]


EXAMPLE: dict[str, Any] = {
    "windows": [
        {
            "id": "w1",
            "modality": "accelerometer",
            "unit": "g",
            "sampling_rate_hz": 25.0,
            "samples": [_example(25.0), [0.0] * 100, [1.0] * 100],
        }
    ]
}
"""Four seconds of a rhythm of 5 Hz along one axis, gravity along another."""


class Body(BaseModel):
    """A part of a request: no unknown field, and no message repeats what was sent."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


def _modality(value: object) -> Modality:
    # Nothing long is repeated back: it may be samples in the wrong place.
    if not isinstance(value, str) or len(value) > _LONGEST_NAME:
        raise ValueError(f"must be one of {', '.join(MODALITIES)}")
    try:
        return check_modality(value)
    except SignalError as error:
        raise ValueError(str(error)) from None


def samples_of(value: object, *, gaps: bool = False) -> NDArray[np.float64]:
    """Return samples as an array (n_channels, n_samples); a flat list is one channel.

    Where there may be gaps, null is a missing sample.
    """
    if not isinstance(value, list) or not value:
        raise ValueError("must be a list of channels, each a list of numbers")
    nested = any(isinstance(channel, list) for channel in value)
    channels = value if nested else [value]
    for c, channel in enumerate(channels):
        _check_channel(channel, c, gaps=gaps)
    lengths = [len(channel) for channel in channels]
    if len(set(lengths)) > 1:
        told = ", ".join(str(length) for length in lengths)
        raise ValueError(f"channels differ in length ({told} samples); they must be equally long")
    try:
        array = np.array(channels, dtype=np.float64)
    except OverflowError:
        raise ValueError("a sample is too large for a number of double precision") from None
    bad = ~(np.abs(array) <= LARGEST)  # NaN as well
    if gaps:
        bad &= ~np.isnan(array)
    if bad.any():
        c, i = np.argwhere(bad)[0].tolist()
        raise ValueError(f"sample {i} of channel {c} is not a finite number of at most {LARGEST:g}")
    return array


def _check_channel(channel: object, c: int, *, gaps: bool) -> None:
    if not isinstance(channel, list):
        raise ValueError(  # noqa: TRY004  (pydantic tells of a ValueError, not of a TypeError)
            f"channel {c} is no list; each channel must be a list of numbers"
        )
    if not channel:
        raise ValueError(f"channel {c} is empty; it must hold at least one sample")
    allowed = {float, int, type(None)} if gaps else {float, int}
    if not set(map(type, channel)) <= allowed:
        i = next(i for i, sample in enumerate(channel) if type(sample) not in allowed)
        kind = {type(None): "null", str: "text", bool: "a truth value"}.get(type(channel[i]))
        raise ValueError(
            f"sample {i} of channel {c} is {kind or 'no number'}; samples must be numbers"
        )


_SAMPLES_SCHEMA: dict[str, Any] = {
    "type": "array",
    "items": {"type": "array", "items": {"type": "number"}},
    "description": "channels x samples, four seconds; one channel may be a flat list of numbers",
}


AnyModality = Annotated[Modality, BeforeValidator(_modality)]
AnyUnit = Annotated[
    str,
    Field(
        max_length=_LONGEST_NAME,
        description="emg: uV, mV, V or relative; accelerometer: g, mg or m/s^2;"
        " gyroscope: deg/s or rad/s",
    ),
]
AnyRate = Annotated[
    float,
    Strict(),
    Field(description="emg: at least 500; accelerometer and gyroscope: at least 20"),
]


class WindowBody(Body):
    """A window of signal: four seconds of one modality."""

    id: str = Field(min_length=1, max_length=200, description="your name for the window")
    modality: AnyModality
    unit: AnyUnit
    sampling_rate_hz: AnyRate
    samples: Annotated[Any, BeforeValidator(samples_of), Field(json_schema_extra=_SAMPLES_SCHEMA)]

    @model_validator(mode="after")
    def _check_signal(self) -> Self:
        n_channels, n_samples = self.samples.shape
        try:
            check_unit(self.unit, self.modality)
            rate = check_rate(self.sampling_rate_hz, self.modality)
        except SignalError as error:
            raise ValueError(str(error)) from None
        allowed = MODALITIES[self.modality].max_channels
        if n_channels > allowed:
            wanted = "one channel" if allowed == 1 else f"one to {allowed} axes"
            raise ValueError(
                f"samples have {n_channels} channels; a window of {self.modality} has {wanted}"
            )
        if n_samples > WINDOW_S * rate + 1:
            raise ValueError(
                f"the window lasts {n_samples / rate:.3g} s; a window lasts {WINDOW_S:g} s, post"
                " longer signals to /analyze"
            )
        return self


WindowBodies = Annotated[list[WindowBody], FailFast()]
"""What is wrong with the first bad window is told; the others are not looked at any more."""


class PredictRequest(Body):
    """Windows to be labelled, of any modalities, rates and units."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE})

    windows: WindowBodies = Field(min_length=1, max_length=MOST_WINDOWS)


class ExplainRequest(Body):
    """Windows whose answers are to be explained."""

    model_config = ConfigDict(json_schema_extra={"example": {**EXAMPLE, "most": 5}})

    windows: WindowBodies = Field(min_length=1, max_length=MOST_EXPLAINED)
    most: int = Field(default=10, ge=1, le=200, description="features to name, largest first")


class DescribeRequest(Body):
    """Nothing: everything that is served is described."""

    model_config = ConfigDict(json_schema_extra={"example": {}})
