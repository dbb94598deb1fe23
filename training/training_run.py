"""A training as a run: what a reviewer needs to judge it without running anything."""

from pathlib import Path
from typing import Any

import numpy as np

from training import plots, predictions
from training.config import ModelConfig
from training.datasets.opening import Opened
from training.evaluate import calibration_error, coverage, figures
from training.layout import write_json
from training.mistakes import Example, examples_of
from training.model_card import model_card
from training.plots_of_mistakes import mistakes
from training.predictions import FOLDS, PREDICTIONS
from training.provenance import config_sha256
from training.run_content import Content, DataUsed
from training.run_tables import by_class, by_data_set, by_subject, profile, run_figures, write_table
from training.search import Searched
from training.table import LabelledTable
from training.tracking import flatten
from training.train import Trained, report_by_source
from training.trained_on import TRAINED_ON, trained_on_table

_EXAMPLES = 4
"""Kinds of wrong answers that are shown, and of undecided ones."""
_EXPLAINED = 300
"""Windows that the summary of contributions rests on."""


def training_content(
    trained: Trained,
    table: LabelledTable,
    opened: list[Opened],
    config: ModelConfig,
    folder: Path,
) -> Content:
    """Write the report of a training into a folder, and say what its run holds."""
    card = trained.classifier.card
    provenance = card.provenance
    parameters = flatten(config.model_dump(mode="json"))
    parameters |= flatten(trained.boosters[-1].model_dump(), "fitted.")
    hashes = {
        "data_sha256": provenance.data_sha256,
        "fingerprint": card.fingerprint,
        "config_sha256": config_sha256(config),
        "git_commit": provenance.git_commit or "unknown",
        "model_fingerprint": trained.classifier.fingerprint,
    }
    return Content(
        name=f"{card.modality} {provenance.data_sha256[:6]}-{hashes['config_sha256'][:6]}",
        description=model_card(trained.classifier, trained.report),
        params=parameters | {f"hash.{name}": value for name, value in hashes.items()},
        figures=run_figures(trained.report),
        tags={
            "kind": "training",
            "modality": card.modality,
            "data": provenance.data,
            "validation": str(card.metrics["validation"]),
            "search": "on" if config.training.search.enabled else "off",
            **hashes,
        },
        files=_files(trained, table, opened, config, folder),
        data=[_data_used(trained, table, opened)],
        children=[
            *(_search_content(each, card.modality) for each in trained.searches),
            *_fold_contents(trained, config),
        ],
    )


def _files(
    trained: Trained,
    table: LabelledTable,
    opened: list[Opened],
    config: ModelConfig,
    folder: Path,
) -> dict[str, Path]:
    """Write everything that is a file; return each with its place in the run."""
    card, report = trained.classifier.card, trained.report
    title = f"{card.name}, {card.provenance.data}, held-out subjects"
    step = max(1, len(table) // _EXPLAINED)
    drawn = {
        "confusion": plots.confusion(report, title),
        "reliability_and_abstention": plots.calibration(trained.judged, title),
        "subjects": plots.subjects(report, title),
        "importances": plots.importances(trained.classifier),
        "contributions": plots.contributions(
            trained.classifier, table.features.values[::step][:_EXPLAINED]
        ),
    }
    modality = config.features.modality
    recordings = (each for one in opened for each in one.recordings(modality))
    examples = examples_of(trained, recordings, config, _EXAMPLES)
    drawn |= _examples_drawn(examples, card.name)
    files = {f"plots/{name}.png": path for name, path in plots.write(drawn, folder).items()}
    tables = {
        "by_class": by_class(report),
        "by_subject": by_subject(trained.judged, report),
        "by_data_set": by_data_set(report_by_source(trained.judged, config)),
    }
    for name, frame in tables.items():
        files[f"tables/{name}.csv"] = write_table(frame, folder / f"{name}.csv")
    people = trained_on_table(table, config)
    files[TRAINED_ON] = write_table(people, folder / Path(TRAINED_ON).name)
    files["model_card.md"] = folder / "model_card.md"
    files["model_card.md"].write_text(model_card(trained.classifier, report), encoding="utf-8")
    files["report.json"] = folder / "report.json"
    write_json(files["report.json"], report)
    answers = folder / f"{FOLDS}.parquet"
    predictions.write(predictions.frame_of(trained.judged, trained.ids), answers)
    return files | {f"{PREDICTIONS}/{FOLDS}.parquet": answers}


def _examples_drawn(examples: list[Example], name: str) -> dict[str, Any]:
    parts = {
        "wrong_answers": [e for e in examples if ":" not in e.kind.answer],
        "undecided_answers": [e for e in examples if ":" in e.kind.answer],
    }
    return {
        part: mistakes(chosen, f"{name}: {part.replace('_', ' ')}, the commonest kinds")
        for part, chosen in parts.items()
        if chosen
    }


def _data_used(trained: Trained, table: LabelledTable, opened: list[Opened]) -> DataUsed:
    provenance = trained.classifier.card.provenance
    return DataUsed(
        name=", ".join(f"{one.source.name} {one.folder.name}" for one in opened),
        sha256=provenance.data_sha256,
        source="; ".join(folder.as_posix() for one in opened for folder in one.folders),
        context="training",
        profile=profile(trained.judged) | {"windows left out": len(table) - len(trained.judged)},
        columns=table.features.columns,
    )


def _fold_contents(trained: Trained, config: ModelConfig) -> list[Content]:
    n_folds = config.training.folds
    modality = config.features.modality
    found: list[Content] = []
    for k in range(n_folds):
        own = trained.judged[trained.folds == k]
        counts, names = own.counts()
        flat = figures(counts.sum(axis=0), names, own.classes)
        flat["expected_calibration_error"] = calibration_error(own)
        flat["coverage/mean"] = coverage(own)["mean"]
        subjects = np.unique(own.groups).tolist()
        found.append(
            Content(
                name=f"fold {k + 1} of {n_folds}",
                description=f"Answers to {len(own)} windows of {len(subjects)} subjects by a model"
                f" of the others. Subjects: {', '.join(subjects)}.",
                params=flatten(trained.boosters[k].model_dump(), "fitted."),
                figures={k.replace("__", "/"): v for k, v in flat.items() if np.isfinite(v)},
                tags={"kind": "fold", "modality": modality},
                files={},
            )
        )
    return found


def _search_content(searched: Searched, modality: str) -> Content:
    losses = np.array(searched.losses)
    best = int(losses.argmin())
    return Content(
        name=searched.title,
        description=f"{len(losses)} trials of Optuna; the best is number {best + 1}. The loss is"
        " the mean logarithmic loss over inner folds, classes weighing the same.",
        params=flatten(searched.booster.model_dump(), "fitted."),
        figures={"best_loss": float(losses.min())},
        tags={"kind": "search", "modality": modality},
        files={},
        series={
            "search/loss": losses.tolist(),
            "search/best_so_far": np.minimum.accumulate(losses).tolist(),
        },
    )
