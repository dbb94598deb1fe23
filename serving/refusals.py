"""Refusals: what BentoML, its router and pydantic say of a bad request, as one sentence of ours."""

import json
import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from itertools import islice
from typing import Any

from pydantic import ValidationError

_LONGEST = 60
"""Characters of a name that a caller has made up which are repeated back."""

_MOST_PLACES = 20
"""Places that are told: a long list of the same mistake helps nobody."""

_NOWHERE = "there is nothing at this address; POST to /predict, /explain, /describe or /analyze"

_CLOSED = (
    "this service keeps no feedback: who runs it has not named a folder for it"
    " (quaver serve --feedback)"
)
_NO_ROOM = "there is no room for feedback; nothing of this request was kept"


def refusal(status: int, body: bytes, allowed: str = "") -> dict[str, Any]:
    """Return the content of a refusal.

    Parameters
    ----------
    body : bytes
        What BentoML would answer: a list of one object for its own exceptions, an object with
        details for those of pydantic, text for those of the router.
    allowed : str
        The methods of the address, where another one was used.
    """
    if status == HTTPStatus.NOT_FOUND:
        return sentence(_NOWHERE)
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        methods = ", ".join(sorted(allowed.replace(" ", "").split(",")))
        return sentence(f"this address takes {methods} only")
    if status == HTTPStatus.FORBIDDEN:
        return sentence(_CLOSED)
    if status == HTTPStatus.INSUFFICIENT_STORAGE:
        return sentence(_NO_ROOM)
    content = _read(body)
    found = content.get("detail", ())
    return _with_places(found) if found else sentence(str(content.get("error", "refused")))


def sentence(text: str) -> dict[str, Any]:
    """Return the content of a refusal that is about no place in particular."""
    return {"error": text, "detail": []}


def of_a_request(error: ValidationError) -> dict[str, Any]:
    """Return the content of the refusal of a request that pydantic has refused."""
    found = error.errors(include_context=False, include_input=False)
    return _with_places(found)


def _with_places(found: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    details = [_told(detail) for detail in islice(found, _MOST_PLACES)]
    first = details[0]
    joint = " " if first["message"].startswith(("is ", "must ")) else ": "
    return {"error": f"{first['where']}{joint}{first['message']}", "detail": details}


def _read(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except ValueError:
        return {}
    if isinstance(content, list) and content:
        content = content[0]
    return content if isinstance(content, dict) else {}


def _told(detail: Mapping[str, Any]) -> dict[str, str]:
    """Say what pydantic found, and where."""
    kind, message = str(detail["type"]), str(detail["msg"])
    if kind == "missing":
        message = "is missing"
    elif kind == "extra_forbidden":
        message = "is not a known field"
    elif kind == "json_invalid":
        message = message[0].lower() + message[1:]
    else:
        message = message.removeprefix("Value error, ").replace(" after validation", "")
        message = re.sub(r"^(List|String|Input) should ", "must ", message)
    return {"where": _place(detail["loc"]), "message": message}


def _place(parts: list[str | int]) -> str:
    where = ""
    for part in parts:
        if isinstance(part, int):
            where += f"[{part}]"
        else:
            name = part if len(part) <= _LONGEST else f"{part[:_LONGEST]}…"
            where += f".{name}" if where else name
    return where or "the body"
