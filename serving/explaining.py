"""Explaining: what each feature adds to the score of an answer, in words."""

import numpy as np
from numpy.typing import NDArray

from features import catalogue, title_of
from serving.card import Card
from serving.classifier import UNDECIDED
from serving.responses import Contribution

Array = NDArray[np.float64]


def explained_class(card: Card, label: str, probabilities: Array) -> str:
    """Return the class that an explanation is of: the label, or the most probable class."""
    return label if label != UNDECIDED else card.classes[int(probabilities.argmax())]


def units_of(card: Card) -> dict[str, str]:
    """Return the unit of each feature's column."""
    return {
        column: entry.signal_unit(card.modality)
        for entry in catalogue(card.modality)
        for column in entry.columns(card.spec)
    }


def largest_contributions(
    card: Card, explained: str, contributions: Array, values: Array, most: int
) -> list[Contribution]:
    """Return the features that add most to the score of a class, or take most from it.

    Parameters
    ----------
    contributions : ndarray, shape (n_classes, n_features + 1)
        Of one window, from :meth:`~serving.classifier.Classifier.contributions`.
    values : ndarray, shape (n_features,)
    """
    row = contributions[card.classes.index(explained)]
    units = units_of(card)
    order = np.argsort(-np.abs(row[:-1]), kind="stable")[:most]
    return [
        Contribution(
            column=card.columns[j],
            title=title_of(card.columns[j], card.spec),
            value=float(values[j]) if np.isfinite(values[j]) else None,
            unit=units[card.columns[j]],
            contribution=float(row[j]),
        )
        for j in order
    ]
