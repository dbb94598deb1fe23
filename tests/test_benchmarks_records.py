"""The benchmark of records counts what it says: pairs, runs, edges, agreement."""

from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.records import rhythms
from benchmarks.records.figures import Figure, bootstrap, icc
from benchmarks.records.potentials import paired
from benchmarks.records.rhythms import joined, usable_parts
from benchmarks.records.tremor import edges
from features import Recording
from serving.analysis.report import UNUSABLE, Episode
from serving.analysis.report import Span as Told
from training.datasets.labelled import LabelledRecording, Span

# Shrout & Fleiss 1979, table 2: six targets, four judges.
RATINGS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float
)


def test_agreement_is_that_of_the_published_example():
    """ICC(2,1) of the table in the paper is 0.29; two raters who say the same have 1."""
    assert icc(RATINGS) == pytest.approx(0.29, abs=0.005)
    assert icc(RATINGS[:, [0, 0]]) == pytest.approx(1)
    assert np.isnan(icc(RATINGS[:1]))


def test_a_rater_who_is_off_by_a_constant_agrees_less():
    """Absolute agreement: a constant error is an error."""
    first = RATINGS[:, 0]
    far = [icc(np.stack([first, first + off], axis=1)) for off in (0.0, 1.0, 4.0)]
    assert far[0] > far[1] > far[2]


def test_an_interval_holds_the_figure_and_narrows_with_agreement():
    """Subjects who are alike leave no doubt; fewer than three say nothing."""
    values = {f"s{k}": [float(k), float(k) + 1] for k in range(12)}
    low, high = bootstrap(values, lambda some: float(np.mean(some)))
    assert low < 6.0 < high
    alike = {name: [2.0, 4.0] for name in "abc"}
    assert bootstrap(alike, lambda some: float(np.mean(some))) == (3.0, 3.0)
    assert bootstrap({"a": [1.0], "b": [2.0]}, lambda some: float(np.mean(some))) is None


def test_events_are_paired_one_for_one_and_the_nearest_first():
    """Two found beside one true event are one hit and one false; order does not matter."""
    found, truth = np.array([1.010, 1.001, 5.0, 9.0]), np.array([1.0, 5.02, 7.0])
    has, had = paired(found, truth)
    assert has.tolist() == [False, True, True, False]
    assert had.tolist() == [True, True, False]
    again, _ = paired(found[::-1], truth)
    assert again.tolist() == has.tolist()[::-1]
    assert not paired(np.zeros(0), truth)[1].any()


def test_stretches_with_a_shorter_pause_are_one_run():
    """What lies farther apart stays two."""
    assert joined([[0, 4], [6.9, 9], [12, 15]], 3.0) == [[0, 9], [12, 15]]


def rhythmic(label, stretches_s, name):
    """Return a recording of 8 s with a cycle every 0.2 s of its stretches."""
    one = Recording(np.zeros((1, 8000)), sampling_rate_hz=1000.0, modality="emg", unit="uV")
    cycles_s = [float(t) for start, stop in stretches_s for t in np.arange(start + 0.1, stop, 0.2)]
    details = {"scene": label, "stretches_s": stretches_s, "cycles_s": cycles_s}
    spans = tuple(Span(start, stop, label) for start, stop in stretches_s)
    return LabelledRecording(name, one, spans, name, "site", "source", details)


def test_an_episode_in_a_recording_of_the_other_rhythm_is_wrong(monkeypatch):
    """One tremor found and told again where a clonus beats; its second run is not found."""
    recordings = [
        rhythmic("tremor", [[0.0, 8.0]], "a"),
        rhythmic("clonus", [[1.0, 3.0], [6.0, 7.0]], "b"),
    ]
    told = {
        "a": [episode(0.0, 8.0)],
        "b": [
            episode(1.0, 2.0).model_copy(update={"label": "clonus"}),
            episode(6.0, 1.0),
        ],
    }
    reports = iter(SimpleNamespace(timeline=(), episodes=told[each.id]) for each in recordings)
    monkeypatch.setattr(rhythms, "analyze", lambda *_: next(reports))
    classifier = SimpleNamespace(card=SimpleNamespace(modality="emg"))
    where = rhythms.Where("data", "scheme")
    found = {f.what: (f.value, f.n) for f in rhythms.figures(recordings, classifier, where)}

    assert found["emg, tremor: episodes that are, %"] == (50.0, 2)
    assert found["emg, clonus: episodes that are, %"] == (100.0, 1)
    assert found["emg, tremor: runs found, %"] == (100.0, 1)
    assert found["emg, clonus: runs found, %"] == (50.0, 2)
    assert found["emg, clonus: beats within 1, %"] == (100.0, 1)


def test_what_a_record_calls_unusable_is_cut_out_of_a_run():
    """Before it, within it and after it; and nothing is left of a run that lies inside."""
    timeline = [
        Told(
            start_s=start, duration_s=2.0, label=label, candidates=(), reason=None, probability=None
        )
        for start, label in ((0.0, UNUSABLE), (2.0, "clonus"), (4.0, UNUSABLE), (8.0, UNUSABLE))
    ]

    assert usable_parts(timeline, 1.0, 9.0) == ((2.0, 4.0), (6.0, 8.0))
    assert usable_parts(timeline, 2.5, 3.5) == ((2.5, 3.5),)
    assert usable_parts(timeline, 4.5, 5.5) == ()


def table(states, shares):
    return [
        {"start_s": 4.0 * k, "end_s": 4.0 * k + 4, "derived_state": state, "line_share": share}
        for k, (state, share) in enumerate(zip(states, shares, strict=True))
    ]


def episode(start_s, duration_s):
    return Episode(
        label="tremor",
        start_s=start_s,
        duration_s=duration_s,
        dominant_frequency_hz=5.0,
        frequency_spread_hz=0.1,
        cycles=10,
        amplitude=0.1,
        probability=0.9,
    )


def test_edges_of_a_run_are_those_that_the_table_shows():
    """One rhythmic window is no run, an end of the table no edge, a smaller tremor no clear one."""
    windows = table(
        ["rhythmic", "rhythmic", "quiet", "rhythmic", "other", "rhythmic", "rhythmic", "quiet"],
        [0.8, 0.8, 0.2, 0.8, 0.3, 0.8, 0.8, 0.7],
    )
    found = list(edges(windows, [episode(0.0, 9.5), episode(19.0, 8.0)]))
    assert [(edge.apart_s, edge.is_clear) for edge in found] == [
        (1.5, True),
        (1.0, False),
        (1.0, False),
    ]
    assert [edge.apart_s for edge in edges(windows, [])] == [np.inf] * 3


@pytest.mark.parametrize(
    ("given", "verdict"),
    [({"least": 3.0}, "met"), ({"least": 3.1}, "short"), ({"most": 2.9}, "short"), ({}, "")],
)
def test_a_figure_says_whether_its_target_is_met(given, verdict):
    """On the line is met; without a target nothing is said."""
    assert Figure("what", "data", "scheme", 3.0, **given).cells[-1] == verdict
