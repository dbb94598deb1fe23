"""Feedback requests: windows with what a person says of them, and whose they are."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, FailFast, Field, model_validator

from features.recording import window_length
from serving.requests import EXAMPLE, MOST_WINDOWS, WINDOW_S, Body, WindowBody

Label = Literal["fasciculation", "clonus", "tremor", "voluntary", "rest", "unclear"]
"""What a person may call a window; of one that is ``unclear`` no model learns."""

Pseudonym = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]


def _consent(value: object) -> bool:
    if value is not True:
        raise ValueError("must be true: windows are kept with the consent of their subject only")
    return True


Consent = Annotated[
    Literal[True],
    BeforeValidator(_consent),
    Field(description="the subject agrees that the window is kept and learnt from"),
]


class FeedbackBody(Body):
    """A window, and what a person says of it."""

    window: WindowBody
    label: Label
    subject: Pseudonym = Field(description="a pseudonym, never a name: letters, digits, - _ .")
    consent: Consent
    rater: Pseudonym | None = Field(default=None, description="who has labelled it, likewise")

    @model_validator(mode="after")
    def _check_length(self) -> Self:
        n_samples, rate = self.window.samples.shape[1], self.window.sampling_rate_hz
        if n_samples < window_length(WINDOW_S, rate):
            raise ValueError(
                f"the window lasts {n_samples / rate:.3g} s; models learn from windows of"
                f" {WINDOW_S:g} s"
            )
        return self


_EXAMPLE: dict[str, Any] = {
    "feedback": [
        {
            "window": EXAMPLE["windows"][0],
            "label": "tremor",
            "subject": "p017",
            "consent": True,
            "rater": "r2",
        }
    ]
}


class FeedbackRequest(Body):
    """Labelled windows of one modality, which are kept all or not at all."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    feedback: Annotated[list[FeedbackBody], FailFast()] = Field(
        min_length=1, max_length=MOST_WINDOWS
    )

    @model_validator(mode="after")
    def _check_modalities(self) -> Self:
        first = self.feedback[0].window.modality
        for place, each in enumerate(self.feedback):
            if each.window.modality != first:
                raise ValueError(
                    f"feedback[{place}].window is {each.window.modality}, feedback[0].window is"
                    f" {first}; send the windows of one modality at a time"
                )
        return self


class FeedbackResponse(BaseModel):
    """What was kept."""

    stored: int = Field(description="windows that were kept")
    agreed: int = Field(description="those of them that the model calls what the person does")
