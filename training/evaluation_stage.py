"""The evaluate stage: the trained classifier answers data sets, and the figures are logged."""

import hashlib
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features import ConfigError, Modality
from serving.classifier import Classifier
from serving.exam import load
from training import plots, tracking
from training.config import ModelConfig, load_config
from training.datasets.opening import Opened
from training.evaluate import Judged, headline, join_judged, report
from training.features_stage import labelled_windows, opened_sources
from training.layout import Layout, write_json
from training.predictions import PREDICTIONS, frame_of, write
from training.run_content import DataUsed
from training.run_tables import (
    by_class,
    by_data_set,
    by_subject,
    profile,
    run_figures,
    write_table,
)


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers to the windows of a source, the names of those windows, and a hash of them."""

    judged: Judged
    ids: NDArray[np.str_]
    sha256: str
    """Of samples, labels and subjects."""


@dataclass(frozen=True, eq=False)
class Evaluated:
    """A data set that was answered: under which name, and how well."""

    name: str
    opened: Opened
    answers: Answers
    report: dict[str, Any]


def evaluate_stage(modality: Modality, layout: Layout) -> dict[str, Any]:
    """Let the trained classifier answer the test sets of the configuration; log the figures."""
    config = load_config(layout.config(modality), ModelConfig)
    tracking.connect()
    classifier = load(layout.model(modality))
    found: list[Evaluated] = []
    for opened in opened_sources(config.data.test, modality, layout):
        answers = judge_source(classifier, opened, config)
        if answers is not None:
            name = f"{opened.source.name}_{opened.folder.name}"
            each = report_of(answers, config)
            found.append(Evaluated(name, opened, answers, each))
    log_evaluated(found, logged_run(modality, layout), "test")
    write_json(
        layout.reports(modality) / "evaluate.json",
        {each.name: headline(each.report) for each in found},
    )
    return {each.name: each.report for each in found}


def judge_source(classifier: Classifier, opened: Opened, config: ModelConfig) -> Answers | None:
    """Let a classifier answer every labelled window of a source; None when it has none."""
    parts: list[Judged] = []
    ids: list[NDArray[np.str_]] = []
    digest = hashlib.sha256()
    for batch in labelled_windows([opened], config, "evaluate"):
        predictions = classifier.predict(batch.windows, workers=2)
        parts.append(
            Judged.of(
                predictions, classifier.card.classes, batch.labels, batch.groups, batch.sources
            )
        )
        ids.append(batch.ids)
        digest.update(batch.windows.samples.tobytes())
        digest.update("\n".join((*batch.labels.tolist(), *batch.groups.tolist())).encode())
    if not parts:
        return None
    return Answers(join_judged(parts), np.concatenate(ids), digest.hexdigest())


def report_of(answers: Answers, config: ModelConfig) -> dict[str, Any]:
    """Return what a configuration asks to be said of answers."""
    settings = config.training
    return report(answers.judged, samples=settings.bootstrap_samples, seed=settings.seed)


def log_evaluated(found: list[Evaluated], run_id: str, name: str) -> None:
    """Add evaluations to a run: figures as metrics; answers, tables and plots as files."""
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        reports = {each.name: each.report for each in found}
        table = by_data_set(reports)
        files = {
            f"evaluation/{name}.json": folder / f"{name}.json",
            f"evaluation/{name}.csv": write_table(table, folder / f"{name}.csv"),
        }
        write_json(folder / f"{name}.json", reports)
        for each in found:
            figures |= run_figures(each.report, each.name)
            files |= _files(each, folder / each.name)
        tracking.log_evaluation(run_id, figures, files, [_data_used(each) for each in found])


def _files(each: Evaluated, folder: Path) -> dict[str, Path]:
    """Write what is kept of one data set; return each file with its place in the run."""
    judged, place = each.answers.judged, f"evaluation/{each.name}"
    drawn = {
        "confusion": plots.confusion(each.report, each.name),
        "subjects": plots.subjects(each.report, each.name),
    }
    answers = folder / f"{each.name}.parquet"
    write(frame_of(judged, each.answers.ids, each.opened.name), answers)
    tables = {"by_class": by_class(each.report), "by_subject": by_subject(judged, each.report)}
    return {
        f"{PREDICTIONS}/{each.name}.parquet": answers,
        **{f"{place}/{k}.png": path for k, path in plots.write(drawn, folder).items()},
        **{f"{place}/{k}.csv": write_table(v, folder / f"{k}.csv") for k, v in tables.items()},
    }


def _data_used(each: Evaluated) -> DataUsed:
    return DataUsed(
        name=each.name,
        sha256=each.answers.sha256,
        source=each.opened.folder.as_posix(),
        context="evaluation",
        profile=profile(each.answers.judged),
    )


def logged_run(modality: Modality, layout: Layout) -> str:
    """Return the run of the classifier that was trained last."""
    path = layout.reports(modality) / "run.json"
    if not path.is_file():
        raise ConfigError(f"{path} does not exist; run `quaver train {modality}` first")
    return str(json.loads(path.read_text(encoding="utf-8"))["run_id"])
