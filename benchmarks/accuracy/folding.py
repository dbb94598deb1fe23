"""Folding: models that each have not seen some people, or some sites, and their answers."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np
from tqdm import tqdm

from benchmarks.accuracy.answers import Answered, Tabulated
from serving.card import Provenance
from serving.classifier import Classifier
from training.config import ModelConfig
from training.evaluate import join_judged
from training.fit import assemble, cross_fit, fit, split_outliers
from training.provenance import data_sha256
from training.table import LabelledTable
from training.train import judge_table

Apart = Literal["groups", "sites"]

_WORKERS = 2
"""Models that are fitted side by side."""


@dataclass(frozen=True, eq=False)
class Folded:
    """A model for each part that was held out, and one that has seen everything.

    ``held_out`` are the people, or sites, that the model of each fold has not seen.
    """

    apart: Apart
    held_out: tuple[frozenset[str], ...]
    models: tuple[Classifier, ...]
    whole: Classifier

    def answer(self, data: Tabulated) -> Answered:
        """Let each window be answered by a model that has not seen whom, or where, it is from.

        Whoever no model has seen is answered by the one that has seen everything else.
        """
        table = data.table
        keys = getattr(table, self.apart)
        rows = [np.isin(keys, sorted(held)) for held in self.held_out]
        rows.append(~np.logical_or.reduce(rows))
        order = np.concatenate([np.flatnonzero(each) for each in rows])
        judged = [
            judge_table(model, table[each])
            for model, each in zip((*self.models, self.whole), rows, strict=True)
            if each.any()
        ]
        return Answered(data, table[order], join_judged(judged))


def fold(table: LabelledTable, config: ModelConfig, what: str, apart: Apart = "groups") -> Folded:
    """Fit a model on all but each part in turn, with the trees that the configuration names.

    As in :func:`training.train.train`: a fold's model is calibrated on the other folds.

    Parameters
    ----------
    table : LabelledTable
        Windows that cannot be used, or have no class and are no outlier, are left out.
    what : str
        The data in words.
    apart : {"groups", "sites"}
        What must not be on both sides. A site's people are on the side of their site.
    """
    kept, outliers = split_outliers(table, config)
    # What is to be kept apart takes the place of the subjects while folds are dealt.
    dealt, strange = (replace(each, groups=getattr(each, apart)) for each in (kept, outliers))
    booster, n_folds = config.training.booster, config.training.folds
    with (
        ThreadPoolExecutor(_WORKERS) as pool,
        tqdm(total=n_folds + 1, desc=f"fit {what}", unit="model", leave=False) as bar,
    ):
        last = pool.submit(fit, kept, outliers, config, booster, n_folds)
        crossed = cross_fit(dealt, config, [booster] * n_folds, pool, bar.update, strange)
        final = last.result()
        bar.update()
    model = partial(
        assemble,
        crossed=replace(crossed, table=kept),
        config=config,
        provenance=_provenance(kept, config, what),
        metrics={},
    )
    held_out = tuple(frozenset(dealt.groups[mask].tolist()) for mask in crossed.held_out)
    models = tuple(
        model(each, rows=~mask) for each, mask in zip(crossed.models, crossed.held_out, strict=True)
    )
    everything = np.ones(len(kept), dtype=np.bool_)
    whole = model(final, rows=everything)
    return Folded(apart, held_out, models, whole)


def _provenance(table: LabelledTable, config: ModelConfig, what: str) -> Provenance:
    return Provenance(
        data=what,
        data_sha256=data_sha256(table),
        n_windows=len(table),
        n_groups=len(np.unique(table.groups)),
        seed=config.training.seed,
        git_commit=None,
        versions={},
    )
