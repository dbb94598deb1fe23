"""The features stage: labelled windows of the training sets to a table of features, as a file.

Below them come the windows of foreign signals and of look-alikes, for what tells them apart.
"""

from collections.abc import Iterator
from itertools import chain

import numpy as np
from tqdm import tqdm

from features import Modality
from training.config import ModelConfig, load_config
from training.datasets.labelled import LabelledWindows
from training.datasets.opening import Opened, labelled_batches
from training.foreign import SIGNALS, foreign_windows
from training.layout import Layout
from training.semireal.opening import open_set
from training.table import LabelledTable, join, tabulate


def features_stage(modality: Modality, layout: Layout) -> dict[str, int]:
    """Compute the features of the windows a model is trained on; return windows a label."""
    config = load_config(layout.config(modality), ModelConfig)
    batches = labelled_windows(
        opened_sources(config.data.train, modality, layout), config, "features"
    )
    own = tabulate(batches, config.features)
    table = join([own, outlier_table(config, modality, layout)])
    table.write(layout.features(modality, "train"))
    names, counts = np.unique(table.labels, return_counts=True)
    return dict(zip(names.tolist(), counts.tolist(), strict=True))


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
    """Open the sets that a configuration names."""
    return [open_set(name, modality, layout) for name in names]


def labelled_windows(
    opened: list[Opened], config: ModelConfig, what: str
) -> Iterator[LabelledWindows]:
    """Yield labelled windows of one device at a time, with a progress bar."""
    modality = config.features.modality
    for one in opened:
        batches = labelled_batches(
            one.recordings(modality), config.labelling, config.features.window_s
        )
        with tqdm(desc=f"{what} {modality} {one.folder.name}", unit="window", leave=False) as bar:
            for batch in batches:
                yield batch
                bar.update(len(batch))
