"""Figures: a number with its data, its validation scheme and what it should be."""

import math
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.accuracy.answers import Answered
from benchmarks.accuracy.estimates import Bootstrap, Estimate, Mask, share
from features import Modality
from serving.classifier import UNDECIDED
from training.datasets.source import Kind

_DIGITS = 4


@dataclass(frozen=True)
class Target:
    """What a share should be: at least, at most, or between."""

    at_least: float | None = None
    at_most: float | None = None

    def met_by(self, value: float) -> bool:
        """Return whether a value is on the right side."""
        low = -math.inf if self.at_least is None else self.at_least
        high = math.inf if self.at_most is None else self.at_most
        return low <= value <= high


@dataclass(frozen=True)
class Scheme:
    """Which model answered, how people were kept apart, and how intervals are drawn."""

    modality: Modality
    validation: str
    bootstrap: Bootstrap

    def told(self, validation: str) -> "Scheme":
        """Return the same under other words for the validation."""
        return replace(self, validation=validation)


@dataclass(frozen=True)
class Figure:
    """A number that a reader takes home.

    ``undecided`` is the share of the same windows that were left undecided, ``flagged`` that of
    windows which carry a flag of quality and for that reason do not count; None where that makes no
    sense. ``headline`` figures stand in the README too.
    """

    what: str
    data: str
    kind: Kind
    scheme: Scheme
    estimate: Estimate
    undecided: float | None = None
    target: Target | None = None
    flagged: float | None = None
    headline: bool = False

    @property
    def verdict(self) -> str:
        """``met``, ``short`` or ``no windows``; empty where there is no target."""
        if self.target is None:
            return ""
        if not math.isfinite(self.estimate.value):
            return "no windows"
        return "met" if self.target.met_by(self.estimate.value) else "short"

    def to_json(self) -> dict[str, Any]:
        """Return plain data; what does not exist is None."""
        target = self.target or Target()
        return {
            "modality": self.scheme.modality,
            "what": self.what,
            "data": self.data,
            "kind": self.kind,
            "validation": self.scheme.validation,
            "value": _rounded(self.estimate.value),
            "low": _rounded(self.estimate.low),
            "high": _rounded(self.estimate.high),
            "undecided": None if self.undecided is None else _rounded(self.undecided),
            "flagged": None if self.flagged is None else _rounded(self.flagged),
            "windows": self.estimate.n_windows,
            "subjects": self.estimate.n_subjects,
            "at_least": target.at_least,
            "at_most": target.at_most,
            "verdict": self.verdict,
            "headline": self.headline,
        }


def counted(
    scheme: Scheme,
    what: str,
    answered: Answered,
    rows: Mask,
    hits: Mask,
    target: Target | None = None,
    *,
    headline: bool = False,
) -> Figure:
    """Return the share of hits among the usable windows of some rows.

    Parameters
    ----------
    rows, hits : ndarray, shape (n_windows,)
    """
    kept = rows & answered.usable
    judged = answered.judged
    undecided = judged.answers[kept] == UNDECIDED
    return Figure(
        what=what,
        data=answered.data.name,
        kind=answered.data.source.kind,
        scheme=scheme,
        estimate=share(hits[kept], judged.groups[kept], scheme.bootstrap),
        undecided=float(undecided.mean()) if kept.any() else None,
        target=target,
        flagged=float((~answered.usable[rows]).mean()) if rows.any() else None,
        headline=headline,
    )


def _rounded(value: float) -> float | None:
    return round(value, _DIGITS) if math.isfinite(value) else None
