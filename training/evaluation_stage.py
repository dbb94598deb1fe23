"""The evaluate stage: the trained classifier answers data sets, and the figures are logged."""

import hashlib
import json
import tempfile
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
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
from training.predictions import CHANCE, PREDICTIONS, frame_of, write
from training.run_content import DataUsed
from training.run_tables import (
    by_class,
    by_data_set,
    by_subject,
    profile,
    run_figures,
    write_table,
)
from training.trained_on import trained_on
from training.trained_signals import check_strangers

_KEYS = ["window_id", "group", "label"]


@dataclass(frozen=True, eq=False)
class OfRun:
    """The classifier of a run, and whom it has seen in training."""

    classifier: Classifier
    run_id: str
    known: frozenset[str]


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers to the windows of a source, the names of those windows, and a hash of them."""

    judged: Judged
    ids: NDArray[np.str_]
    sha256: str
    """Of samples, labels and subjects."""


@dataclass(frozen=True, eq=False)
class Unanswered:
    """A data set without a labelled window of the modality but of people trained on."""

    opened: Opened
    n_left_out: int


@dataclass(frozen=True, eq=False)
class Evaluated:
    """A data set that was answered, and how well."""

    opened: Opened
    answers: Answers
    report: dict[str, Any]
    replaced: str = ""
    """Of an earlier evaluation, what the run has kept of other windows under the same name."""

    @property
    def name(self) -> str:
        """How the figures of the set are called in a run."""
        source = self.opened.source
        if source.kind == "simulated":
            return f"{source.name}_{self.opened.folder.name}"
        return f"{source.kind}_{source.name}"


def evaluate_stage(modality: Modality, layout: Layout) -> list[Evaluated | Unanswered]:
    """Let the trained classifier answer the test sets of the configuration; log the figures."""
    config = load_config(layout.config(modality), ModelConfig)
    tracking.connect()
    model = last_model(modality, layout)
    sets = opened_sources(config.data.test, modality, layout)
    check_strangers(sets, model.known, config, layout)
    answered = [evaluated(opened, model, config) for opened in sets]
    found = [each for each in answered if isinstance(each, Evaluated)]
    log_evaluated(found, model.run_id, "test")
    write_json(
        layout.reports(modality) / "evaluate.json",
        {each.name: headline(each.report) for each in found},
    )
    return answered


def last_model(modality: Modality, layout: Layout) -> OfRun:
    """Return the classifier that was trained last.

    Raises
    ------
    ConfigError
        When it is not that of its run, in which its answers would be taken for another's.
    """
    run_id = logged_run(modality, layout)
    folder = layout.model(modality)
    if not folder.is_dir():
        raise ConfigError(f"{folder} does not exist; run `quaver train {modality}` first")
    classifier = load(folder)
    known = trained_on(run_id)
    kept = tracking.tag_of(run_id, "model_fingerprint")
    if kept != classifier.fingerprint:
        raise ConfigError(
            f"{folder} (fingerprint {classifier.fingerprint[:12]}) is not the model of run {run_id}"
            f" (fingerprint {kept[:12]}), which {layout.reports(modality) / 'run.json'} names; run"
            f" `quaver train {modality}` again"
        )
    return OfRun(classifier, run_id, known)


def evaluated(opened: Opened, model: OfRun, config: ModelConfig) -> Evaluated | Unanswered:
    """Let a classifier answer a set, but for the people of it whom it was trained on."""
    if config.features.modality not in opened.modalities:
        return Unanswered(opened, 0)
    answers, left_out = judge_source(model.classifier, opened, config, model.known)
    if answers is None:
        return Unanswered(opened, len(left_out))
    settings, source = config.training, opened.source
    figures = report(answers.judged, samples=settings.bootstrap_samples, seed=settings.seed)
    told = {"kind": source.kind, "licence": opened.licence, "title": source.title}
    each = Evaluated(opened, answers, figures | told | {"n_groups_left_out": len(left_out)})
    return replace(each, replaced=_replaced(each, model.run_id))


def _replaced(each: Evaluated, run_id: str) -> str:
    """Say which windows the run has kept under the name of a set, nothing when they are the same.

    A queue grows while it is labelled: what was answered last counts, but not in silence.
    """
    with tempfile.TemporaryDirectory() as temporary:
        path = tracking.fetch_file(run_id, _kept_answers(each), Path(temporary))
        if path is None:
            return ""
        before = pd.read_parquet(path)
    now = frame_of(each.answers.judged, each.answers.ids)
    one, other = (frame.set_index(_KEYS).sort_index() for frame in (before, now))
    chances = [name for name in map(str, now) if name.startswith(CHANCE)]
    if one.index.equals(other.index) and np.allclose(one[chances], other[chances], equal_nan=True):
        return ""
    return f"{len(before)} windows of {before['group'].nunique()} people"


def _kept_answers(each: Evaluated) -> str:
    return f"{PREDICTIONS}/{each.name}.parquet"


def judge_source(
    classifier: Classifier, opened: Opened, config: ModelConfig, known: AbstractSet[str]
) -> tuple[Answers | None, set[str]]:
    """Let a classifier answer every labelled window of people whom it does not know.

    Returns
    -------
    answers : Answers or None
        None when there is no such window.
    left_out : set of str
        Who of those it knows was there.
    """
    left_out: set[str] = set()
    parts: list[Judged] = []
    ids: list[NDArray[np.str_]] = []
    digest = hashlib.sha256()
    for whole in labelled_windows([opened], config, "evaluate"):
        left_out |= known & set(whole.groups.tolist())
        batch = whole[~np.isin(whole.groups, sorted(known))]
        if len(batch) == 0:
            continue
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
        return None, left_out
    return Answers(join_judged(parts), np.concatenate(ids), digest.hexdigest()), left_out


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
    write(frame_of(judged, each.answers.ids), answers)
    tables = {"by_class": by_class(each.report), "by_subject": by_subject(judged, each.report)}
    return {
        _kept_answers(each): answers,
        **{f"{place}/{k}.png": path for k, path in plots.write(drawn, folder).items()},
        **{f"{place}/{k}.csv": write_table(v, folder / f"{k}.csv") for k, v in tables.items()},
    }


def _data_used(each: Evaluated) -> DataUsed:
    return DataUsed(
        name=each.name,
        sha256=each.answers.sha256,
        source="; ".join(folder.as_posix() for folder in each.opened.folders),
        context="evaluation",
        profile=profile(each.answers.judged),
    )


def logged_run(modality: Modality, layout: Layout) -> str:
    """Return the run of the classifier that was trained last."""
    path = layout.reports(modality) / "run.json"
    if not path.is_file():
        raise ConfigError(f"{path} does not exist; run `quaver train {modality}` first")
    return str(json.loads(path.read_text(encoding="utf-8"))["run_id"])
