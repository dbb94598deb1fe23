"""Responses: what the service answers with, and how an answer is made of predictions."""

from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from serving.classifier import UNDECIDED, Predictions, Reason


class ModelInfo(BaseModel):
    """Which model answered."""

    model_config = ConfigDict(protected_namespaces=())

    name: str
    version: str
    fingerprint: str = Field(
        description="SHA-256 of all that an answer depends on: trees, thresholds, features"
    )


class QualityInfo(BaseModel):
    """Whether the signal can be used, and what speaks against it."""

    usable: bool
    flags: list[str]


class PredictionBody(BaseModel):
    """The answer to one window."""

    id: str
    label: str = Field(description=f"a class of the model, or {UNDECIDED}")
    candidates: list[str] = Field(description="classes that cannot be ruled out")
    reason: Reason | None = Field(description="why it is undecided")
    probabilities: dict[str, float] | None = Field(
        description="calibrated; null when nothing could be computed"
    )
    dominant_frequency_hz: float | None
    burst_rate_hz: float | None
    quality: QualityInfo
    caution: str | None = Field(
        default=None, description="why the answer is worth less than it says; null when it is not"
    )
    model: ModelInfo


_EXAMPLE: dict[str, Any] = {
    "id": "w1",
    "label": "tremor",
    "candidates": ["tremor"],
    "reason": None,
    "probabilities": {
        "fasciculation": 0.0,
        "clonus": 0.03,
        "tremor": 0.95,
        "voluntary": 0.01,
        "rest": 0.01,
    },
    "dominant_frequency_hz": 5.0,
    "burst_rate_hz": 5.0,
    "quality": {"usable": True, "flags": []},
    "caution": None,
    "model": {"name": "quaver-accelerometer", "version": "3", "fingerprint": "9f2c…"},
}


class PredictResponse(BaseModel):
    """Answers in the order of the windows."""

    model_config = ConfigDict(json_schema_extra={"example": {"predictions": [_EXAMPLE]}})

    predictions: list[PredictionBody]


class Contribution(BaseModel):
    """What one feature adds to the score of the explained class."""

    column: str
    title: str
    value: float | None
    unit: str
    contribution: float


class ExplanationBody(BaseModel):
    """Why a window was answered as it was."""

    id: str
    label: str
    explained_class: str = Field(description="the label, or the most probable class")
    expectation: float = Field(description="score of the class before any feature is looked at")
    contributions: list[Contribution]
    model: ModelInfo


class ExplainResponse(BaseModel):
    """Explanations in the order of the windows."""

    explanations: list[ExplanationBody]


class DescribeResponse(BaseModel):
    """What is served, and what it takes."""

    disclaimer: str
    window_s: float
    limits: dict[str, int]
    units: dict[str, list[str]]
    reasons: list[str]
    formats: list[str] = Field(description="suffixes of files that recordings are read from")
    record_forms: list[str] = Field(description="what Accept may ask for at /analyze")
    models: list[dict[str, Any]]


class RefusalDetail(BaseModel):
    """What is wrong at one place of a request."""

    where: str
    message: str


class Refusal(BaseModel):
    """Why a request cannot be answered."""

    error: str = Field(description="one sentence: what was given, and what is needed")
    detail: list[RefusalDetail] = Field(description="place by place, where the places are known")


def prediction(
    id_: str,
    predictions: Predictions,
    i: int,
    classes: tuple[str, ...],
    model: ModelInfo,
    caution: str | None = None,
) -> PredictionBody:
    """Return the answer to window ``i`` of a batch."""
    chances = predictions.probabilities[i]
    reason = predictions.reasons[i]
    flags = list(predictions.flags[i])
    if reason in ("too_short", "rate_too_low"):
        flags.append(reason)
    return PredictionBody.model_construct(
        id=id_,
        label=str(predictions.labels[i]),
        candidates=list(predictions.candidates[i]),
        reason=reason,
        probabilities=(
            None
            if np.isnan(chances).any()
            else {name: round(float(p), 6) for name, p in zip(classes, chances, strict=True)}
        ),
        dominant_frequency_hz=predictions.feature(i, "dominant_frequency"),
        burst_rate_hz=predictions.feature(i, "burst_rate"),
        quality=QualityInfo.model_construct(usable=not flags, flags=flags),
        caution=caution,
        model=model,
    )
