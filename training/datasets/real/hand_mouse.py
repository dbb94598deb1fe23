"""An inertial unit on a computer mouse during a pointing task: about 64 Hz.

Participant 1 says that the hand never trembles: ``voluntary`` where it moves. Participants 39, 42
and 44 report tremor, always or at times; of the others nothing is known. Both have stand-in names.
Accelerations are rounded to 0.01 g, which hides most movements of a mouse.
"""

from collections.abc import Iterator
from pathlib import Path

from features import Modality, Recording
from training.datasets.labelled import LabelledRecording, Span
from training.datasets.real.files import read_table
from training.datasets.real.movement import voluntary_spans
from training.datasets.real.stand_ins import POINTING_UNKNOWN, TREMOR_OVER_VOLUNTARY
from training.datasets.real.timing import on_regular_grid
from training.datasets.source import Source

NAME = "hand-mouse-imu-64hz"
RATE_HZ = 64.0

_SENSORS: tuple[tuple[Modality, str, tuple[str, ...], float], ...] = (
    ("accelerometer", "g", ("AccX", "AccY", "AccZ"), 0.008),
    ("gyroscope", "deg/s", ("GyroX", "GyroY", "GyroZ"), 0.4),
)
"""Modality, unit, columns, and the deviation within half a second that is no more than noise."""


def read(folder: Path) -> Iterator[LabelledRecording]:
    """Read each participant as two recordings, of the accelerometer and of the gyroscope."""
    labels = read_table(folder / "labels.csv", ("file", "participant", "tremor_statement"))
    for row in labels.itertuples():
        path = folder / str(row.file)
        columns = [name for _, _, names, _ in _SENSORS for name in names]
        table = read_table(path, ("Timestamp", *columns))
        grid = on_regular_grid(
            table["Timestamp"].to_numpy(dtype=float),
            table[columns].to_numpy(dtype=float),
            RATE_HZ,
            path,
        )
        for index, (modality, unit, names, still_below) in enumerate(_SENSORS):
            recording = Recording(
                grid[3 * index : 3 * index + 3],
                sampling_rate_hz=RATE_HZ,
                modality=modality,
                unit=unit,
                channel_names=names,
            )
            yield LabelledRecording(
                id=f"participant{row.participant}/{modality}",
                recording=recording,
                spans=_spans(recording, str(row.tremor_statement), still_below),
                group=f"{NAME}/{row.participant}",
                site="inertial unit on a mouse",
                source=NAME,
                details={"tremor_statement": str(row.tremor_statement)},
            )


def _spans(recording: Recording, statement: str, still_below: float) -> tuple[Span, ...]:
    if statement.startswith("no tremor"):
        return voluntary_spans(recording, still_below)
    label = TREMOR_OVER_VOLUNTARY if statement.startswith("tremor") else POINTING_UNKNOWN
    return (Span(0.0, recording.duration_s, label),)


SOURCE = Source(
    name=NAME,
    title="Pointing with a mouse, with and without hand tremor, accelerometer and gyroscope",
    modalities=("accelerometer", "gyroscope"),
    kind="real",
    licence="MIT",
    for_training=True,
    reason="licence allows it; only the one participant who says that there is no tremor counts",
    read=read,
)
