"""Bench: what every protocol of one modality works on, read and computed once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.accuracy.answers import Tabulated, tabulated
from benchmarks.accuracy.estimates import Bootstrap
from benchmarks.accuracy.figures import Scheme
from benchmarks.accuracy.questions import with_clear_line
from features import ConfigError, ContractError, Modality
from serving.classifier import Classifier
from serving.exam import load
from training.config import ModelConfig, load_config
from training.datasets.opening import Opened, simulated_source
from training.datasets.real import imu_disorders
from training.datasets.registry import REAL, data_folder
from training.layout import Layout
from training.provenance import data_sha256
from training.semireal.opening import open_set, open_tests
from training.semireal.sources import semireal_sources
from training.table import LabelledTable

TRAIN, TEST = "simulated/train", "simulated/test"

_QUICK = {"folds": 2, "bootstrap_samples": 50}
_QUICK_TREES = 20
_OTHER_DATA = (
    "The shipped model was not trained on the table of features that lies here, on which (a) and"
    " (b) rest: simulate, compute features and train again."
)


@dataclass(frozen=True, eq=False)
class Bench:
    """One modality: its configuration, the shipped model, and its data sets.

    ``real`` holds real and semi-real test sets by name; ``missing`` says in sentences what is not
    there. ``clear`` are the recordings of tremor whose gyroscope has a clear line.
    """

    modality: Modality
    layout: Layout
    config: ModelConfig
    classifier: Classifier
    train: Tabulated
    test: Tabulated
    real: Mapping[str, Tabulated]
    clear: frozenset[str]
    missing: tuple[str, ...]
    is_quick: bool

    def scheme(self, validation: str) -> Scheme:
        """Return how figures are validated, in words, with the configured intervals."""
        training = self.config.training
        bootstrap = Bootstrap(training.bootstrap_samples, training.seed)
        return Scheme(self.modality, validation, bootstrap)

    @property
    def shipped(self) -> Scheme:
        """The scheme of the shipped model on data that nothing was trained on."""
        return self.scheme("trained on simulation only")

    def told(self) -> dict[str, Any]:
        """Return what the shipped model is, as plain data."""
        card = self.classifier.card
        return {
            "data": card.provenance.data,
            "data_sha256": card.provenance.data_sha256,
            "fingerprint": card.fingerprint,
            "classes": list(card.classes),
            "windows": card.provenance.n_windows,
            "subjects": card.provenance.n_groups,
        }


def prepare(modality: Modality, layout: Layout, *, is_quick: bool) -> Bench:
    """Load the shipped model, read all data sets and compute their features.

    Raises
    ------
    ContractError
        When model, configuration and table of features do not belong together.
    """
    config = load_config(layout.config(modality), ModelConfig)
    classifier = load(layout.model(modality))
    if classifier.card.fingerprint != config.features.fingerprint:
        raise ContractError(
            f"{layout.model(modality)} was trained with other features than"
            f" {layout.config(modality)} has; run `quaver train {modality}` first"
        )
    table = LabelledTable.read(layout.features(modality), config.features)
    test = tabulated(open_set(TEST, modality, layout), TEST, config)
    if test is None:
        raise ConfigError(f"{TEST} of {modality} holds no labelled window")
    real, missing = _real_sets(config, layout)
    trainable = table[table.trainable(config.classes)]
    if data_sha256(trainable) != classifier.card.provenance.data_sha256:
        missing = (*missing, _OTHER_DATA)
    return Bench(
        modality=modality,
        layout=layout,
        config=_quickened(config) if is_quick else config,
        classifier=classifier,
        train=Tabulated(TRAIN, simulated_source(modality), table, {}, {}),
        test=test,
        real=real,
        clear=_clear(real, layout),
        missing=missing,
        is_quick=is_quick,
    )


def _quickened(config: ModelConfig) -> ModelConfig:
    trees = config.training.booster.model_copy(update={"num_iterations": _QUICK_TREES})
    training = config.training.model_copy(update={**_QUICK, "booster": trees})
    return config.model_copy(update={"training": training})


def _real_sets(config: ModelConfig, layout: Layout) -> tuple[dict[str, Tabulated], tuple[str, ...]]:
    """Return real and semi-real sets by name, and a sentence for each that is not there."""
    try:
        opened = tuple(_opened(config.features.modality, layout))
    except ConfigError as error:
        return {}, (f"Real and semi-real recordings were not tried: {error}.",)
    sets: dict[str, Tabulated] = {}
    missing: list[str] = []
    for one in opened:
        name = one.source.name
        if not one.folder.is_dir():
            missing.append(f"{name} was not tried: it is not in the data folder.")
            continue
        found = tabulated(one, name, config)
        if found is not None:
            sets[name] = found
    return sets, tuple(missing)


def _opened(modality: Modality, layout: Layout) -> Iterator[Opened]:
    folder = data_folder()
    for source in REAL:
        if modality in source.modalities:
            yield Opened(source, folder / source.name)
    yield from open_tests(modality, layout)
    for source in semireal_sources(layout):
        if modality in source.modalities and source.for_training:
            yield Opened(source, folder)


def _clear(real: Mapping[str, Tabulated], layout: Layout) -> frozenset[str]:
    """Return the recordings of tremor with a clear line, whatever sensor is asked about."""
    mine = real.get(imu_disorders.NAME)
    if mine is None:
        return frozenset()
    config = load_config(layout.config("gyroscope"), ModelConfig)
    if mine.table.features.fingerprint == config.features.fingerprint:
        return with_clear_line(mine)
    opened = Opened(imu_disorders.SOURCE, data_folder() / imu_disorders.NAME)
    other = tabulated(opened, imu_disorders.NAME, config)
    return frozenset() if other is None else with_clear_line(other)
