"""Answers that no model gave, to windows that nobody recorded: for the accuracy benchmark."""

import numpy as np

from benchmarks.accuracy.answers import Answered, Tabulated
from benchmarks.accuracy.estimates import Bootstrap
from benchmarks.accuracy.figures import Scheme
from features import FeatureTable, Quality
from serving.classifier import UNDECIDED
from training.datasets.source import Source
from training.evaluate import Judged
from training.table import LabelledTable

CLASSES = ("fasciculation", "clonus", "tremor", "voluntary", "rest")
SCHEME = Scheme("accelerometer", "by hand", Bootstrap(samples=40, seed=3))


def source(name="made-up", kind="real", *, for_training=False):
    """Return a source that cannot be read."""
    return Source(name, "made up", ("emg",), kind, "none", for_training, "made up", iter)


def answered(  # noqa: PLR0913  (a window may be asked for in that many ways)
    labels,
    answers,
    *,
    groups=None,
    ids=None,
    flagged=(),
    columns=None,
    details=None,
    ratios=None,
    candidates=None,
    reasons=None,
    of=None,
):
    """Return answers to windows; ``flagged`` are the places of those with a flag of quality."""
    n = len(labels)
    names = np.array(groups or ["somebody"] * n)
    flags = np.zeros((n, 4), dtype=np.bool_)
    flags[list(flagged), 0] = True
    none = np.zeros(n)
    known = columns or {"dominant_frequency": none}
    features = FeatureTable(
        np.stack([np.asarray(values, dtype=float) for values in known.values()], axis=1),
        tuple(known),
        Quality(none, none, none, none, flags),
        "made up",
    )
    table = LabelledTable(
        features,
        np.array(labels),
        names,
        np.full(n, "site"),
        np.full(n, "made up"),
        np.array(ids or [f"recording{i}@0.000" for i in range(n)]),
        np.full(n, 100.0),
    )
    why = reasons or ["several_candidates" if a == UNDECIDED else None for a in answers]
    judged = Judged(
        table.labels,
        names,
        table.sources,
        CLASSES,
        np.array(answers),
        probabilities_of(answers),
        tuple(candidates or ((a,) for a in answers)),
        tuple(why),
    )
    data = Tabulated((of or source()).name, of or source(), table, details or {}, ratios or {})
    return Answered(data, table, judged)


def probabilities_of(answers):
    """Return probabilities that are sure of each answer, and spread where there is none."""
    sure = np.full((len(answers), len(CLASSES)), 0.05)
    for row, answer in zip(sure, answers, strict=True):
        if answer in CLASSES:
            row[CLASSES.index(answer)] = 0.8
        else:
            row[:] = 0.2
    return sure
