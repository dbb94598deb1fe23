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
from training.search import Searched, search
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
    folds: NDArray[np.intp]
    """Fold of each judged window."""
    fold_models: list[Classifier]
    """What answered each fold."""
    report: dict[str, Any]
    boosters: list[Booster]
    """Parameters of each fold, then of the final model."""
    searches: list[Searched]
    """How those were found, in the same order; none where there was no search."""


def train(table: LabelledTable, config: ModelConfig, description: str) -> Trained:
    """Fit and judge a classifier on the trainable windows of a table.

    Every figure comes from windows of subjects that the trees which answered had not seen. Each
    fold's model is calibrated on the windows of the other folds, by the scores that these got as
    held-out ones, and answers through the classifier that serves.

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
    searches = _searches(kept, config)
    boosters = [found.booster for found in searches] or (
        [config.training.booster] * (config.training.folds + 1)
    )
    with (
        ThreadPoolExecutor(_WORKERS) as pool,
        tqdm(total=config.training.folds + 1, desc="fit", unit="model", leave=False) as bar,
    ):
        last = pool.submit(fit, kept, outliers, config, boosters[-1], config.training.folds)
        crossed = cross_fit(kept, config, boosters[:-1], pool, bar.update, outliers)
        final = last.result()
        bar.update()
    provenance = _provenance(kept, config, description)
    models = fold_classifiers(crossed, config, provenance)
    judged = judge_folds(crossed, models)
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
    return Trained(
        replace(classifier, card=card),
        judged,
        as_judged.ids,
        np.repeat(np.arange(len(models)), [mask.sum() for mask in crossed.held_out]),
        models,
        figures,
        boosters,
        searches,
    )


def fold_classifiers(
    crossed: CrossFit, config: ModelConfig, provenance: Provenance
) -> list[Classifier]:
    """Return each fold's classifier, calibrated on the other folds."""
    return [
        assemble(model, crossed, ~held_out, config, provenance, {})
        for model, held_out in zip(crossed.models, crossed.held_out, strict=True)
    ]


def judge_folds(crossed: CrossFit, models: list[Classifier]) -> Judged:
    """Let each fold's classifier answer its own fold."""
    return join_judged(
        [
            judge_table(model, crossed.table[held_out])
            for model, held_out in zip(models, crossed.held_out, strict=True)
        ]
    )


def judge_table(classifier: Classifier, table: LabelledTable) -> Judged:
    """Let a classifier answer windows whose features are at hand."""
    predictions = classifier.judge(table.features, table.sampling_rates_hz)
    return Judged.of(
        predictions, classifier.card.classes, table.labels, table.groups, table.sources
    )


def report_by_source(judged: Judged, config: ModelConfig) -> dict[str, dict[str, Any]]:
    """Return a report for each set that the judged windows are from."""
    settings = config.training
    return {
        name: report(
            judged[judged.sources == name], samples=settings.bootstrap_samples, seed=settings.seed
        )
        for name in np.unique(judged.sources).tolist()
    }


def _searches(table: LabelledTable, config: ModelConfig) -> list[Searched]:
    """Search for parameters of each fold and of the final model, when asked to."""
    if not config.training.search.enabled:
        return []
    n_folds = config.training.folds
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
        one_axis_share=_one_axis_share(table),
    )


def _one_axis_share(table: LabelledTable) -> float | None:
    """Return the share of windows of motion that have one axis, which all variance lies along."""
    if "first_axis_share" not in table.features.columns:
        return None
    return float(np.mean(table.features.column("first_axis_share") == 1.0))


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
