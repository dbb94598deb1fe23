"""Run content: what a run of a tracking server shall hold, as plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True)
class DataUsed:
    """Windows that a model has learnt from, or was judged by."""

    name: str
    sha256: str
    source: str
    """Where they are from: folders, or the name of a set."""
    context: Literal["training", "evaluation"]
    profile: Mapping[str, Any]
    """How many windows, subjects, and windows of each label."""
    columns: Sequence[str] = ()
    """Features, where they are at hand."""


@dataclass(frozen=True)
class Content:
    """What a run holds: a training, one of its folds, or a benchmark.

    ``figures`` are metrics by name, ``files`` artifacts by their place in the run, ``series``
    metrics with a value for each step, ``children`` runs of its own for its parts.
    """

    name: str
    description: str
    params: Mapping[str, Any]
    figures: Mapping[str, float]
    tags: Mapping[str, str]
    files: Mapping[str, Path]
    data: Sequence[DataUsed] = ()
    series: Mapping[str, Sequence[float]] = field(default_factory=dict)
    children: "Sequence[Content]" = ()
