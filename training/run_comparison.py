"""Runs compared: their answers, what was done otherwise in training, speed and size."""

import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from features import ConfigError, ContractError
from serving.classifier import Classifier
from serving.exam import load
from training import tracking
from training.compare import Comparison, compare
from training.predictions import FOLDS, PREDICTIONS
from training.timing import one_window_ms
from training.tracking import RunFacts

SAMPLES = 1000
SEED = 0
_ROUNDS = 15


@dataclass(frozen=True)
class Cost:
    """What a model takes."""

    window_ms: float | None
    """Median time to answer one window; None when it does not fit this code."""
    size_bytes: int
    n_trees: int | None


@dataclass(frozen=True, eq=False)
class RunComparison:
    """Two runs: how they answer, and what else differs. The first is the baseline."""

    facts: tuple[RunFacts, RunFacts]
    comparison: Comparison
    costs: tuple[Cost, Cost]

    @property
    def verdict(self) -> str:
        """Return one sentence with its intervals."""
        return self.comparison.verdict(*(facts.title for facts in self.facts))

    @property
    def differences(self) -> list[tuple[str, str, str]]:
        """Return what was done otherwise: parameters and hashes, with both values."""
        first, second = ({**facts.params, **facts.hashes} for facts in self.facts)
        return [
            (name, first.get(name, "none"), second.get(name, "none"))
            for name in sorted(first.keys() | second.keys())
            if first.get(name) != second.get(name)
        ]


def compare_runs(first: str, second: str) -> Comparison:
    """Compare the answers that two runs have kept.

    Raises
    ------
    ConfigError
        When a run has kept none, or they are not of the same windows.
    """
    return compare(predictions_of(first), predictions_of(second), samples=SAMPLES, seed=SEED)


def compare_whole_runs(first: str, second: str) -> RunComparison:
    """Compare two runs in everything.

    Raises
    ------
    ConfigError
        As :func:`compare_runs`; or when both are the same run, or of two modalities.
    """
    if first == second:
        raise ConfigError(f"both runs are {first}; name two")
    one, other = (tracking.tag_of(run_id, "modality") for run_id in (first, second))
    if one != other:
        raise ConfigError(
            f"the run {first} is of a model for {one}, and {second} of one for {other}; name two"
            " runs of one modality"
        )
    comparison = compare_runs(first, second)
    return RunComparison(
        (tracking.run_facts(first), tracking.run_facts(second)), comparison, _costs(first, second)
    )


def predictions_of(run_id: str) -> pd.DataFrame:
    """Return all answers to held-out windows that a run has kept."""
    with tempfile.TemporaryDirectory() as temporary:
        paths = tracking.fetch_files(run_id, PREDICTIONS, Path(temporary))
        paths.sort(key=_folds_first)
        if not paths or paths[0].stem != FOLDS:
            raise ConfigError(
                f"the run {run_id} has kept no answers to held-out windows at"
                f" {tracking.place_of_files(run_id)}; train again with this version, or name"
                " another run"
            )
        return held_out([pd.read_parquet(path) for path in paths])


def held_out(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the answers to subjects that the model which answered had not seen.

    The first frame is of the folds. A run that has also answered subjects it was trained on, as a
    set of its evaluation, has answered them without having seen them in its folds alone.
    """
    seen = frames[0][["data_set", "group"]].drop_duplicates()
    others = [
        frame.merge(seen, how="left", on=["data_set", "group"], indicator="_seen")
        .query("_seen == 'left_only'")
        .drop(columns="_seen")
        for frame in frames[1:]
    ]
    return pd.concat([frames[0], *others], ignore_index=True)


def _folds_first(path: Path) -> bool:
    return path.stem != FOLDS


def _costs(*runs: str) -> tuple[Cost, Cost]:
    """Measure models in turns, so that what else the machine does strikes both."""
    with tempfile.TemporaryDirectory() as temporary:
        folders = [
            tracking.fetch_classifier(tracking.find_run(run), Path(temporary) / run) for run in runs
        ]
        opened = [_opened(folder) for folder in folders]
        taken_ms: list[list[float]] = [[] for _ in runs]
        for _ in range(_ROUNDS):
            for times, model, folder in zip(taken_ms, opened, folders, strict=True):
                if model is not None:
                    times.append(one_window_ms(model, folder))
        first, second = (
            Cost(
                statistics.median(times) if times else None,
                sum(path.stat().st_size for path in folder.iterdir()),
                None if model is None else model.booster.num_trees(),
            )
            for times, model, folder in zip(taken_ms, opened, folders, strict=True)
        )
    return first, second


def _opened(folder: Path) -> Classifier | None:
    try:
        return load(folder)
    except ContractError:
        return None
