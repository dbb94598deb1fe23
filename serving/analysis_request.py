"""Requests for a record: a recording as JSON, or as a file with fields beside it."""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import BeforeValidator, ConfigDict, Field, Json, model_validator

from features import Recording, SignalError, check_unit
from features.windows import check_rate
from serving.analysis.report import RecordingReport
from serving.formats.limits import Limits
from serving.formats.mapping import SignalMapping, TimeUnit, columns_of
from serving.formats.start_time import StartTime
from serving.requests import AnyModality, AnyRate, AnyUnit, Body, samples_of

RECORDING_LIMITS = Limits()
"""How long a recording may be, and how many channels it may have, however it is sent."""

Extra = Literal["windows", "why", "trace"]
"""What a record holds only when it is asked for."""

_SAMPLES_SCHEMA: dict[str, Any] = {
    "type": "array",
    "items": {"type": "array", "items": {"type": ["number", "null"]}},
    "description": "channels x samples; null is a missing sample; one channel may be a flat list",
}


def _place(value: object) -> object:
    """See that a value names something, or says its number."""
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise ValueError("must be a name, or a number from 0")
    return value


Place = Annotated[str | int, BeforeValidator(_place)]


class RecordingBody(Body):
    """A recording of one modality, of any length."""

    modality: AnyModality
    unit: AnyUnit
    sampling_rate_hz: AnyRate
    samples: Annotated[
        Any,
        BeforeValidator(partial(samples_of, gaps=True)),
        Field(json_schema_extra=_SAMPLES_SCHEMA),
    ]
    start_time: StartTime = Field(default=None, description="of the first sample")
    channel_names: tuple[str, ...] | None = Field(default=None, description="one a channel")

    @model_validator(mode="after")
    def _check_signal(self) -> Self:
        try:
            check_unit(self.unit, self.modality)
            check_rate(self.sampling_rate_hz, self.modality)
        except SignalError as error:
            raise ValueError(str(error)) from None
        n_channels, n_samples = self.samples.shape
        most = RECORDING_LIMITS
        if n_channels > most.channels:
            raise ValueError(
                f"samples have {n_channels} channels; up to {most.channels} are analysed at once"
            )
        if n_samples / self.sampling_rate_hz > most.duration_s:
            raise ValueError(
                f"it lasts over {most.duration_s:g} s, the longest that is analysed; send parts"
            )
        names = self.channel_names
        if names is not None and len(names) != n_channels:
            raise ValueError(f"{len(names)} channel names were given for {n_channels} channels")
        return self

    def recording(self) -> Recording:
        """Return what was sent as a recording."""
        return Recording(
            self.samples,
            sampling_rate_hz=self.sampling_rate_hz,
            modality=self.modality,
            unit=self.unit,
            channel_names=self.channel_names,
            start_time=self.start_time,
        )


class AnalysisOptions(Body):
    """What is wanted of a record."""

    hop_s: float = Field(
        default=1.0,
        ge=0.1,
        le=4.0,
        description="from window to window, which is the resolution of the timeline",
    )
    channel: Place | None = Field(
        default=None,
        description="name, or number from 0 where none has that name; emg only, where each is"
        " judged by itself",
    )
    from_s: float | None = Field(default=None, ge=0, description="where to begin")
    to_s: float | None = Field(default=None, gt=0, description="where to end")
    include: tuple[Extra, ...] = Field(
        default=(),
        description="windows: their answers one by one; why: what these rest on; trace: the signal"
        " as a picture shows it",
    )
    earlier: RecordingReport | None = Field(
        default=None, description="a record of the same subject to compare with"
    )


def _wave(rate_hz: float, duration_s: float) -> list[float]:
    """Return a rhythm of 5 Hz that begins after four seconds."""
    times = np.arange(round(duration_s * rate_hz)) / rate_hz
    wave = 0.2 * np.sin(2 * np.pi * 5 * times) * (times >= 4)
    return [round(float(sample), 3) for sample in wave]


EXAMPLE: dict[str, Any] = {
    "recording": {
        "modality": "accelerometer",
        "unit": "g",
        "sampling_rate_hz": 25.0,
        "samples": [_wave(25.0, 12.0), [0.0] * 300, [1.0] * 300],
        "start_time": "2024-05-01T10:00:00",
    },
    "options": {"hop_s": 1.0},
}
"""Twelve seconds of an accelerometer; still at first."""


class AnalyzeRequest(Body):
    """A recording, and what is wanted of its record."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE})

    recording: RecordingBody
    options: AnalysisOptions = AnalysisOptions()


_PLACES = ("time_column", "channel")
_BY_NUMBER = re.compile(r"\[(\d{1,9})\]")
"""How a form says a number that is no name, whatever names there are."""


class UploadForm(AnalysisOptions):
    """Fields beside an uploaded file; what the file itself says may be left out."""

    modality: AnyModality
    unit: AnyUnit | None = None
    sampling_rate_hz: float | None = Field(
        default=None, description="of a table, unless a column holds the time of each row"
    )
    columns: tuple[Place, ...] | None = Field(
        default=None,
        description="the channels, by name, or number from 0 where no column has that name, joined"
        " by commas; or a list in JSON, in which texts are names and whole numbers count from 0:"
        ' ["EMG, left", 2]',
    )
    time_column: Place | None = Field(
        default=None,
        description="the column with the time of each row, by name, or number from 0 where no"
        " column has that name; [0] is the first whatever the names are, as it is for channel",
    )
    time_unit: TimeUnit | None = None
    start_time: StartTime = Field(default=None, description="of the first sample")
    earlier: Json[RecordingReport] | None = Field(
        default=None, description="a record of the same subject to compare with, as JSON"
    )

    @model_validator(mode="before")
    @classmethod
    def _of_texts(cls, fields: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        """Give each field the shape that its text stands for; an empty one was not filled in."""
        return {name: _meant(name, texts) for name, texts in fields.items() if any(texts)}

    def mapping(self) -> SignalMapping:
        """Return how the file is to be read."""
        return SignalMapping(
            modality=self.modality,
            unit=self.unit,
            sampling_rate_hz=self.sampling_rate_hz,
            time_column=self.time_column,
            time_unit=self.time_unit,
            columns=self.columns,
            start_time=self.start_time,
        )


def _meant(name: str, texts: Sequence[str]) -> object:
    if name == "columns":
        return tuple(part for text in texts for part in columns_of(text))
    if name == "include":
        return tuple(part.strip() for text in texts for part in text.split(","))
    if len(texts) > 1:
        raise ValueError(f"the field {name[:60]!r} is there {len(texts)} times; give it once")
    number = _BY_NUMBER.fullmatch(texts[0]) if name in _PLACES else None
    return int(number[1]) if number else texts[0]
