"""PADS: two watches during a neurological examination of 469 people, 100 Hz.

Layout, as published: ``patients/patient_001.json`` says what a person has,
``movement/observation_001.json`` which tasks were recorded and in which columns and units, and
``movement/timeseries/001_Relaxed_LeftWrist.txt`` holds the columns, separated by commas, without a
header. The watch gives acceleration without gravity.

No stretch of it is labelled. What can be defended of a healthy person: in a task of rest, a wrist
that does not move is at ``rest``; in a task of movement, a wrist that moves does so on purpose,
whichever hand the task is for. What moves at rest, or keeps still in a movement, is ``unclear``.
Patients, and outstretched arms, have names of their own: who trembles, and when, is not known. Of
the last task (entrainment to a rhythm) nothing is known about the wrists, and it is left out.
"""

from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel

from features import Modality, Recording, SignalError
from serving.recordings import SignalMapping, read_recording
from training.datasets.labelled import UNCLEAR, LabelledRecording, Span
from training.datasets.real.files import found, opened
from training.datasets.real.movement import deviation, voluntary_spans
from training.datasets.real.stand_ins import (
    KINETIC_TREMOR_TASK,
    POSTURAL_TREMOR_TASK,
    REST_TREMOR_TASK,
)
from training.datasets.real.stretches import runs, without_short_runs
from training.datasets.source import Source

NAME = "pads"
RATE_HZ = 100.0
HEALTHY = "Healthy"
HELD_POSTURE: Final = "held_posture"
"""Arms that a healthy person holds out: neither rest nor movement."""

REST = ("Relaxed", "RelaxedTask")
POSTURE = ("StretchHold", "LiftHold", "HoldWeight")
MOVEMENT = ("PointFinger", "DrinkGlas", "CrossArms", "TouchIndex", "TouchNose")
LEFT_OUT = ("Entrainment",)

SENSORS: Final[Mapping[Modality, str]] = {
    "accelerometer": "Accelerometer",
    "gyroscope": "Gyroscope",
}
STILL_BELOW: Final[Mapping[Modality, float]] = {"accelerometer": 0.03, "gyroscope": 0.2}
"""In g and rad/s: what a wrist at rest stays below, several times the noise of the watch."""

_START_S = 0.5
"""The authors' own preprocessing leaves out the beginning of each task, too."""
_RATE_TOLERANCE = 0.01
_SMOOTHING_S = 0.5
_SHORTEST_S = 0.3


class Patient(BaseModel):
    """What is used of ``patient_001.json``."""

    condition: str


class Wrist(BaseModel):
    """One watch in one task: its file, and what the columns of the file are."""

    device_location: str
    channels: tuple[str, ...]
    units: tuple[str, ...]
    file_name: str


class Task(BaseModel):
    """One task of the examination."""

    record_name: str
    records: tuple[Wrist, ...]


class Observation(BaseModel):
    """What is used of ``observation_001.json``."""

    subject_id: str
    device_id: str
    session: tuple[Task, ...]


_M = TypeVar("_M", bound=BaseModel)


def read(folder: Path) -> Iterator[LabelledRecording]:
    """Read each task, wrist and sensor as a recording."""
    for path in found(folder, "movement/observation_*.json"):
        observation = _json(path, Observation)
        person = observation.subject_id
        patient = _json(folder / "patients" / f"patient_{person}.json", Patient)
        for task in observation.session:
            if task.record_name in LEFT_OUT:
                continue
            if task.record_name not in REST + POSTURE + MOVEMENT:
                raise SignalError(f"{path} names the task {task.record_name!r}, which is not known")
            for wrist, modality in product(task.records, SENSORS):
                recording = _recording(folder / "movement", wrist, modality)
                healthy = patient.condition == HEALTHY
                yield LabelledRecording(
                    id=f"{person}/{task.record_name}/{wrist.device_location}/{modality}",
                    recording=recording,
                    spans=_spans(recording, task.record_name, healthy=healthy),
                    group=f"{NAME}/{person}",
                    site=f"muenster, {observation.device_id}",
                    source=NAME,
                    details={"condition": patient.condition, "task": task.record_name},
                )


def _json(path: Path, model: type[_M]) -> _M:
    with opened(path):
        return model.model_validate_json(path.read_text(encoding="utf-8"))


def _recording(folder: Path, wrist: Wrist, modality: Modality) -> Recording:
    """Read the axes of one sensor; the times beside them jitter about 100 Hz."""
    path = folder / wrist.file_name
    axes = [n for n, name in enumerate(wrist.channels) if name.startswith(SENSORS[modality])]
    if wrist.channels[:1] != ("Time",) or not axes or len(wrist.units) != len(wrist.channels):
        raise SignalError(f"{path} has the columns {', '.join(wrist.channels)}, not time and axes")
    timed = read_recording(
        path,
        SignalMapping(
            modality=modality,
            unit=wrist.units[axes[0]],
            time_column=0,
            time_unit="s",
            columns=tuple(axes),
        ),
    )
    if abs(timed.sampling_rate_hz / RATE_HZ - 1) > _RATE_TOLERANCE:
        raise SignalError(f"{path} is sampled at {timed.sampling_rate_hz:g} Hz, not {RATE_HZ:g} Hz")
    # One rate for all: the clocks of the watches differ from 100 Hz by less than matters.
    return Recording(
        timed.samples,
        sampling_rate_hz=RATE_HZ,
        modality=modality,
        unit=timed.unit,
        channel_names=("x", "y", "z"),
    )


def _spans(recording: Recording, task: str, *, healthy: bool) -> tuple[Span, ...]:
    still_below = STILL_BELOW[recording.modality]
    whole = (_START_S, recording.duration_s)
    if task in POSTURE:
        return (Span(*whole, HELD_POSTURE if healthy else POSTURAL_TREMOR_TASK),)
    if task in REST:
        if not healthy:
            return (Span(*whole, REST_TREMOR_TASK),)
        return _after_start(_rest_spans(recording, still_below))
    if not healthy:
        return (Span(*whole, KINETIC_TREMOR_TASK),)
    return _after_start(voluntary_spans(recording, still_below))


def _rest_spans(recording: Recording, still_below: float) -> tuple[Span, ...]:
    """Return ``rest`` where a recording at rest does not move, ``unclear`` where it does."""
    rate = recording.sampling_rate_hz
    moving = deviation(recording.samples, round(_SMOOTHING_S * rate)) >= still_below
    still = without_short_runs(~moving, round(_SHORTEST_S * rate))
    spans = [Span(float(a / rate), float(b / rate), "rest") for a, b in runs(still)]
    spans += [Span(float(a / rate), float(b / rate), UNCLEAR) for a, b in runs(~still)]
    return tuple(sorted(spans, key=lambda span: span.start_s))


def _after_start(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    return tuple(
        Span(max(span.start_s, _START_S), span.end_s, span.label)
        for span in spans
        if span.end_s > _START_S
    )


SOURCE = Source(
    name=NAME,
    title="Parkinson's disease smartwatch (PADS), examination with two watches",
    modalities=("accelerometer", "gyroscope"),
    kind="real",
    licence="CC BY-NC-SA 4.0",
    for_training=False,
    reason="non-commercial; no stretch is labelled, so only healthy people's rest and movement are",
    read=read,
    where="PhysioNet, doi 10.13026/m0w9-zx22",
)
