"""Questions: what is asked of recordings that are not simulated, one figure each.

Every question takes windows of one data set and counts those that got certain answers, over all
that carry no flag of quality. Each question has its target, set before anything was measured.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks.accuracy.answers import Answered, Tabulated
from benchmarks.accuracy.choices import (
    Which,
    answers,
    controls,
    everything,
    first_participant,
    labelled,
    near_table_frequency,
    plain_events,
    rhythmic,
    told,
)
from benchmarks.accuracy.estimates import share
from benchmarks.accuracy.figures import Figure, Scheme, Target, counted
from serving.classifier import UNDECIDED
from training.datasets.labelled import UNCLEAR
from training.datasets.labelling import recording_of
from training.datasets.real import (
    cloudupdrs,
    contraction_intensity,
    hand_mouse,
    hmp,
    hreflex,
    imu_disorders,
    osdb,
    pd_rest,
    plux,
    threedc,
    tms_continuous,
)
from training.datasets.real.stand_ins import (
    CLONIC_JERK,
    DYSKINESIA,
    EVOKED_TWITCH,
    STIMULUS_WITHOUT_RESPONSE,
    TREMOR_RECORDING,
)

INVOLUNTARY = ("tremor", "clonus", "fasciculation")
CLEAR_PROMINENCE = 2.0
CLEAR_SHARE = 0.3
"""A line is clear in a recording in which this share of the windows have such a prominence."""


@dataclass(frozen=True)
class Question:
    """Of the windows ``which`` of a data set, how many are among ``hits``."""

    data: str
    what: str
    which: Which
    hits: Which
    target: Target | None = None
    headline: bool = False

    def figure(self, answered: Answered, scheme: Scheme) -> Figure:
        """Return the answer as a figure."""
        rows, hits = self.which(answered), self.hits(answered)
        return counted(scheme, self.what, answered, rows, hits, self.target, headline=self.headline)


def at_least(value: float) -> Target:
    """Return a target from below."""
    return Target(at_least=value)


def at_most(value: float) -> Target:
    """Return a target from above."""
    return Target(at_most=value)


_SHAKING = answers("tremor", "clonus")
_TWITCH = answers("fasciculation")
_AGILE = told("task", "leg_agility", "pronation_supination")
_CLONUS, _TREMOR = labelled("clonus"), labelled("tremor")
_JERK = labelled(CLONIC_JERK)
_NO_TREMOR = "participant 1, no tremor, called tremor or clonus"
_AGILE_TEXT = "leg agility, pronation-supination called tremor or clonus"
_PLAIN_TEXT = "potentials of at least 6 deviations called fasciculation"
_FASCICULATION, _REPEATED = "semireal-fasciculation-test", "semireal-clonus-test"
_SWELLING = "semireal-tremor-test"


def _of_contraction(name: str) -> tuple[Question, ...]:
    rest, effort = labelled("rest"), labelled("voluntary")
    both = labelled("rest", "voluntary")
    return (
        Question(name, "rest called rest", rest, answers("rest"), at_least(0.95), headline=True),
        Question(
            name,
            "contraction called voluntary",
            effort,
            answers("voluntary"),
            at_least(0.95),
            headline=True,
        ),
        Question(
            name,
            "rest and contraction called fasciculation",
            both,
            _TWITCH,
            at_most(0.01),
            headline=True,
        ),
    )


QUESTIONS: tuple[Question, ...] = (
    Question(
        pd_rest.NAME,
        "controls called tremor, clonus or fasciculation",
        controls,
        answers(*INVOLUNTARY),
        at_most(0.01),
        headline=True,
    ),
    Question(
        pd_rest.NAME,
        "rhythmic windows of tremulous people called tremor",
        rhythmic,
        answers("tremor"),
        at_least(0.85),
        headline=True,
    ),
    Question(
        pd_rest.NAME, "rhythmic windows called clonus", rhythmic, answers("clonus"), at_most(0.02)
    ),
    Question(
        pd_rest.NAME,
        "rhythmic windows called voluntary or rest",
        rhythmic,
        answers("voluntary", "rest"),
        at_most(0.03),
    ),
    Question(
        pd_rest.NAME,
        "rhythmic windows with a frequency within 0.3 Hz of the table's",
        rhythmic,
        near_table_frequency,
        at_least(0.95),
        headline=True,
    ),
    Question(
        imu_disorders.NAME,
        "windows of dyskinesia called tremor",
        labelled(DYSKINESIA),
        answers("tremor"),
        at_most(0.15),
        headline=True,
    ),
    Question(
        hmp.NAME,
        "daily activities called tremor or clonus",
        everything,
        _SHAKING,
        at_most(0.02),
        headline=True,
    ),
    Question(
        hmp.NAME,
        "tooth brushing called tremor or clonus",
        told("activity", "brush_teeth"),
        _SHAKING,
        at_most(0.10),
        headline=True,
    ),
    Question(
        hand_mouse.NAME, _NO_TREMOR, first_participant, _SHAKING, at_most(0.02), headline=True
    ),
    Question(cloudupdrs.NAME, _AGILE_TEXT, _AGILE, _SHAKING, at_most(0.10), headline=True),
    Question(
        osdb.NAME,
        "epileptic clonic jerks called voluntary or rest",
        _JERK,
        answers("voluntary", "rest"),
        at_most(0.10),
        headline=True,
    ),
    Question(osdb.NAME, "epileptic clonic jerks called clonus", _JERK, answers("clonus")),
    Question(osdb.NAME, "epileptic clonic jerks called tremor", _JERK, answers("tremor")),
    *_of_contraction(threedc.NAME),
    *_of_contraction(contraction_intensity.NAME),
    *_of_contraction(plux.NAME),
    Question(
        tms_continuous.NAME,
        "evoked twitches and nothing else called fasciculation",
        labelled(EVOKED_TWITCH),
        _TWITCH,
        at_least(0.90),
        headline=True,
    ),
    Question(
        tms_continuous.NAME,
        "stimuli without response called fasciculation",
        labelled(STIMULUS_WITHOUT_RESPONSE),
        _TWITCH,
        at_most(0.05),
        headline=True,
    ),
    Question(
        hreflex.NAME, "reflex twitches called fasciculation", labelled(EVOKED_TWITCH), _TWITCH
    ),
    Question(_FASCICULATION, _PLAIN_TEXT, plain_events, _TWITCH, at_least(0.95), headline=True),
    Question(
        _REPEATED, "clonus called clonus", _CLONUS, answers("clonus"), at_least(0.90), headline=True
    ),
    Question(
        _REPEATED, "clonus called tremor", _CLONUS, answers("tremor"), at_most(0.03), headline=True
    ),
    Question(_SWELLING, "tremor called tremor", _TREMOR, answers("tremor"), headline=True),
    Question(_SWELLING, "tremor called clonus", _TREMOR, answers("clonus"), headline=True),
    Question(_SWELLING, "tremor called voluntary", _TREMOR, answers("voluntary")),
)


def asked(sets: Mapping[str, Answered], scheme: Scheme) -> list[Figure]:
    """Answer every question about the sets that are there."""
    return [q.figure(sets[q.data], scheme) for q in QUESTIONS if q.data in sets]


def abstentions(answered: Answered, scheme: Scheme) -> list[Figure]:
    """Return how often windows of a set are left undecided, unclear ones apart.

    No figure may be bought by abstaining: at most 15 %, or 20 % with those whose only candidates
    are tremor and clonus.
    """
    clear = ~answered.labelled(UNCLEAR)
    left = answered.called(UNDECIDED)
    pair = np.array([set(c) == {"tremor", "clonus"} for c in answered.judged.candidates])
    others = "undecided, pairs of tremor and clonus not counted"
    return [
        counted(scheme, "undecided", answered, clear, left, at_most(0.20)),
        counted(scheme, others, answered, clear, left & ~pair, at_most(0.15)),
    ]


def with_clear_line(gyroscope: Tabulated) -> frozenset[str]:
    """Return the recordings of tremor (imu-pd-et-dyskinesia) whose gyroscope has a clear line.

    That is a choice of recordings by a feature, not by an answer: a prominence of the line above 2
    in at least 30 % of the windows.
    """
    table = gyroscope.table
    clear = table.features.column("line_prominence") > CLEAR_PROMINENCE
    names = np.array([_unit_of(name) for name in table.ids.tolist()])
    tremor = table.labels == TREMOR_RECORDING
    return frozenset(
        name
        for name in np.unique(names[tremor]).tolist()
        if clear[names == name].mean() >= CLEAR_SHARE
    )


def commonest_is_tremor(answered: Answered, clear: frozenset[str], scheme: Scheme) -> Figure:
    """Return the share of recordings whose commonest involuntary answer is tremor.

    A recording without an involuntary answer counts as one that has not.
    """
    names = np.array([_unit_of(name) for name in answered.table.ids.tolist()])
    found: list[bool] = []
    people: list[str] = []
    for name in sorted(clear & set(names.tolist())):
        rows = (names == name) & answered.usable
        counts = {each: int((answered.called(each) & rows).sum()) for each in INVOLUNTARY}
        found.append(counts["tremor"] > 0 and counts["tremor"] == max(counts.values()))
        people.append(str(answered.table.groups[names == name][0]))
    mine = np.isin(names, sorted(clear))
    undecided = answered.called(UNDECIDED)[mine & answered.usable]
    return Figure(
        what="recordings of tremor with a clear line: commonest involuntary answer is tremor",
        data=answered.data.name,
        kind="real",
        scheme=scheme,
        estimate=share(np.array(found), np.array(people, dtype=np.str_), scheme.bootstrap),
        undecided=float(undecided.mean()) if len(undecided) else None,
        flagged=float((~answered.usable)[mine].mean()) if mine.any() else None,
        target=at_least(0.85),
        headline=True,
    )


def _unit_of(window: str) -> str:
    """Return the inertial unit's recording that a window is from, whatever its sensor."""
    return recording_of(window).rpartition("/")[0]
