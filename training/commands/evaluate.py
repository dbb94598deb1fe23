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
    Unanswered,
    evaluate_stage,
    evaluated,
    log_evaluated,
    logged_run,
    trained_on,
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
        for each in evaluate_stage(modality, layout):
            yield from _told(modality, each)
            if isinstance(each, Evaluated):
                yield figures_table(each.report) + "\n"
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
    known = trained_on(run_id)
    for opened in sets:
        each = evaluated(opened, classifier, config, known)
        if isinstance(each, Evaluated):
            found.append(each)
        yield from _told(modality, each)
    if found:
        log_evaluated(found, run_id, "_".join(names).replace("/", "-"))


def _told(modality: Modality, each: Evaluated | Unanswered) -> Iterator[str]:
    """Say of a set who was asked, who was not, and what was answered."""
    opened = each.opened
    if isinstance(each, Unanswered):
        left_out = each.n_left_out
        others = f" of other people than the {left_out} trained on" if left_out else ""
        name = f"{opened.name} ({opened.source.kind})"
        yield f"{modality} model on {name}: no labelled window{others}\n"
        return
    yield f"{modality} model on {heading(opened.name, opened.source.kind, each.report)}"
    if each.report["n_groups_left_out"]:
        yield f"without {each.report['n_groups_left_out']} people whom the model was trained on"
    yield answers_table(each.report) + "\n"


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
