"""Checks: which answers are refused because something else looks alike."""

import numpy as np
import pytest

from serving.card import Check
from serving.lookalike_checks import check_scores, look_alikes, within_limits

COLUMNS = ("pace", "size")
CHECK = Check(
    kind="single_unit_discharge",
    marks=COLUMNS,
    limits={},
    thresholds={"clonus": 1.0, "tremor": -1.0},
    false_alarm_rates={"clonus": 0.01, "tremor": 0.01},
)


class FirstColumn:
    """Trees whose score is the first column; they remember how many windows they were asked of."""

    def __init__(self):
        self.asked = 0

    def predict(self, values, **_):
        """Return a score for each row."""
        self.asked += len(values)
        return values[:, 0]


def refused(scores, answers, check=CHECK, sizes=None):
    """Return which windows of given scores and answers are refused."""
    sizes = np.zeros(len(scores)) if sizes is None else sizes
    values = np.column_stack((scores, sizes))
    return look_alikes([check], [FirstColumn()], values, COLUMNS, np.array(answers)).tolist()


def test_an_answer_is_refused_beyond_its_own_threshold():
    """On the threshold it stands yet; each answer has its own."""
    found = refused([1.0, 1.1, -1.0, -0.9], ["clonus", "clonus", "tremor", "tremor"])

    assert found == [False, True, False, True]


def test_other_answers_are_never_refused():
    """A check speaks of the answers that its kind is confused with, and not of doubt."""
    assert refused([9.0, 9.0, 9.0], ["rest", "undecided", "clonus"]) == [False, False, True]


def test_trees_are_asked_only_of_answers_that_they_may_refuse():
    """Windows at rest cost nothing."""
    trees = FirstColumn()
    answers = np.array(["rest"] * 7 + ["clonus"])

    look_alikes([CHECK], [trees], np.zeros((8, 2)), COLUMNS, answers)

    assert trees.asked == 1


def test_one_check_of_several_is_enough():
    """Checks do not outvote one another."""
    other = CHECK.model_copy(update={"kind": "cramp", "thresholds": {"clonus": 5.0}})
    values, answers = np.array([[2.0, 0.0]]), np.array(["clonus"])

    found = look_alikes([other, CHECK], [FirstColumn(), FirstColumn()], values, COLUMNS, answers)

    assert found.tolist() == [True]


@pytest.mark.parametrize(
    ("size", "expected"),
    [(0.0, True), (0.08, True), (0.081, False), (-0.01, False), (np.nan, False)],
)
def test_a_check_is_silent_where_a_mark_is_beyond_its_limits(size, expected):
    """Limits belong to the kind themselves; a mark that is undefined lies within none."""
    check = CHECK.model_copy(update={"limits": {"size": (0.0, 0.08)}})

    assert within_limits(np.array([[0.0, size]]), COLUMNS, check).tolist() == [expected]
    assert refused([9.0], ["clonus"], check, sizes=np.array([size])) == [expected]


def test_without_checks_nothing_is_refused():
    """A model without checks answers whatever it would."""
    values = np.zeros((3, 2))

    assert not look_alikes([], [], values, COLUMNS, np.array(["clonus"] * 3)).any()
    assert check_scores([], values).shape == (3, 0)
    assert check_scores([FirstColumn()], values[:0]).shape == (0, 1)
