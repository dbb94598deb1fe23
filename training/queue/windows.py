"""Windows of a queue: what the models say of each, and what speaks for labelling it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features import Windows
from serving.classifier import Classifier, Predictions
from training.queue.choice import DISAGREE, OTHERWISE, UNLIKE, UNSURE, WHYS, distance, margin
from training.queue.places import Place


@dataclass(frozen=True, eq=False)
class Judged:
    """A window that is worth labelling, what the models say of it, and why."""

    place: Place
    answer: str
    candidates: tuple[str, ...]
    chances: Mapping[str, float]
    challenger: str
    """Its answer; empty where there is none."""
    worth: Mapping[str, float]
    """Reason → how much it weighs, see :mod:`training.queue.choice`."""


def judge(
    places: Sequence[Place],
    windows: Windows,
    champion: Classifier,
    challenger: Classifier | None,
) -> Iterator[Judged]:
    """Let the models answer windows, and return those that something speaks for.

    Windows that nobody could label, because the signal is not fit for it, are left out.
    """
    answers = champion.predict(windows)
    others = None if challenger is None else challenger.predict(windows)
    for i, place in enumerate(places):
        if answers.flags[i] or np.isnan(answers.probabilities[i]).any():
            continue
        chances = _chances(answers, i, champion)
        other = "" if others is None else str(others.labels[i])
        worth: dict[str, float] = {}
        if others is not None and challenger is not None and other != answers.labels[i]:
            worth[DISAGREE] = distance(chances, _chances(others, i, challenger))
        if answers.reasons[i] == "unlike_training":
            worth[UNLIKE] = -float(answers.distances[i])
        elif answers.reasons[i] == "several_candidates":
            worth[UNSURE] = 1 - margin(chances)
        if place.label in chances and place.label not in answers.candidates[i]:
            worth[OTHERWISE] = 1 - chances[place.label]
        if worth:
            label = str(answers.labels[i])
            yield Judged(place, label, answers.candidates[i], chances, other, worth)


def worth_of(judged: Sequence[Judged]) -> NDArray[np.float64]:
    """Return what speaks for windows, shape (n_windows, n_reasons), NaN where nothing does."""
    return np.array([[one.worth.get(why, np.nan) for why in WHYS] for one in judged])


def _chances(answers: Predictions, i: int, classifier: Classifier) -> dict[str, float]:
    return dict(zip(classifier.card.classes, answers.probabilities[i].tolist(), strict=True))
