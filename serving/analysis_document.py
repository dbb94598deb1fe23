"""What the OpenAPI document says of ``/analyze``, which BentoML does not know of."""

from typing import Any

from pydantic.json_schema import models_json_schema

from serving.analysis.report import RecordingReport
from serving.analysis_answer import FORMS
from serving.analysis_request import EXAMPLE, AnalyzeRequest, UploadForm
from serving.analysis_upload import FILE

REFUSED = (400, 406, 408, 413, 415, 503, 504, 507)

_DESCRIPTION = """\
Make the record of a recording: timeline, episodes, events, rates and shares with their intervals.

A recording of any length is sent as JSON, or uploaded as a file. The fields of the form may stand
before the file or after it. The record comes as JSON unless `Accept` asks for another form.
"""

ANSWER_EXAMPLE: dict[str, Any] = {
    "recording": {
        "modality": "accelerometer",
        "unit": "g",
        "sampling_rate_hz": 25.0,
        "duration_s": 12.0,
        "start_time": "2024-05-01T10:00:00",
        "channels": ["channel_0", "channel_1", "channel_2"],
        "gaps": [],
    },
    "usable_s": 12.0,
    "shares": {
        "tremor": {"seconds": 8.0, "share": 0.667, "low": 0.3, "high": 0.9, "effective_n": 5.1},
        "rest": {"seconds": 4.0, "share": 0.333, "low": 0.1, "high": 0.7, "effective_n": 5.1},
    },
    "rates": {
        "tremor_episodes": {
            "count": 1,
            "minutes": 0.2,
            "per_minute": 5.0,
            "low": 0.127,
            "high": 27.859,
        }
    },
    "amplitudes": {
        "tremor": {"p5": 0.39, "p25": 0.4, "p50": 0.4, "p75": 0.4, "p95": 0.4, "count": 5}
    },
    "episodes": [
        {
            "label": "tremor",
            "start_s": 4.0,
            "duration_s": 8.0,
            "dominant_frequency_hz": 5.0,
            "frequency_spread_hz": 0.02,
            "cycles": 40,
            "amplitude": 0.4,
            "probability": 0.96,
        }
    ],
    "events": [],
    "timeline": [
        {
            "start_s": 0.0,
            "duration_s": 4.0,
            "label": "rest",
            "candidates": ["rest"],
            "reason": None,
            "probability": 0.97,
        },
        {
            "start_s": 4.0,
            "duration_s": 8.0,
            "label": "tremor",
            "candidates": ["tremor"],
            "reason": None,
            "probability": 0.96,
        },
    ],
    "quality": [],
    "model": {"name": "quaver-accelerometer", "version": "3", "fingerprint": "9f2c…"},
    "settings": {"window_s": 4.0, "hop_s": 1.0},
    "disclaimer": "research software, not a medical device",
}
"""What a record looks like."""


def schemas(template: str) -> dict[str, Any]:
    """Return the types that ``/analyze`` reads and writes, by name."""
    _, found = models_json_schema(
        [(each, "validation") for each in (AnalyzeRequest, UploadForm, RecordingReport)],
        ref_template=template,
    )
    types: dict[str, Any] = found["$defs"]
    form = types["UploadForm"]
    binary = {"type": "string", "format": "binary", "description": "the recording"}
    form["properties"] = {FILE: binary, **form["properties"]}
    form["required"] = [FILE, *form["required"]]
    return types


def path_item(template: str) -> dict[str, Any]:
    """Return what is posted to ``/analyze``, and what comes back."""
    return {
        "post": {
            "operationId": "analyze",
            "tags": ["Service APIs"],
            "summary": "analyze",
            "description": _DESCRIPTION,
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": {"$ref": template.format(model="AnalyzeRequest")},
                        "example": EXAMPLE,
                    },
                    "multipart/form-data": {
                        "schema": {"$ref": template.format(model="UploadForm")}
                    },
                },
            },
            "responses": {
                "200": {"description": "The record", "content": _answers(template)},
            },
        }
    }


def _answers(template: str) -> dict[str, Any]:
    text: dict[str, Any] = {name: {"schema": {"type": "string"}} for name in FORMS}
    record = {"$ref": template.format(model="RecordingReport")}
    return text | {
        "application/json": {"schema": record, "example": ANSWER_EXAMPLE},
        "application/fhir+json": {"schema": {"type": "object"}},
    }
