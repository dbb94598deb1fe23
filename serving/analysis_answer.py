"""Answers: a record in the form that a caller asks for."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from serving.analysis.fhir import bundle
from serving.analysis.report import RecordingReport
from serving.analysis.tabular import record_csv
from serving.page.report import page


@dataclass(frozen=True)
class Form:
    """A form that a record can be had in.

    ``include`` is what the record has to hold for it, see
    :class:`~serving.analysis_request.AnalysisOptions`.
    """

    content_type: str
    written: Callable[[RecordingReport], str]
    include: frozenset[str] = frozenset()


def _as_json(report: RecordingReport) -> str:
    return report.model_dump_json()


def _as_fhir(report: RecordingReport) -> str:
    return json.dumps(bundle(report))


FORMS: Mapping[str, Form] = {
    "application/json": Form("application/json", _as_json),
    "application/fhir+json": Form("application/fhir+json", _as_fhir),
    "text/html": Form("text/html; charset=utf-8", page, frozenset({"trace"})),
    "text/csv": Form("text/csv; charset=utf-8", record_csv),
}


def wanted_form(accept: str) -> Form | None:
    """Return the form that an Accept header (RFC 9110, 12.5.1) asks for, or None if there is none.

    Of several that are wanted alike it is the first of :data:`FORMS`: JSON where anything will do.
    """
    wishes = dict(_wish(part) for part in accept.split(",") if part.strip()) or {"*/*": 1.0}
    weights = {name: _weight(name, wishes) for name in FORMS}
    best = max(weights, key=lambda name: weights[name])
    return FORMS[best] if weights[best] > 0 else None


def _wish(part: str) -> tuple[str, float]:
    """Return a media range and how much it is wanted, 0 to 1."""
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    weight = next((p.removeprefix("q=") for p in parameters if p.startswith("q=")), "1")
    try:
        return name, float(weight)
    except ValueError:
        return name, 0.0


def _weight(name: str, wishes: Mapping[str, float]) -> float:
    """Return how much a type is wanted: what is said of it most precisely counts."""
    ranges = (name, f"{name.partition('/')[0]}/*", "*/*")
    return next((wishes[each] for each in ranges if each in wishes), 0.0)
