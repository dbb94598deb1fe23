"""The evaluate command: which sets, and what is printed about each."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features import Modality
from serving.classifier import Classifier
from serving.exam import load
from training import tracking
from training.commands.compare import run_of
from training.config import ModelConfig, load_config
from training.datasets.opening import Opened
from training.datasets.registry import REAL, data_folder
from training.evaluate import report
from training.evaluation_stage import evaluate_stage, judge_source, log_reports, logged_run
from training.layout import Layout
from training.predictions import frame_of
from training.semireal.opening import open_set, open_tests
from training.tables import answers_table, figures_table, heading

if TYPE_CHECKING:
    import pandas as pd


def evaluate_run(run: str, layout: Layout, names: tuple[str, ...]) -> Iterator[str]:
    """Evaluate the model of a run, say the champion's, on sets; yield a text about each."""
    tracking.connect()
    logged = tracking.find_run(run_of(run, layout))
    with tempfile.TemporaryDirectory() as temporary:
        classifier = load(tracking.fetch_classifier(logged, Path(temporary)))
        modality = classifier.card.modality
        config = load_config(layout.config(modality), ModelConfig)
        chosen = names or config.data.test
        yield from _evaluate(classifier, config, layout, chosen, logged.run_id)


def evaluate_sets(modality: Modality, layout: Layout, names: tuple[str, ...]) -> Iterator[str]:
    """Evaluate the model of a modality on sets; yield a text about each.

    Each set is a table of its own: real, semi-real and simulated are never mixed in one number.
    """
    if not names:
        for name, each in evaluate_stage(modality, layout).items():
            yield f"{modality} model on {heading(name, 'simulated', each)}"
            yield answers_table(each)
            yield figures_table(each) + "\n"
        return
    config = load_config(layout.config(modality), ModelConfig)
    tracking.connect()
    classifier = load(layout.model(modality))
    yield from _evaluate(classifier, config, layout, names, logged_run(modality, layout))


def _evaluate(
    classifier: Classifier,
    config: ModelConfig,
    layout: Layout,
    names: tuple[str, ...],
    run_id: str,
) -> Iterator[str]:
    modality = classifier.card.modality
    reports: dict[str, Any] = {}
    kept: list[pd.DataFrame] = []
    sets = list(_sets(modality, layout, names))
    if not sets:
        yield f"{modality} model: there is no set of {modality} in {', '.join(names)}\n"
    for opened in sets:
        answers = judge_source(classifier, opened, config)
        source = opened.source
        if answers is None:
            yield f"{modality} model on {source.name} ({source.kind}): no labelled window\n"
            continue
        settings = config.training
        each = report(answers.judged, samples=settings.bootstrap_samples, seed=settings.seed)
        each |= {"kind": source.kind, "licence": source.licence, "title": source.title}
        name = f"{source.kind}__{source.name}"
        reports[name] = each
        kept.append(frame_of(answers.judged, answers.ids, opened.name))
        yield f"{modality} model on {heading(source.name, source.kind, each)}"
        yield answers_table(each) + "\n"
    if reports:
        called = "_".join(names).replace("/", "-")
        log_reports(reports, kept, run_id, called)


def _sets(modality: Modality, layout: Layout, names: tuple[str, ...]) -> Iterator[Opened]:
    for name in names:
        if name == "real":
            folder = data_folder()
            for source in REAL:
                if modality in source.modalities:
                    yield Opened(source, folder / source.name)
        elif name == "semi-real":
            yield from open_tests(modality, layout)
        else:
            yield open_set(name, modality, layout)
