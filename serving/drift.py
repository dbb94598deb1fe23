"""Drift: how far windows have moved from those a model was trained on, feature by feature.

The population stability index (PSI) compares the shares of windows that lie between training's
quantiles of a feature, or in which it is undefined, with those of training. Two things would let
it cry wolf, so both are taken into account here:

* One recording shows one kind of activity. What is expected of its windows is therefore training's
  distribution within each class, mixed in the proportion in which the model sees the classes here.
* People differ, and few or neighbouring windows say little: windows of one recording are not
  independent, so that a p-value would be wrong by orders of magnitude. The card says instead how
  large the index was for stretches of the training's own people, each held against all others.

References
----------
Siddiqi N, Credit Risk Scorecards, Wiley 2006 (the index, and its limits 0.1 and 0.25).
Yurdakul B, Naranjo J, Statistical properties of the population stability index, Journal of Risk
Model Validation 14(4), 2020 (it grows as windows get fewer: why no fixed limit will do).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from serving.card import Distribution

Array = NDArray[np.float64]
Bins = NDArray[np.intp]

SLIGHT, LARGE = 0.1, 0.25
"""From where on the index is called a slight and a large shift (Siddiqi 2006)."""

_LEVELS = np.array([0.01, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99])
"""Deciles and the outer percentiles: by deciles alone, far out is no more than the upper 10 %."""

N_BINS = len(_LEVELS) + 2
"""One more than between the levels' quantiles, and one for what is undefined."""


def quantiles(values: Array) -> Array:
    """Return deciles and outer percentiles of each feature, shape (n_features, 11), to six digits.

    A feature that takes few values has fewer: the others are infinite, and nothing lies above.
    """
    edges = np.full((values.shape[1], len(_LEVELS)), np.inf)
    for j, column in enumerate(values.T):
        defined = column[~np.isnan(column)]
        if len(defined) > 0:
            found = np.quantile(defined, _LEVELS, method="inverted_cdf")
            distinct = np.unique([float(f"{edge:.6g}") for edge in found])
            edges[j, : len(distinct)] = distinct
    return edges


def bins_of(values: Array, edges: Array) -> Bins:
    """Return the bin of each value, shape (n_windows, n_features); the last is for undefined."""
    bins: Bins = (values[:, :, None] > edges).sum(axis=2)
    bins[np.isnan(values)] = N_BINS - 1
    return bins


def counts_of(bins: Bins, weights: Array | None = None) -> Array:
    """Return how many windows lie in each bin, shape (n_features, N_BINS).

    ``weights`` (n_windows,) are what each window counts; default: one.
    """
    n_features = bins.shape[1]
    flat = (bins + N_BINS * np.arange(n_features)).ravel()
    each = None if weights is None else np.repeat(weights, n_features)
    counts = np.bincount(flat, each, minlength=n_features * N_BINS)
    return counts.reshape(n_features, N_BINS).astype(np.float64)


def shares_of(counts: Array) -> Array:
    """Return shares of counts of shape (..., N_BINS), none of them 0.

    One more window, spread over all bins, stands for what has not been seen (Perks 1947).
    """
    shares: Array = (counts + 1 / N_BINS) / (counts.sum(axis=-1, keepdims=True) + 1)
    return shares


def stability_index(counts: Array, expected: Array) -> Array:
    """Return the population stability index of counts against expected shares, (..., N_BINS) each.

    One more window, just as expected, keeps an empty bin from making it infinite; of no window at
    all the index is 0.
    """
    shares = _shrunk(counts, expected)
    index: Array = ((shares - expected) * np.log(shares / expected)).sum(axis=-1)
    return index


def parts_of_windows(bins: Bins, expected: Array) -> Array:
    """Return how much each window has to do with each feature's shift, (n_windows, n_features).

    It is the logarithm of how many times as many windows as expected share its bin. Their mean is
    the divergence of what is seen from what is expected (Kullback & Leibler 1951), which is the
    half of the index that present windows, rather than absent ones, are responsible for.
    """
    ratio = np.log(_shrunk(counts_of(bins), expected) / expected)
    parts: Array = ratio[np.arange(bins.shape[1]), bins]
    return parts


def forgetting(n_windows: int, half_life: float) -> tuple[float, Array]:
    """Return what windows of before count after ``n_windows`` more, and what each of those does."""
    weights: Array = 0.5 ** (np.arange(n_windows)[::-1] / half_life)
    return float(0.5 ** (n_windows / half_life)), weights


def beyond(index: Array, ordinary: Array) -> NDArray[np.bool_]:
    """Return which features have shifted: more than conventional, and than is ordinary."""
    return index > np.maximum(ordinary, SLIGHT)


def _shrunk(counts: Array, expected: Array) -> Array:
    shrunk: Array = (counts + expected) / (counts.sum(axis=-1, keepdims=True) + 1)
    return shrunk


@dataclass(frozen=True, eq=False)
class Shift:
    """How far windows have moved: arrays of shape (n_features,), in the order of the columns."""

    n_windows: float
    index: Array
    ordinary: Array
    """What the index of 95 % of stretches as long of held-out people stays below."""
    most_ordinary: float
    """How many features at most have shifted in 95 % of such stretches."""

    @property
    def shifted(self) -> NDArray[np.bool_]:
        """Which features have shifted more than is ordinary between people."""
        return beyond(self.index, self.ordinary)

    @property
    def is_unusual(self) -> bool:
        """Whether more features have shifted than is ordinary between people."""
        return bool(self.shifted.sum() > self.most_ordinary)


@dataclass(frozen=True, eq=False)
class Baseline:
    """What windows are held against: a card's distribution as arrays.

    ``edges`` (n_features, 11), ``shares`` (n_classes, n_features, N_BINS) within each class;
    ``ordinary`` (n_features, n_stretches) and ``most_ordinary`` (n_stretches,) go with the
    lengths of ``stretches``, in windows.
    """

    edges: Array
    shares: Array
    stretches: Array
    ordinary: Array
    most_ordinary: Array

    @classmethod
    def of(cls, distribution: Distribution, columns: tuple[str, ...]) -> "Baseline":
        """Take the distribution of a card, with its features in the order of its columns."""
        features = [distribution.features[column] for column in columns]
        edges = np.full((len(features), len(_LEVELS)), np.inf)
        for row, feature in zip(edges, features, strict=True):
            row[: len(feature.edges)] = feature.edges
        counts = np.array([feature.counts for feature in features], dtype=np.float64)
        return cls(
            edges,
            shares_of(counts.transpose(1, 0, 2)),
            np.array(distribution.stretches, dtype=np.float64),
            np.array([feature.ordinary for feature in features], dtype=np.float64),
            np.array(distribution.most_ordinary, dtype=np.float64),
        )

    def expected(self, masses: Array) -> Array:
        """Return the shares that are expected where classes have these masses, (n_classes,)."""
        mixture: Array = np.tensordot(masses / masses.sum(), self.shares, axes=1)
        return mixture

    def shift(self, counts: Array, masses: Array) -> Shift:
        """Judge counts of shape (n_features, N_BINS) where classes have these masses."""
        n_windows = float(masses.sum())
        if n_windows == 0:
            nothing = np.zeros(len(counts))
            return Shift(0.0, nothing, nothing, 0.0)
        index = stability_index(counts, self.expected(masses))
        place, known = np.log(n_windows), np.log(self.stretches)
        ordinary = np.array([np.interp(place, known, row) for row in self.ordinary])
        most = float(np.interp(place, known, self.most_ordinary))
        return Shift(n_windows, index, ordinary, most)


class Tally:
    """Counts of the windows that were seen so far, late ones more than early ones if wanted.

    Parameters
    ----------
    half_life : float
        Windows after which one counts half; infinite: all count alike.
    """

    def __init__(self, baseline: Baseline, half_life: float = np.inf) -> None:
        self.baseline = baseline
        self._half_life = half_life
        n_classes, n_features, _ = baseline.shares.shape
        self.counts = np.zeros((n_features, N_BINS))
        self.masses = np.zeros(n_classes)

    def add(self, values: Array, probabilities: Array) -> None:
        """Count windows by features (n_windows, n_features) and probabilities of classes."""
        kept, weights = forgetting(len(values), self._half_life)
        self.counts *= kept
        self.counts += counts_of(bins_of(values, self.baseline.edges), weights)
        self.masses *= kept
        self.masses += weights @ probabilities

    def shift(self) -> Shift:
        """Judge what was counted."""
        return self.baseline.shift(self.counts, self.masses)
