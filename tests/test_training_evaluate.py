"""Evaluation: figures worked out by hand, and laws of intervals and coverage."""

import json

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

from serving.classifier import UNDECIDED
from training.evaluate import (
    Judged,
    abstention_curve,
    calibration_error,
    coverage,
    figures,
    join_judged,
    reliability,
    report,
    with_intervals,
)
from training.layout import write_json
from training.tables import figures_table

CLASSES = ("clonus", "tremor", "rest")


def judged(labels, answers, groups=None, probabilities=None, candidates=None):
    """Return answers to labels; probabilities are sure of the answer unless given."""
    n = len(labels)
    if probabilities is None:
        probabilities = np.full((n, 3), 0.05)
        for i, answer in enumerate(answers):
            if answer in CLASSES:
                probabilities[i, CLASSES.index(answer)] = 0.9
    return Judged(
        labels=np.array(labels),
        groups=np.array(groups or ["a"] * n),
        sources=np.full(n, "made up"),
        classes=CLASSES,
        answers=np.array(answers),
        probabilities=np.asarray(probabilities, dtype=float),
        candidates=tuple(candidates or ((a,) for a in answers)),
        reasons=tuple("several_candidates" if a == UNDECIDED else None for a in answers),
    )


EIGHT = judged(
    ["clonus", "clonus", "clonus", "tremor", "tremor", "rest", "rest", "rest"],
    ["clonus", "clonus", "tremor", "tremor", UNDECIDED, "rest", "rest", "clonus"],
)


def test_figures_by_hand():
    """Eight windows: recall, precision and F1 among decided ones, and who was left undecided."""
    counts, names = EIGHT.counts()
    found = figures(counts.sum(axis=0), names, CLASSES)
    expected = {
        "undecided": 1 / 8,
        "recall__clonus": 2 / 3,
        "precision__clonus": 2 / 3,
        "f1__clonus": 2 / 3,
        "recall__tremor": 1.0,
        "precision__tremor": 1 / 2,
        "undecided__tremor": 1 / 2,
        "f1__tremor": 2 / 3,
        "recall__rest": 2 / 3,
        "precision__rest": 1.0,
        "f1__rest": 4 / 5,
        "accuracy": 5 / 7,
        "macro_f1": (2 / 3 + 2 / 3 + 4 / 5) / 3,
    }
    assert expected == pytest.approx({name: found[name] for name in expected})


def test_a_class_without_a_window_counts_in_no_figure():
    """A subject who has nothing of a class is not at fault for it; who is always unsure has 0."""
    counts, names = judged(
        ["clonus", "rest", "rest"], ["clonus", UNDECIDED, UNDECIDED], groups=["a", "a", "b"]
    ).counts()
    of_b = figures(counts[1], names, CLASSES)
    assert np.isnan(of_b["f1__clonus"])
    assert of_b["f1__rest"] == of_b["macro_f1"] == 0.0
    assert figures(counts[0], names, CLASSES)["macro_f1"] == 0.5


def test_the_interval_of_a_faultless_model_is_a_point_though_draws_lack_a_class():
    """Five subjects, one of whom alone has clonus, all answers right."""
    labels = ["clonus", *["rest"] * 5]
    found = with_intervals(judged(labels, labels, groups=list("aabcde")), 200, 1)
    assert found["macro_f1"] == found["f1__clonus"] == {"value": 1.0, "low": 1.0, "high": 1.0}


def test_figures_equal_scikit_learn(rng):
    """Without undecided windows the figures are those of an independent implementation."""
    labels = rng.choice(CLASSES, size=200)
    answers = np.where(rng.uniform(size=200) < 0.7, labels, rng.choice(CLASSES, size=200))
    counts, names = judged(labels.tolist(), answers.tolist()).counts()
    found = figures(counts.sum(axis=0), names, CLASSES)
    assert f1_score(labels, answers, average="macro") == pytest.approx(found["macro_f1"])
    assert accuracy_score(labels, answers) == pytest.approx(found["accuracy"])
    for name, value in zip(
        CLASSES, recall_score(labels, answers, average=None, labels=CLASSES), strict=True
    ):
        assert value == pytest.approx(found[f"recall__{name}"])
    for name, value in zip(
        CLASSES, precision_score(labels, answers, average=None, labels=CLASSES), strict=True
    ):
        assert value == pytest.approx(found[f"precision__{name}"])


def test_labels_that_are_no_class_count_in_the_table_but_in_no_figure():
    """A look-alike has a row of its own; recall and precision of classes do not see it."""
    both = join_judged([EIGHT, judged(["shivering"] * 4, ["tremor"] * 4)])
    counts, names = both.counts()
    assert names == ("clonus", "tremor", "rest", "shivering")
    found = figures(counts.sum(axis=0), names, CLASSES)
    assert pytest.approx(found["precision__tremor"]) == 1 / 2


def test_intervals_enclose_the_figure_and_widen_with_fewer_subjects(rng):
    """Bootstrap intervals hold the figure, and are wider when subjects are few."""
    widths = []
    for n_groups in (5, 50):
        groups = np.repeat([f"p{i}" for i in range(n_groups)], 500 // n_groups)
        skill = np.repeat(rng.uniform(0.5, 1.0, n_groups), 500 // n_groups)
        labels = rng.choice(CLASSES, size=500)
        answers = np.where(rng.uniform(size=500) < skill, labels, "rest")
        some = judged(labels.tolist(), answers.tolist(), groups.tolist())
        figure = with_intervals(some, 300, 1)["accuracy"]
        assert figure["low"] <= figure["value"] <= figure["high"]
        widths.append(figure["high"] - figure["low"])
    assert widths[0] > widths[1]


def test_one_subject_has_no_interval():
    """There is nothing to draw from, and an interval of no width would claim certainty."""
    each = report(EIGHT, samples=50, seed=1)
    figure = each["figures"]["accuracy"]
    assert figure["value"] == pytest.approx(5 / 7)
    assert np.isnan([figure["low"], figure["high"]]).all()
    assert "accuracy                    0.714\n" in figures_table(each)


def test_calibration_error_is_zero_for_honest_probabilities_and_the_gap_for_others(rng):
    """Probabilities that come true err by sampling alone; claiming 0.95 at 0.6 errs by 0.35."""
    n = 8000
    chance = rng.uniform(0.4, 0.98, size=n)
    right = rng.uniform(size=n) < chance
    labels = np.where(right, "rest", "tremor")
    probabilities = np.stack([np.zeros(n), 1 - chance, chance], axis=1)
    top = np.where(chance > 0.5, "rest", "tremor")
    honest = judged(labels.tolist(), top.tolist(), probabilities=probabilities)
    assert calibration_error(honest) == pytest.approx(0.0, abs=0.02)
    sure = np.tile([0.0, 0.05, 0.95], (n, 1))
    labels = np.where(rng.uniform(size=n) < 0.6, "rest", "tremor")
    boasting = judged(labels.tolist(), ["rest"] * n, probabilities=sure)
    assert pytest.approx(calibration_error(boasting), abs=0.02) == 0.35


def test_reliability_counts_every_scored_window():
    """The bins of the reliability plot hold all windows that have a class and probabilities."""
    assert sum(b["n"] for b in reliability(EIGHT)) == 8


def test_coverage_is_the_mean_over_subjects_and_the_worst_of_them():
    """A subject with many windows weighs as much as one with few."""
    some = judged(
        ["clonus"] * 4 + ["rest"] * 2,
        ["clonus"] * 4 + ["rest"] * 2,
        groups=["a"] * 4 + ["b"] * 2,
        candidates=[("clonus",)] * 4 + [("rest",), ("tremor", "clonus")],
    )
    assert coverage(some) == {"mean": 0.75, "worst": 0.5}


def test_windows_that_could_not_be_judged_do_not_count_for_coverage():
    """A window with a gap has no candidates, and is no failure of the sets."""
    some = judged(
        ["rest", "rest"],
        ["rest", UNDECIDED],
        probabilities=[[0, 0, 1.0], [np.nan] * 3],
        candidates=[("rest",), ()],
    )
    assert coverage(some)["mean"] == 1.0


def test_leaving_the_least_sure_out_raises_accuracy_of_honest_probabilities(rng):
    """The abstention curve falls as more is answered, and ends at the accuracy over all."""
    n = 4000
    chance = rng.uniform(0.5, 1.0, size=n)
    labels = np.where(rng.uniform(size=n) < chance, "rest", "tremor")
    probabilities = np.stack([np.zeros(n), 1 - chance, chance], axis=1)
    curve = abstention_curve(judged(labels.tolist(), ["rest"] * n, probabilities=probabilities))
    assert curve[0]["accuracy"] > curve[-1]["accuracy"] + 0.1
    assert curve[-1]["answered"] == 1.0
    assert (labels == "rest").mean() == pytest.approx(curve[-1]["accuracy"])


def test_a_report_is_a_file_that_every_program_reads(tmp_path):
    """JSON knows no NaN: what a report has no number for is null."""
    some = judged(["clonus", "cramp"], ["rest", "tremor"], groups=["a", "b"])
    path = tmp_path / "report.json"
    write_json(path, report(some, samples=20, seed=1))

    def strange(constant):
        raise AssertionError(constant)

    read = json.loads(path.read_text(), parse_constant=strange)
    assert read["macro_f1_by_group"] == {"a": 0.0, "b": None}
    assert read["figures"]["recall__clonus"]["value"] == 0.0


def test_a_report_holds_every_window_once():
    """The numbers of the confusion table add up to the windows, and reasons to the undecided."""
    each = report(EIGHT, samples=20, seed=1)
    assert sum(sum(row.values()) for row in each["confusion"].values()) == 8
    assert each["reasons"] == {"several_candidates": 1}
