"""Stages: features, train and evaluate, from files to files, as DVC and the commands run them."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from features import ConfigError, Modality
from serving.classifier import Classifier
from serving.exam import Exam, load, save
from training import plots, tracking
from training.config import ModelConfig, load_config
from training.datasets.labelled import LabelledWindows
from training.datasets.opening import Opened, labelled_batches, open_source
from training.evaluate import Judged, join_judged, report
from training.exam_windows import exam_windows
from training.layout import Layout
from training.model_card import model_card
from training.table import LabelledTable, tabulate
from training.tracking import Content, Logged
from training.train import Trained, train


def features_stage(modality: Modality, layout: Layout) -> dict[str, int]:
    """Compute the features of the windows a model is trained on; return windows a label."""
    config = load_config(layout.config(modality), ModelConfig)
    batches = _batches(_opened(config.data.train, modality, layout), config, "features")
    table = tabulate(batches, config.features)
    table.write(layout.features(modality, "train"))
    names, counts = np.unique(table.labels, return_counts=True)
    return dict(zip(names.tolist(), counts.tolist(), strict=True))


def train_stage(modality: Modality, layout: Layout) -> tuple[Trained, Logged]:
    """Train on the table of features, write the classifier, log and register it."""
    config = load_config(layout.config(modality), ModelConfig)
    tracking.connect()
    table = LabelledTable.read(layout.features(modality, "train"), config.features)
    opened = _opened(config.data.train, modality, layout)
    trained = train(table, config, _describe(opened))
    with tempfile.TemporaryDirectory() as temporary:
        directory = Path(temporary) / "classifier"
        windows = exam_windows(modality, layout, config.features.window_s)
        save(trained.classifier, Exam.set(windows, trained.classifier), directory)
        load(directory)
        files = _training_files(trained, Path(temporary) / "report")
        logged = tracking.log_training(_content(trained, config, files), directory, config.name)
        _replace(directory, layout.model(modality))
        _replace(Path(temporary) / "report", layout.reports(modality) / "train")
    run = {"run_id": logged.run_id, "model_version": logged.model_version}
    _write_json(layout.reports(modality) / "run.json", run)
    _write_json(layout.reports(modality) / "train.json", headline(trained.report))
    return trained, logged


def evaluate_stage(modality: Modality, layout: Layout) -> dict[str, Any]:
    """Let the trained classifier answer the test sets of the configuration; log the figures."""
    config = load_config(layout.config(modality), ModelConfig)
    tracking.connect()
    classifier = load(layout.model(modality))
    reports: dict[str, Any] = {}
    for opened in _opened(config.data.test, modality, layout):
        judged = judge_source(classifier, opened, config)
        if judged is not None:
            reports[f"{opened.source.name}_{opened.folder.name}"] = report(
                judged, samples=config.training.bootstrap_samples, seed=config.training.seed
            )
    log_reports(reports, logged_run(modality, layout), "test")
    _write_json(
        layout.reports(modality) / "evaluate.json",
        {name: headline(each) for name, each in reports.items()},
    )
    return reports


def logged_run(modality: Modality, layout: Layout) -> str:
    """Return the run of the classifier that was trained last."""
    path = layout.reports(modality) / "run.json"
    if not path.is_file():
        raise ConfigError(f"{path} does not exist; run `quaver train {modality}` first")
    return str(json.loads(path.read_text(encoding="utf-8"))["run_id"])


def log_reports(reports: dict[str, Any], run_id: str, name: str) -> None:
    """Add reports of data sets to a run: figures as metrics, everything as a file."""
    figures = {
        f"{source}__{figure}": value
        for source, each in reports.items()
        for figure, value in headline(each).items()
    }
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / f"{name}.json"
        _write_json(path, reports)
        tracking.log_evaluation(run_id, figures, {f"evaluation/{name}.json": path})


def headline(each: dict[str, Any]) -> dict[str, float]:
    """Return the figures of a report that are worth a metric of their own, by flat name."""
    flat = {name: figure["value"] for name, figure in each["figures"].items()}
    flat["expected_calibration_error"] = each["expected_calibration_error"]
    flat["coverage__mean"] = each["coverage"]["mean"]
    flat["coverage__worst"] = each["coverage"]["worst"]
    return {name: float(value) for name, value in flat.items() if np.isfinite(value)}


def judge_source(classifier: Classifier, opened: Opened, config: ModelConfig) -> Judged | None:
    """Let a classifier answer every labelled window of a source; None when it has none."""
    parts: list[Judged] = []
    for batch in _batches([opened], config, "evaluate"):
        predictions = classifier.predict(batch.windows, workers=2)
        parts.append(
            Judged.of(
                predictions, classifier.card.classes, batch.labels, batch.groups, batch.sources
            )
        )
    return join_judged(parts) if parts else None


def _opened(names: tuple[str, ...], modality: Modality, layout: Layout) -> list[Opened]:
    return [open_source(name, modality, layout.simulated(modality)) for name in names]


def _batches(opened: list[Opened], config: ModelConfig, what: str) -> Iterator[LabelledWindows]:
    modality = config.features.modality
    for one in opened:
        batches = labelled_batches(
            one.recordings(modality), config.labelling, config.features.window_s
        )
        with tqdm(desc=f"{what} {modality} {one.folder.name}", unit="window", leave=False) as bar:
            for batch in batches:
                yield batch
                bar.update(len(batch))


def _describe(opened: list[Opened]) -> str:
    """Say in words what data this is."""
    kinds = sorted({f"{one.source.kind}: {one.source.name}" for one in opened})
    return "; ".join(kinds)


def _training_files(trained: Trained, folder: Path) -> dict[str, Path]:
    """Write the report of a training; return each file with its place in the run."""
    title = f"{trained.classifier.card.name}, held-out subjects"
    figures = {
        "confusion": plots.confusion(trained.report, title),
        "calibration": plots.calibration(trained.judged, title),
        "subjects": plots.subjects(trained.report, title),
        "importances": plots.importances(trained.classifier),
    }
    paths = {f"plots/{name}.png": path for name, path in plots.write(figures, folder).items()}
    card = folder / "model_card.md"
    card.write_text(model_card(trained.classifier.card, trained.report), encoding="utf-8")
    whole = folder / "report.json"
    _write_json(whole, trained.report)
    return {**paths, "model_card.md": card, "report.json": whole}


def _content(trained: Trained, config: ModelConfig, files: dict[str, Path]) -> Content:
    card = trained.classifier.card
    provenance = card.provenance
    parameters = tracking.flatten(config.model_dump(mode="json"))
    parameters |= tracking.flatten(trained.boosters[-1].model_dump(), "fitted.")
    return Content(
        name=f"{card.modality}-{provenance.data_sha256[:8]}-{card.fingerprint[:8]}",
        description=model_card(card, trained.report),
        params=parameters,
        figures=headline(trained.report),
        tags={
            "modality": card.modality,
            "data": provenance.data,
            "data_sha256": provenance.data_sha256,
            "fingerprint": card.fingerprint,
            "git_commit": provenance.git_commit or "unknown",
            "validation": str(card.metrics["validation"]),
        },
        files=files,
    )


def _replace(source: Path, target: Path) -> None:
    """Put a folder in the place of another."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(target, ignore_errors=True)
    shutil.move(source, target)


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    partial.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    partial.replace(path)
