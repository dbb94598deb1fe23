"""The accuracy benchmark counts what it says, over the windows it says, and hides nothing."""

import itertools
import json
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from accuracy_answers import SCHEME, answered, source
from feature_tables import separable_table, small_config

from benchmarks.accuracy.answers import Tabulated
from benchmarks.accuracy.choices import (
    controls,
    first_participant,
    near_table_frequency,
    plain_events,
    rhythmic,
    told,
)
from benchmarks.accuracy.estimates import (
    Bootstrap,
    Estimate,
    expected_lowest,
    mean_coverage,
    share,
    statistic,
)
from benchmarks.accuracy.figures import Figure, Target, counted
from benchmarks.accuracy.folding import fold
from benchmarks.accuracy.questions import (
    QUESTIONS,
    abstentions,
    asked,
    commonest_is_tremor,
    with_clear_line,
)
from benchmarks.accuracy.report import Section, Table, answers_table, as_json, as_markdown, metrics
from benchmarks.accuracy.simulated import UNSEEN, lookalike_figures, simulated_figures
from serving.classifier import UNDECIDED
from training.datasets import registry
from training.datasets.real import hand_mouse, imu_disorders, pd_rest
from training.evaluate import calibration_error
from training.layout import Layout
from training.semireal.sources import semireal_sources
from training.train import train
from training.validation import (
    STATEMENT,
    figure_cells,
    read_validation,
    target_of,
    validation_section,
    value_of,
)

REPOSITORY = Path(__file__).parents[1]
FEW = Bootstrap(samples=200, seed=1)


def names(*parts):
    """Return an array of names, each repeated: ``names(("a", 3), ("b", 1))``."""
    return np.repeat([name for name, _ in parts], [count for _, count in parts])


# Estimates


def test_a_share_is_of_windows_and_its_interval_of_people():
    """Two people who differ altogether: the interval holds everything between them."""
    found = share(np.array([True, True, False, False]), names(("a", 2), ("b", 2)), FEW)
    assert found == Estimate(0.5, 0.0, 1.0, 4, 2)


def test_one_person_has_no_interval():
    """What one person does says nothing about another."""
    found = share(np.array([True, False]), names(("a", 2)), FEW)
    assert (found.value, found.n_subjects) == (0.5, 1)
    assert math.isnan(found.low)
    assert math.isnan(found.high)


def test_a_share_of_nothing_is_not_zero():
    """Without windows there is no figure."""
    found = share(np.zeros(0, dtype=bool), np.zeros(0, dtype=str), FEW)
    assert math.isnan(found.value)
    assert found.n_windows == 0


def test_a_statistic_is_drawn_by_whole_people():
    """The calibration error of people who are all alike does not vary."""
    one = answered(["rest", "rest", "tremor"], ["rest", "tremor", "tremor"]).judged
    both = replace(
        answered(["rest", "rest", "tremor"] * 2, ["rest", "tremor", "tremor"] * 2).judged,
        groups=names(("a", 3), ("b", 3)),
    )
    found = statistic(both, calibration_error, FEW)
    assert found.value == pytest.approx(calibration_error(one))
    assert (found.low, found.high) == pytest.approx((found.value, found.value))


def test_a_person_who_is_drawn_twice_counts_twice():
    """Coverage of nothing and of everything: the mean of two draws is 0, a half, or 1."""
    judged = answered(
        ["rest", "rest"], ["rest", "tremor"], groups=["a", "b"], candidates=[("rest",), ("tremor",)]
    ).judged
    assert mean_coverage(judged, FEW) == Estimate(0.5, 0.0, 1.0, 2, 2)


# Figures


@pytest.mark.parametrize(
    ("target", "value", "verdict"),
    [
        (Target(at_least=0.9), 0.9, "met"),
        (Target(at_least=0.9), 0.89, "short"),
        (Target(at_most=0.1), 0.1, "met"),
        (Target(at_most=0.1), 0.11, "short"),
        (Target(0.93, 0.97), 0.98, "short"),
        (Target(at_most=0.1), math.nan, "no windows"),
        (None, 0.5, ""),
    ],
)
def test_a_figure_knows_its_side(target, value, verdict):
    """At least, at most, between; nothing counted is neither met nor short."""
    estimate = Estimate(value, math.nan, math.nan, 10, 2)
    assert verdict == Figure("what", "set", "real", SCHEME, estimate, target=target).verdict


def test_flagged_windows_do_not_count_but_are_told():
    """Of five windows one is flagged: of four, two are called tremor and one is undecided."""
    given = answered(["tremor"] * 5, ["tremor", "tremor", "rest", UNDECIDED, "tremor"], flagged=[4])
    everything = np.ones(5, dtype=bool)
    figure = counted(SCHEME, "called tremor", given, everything, given.called("tremor"))
    assert figure.estimate.value == 0.5
    assert (figure.undecided, figure.flagged) == (0.25, 0.2)


# Questions


PD = pd_rest.NAME


def resting_hands():
    """Return five windows of two people at rest, as pd-rest tells of them."""
    table = [
        {"start_s": 0.0, "derived_state": "rhythmic", "peak_hz": 5.0},
        {"start_s": 4.0, "derived_state": "quiet", "peak_hz": 6.0},
        {"start_s": 8.0, "derived_state": "rhythmic", "peak_hz": 4.5},
    ]
    return answered(
        ["tremor", "tremor", "rest", "tremor", "rest"],
        ["tremor", "tremor", "rest", "clonus", "fasciculation"],
        ids=["811_1@0.000", "811_1@2.000", "811_1@4.000", "811_1@8.000", "890_1@0.000"],
        groups=[f"{PD}/811"] * 4 + [f"{PD}/890"],
        columns={"dominant_frequency": [5.3, 5.0, 6.0, 4.19, 5.0]},
        details={"811_1": {"windows": table}, "890_1": {"windows": table}},
        of=source(PD),
    )


def test_rhythmic_windows_are_those_of_the_table():
    """Neither what begins between its windows, nor what it calls quiet, nor a control."""
    assert rhythmic(resting_hands()).tolist() == [True, False, False, True, False]


def test_controls_are_known_by_their_number():
    """From 890 on, as the set says."""
    assert controls(resting_hands()).tolist() == [False] * 4 + [True]


def test_a_frequency_may_be_three_tenths_off():
    """5.3 is near 5.0; 4.19 is not near 4.5; without an entry nothing is near."""
    assert near_table_frequency(resting_hands()).tolist() == [True, False, False, False, True]


def test_questions_of_a_set_are_answered_over_their_windows():
    """The only control window is called fasciculation; half of the rhythmic ones tremor."""
    found = {figure.what: figure for figure in asked({PD: resting_hands()}, SCHEME)}
    assert found["controls called tremor, clonus or fasciculation"].estimate.value == 1.0
    assert found["rhythmic windows of tremulous people called tremor"].estimate.value == 0.5
    assert found["rhythmic windows called clonus"].verdict == "short"
    assert len(found) == 5


def test_every_question_is_about_a_set_that_exists():
    """A renamed set would silently lose its figures."""
    known = {each.name for each in registry.REAL}
    known |= {each.name for each in semireal_sources(Layout(REPOSITORY))}
    assert {question.data for question in QUESTIONS} <= known


def test_every_target_is_asked_for():
    """Each set that is not simulated has the targets that were set for it."""
    counts = {}
    for question in QUESTIONS:
        if question.target is not None:
            counts[question.data] = counts.get(question.data, 0) + 1
    assert counts == {
        "pd-rest-hand-accel-500hz": 5,
        "imu-pd-et-dyskinesia-20hz": 1,
        "hmp-wrist-adl-32hz": 2,
        "hand-mouse-imu-64hz": 1,
        "cloudupdrs-phone-accel-100hz": 1,
        "osdb-seizure-wrist-accel-25hz": 1,
        "threedc-semg-gestures": 3,
        "contraction-intensity-semg": 3,
        "plux-semg-1000hz": 3,
        "tms-mep-continuous-emg": 2,
        "semireal-fasciculation-test": 1,
        "semireal-clonus-test": 2,
    }


def test_windows_are_chosen_by_what_their_recording_says():
    """A detail of the recording, or the one participant."""
    given = answered(
        ["voluntary"] * 2,
        ["rest"] * 2,
        groups=[f"{hand_mouse.NAME}/1", f"{hand_mouse.NAME}/10"],
        details={"recording0": {"task": "walk"}},
    )
    assert told("task", "walk")(given).tolist() == [True, False]
    assert first_participant(given).tolist() == [True, False]


def test_plain_events_stand_out_six_times():
    """By the largest ratio that is known of a window; nothing known is nothing there."""
    given = answered(
        ["fasciculation"] * 3, ["rest"] * 3, ratios={"recording0@0.000": 6.0, "recording1@0.000": 5}
    )
    assert plain_events(given).tolist() == [True, False, False]


def test_a_pair_of_tremor_and_clonus_is_allowed_more():
    """Unclear windows do not count; the second figure leaves out the pair alone."""
    given = answered(
        ["tremor", "tremor", "rest", "unclear"],
        [UNDECIDED, UNDECIDED, "rest", UNDECIDED],
        candidates=[("tremor", "clonus"), ("tremor", "rest"), ("rest",), ("rest", "tremor")],
    )
    everything, others = abstentions(given, SCHEME)
    assert (everything.estimate.value, others.estimate.value) == pytest.approx((2 / 3, 1 / 3))
    assert (everything.target, others.target) == (Target(at_most=0.2), Target(at_most=0.15))


def inertial_units():
    """Return ten windows of each of four recordings of two people."""
    lines = {"clear": [3.0] * 3 + [1.0] * 7, "faint": [3.0] * 2 + [1.0] * 8}
    given = {"clear": ["tremor"] * 6 + ["clonus"] * 4, "faint": ["rest"] * 10}
    kinds = ("clear", "faint", "clear", "clear")
    labels = ["tremor_recording"] * 30 + ["dyskinesia"] * 10
    answers = given["clear"] + given["faint"] + ["rest"] * 10 + given["clear"]
    return answered(
        labels,
        answers,
        ids=[f"r{i // 10}/gyroscope@{i}.000" for i in range(40)],
        groups=["a"] * 20 + ["b"] * 20,
        columns={"line_prominence": [line for kind in kinds for line in lines[kind]]},
        of=source(imu_disorders.NAME),
    )


def test_a_line_is_clear_in_three_windows_of_ten():
    """Recordings of tremor only, whatever the answers."""
    assert with_clear_line(inertial_units().data) == {"r0", "r2"}


def test_the_commonest_involuntary_answer_is_counted_by_recording():
    """One recording has tremor oftenest; one has no involuntary answer, which is no tremor."""
    figure = commonest_is_tremor(inertial_units(), frozenset({"r0", "r2"}), SCHEME)
    assert (figure.estimate.value, figure.estimate.n_windows) == (0.5, 2)
    assert figure.verdict == "short"


def test_an_accelerometer_is_judged_by_the_line_of_its_gyroscope():
    """Recordings are known by their unit, not by their sensor."""
    units = inertial_units()
    ids = np.array([name.replace("gyroscope", "accelerometer") for name in units.table.ids])
    other = replace(units, table=replace(units.table, ids=ids))
    figure = commonest_is_tremor(other, with_clear_line(units.data), SCHEME)
    assert figure.estimate.n_windows == 2


# Simulated


@pytest.mark.parametrize("n", [1, 2, 4, 9])
def test_the_worst_of_some_is_the_mean_over_all_ways_to_choose_them(n):
    values = np.random.default_rng(1).uniform(size=9)
    ways = [min(chosen) for chosen in itertools.combinations(values.tolist(), n)]
    assert expected_lowest(values, n) == pytest.approx(np.mean(ways))


def test_simulated_figures_leave_out_what_has_no_class():
    """Two of three windows of a class are right, one undecided; a look-alike counts in none."""
    given = answered(
        ["clonus", "tremor", "rest", "shivering"],
        ["clonus", "tremor", UNDECIDED, "tremor"],
        groups=["a", "b", "a", "b"],
        reasons=[None, None, "unlike_training", None],
        candidates=[("clonus",), ("tremor",), ("tremor", "rest"), ("tremor",)],
    )
    found = {figure.what: figure for figure in simulated_figures(given, SCHEME, UNSEEN)}
    assert found["undecided"].estimate.value == pytest.approx(1 / 3)
    assert found["ordinary windows called unlike_training"].estimate.value == pytest.approx(1 / 3)
    assert found["ordinary windows called look_alike"].estimate.value == 0.0
    assert found["label among the candidates, worst of 2 subjects"].estimate.value == 1.0
    assert found["clonus by accelerometer alone called clonus"].verdict == "met"
    (alike,) = lookalike_figures(given, SCHEME, exposed=())
    assert (alike.what, alike.estimate.value) == ("shivering left undecided", 0.0)


def test_look_alikes_met_in_training_are_told_from_the_others():
    """What was shown in training is no longer unseen, and its figure says so."""
    given = answered(["cramp", "shivering"], [UNDECIDED, UNDECIDED])
    known, unseen = lookalike_figures(given, SCHEME, exposed=("cramp",))
    assert known.what == "cramp (kind met in training) left undecided"
    assert unseen.what == "shivering left undecided"


# Folding


@pytest.fixture(scope="module")
def sites():
    """A table of nine people at three sites, its configuration, and that as a data set."""
    config = small_config()
    table = separable_table(config)
    numbers = np.array([int(name[-2:]) for name in table.groups])
    table = replace(table, sites=np.array([f"site{n // 3}" for n in numbers]))
    return config, Tabulated("simulated/train", source(kind="simulated"), table, {}, {})


def test_folds_by_subject_are_those_of_training(sites):
    """The same answers as the report of a training rests on."""
    config, data = sites
    mine = fold(data.table, config, "made up").answer(data)
    theirs = train(data.table, config, "made up").judged
    assert sorted(mine.judged.answers.tolist()) == sorted(theirs.answers.tolist())
    order = np.lexsort((mine.judged.probabilities[:, 0], mine.judged.groups))
    other = np.lexsort((theirs.probabilities[:, 0], theirs.groups))
    np.testing.assert_allclose(
        mine.judged.probabilities[order], theirs.probabilities[other], rtol=1e-12
    )


def test_a_site_is_answered_by_a_model_that_has_not_seen_it(sites):
    """Each fold holds out whole sites, and subjects stay the unit of intervals."""
    config, data = sites
    folded = fold(data.table, config, "made up", "sites")
    assert sorted(name for held in folded.held_out for name in held) == ["site0", "site1", "site2"]
    found = folded.answer(data)
    assert len(found) == len(data.table)
    np.testing.assert_array_equal(found.table.groups, found.judged.groups)
    assert len(np.unique(found.judged.groups)) == 9


def test_whom_no_model_has_seen_is_answered_by_the_one_that_saw_most(sites):
    """A stranger's windows get the answers of the model of everybody."""
    config, data = sites
    folded = fold(data.table, config, "made up")
    strangers = replace(data.table, groups=np.full(len(data.table), "stranger"))
    found = folded.answer(replace(data, table=strangers)).judged.probabilities
    expected = folded.whole.probabilities(folded.whole.scores(data.table.features.values))
    np.testing.assert_array_equal(found, expected)


# Report


def figures_of_all_kinds():
    """Return one figure of each kind of data: met, short, and without an interval."""
    estimate = Estimate(0.5, 0.4, 0.6, 10, 3)
    made = Figure("made", "set-a", "simulated", SCHEME, estimate, 0.1, Target(at_least=0.4))
    joined = replace(made, what="joined", kind="semi-real", target=Target(at_least=0.9))
    alone = Estimate(0.25, math.nan, math.nan, 4, 1)
    seen = replace(made, what="seen", kind="real", estimate=alone, target=None)
    return [replace(figure, headline=True) for figure in (made, joined, seen)]


def sections():
    """Return one section with a table, figures and sentences."""
    cells = Table("a table", ("label", "a|b"), [("rest", "1")])
    return [
        Section(
            "a",
            "simulated",
            "emg",
            notes=["A note."],
            tables=[cells],
            figures=figures_of_all_kinds(),
            texts=["set already"],
        )
    ]


def test_cells_of_a_figure_name_data_validation_and_target():
    """In percent, with the interval where there is one."""
    met, _, alone = (figure.to_json() for figure in figures_of_all_kinds())
    assert (value_of(met), target_of(met)) == ("50.0 (40.0-60.0)", "≥ 40")
    assert (value_of(alone), target_of(alone)) == ("25.0", "")
    assert {"set-a", "simulated", "by hand", "met"} <= set(figure_cells(met))


def test_the_document_says_what_quaver_is_not():
    """The statement stands above every number, and bars in cells do not break a table."""
    text = as_markdown(sections(), {})
    assert text.index(STATEMENT) < text.index("| figure |")
    assert "1 of 2 figures with a target are met" in text
    assert "| label | a\\|b |" in text
    assert "```text\nset already\n```" in text


def test_plain_data_has_neither_date_nor_machine():
    """JSON without NaN, and without what another day or another place would change."""
    text = json.dumps(as_json(sections(), {}), allow_nan=False)
    assert str(REPOSITORY) not in text
    assert not re.search(r"\b20\d\d-\d\d-\d\d\b", text)


def test_a_metric_has_a_name_of_its_own():
    """Modality, data, validation and figure, in letters that a server takes."""
    found = metrics(figures_of_all_kinds())
    assert found["accelerometer__set-a__by_hand__made"] == 0.5
    assert found["accelerometer__set-a__by_hand__made__undecided"] == 0.1
    assert all(re.fullmatch(r"[\w.-]+", name) for name in found)


def test_answers_are_shares_of_their_label_with_intervals():
    """Two people, one always right and one never; a label of one person has no interval."""
    given = answered(
        ["rest", "rest", "tremor"], ["rest", "tremor", "tremor"], groups=["a", "b", "b"]
    )
    made = answers_table(given, FEW)
    rows = {row[0]: dict(zip(made.header, row, strict=True)) for row in made.rows}
    assert rows["rest"]["rest"] == "50.0 (0-100)"
    assert rows["tremor"]["tremor"] == "100.0"
    assert made.title == "made-up (real): 2 subjects, 3 windows"


# The README


def test_kinds_of_data_are_never_in_one_table():
    """Real, semi-real and simulated figures each stand in a table of their own."""
    text = validation_section(as_json(sections(), {}))
    assert text.startswith(STATEMENT)
    assert "Of 2 figures with a target, 1 are met." in text
    assert "**Recordings of people.** Of 0 figures with a target, 0 are met." in text
    tables = [part for part in text.split("**")[1:] if "| figure |" in part]
    assert [len(re.findall(r"^\| (?:made|joined|seen) ", t, re.MULTILINE)) for t in tables] == [
        1,
        1,
        1,
    ]


def test_a_benchmark_that_was_never_run_is_said():
    """No table rather than an empty one."""
    assert "Nothing has been measured yet" in validation_section(None)


def test_the_readme_agrees_with_what_was_measured():
    """`make docs` after `make bench-accuracy`: the README says what docs/validation.json says."""
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    content = read_validation(REPOSITORY / "docs")
    stated = re.search(
        r"<!-- validation: begin -->\n\n(.*?)\n\n<!-- validation: end -->", readme, re.DOTALL
    )
    assert stated is not None
    assert stated[1] == validation_section(content)
