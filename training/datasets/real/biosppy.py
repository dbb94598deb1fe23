"""Two example recordings of a signal library: surface EMG in counts, 1 kHz.

Muscle and person are unknown, and what is active was found by amplitude. ``emg.txt`` barely rises
above the step of its converter: its rest is a hard case of rest, its activity ``unclear``.
"""

from collections.abc import Iterator
from pathlib import Path

from features import RELATIVE, Recording
from training.datasets.labelled import UNCLEAR, LabelledRecording, Span
from training.datasets.real.files import read_numbers, read_table
from training.datasets.source import Source

NAME = "biosppy-semg-1000hz"
RATE_HZ = 1000.0
ACTIVE = {"emg.txt": UNCLEAR, "emg_1.txt": "voluntary"}


def read(folder: Path) -> Iterator[LabelledRecording]:
    """Read both recordings."""
    segments = read_table(folder / "segments.csv", ("file", "start_s", "end_s", "label"))
    for name, active in ACTIVE.items():
        recording = Recording(
            read_numbers(folder / name, 1, comment="#").T,
            sampling_rate_hz=RATE_HZ,
            modality="emg",
            unit=RELATIVE,
        )
        yield LabelledRecording(
            id=name.removesuffix(".txt"),
            recording=recording,
            spans=tuple(
                Span(
                    float(str(row.start_s)),
                    float(str(row.end_s)),
                    active if row.label == "active" else "rest",
                )
                for row in segments[segments["file"] == name].itertuples()
            ),
            group=f"{NAME}/{name.removesuffix('.txt')}",
            site="bitalino, 12 bit",
            source=NAME,
        )


SOURCE = Source(
    name=NAME,
    title="Rest and short contractions, surface EMG",
    modalities=("emg",),
    kind="real",
    licence="BSD-3",
    for_training=False,
    reason="labels come from the amplitude alone: person, muscle and protocol are unknown",
    read=read,
)
