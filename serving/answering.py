"""Answering: windows of a request to answers, each by the model of its modality."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from features import MODALITIES, Modality, SignalError, Windows
from serving.card import DISCLAIMER
from serving.classifier import REASONS, Classifier, Predictions
from serving.explaining import explained_class, largest_contributions
from serving.requests import MOST_EXPLAINED, MOST_WINDOWS, WINDOW_S, WindowBody
from serving.responses import (
    DescribeResponse,
    ExplanationBody,
    ModelInfo,
    PredictionBody,
    prediction,
)
from serving.unit_doubt import caution_of, levels


@dataclass(frozen=True, eq=False)
class Served:
    """A classifier in service, and how answers name it."""

    classifier: Classifier
    info: ModelInfo


Models = Mapping[Modality, Served]


Watch = Callable[[Served, Windows, Predictions], object]
"""Is shown windows and what a model has answered."""


def predict(
    windows: Sequence[WindowBody], models: Models, watch: Watch | None = None
) -> list[PredictionBody]:
    """Answer windows in their order; ``watch`` is shown each batch after it was answered."""
    answers: dict[int, PredictionBody] = {}
    for places, served, batch in _batches(windows, models):
        predictions = served.classifier.predict(batch)
        if watch is not None:
            watch(served, batch, predictions)
        classes = served.classifier.card.classes
        measured = levels(batch)
        for i, place in enumerate(places):
            one = measured[i : i + 1]
            caution = caution_of(served.classifier, one, batch.unit, batch.n_channels)
            answers[place] = prediction(
                windows[place].id, predictions, i, classes, served.info, caution
            )
    return [answers[place] for place in range(len(windows))]


def explain(windows: Sequence[WindowBody], models: Models, most: int) -> list[ExplanationBody]:
    """Explain the answers to windows, in their order."""
    answers: dict[int, ExplanationBody] = {}
    for places, served, batch in _batches(windows, models):
        predictions, contributions = served.classifier.contributions(batch)
        for i, place in enumerate(places):
            label = str(predictions.labels[i])
            answers[place] = _explanation(
                windows[place].id,
                label,
                served,
                contributions[i],
                None if predictions.features is None else predictions.features.values[i],
                predictions.probabilities[i],
                most,
            )
    return [answers[place] for place in range(len(windows))]


def describe(
    models: Models, limits: Mapping[str, int], formats: Sequence[str], forms: Sequence[str]
) -> DescribeResponse:
    """Say what is served and what it takes.

    Parameters
    ----------
    limits : mapping of str to int
        Those of the boundary, beside those of windows.
    formats : sequence of str
        Suffixes of files that recordings are read from.
    forms : sequence of str
        Media types that a record can be had in.
    """
    return DescribeResponse(
        disclaimer=DISCLAIMER,
        window_s=WINDOW_S,
        limits={
            "windows_per_request": MOST_WINDOWS,
            "windows_per_explanation": MOST_EXPLAINED,
            **limits,
        },
        units={name: list(traits.factors) for name, traits in MODALITIES.items()},
        reasons=list(REASONS),
        formats=list(formats),
        record_forms=list(forms),
        models=[
            {
                # Without the counts of training windows: they are many, and few callers' concern.
                **served.classifier.card.model_dump(mode="json", exclude={"distribution"}),
                "features_fingerprint": served.classifier.card.fingerprint,
                **served.info.model_dump(),
            }
            for served in models.values()
        ],
    )


def model_for(models: Models, modality: Modality) -> Served:
    """Return the model of a modality, or say which are served."""
    if modality not in models:
        raise SignalError(f"no model for {modality} is served here; served are {', '.join(models)}")
    return models[modality]


def _batches(
    windows: Sequence[WindowBody], models: Models
) -> Iterator[tuple[list[int], Served, Windows]]:
    """Yield windows that one model can take together, with their places in the request."""
    alike: dict[tuple[object, ...], list[int]] = {}
    for place, window in enumerate(windows):
        key = (window.modality, window.unit, window.sampling_rate_hz, window.samples.shape)
        alike.setdefault(key, []).append(place)
    # All models first: of a request that is refused, no window is worked on, or counted.
    asked = [model_for(models, windows[places[0]].modality) for places in alike.values()]
    for places, model in zip(alike.values(), asked, strict=True):
        first = windows[places[0]]
        batch = Windows(
            np.stack([windows[place].samples for place in places]),
            sampling_rate_hz=first.sampling_rate_hz,
            modality=first.modality,
            unit=first.unit,
        )
        yield places, model, batch


def _explanation(
    id_: str,
    label: str,
    served: Served,
    contributions: np.ndarray,
    values: np.ndarray | None,
    probabilities: np.ndarray,
    most: int,
) -> ExplanationBody:
    card = served.classifier.card
    if values is None or np.isnan(probabilities).any():
        raise SignalError(
            f"window {id_!r} cannot be explained: no features could be computed of it"
        )
    explained = explained_class(card, label, probabilities)
    return ExplanationBody(
        id=id_,
        label=label,
        explained_class=explained,
        expectation=float(contributions[card.classes.index(explained), -1]),
        contributions=largest_contributions(card, explained, contributions, values, most),
        model=served.info,
    )
