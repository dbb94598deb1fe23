"""Train: from a table of labelled features to a classifier and what is known of it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from features import SignalError
from serving.card import Provenance
from serving.classifier import Classifier
from training.config import Booster, ModelConfig
from training.distribution import distribution_of
from training.evaluate import Judged, join_judged, report
from training.fit import (
    CrossFit,
    assemble,
    cross_fit,
    fit,
    split_outliers,
)
from training.provenance import data_sha256, git_commit, versions
from training.search import search
from training.split import folds
from training.table import LabelledTable

Mask = NDArray[np.bool_]

_WORKERS = 2
"""Models that are fitted side by side."""


@dataclass(frozen=True, eq=False)
class Trained:
    """A classifier, the answers of its folds to windows they had not seen, and the figures."""

    classifier: Classifier
    judged: Judged
    ids: NDArray[np.str_]
    """Names of the judged windows."""
    report: dict[str, Any]
    boosters: list[Booster]
    """Parameters of each fold, then of the final model."""


def train(table: LabelledTable, config: ModelConfig, description: str) -> Trained:
    """Fit and judge a classifier on the trainable windows of a table.

    Every figure comes from windows of subjects that the model which answered had not seen: each
    fold's model is calibrated on the other folds and answers through the classifier that serves.

    Parameters
    ----------
    description : str
        What the data is, in words, for the card: real or simulated, whose.

    Raises
    ------
    SignalError
        When a class has no window, or there are fewer subjects than folds.
    """
    kept, outliers = split_outliers(table, config)
    if len(kept) == 0:
        raise SignalError(
            f"no window is usable and labelled with one of {', '.join(config.classes)}"
        )
    boosters = _parameters(kept, config)
    with (
        ThreadPoolExecutor(_WORKERS) as pool,
        tqdm(total=config.training.folds + 1, desc="fit", unit="model", leave=False) as bar,
    ):
        last = pool.submit(fit, kept, outliers, config, boosters[-1], config.training.folds)
        crossed = cross_fit(kept, config, boosters[:-1], pool, bar.update, outliers)
        final = last.result()
        bar.update()
    provenance = _provenance(kept, config, description)
    judged = judge_folds(crossed, config, provenance)
    figures = report(judged, samples=config.training.bootstrap_samples, seed=config.training.seed)
    metrics = {
        "validation": f"{config.training.folds} folds, split by subject",
        "data": description,
        **_headline(figures),
    }
    everything = np.ones(len(kept), dtype=np.bool_)
    classifier = assemble(final, crossed, everything, config, provenance, metrics)
    as_judged = kept[np.concatenate([np.flatnonzero(mask) for mask in crossed.held_out])]
    distribution = distribution_of(as_judged.features.values, classifier.card.columns, judged)
    card = classifier.card.model_copy(update={"distribution": distribution})
    return Trained(replace(classifier, card=card), judged, as_judged.ids, figures, boosters)


def judge_folds(crossed: CrossFit, config: ModelConfig, provenance: Provenance) -> Judged:
    """Let each fold's classifier answer its own fold."""
    parts: list[Judged] = []
    for k, held_out in enumerate(crossed.held_out):
        classifier = assemble(crossed.models[k], crossed, ~held_out, config, provenance, {})
        parts.append(judge_table(classifier, crossed.table[held_out]))
    return join_judged(parts)


def judge_table(classifier: Classifier, table: LabelledTable) -> Judged:
    """Let a classifier answer windows whose features are at hand."""
    predictions = classifier.judge(table.features, table.sampling_rates_hz)
    return Judged.of(
        predictions, classifier.card.classes, table.labels, table.groups, table.sources
    )


def _parameters(table: LabelledTable, config: ModelConfig) -> list[Booster]:
    """Return the parameters of each fold and of the final model, searched for when asked to."""
    n_folds = config.training.folds
    if not config.training.search.enabled:
        return [config.training.booster] * (n_folds + 1)
    held_out = folds(table.labels, table.groups, n_folds, config.training.seed)
    found = [
        search(table[~mask], config, k, f"search, fold {k + 1} of {n_folds}")
        for k, mask in enumerate(held_out)
    ]
    return [*found, search(table, config, n_folds, "search, final model")]


def _provenance(table: LabelledTable, config: ModelConfig, description: str) -> Provenance:
    return Provenance(
        data=description,
        data_sha256=data_sha256(table),
        n_windows=len(table),
        n_groups=len(np.unique(table.groups)),
        seed=config.training.seed,
        git_commit=git_commit(),
        versions=versions(),
    )


def _headline(figures: dict[str, Any]) -> dict[str, Any]:
    kept = ("macro_f1", "accuracy", "undecided")
    by_class = {
        name.removeprefix("f1__"): figure
        for name, figure in figures["figures"].items()
        if name.startswith("f1__")
    }
    return {
        **{name: figures["figures"][name] for name in kept},
        "f1": by_class,
        "expected_calibration_error": figures["expected_calibration_error"],
        "coverage": figures["coverage"],
        "n_windows": figures["n_windows"],
        "n_subjects": figures["n_groups"],
    }
