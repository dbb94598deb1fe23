"""Tiny models: one a modality, trained within the session on a few simulated people.

They are as right as a model of six people can be, and whole: card, trees, novelty, exam. Made from
the code as it is, once for all processes of a session, and never kept.
"""

import fcntl
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import chain
from pathlib import Path
from typing import get_args

from features import Modality
from serving.exam import Exam, save
from training.config import ModelConfig, load_config
from training.datasets.labelled import LabelledRecording, LabelledWindows
from training.datasets.opening import labelled_batches
from training.exam_windows import exam_windows
from training.foreign import foreign_windows
from training.layout import Layout
from training.simulate import store
from training.simulate.config import Population, Simulation
from training.simulate.parameters import Physiology
from training.simulate.population import people
from training.table import tabulate
from training.train import train

REPOSITORY = Path(__file__).parents[1]
LAYOUT = Layout(REPOSITORY)
TINY_MODALITIES: tuple[Modality, ...] = get_args(Modality)

KINDS = {
    "rest": 1,
    "fasciculation": 4,
    "tremor": 2,
    "clonus_sustained": 1,
    "clonus_unsustained": 1,
    "voluntary": 3,
    "contraction": 2,
}
"""Kind of recording → how many of it each person gives."""

LOOKALIKES = {"shivering": 2}
"""The same of what has no class: it is shown to a check."""

_POPULATIONS = {
    "train": Population(seed=1, sites=3, people_per_site=2, recordings=KINDS | LOOKALIKES),
    "test": Population(seed=2, sites=2, people_per_site=1, recordings=KINDS),
}


@cache
def simulation() -> Simulation:
    """Return the shipped simulation, of few people and short recordings."""
    whole = load_config(LAYOUT.config("simulate"), Simulation)
    return whole.model_copy(update={"duration_s": 14.0, "populations": _POPULATIONS})


@cache
def tiny_config(modality: Modality) -> ModelConfig:
    """Return the shipped configuration of a modality with few and small trees."""
    config = load_config(LAYOUT.config(modality), ModelConfig)
    booster = config.training.booster.model_copy(
        update={"num_iterations": 40, "min_data_in_leaf": 10}
    )
    training = config.training.model_copy(
        update={
            "folds": 3,
            "booster": booster,
            "conformal_level": 0.9,
            "novelty_prototypes": 200,
            "bootstrap_samples": 20,
        }
    )
    outliers = config.outliers.model_copy(update={"foreign_each": 10})
    few = config.checks.booster.model_copy(update={"num_iterations": 10, "min_data_in_leaf": 5})
    checks = config.checks.model_copy(update={"booster": few})
    return config.model_copy(update={"training": training, "outliers": outliers, "checks": checks})


def recordings(name: str, modality: Modality) -> Iterator[LabelledRecording]:
    """Simulate the recordings of a set of people.

    Of devices that neither filter nor resample: six people are too few to learn from those.
    """
    physiology = Physiology.load(LAYOUT.config("physiology"))
    for person in people(name, modality, simulation(), physiology):
        site = replace(person.site, lowpass_hz=0.0, sampling_rate_hz=person.site.device_rate_hz)
        plain = replace(person, site=site)
        yield from plain.recordings(dict(_POPULATIONS[name].recordings))


def make_model(modality: Modality, directory: Path) -> None:
    """Simulate, label, extract, train, and save with an exam."""
    config = tiny_config(modality)
    batches = labelled_batches(
        recordings("train", modality), config.labelling, config.features.window_s
    )
    foreign = foreign_windows(modality, config.outliers.foreign_each, config.outliers.seed)
    table = tabulate(chain(batches, foreign), config.features)
    classifier = train(table, config, "simulated: tiny").classifier
    windows = exam_windows(modality, LAYOUT, config.features.window_s)
    save(classifier, Exam.set(windows, classifier), directory)


def tiny_model(shared: Path, modality: Modality, *, wait: bool = True) -> Path | None:
    """Return the model of a modality; the first process that asks makes it, others wait or not."""
    folder = shared / modality
    with (shared / f"{modality}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return None
        if not folder.is_dir():
            partial = shared / f"{modality}.part"
            make_model(modality, partial / "model")
            store.write(recordings("test", modality), partial / "unseen.parquet")
            partial.rename(folder)
    return folder / "model"


def tiny_models_below(shared: Path) -> dict[Modality, Path]:
    """Return the models of all modalities; processes share the work."""
    shared.mkdir(exist_ok=True)
    for modality in TINY_MODALITIES:
        tiny_model(shared, modality, wait=False)
    return {modality: tiny_model(shared, modality) for modality in TINY_MODALITIES}


def unseen_windows(model: Path, modality: Modality) -> list[LabelledWindows]:
    """Return labelled windows of people that a tiny model has not been trained on."""
    config = tiny_config(modality)
    kept = store.read(model.parent / "unseen.parquet")
    return list(labelled_batches(kept, config.labelling, config.features.window_s))
