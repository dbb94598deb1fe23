"""Needle EMG of arm and thigh in motor neuron disease, myopathy and health, 23.4 kHz.

Not from the skin: sharper and larger than any surface EMG, and no window of it is a fair test. The
disease is known of the person, not of the moment; fasciculation potentials are not marked.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from features import RELATIVE, Recording, SignalError
from training.datasets.labelled import LabelledRecording, Span
from training.datasets.real.files import found, opened
from training.datasets.real.stand_ins import NEEDLE_VOLUNTARY
from training.datasets.source import Source

NAME = "emglab-n2001-needle"
RATE_HZ = 23437.5
N_VALUES = 262_144
DIAGNOSES = {"A": "amyotrophic lateral sclerosis", "C": "control", "M": "myopathy"}
MUSCLES = {"BB": "biceps brachii", "VM": "vastus medialis"}

_PREFIX = "N2001"


def read(folder: Path) -> Iterator[LabelledRecording]:
    """Read each file, without the marker that is its first value."""
    for path in found(folder, f"{_PREFIX}*.bin"):
        with opened(path):
            values = np.fromfile(path, dtype="<i2")
        if len(values) != N_VALUES:
            raise SignalError(f"{path} holds {len(values)} values; it should hold {N_VALUES}")
        recording = Recording(
            values[None, 1:].astype(np.float32),
            sampling_rate_hz=RATE_HZ,
            modality="emg",
            unit=RELATIVE,
        )
        person = path.stem.removeprefix(_PREFIX)[:3]
        muscle = path.stem.removeprefix(_PREFIX)[3:5]
        yield LabelledRecording(
            id=path.stem,
            recording=recording,
            spans=(Span(0.0, recording.duration_s, NEEDLE_VOLUNTARY),),
            group=f"{NAME}/{person}",
            site="copenhagen, needle",
            source=NAME,
            details={
                "diagnosis": DIAGNOSES.get(person[0], "unknown"),
                "muscle": MUSCLES.get(muscle, muscle),
            },
        )


SOURCE = Source(
    name=NAME,
    title="Slight contraction in motor neuron disease, myopathy and health, needle EMG",
    modalities=("emg",),
    kind="real",
    licence="none stated (a citation is asked for)",
    for_training=False,
    reason="recorded with a needle, not from the skin; no licence; twitches are not marked",
    read=read,
)
