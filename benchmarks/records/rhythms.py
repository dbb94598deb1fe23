"""Rhythms: runs of tremor and clonus of test people, as whole records tell them.

A run is a stretch of the simulator, or of tremor several less than three seconds apart; those of
which the sensor shows less than four fifths are not asked for, nor is what of them the record calls
unusable (a gap, clipping, hum), whose share stands beside them. A run is found when an episode of
its label overlaps it. Of several episodes the longest gives the frequency; cycles and durations are
added. Duration, cycles and frequency are judged on the runs found, whose share stands beside them,
as does the share of episodes that overlap a stretch of their label. The frequency of a run is the
median of its own cycles'. Of semi-real EMG, subjects are those whose contraction or rest it is
(beats of clonus are of five others); its recordings are short, most of five to ten seconds, and a
tremor lasts all of one, so that its ends are those of the recording.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from tqdm import tqdm

from benchmarks.records.figures import Figure, bootstrap, icc
from benchmarks.records.noisy_people import with_sites
from serving.analysis import analyze
from serving.analysis.report import UNUSABLE, Episode, RecordingReport, Span
from serving.classifier import Classifier
from training.datasets.labelled import LabelledRecording
from training.layout import Layout
from training.semireal.opening import open_set
from training.simulate.parameters import Physiology
from training.simulate.population import people

SITES = 12
KINDS = {"tremor": 1, "clonus_sustained": 1, "clonus_unsustained": 1}
JOINED_S = {"tremor": 3.0, "clonus": 0.0}
LEAST_VISIBLE = 0.8
FEWEST_CYCLES = 4
EDGE_S = 1.0
SEMIREAL = ("semireal-tremor-test", "semireal-clonus-test")


@dataclass(frozen=True)
class Run:
    """A run as it is, and the episodes that tell of it.

    ``usable`` are starts and ends in seconds of its usable parts, in which ``cycles`` are counted;
    ``whole_s`` is how long it is with the rest.
    """

    label: str
    usable: tuple[tuple[float, float], ...]
    whole_s: float
    frequency_hz: float
    cycles: int
    episodes: tuple[Episode, ...]

    @property
    def usable_s(self) -> float:
        """How much of it is usable."""
        return sum(stop - start for start, stop in self.usable)

    @property
    def longest(self) -> Episode:
        """The episode that speaks for the run."""
        return max(self.episodes, key=lambda each: each.duration_s)


Groups = Mapping[str, Sequence[Run]]
"""The runs of each person."""


@dataclass(frozen=True)
class Where:
    """What figures are of, and how it was kept apart from what was trained on."""

    data: str
    scheme: str


def simulated(classifier: Classifier, layout: Layout) -> Iterator[Figure]:
    """Yield the figures of a modality, of each label by itself."""
    modality = classifier.card.modality
    physiology = Physiology.load(layout.config("physiology"))
    everybody = list(people("test", modality, with_sites(layout, SITES), physiology))
    told = tqdm(everybody, desc=f"people with rhythms, {modality}", leave=False)
    recordings = chain.from_iterable(person.recordings(KINDS) for person in told)
    where = Where("simulated/test", "trained on other simulated people")
    yield from figures(recordings, classifier, where)


def semireal(classifier: Classifier, layout: Layout) -> Iterator[Figure]:
    """Yield the figures of real EMG that is made to swell or to beat."""
    sets = [open_set(name, "emg", layout) for name in SEMIREAL]
    recordings = chain.from_iterable(opened.recordings("emg") for opened in sets)
    told = tqdm(recordings, desc="semi-real rhythms", leave=False)
    yield from figures(told, classifier, Where(" and ".join(SEMIREAL), "people unseen"))


def figures(
    recordings: Iterable[LabelledRecording], classifier: Classifier, where: Where
) -> Iterator[Figure]:
    """Yield the figures of each label: an episode in a recording of the other one is wrong."""
    groups: dict[str, list[Run]] = {}
    told: dict[str, list[tuple[str, bool]]] = {}
    for each in recordings:
        report = analyze(each.recording, classifier)
        groups.setdefault(each.group, []).extend(runs(each, report))
        told.setdefault(each.group, []).extend(right_or_not(each, report.episodes))
    for label in ("tremor", "clonus"):
        what = f"{classifier.card.modality}, {label}"
        yield _right(label, told, what, where)
        of_label = {
            name: [run for run in some if run.label == label] for name, some in groups.items()
        }
        yield from _figures({k: v for k, v in of_label.items() if v}, what, where)


def right_or_not(
    each: LabelledRecording, episodes: Sequence[Episode]
) -> Iterator[tuple[str, bool]]:
    """Yield the label of each rhythmic episode, and whether there is anything of it."""
    label, stretches_s = _label(each), each.details["stretches_s"]
    for one in episodes:
        if one.label in ("tremor", "clonus"):
            end_s = one.start_s + one.duration_s
            yield (
                one.label,
                one.label == label
                and any(one.start_s < stop and end_s > start for start, stop in stretches_s),
            )


def _label(each: LabelledRecording) -> str:
    return "clonus" if each.details["scene"].startswith("clonus") else "tremor"


def runs(each: LabelledRecording, report: RecordingReport) -> Iterator[Run]:
    """Yield the runs of a recording that its sensor shows, with what was found of them."""
    details = each.details
    label = _label(each)
    cycles_s = np.array(details["cycles_s"])
    shown = [span for span in each.spans if span.label == label]
    for start, stop in joined(details["stretches_s"], JOINED_S[label]):
        own_s = cycles_s[(cycles_s >= start - 1e-6) & (cycles_s < stop)]
        seen_s = sum(max(0.0, min(stop, s.end_s) - max(start, s.start_s)) for s in shown)
        usable = usable_parts(report.timeline, start, stop)
        n_cycles = sum(int(((own_s >= a - 1e-6) & (own_s < b)).sum()) for a, b in usable)
        if seen_s < LEAST_VISIBLE * (stop - start) or n_cycles < FEWEST_CYCLES:
            continue
        told = tuple(
            one
            for one in report.episodes
            if one.label == label and one.start_s < stop and one.start_s + one.duration_s > start
        )
        frequency_hz = float(1 / np.median(np.diff(own_s)))
        yield Run(label, usable, stop - start, frequency_hz, n_cycles, told)


def usable_parts(
    timeline: Sequence[Span], start_s: float, stop_s: float
) -> tuple[tuple[float, float], ...]:
    """Return what is left of a stretch without what a record calls unusable, in order."""
    parts: list[tuple[float, float]] = []
    at = start_s
    for span in timeline:
        if span.label == UNUSABLE and span.start_s < stop_s and span.start_s + span.duration_s > at:
            if span.start_s > at:
                parts.append((at, span.start_s))
            at = span.start_s + span.duration_s
    return (*parts, (at, stop_s)) if at < stop_s else tuple(parts)


def joined(stretches_s: Sequence[Sequence[float]], pause_s: float) -> list[list[float]]:
    """Return stretches, those with a shorter pause between them as one."""
    whole: list[list[float]] = []
    for start, stop in stretches_s:
        if whole and start - whole[-1][1] < pause_s:
            whole[-1][1] = stop
        else:
            whole.append([start, stop])
    return whole


def _right(
    label: str, told: Mapping[str, Sequence[tuple[str, bool]]], what: str, where: Where
) -> Figure:
    of_label = {name: [right for one, right in some if one == label] for name, some in told.items()}
    of_label = {name: some for name, some in of_label.items() if some}

    def share(some: Sequence[bool]) -> float:
        return 100 * float(np.mean(some)) if some else float("nan")

    every = [right for some in of_label.values() for right in some]
    name = f"{what}: episodes that are, %"
    interval = bootstrap(of_label, share)
    return Figure(name, where.data, where.scheme, share(every), len(of_label), len(every), interval)


def _figures(groups: Groups, what: str, where: Where) -> Iterator[Figure]:
    every = [run for some in groups.values() for run in some]
    found = {name: [run for run in some if run.episodes] for name, some in groups.items()}
    found = {name: some for name, some in found.items() if some}

    def figure(
        told: str, statistic: Callable[[Sequence[Run]], float], by: Groups, least: float | None
    ) -> Figure:
        some = [run for runs in by.values() for run in runs]
        interval = bootstrap(by, statistic)
        name = f"{what}: {told}"
        value = statistic(some)
        return Figure(name, where.data, where.scheme, value, len(by), len(some), interval, least)

    if not every:
        return
    yield figure("time of runs called unusable, %", _unusable, groups, None)
    yield figure("runs found, %", _found, groups, None)
    if not found:
        return
    yield figure("frequency, ICC(2,1)", _frequency, found, 0.98)
    yield figure("duration, ICC(2,1)", _duration, found, 0.852 if "clonus" in what else None)
    if "clonus" in what:
        yield figure("beats within 1, %", _beats, found, 95)
    yield figure(f"begin and end within {EDGE_S:g} s, %", _edges, found, None)


def _found(some: Sequence[Run]) -> float:
    return 100 * float(np.mean([bool(run.episodes) for run in some]))


def _unusable(some: Sequence[Run]) -> float:
    return 100 * (1 - sum(run.usable_s for run in some) / sum(run.whole_s for run in some))


def _frequency(some: Sequence[Run]) -> float:
    pairs = [
        (run.frequency_hz, run.longest.dominant_frequency_hz)
        for run in some
        if run.longest.dominant_frequency_hz is not None
    ]
    return icc(np.array(pairs, dtype=np.float64).reshape(-1, 2))


def _duration(some: Sequence[Run]) -> float:
    pairs = [(run.usable_s, sum(one.duration_s for one in run.episodes)) for run in some]
    return icc(np.array(pairs))


def _beats(some: Sequence[Run]) -> float:
    return 100 * float(
        np.mean([abs(sum(e.cycles or 0 for e in run.episodes) - run.cycles) <= 1 for run in some])
    )


def _edges(some: Sequence[Run]) -> float:
    return 100 * float(
        np.mean(
            [
                abs(run.episodes[0].start_s - run.usable[0][0]) <= EDGE_S
                and abs(run.episodes[-1].start_s + run.episodes[-1].duration_s - run.usable[-1][1])
                <= EDGE_S
                for run in some
            ]
        )
    )
