"""Elements of FHIR R4: codes of our own, quantities in UCUM, moments and periods, sampled data.

What has no value is left out: FHIR has neither null nor empty elements.
"""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from features import RELATIVE
from serving.analysis.report import RecordingInfo, Trace

Element = dict[str, Any]

CODE_SYSTEM: Final = "urn:uuid:8f1c2a54-6f0e-4d1b-9d5e-3f0b7a6c2e91"
"""The system of our codes."""

UCUM: Final = "http://unitsofmeasure.org"

_UCUM_CODES: Final = MappingProxyType(
    {"g": "[g]", "mg": "m[g]", "m/s^2": "m/s2", RELATIVE: "[arb'U]", "": "1"}
)
"""Our unit → its code in UCUM, where that is another: there g is the gram."""

_DIGITS = 9
"""Significant digits of a number: a millisecond in a week."""

_LARGEST_OFFSET = timedelta(hours=14)

_NO_SAMPLES = -32768
"""What stands in a trace for a column without samples."""


def coding(code: str, display: str) -> Element:
    """Return a CodeableConcept of our own."""
    return {"coding": [{"system": CODE_SYSTEM, "code": code, "display": display}]}


def quantity(value: float, unit: str) -> Element:
    """Return a Quantity."""
    code = _UCUM_CODES.get(unit, unit)
    named = {"unit": unit} if unit else {}
    return {"value": number(value), **named, "system": UCUM, "code": code}


def number(value: float) -> float:
    """Return a number without digits that nobody measured."""
    return float(f"{value:.{_DIGITS}g}")


def components(values: Mapping[str, tuple[str, float | None, str]]) -> list[Element]:
    """Return components, each a quantity: code → what it is, its value and its unit."""
    return [
        {"code": coding(code, display), "valueQuantity": quantity(value, unit)}
        for code, (display, value, unit) in values.items()
        if value is not None
    ]


def period(info: RecordingInfo, start_s: float, duration_s: float) -> Element:
    """Return when something was, as an ``effectivePeriod``; nothing when it is not known.

    A time without a zone is no time in FHIR, but its date is.
    """
    if info.start_time is None:
        return {}
    try:
        ends = [info.start_time + timedelta(seconds=s) for s in (start_s, start_s + duration_s)]
        start, end = (_moment(each) for each in ends)
    except OverflowError:  # the calendar ends in the year 9999
        return {}
    return {"effectivePeriod": {"start": start, "end": end}}


def _moment(time: datetime) -> str:
    offset = time.utcoffset()
    if offset is None:
        return time.date().isoformat()
    if offset.total_seconds() % 60 or abs(offset) > _LARGEST_OFFSET:
        time = time.astimezone(UTC)
    return time.isoformat(timespec="milliseconds")


def sampled_data(trace: Trace, channel: int, unit: str) -> Element:
    """Return a channel of a trace: the lowest and the highest value of each column."""
    sides = [base64.b64decode(side[channel]) for side in (trace.low, trace.high)]
    values = np.stack([np.frombuffer(side, "<i2") for side in sides], axis=1).ravel()
    return {
        "origin": quantity(trace.offset[channel], unit),
        "period": number(1000 * trace.column_s),
        "factor": number(trace.scale[channel]),
        "dimensions": 2,
        "data": " ".join("E" if value == _NO_SAMPLES else str(value) for value in values),
    }
