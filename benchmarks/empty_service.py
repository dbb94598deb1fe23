"""An endpoint that does nothing: what BentoML itself takes to receive a request and to answer."""

from typing import Any

import bentoml
from pydantic import BaseModel


class Body(BaseModel):
    """A body whose JSON is read and not looked at."""

    windows: list[Any]


class Answer(BaseModel):
    """Nothing."""


@bentoml.service(name="empty", workers=1, threads=2)
class Empty:
    """Answers every request with an empty object."""

    @bentoml.api
    def predict(self, request: Body, /) -> Answer:
        """Do nothing."""
        del request
        return Answer()
