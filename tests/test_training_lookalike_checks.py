"""Fitting checks: each sees its marks alone and keeps its rate of false alarms."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from feature_tables import separable_table, small_config

from training.config import KindCheck
from training.fit import cross_fit
from training.lookalike_checks import checks_of, fit_checks
from training.table import join
from training.train import train

KIND = "shivering"
MARKS = (20, 21)
"""Columns in which the kind below differs from everything else."""


def config_of(rate=0.02, instead_of=("clonus", "tremor"), limits=None):
    """Return a small configuration whose one check sees two columns that name no class."""
    config = small_config()
    columns = separable_table(config, n_groups=1).features.columns
    check = KindCheck(
        instead_of=dict.fromkeys(instead_of, rate),
        marks=tuple(columns[i] for i in MARKS),
        limits=limits or {},
    )
    few = config.checks.booster.model_copy(update={"num_iterations": 20, "min_data_in_leaf": 5})
    checks = config.checks.model_copy(update={"booster": few, "kinds": {KIND: check}})
    return config.model_copy(update={"checks": checks})


def alike_table(config, *, seed=3, shift=4.0):
    """Return windows that look like a clonus, but for the marks."""
    table = separable_table(config, n_groups=6, windows_each=10, seed=seed)
    table = table[table.labels == "clonus"]
    table.features.values[:, MARKS[0] : MARKS[1] + 1] += shift
    groups = np.array([f"other {name}" for name in table.groups])
    return replace(table, labels=np.full(len(table), KIND), groups=groups)


def test_a_look_alike_is_refused_and_what_it_looks_like_is_not():
    """Windows of unseen people: of the kind most are undecided, of classes few more than before."""
    config = config_of()
    table = separable_table(config, n_groups=12)
    checked = train(join([table, alike_table(config)]), config, "x").classifier
    unseen = alike_table(config, seed=4).features
    others = separable_table(config, n_groups=12, seed=5).features

    reasons = checked.judge(unseen, 100.0).reasons
    ordinary = checked.judge(others, 100.0).reasons

    assert np.mean([reason == "look_alike" for reason in reasons]) > 0.5
    assert np.mean([reason == "look_alike" for reason in ordinary]) < 0.05


def test_a_check_leaves_everything_else_as_it_was():
    """Trees, detector and calibration are the same with a check and without."""
    config = config_of()
    table = separable_table(config)
    alone = train(table, config, "x").classifier
    beside = train(join([table, alike_table(config)]), config, "x").classifier

    assert alone.booster.model_to_string() == beside.booster.model_to_string()
    assert alone.detector.model_to_string() == beside.detector.model_to_string()
    assert alone.card.calibration == beside.card.calibration
    assert alone.card.novelty == beside.card.novelty
    assert [check.kind for check in beside.card.checks] == [KIND]


def test_a_kind_that_was_not_shown_has_no_check():
    """Who trains on data of their own need not have look-alikes."""
    config = config_of()
    classifier = train(separable_table(config), config, "x").classifier

    assert classifier.card.checks == classifier.checks == ()


def test_a_check_sees_nothing_but_its_marks():
    """Whatever other columns hold, the score stays; another mark gives another."""
    config = config_of()
    table = separable_table(config)
    trees = fit_checks(table, alike_table(config), config)[KIND]
    values = table.features.values
    is_mark = np.isin(np.arange(values.shape[1]), MARKS)
    scores = trees.predict(values)

    assert np.array_equal(scores, trees.predict(np.where(is_mark, values, -values)))
    assert not np.array_equal(scores, trees.predict(np.where(is_mark, -values, values)))


def test_a_check_learns_from_no_class_that_it_is_not_about():
    """What rest is like changes nothing of a check that clonus and tremor are asked for."""
    config = config_of()
    table, alike = separable_table(config), alike_table(config)
    before = fit_checks(table, alike, config)[KIND].model_to_string()
    table.features.values[table.labels == "rest"] += 10.0

    assert before == fit_checks(table, alike, config)[KIND].model_to_string()


@pytest.mark.parametrize("rate", [0.01, 0.05, 0.2])
def test_a_threshold_refuses_the_stated_share_of_each_class(rate):
    """Each class has its own, by its own held-out windows."""
    config = config_of(rate)
    rng = np.random.default_rng(0)
    labels = np.repeat(("clonus", "tremor", "rest"), 1000)
    scores = rng.normal(size=3000) + 3.0 * (labels == "tremor")

    (check,) = checks_of({KIND: scores}, labels, config)

    assert set(check.thresholds) == {"clonus", "tremor"}
    for name, threshold in check.thresholds.items():
        assert np.mean(scores[labels == name] > threshold) == pytest.approx(rate, abs=0.001)


def test_the_check_of_a_fold_has_not_met_its_people():
    """Look-alikes of held-out people are not shown to the model that judges those people."""
    config = config_of()
    table, alike = separable_table(config), alike_table(config)
    with ThreadPoolExecutor(2) as pool:
        boosters = [config.training.booster] * 3
        apart = cross_fit(table, config, boosters, pool, outliers=alike)
        person = table.groups[apart.held_out[0]][0]
        half = np.arange(len(alike)) % 2 == 0
        own = replace(alike, groups=np.where(half, person, alike.groups))
        crossed = cross_fit(table, config, boosters, pool, outliers=own)
        without = cross_fit(table, config, boosters, pool, outliers=alike[~half])

    texts = [
        [m.checks[KIND].model_to_string() for m in c.models] for c in (apart, crossed, without)
    ]
    assert texts[1][0] == texts[2][0] != texts[0][0]
    assert texts[1][1] == texts[0][1] != texts[2][1]
