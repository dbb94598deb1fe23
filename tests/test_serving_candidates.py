"""Which classes cannot be ruled out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from serving.candidates import candidate_sets
from serving.card import Conformal, Pair

CLASSES = ("clonus", "tremor", "voluntary", "rest")
PAIR = Pair(classes=("clonus", "tremor"), threshold=0.25)


def conformal(threshold=0.35, pairs=()):
    return Conformal(level=0.95, thresholds=(threshold,) * 4, pairs=pairs)


def names(row, rule):
    (found,) = candidate_sets(np.array([row]), CLASSES, rule)
    return tuple(name for name, is_in in zip(CLASSES, found, strict=True) if is_in)


probabilities = arrays.arrays(
    np.float64, (5, 4), elements=st.floats(1e-3, 1.0, allow_subnormal=False)
).map(lambda weights: weights / weights.sum(axis=1, keepdims=True))


@given(probabilities, st.floats(0.0, 1.0))
def test_the_most_probable_class_is_always_a_candidate(rows, threshold):
    sets = candidate_sets(rows, CLASSES, conformal(threshold, (PAIR,)))
    assert sets[np.arange(5), np.argmax(rows, axis=1)].all()


@given(probabilities, st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_a_pair_only_adds_its_own_two_classes(rows, threshold, of_pair):
    without = candidate_sets(rows, CLASSES, conformal(threshold))
    pair = Pair(classes=("tremor", "clonus"), threshold=of_pair)
    with_it = candidate_sets(rows, CLASSES, conformal(threshold, (pair,)))
    assert (with_it >= without).all()
    assert (with_it[:, 2:] == without[:, 2:]).all()


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ((0.30, 0.66, 0.02, 0.02), ("clonus", "tremor")),
        ((0.66, 0.30, 0.02, 0.02), ("clonus", "tremor")),
        ((0.20, 0.76, 0.02, 0.02), ("tremor",)),
        ((0.30, 0.02, 0.66, 0.02), ("voluntary",)),
        ((0.02, 0.30, 0.02, 0.66), ("rest",)),
    ],
)
def test_doubt_counts_earlier_between_the_classes_of_a_pair_alone(row, expected):
    assert names(row, conformal(pairs=(PAIR,))) == expected


def test_a_class_that_none_reaches_is_not_told_alone_unless_it_has_more_than_half():
    assert names((0.32, 0.28, 0.21, 0.19), conformal()) == ("clonus", "tremor")
    assert names((0.6, 0.2, 0.1, 0.1), conformal(0.7)) == ("clonus",)


def test_no_window_has_no_candidates():
    assert candidate_sets(np.zeros((0, 4)), CLASSES, conformal()).shape == (0, 4)
