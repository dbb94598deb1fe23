"""Drift by known answers and laws: bins, the stability index, what windows have to do with it."""

import numpy as np
import pytest
from scipy.special import rel_entr
from scipy.stats import norm

from serving.drift import (
    N_BINS,
    Baseline,
    Tally,
    bins_of,
    counts_of,
    parts_of_windows,
    quantiles,
    shares_of,
    stability_index,
)

LEVELS = np.array([0.01, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99])


def baseline_of(*classes):
    """Return a baseline of the features of each class, (n_windows, n_features) each."""
    edges = quantiles(np.concatenate(classes))
    counts = np.stack([counts_of(bins_of(values, edges)) for values in classes])
    n_features = edges.shape[0]
    return Baseline(
        edges,
        shares_of(counts),
        np.array([4.0, 16.0]),
        np.tile([2.0, 1.0], (n_features, 1)),
        np.array([1.0, 1.0]),
    )


def tally_of(baseline, *parts, half_life=np.inf):
    """Count parts one after the other; all windows are of the one class."""
    tally = Tally(baseline, half_life)
    for values in parts:
        tally.add(values, np.ones((len(values), 1)))
    return tally


def test_edges_are_quantiles():
    """Of 1 to 100 they are 1, the tens, and 99."""
    edges = quantiles(np.arange(1.0, 101.0)[:, None])

    assert edges[0].tolist() == [1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 99]


def test_a_feature_of_few_values_has_few_edges():
    """Each is there once, and nothing lies above the infinite rest; nor where all is undefined."""
    values = np.column_stack((np.tile([0.0, 0.0, 0.0, 1.0], 25), np.full(100, np.nan)))

    edges = quantiles(values)

    assert edges[0, :2].tolist() == [0.0, 1.0]
    assert np.isinf(edges[0, 2:]).all()
    assert np.isinf(edges[1]).all()


def test_a_bin_ends_with_its_edge_and_the_last_is_for_undefined():
    """A value on an edge lies below it; NaN has a bin of its own."""
    edges = quantiles(np.arange(1.0, 101.0)[:, None])
    values = np.array([[-5.0], [1.0], [1.5], [10.0], [10.5], [99.0], [1e9], [np.nan]])

    assert bins_of(values, edges)[:, 0].tolist() == [0, 0, 1, 1, 2, 10, 11, N_BINS - 1]


def test_counts_are_those_of_a_histogram(rng):
    """Without ties they are numpy's, with weights too."""
    values, weights = rng.normal(size=(300, 3)), rng.uniform(size=300)
    edges = quantiles(rng.normal(size=(500, 3)))

    counts = counts_of(bins_of(values, edges), weights)

    for j in range(3):
        cuts = np.concatenate(([-np.inf], edges[j], [np.inf]))
        expected, _ = np.histogram(values[:, j], cuts, weights=weights)
        np.testing.assert_allclose(counts[j, :-1], expected)
    assert counts[:, -1].tolist() == [0, 0, 0]


def test_the_index_is_the_symmetric_divergence(rng):
    """It is the sum of both relative entropies (scipy's), of many windows without smoothing."""
    counts = rng.integers(10**6, 10**7, size=(4, N_BINS)).astype(float)
    expected = rng.dirichlet(np.full(N_BINS, 5.0), size=4)

    shares = counts / counts.sum(axis=1, keepdims=True)
    divergence = (rel_entr(shares, expected) + rel_entr(expected, shares)).sum(axis=1)

    np.testing.assert_allclose(stability_index(counts, expected), divergence, rtol=1e-4)


def test_the_index_of_counts_worked_out_by_hand():
    """Of 3 and 0 windows where halves are expected: shares of 7/8 and 1/8, 3/8 ln 7."""
    index = stability_index(np.array([3.0, 0.0]), np.array([0.5, 0.5]))

    assert index == pytest.approx(3 / 8 * np.log(7))


def test_a_shift_of_a_normal_feature_has_the_index_that_theory_gives(rng):
    """Half a deviation between normal distributions, by their probabilities in the same bins."""
    baseline = baseline_of(rng.normal(size=(200_000, 1)))
    cuts = np.concatenate(([-np.inf], norm.ppf(LEVELS), [np.inf]))
    before, after = np.diff(norm.cdf(cuts)), np.diff(norm.cdf(cuts - 0.5))

    shift = tally_of(baseline, rng.normal(0.5, 1, size=(200_000, 1))).shift()

    assert shift.index[0] == pytest.approx(((after - before) * np.log(after / before)).sum(), 0.02)


def test_windows_that_are_alike_have_the_index_that_chance_gives(rng):
    """Its mean is (bins - 1) (1/n + 1/N), as Yurdakul and Naranjo (2020) derive."""
    reference, seen = rng.normal(size=(4000, 400)), rng.normal(size=(2000, 400))

    index = tally_of(baseline_of(reference), seen).shift().index

    assert index.mean() == pytest.approx(11 * (1 / 2000 + 1 / 4000), rel=0.1)


def test_the_share_of_undefined_values_is_part_of_it(rng):
    """A feature that is undefined more often has shifted although its values have not."""
    values = rng.normal(size=(5000, 2))
    seen = values.copy()
    seen[:1000, 1] = np.nan

    index = tally_of(baseline_of(values), seen).shift().index

    assert index[0] < 0.01
    assert index[1] > 0.25


def test_order_does_not_matter(rng):
    """Windows in another order give the same figures."""
    baseline = baseline_of(rng.normal(size=(500, 3)))
    seen = rng.normal(1, 1, size=(60, 3))

    first = tally_of(baseline, seen).shift()
    second = tally_of(baseline, rng.permutation(seen)).shift()

    np.testing.assert_array_equal(first.index, second.index)


def test_a_gain_on_both_sides_does_not_matter(rng):
    """Only order is compared: a positive factor changes nothing."""
    values, seen = rng.normal(size=(500, 3)), rng.normal(1, 1, size=(60, 3))

    first = tally_of(baseline_of(values), seen).shift()
    second = tally_of(baseline_of(1000 * values), 1000 * seen).shift()

    np.testing.assert_array_equal(first.index, second.index)


@pytest.mark.parametrize("half_life", [np.inf, 30.0])
def test_parts_add_up_to_the_whole(rng, half_life):
    """However windows are dealt to requests, the same is counted, forgetting or not."""
    baseline = baseline_of(rng.normal(size=(500, 3)))
    seen = rng.normal(size=(64, 3))

    whole = tally_of(baseline, seen, half_life=half_life)
    parts = tally_of(baseline, seen[:1], seen[1:40], seen[40:40], seen[40:], half_life=half_life)

    np.testing.assert_allclose(parts.counts, whole.counts)
    np.testing.assert_allclose(parts.masses, whole.masses)


def test_a_window_counts_half_after_a_half_life(rng):
    """Ten windows later, of a half-life of ten, it weighs a half beside a whole."""
    baseline = baseline_of(rng.normal(size=(500, 1)))

    tally = tally_of(baseline, np.full((1, 1), -9.0), np.full((10, 1), 9.0), half_life=10)

    assert tally.counts[0, 0] == pytest.approx(0.5)


def test_a_recording_of_one_class_is_held_against_that_class(rng):
    """Windows of one class have not shifted, although most of training was of the other."""
    baseline = baseline_of(rng.normal(0, 1, size=(9000, 1)), rng.normal(5, 1, size=(1000, 1)))
    seen = rng.normal(5, 1, size=(2000, 1))
    sure, unsure = np.tile([0.0, 1.0], (2000, 1)), np.tile([0.9, 0.1], (2000, 1))
    apart, mixed = Tally(baseline), Tally(baseline)
    apart.add(seen, sure)
    mixed.add(seen, unsure)

    assert apart.shift().index[0] < 0.05
    assert mixed.shift().index[0] > 2.0


def test_of_no_window_nothing_has_shifted(rng):
    """There is an answer, and it is 0."""
    shift = Tally(baseline_of(rng.normal(size=(50, 2)))).shift()

    assert shift.index.tolist() == [0, 0]
    assert not shift.is_unusual


def test_what_windows_have_to_do_with_it_is_the_divergence(rng):
    """The mean of their parts is scipy's relative entropy, so no window is counted twice."""
    edges = quantiles(rng.normal(size=(500, 3)))
    bins = bins_of(rng.normal(1, 1, size=(4000, 3)), edges)
    expected = np.full((3, N_BINS), 1 / N_BINS)

    parts = parts_of_windows(bins, expected)

    shares = counts_of(bins) / 4000
    np.testing.assert_allclose(
        parts.mean(axis=0), rel_entr(shares, expected).sum(axis=1), rtol=0.01
    )


def test_the_one_window_that_differs_is_responsible(rng):
    """Of windows like training, the one that lies far out has the largest part."""
    values = rng.normal(size=(1000, 2))
    baseline = baseline_of(values)
    seen = np.tile(np.quantile(values, LEVELS - 0.005, axis=0)[1:-1], (4, 1))
    seen[17] = 50.0

    parts = parts_of_windows(bins_of(seen, baseline.edges), baseline.expected(np.ones(1)))

    assert parts.sum(axis=1).argmax() == 17


def test_what_is_ordinary_is_read_between_the_stretches_it_was_found_on(rng):
    """Logarithmically in their length, and as at the ends beyond them."""
    baseline = baseline_of(rng.normal(size=(500, 1)))
    limits = [
        tally_of(baseline, rng.normal(size=(n, 1))).shift().ordinary[0] for n in (2, 4, 8, 16, 99)
    ]

    assert limits == pytest.approx([2.0, 2.0, 1.5, 1.0, 1.0])


@pytest.mark.parametrize(("mean", "is_unusual"), [(0.0, False), (9.0, True)])
def test_more_shifted_features_than_are_ordinary_are_unusual(rng, mean, is_unusual):
    """One of them may shift; when both have, windows are unlike those of training."""
    baseline = baseline_of(rng.normal(size=(500, 2)))

    shift = tally_of(baseline, rng.normal(mean, 1, size=(50, 2))).shift()

    assert shift.is_unusual == is_unusual
