"""The train stage: a table of features to a classifier, logged and registered."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from filelock import FileLock

from features import Modality
from serving.exam import Exam, load, save
from training import tracking
from training.config import ModelConfig, load_config
from training.datasets.opening import Opened
from training.evaluate import headline
from training.exam_windows import exam_windows
from training.features_stage import made_from, opened_sources
from training.layout import Layout, write_json
from training.table import LabelledTable
from training.tracking import Logged
from training.train import Trained, train
from training.training_run import training_content


def train_stage(modality: Modality, layout: Layout) -> tuple[Trained, Logged]:
    """Train on the table of features, write the classifier, log and register it."""
    config = load_config(layout.config(modality), ModelConfig)
    opened = opened_sources(config.data.train, modality, layout)
    table = LabelledTable.read(
        layout.features(modality), config.features, made_from(config, opened)
    )
    # Before any work, and not for a table that is refused: a store is made in seconds.
    tracking.connect()
    trained = train(table, config, _describe(opened))
    with tempfile.TemporaryDirectory() as temporary:
        directory = Path(temporary) / "classifier"
        windows = exam_windows(modality, layout, config.features.window_s)
        save(trained.classifier, Exam.set(windows, trained.classifier), directory)
        load(directory)
        content = training_content(trained, table, opened, config, Path(temporary) / "report")
        logged = tracking.log_training(content, directory, config.name)
        run = {"run_id": logged.run_id, "model_version": logged.model_version}
        _keep(directory, Path(temporary) / "report", run, layout, modality)
    write_json(layout.reports(modality) / "train.json", headline(trained.report))
    return trained, logged


def _describe(opened: list[Opened]) -> str:
    """Say in words what data this is."""
    kinds = sorted({f"{one.source.kind}: {one.source.name}" for one in opened})
    return "; ".join(kinds)


def _keep(
    model: Path, report: Path, run: dict[str, str], layout: Layout, modality: Modality
) -> None:
    """Put a model, its report and the name of its run in the place of those before.

    All is copied beside its place first, so that only renames are left: what ends the process
    meanwhile leaves model and run of one training. Between the renames it may not, which an
    evaluation sees by the model's fingerprint.
    """
    directory = layout.model(modality)
    directory.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(_beside(directory, "lock")):  # two trainings of one folder may end at once
        _replace({report: layout.reports(modality) / "train", model: directory}, run)


def _replace(targets: Mapping[Path, Path], run: dict[str, str]) -> None:
    """Put folders in the places of others, and the name of their run beside the first."""
    place = next(iter(targets.values())).with_name("run.json")
    for source, target in targets.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(_beside(target, "new"), ignore_errors=True)
        shutil.copytree(source, _beside(target, "new"))
    name = _beside(place, "new")
    write_json(name, run)
    for target in targets.values():
        shutil.rmtree(_beside(target, "old"), ignore_errors=True)
        if target.exists():
            target.rename(_beside(target, "old"))
        _beside(target, "new").rename(target)
    name.replace(place)
    for target in targets.values():
        shutil.rmtree(_beside(target, "old"), ignore_errors=True)


def _beside(path: Path, what: str) -> Path:
    return path.with_name(f".{path.name}.{what}")
