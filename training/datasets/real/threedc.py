"""Ten channels of an armband around the forearm, eleven gestures: surface EMG, nominally 1 kHz.

Class 0 is rest by protocol; in any other class a channel is ``voluntary`` where it stands clear of
its own rest, see :mod:`.channels`. Single motor units fire in some channels at rest; ``details``
count them. The clock is up to 2 % slow, which puts the 60-Hz mains line at 60.2-61.2 Hz.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from features import RELATIVE, Recording, SignalError
from training.datasets.labelled import UNCLEAR, LabelledRecording, Span
from training.datasets.real.channels import (
    Array,
    contraction_label,
    level,
    poor_contact,
    spikes_per_s,
)
from training.datasets.real.files import found, read_numbers
from training.datasets.source import Source

NAME = "threedc-semg-gestures"
RATE_HZ = 1000.0
N_CHANNELS = 10
REST = 0
GESTURES = (
    "no motion",
    "radial deviation",
    "wrist flexion",
    "ulnar deviation",
    "wrist extension",
    "supination",
    "pronation",
    "power grip",
    "open hand",
    "chuck grip",
    "pinch",
)


def read(folder: Path) -> Iterator[LabelledRecording]:
    """Read each channel of each gesture as a recording, in counts."""
    for person in found(folder, "Participant*"):
        signals = {
            int(path.stem.rsplit("_", 1)[-1]): read_numbers(path, N_CHANNELS, delimiter=",").T
            for path in found(person, "3dc_EMG_gesture_*.txt")
        }
        if REST not in signals:
            raise SignalError(f"{person} holds no recording of class {REST}, which is rest")
        rest_levels = level(signals[REST], RATE_HZ)
        loose = poor_contact(rest_levels)
        for gesture, samples in sorted(signals.items()):
            levels = level(samples, RATE_HZ)
            spikes = spikes_per_s(samples, RATE_HZ)
            for channel in range(N_CHANNELS):
                label = "rest" if gesture == REST else ""
                label = label or contraction_label(levels[channel], rest_levels[channel])
                yield LabelledRecording(
                    id=f"{person.name.lower()}/class{gesture}/channel{channel}",
                    recording=_recording(samples[channel], channel),
                    spans=(
                        Span(0.0, samples.shape[1] / RATE_HZ, UNCLEAR if loose[channel] else label),
                    ),
                    group=f"{NAME}/{person.name.removeprefix('Participant')}",
                    site="3dc armband",
                    source=NAME,
                    details={
                        "gesture": GESTURES[gesture],
                        "channel": channel,
                        "level_ratio": float(levels[channel] / rest_levels[channel]),
                        "spikes_per_s": float(spikes[channel]),
                    },
                )


def _recording(samples: Array, channel: int) -> Recording:
    return Recording(
        samples[None].astype(np.float32),
        sampling_rate_hz=RATE_HZ,
        modality="emg",
        unit=RELATIVE,
        channel_names=(f"channel_{channel}",),
    )


SOURCE = Source(
    name=NAME,
    title="Eleven hand gestures, surface EMG of the forearm",
    modalities=("emg",),
    kind="real",
    licence="none stated (research data offered for a library)",
    for_training=False,
    reason="no licence; for rest and contraction of people and a device never seen",
    read=read,
)
