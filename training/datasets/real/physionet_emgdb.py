"""Needle EMG of a shin muscle in health, myopathy and neuropathy, 4 kHz.

Not from the skin, as :mod:`.emglab`. Damaged lines, of which there are a few, are gaps (NaN).
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from features import Recording, SignalError
from training.datasets.labelled import LabelledRecording, Span
from training.datasets.real.files import Array, found, opened
from training.datasets.real.stand_ins import NEEDLE_VOLUNTARY
from training.datasets.source import Source

NAME = "physionet-emgdb-needle"
RATE_HZ = 4000.0


def read(folder: Path) -> Iterator[LabelledRecording]:
    """Read each file, in mV."""
    for path in found(folder, "emg_*.txt"):
        recording = Recording(
            _samples(path)[None],
            sampling_rate_hz=RATE_HZ,
            modality="emg",
            unit="mV",
            channel_names=("tibialis anterior",),
        )
        diagnosis = path.stem.removeprefix("emg_")
        yield LabelledRecording(
            id=path.stem,
            recording=recording,
            spans=(Span(0.0, recording.duration_s, NEEDLE_VOLUNTARY),),
            group=f"{NAME}/{diagnosis}",
            site="boston, needle",
            source=NAME,
            details={"diagnosis": diagnosis},
        )


def _samples(path: Path) -> Array:
    """Return the samples on the grid of their time stamps, NaN where a line is damaged."""
    with opened(path):
        table = pd.read_csv(
            path, sep=r"\s+", header=None, usecols=[0, 1], names=["time_s", "emg_mv"], dtype=str
        )
    numbers = table.apply(pd.to_numeric, errors="coerce").dropna()
    indices = np.round(numbers["time_s"].to_numpy(dtype=float) * RATE_HZ).astype(int) - 1
    # A damaged stamp may still be a number: no recording has more samples than lines by much.
    inside = (indices >= 0) & (indices < 2 * len(table))
    if not inside.any():
        raise SignalError(f"{path} holds no line with a time and a sample")
    samples = np.full(int(indices[inside].max()) + 1, np.nan)
    samples[indices[inside]] = numbers["emg_mv"].to_numpy(dtype=float)[inside]
    return samples


SOURCE = Source(
    name=NAME,
    title="Gentle contraction in health, myopathy and neuropathy, needle EMG",
    modalities=("emg",),
    kind="real",
    licence="ODC-By 1.0 (from memory, not verified)",
    for_training=False,
    reason="recorded with a needle, not from the skin; twitches are not marked",
    read=read,
    where="PhysioNet, Examples of Electromyograms",
)
