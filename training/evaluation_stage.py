"""The evaluate stage: the trained classifier answers data sets, and the figures are logged."""

import json
import tempfile
from pathlib import Path
from typing import Any

from features import ConfigError, Modality
from serving.classifier import Classifier
from serving.exam import load
from training import tracking
from training.config import ModelConfig, load_config
from training.datasets.opening import Opened
from training.evaluate import Judged, headline, join_judged, report
from training.features_stage import labelled_windows, opened_sources
from training.layout import Layout, write_json


def evaluate_stage(modality: Modality, layout: Layout) -> dict[str, Any]:
    """Let the trained classifier answer the test sets of the configuration; log the figures."""
    config = load_config(layout.config(modality), ModelConfig)
    tracking.connect()
    classifier = load(layout.model(modality))
    reports: dict[str, Any] = {}
    for opened in opened_sources(config.data.test, modality, layout):
        judged = judge_source(classifier, opened, config)
        if judged is not None:
            reports[f"{opened.source.name}_{opened.folder.name}"] = report(
                judged, samples=config.training.bootstrap_samples, seed=config.training.seed
            )
    log_reports(reports, logged_run(modality, layout), "test")
    write_json(
        layout.reports(modality) / "evaluate.json",
        {name: headline(each) for name, each in reports.items()},
    )
    return reports


def judge_source(classifier: Classifier, opened: Opened, config: ModelConfig) -> Judged | None:
    """Let a classifier answer every labelled window of a source; None when it has none."""
    parts: list[Judged] = []
    for batch in labelled_windows([opened], config, "evaluate"):
        predictions = classifier.predict(batch.windows, workers=2)
        parts.append(
            Judged.of(
                predictions, classifier.card.classes, batch.labels, batch.groups, batch.sources
            )
        )
    return join_judged(parts) if parts else None


def log_reports(reports: dict[str, Any], run_id: str, name: str) -> None:
    """Add reports of data sets to a run: figures as metrics, everything as a file."""
    figures = {
        f"{source}__{figure}": value
        for source, each in reports.items()
        for figure, value in headline(each).items()
    }
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / f"{name}.json"
        write_json(path, reports)
        tracking.log_evaluation(run_id, figures, {f"evaluation/{name}.json": path})


def logged_run(modality: Modality, layout: Layout) -> str:
    """Return the run of the classifier that was trained last."""
    path = layout.reports(modality) / "run.json"
    if not path.is_file():
        raise ConfigError(f"{path} does not exist; run `quaver train {modality}` first")
    return str(json.loads(path.read_text(encoding="utf-8"))["run_id"])
