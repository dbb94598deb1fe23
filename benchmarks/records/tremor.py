"""Tremor of real people at rest: where episodes begin and end, beside a table of 4-s windows.

The table calls windows rhythmic by a rule about spectra, window by window, and knows no moment
within one. A run is at least two such windows in a row, of a person known to be tremulous. Beside a
run lies, as a rule, the same tremor, smaller than the rule asks for or with a movement above it.
So edges are counted once as the rule has them, and once where the tremor is at an end even by the
table: where the window beside the run is quiet and less than half of it lies in the line.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from benchmarks.records.figures import Figure, bootstrap
from serving.analysis import analyze
from serving.analysis.report import Episode
from serving.classifier import Classifier
from training.datasets import registry
from training.datasets.real.pd_rest import NAME, TREMULOUS

LEAST_S = 8.0
WITHIN_S = 2.0
LINE_SHARE = 0.5
"""The share of a line from which on the table speaks of a rhythm."""


@dataclass(frozen=True)
class Edge:
    """Where a run begins or ends.

    ``apart_s`` is how far the nearest edge of an episode is, ``is_clear`` whether the tremor is at
    an end beside it, and not smaller alone.
    """

    apart_s: float
    is_clear: bool


def figures(folder: Path, classifier: Classifier) -> Iterator[Figure]:
    """Yield the share of edges that are met, of all and of those beside quiet windows."""
    groups: dict[str, list[Edge]] = {}
    for each in tqdm(registry.source(NAME).read(folder / NAME), desc=NAME, leave=False):
        if int(each.group.rsplit("/", 1)[1]) not in TREMULOUS:
            continue
        episodes = [e for e in analyze(each.recording, classifier).episodes if e.label == "tremor"]
        groups.setdefault(each.group, []).extend(edges(each.details["windows"], episodes))
    for what, chosen in (("all", groups), ("at an end of the tremor", _clear(groups))):
        by = {name: some for name, some in chosen.items() if some}
        n = sum(map(len, by.values()))
        if n == 0:
            continue
        value = _met([edge for some in by.values() for edge in some])
        name = f"edges of tremor within {WITHIN_S:g} s, {what}, %"
        scheme = "trained on simulation only"
        yield Figure(name, NAME, scheme, value, len(by), n, bootstrap(by, _met), least=90)


def edges(windows: Sequence[Mapping[str, Any]], episodes: Sequence[Episode]) -> Iterator[Edge]:
    """Yield the edges of runs; where the table begins or ends is none."""
    states = [str(one["derived_state"]) for one in windows]
    first = 0
    for i in range(len(states) + 1):
        if i < len(states) and states[i] == "rhythmic":
            continue
        if i > first and windows[i - 1]["end_s"] - windows[first]["start_s"] >= LEAST_S:
            start_s, stop_s = float(windows[first]["start_s"]), float(windows[i - 1]["end_s"])
            near = [
                e for e in episodes if e.start_s < stop_s and e.start_s + e.duration_s > start_s
            ]
            if first > 0:
                apart = [abs(e.start_s - start_s) for e in near]
                yield Edge(min(apart, default=np.inf), _is_over(windows[first - 1]))
            if i < len(states):
                apart = [abs(e.start_s + e.duration_s - stop_s) for e in near]
                yield Edge(min(apart, default=np.inf), _is_over(windows[i]))
        first = i + 1


def _is_over(window: Mapping[str, Any]) -> bool:
    return bool(window["derived_state"] == "quiet" and window["line_share"] < LINE_SHARE)


def _clear(groups: dict[str, list[Edge]]) -> dict[str, list[Edge]]:
    return {name: [edge for edge in some if edge.is_clear] for name, some in groups.items()}


def _met(some: Sequence[Edge]) -> float:
    return 100 * float(np.mean([edge.apart_s <= WITHIN_S for edge in some])) if some else np.nan
