"""The evaluate command: which sets, and what is printed about each."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from features import Modality
from serving.classifier import Classifier
from serving.exam import load
from training import tracking
from training.commands.compare import run_of
from training.config import ModelConfig, load_config
from training.datasets.opening import Opened
from training.datasets.registry import REAL, data_folder
from training.evaluation_stage import (
    Evaluated,
    evaluate_stage,
    judge_source,
    log_evaluated,
    logged_run,
    report_of,
)
from training.layout import Layout
from training.semireal.opening import open_set, open_tests
from training.tables import answers_table, figures_table, heading


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
    found: list[Evaluated] = []
    sets = list(_sets(modality, layout, names))
    if not sets:
        yield f"{modality} model: there is no set of {modality} in {', '.join(names)}\n"
    for opened in sets:
        answers = judge_source(classifier, opened, config)
        source = opened.source
        if answers is None:
            yield f"{modality} model on {source.name} ({source.kind}): no labelled window\n"
            continue
        each = report_of(answers, config)
        each |= {"kind": source.kind, "licence": source.licence, "title": source.title}
        found.append(Evaluated(f"{source.kind}_{source.name}", opened, answers, each))
        yield f"{modality} model on {heading(source.name, source.kind, each)}"
        yield answers_table(each) + "\n"
    if found:
        log_evaluated(found, run_id, "_".join(names).replace("/", "-"))


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
