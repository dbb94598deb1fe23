"""Evaluation: answers against labels, counted by subject, with intervals over subjects.

Everything here starts from :class:`~serving.classifier.Predictions`, that is from the classifier
that serves, so that what is measured is what is shipped.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from serving.classifier import UNDECIDED, Predictions

Array = NDArray[np.float64]
Counts = NDArray[np.int64]

_BINS = 15


@dataclass(frozen=True, eq=False)
class Judged:
    """Windows with their labels, their subjects and what was answered.

    ``labels`` may name classes, stand-ins or look-alikes; ``sources`` name the data sets.
    """

    labels: NDArray[np.str_]
    groups: NDArray[np.str_]
    sources: NDArray[np.str_]
    classes: tuple[str, ...]
    answers: NDArray[np.str_]
    probabilities: Array
    candidates: tuple[tuple[str, ...], ...]
    reasons: tuple[str | None, ...]

    @classmethod
    def of(
        cls,
        predictions: Predictions,
        classes: tuple[str, ...],
        labels: NDArray[np.str_],
        groups: NDArray[np.str_],
        sources: NDArray[np.str_],
    ) -> "Judged":
        """Put labels beside predictions."""
        return cls(
            labels,
            groups,
            sources,
            classes,
            predictions.labels,
            predictions.probabilities,
            predictions.candidates,
            predictions.reasons,
        )

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, rows: NDArray[np.bool_]) -> "Judged":
        kept = np.flatnonzero(rows)
        return Judged(
            self.labels[kept],
            self.groups[kept],
            self.sources[kept],
            self.classes,
            self.answers[kept],
            self.probabilities[kept],
            tuple(self.candidates[i] for i in kept),
            tuple(self.reasons[i] for i in kept),
        )

    @property
    def answer_names(self) -> tuple[str, ...]:
        """Every possible answer, undecided last."""
        return (*self.classes, UNDECIDED)

    def counts(self) -> tuple[Counts, tuple[str, ...]]:
        """Count answers by subject and label.

        Returns
        -------
        counts : ndarray, shape (n_groups, n_labels, n_answers)
        labels : tuple of str
            Classes in their order, then other labels by name.
        """
        names = label_order(self.labels, self.classes)
        groups, group = np.unique(self.groups, return_inverse=True)
        row = np.array([names.index(label) for label in self.labels], dtype=np.intp)
        column = np.array([self.answer_names.index(a) for a in self.answers], dtype=np.intp)
        counts = np.zeros((len(groups), len(names), len(self.answer_names)), dtype=np.int64)
        np.add.at(counts, (group, row, column), 1)
        return counts, names


def join_judged(parts: list[Judged]) -> Judged:
    """Put parts of one set of classes below one another."""
    return Judged(
        np.concatenate([p.labels for p in parts]),
        np.concatenate([p.groups for p in parts]),
        np.concatenate([p.sources for p in parts]),
        parts[0].classes,
        np.concatenate([p.answers for p in parts]),
        np.concatenate([p.probabilities for p in parts]),
        sum((p.candidates for p in parts), ()),
        sum((p.reasons for p in parts), ()),
    )


def label_order(labels: NDArray[np.str_], classes: tuple[str, ...]) -> tuple[str, ...]:
    """Return the labels that occur: classes in their order, then others by name."""
    present = set(labels.tolist())
    return (*(c for c in classes if c in present), *sorted(present - set(classes)))


def figures(counts: Counts, names: tuple[str, ...], classes: tuple[str, ...]) -> dict[str, float]:
    """Return the figures of counts of shape (n_labels, n_answers), undecided windows apart.

    Windows whose label is no class (stand-ins, look-alikes, unclear ones) count in none of them.
    ``recall`` and ``precision`` are among decided windows; a class nobody was given has none. A
    class without a window has no ``f1``, one of which every window is undecided has 0.
    """
    result: dict[str, float] = {}
    known = [i for i, name in enumerate(names) if name in classes]
    result["undecided"] = _share(counts[known, -1].sum(), counts[known].sum())
    decided = counts[known, :-1]
    correct = 0
    for i, row in zip(known, decided, strict=True):
        name = names[i]
        k = classes.index(name)
        hits = int(row[k])
        correct += hits
        recall = _share(hits, row.sum())
        precision = _share(hits, decided[:, k].sum())
        result[f"recall__{name}"] = recall
        result[f"precision__{name}"] = precision
        result[f"undecided__{name}"] = _share(counts[i, -1], counts[i].sum())
        of_class = 2 * hits / max(int(row.sum() + decided[:, k].sum()), 1)
        result[f"f1__{name}"] = of_class if counts[i].any() else float("nan")
    result["accuracy"] = _share(correct, decided.sum())
    f1 = [result[f"f1__{names[i]}"] for i in known if counts[i].any()]
    result["macro_f1"] = float(np.mean(f1)) if f1 else float("nan")
    return result


def with_intervals(judged: Judged, samples: int, seed: int) -> dict[str, dict[str, float]]:
    """Return each figure with its 95 % bootstrap interval over subjects.

    Subjects are drawn with replacement, all windows of one together (Efron & Tibshirani 1993). One
    subject alone has no interval: its limits are NaN.
    """
    counts, names = judged.counts()
    point = figures(counts.sum(axis=0), names, judged.classes)
    draws = subject_draws(len(counts), samples, seed)
    drawn = [figures(np.tensordot(d, counts, axes=1), names, judged.classes) for d in draws]
    result: dict[str, dict[str, float]] = {}
    for name, value in point.items():
        low, high = limits(np.array([figure[name] for figure in drawn]))
        result[name] = {"value": value, "low": low, "high": high}
    return result


def subject_draws(n_groups: int, samples: int, seed: int) -> Counts:
    """Return how often each subject is drawn in each sample, shape (samples, n_groups).

    Of fewer than two there is nothing to draw: shape (0, n_groups).
    """
    if n_groups < 2:
        return np.zeros((0, n_groups), dtype=np.int64)
    rng = np.random.default_rng(seed)
    return rng.multinomial(n_groups, np.full(n_groups, 1 / n_groups), size=samples)


def limits(drawn: Array) -> tuple[float, float]:
    """Return the 95 % interval of a figure that was drawn, shape (samples,), NaN when it never was.

    Draws in which there is no such figure, as of a class that none of the drawn has, do not count.
    """
    finite = drawn[np.isfinite(drawn)]
    low, high = np.percentile(finite, (2.5, 97.5)) if len(finite) else (np.nan, np.nan)
    return float(low), float(high)


def calibration_error(judged: Judged) -> float:
    """Return the expected calibration error of the most probable class, in 15 equal bins.

    Over windows with a label among the classes and with probabilities (Naeini 2015).
    """
    bins = reliability(judged)
    weights = np.array([b["n"] for b in bins], dtype=np.float64)
    gaps = np.array([abs(b["confidence"] - b["accuracy"]) for b in bins])
    return float((weights * gaps).sum() / weights.sum()) if len(bins) else float("nan")


def reliability(judged: Judged) -> list[dict[str, float]]:
    """Return confidence and accuracy of the most probable class, by bin of confidence."""
    confidence, right, count = (sums.sum(axis=0) for sums in reliability_sums(judged))
    return [
        {
            "confidence": float(confidence[b] / count[b]),
            "accuracy": float(right[b] / count[b]),
            "n": float(count[b]),
        }
        for b in range(_BINS)
        if count[b] > 0
    ]


def reliability_sums(judged: Judged) -> tuple[Array, Array, Array]:
    """Return sums of confidence, of right answers and of windows, each (n_groups, n_bins)."""
    rows = _scored(judged)
    groups, group = np.unique(judged.groups, return_inverse=True)
    probabilities = judged.probabilities[rows]
    right = np.array(judged.classes)[probabilities.argmax(axis=1)] == judged.labels[rows]
    confidence = probabilities.max(axis=1)
    place = (group[rows], np.minimum((confidence * _BINS).astype(int), _BINS - 1))
    sums = np.zeros((3, len(groups), _BINS))
    for total, values in zip(sums, (confidence, right, 1.0), strict=True):
        np.add.at(total, place, values)
    return sums[0], sums[1], sums[2]


def coverage(judged: Judged) -> dict[str, float]:
    """Return how often the label is among the candidates: mean over subjects, and the worst.

    Windows that could not be judged at all (a gap, too short) do not count.
    """
    by_group = covered_by_group(judged)
    by_group = by_group[np.isfinite(by_group)]
    if len(by_group) == 0:
        return {"mean": float("nan"), "worst": float("nan")}
    return {"mean": float(by_group.mean()), "worst": float(by_group.min())}


def covered_by_group(judged: Judged) -> Array:
    """Return the share of each subject's windows that are covered; NaN where none counts."""
    rows = _scored(judged)
    groups, group = np.unique(judged.groups, return_inverse=True)
    covered = np.array([judged.labels[i] in judged.candidates[i] for i in rows], dtype=np.float64)
    number = np.bincount(group[rows], minlength=len(groups))
    total = np.bincount(group[rows], weights=covered, minlength=len(groups))
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)


def abstention_curve(judged: Judged, points: int = 41) -> list[dict[str, float]]:
    """Return accuracy against the share of windows answered, as the least sure are left out."""
    rows = _scored(judged)
    probabilities = judged.probabilities[rows]
    right = np.array(judged.classes)[probabilities.argmax(axis=1)] == judged.labels[rows]
    order = np.argsort(-probabilities.max(axis=1), kind="stable")
    running = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    shares = np.unique(np.linspace(max(1, len(order) // points), len(order), points).astype(int))
    return [{"answered": float(n / len(order)), "accuracy": float(running[n - 1])} for n in shares]


def report(judged: Judged, *, samples: int, seed: int) -> dict[str, Any]:
    """Return everything about one set of answers as plain data."""
    counts, names = judged.counts()
    matrix = {
        name: dict(zip(judged.answer_names, row.tolist(), strict=True))
        for name, row in zip(names, counts.sum(axis=0), strict=True)
    }
    reasons, numbers = np.unique([r for r in judged.reasons if r], return_counts=True)
    by_group = {
        str(group): figures(count, names, judged.classes)
        for group, count in zip(np.unique(judged.groups), counts, strict=True)
    }
    return {
        "n_windows": len(judged),
        "n_groups": len(counts),
        "figures": with_intervals(judged, samples, seed),
        "expected_calibration_error": calibration_error(judged),
        "coverage": coverage(judged),
        "confusion": matrix,
        "reasons": dict(zip(reasons.tolist(), numbers.tolist(), strict=True)),
        "macro_f1_by_group": {g: f["macro_f1"] for g, f in by_group.items()},
        "undecided_by_group": {g: f["undecided"] for g, f in by_group.items()},
    }


def headline(each: dict[str, Any]) -> dict[str, float]:
    """Return the figures of a report that are worth a metric of their own, by flat name."""
    flat = {name: figure["value"] for name, figure in each["figures"].items()}
    flat["expected_calibration_error"] = each["expected_calibration_error"]
    flat["coverage__mean"] = each["coverage"]["mean"]
    flat["coverage__worst"] = each["coverage"]["worst"]
    return {name: float(value) for name, value in flat.items() if np.isfinite(value)}


def _scored(judged: Judged) -> NDArray[np.intp]:
    """Return the windows that have a label among the classes, and probabilities."""
    known = np.isin(judged.labels, judged.classes) & ~np.isnan(judged.probabilities).any(axis=1)
    return np.flatnonzero(known)


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")
