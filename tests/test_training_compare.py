"""Comparing: the same windows of the same subjects, paired, with honest intervals and flips."""

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score

from features import ConfigError
from training.compare import compare
from training.comparison_text import figure_rows
from training.flips import BROKEN, GIVEN_UP, MENDED, STILL_WRONG, TAKEN_UP
from training.run_comparison import compare_whole_runs, held_out
from training.semireal.opening import kind_of

CLASSES = ("tremor", "rest", "voluntary")


def answered(rng, labels, groups, right_share, undecided_share=0.1, data_set="simulated"):
    """Answer windows: rightly, wrongly or not at all, with probabilities to match."""
    chance = rng.random(len(labels))
    wrong = rng.choice(CLASSES, len(labels))
    answers = np.where(chance < right_share, labels, wrong)
    abstained = rng.random(len(labels)) < undecided_share
    probabilities = rng.dirichlet(np.ones(len(CLASSES)), len(labels))
    top = np.array([CLASSES.index(answer) for answer in answers])
    probabilities[np.arange(len(labels)), top] += 2
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    frame = pd.DataFrame({
        "window_id": [f"{group}-{i}" for i, group in enumerate(groups)],
        "data_set": data_set,
        "group": groups,
        "label": labels,
        "answer": np.where(abstained, "undecided", answers),
        "reason": np.where(abstained, "several_candidates", ""),
        "candidates": ["tremor rest" if each else answer
                       for each, answer in zip(abstained, answers, strict=True)],
    })  # fmt: skip
    return frame.assign(**{f"p_{name}": probabilities[:, k] for k, name in enumerate(CLASSES)})


@pytest.fixture
def people(rng):
    """Labels and subjects of 600 windows of 20 people."""
    return rng.choice(CLASSES, 600), np.repeat([f"person {k:02}" for k in range(20)], 30)


@pytest.fixture
def two(rng, people):
    """A worse and a better model."""
    return answered(rng, *people, 0.6), answered(rng, *people, 0.9)


def compared(first, second, samples=200, seed=3):
    """Compare with few samples."""
    return compare(first, second, samples=samples, seed=seed)


def test_a_model_is_no_better_than_itself(two):
    """Every difference is nothing, for certain, and no window is answered otherwise."""
    comparison = compared(two[0], two[0])

    for change in comparison.data_sets[0].changes.values():
        assert (0, 0, 0) == (change.difference, change.low, change.high)
    assert comparison.data_sets[0].flips == ()
    assert "cannot be told from" in comparison.verdict("one", "other")


def test_what_one_wins_the_other_loses(two):
    """Exchanging the models changes the sign of each difference and turns its interval round."""
    there = compared(*two).data_sets[0].changes
    back = compared(*two[::-1]).data_sets[0].changes

    assert there.keys() == back.keys()
    for name, change in there.items():
        assert change.difference == pytest.approx(-back[name].difference)
        assert (change.low, change.high) == pytest.approx((-back[name].high, -back[name].low))


def test_the_better_model_is_called_better(two):
    """Far more right answers and fewer wrong ones, with an interval, of so many subjects."""
    verdict = compared(*two).verdict("old", "new")

    assert re.match(
        r"new is better than old: \+\d+\.\d \(\+\d+\.\d to \+\d+\.\d\) of 100 windows more answered"
        r" rightly, -\d+\.\d \(-\d+\.\d to -\d+\.\d\) more wrongly \(95 % intervals over 20"
        r" subjects of simulated\)\.",
        verdict,
    )


def test_one_subject_proves_nothing(rng, people, two):
    """However much better a model answers one person, and beside a set of many people."""
    alone = [answered(rng, people[0][:90], np.full(90, "anna"), share, data_set="own")
             for share in (0.5, 0.9)]  # fmt: skip
    comparison = compared(*alone)
    (own,) = comparison.data_sets
    right = own.changes["right"]
    assert right.difference > 0.2
    assert f"{right.difference:+.3f} (no interval)" == str(right)
    assert {"no interval"} == {row[4] for row in figure_rows(own)}
    verdict = comparison.verdict("old", "new")
    points = f"{100 * right.difference:+.1f}"
    assert verdict.startswith(f"new cannot be told from old by 1 subject: {points} of 100 windows")
    assert verdict.endswith("(own, and it takes 6 of a set).")

    both = compared(*(pd.concat(pair) for pair in zip(two, alone, strict=True)))
    assert both.data_sets[0].changes["right"].certain == 1
    assert both.verdict("old", "new").endswith("Not counted, of fewer than 6 subjects: own.")


def test_who_only_abstains_more_is_not_called_better(rng, people):
    """Fewer wrong answers and fewer right ones: both are said."""
    careful = answered(rng, *people, 0.8, undecided_share=0.6)
    verdict = compared(answered(rng, *people, 0.8, undecided_share=0.0), careful).verdict("a", "b")

    assert verdict.startswith("b answers less than, but also errs less than, a:")


def test_f1_is_that_of_scikit_learn(two):
    """Among decided windows, each model's own."""
    change = compared(*two).data_sets[0].changes["f1__tremor"]
    for frame, value in zip(two, (change.before, change.after), strict=True):
        decided = frame[frame["answer"] != "undecided"]
        expected = f1_score(decided["label"], decided["answer"], labels=["tremor"], average="macro")
        assert value == pytest.approx(expected)


def test_the_interval_is_that_of_people_drawn_again(rng, two):
    """Whole frames put together from people drawn at random spread as the interval says."""
    change = compared(*two, samples=2000).data_sets[0].changes["accuracy"]
    parts = [dict(iter(frame.groupby("group"))) for frame in two]
    names = sorted(parts[0])
    apart = []
    for _ in range(400):
        drawn = rng.choice(names, len(names))
        accuracies = []
        for part in parts:
            frame = pd.concat([part[name] for name in drawn])
            decided = frame[frame["answer"] != "undecided"]
            accuracies.append((decided["label"] == decided["answer"]).mean())
        apart.append(accuracies[1] - accuracies[0])

    low, high = np.percentile(apart, (2.5, 97.5))
    assert (change.low, change.high) == pytest.approx((low, high), abs=0.01)


def test_the_order_of_windows_does_not_matter(rng, two):
    """Answers are put side by side by window, not by row."""
    shuffled = two[1].iloc[rng.permutation(len(two[1]))]

    assert compared(*two).data_sets[0].changes == compared(two[0], shuffled).data_sets[0].changes


def test_sets_weigh_the_same_in_the_verdict(rng, people, two):
    """The verdict on a kind is the mean over its sets, however many windows each has."""
    labels, groups = people
    few = labels[:180], groups[:180]
    more = [answered(rng, *few, share, data_set="real") for share in (0.9, 0.5)]
    comparison = compared(*(pd.concat(pair) for pair in zip(two, more, strict=True)))

    each = [data_set.changes["right"].difference for data_set in comparison.data_sets]
    assert ["simulated", "real"] == [data_set.name for data_set in comparison.data_sets]
    assert comparison.kinds[0].right.difference == pytest.approx(np.mean(each))
    assert comparison.kinds[0].n_groups == 26


def test_a_set_without_a_class_is_shown_but_decides_nothing(rng, two):
    """Of look-alikes no answer is right: the verdict is over the other sets, or there is none."""
    groups = np.repeat(["q1", "q2"], 20)
    alike = [answered(rng, np.full(40, "rest"), groups, 0.5, data_set="alike").assign(label="cramp")
             for _ in range(2)]  # fmt: skip
    alone, both = compared(*alike), compared(*(pd.concat(p) for p in zip(two, alike, strict=True)))

    assert both.verdict("a", "b") == compared(*two).verdict("a", "b")
    assert ["simulated", "alike"] == [each.name for each in both.data_sets]
    assert both.data_sets[1].flips
    assert figure_rows(both.data_sets[1]) == []
    assert "b cannot be told from a: no window has a class as its label." == alone.verdict("a", "b")


def test_draws_without_a_window_that_counts_are_passed_over(rng):
    """One of seven subjects has a class, and the others only what has none."""
    groups = np.repeat(["x", *"abcdef"], 20)
    few = [answered(rng, np.full(140, "rest"), groups, share) for share in (0.5, 0.9)]
    few = [each.assign(label=np.where(groups == "x", "rest", "cramp")) for each in few]
    changes = compared(*few).data_sets[0].changes
    for name in ("coverage", "expected_calibration_error", "right"):
        assert np.isfinite([changes[name].low, changes[name].high]).all()


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (lambda f: f[f["group"] != "person 03"], "19 subjects in common of 20 and 19"),
        (
            lambda f: f.assign(window_id=[f"another {name}" for name in f["window_id"]]),
            "the same 20 subjects with other windows",
        ),
        (lambda f: f.assign(label="rest"), "the same 20 subjects with other labels"),
        (lambda f: f.assign(data_set="other"), "only the first run has answered it"),
    ],
)
def test_other_subjects_or_windows_are_refused(two, changed, sentence):
    """A set is compared as a whole or not at all, and the sentence says what differs."""
    with pytest.raises(ConfigError, match=f"have not answered the same windows .*{sentence}"):
        compared(two[0], changed(two[1]))


def test_runs_of_two_modalities_are_named_as_such(monkeypatch):
    """Nobody looks for a set that a muscle and a wrist have answered alike."""
    modalities = {"a1": "emg", "b2": "accelerometer"}
    monkeypatch.setattr(
        "training.run_comparison.tracking.tag_of", lambda run_id, _: modalities[run_id]
    )
    with pytest.raises(
        ConfigError, match="run a1 is of a model for emg, and b2 of one for accelerometer; name two"
    ):
        compare_whole_runs("a1", "b2")


def test_a_set_that_differs_is_left_out_and_named(rng, people, two):
    """What both have answered is compared all the same."""
    more = answered(rng, *people, 0.7, data_set="real")
    comparison = compared(two[0], pd.concat((two[1], more)))

    assert ["simulated"] == [each.name for each in comparison.data_sets]
    assert comparison.left_out == ("real: only the second run has answered it",)


def test_what_training_left_out_of_a_subject_is_not_compared(two):
    """Of the same subjects, windows that only one has answered do not count."""
    fewer = two[1].iloc[5:]
    compared_fewer = compared(two[0], fewer).data_sets[0]

    assert compared_fewer.n_windows == 595
    assert compared_fewer.changes == compared(two[0].iloc[5:], fewer).data_sets[0].changes


def test_answers_to_subjects_that_were_trained_on_do_not_count(two):
    """Where a run has answered a subject in its folds, its evaluation's answer is not held out."""
    folds = two[0][two[0]["group"] < "person 10"].assign(answer="rest")
    kept = held_out([folds, two[0], two[0].assign(data_set="other")])

    assert len(kept) == 1200
    by_set = dict(iter(kept.groupby("data_set")))
    assert set(by_set["simulated"].query("group < 'person 10'")["answer"]) == {"rest"}
    assert by_set["other"]["answer"].tolist() == two[0]["answer"].tolist()


def test_flips_say_what_changed_and_why():
    """Each kind of change, the window that lost most first, with the reason on both sides."""
    before = ["rest", "tremor", "tremor", "undecided", "voluntary", "rest"]
    after = ["tremor", "rest", "undecided", "rest", "rest", "rest"]
    rng = np.random.default_rng(0)
    labels, groups = np.full(6, "tremor"), np.array(["a", "a", "b", "b", "c", "c"])
    first, second = (
        answered(rng, labels, groups, 1.0, 0.0).assign(
            answer=answers,
            reason=["several_candidates" if a == "undecided" else "" for a in answers],
            candidates=["rest tremor" if a == "undecided" else a for a in answers],
            p_tremor=[0.9 if a == "tremor" else 0.3 for a in answers],
            p_rest=[0.05 if a == "tremor" else 0.6 for a in answers],
            p_voluntary=[0.05 if a == "tremor" else 0.1 for a in answers],
        )
        for answers in (before, after)
    )

    flips = compared(first, second, samples=10).data_sets[0].flips
    by_id = {flip.window_id: flip for flip in flips}
    kinds = {name: flip.kind for name, flip in by_id.items()}

    expected = (MENDED, BROKEN, GIVEN_UP, TAKEN_UP, STILL_WRONG)
    assert kinds == dict(zip(("a-0", "a-1", "b-2", "b-3", "c-4"), expected, strict=True))
    assert by_id["b-2"].why_before == "tremor 0.90"
    assert by_id["b-2"].why_after == "rest or tremor; rest 0.60"
    assert [round(flip.change, 1) for flip in flips] == [-0.6, -0.6, 0.0, 0.0, 0.6]


def test_undecided_is_the_right_answer_to_what_has_no_class(two):
    """Of a look-alike, and of what is unclear: who answers no longer has not given up."""
    labels = {"tremor": "cramp", "rest": "unclear", "voluntary": "voluntary"}
    first, second = (each.assign(label=each["label"].map(labels)) for each in two)
    kinds = {
        (flip.label, flip.before == "undecided", flip.after == "undecided"): flip.kind
        for flip in compared(first, second, samples=10).data_sets[0].flips
    }
    for label in ("cramp", "unclear"):
        assert MENDED == kinds[label, False, True]
        assert BROKEN == kinds[label, True, False]
        assert STILL_WRONG == kinds[label, False, False]
    assert GIVEN_UP == kinds["voluntary", False, True]


def test_a_class_that_only_one_model_has_is_not_compared(two):
    """A model without tremor has no figures of tremor, and none are made up."""
    without = two[1].drop(columns="p_tremor")
    without = without.assign(answer=without["answer"].replace("tremor", "rest"))

    changes = compared(two[0], without).data_sets[0].changes
    assert "f1__rest" in changes
    assert "precision__tremor" not in changes


@pytest.mark.parametrize("n_people", range(1, 6))
def test_of_a_few_subjects_nothing_is_beyond_doubt(rng, n_people):
    """Even where all of up to five people get far more right answers: chance can do that."""
    labels = rng.choice(CLASSES, 60 * n_people)
    groups = np.repeat([f"person {k}" for k in range(n_people)], 60)
    comparison = compared(
        answered(rng, labels, groups, 0.4), answered(rng, labels, groups, 1.0, 0.0)
    )

    changes = comparison.data_sets[0].changes
    assert changes["right"].difference > 0.2
    assert {0} == {change.certain for change in changes.values()}
    assert changes["right"].interval == "no interval"
    assert "b cannot be told from a by" in comparison.verdict("a", "b")


def test_a_set_of_a_few_subjects_does_not_decide_a_verdict(rng, two):
    """One person whom a model suits does not make it better; that they do not count is said."""
    one = rng.choice(CLASSES, 60), np.full(60, "a person")
    alike = [frame.assign(data_set="simulated/train") for frame in (two[0], two[0])]
    few = [answered(rng, *one, share, data_set="simulated/test") for share in (0.2, 1.0)]
    pairs = [pd.concat(each) for each in zip(alike, few, strict=True)]

    verdict = compared(*pairs).verdict("a", "b")
    assert verdict.startswith("b cannot be told from a: +0.0 (+0.0 to +0.0) of 100 windows")
    assert verdict.endswith("Not counted, of fewer than 6 subjects: simulated/test.")


def test_kinds_of_data_are_not_mixed_in_one_number(rng, people, two):
    """What is better on simulated people and worse on real ones is told of each, not on average."""
    worse = answered(rng, *people, 0.9), answered(rng, *people, 0.6)
    names = ("simulated/train", "my-recordings")
    pairs = [
        pd.concat([frame.assign(data_set=name) for frame, name in zip(each, names, strict=True)])
        for each in zip(two, worse, strict=True)
    ]

    verdict = compared(*pairs).verdict("a", "b")
    assert re.search(r"b is better than a: [^:]* over 20 subjects of simulated/train\)\. ", verdict)
    assert re.search(r"b is worse than a: [^:]* over 20 subjects of my-recordings\)\.$", verdict)


def test_a_model_is_not_better_for_lacking_a_class(two):
    """Who calls all tremor rest does not gain by having no tremor: its windows still count."""
    blind = two[0].assign(answer=two[0]["answer"].replace("tremor", "rest"))
    without = blind.drop(columns="p_tremor")
    comparison = compared(blind, without)

    for name in ("right", "wrong", "accuracy", "undecided"):
        assert comparison.data_sets[0].changes[name].difference == 0
    verdict = comparison.verdict("a", "b")
    assert verdict.startswith("b cannot be told from a:")
    assert verdict.endswith("b has no tremor: such windows it cannot answer rightly.")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("simulated/test", "simulated"),
        ("semireal-clonus-test", "semi-real"),
        ("tremordb", "semi-real"),
        ("pd-rest-hand-accel-500hz", "real"),
        ("my-recordings", "real"),
    ],
)
def test_each_set_is_judged_with_those_of_its_kind(name, kind):
    """By what the set is, not by what it is called: a public one may be put together, too."""
    assert kind_of(name) == kind
