"""Responses of a whole muscle to a stimulus, one shape each, by person."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from features import SignalError
from training.datasets.real import hreflex, tms_epochs
from training.semireal.config import ClonusSet, Part
from training.semireal.real_stretches import sets_of
from training.semireal.shapes import Shape, tapered

Array = NDArray[np.float64]

_BEFORE_S = 0.025
"""Before a stimulus, to see what the noise is."""


def response_shapes(data: Path, settings: ClonusSet, part: Part) -> Mapping[str, tuple[Shape, ...]]:
    """Return the clear responses of each person of a part.

    Parameters
    ----------
    data : Path
        Folder of all data sets.

    Raises
    ------
    SignalError
        When a set is missing or damaged, or a person who is named has no clear response.
    """
    people = settings.people.of(part)
    readers = {tms_epochs.NAME: _magnetic, hreflex.NAME: _reflex}
    found: dict[str, tuple[Shape, ...]] = {}
    for name in sets_of(people):
        if name not in readers:
            raise SignalError(
                f"{name} has no responses; those of {', '.join(readers)} can be named"
            )
        for person, responses, rate_hz, onset in readers[name](data / name):
            if person in people:
                found[person] = cut_responses(responses, rate_hz, onset, settings, person)
    for person in people:
        if not found.get(person):
            raise SignalError(f"there is no clear response of {person}; name another person")
    return {person: found[person] for person in people}


def cut_responses(
    responses: Array, rate_hz: float, onset: int, settings: ClonusSet, person: str
) -> tuple[Shape, ...]:
    """Cut out the responses that stand clear of the noise before them and are none of the weakest.

    Parameters
    ----------
    responses : ndarray, shape (n_responses, n_samples)
    onset : int
        Sample of the earliest onset; before it there is noise alone.
    """
    before = responses[:, : round(_BEFORE_S * rate_hz)]
    cut = responses[:, onset : onset + round(settings.response_s * rate_hz)]
    cut = cut - np.median(before, axis=1, keepdims=True)
    peaks = np.abs(cut).max(axis=1)
    clear = peaks >= settings.smallest_clearance * before.std(axis=1)
    clear &= peaks >= settings.smallest_share * np.median(peaks)
    return tuple(
        Shape(tapered(cut[i], rate_hz, settings.taper_s), rate_hz, person, f"response {i}")
        for i in np.flatnonzero(clear)
    )


def _magnetic(folder: Path) -> Iterator[tuple[str, Array, float, int]]:
    """Yield person, responses, rate and sample of the earliest onset."""
    for person in tms_epochs.read_responses(folder):
        onset = person.stimulus_sample + round(person.earliest_onset_s * person.rate_hz)
        yield person.group, person.responses_uv, person.rate_hz, onset


def _reflex(folder: Path) -> Iterator[tuple[str, Array, float, int]]:
    """Yield the same of the reflexes of a calf."""
    for labelled in hreflex.read(folder):
        rate_hz = labelled.recording.sampling_rate_hz
        samples = np.asarray(labelled.recording.samples[0], dtype=np.float64)
        before = round(_BEFORE_S * rate_hz)
        # All that follows before the next stimulus can come.
        around = np.arange(-before, round(0.2 * rate_hz))
        stimuli = np.round(np.array(labelled.details["pulses_s"]) * rate_hz).astype(np.intp)
        responses = samples[stimuli[:, None] + around]
        yield labelled.group, responses, rate_hz, before + round(hreflex.BLANK.after_s * rate_hz)
