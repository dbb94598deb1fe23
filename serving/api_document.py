"""The OpenAPI document of the service: what BentoML writes of our types, put into our words."""

import inspect
import json
from http import HTTPStatus
from typing import Any

from serving import analysis_document as recordings
from serving.responses import Refusal
from serving.version import __version__

DESCRIPTION = """\
Labels short windows of muscle and motion signals: **fasciculation, clonus, tremor, voluntary,
rest**, or *undecided*. Research software, not a medical device: it makes no diagnosis and names no
disease.

- `POST /predict` labels windows of four seconds: label, candidates, reason, probabilities
- `POST /explain` says which features speak for an answer, and against it
- `POST /analyze` makes the record of a recording: episodes, events, rates, shares
- `POST /describe` tells what is served: models, classes, units, limits
- `POST /feedback` keeps windows with the labels of people, where the service is run to do so
- [`/app`](./app) is a page that makes a record of a recording and shows it

What cannot be used is refused with `{"error": sentence, "detail": [{"where", "message"}]}`.
"""

_REFUSED = (400, 408, 413, 415, 429, 504)
_NOT_KEPT = (403, 507)
_VERSION = "3.1.0"
_UNKNOWN = ("nullable", "root_input")
_SUFFIX = "IODescriptor"
"""What BentoML adds to the names of types that it reads or writes."""


def in_our_words(document: bytes) -> bytes:
    """Return BentoML's document with our title and description, and how requests are refused.

    BentoML's own description would load images from elsewhere.
    """
    api: dict[str, Any] = json.loads(document.replace(_SUFFIX.encode(), b""))
    api["openapi"] = _VERSION
    api["info"] |= {"title": "quaver", "version": __version__, "description": DESCRIPTION}
    api["info"].pop("contact", None)
    template = "#/components/schemas/{model}"
    refusal = Refusal.model_json_schema(ref_template=template)
    schemas = api["components"]["schemas"]
    schemas |= {**refusal.pop("$defs"), "Refusal": refusal, **recordings.schemas(template)}
    for name in ("InvalidArgument", "NotFound", "InternalServerError", "TaskStatusResponse"):
        schemas.pop(name, None)
    content = {"application/json": {"schema": {"$ref": template.format(model="Refusal")}}}
    for path in api["paths"].values():
        if "post" in path:
            _say_how_refused(path["post"], _REFUSED, content)
    kept = api["paths"]["/feedback"]["post"]
    _say_how_refused(kept, (*_REFUSED, *_NOT_KEPT), content)
    recording = recordings.path_item(template)
    _say_how_refused(recording["post"], recordings.REFUSED, content)
    api["paths"]["/analyze"] = recording
    return json.dumps(_in_order(api)).encode()


def _in_order(part: Any) -> Any:  # noqa: ANN401  (any part of JSON)
    """Return a part of the document in the terms of its version.

    BentoML marks bodies with a word of its own, and OpenAPI 3.1 knows no ``nullable``: its schemas
    are those of JSON Schema, as pydantic writes them.
    """
    if isinstance(part, list):
        return [_in_order(each) for each in part]
    if not isinstance(part, dict):
        return part
    kept = {name: _in_order(each) for name, each in part.items() if name not in _UNKNOWN}
    if part.get("nullable") is True and isinstance(part.get("type"), str):
        kept["type"] = [part["type"], "null"]
    return kept


def _say_how_refused(
    post: dict[str, Any], statuses: tuple[int, ...], content: dict[str, Any]
) -> None:
    post["description"] = inspect.cleandoc(post.get("description", ""))
    post["responses"] = {"200": post["responses"]["200"]} | {
        str(status): {"description": HTTPStatus(status).phrase, "content": content}
        for status in statuses
    }
