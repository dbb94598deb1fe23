"""Gate: what a model must reach to be served, checked line by line."""

import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from features import GateError, Section
from features.spec import Fraction
from serving.card import Card
from serving.classifier import Classifier
from training.compare import Comparison
from training.datasets.labelled import CLASSES
from training.timing import one_window_ms

_WARM_UP = 2
_TIMED = 15


class Gate(Section):
    """What a model must reach to be served: ``configs/promote.yaml``.

    Figures are those of its card: of subjects that the model which answered had not seen.
    """

    minimum_macro_f1: Fraction
    minimum_f1: Mapping[str, Fraction] = Field(default_factory=dict)
    """Class → F1 among decided windows; a model need not have every class."""
    maximum_undecided: Fraction
    maximum_calibration_error: Fraction
    minimum_mean_coverage: Fraction
    maximum_loss: Fraction | None = None
    """By how much the F1 of any class may lie below the champion's, on the same subjects."""
    maximum_window_ms: Annotated[float, Field(gt=0)] | None = None
    """Median time to answer one window, here and now."""

    @model_validator(mode="after")
    def _check_classes(self) -> Self:
        unknown = sorted(set(self.minimum_f1) - set(CLASSES))
        if unknown:
            raise ValueError(
                f"minimum_f1 must name classes; {', '.join(unknown)} is none of"
                f" {', '.join(CLASSES)}"
            )
        return self


@dataclass(frozen=True)
class Check:
    """One thing that the gate asks."""

    what: str
    passed: bool

    def __str__(self) -> str:
        return f"{'passed' if self.passed else 'FAILED'}  {self.what}"


def checks(
    classifier: Classifier,
    directory: Path,
    gate: Gate,
    champion: Card | None = None,
    comparison: Comparison | str | None = None,
) -> Iterator[Check]:
    """Check a model that has passed its exam, one thing that is asked after the other.

    Parameters
    ----------
    champion : Card or None
        That of the model in service.
    comparison : Comparison, str or None
        With the champion as baseline, or why there is none; None when nothing is served yet.
    """
    yield Check("exam", passed=True)
    yield from _figures(classifier.card, gate)
    yield from _against(classifier.card, gate, champion, comparison)
    yield from _speed(classifier, directory, gate)


def pass_gate(
    name: str, asked: Iterable[Check], told: Callable[[Check], object] = lambda _: None
) -> tuple[Check, ...]:
    """Let a model through; each check is told as it is made.

    Raises
    ------
    GateError
        Naming every check that failed.
    """
    made: list[Check] = []
    for check in asked:
        told(check)
        made.append(check)
    failed = [check.what for check in made if not check.passed]
    if failed:
        raise GateError(f"{name} does not pass the gate: not {'; not '.join(failed)}")
    return tuple(made)


def _at_least(what: str, value: float, limit: float) -> Check:
    return Check(f"{what} {value:.3f} >= {limit:g}", passed=value >= limit)


def _at_most(what: str, value: float, limit: float) -> Check:
    return Check(f"{what} {value:.3f} <= {limit:g}", passed=value <= limit)


def _figures(card: Card, gate: Gate) -> Iterator[Check]:
    metrics = card.metrics
    yield _at_least(
        "macro F1 of decided windows", metrics["macro_f1"]["value"], gate.minimum_macro_f1
    )
    by_class = metrics.get("f1", {})
    for name, limit in gate.minimum_f1.items():
        if name in by_class:
            yield _at_least(f"F1 of {name}", by_class[name]["value"], limit)
    yield _at_most("share undecided", metrics["undecided"]["value"], gate.maximum_undecided)
    yield _at_most(
        "expected calibration error",
        metrics["expected_calibration_error"],
        gate.maximum_calibration_error,
    )
    yield _at_least("mean coverage", metrics["coverage"]["mean"], gate.minimum_mean_coverage)


def _against(
    card: Card, gate: Gate, champion: Card | None, comparison: Comparison | str | None
) -> Iterator[Check]:
    """Check that nobody loses by the change."""
    if champion is None or gate.maximum_loss is None:
        return
    lost = sorted(set(champion.classes) - set(card.classes))
    missing = f"; it lacks {', '.join(lost)}" if lost else ""
    yield Check(f"every class of the champion's{missing}", passed=not lost)
    if not isinstance(comparison, Comparison):
        yield Check(f"compared with the champion: {comparison}", passed=False)
        return
    if not comparison.kinds:
        nothing = "no window that both have answered has a class as its label"
        yield Check(f"compared with the champion: {nothing}", passed=False)
    for data_set in comparison.data_sets:
        for name in champion.classes:
            change = data_set.changes.get(f"f1__{name}")
            if change is None:
                continue
            what = f"F1 of {name} against the champion's, {data_set.name}: {change}"
            yield Check(
                f"{what} >= {-gate.maximum_loss:g}", passed=change.difference >= -gate.maximum_loss
            )


def _speed(classifier: Classifier, directory: Path, gate: Gate) -> Iterator[Check]:
    if gate.maximum_window_ms is not None:
        times_ms = [one_window_ms(classifier, directory) for _ in range(_WARM_UP + _TIMED)]
        taken_ms = statistics.median(times_ms[_WARM_UP:])
        yield Check(
            f"one window in {taken_ms:.1f} ms <= {gate.maximum_window_ms:g} ms",
            passed=taken_ms <= gate.maximum_window_ms,
        )
