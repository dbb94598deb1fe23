"""Comparable: which answers of two models are to the same windows of the same subjects."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from training.evaluate import Judged
from training.predictions import CANDIDATES_BETWEEN, CHANCE

_TRUTH = ["group", "label"]


@dataclass(frozen=True, eq=False)
class Pair:
    """Answers of two models to the same windows, in the same order."""

    name: str
    ids: "np.ndarray[tuple[int], np.dtype[np.str_]]"
    first: Judged
    second: Judged
    n_groups: int


def paired(first: pd.DataFrame, second: pd.DataFrame) -> tuple[list[Pair], list[str]]:
    """Put answers to the same windows side by side.

    The subjects of a set must be the same: a model that could leave out its hard subjects would
    look better. One of the two may have answered fewer windows of them, because training leaves
    out what cannot be used or learnt; then those are compared.

    Returns
    -------
    pairs : list of Pair
    left_out : list of str
        A sentence for each set that is not of the same subjects and windows.
    """
    pairs: list[Pair] = []
    left_out: list[str] = []
    names = [*dict.fromkeys((*first["data_set"], *second["data_set"]))]
    for name in names:
        one, other = (
            frame[frame["data_set"] == name].set_index("window_id").sort_index()
            for frame in (first, second)
        )
        common = one.index.intersection(other.index)
        if reason := _difference(one, other, common):
            left_out.append(f"{name}: {reason}")
            continue
        one, other = one.loc[common], other.loc[common]
        ids = common.to_numpy(dtype=np.str_)
        pairs.append(Pair(name, ids, judged(one), judged(other), int(one["group"].nunique())))
    return pairs, left_out


def judged(frame: pd.DataFrame) -> Judged:
    """Return answers as they are judged."""
    columns = [name for name in map(str, frame) if name.startswith(CHANCE)]
    # A model answers some classes only; what it has no chances of is not one of its classes.
    chances = frame[columns]
    kept = [name for name in columns if not chances[name].isna().all()] or columns
    return Judged(
        labels=frame["label"].to_numpy(dtype=np.str_),
        groups=frame["group"].to_numpy(dtype=np.str_),
        sources=frame["data_set"].to_numpy(dtype=np.str_),
        classes=tuple(name.removeprefix(CHANCE) for name in kept),
        answers=frame["answer"].to_numpy(dtype=np.str_),
        probabilities=chances[kept].to_numpy(dtype=np.float64),
        candidates=tuple(
            tuple(text.split(CANDIDATES_BETWEEN)) if text else () for text in frame["candidates"]
        ),
        reasons=tuple(reason or None for reason in frame["reason"].fillna("")),
    )


def _difference(one: pd.DataFrame, other: pd.DataFrame, common: "pd.Index[str]") -> str:
    """Say how two sets of windows differ, nothing when they can be compared."""
    if one.empty or other.empty:
        return f"only the {'second' if one.empty else 'first'} run has answered it"
    groups, others = set(one["group"]), set(other["group"])
    if groups != others:
        return f"{len(groups & others)} subjects in common of {len(groups)} and {len(others)}"
    if len(common) < min(len(one), len(other)):
        return f"the same {len(groups)} subjects with other windows"
    if (one.loc[common, _TRUTH].to_numpy() != other.loc[common, _TRUTH].to_numpy()).any():
        return f"the same {len(groups)} subjects with other labels"
    return ""
