"""Stretches of real EMG of one class, each of one channel of one person, as they were recorded."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from features import SignalError
from training.datasets import registry
from training.datasets.labelled import LabelledRecording
from training.datasets.real.channels import spikes_per_s
from training.semireal.config import Part, Stretches

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RealStretch:
    """Rest or contraction of one channel; ``samples`` has shape (n_samples,)."""

    id: str
    samples: Array
    rate_hz: float
    unit: str
    group: str
    site: str

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.rate_hz


def sets_of(groups: Sequence[str]) -> tuple[str, ...]:
    """Return the data sets that groups, ``<set>/<person>``, are of, in their order."""
    return tuple(dict.fromkeys(group.partition("/")[0] for group in groups))


def real_stretches(data: Path, label: str, wanted: Stretches, part: Part) -> Iterator[RealStretch]:
    """Read stretches of a label of the people of a part, below the folder of all data sets.

    Raises
    ------
    SignalError
        When a set is missing, or has nothing usable of a person who is named.
    """
    people = wanted.people.of(part)
    found: dict[str, list[RealStretch]] = {person: [] for person in people}
    for name in sets_of(people):
        for labelled in registry.source(name).read(data / name):
            if labelled.group in found:
                found[labelled.group].extend(stretches_of(labelled, label, wanted))
    for person, stretches in found.items():
        if not stretches:
            raise SignalError(
                f"{data / person.partition('/')[0]} holds no usable stretch labelled"
                f" {label} of {person}; name other people in configs/semireal.yaml"
            )
        yield from evenly(stretches, wanted.most_per_person)


def stretches_of(
    labelled: LabelledRecording, label: str, wanted: Stretches
) -> Iterator[RealStretch]:
    """Yield the stretches of a label that are long enough, whole, and not too spiky."""
    recording = labelled.recording
    rate_hz = recording.sampling_rate_hz
    for span in labelled.spans:
        if span.label != label:
            continue
        start_s = span.start_s + (wanted.margin_s if span.start_s > 0 else 0.0)
        at_end = span.end_s >= recording.duration_s - 1 / rate_hz
        end_s = span.end_s - (0.0 if at_end else wanted.margin_s)
        if end_s - start_s < wanted.shortest_s:
            continue
        inside = slice(round(start_s * rate_hz), round(end_s * rate_hz))
        samples = np.array(recording.samples[0, inside], dtype=np.float64)
        if np.isnan(samples).any() or _too_spiky(samples, rate_hz, wanted):
            continue
        yield RealStretch(
            id=f"{labelled.source}/{labelled.id}+{start_s:.1f}s",
            samples=samples,
            rate_hz=rate_hz,
            unit=recording.unit,
            group=labelled.group,
            site=labelled.site,
        )


def _too_spiky(samples: Array, rate_hz: float, wanted: Stretches) -> bool:
    most = wanted.most_spikes_per_s
    return most is not None and bool(spikes_per_s(samples[None], rate_hz) > most)


def evenly(stretches: Sequence[RealStretch], most: int) -> list[RealStretch]:
    """Return at most so many stretches, spread evenly over those there are."""
    if len(stretches) <= most:
        return list(stretches)
    return [stretches[i] for i in np.linspace(0, len(stretches) - 1, most).round().astype(int)]
