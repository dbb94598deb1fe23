"""The evaluate command: which sets, and what is printed about each."""

import hashlib
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path

from features import ConfigError, Modality
from serving.exam import load
from training import tracking
from training.commands.compare import run_of
from training.config import ModelConfig, load_config
from training.datasets.opening import Opened, joined
from training.datasets.registry import REAL, data_folder
from training.evaluation_stage import (
    Evaluated,
    OfRun,
    Unanswered,
    evaluate_stage,
    evaluated,
    last_model,
    log_evaluated,
)
from training.layout import Layout
from training.semireal.opening import open_set, open_tests
from training.tables import answers_table, figures_table, heading
from training.trained_on import trained_on
from training.trained_signals import check_strangers

_MANY = {"real", "semi-real"}
"""Names that stand for several sets."""
_LONGEST_NAME = 60
"""Letters of a file's name that tell which sets it is about."""


def evaluate_run(
    run: str, layout: Layout, names: tuple[str, ...], asked: Collection[str] = ()
) -> Iterator[str]:
    """Evaluate the model of a run, say the champion's, on sets; yield a text about each.

    Raises
    ------
    ConfigError
        When it is of none of the modalities that are asked for.
    """
    tracking.connect()
    logged = tracking.find_run(run_of(run, layout))
    with tempfile.TemporaryDirectory() as temporary:
        classifier = load(tracking.fetch_classifier(logged, Path(temporary)))
        modality = classifier.card.modality
        if set(asked) - {modality}:
            raise ConfigError(
                f"--run {run} is a model for {modality}, and {', '.join(asked)} is asked for; leave"
                " that out, or name a run of it"
            )
        config = load_config(layout.config(modality), ModelConfig)
        model = OfRun(classifier, logged.run_id, trained_on(logged.run_id))
        yield from _evaluate(model, config, layout, names or config.data.test)


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
    yield from _evaluate(last_model(modality, layout), config, layout, names)


def _evaluate(
    model: OfRun, config: ModelConfig, layout: Layout, names: tuple[str, ...]
) -> Iterator[str]:
    modality = config.features.modality
    found: list[Evaluated] = []
    sets = joined(_sets(modality, layout, names))
    if not sets:
        yield f"{modality} model: there is no set of {modality} in {', '.join(names)}\n"
    check_strangers(sets, model.known, config, layout)
    for opened in sets:
        each = evaluated(opened, model, config)
        if isinstance(each, Evaluated):
            found.append(each)
        yield from _told(modality, each)
    if found:
        log_evaluated(found, model.run_id, _file_name(names, found))


def _file_name(names: tuple[str, ...], found: list[Evaluated]) -> str:
    """Return a name for the files of an evaluation: of its sets, cut where it would be too long."""
    if set(names) <= _MANY:
        whole = "_".join(names)
    else:
        whole = "_".join(each.opened.name for each in found).replace("/", "-")
    if len(whole) <= _LONGEST_NAME:
        return whole
    return f"{whole[:_LONGEST_NAME]}-{hashlib.sha256(whole.encode()).hexdigest()[:8]}"


def _told(modality: Modality, each: Evaluated | Unanswered) -> Iterator[str]:
    """Say of a set who was asked, who was not, and what was answered."""
    opened = each.opened
    if isinstance(each, Unanswered):
        if modality not in opened.modalities:
            why = f"it is a set of {', '.join(opened.modalities)}"
        elif each.n_left_out:
            why = f"no labelled window of other people than the {each.n_left_out} trained on"
        else:
            why = "no labelled window"
        yield f"{modality} model on {opened.name} ({opened.source.kind}): {why}\n"
        return
    yield f"{modality} model on {heading(opened.name, opened.source.kind, each.report)}"
    if each.report["n_groups_left_out"]:
        yield f"without {each.report['n_groups_left_out']} people whom the model was trained on"
    if each.replaced:
        yield f"in its run this takes the place of other windows of that name: {each.replaced}"
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
