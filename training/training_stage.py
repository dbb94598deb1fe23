"""The train stage: a table of features to a classifier, logged and registered."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from features import Modality
from serving.exam import Exam, load, save
from training import plots, predictions, tracking
from training.config import ModelConfig, load_config
from training.datasets.opening import Opened
from training.evaluate import headline
from training.exam_windows import exam_windows
from training.features_stage import opened_sources
from training.layout import Layout, write_json
from training.model_card import model_card
from training.predictions import FOLDS, PREDICTIONS
from training.table import LabelledTable
from training.tracking import Content, Logged
from training.train import Trained, train


def train_stage(modality: Modality, layout: Layout) -> tuple[Trained, Logged]:
    """Train on the table of features, write the classifier, log and register it."""
    config = load_config(layout.config(modality), ModelConfig)
    tracking.connect()
    table = LabelledTable.read(layout.features(modality, "train"), config.features)
    opened = opened_sources(config.data.train, modality, layout)
    trained = train(table, config, _describe(opened))
    with tempfile.TemporaryDirectory() as temporary:
        directory = Path(temporary) / "classifier"
        windows = exam_windows(modality, layout, config.features.window_s)
        save(trained.classifier, Exam.set(windows, trained.classifier), directory)
        load(directory)
        sets = {one.source.name: one.name for one in opened}
        files = _training_files(trained, sets, Path(temporary) / "report")
        logged = tracking.log_training(_content(trained, config, files), directory, config.name)
        _replace(directory, layout.model(modality))
        _replace(Path(temporary) / "report", layout.reports(modality) / "train")
    run = {"run_id": logged.run_id, "model_version": logged.model_version}
    write_json(layout.reports(modality) / "run.json", run)
    write_json(layout.reports(modality) / "train.json", headline(trained.report))
    return trained, logged


def _describe(opened: list[Opened]) -> str:
    """Say in words what data this is."""
    kinds = sorted({f"{one.source.kind}: {one.source.name}" for one in opened})
    return "; ".join(kinds)


def _training_files(trained: Trained, sets: Mapping[str, str], folder: Path) -> dict[str, Path]:
    """Write the report of a training; return each file with its place in the run."""
    card = trained.classifier.card
    title = f"{card.name}, {card.provenance.data}, held-out subjects"
    figures = {
        "confusion": plots.confusion(trained.report, title),
        "calibration": plots.calibration(trained.judged, title),
        "subjects": plots.subjects(trained.report, title),
        "importances": plots.importances(trained.classifier),
    }
    paths = {f"plots/{name}.png": path for name, path in plots.write(figures, folder).items()}
    text = folder / "model_card.md"
    text.write_text(model_card(card, trained.report), encoding="utf-8")
    whole = folder / "report.json"
    write_json(whole, trained.report)
    answers = folder / f"{FOLDS}.parquet"
    predictions.write(predictions.frame_of(trained.judged, trained.ids, sets), answers)
    return {
        **paths,
        "model_card.md": text,
        "report.json": whole,
        f"{PREDICTIONS}/{FOLDS}.parquet": answers,
    }


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
