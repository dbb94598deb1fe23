"""Eight channels around the forearm, held contractions at two levels: surface EMG, 1 kHz.

A file lasts 3 s, less than a window. The two levels of one class, about 30 and 60 % of maximum,
are joined end to end, each with a span of its own: a window holds 3 s of the first and 1 s of the
second. The second begins at its first sample that goes on in the mains phase of the first. Class 1
is rest; elsewhere a channel is ``voluntary`` where it stands clear of rest, see :mod:`.channels`.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from features import RELATIVE, Recording, SignalError
from training.datasets.labelled import LabelledRecording, Span
from training.datasets.real.channels import Array, contraction_label, level, spikes_per_s
from training.datasets.real.files import found, read_numbers
from training.datasets.real.stretches import merged
from training.datasets.source import Source

NAME = "contraction-intensity-semg"
RATE_HZ = 1000.0
MAINS_HZ = 60.0
N_CHANNELS = 8
REST = 1
LEVELS = ("30P", "60P")
CLASSES = {
    1: "no movement",
    2: "flexion",
    3: "extension",
    4: "pronation",
    5: "supination",
    6: "chuck grip",
    7: "hand open",
}

_PHASE_S = 0.5
"""Mains phase is taken from this much of either side: a whole number of periods."""


def read(folder: Path) -> Iterator[LabelledRecording]:
    """Read each channel of each class, its two levels joined, as a recording."""
    for person in sorted(found(folder, "S*[0-9]"), key=lambda path: int(path.name[1:])):
        pairs = _pairs(person)
        if REST not in pairs:
            raise SignalError(f"{person} holds no recording of class {REST}, which is rest")
        rest = np.minimum(*(level(part, RATE_HZ) for part in pairs[REST]))
        for number, parts in sorted(pairs.items()):
            ratios = [level(part, RATE_HZ) / rest for part in parts]
            for channel in range(N_CHANNELS):
                recording, boundary_s = _recording((parts[0][channel], parts[1][channel]), channel)
                labels = [
                    "rest" if number == REST else contraction_label(part[channel], 1.0)
                    for part in ratios
                ]
                yield LabelledRecording(
                    id=f"{person.name}/class{number}/channel{channel}",
                    recording=recording,
                    spans=_spans(labels, boundary_s, recording.duration_s),
                    group=f"{NAME}/{person.name}",
                    site="university of new brunswick, forearm cuff",
                    source=NAME,
                    details={
                        "gesture": CLASSES.get(number, str(number)),
                        "channel": channel,
                        "joined_at_s": boundary_s,
                        "level_ratio": [float(part[channel]) for part in ratios],
                        "spikes_per_s": float(spikes_per_s(recording.samples, RATE_HZ)[0]),
                    },
                )


def _pairs(person: Path) -> dict[int, tuple[Array, Array]]:
    """Return both levels of each class of a person, each of shape (n_channels, n_samples)."""
    numbers = {
        int(match[1])
        for path in found(person, f"*_{LEVELS[0]}_C*_R1.csv")
        if (match := re.search(r"_C(\d+)_R1$", path.stem))
    }

    def signal(intensity: str, number: int) -> Array:
        path = person / f"{person.name}_{intensity}_C{number}_R1.csv"
        return read_numbers(path, N_CHANNELS, delimiter=",").T

    return {number: (signal(LEVELS[0], number), signal(LEVELS[1], number)) for number in numbers}


def joined(first: Array, second: Array) -> tuple[Array, int]:
    """Join two signals end to end in mains phase; return the result and where the second begins."""
    length = round(_PHASE_S * RATE_HZ)
    omega = 2.0 * np.pi * MAINS_HZ / RATE_HZ
    turns = np.exp(-1j * omega * np.arange(length))
    at_end = np.angle((first[-length:] * turns).sum()) + omega * length
    at_start = np.angle((second[:length] * turns).sum())
    skipped = round(((at_end - at_start) % (2.0 * np.pi)) / omega)
    return np.concatenate((first, second[skipped:])), len(first)


def _recording(parts: tuple[Array, Array], channel: int) -> tuple[Recording, float]:
    """Return one channel of both levels joined, and the second at which they meet."""
    samples, boundary = joined(*parts)
    recording = Recording(
        samples[None],
        sampling_rate_hz=RATE_HZ,
        modality="emg",
        unit=RELATIVE,
        channel_names=(f"channel_{channel}",),
    )
    return recording, boundary / RATE_HZ


def _spans(labels: list[str], boundary_s: float, end_s: float) -> tuple[Span, ...]:
    return merged((Span(0.0, boundary_s, labels[0]), Span(boundary_s, end_s, labels[1])))


SOURCE = Source(
    name=NAME,
    title="Held contractions at two levels, surface EMG of the forearm",
    modalities=("emg",),
    kind="real",
    licence="none stated (a citation is asked for)",
    for_training=False,
    reason="no licence; for rest and contraction of people and a device never seen",
    read=read,
)
