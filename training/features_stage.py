"""The features stage: labelled windows of the training sets to a table of features, as a file.

Below them come the windows of foreign signals and of look-alikes, for what tells them apart.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from features import ConfigError, Modality, SignalError
from training.config import ModelConfig, load_config
from training.datasets.copies import Copies
from training.datasets.labelled import LabelledRecording, LabelledWindows
from training.datasets.opening import Opened, joined, labelled_batches
from training.foreign import SIGNALS, foreign_windows
from training.layout import Layout
from training.semireal.opening import open_set
from training.table import LabelledTable, join, tabulate


def features_stage(modality: Modality, layout: Layout) -> dict[str, int]:
    """Compute the features of the windows a model is trained on; return windows a label."""
    config = load_config(layout.config(modality), ModelConfig)
    opened = opened_sources(config.data.train, modality, layout)
    _check_modalities(opened, modality, layout.config(modality))
    batches = labelled_windows(opened, config, "features", Copies().refused)
    first = next(batches, None)
    if first is None:
        given = ", ".join(config.data.train)
        raise SignalError(
            f"the sets of data.train hold no labelled window; they are {given}, of which `quaver"
            " datasets <name>` says why"
        )
    own = tabulate(chain([first], batches), config.features)
    table = join([own, outlier_table(config, modality, layout)])
    table.write(layout.features(modality), made_from(config, opened))
    names, counts = np.unique(table.labels, return_counts=True)
    return dict(zip(names.tolist(), counts.tolist(), strict=True))


def made_from(config: ModelConfig, opened: list[Opened]) -> dict[str, Any]:
    """Return what decides which windows a table holds: the same keys, the same windows.

    Sets stand with the names that their windows carry, which a folder says itself.
    """
    return {
        "data.train": list(config.data.train),
        "names of sets": [one.name for one in opened],
        "labelling": config.labelling.model_dump(mode="json"),
        "outliers": config.outliers.model_dump(mode="json"),
        "checks.kinds": sorted(config.checks.kinds),
    }


def _check_modalities(opened: list[Opened], modality: Modality, config: Path) -> None:
    for one in opened:
        if modality not in one.modalities:
            raise ConfigError(
                f"{config} names {one.folder} under data.train, which is a set of"
                f" {', '.join(one.modalities)}; name sets of {modality}"
            )


def outlier_table(config: ModelConfig, modality: Modality, layout: Layout) -> LabelledTable:
    """Return what is shown beside training windows: foreign signals, look-alikes from their sets.

    Other labels of those sets, rest for instance, are left out: people are trained on whole or not.
    """
    outliers = config.outliers
    opened = opened_sources(outliers.sets, modality, layout)
    foreign = foreign_windows(modality, outliers.foreign_each, outliers.seed)
    table = tabulate(chain(foreign, labelled_windows(opened, config, "outliers")), config.features)
    return table[np.isin(table.labels, (*SIGNALS, *outliers.lookalikes, *config.checks.kinds))]


def opened_sources(names: tuple[str, ...], modality: Modality, layout: Layout) -> list[Opened]:
    """Open the sets that a configuration names; folders of one name are one set."""
    return joined(open_set(name, modality, layout) for name in names)


def labelled_windows(
    opened: list[Opened],
    config: ModelConfig,
    what: str,
    checked: Callable[[Iterable[LabelledRecording]], Iterable[LabelledRecording]] = iter,
) -> Iterator[LabelledWindows]:
    """Yield labelled windows of one device at a time, with a progress bar."""
    modality = config.features.modality
    for one in opened:
        batches = labelled_batches(
            checked(one.recordings(modality)), config.labelling, config.features.window_s
        )
        with tqdm(desc=f"{what} {modality} {one.folder.name}", unit="window", leave=False) as bar:
            for batch in batches:
                yield batch
                bar.update(len(batch))
