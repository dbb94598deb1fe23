"""Four thigh muscles while the knee bends and stretches: surface EMG in mV, 1 kHz.

Which muscle works when is not in the files; each channel is ``voluntary`` where its envelope stands
clear of its own floor. Between contractions nothing is claimed: no pause lasts a window, and a
standing thigh is not at rest. The rate is remembered from the set's description; the spectrum of
the EMG agrees with it.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import scipy.ndimage

from features import Recording
from training.datasets.labelled import LabelledRecording, Span
from training.datasets.real.files import Array, found, read_table
from training.datasets.real.stretches import runs, without_short_runs
from training.datasets.source import Source

NAME = "uci-lower-limb-semg"
RATE_HZ = 1000.0
MUSCLES = {
    "Recto Femoral": "rectus femoris",
    "Biceps Femoral": "biceps femoris",
    "Vasto Medial": "vastus medialis",
    "EMG Semitendinoso": "semitendinosus",
}
ANGLE = "Flexo-Extension"

_ENVELOPE_S = 0.1
_FLOOR_PERCENTILE = 10.0
_CLEAR_RATIO = 3.0
_SHORTEST_S = 0.3
_PAUSE_S = 0.3
"""Shorter pauses belong to one contraction, shorter contractions are left out."""


def read(folder: Path) -> Iterator[LabelledRecording]:
    """Read each muscle of each file as a recording."""
    for path in found(folder, "*/*.csv"):
        table = read_table(path, (*MUSCLES, ANGLE))
        number = path.stem.split("N")[0].split("A")[0]
        knee = path.parent.name
        for column, muscle in MUSCLES.items():
            yield thigh_recording(
                path.stem,
                table[column].to_numpy(dtype=np.float64),
                person=f"{knee}{number}",
                source=NAME,
                details={
                    "knee": knee,
                    "muscle": muscle,
                    "activity": path.stem.lstrip("0123456789")[1:],
                },
            )


def thigh_recording(
    file: str, samples: Array, *, person: str, source: str, details: dict[str, str]
) -> LabelledRecording:
    """Return one muscle of one file, samples of shape (n,) in mV, with its contractions."""
    muscle = details["muscle"]
    return LabelledRecording(
        id=f"{file}/{muscle.replace(' ', '_')}",
        recording=Recording(
            samples[None],
            sampling_rate_hz=RATE_HZ,
            modality="emg",
            unit="mV",
            channel_names=(muscle,),
        ),
        spans=contractions(samples),
        group=f"{source}/{person}",
        site="colombia, thigh",
        source=source,
        details=details,
    )


def contractions(samples: Array) -> tuple[Span, ...]:
    """Return a span for each stretch where the envelope stands clear of its floor."""
    centred = samples - np.median(samples)
    power = scipy.ndimage.uniform_filter1d(centred**2, round(_ENVELOPE_S * RATE_HZ))
    envelope = np.sqrt(np.maximum(power, 0.0))
    active = envelope > _CLEAR_RATIO * np.percentile(envelope, _FLOOR_PERCENTILE)
    active = ~without_short_runs(~active, round(_PAUSE_S * RATE_HZ))
    active = without_short_runs(active, round(_SHORTEST_S * RATE_HZ))
    return tuple(
        Span(float(start / RATE_HZ), float(stop / RATE_HZ), "voluntary")
        for start, stop in runs(active)
    )


SOURCE = Source(
    name=NAME,
    title="Knee movements and gait, surface EMG of the thigh",
    modalities=("emg",),
    kind="real",
    licence="none in the copy; UCI says CC BY 4.0, not verified",
    for_training=False,
    reason="licence not verified; contractions are found by amplitude",
    read=read,
    where="UCI Machine Learning Repository, EMG dataset in Lower Limb",
)
