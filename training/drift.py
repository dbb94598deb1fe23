"""Drift of one's own windows, of a recording or of a folder of feedback, against training."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features import ConfigError, SignalError
from serving.card import Distribution
from serving.classifier import Classifier
from serving.drift import Baseline, Shift, Tally, bins_of, parts_of_windows
from training.queue.places import Batches, Place

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Seen:
    """Windows as a model sees them.

    ``labels`` (n_windows,) are what it answers. Of the usable ones alone: ``values`` (n_usable,
    n_features), ``probabilities`` (n_usable, n_classes), and ``usable``, their places among all.
    """

    places: tuple[Place, ...]
    labels: NDArray[np.str_]
    values: Array
    probabilities: Array
    usable: NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Drift:
    """How windows have moved, and which of them are responsible."""

    seen: Seen
    distribution: Distribution
    baseline: Baseline
    shift: Shift
    parts: Array
    """What each usable window has to do with each feature's shift, (n_usable, n_features)."""

    def furthest(self, most: int) -> list[int]:
        """Return the usable windows that have most to do with what has shifted."""
        weight = self.parts[:, self.shift.shifted].sum(axis=1)
        order = np.argsort(-weight, kind="stable")[:most]
        return [int(w) for w in order if weight[w] > 0]


def drift_of(seen: Seen, classifier: Classifier) -> Drift:
    """Hold windows against those that a model was trained on.

    Raises
    ------
    ConfigError
        When the model's card does not say what they were like.
    SignalError
        When there are fewer usable windows than in the shortest stretch that is known of people.
    """
    card = classifier.card
    if card.distribution is None:
        raise ConfigError(
            f"the card of {card.name} does not say what its training windows were like; train it"
            f" again with `quaver train {card.modality}`"
        )
    least = min(card.distribution.stretches)
    if len(seen.values) < least:
        raise SignalError(
            f"{len(seen.values)} of {len(seen.labels)} windows are usable; to say how far they"
            f" have moved takes {least} at least, {least * card.spec.window_s:g} s"
        )
    tally = Tally(Baseline.of(card.distribution, card.columns))
    tally.add(seen.values, seen.probabilities)
    expected = tally.baseline.expected(tally.masses)
    parts = parts_of_windows(bins_of(seen.values, tally.baseline.edges), expected)
    return Drift(seen, card.distribution, tally.baseline, tally.shift(), parts)


def seen_by(classifier: Classifier, batches: Batches) -> Seen:
    """Let a model see windows; side by side, because what overlaps says the same thing twice."""
    columns, classes = len(classifier.card.columns), len(classifier.card.classes)
    values, probabilities = [np.zeros((0, columns))], [np.zeros((0, classes))]
    labels, usable = [np.zeros(0, dtype=np.str_)], [np.zeros(0, dtype=np.intp)]
    places: list[Place] = []
    for some, windows in batches:
        answers = classifier.predict(windows)
        if answers.features is not None:
            rows = np.flatnonzero(answers.features.quality.usable)
            values.append(answers.features.values[rows])
            probabilities.append(answers.probabilities[rows])
            usable.append(len(places) + rows)
        labels.append(answers.labels)
        places += some
    return Seen(
        tuple(places),
        np.concatenate(labels),
        np.concatenate(values),
        np.concatenate(probabilities),
        np.concatenate(usable),
    )
