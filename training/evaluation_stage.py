"""The evaluate stage: the trained classifier answers data sets, and the figures are logged."""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features import ConfigError, Modality
from serving.classifier import Classifier
from serving.exam import load
from training import tracking
from training.config import ModelConfig, load_config
from training.datasets.opening import Opened
from training.evaluate import Judged, headline, join_judged, report
from training.features_stage import labelled_windows, opened_sources
from training.layout import Layout, write_json
from training.predictions import PREDICTIONS, frame_of, write


def evaluate_stage(modality: Modality, layout: Layout) -> dict[str, Any]:
    """Let the trained classifier answer the test sets of the configuration; log the figures."""
    config = load_config(layout.config(modality), ModelConfig)
    tracking.connect()
    classifier = load(layout.model(modality))
    reports: dict[str, Any] = {}
    kept: list[pd.DataFrame] = []
    for opened in opened_sources(config.data.test, modality, layout):
        answers = judge_source(classifier, opened, config)
        if answers is not None:
            name = f"{opened.source.name}_{opened.folder.name}"
            reports[name] = report(
                answers.judged, samples=config.training.bootstrap_samples, seed=config.training.seed
            )
            kept.append(frame_of(answers.judged, answers.ids, opened.name))
    log_reports(reports, kept, logged_run(modality, layout), "test")
    write_json(
        layout.reports(modality) / "evaluate.json",
        {name: headline(each) for name, each in reports.items()},
    )
    return reports


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers to the windows of a source, and the names of those windows."""

    judged: Judged
    ids: NDArray[np.str_]


def judge_source(classifier: Classifier, opened: Opened, config: ModelConfig) -> Answers | None:
    """Let a classifier answer every labelled window of a source; None when it has none."""
    parts: list[Judged] = []
    ids: list[NDArray[np.str_]] = []
    for batch in labelled_windows([opened], config, "evaluate"):
        predictions = classifier.predict(batch.windows, workers=2)
        parts.append(
            Judged.of(
                predictions, classifier.card.classes, batch.labels, batch.groups, batch.sources
            )
        )
        ids.append(batch.ids)
    return Answers(join_judged(parts), np.concatenate(ids)) if parts else None


def log_reports(reports: dict[str, Any], kept: list[pd.DataFrame], run_id: str, name: str) -> None:
    """Add reports of data sets to a run: figures as metrics; reports and answers as files."""
    figures = {
        f"{source}__{figure}": value
        for source, each in reports.items()
        for figure, value in headline(each).items()
    }
    with tempfile.TemporaryDirectory() as temporary:
        whole = Path(temporary) / f"{name}.json"
        write_json(whole, reports)
        files = {f"evaluation/{name}.json": whole}
        for frame in kept:
            place = f"{PREDICTIONS}/{frame['data_set'].iloc[0]}.parquet"
            files[place] = Path(temporary) / place
            write(frame, files[place])
        tracking.log_evaluation(run_id, figures, files)


def logged_run(modality: Modality, layout: Layout) -> str:
    """Return the run of the classifier that was trained last."""
    path = layout.reports(modality) / "run.json"
    if not path.is_file():
        raise ConfigError(f"{path} does not exist; run `quaver train {modality}` first")
    return str(json.loads(path.read_text(encoding="utf-8"))["run_id"])
