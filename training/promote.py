"""Promote: put a model into service. The only module of the laboratory that imports bentoml.

The steps are: fetch the model from the registry, let it sit its exam, pass the gate, copy it into
the BentoML store, and only then let the registry's alias point at it.
"""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import bentoml
from pydantic import Field

from features import ContractError, GateError, Section
from serving.card import Card
from serving.exam import load
from training import tracking
from training.tracking import Logged

Share = Annotated[float, Field(ge=0, le=1)]


class Gate(Section):
    """What a model must reach by its own card to be served: ``configs/promote.yaml``."""

    minimum_macro_f1: Share
    maximum_undecided: Share
    maximum_calibration_error: Share
    minimum_mean_coverage: Share


@dataclass(frozen=True)
class Promoted:
    """A model in service."""

    logged: Logged
    tag: str
    checks: tuple[str, ...]


def promote(logged: Logged, gate: Gate) -> Promoted:
    """Put a registered model into service.

    Raises
    ------
    ContractError
        When it fails its exam under this code.
    GateError
        When it does not reach what the gate asks; nothing has changed then.
    """
    with tempfile.TemporaryDirectory() as temporary:
        directory = tracking.fetch_classifier(logged, Path(temporary))
        classifier = load(directory)
        checks = pass_gate(classifier.card, gate)
        tag = _existing(logged, classifier.card) or _store(directory, logged, classifier.card)
    tracking.set_champion(logged)
    return Promoted(logged, tag, checks)


def pass_gate(card: Card, gate: Gate) -> tuple[str, ...]:
    """Check a card's figures against the gate; return a line for each check.

    Raises
    ------
    GateError
        Naming every check that failed.
    """
    metrics = card.metrics
    checks = (
        ("macro F1 of decided windows", metrics["macro_f1"]["value"], ">=", gate.minimum_macro_f1),
        ("share undecided", metrics["undecided"]["value"], "<=", gate.maximum_undecided),
        (
            "expected calibration error",
            metrics["expected_calibration_error"],
            "<=",
            gate.maximum_calibration_error,
        ),
        ("mean coverage", metrics["coverage"]["mean"], ">=", gate.minimum_mean_coverage),
    )
    lines: list[str] = []
    failed: list[str] = []
    for what, value, side, limit in checks:
        good = value >= limit if side == ">=" else value <= limit
        line = f"{what} {value:.3f} {side} {limit:g}"
        lines.append(f"{'passed' if good else 'FAILED'}  {line}")
        if not good:
            failed.append(line)
    if failed:
        raise GateError(f"{card.name} does not pass the gate: not {'; not '.join(failed)}")
    return tuple(lines)


def served_directory(name: str) -> Path | None:
    """Return the directory of the model that is served under a name, None when none is."""
    try:
        return Path(bentoml.models.get(f"{name}:latest").path)
    except bentoml.exceptions.NotFound:
        return None


def _labels(logged: Logged, card: Card) -> dict[str, str]:
    return {
        "run_id": logged.run_id,
        "version": logged.model_version,
        "fingerprint": card.fingerprint,
    }


def _existing(logged: Logged, card: Card) -> str | None:
    """Return the tag of the store's newest model when it is this one already."""
    try:
        newest = bentoml.models.get(f"{card.name}:latest")
    except bentoml.exceptions.NotFound:
        return None
    if dict(newest.info.labels) != _labels(logged, card):
        return None
    try:
        load(Path(newest.path))
    except ContractError:
        return None
    return str(newest.tag)


def _store(directory: Path, logged: Logged, card: Card) -> str:
    metadata: dict[str, Any] = {"modality": card.modality, "classes": list(card.classes)}
    with bentoml.models.create(card.name, labels=_labels(logged, card), metadata=metadata) as model:
        shutil.copytree(directory, model.path, dirs_exist_ok=True)
    return str(model.tag)
