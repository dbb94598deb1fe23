"""MiniRocket's filters and features are those of the paper, and the comparison counts right."""

from itertools import pairwise

import numpy as np
import pytest

from benchmarks.minirocket import (
    FIGURES,
    Data,
    Tally,
    compared,
    rocket_scores,
    standardised,
    tally,
)
from benchmarks.minirocket_transform import MiniRocket, counted_response, dilations_of, weights

N_SAMPLES = 200
FEATURES_EACH = 3
ROUNDING = 1e-4
"""Of sums of nine numbers in single precision."""


@pytest.fixture
def noise():
    """Windows of white noise."""
    rng = np.random.default_rng(4)
    return rng.standard_normal((30, N_SAMPLES)).astype(np.float32)


def fitted(windows, seed=0):
    """Return a transform whose biases are of these windows."""
    return MiniRocket.fit(windows, FEATURES_EACH, np.random.default_rng(seed))


# Filters


def test_there_are_84_filters_of_two_weights_each_summing_to_zero():
    """All ways to put three weights of 2 among nine, the others -1, and no filter twice."""
    filters = weights()
    assert filters.shape == (84, 9)
    assert len(np.unique(filters, axis=0)) == 84
    assert set(np.unique(filters)) == {-1.0, 2.0}
    np.testing.assert_array_equal(filters.sum(axis=1), 0.0)


@pytest.mark.parametrize("dilation", [1, 4, 24])
@pytest.mark.parametrize("number", [0, 41, 83])
def test_a_response_is_that_of_plain_correlation(noise, dilation, number):
    """What the kernels add up is the sum over taps, zeros beyond the ends; inside is cut out."""
    spread = np.zeros(8 * dilation + 1)
    spread[::dilation] = weights()[number]
    whole = np.convolve(np.pad(noise[0], 4 * dilation), spread[::-1], mode="valid")
    padded = counted_response(noise[0], dilation, number, is_padded=True)
    inner = counted_response(noise[0], dilation, number, is_padded=False)
    np.testing.assert_allclose(padded, whole, atol=ROUNDING)
    np.testing.assert_allclose(inner, whole[4 * dilation : -4 * dilation], atol=ROUNDING)


def test_dilations_grow_from_one_to_the_whole_window():
    """No dilation is wider than a window has room for, and features are shared out among them."""
    dilations, biases_each = dilations_of(N_SAMPLES, 14)
    assert dilations[0] == 1
    assert dilations[-1] == (N_SAMPLES - 1) // 8
    assert biases_each.sum() == 14
    assert all(a < b for a, b in pairwise(dilations))


# Features


def test_features_are_shares(noise):
    """Every feature lies within 0..1, and there are 84 times as many as asked for each filter."""
    shares = fitted(noise).transform(noise)
    assert shares.shape == (len(noise), 84 * FEATURES_EACH)
    assert shares.min() >= 0.0
    assert shares.max() <= 1.0
    assert 0.4 < shares.mean() < 0.6  # biases are quantiles


def test_a_feature_is_the_share_above_its_bias(noise):
    """The first filter's first feature is what can be counted by hand."""
    rocket = fitted(noise)
    response = counted_response(noise[5], int(rocket.dilations[0]), 0, is_padded=True)
    assert rocket.transform(noise)[5, 0] == pytest.approx((response > rocket.biases[0]).mean())


def test_neither_offset_nor_gain_changes_a_feature(noise):
    """Filters sum to zero, and windows are brought to one size before."""
    rocket = fitted(standardised(noise))
    changed = rocket.transform(standardised(4 * noise + 8))
    # A response within rounding of a bias may fall on the other side of it.
    few_samples = 3 / (N_SAMPLES - 8)
    np.testing.assert_allclose(
        changed, rocket.transform(standardised(noise)), rtol=0, atol=few_samples
    )


def test_offset_does_not_change_what_needs_no_padding(noise):
    """Away from the ends a filter does not see the level at all."""
    shifted = counted_response(noise[0] + 5, 3, 7, is_padded=False)
    np.testing.assert_allclose(
        shifted, counted_response(noise[0], 3, 7, is_padded=False), atol=ROUNDING
    )


def test_a_silent_window_stays_silent():
    """There is no dividing by a deviation of nothing."""
    np.testing.assert_array_equal(standardised(np.full((2, 50), 3, dtype=np.float32)), 0.0)


def test_the_same_seed_gives_the_same_features_and_another_others(noise):
    """Only the windows that biases are taken from are drawn."""
    features = fitted(noise).transform(noise)
    np.testing.assert_array_equal(features, fitted(noise).transform(noise))
    assert not np.array_equal(features, fitted(noise, seed=1).transform(noise))


# Comparison


def test_a_separable_problem_is_solved(monkeypatch):
    """Rhythms of three frequencies in noise are told apart in people who were not learnt from."""
    monkeypatch.setattr("benchmarks.minirocket.FEATURES_EACH", FEATURES_EACH)
    rng = np.random.default_rng(2)
    targets, groups = np.tile(np.arange(3), 40), np.arange(120) // 12
    times = np.arange(N_SAMPLES) / 100
    phases = rng.uniform(0, 2 * np.pi, (120, 1))
    rhythm = np.sin(2 * np.pi * np.array([3.0, 6.0, 12.0])[targets, None] * times + phases)
    noisy = (rhythm + 0.3 * rng.standard_normal(rhythm.shape)).astype(np.float32)
    data = Data(None, {"waveform": standardised(noisy)}, np.zeros((120, 0), dtype=np.float32))
    held_out = [groups % 2 == k for k in range(2)]
    scores = rocket_scores(data, targets, held_out, seed=1)
    f1, balanced, loss = tally(scores, targets, groups, held_out).figures(np.ones(10))
    assert f1 == balanced == 1.0
    assert loss < 0.1


def test_figures_by_hand():
    """Three of four and one of one right: recalls of 3/4 and 1."""
    confusion = np.array([[[3.0, 1.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 1.0]]])
    counted = Tally(confusion, losses=np.array([[2.0, 0.0], [0.0, 1.5]]))
    f1, balanced, loss = counted.figures(np.ones(2))
    assert f1 == pytest.approx((6 / 7 + 2 / 3) / 2)
    assert balanced == pytest.approx(0.875)
    assert loss == pytest.approx((0.5 + 1.5) / 2)
    assert counted.figures(np.array([2.0, 0.0]))[1] == pytest.approx(0.75)  # one class only


def test_who_is_compared_with_himself_differs_by_nothing():
    """Both are drawn together: the interval of no difference is empty."""
    rng = np.random.default_rng(0)
    counted = Tally(rng.uniform(1, 9, (8, 3, 3)), rng.uniform(1, 9, (8, 3)))
    rows = compared(counted, counted, samples=20, seed=1)
    assert [row[0] for row in rows] == list(FIGURES)
    assert {row[-1] for row in rows} == {"+0.000 to +0.000"}
