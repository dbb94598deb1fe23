"""The schema command: JSON schemas of what people write and of what the service speaks."""

import json
from collections.abc import Mapping
from types import MappingProxyType

from pydantic import BaseModel

from features import ConfigError
from serving.analysis import RecordingReport
from serving.card import Card
from serving.feedback_request import FeedbackRequest, FeedbackResponse
from serving.recordings import SignalMapping
from serving.requests import ExplainRequest, PredictRequest
from serving.responses import DescribeResponse, ExplainResponse, PredictResponse
from training.config import ModelConfig
from training.datasets.own import OwnDataset
from training.gate import Gate
from training.semireal.config import SemiReal
from training.simulate.config import Simulation

SCHEMAS: Mapping[str, tuple[str, type[BaseModel]]] = MappingProxyType(
    {
        "model": ("configs/<modality>.yaml", ModelConfig),
        "simulate": ("configs/simulate.yaml", Simulation),
        "semireal": ("configs/semireal.yaml", SemiReal),
        "promote": ("configs/promote.yaml", Gate),
        "dataset": ("dataset.yaml of your own recordings", OwnDataset),
        "mapping": ("how a file of signals is read, for `quaver label --mapping`", SignalMapping),
        "card": ("card.json of a classifier", Card),
        "predict-request": ("body of POST /predict", PredictRequest),
        "predict-response": ("its answer", PredictResponse),
        "explain-request": ("body of POST /explain", ExplainRequest),
        "explain-response": ("its answer", ExplainResponse),
        "feedback-request": ("body of POST /feedback", FeedbackRequest),
        "feedback-response": ("its answer", FeedbackResponse),
        "record": ("answer of POST /analyze, and of `quaver label --format json`", RecordingReport),
        "describe-response": ("answer of POST /describe", DescribeResponse),
    }
)


def print_schema(name: str) -> str:
    """Return a schema as JSON, or the list of schemas when no name is given."""
    if not name:
        width = max(map(len, SCHEMAS))
        return "\n".join(f"{key.ljust(width)}  {what}" for key, (what, _) in SCHEMAS.items())
    if name not in SCHEMAS:
        raise ConfigError(f"there is no schema {name!r}; there are {', '.join(SCHEMAS)}")
    return json.dumps(SCHEMAS[name][1].model_json_schema(), indent=1)
