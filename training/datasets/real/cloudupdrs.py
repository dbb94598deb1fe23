"""A phone during the motor examination of one person with Parkinson's disease: 100 Hz.

Leg agility and pronation-supination are voluntary movement at the rate of a tremor. The tremor
tasks have stand-in names: an examiner found slight tremor in some of them, and in which seconds is
not known. The phone is picked up and put down at both ends, so that 3 s at each are left out.
"""

from collections.abc import Iterator
from pathlib import Path

from features import Recording
from training.datasets.labelled import LabelledRecording, Span
from training.datasets.real.files import read_numbers, read_table
from training.datasets.real.stand_ins import (
    KINETIC_TREMOR_TASK,
    POSTURAL_TREMOR_TASK,
    REST_TREMOR_TASK,
)
from training.datasets.real.timing import on_regular_grid
from training.datasets.source import Source

NAME = "cloudupdrs-phone-accel-100hz"
RATE_HZ = 100.0
HANDLING_S = 3.0

TASKS = {
    "leg_agility": "voluntary",
    "pronation_supination": "voluntary",
    "rest_tremor_amplitude": REST_TREMOR_TASK,
    "postural_tremor_of_the_hands": POSTURAL_TREMOR_TASK,
    "kinetic_tremor_of_hands": KINETIC_TREMOR_TASK,
}

_COLUMNS = ("file", "subject", "task", "side", "limb", "peak_hz_2_12")
_N_COLUMNS = 5
_NANOSECONDS = 1e-9


def read(folder: Path) -> Iterator[LabelledRecording]:
    """Read each task as a recording in m/s^2."""
    for row in read_table(folder / "labels.csv", _COLUMNS).itertuples():
        path = folder / str(row.file)
        columns = read_numbers(path, _N_COLUMNS, delimiter=",")
        recording = Recording(
            on_regular_grid(columns[:, 0] * _NANOSECONDS, columns[:, 1:4], RATE_HZ, path),
            sampling_rate_hz=RATE_HZ,
            modality="accelerometer",
            unit="m/s^2",
            channel_names=("x", "y", "z"),
        )
        yield LabelledRecording(
            id=f"{row.subject}/{row.task}/{row.side}_{row.limb}",
            recording=recording,
            spans=(Span(HANDLING_S, recording.duration_s - HANDLING_S, TASKS[str(row.task)]),),
            group=f"{NAME}/{row.subject}",
            site="london, smartphone",
            source=NAME,
            details={
                "task": str(row.task),
                "side": str(row.side),
                "limb": str(row.limb),
                "peak_hz": float(str(row.peak_hz_2_12)),
            },
        )


SOURCE = Source(
    name=NAME,
    title="Motor examination of Parkinson's disease with a phone, accelerometer",
    modalities=("accelerometer",),
    kind="real",
    licence="MIT (repository)",
    for_training=True,
    reason="licence allows it; the two voluntary tasks are known by protocol; one person only",
    read=read,
)
