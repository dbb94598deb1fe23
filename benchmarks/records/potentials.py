"""Potentials: single potentials that are found in long EMG, against those that are in it.

Sensitivity is the share of events put in that were found, of those whose peak is at least five
times the deviation of the signal from a second before to a second after. Precision is the share of
events found that are potentials put in, of any size. Found means within 25 ms, one for one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.records.figures import Array, Figure, bootstrap
from benchmarks.records.noisy_people import noisy_people
from features import FeatureSpec, Recording
from serving.analysis.events import find_events
from serving.analysis.source import RecordingSource
from training.datasets import registry
from training.layout import Layout
from training.semireal.opening import open_set

LEAST_RATIO = 5.0
TOLERANCE_S = 0.025
EVOKED_TOLERANCE_S = 0.015
"""An evoked response is a span: an event may lie so far beside it."""

READING = (
    "An event counts as found within 25 ms. Sensitivity is of events at a peak of five times the"
    " local noise or more. What a reader calls rest between stimuli was not searched for single"
    " potentials by anybody: events there are called false without a look. SPiQE (Bashford 2019)"
    " gives a sensitivity of 83.6 % and a specificity of 91.6 % for events of high-density EMG of"
    " eight people. No such recordings are public, and specificity needs a count of non-events,"
    " which long signals do not have: the figures here are of other data and another kind, and are"
    " no comparison like for like."
)


@dataclass(frozen=True)
class Score:
    """Counts of one recording: of ``asked`` events ``hit`` were found; of ``told``, ``right`` are.

    ``minutes`` is how long it lasts.
    """

    group: str
    asked: int
    hit: int
    told: int
    right: int
    minutes: float


def simulated(layout: Layout, spec: FeatureSpec) -> Iterator[Figure]:
    """Yield the figures of people whom nothing was trained on, in noise that drifts."""
    scores = [
        score(each.recording, each.group, each.events_s, each.ratios, spec)
        for each in noisy_people(layout)
    ]
    yield from found_and_right(scores, "simulated/test", "sites unseen, 1-100 uV of noise")


def semireal(layout: Layout, spec: FeatureSpec) -> Iterator[Figure]:
    """Yield the figures of real potentials on real rest; a subject is a person at rest."""
    name = "semireal-fasciculation-test"
    scores = []
    for each in open_set(name, "emg", layout).recordings("emg"):
        events_s, ratios = (np.array(each.details[key]) for key in ("events_s", "peak_ratios"))
        scores.append(score(each.recording, each.group, events_s, ratios, spec))
    yield from found_and_right(scores, name, "people and units unseen")


def evoked(folder: Path, spec: FeatureSpec) -> Iterator[Figure]:
    """Yield the share of evoked responses found, and what is found a minute where rest is."""
    scores = list(evoked_scores(folder, spec))
    groups = len({each.group for each in scores})
    scheme = "rest of one person in semi-real train"
    asked, minutes = sum(each.asked for each in scores), sum(each.minutes for each in scores)
    value = 100 * sum(each.hit for each in scores) / asked
    yield Figure("responses found, %", folder.name, scheme, value, groups, asked, least=95)
    n = sum(each.told - each.right for each in scores)
    what = "events a minute of rest between stimuli"
    yield Figure(what, folder.name, scheme, n / minutes, groups, n, most=1)


def evoked_scores(folder: Path, spec: FeatureSpec) -> Iterator[Score]:
    """Yield how many responses are found; of what is told, what lies in the rest is not right.

    Rest is what the reader calls so; ``minutes`` are those of rest alone.
    """
    for each in registry.source(folder.name).read(folder):
        found_s = found_in(each.recording, spec)
        near = np.zeros(len(found_s), dtype=bool)
        asked = hit = 0
        for span in each.spans:
            if span.label == "evoked_twitch":
                inside = found_s >= span.start_s - EVOKED_TOLERANCE_S
                inside &= found_s <= span.end_s + EVOKED_TOLERANCE_S
                asked, hit = asked + 1, hit + bool(inside.any())
                near |= inside
        rest = [span for span in each.spans if span.label == "rest"]
        at_rest = sum(((found_s >= s.start_s) & (found_s < s.end_s) & ~near).sum() for s in rest)
        minutes = sum(s.end_s - s.start_s for s in rest) / 60
        told = len(found_s)
        yield Score(each.group, asked, hit, told, told - int(at_rest), minutes)


def found_in(recording: Recording, spec: FeatureSpec) -> Array:
    """Return the times of the events of the first channel, in seconds."""
    events = find_events(RecordingSource(recording), 0, spec, [])
    return np.array([event.time_s for event in events])


def score(
    recording: Recording, group: str, truth_s: Array, ratios: Array, spec: FeatureSpec
) -> Score:
    """Compare what is found with the truth; a ratio of 0 is neither asked for nor false."""
    found_s = found_in(recording, spec)
    has, had = paired(found_s, truth_s)
    asked = ratios >= LEAST_RATIO
    return Score(
        group,
        int(asked.sum()),
        int(had[asked].sum()),
        len(found_s),
        int(has.sum()),
        recording.duration_s / 60,
    )


def paired(found_s: Array, truth_s: Array) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell which of both have a partner, one for one, the nearest first."""
    apart = np.abs(found_s[:, None] - truth_s)
    has, had = np.zeros(len(found_s), dtype=bool), np.zeros(len(truth_s), dtype=bool)
    near = apart <= TOLERANCE_S
    for i, j in np.argwhere(near)[np.argsort(apart[near])]:
        if not has[i] and not had[j]:
            has[i] = had[j] = True
    return has, had


def found_and_right(scores: Sequence[Score], data: str, scheme: str) -> Iterator[Figure]:
    """Yield sensitivity and precision in percent, and what is false a minute."""
    groups: dict[str, list[Score]] = {}
    for each in scores:
        groups.setdefault(each.group, []).append(each)
    for what, over, under in (
        ("sensitivity, %", "hit", "asked"),
        ("precision, %", "right", "told"),
    ):

        def percent(some: Sequence[Score], over: str = over, under: str = under) -> float:
            below = sum(getattr(each, under) for each in some)
            return 100 * sum(getattr(each, over) for each in some) / below if below else np.nan

        n = sum(getattr(each, under) for each in scores)
        interval = bootstrap(groups, percent)
        value = percent(scores)
        yield Figure(what, data, scheme, value, len(groups), n, interval, least=95)
    n = sum(each.told - each.right for each in scores)
    minutes = sum(each.minutes for each in scores)
    yield Figure("false events a minute", data, scheme, n / minutes, len(groups), n)
