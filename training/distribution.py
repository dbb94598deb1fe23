"""Distribution: what training windows look like, and how much held-out people differ, for a card.

Each subject's windows are cut, as they follow one another, into stretches of a few lengths; the
stability index of each stretch is taken against the windows of all other subjects. That is what
happens to the recording of another person, so it says which shifts are ordinary.
"""

import numpy as np
from numpy.typing import NDArray

from serving.card import AnswerShare, Distribution, FeatureDistribution
from serving.drift import N_BINS, Bins, beyond, bins_of, counts_of, quantiles, shares_of
from serving.drift import stability_index as stability
from training.evaluate import Judged

Array = NDArray[np.float64]

STRETCHES = (4, 16, 64)
"""Lengths of stretches, in windows; those are left out that no subject has windows enough for."""

LEVEL = 0.95
"""Share of stretches, or of subjects, that is ordinary."""


def distribution_of(values: Array, columns: tuple[str, ...], judged: Judged) -> Distribution | None:
    """Return what training windows look like; None when no subject has as many as a stretch.

    Parameters
    ----------
    values : ndarray, shape (n_windows, n_features)
        Of the windows that were judged, those of a subject in their order.
    judged : Judged
        Their labels, subjects, and what models answered that had not seen the subject.
    """
    most = int(np.unique(judged.groups, return_counts=True)[1].max())
    stretches = tuple(length for length in STRETCHES if length <= most)
    if not stretches:
        return None
    edges = quantiles(values)
    bins = bins_of(values, edges)
    target = np.array([judged.classes.index(label) for label in judged.labels], dtype=np.intp)
    counts = _counts_by_class(bins, target, len(judged.classes))
    indices = [_indices(bins, target, counts, judged, length) for length in stretches]
    limits = [np.quantile(each, LEVEL, axis=0) for each in indices]
    numbers = [beyond(each, limit).sum(axis=1) for each, limit in zip(indices, limits, strict=True)]
    return Distribution(
        stretches=stretches,
        most_ordinary=tuple(int(np.quantile(each, LEVEL, method="higher")) for each in numbers),
        features={
            column: FeatureDistribution(
                edges=tuple(edges[j][np.isfinite(edges[j])].tolist()),
                counts=tuple(tuple(row) for row in counts[:, j].astype(int).tolist()),
                ordinary=tuple(float(f"{limit[j]:.4g}") for limit in limits),
            )
            for j, column in enumerate(columns)
        },
        answers=answer_shares(judged),
    )


def _indices(
    bins: Bins, target: NDArray[np.intp], counts: Array, judged: Judged, length: int
) -> Array:
    """Return the indices of all subjects' stretches of a length, (n_stretches, n_features)."""
    parts: list[Array] = []
    for group in np.unique(judged.groups):
        rows = np.flatnonzero(judged.groups == group)
        others = counts - _counts_by_class(bins[rows], target[rows], len(counts))
        parts.append(stretch_indices(bins[rows], judged.probabilities[rows], others, length))
    return np.concatenate(parts)


def stretch_indices(bins: Bins, probabilities: Array, others: Array, length: int) -> Array:
    """Return the index of each stretch of one subject, shape (n_stretches, n_features).

    Parameters
    ----------
    probabilities : ndarray, shape (n_windows, n_classes)
    others : ndarray, shape (n_classes, n_features, N_BINS)
        Counts of everybody else's windows.
    length : int
        Windows in a stretch; what is left over at the end is not used.
    """
    shares = shares_of(others)
    indices = [
        stability(
            counts_of(bins[first : first + length]),
            np.tensordot(probabilities[first : first + length].mean(axis=0), shares, axes=1),
        )
        for first in range(0, len(bins) - length + 1, length)
    ]
    return np.stack(indices) if indices else np.zeros((0, bins.shape[1]))


def answer_shares(judged: Judged) -> dict[str, AnswerShare]:
    """Return the share of each answer, every subject weighing the same."""
    _, group = np.unique(judged.groups, return_inverse=True)
    shares: dict[str, AnswerShare] = {}
    for name in judged.answer_names:
        each = np.bincount(group, judged.answers == name) / np.bincount(group)
        low, high = np.quantile(each, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
        shares[name] = AnswerShare(
            mean=round(float(each.mean()), 4), low=round(float(low), 4), high=round(float(high), 4)
        )
    return shares


def _counts_by_class(bins: Bins, target: NDArray[np.intp], n_classes: int) -> Array:
    """Return counts of shape (n_classes, n_features, N_BINS)."""
    counts = np.zeros((n_classes, bins.shape[1], N_BINS))
    for k in range(n_classes):
        counts[k] = counts_of(bins[target == k])
    return counts
