"""Two recordings of a biceps from one maker of sensors: surface EMG in counts, 1 kHz.

``emg_bursts`` has nine contractions; their cores and the pauses come from the table beside the
data, found by amplitude. ``emg_fatigue`` is one contraction after another until fatigue, of 2 to 4
s each; its span leaves out the quiet seconds at both ends. A window holds part of a contraction in
either, whatever the amplitude rule says.
"""

from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from features import RELATIVE, Recording
from training.datasets.labelled import LabelledRecording, Span
from training.datasets.real.files import opened, read_table
from training.datasets.source import Source

NAME = "plux-semg-1000hz"
RATE_HZ = 1000.0
CHANNELS = {"emg_bursts.h5": "channel_3", "emg_fatigue.h5": "channel_2"}
FATIGUE_SPAN = Span(1.5, 121.0, "voluntary")


def read(folder: Path) -> Iterator[LabelledRecording]:
    """Read both recordings, in counts from the middle of the converter's range."""
    segments = read_table(folder / "segments.csv", ("file", "start_s", "end_s", "label"))
    for name, channel in CHANNELS.items():
        recording = Recording(
            _counts(folder / name, channel)[None],
            sampling_rate_hz=RATE_HZ,
            modality="emg",
            unit=RELATIVE,
            channel_names=("biceps",),
        )
        spans = tuple(
            Span(float(str(row.start_s)), float(str(row.end_s)), str(row.label))
            for row in segments[segments["file"] == name].itertuples()
        )
        yield LabelledRecording(
            id=name.removesuffix(".h5"),
            recording=recording,
            spans=spans or (FATIGUE_SPAN,),
            group=f"{NAME}/{name.removesuffix('.h5')}",
            site="plux",
            source=NAME,
        )


def _counts(path: Path, channel: str) -> NDArray[np.float64]:
    with opened(path), h5py.File(path) as file:
        device = file[next(iter(file))]
        counts = np.asarray(device["raw"][channel][:, 0], dtype=np.float64)
        bits = int(device.attrs["resolution"][0])
        return counts - 2.0 ** (bits - 1)


SOURCE = Source(
    name=NAME,
    title="Contractions of the biceps, surface EMG",
    modalities=("emg",),
    kind="real",
    licence="MIT",
    for_training=True,
    reason="licence allows it; repeated contractions are known by protocol; two recordings only",
    read=read,
)
