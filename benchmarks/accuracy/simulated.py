"""Simulated: figures of simulated people at sites seen and unseen, and of look-alikes."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from benchmarks.accuracy.answers import Answered
from benchmarks.accuracy.estimates import (
    lowest_coverage,
    mean_coverage,
    of_evaluation,
    statistic,
)
from benchmarks.accuracy.figures import Figure, Scheme, Target, counted
from serving.classifier import UNDECIDED
from training.datasets.labelled import CLASSES
from training.evaluate import calibration_error, with_intervals
from training.simulate.lookalikes import LOOKALIKES, LOOKALIKES_IN_EMG, LOOKALIKES_IN_MOTION

LOOKALIKE_NAMES = frozenset({*LOOKALIKES, *LOOKALIKES_IN_EMG, *LOOKALIKES_IN_MOTION})


@dataclass(frozen=True)
class Limits:
    """What simulated figures should be; sites that no model has seen are harder."""

    macro_f1: Target
    error: Target


SEEN = Limits(macro_f1=Target(at_least=0.95), error=Target(at_most=0.03))
UNSEEN = Limits(macro_f1=Target(at_least=0.92), error=Target(at_most=0.05))

_HEADLINES = ("macro-F1 of decided windows", "undecided")
_UNDECIDED = Target(at_most=0.12)
_COVERAGE = Target(at_least=0.93, at_most=0.97)
_WORST = Target(at_least=0.85)
_SUBJECTS = 40
"""Of so many people the worst is judged: of more there would be a worse one."""


def usable_of_classes(answered: Answered, classes: tuple[str, ...]) -> Answered:
    """Return the windows that figures are about: usable, and labelled with a class."""
    return answered[answered.table.trainable(classes)]


def simulated_figures(answered: Answered, scheme: Scheme, limits: Limits) -> list[Figure]:
    """Return the figures of windows whose labels are known, unclear ones and look-alikes apart."""
    known = usable_of_classes(answered, answered.judged.classes)
    judged, draws = known.judged, scheme.bootstrap
    each = with_intervals(judged, draws.samples, draws.seed)
    n_subjects = len(np.unique(judged.groups))
    n_chosen = min(_SUBJECTS, n_subjects)
    lowest = [
        (
            f"label among the candidates, worst of {n} subjects",
            lowest_coverage(judged, n, draws),
            _WORST if n == n_chosen else None,
        )
        for n in sorted({n_chosen, n_subjects})
    ]
    error = statistic(judged, calibration_error, draws)
    found = (
        ("macro-F1 of decided windows", of_evaluation(each["macro_f1"], judged), limits.macro_f1),
        ("undecided", of_evaluation(each["undecided"], judged), _UNDECIDED),
        ("expected calibration error", error, limits.error),
        ("label among the candidates, mean of subjects", mean_coverage(judged, draws), _COVERAGE),
        *lowest,
    )
    figures = [
        Figure(
            what=what,
            data=answered.data.name,
            kind="simulated",
            scheme=scheme,
            estimate=estimate,
            undecided=each["undecided"]["value"],
            target=target,
            headline=what in _HEADLINES,
        )
        for what, estimate, target in found
    ]
    return [*figures, *_of_windows(known, scheme)]


def _of_windows(known: Answered, scheme: Scheme) -> Iterable[Figure]:
    everything = np.ones(len(known), dtype=np.bool_)
    for reason, target in (("unlike_training", Target(at_most=0.02)), ("look_alike", None)):
        what, hits = f"ordinary windows called {reason}", known.because(reason)
        yield counted(scheme, what, known, everything, hits, target)
    if scheme.modality == "emg":
        return
    clonus = known.labelled("clonus")
    is_of_shipped = known.data.name.endswith("test")
    for name, target in (("tremor", Target(at_most=0.03)), ("clonus", Target(at_least=0.60))):
        what = f"clonus by {scheme.modality} alone called {name}"
        hits = known.called(name)
        yield counted(scheme, what, known, clonus, hits, target, headline=is_of_shipped)


def lookalike_figures(answered: Answered, scheme: Scheme, exposed: tuple[str, ...]) -> list[Figure]:
    """Return how often each look-alike is left undecided.

    Other people's of the kinds in ``exposed`` were shown in training, and it is said.
    """
    names = sorted(LOOKALIKE_NAMES & set(answered.judged.labels.tolist()))
    return [
        counted(
            scheme,
            f"{name.replace('_', ' ')}{' (kind met in training)' * (name in exposed)}"
            " left undecided",
            answered,
            answered.labelled(name),
            answered.called(UNDECIDED),
            Target(at_least=0.70),
        )
        for name in names
    ]


def without_class(answered: Answered) -> Answered:
    """Return the windows of what has no class of the model: look-alikes above all."""
    return answered[~answered.labelled(*CLASSES, "unclear")]
