"""Stretches of real resting EMG, each of one channel of one person, as they were recorded."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from features import SignalError
from training.datasets import registry
from training.datasets.labelled import LabelledRecording
from training.datasets.real.channels import spikes_per_s
from training.semireal.config import Part, Rest

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RestStretch:
    """Rest of one channel; ``samples`` has shape (n_samples,)."""

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


def rest_stretches(data: Path, rest: Rest, part: Part) -> Iterator[RestStretch]:
    """Read the rest of the people of a part, below the folder of all data sets.

    Raises
    ------
    SignalError
        When a set is missing, or has no rest of a person who is named.
    """
    people = rest.people.of(part)
    found: dict[str, list[RestStretch]] = {person: [] for person in people}
    for name in sets_of(people):
        for labelled in registry.source(name).read(data / name):
            if labelled.group in found:
                found[labelled.group].extend(stretches_of(labelled, rest))
    for person, stretches in found.items():
        if not stretches:
            raise SignalError(
                f"{data / person.partition('/')[0]} holds no usable rest of {person}; name others"
                " under rest.people in configs/semireal.yaml"
            )
        yield from evenly(stretches, rest.most_per_person)


def stretches_of(labelled: LabelledRecording, rest: Rest) -> Iterator[RestStretch]:
    """Yield the rest of a recording that is long enough and in which no motor unit fires."""
    recording = labelled.recording
    rate_hz = recording.sampling_rate_hz
    for span in labelled.spans:
        if span.label != "rest":
            continue
        start_s = span.start_s + (rest.margin_s if span.start_s > 0 else 0.0)
        at_end = span.end_s >= recording.duration_s - 1 / rate_hz
        end_s = span.end_s - (0.0 if at_end else rest.margin_s)
        if end_s - start_s < rest.shortest_s:
            continue
        inside = slice(round(start_s * rate_hz), round(end_s * rate_hz))
        samples = np.array(recording.samples[0, inside], dtype=np.float64)
        if np.isnan(samples).any() or spikes_per_s(samples[None], rate_hz) > rest.most_spikes_per_s:
            continue
        yield RestStretch(
            id=f"{labelled.source}/{labelled.id}+{start_s:.1f}s",
            samples=samples,
            rate_hz=rate_hz,
            unit=recording.unit,
            group=labelled.group,
            site=labelled.site,
        )


def evenly(stretches: Sequence[RestStretch], most: int) -> list[RestStretch]:
    """Return at most so many stretches, spread evenly over those there are."""
    if len(stretches) <= most:
        return list(stretches)
    return [stretches[i] for i in np.linspace(0, len(stretches) - 1, most).round().astype(int)]
