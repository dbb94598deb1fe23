"""Hands of people with parkinsonian or essential tremor or dyskinesia: inertial unit at 20 Hz.

The label belongs to the whole recording: some of those of tremor hardly show any. Its spans have
the stand-in names ``tremor_recording`` and ``dyskinesia`` and say nothing about single windows.
There is no key to persons; one day is one group. Strong tremor clips the accelerometer at 2 g.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from features import Recording
from training.datasets.labelled import LabelledRecording, Span
from training.datasets.real.files import check_shape, read_matlab, read_table
from training.datasets.real.stand_ins import DYSKINESIA, TREMOR_RECORDING
from training.datasets.source import Source

NAME = "imu-pd-et-dyskinesia-20hz"
RATE_HZ = 20.0

_COLUMNS = ("file", "disorder", "task", "side")
_AXES = ("x", "y", "z")
_DATE_LENGTH = len("05_Feb_2020")


def read(folder: Path) -> Iterator[LabelledRecording]:
    """Read each file as two recordings, one of the accelerometer and one of the gyroscope."""
    for row in read_table(folder / "labels.csv", _COLUMNS).itertuples():
        path = folder / str(row.file)
        samples = np.asarray(read_matlab(path, "IMUData"), dtype=np.float64)
        check_shape(samples, (None, 9), path)
        gyroscope = Recording(
            samples[:, 0:3].T,
            sampling_rate_hz=RATE_HZ,
            modality="gyroscope",
            unit="rad/s",
            channel_names=_AXES,
        )
        accelerometer = Recording(
            samples[:, 3:6].T,
            sampling_rate_hz=RATE_HZ,
            modality="accelerometer",
            unit="g",
            channel_names=_AXES,
        )
        label = DYSKINESIA if row.disorder == "dyskinesia" else TREMOR_RECORDING
        for recording in (accelerometer, gyroscope):
            yield LabelledRecording(
                id=f"{path.stem}/{recording.modality}",
                recording=recording,
                spans=(Span(0.0, recording.duration_s, label),),
                group=f"{NAME}/{path.name[:_DATE_LENGTH]}",
                site="hospital in rio de janeiro, wireless inertial unit",
                source=NAME,
                details={
                    "recording_label": "dyskinesia" if label == DYSKINESIA else "tremor",
                    "disorder": str(row.disorder),
                    "task": str(row.task),
                    "side": str(row.side),
                },
            )


SOURCE = Source(
    name=NAME,
    title="Hand with parkinsonian tremor, essential tremor or dyskinesia, accelerometer, gyroscope",
    modalities=("accelerometer", "gyroscope"),
    kind="real",
    licence="none stated",
    for_training=False,
    reason="no licence; labels are of whole recordings, and persons cannot be told apart",
    read=read,
)
