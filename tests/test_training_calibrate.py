"""Calibration and candidate sets, against what is known of the scores they are given."""

import numpy as np
import pytest
from scipy.special import softmax as scipy_softmax

from serving.card import Pair
from serving.classifier import softmax
from training.calibrate import calibrate, class_weights, conformal_thresholds

N = 6000
TEMPERATURE_TOLERANCE = 0.12  # of maximum likelihood on N windows, by experiment three deviations
COVERAGE_TOLERANCE = 0.015  # four deviations of a binomial share of 0.95 on N / 3 windows


def drawn(rng, temperature):
    """Return scores whose softmax at a temperature is the chance of each class, and classes."""
    scores = 2.5 * rng.normal(size=(N, 3))
    chances = scipy_softmax(scores / temperature, axis=1)
    classes = (rng.uniform(size=(N, 1)) > np.cumsum(chances, axis=1)).sum(axis=1)
    return scores, np.minimum(classes, 2)


def test_softmax_equals_scipy(rng):
    """Probabilities equal those of an independent implementation, also for huge scores."""
    scores = 500 * rng.normal(size=(50, 5))
    assert scipy_softmax(scores, axis=1) == pytest.approx(softmax(scores))


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_the_temperature_that_was_put_in_is_found(rng, temperature):
    """Scores that are overconfident, right, or underconfident are told apart."""
    found = calibrate(*drawn(rng, temperature))
    assert temperature == pytest.approx(found.temperature, rel=TEMPERATURE_TOLERANCE)


def test_calibration_never_worsens_the_likelihood(rng):
    """On the windows it is fitted to, calibration can only gain."""
    scores, targets = drawn(rng, 2.0)
    found = calibrate(scores, targets)
    rows = np.arange(N)
    before = softmax(scores)[rows, targets]
    after = softmax(scores / found.temperature + np.array(found.biases))[rows, targets]
    weights = class_weights(targets, 3)
    assert (weights * np.log(before)).mean() < (weights * np.log(after)).mean()


def test_class_weights_make_classes_weigh_the_same():
    """The weights of each class add up to the same, and all of them to the number of windows."""
    targets = np.array([0] * 90 + [1] * 9 + [2])
    weights = class_weights(targets, 3)
    sums = np.bincount(targets, weights=weights)
    assert pytest.approx(sums.tolist()) == [100 / 3] * 3


def test_candidate_sets_cover_new_windows_at_their_level(rng):
    """A threshold from some windows covers others at the nominal level, classes weighing alike."""
    scores, targets = drawn(rng, 1.0)
    probabilities = softmax(scores)
    half = np.arange(N) < N // 2
    found = conformal_thresholds(probabilities[half], targets[half], 0.95)
    covered = [
        (probabilities[~half][targets[~half] == k, k] >= found.thresholds[k]).mean()
        for k in range(3)
    ]
    assert np.mean(covered) == pytest.approx(0.95, abs=COVERAGE_TOLERANCE)


def test_a_rare_class_weighs_as_much_as_a_common_one():
    """What a rare class needs is not outvoted: ten windows of it count as much as a thousand."""
    common = np.full((1000, 2), (0.9, 0.1))
    rare = np.full((10, 2), (0.7, 0.3))
    targets = np.repeat((0, 1), (1000, 10))
    found = conformal_thresholds(np.concatenate((common, rare)), targets, 0.9)
    assert found.thresholds == (0.3, 0.3)


def test_thresholds_are_the_finite_sample_quantile():
    """Of 19 windows at 95 %, the smallest probability is the threshold; of 18, there is none."""
    probabilities = np.linspace(0.05, 0.95, 19)[:, None] * np.ones((1, 2))
    targets = np.zeros(19, dtype=int)
    assert pytest.approx(conformal_thresholds(probabilities, targets, 0.95).thresholds[0]) == 0.05
    assert conformal_thresholds(probabilities[:18], targets[:18], 0.95).thresholds[0] == 0.0


def test_a_ceiling_keeps_probable_classes_among_the_candidates():
    """However sure the training data makes a model, a class as probable as the ceiling stays in."""
    probabilities = np.full((100, 2), (0.95, 0.05))
    targets = np.zeros(100, dtype=int)
    assert conformal_thresholds(probabilities, targets, 0.9).thresholds == (0.95, 0.95)
    assert conformal_thresholds(probabilities, targets, 0.9, 0.3).thresholds == (0.3, 0.3)


def test_pairs_of_classes_are_passed_on_beside_the_same_thresholds():
    """Between the classes of a pair doubt counts earlier; nothing else changes."""
    probabilities = np.full((100, 2), (0.95, 0.05))
    targets = np.zeros(100, dtype=int)
    pair = Pair(classes=("clonus", "tremor"), threshold=0.28)
    found = conformal_thresholds(probabilities, targets, 0.9, 0.3, (pair,))
    assert found.pairs == (pair,)
    assert found.thresholds == (0.3, 0.3)
