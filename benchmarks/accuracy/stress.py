"""Stress: protocol (f), windows that are spoiled or foreign; and (g), the peer's signals."""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np
from tqdm import tqdm

from benchmarks.accuracy.bench import TEST, Bench
from benchmarks.accuracy.estimates import Estimate, Mask, Names, share
from benchmarks.accuracy.figures import Figure, Scheme, Target
from benchmarks.accuracy.foreign_signals import SIGNALS, borrowed, made
from benchmarks.accuracy.report import Section, Table
from benchmarks.accuracy.spoiling import (
    ANSWERED,
    ARTEFACTS,
    OUTCOMES,
    Chosen,
    chosen_windows,
    outcomes,
)
from benchmarks.paradigma_environment import PeerAnswers, PeerUnavailableError, ask_paradigma
from benchmarks.peers import Comparison, compare, comparison_table
from features import ConfigError, Modality, Windows
from serving.classifier import UNDECIDED, Classifier
from training.config import ModelConfig, load_config
from training.semireal.opening import open_set

UNLIKE = "unlike_training"
_FOREIGN = Target(at_least=0.90)
_EACH = 3
"""Windows of each class that are spoiled, of each batch of the test set."""
_MADE = 100
"""Windows of each signal that is computed."""


def artefacts(bench: Bench) -> Section:
    """(f) Good windows that are spoiled: which reasons are given."""
    own = _test_windows(bench.modality, bench)
    meant = [artefact for artefact in ARTEFACTS if artefact.meant_for(bench.modality)]
    rows: list[tuple[str, ...]] = []
    for artefact in tqdm(meant, desc=f"{bench.modality} artefacts", leave=False):
        for label, counts in outcomes(bench.classifier, own, artefact).items():
            rows.append((artefact.name, label, artefact.expected, *_shares(counts)))
    foreign, missing = _foreign(bench)
    n_windows = sum(len(some.labels) for some in own)
    header = ("artefact", "label", "expected", "windows", *OUTCOMES)
    return Section(
        "f",
        "artefacts, and other kinds of signal",
        bench.modality,
        missing=missing,
        tables=(
            Table(f"artefacts in {n_windows} windows of {TEST}, percent", header, rows),
            _foreign_table(foreign),
        ),
        figures=foreign_figures(foreign, bench.scheme("no model has seen such a signal")),
    )


def _test_windows(modality: Modality, bench: Bench) -> list[Chosen]:
    config = load_config(bench.layout.config(modality), ModelConfig)
    return chosen_windows(open_set(TEST, modality, bench.layout), config, _EACH)


def _shares(counts: Counter[str]) -> list[str]:
    """Return the number of windows, and the percentage of each outcome, empty where it is none."""
    total = counts.total()
    return [str(total), *(f"{100 * counts[o] / total:.0f}" if counts[o] else "" for o in OUTCOMES)]


@dataclass(frozen=True, eq=False)
class Foreign:
    """What became of the windows of another kind of signal; arrays of shape (n_windows,)."""

    answers: Names
    reasons: Names
    """Empty where a window was decided."""
    usable: Mask

    @classmethod
    def of(cls, classifier: Classifier, batches: Sequence[Windows]) -> "Foreign":
        """Let a model answer windows, device by device."""
        told = [classifier.predict(windows, workers=2) for windows in batches]
        return cls(
            np.concatenate([each.labels for each in told]),
            np.array([reason or "" for each in told for reason in each.reasons]),
            np.array([not flags for each in told for flags in each.flags], dtype=np.bool_),
        )


def _foreign(bench: Bench) -> tuple[dict[str, Foreign], list[str]]:
    """Return the answers to foreign signals by name, and sentences about what is not there."""
    classifier, modality = bench.classifier, bench.modality
    found = {name: Foreign.of(classifier, [made(name, modality, _MADE)]) for name in SIGNALS}
    missing: list[str] = []
    for other in get_args(Modality):
        if other == modality:
            continue
        try:
            chosen = _test_windows(other, bench)
        except ConfigError as error:
            missing.append(f"Windows of {other} were not tried: {error}.")
            continue
        found[f"windows of {other}"] = Foreign.of(classifier, borrowed(chosen, modality))
    return found, missing


def _foreign_table(foreign: Mapping[str, Foreign]) -> Table:
    rows: list[tuple[str, ...]] = []
    for name, each in foreign.items():
        became = Counter(reason or ANSWERED for reason in each.reasons.tolist())
        decided = Counter(each.answers[each.reasons == ""].tolist())
        called = ", ".join(f"{label} {n}" for label, n in decided.most_common())
        rows.append((name, *_shares(became), called))
    header = ("signal", "windows", *OUTCOMES, "called (windows)")
    return Table("other kinds of signal, percent", header, rows)


def foreign_figures(foreign: Mapping[str, Foreign], scheme: Scheme) -> list[Figure]:
    """Return how often each kind of foreign signal is called unlike training, and all together."""
    everything = Foreign(
        *(
            np.concatenate([getattr(each, name) for each in foreign.values()])
            for name in ("answers", "reasons", "usable")
        )
    )
    named = {"all other kinds of signal": everything, **foreign}
    return [
        Figure(
            what=f"{name} called {UNLIKE}",
            data="other kinds of signal",
            kind="simulated",
            scheme=scheme,
            estimate=_of_nobody(each.reasons == UNLIKE, each.usable, scheme),
            undecided=_mean(each.answers == UNDECIDED, each.usable),
            target=_FOREIGN,
            flagged=float((~each.usable).mean()),
            headline=each is everything,
        )
        for name, each in named.items()
    ]


def _of_nobody(hits: Mask, usable: Mask, scheme: Scheme) -> Estimate:
    """Return a share of windows that are nobody's: without an interval over subjects."""
    kept = hits[usable]
    found = share(kept, np.full(len(kept), ""), scheme.bootstrap)
    return Estimate(found.value, found.low, found.high, found.n_windows, 0)


def _mean(hits: Mask, usable: Mask) -> float | None:
    return float(hits[usable].mean()) if usable.any() else None


def peer_signals(bench: Bench) -> Section:
    """(g) The reference signals of the peers' benchmark, by a gyroscope model."""
    comparison = compare(bench.classifier, _nobody if bench.is_quick else ask_paradigma)
    if comparison.peer_missing is not None:
        # Why is for whoever sits here: it may name an index or a folder, which no document must.
        tqdm.write(comparison.peer_missing, file=sys.stderr)
        comparison = replace(comparison, peer_missing="paradigma could not be asked")
    return Section(
        "g",
        "the same signals through paradigma and quaver",
        bench.modality,
        texts=(comparison_table(comparison),),
        figures=peer_figures(comparison, bench.shipped),
    )


def _nobody(_cells: object, _rate_hz: float) -> PeerAnswers:
    raise PeerUnavailableError("paradigma was left out of a quick run")


def peer_figures(comparison: Comparison, scheme: Scheme) -> list[Figure]:
    """Return the peers' figures that have a target, with the share left undecided."""
    return [
        Figure(
            what=each.name,
            data="reference signals of a gyroscope",
            kind="simulated",
            scheme=scheme,
            estimate=Estimate(each.quaver, np.nan, np.nan, each.n_windows, 0),
            undecided=each.undecided,
            target=Target(at_most=each.target) if each.at_most else Target(at_least=each.target),
            headline=True,
        )
        for each in comparison.figures
        if each.target is not None
    ]
