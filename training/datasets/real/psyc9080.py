"""Recordings of a university course: surface EMG of a hand muscle and of the biceps, 1 kHz.

``FDI-1`` is rest, moderate contraction, rest; the table beside the data has the edges. ``Carl_1``
bends the elbow with a weight all along; ``Carl_2`` holds one, from when it is lifted until it is
put down. Their further columns, a goniometer at a lower rate, are not read.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from features import RELATIVE, Recording
from training.datasets.labelled import LabelledRecording, Span
from training.datasets.real.files import Array, opened, read_table
from training.datasets.source import Source

NAME = "psyc9080-semg-1000hz"
RATE_HZ = 1000.0
MUSCLES = {"FDI-1.txt": "first dorsal interosseous", "Carl_1.txt": "biceps", "Carl_2.txt": "biceps"}
HOLDING_S = {"Carl_1.txt": (0.0, np.inf), "Carl_2.txt": (6.5, 65.0)}
"""Seconds of effort where the table has none."""


def read(folder: Path) -> Iterator[LabelledRecording]:
    """Read each recording."""
    segments = read_table(folder / "segments.csv", ("file", "start_s", "end_s", "label"))
    for name, muscle in MUSCLES.items():
        recording = Recording(
            _counts(folder / name)[None],
            sampling_rate_hz=RATE_HZ,
            modality="emg",
            unit=RELATIVE,
            channel_names=(muscle,),
        )
        spans = tuple(
            Span(float(str(row.start_s)), float(str(row.end_s)), str(row.label))
            for row in segments[segments["file"] == name].itertuples()
        )
        if name in HOLDING_S:
            start_s, end_s = HOLDING_S[name]
            spans = (Span(start_s, min(end_s, recording.duration_s), "voluntary"),)
        person = name.removesuffix(".txt").split("_")[0].split("-")[0]
        yield LabelledRecording(
            id=name.removesuffix(".txt"),
            recording=recording,
            spans=spans,
            group=f"{NAME}/{person}",
            site="university course",
            source=NAME,
            details={"muscle": muscle},
        )


def _counts(path: Path) -> Array:
    """Return the first column; the others end earlier."""
    with opened(path):
        table = pd.read_csv(path, sep="\t", header=None, usecols=[0])
        counts: Array = table[0].dropna().to_numpy(dtype=np.float64)
        return counts


SOURCE = Source(
    name=NAME,
    title="Rest and contraction of hand and arm, surface EMG",
    modalities=("emg",),
    kind="real",
    licence="none stated",
    for_training=False,
    reason="no licence",
    read=read,
)
