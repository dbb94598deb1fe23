"""Folds: nobody is on both sides."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import SignalError
from training.split import folds

sizes_of_groups = st.lists(st.integers(3, 12), min_size=4, max_size=15)


@given(sizes_of_groups, st.integers(2, 4), st.integers(0, 1000))
@settings(deadline=None, max_examples=60)
def test_no_group_is_on_both_sides_of_any_fold(sizes, n_folds, seed):
    """Whatever the sizes of groups and the seed, a group's windows are held out together."""
    groups = np.repeat([f"g{i}" for i in range(len(sizes))], sizes)
    labels = np.array(["tremor", "rest", "clonus"])[np.arange(len(groups)) % 3]
    for held_out in folds(labels, groups, n_folds, seed):
        assert set() == set(groups[held_out]) & set(groups[~held_out])


@given(sizes_of_groups, st.integers(2, 4), st.integers(0, 1000))
@settings(deadline=None, max_examples=60)
def test_every_window_is_held_out_exactly_once(sizes, n_folds, seed):
    """The folds share no window and leave none out."""
    groups = np.repeat([f"g{i}" for i in range(len(sizes))], sizes)
    labels = np.array(["tremor", "rest"])[np.arange(len(groups)) % 2]
    counted = np.sum(folds(labels, groups, n_folds, seed), axis=0)
    assert np.array_equal(np.ones(len(groups)), counted)


def test_folds_depend_on_the_seed_alone():
    """The same seed deals the same folds, another seed others."""
    groups = np.repeat([f"g{i}" for i in range(20)], 3)
    labels = np.array(["tremor", "rest", "clonus"] * 20)
    first, again, other = (np.stack(folds(labels, groups, 4, seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_one_subject_is_refused_with_what_is_needed():
    """A single subject cannot be split, and the sentence says how many there must be."""
    labels = np.array(["tremor", "rest"] * 5)
    with pytest.raises(SignalError, match=r"holds 1 subject; 3 folds .* need at least 3"):
        folds(labels, np.full(10, "anna"), 3, 1)


def test_too_few_windows_are_refused_with_what_is_needed():
    """Where no class has a window for each fold, the sentence says how many there must be."""
    labels, groups = np.array(["tremor", "rest", "rest"]), np.array(["a", "b", "c"])
    with pytest.raises(SignalError, match=r"no class has more than 2 windows; 3 folds need 3"):
        folds(labels, groups, 3, 1)
