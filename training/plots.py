"""Plots: what a reviewer would rather look at than read."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from serving.classifier import Classifier
from training.evaluate import Judged, abstention_curve, reliability

Array = NDArray[np.float64]

_MOST_IMPORTANT = 25


def confusion(report: dict[str, Any], title: str) -> Figure:
    """Draw counts by label and answer, shaded by the share of the label."""
    matrix = report["confusion"]
    labels, answers = list(matrix), list(next(iter(matrix.values())))
    counts = np.array([[matrix[label][a] for a in answers] for label in labels])
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = Figure(
        figsize=(1.6 + 1.0 * len(answers), 1.6 + 0.5 * len(labels)), layout="constrained"
    )
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axes.set_xticks(range(len(answers)), answers, rotation=30, ha="right")
    axes.set_yticks(range(len(labels)), labels)
    axes.set_xlabel("answer")
    axes.set_ylabel("label")
    for i, j in np.ndindex(counts.shape):
        shade = "white" if shares[i, j] > 0.5 else "black"
        axes.text(j, i, str(counts[i, j]), ha="center", va="center", color=shade, fontsize=8)
    axes.axvline(len(answers) - 1.5, color="gray", linewidth=1)
    axes.set_title(title, fontsize=10)
    return figure


def calibration(judged: Judged, title: str) -> Figure:
    """Draw accuracy against confidence, and accuracy against the share answered."""
    figure = Figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    bins = reliability(judged)
    sizes = np.array([b["n"] for b in bins])
    left.plot((0, 1), (0, 1), color="gray", linewidth=1)
    left.scatter(
        [b["confidence"] for b in bins],
        [b["accuracy"] for b in bins],
        s=20 + 200 * sizes / sizes.max(),
        alpha=0.7,
    )
    left.set(xlabel="probability of the answer", ylabel="share that is right", xlim=(0, 1))
    left.set_title("reliability (size: windows)", fontsize=10)
    curve = abstention_curve(judged)
    right.plot([p["answered"] for p in curve], [p["accuracy"] for p in curve])
    right.set(xlabel="share of windows answered", ylabel="share that is right", xlim=(0, 1))
    right.set_title("accuracy against abstention", fontsize=10)
    figure.suptitle(title, fontsize=10)
    return figure


def subjects(report: dict[str, Any], title: str) -> Figure:
    """Draw macro F1 and the share undecided of each subject, sorted."""
    figure = Figure(figsize=(9, 3.5), layout="constrained")
    left, right = figure.subplots(1, 2)
    _strip(left, report["macro_f1_by_group"], "macro F1 of decided windows")
    _strip(right, report["undecided_by_group"], "share undecided")
    figure.suptitle(title, fontsize=10)
    return figure


def importances(classifier: Classifier) -> Figure:
    """Draw the columns that the trees gain most from."""
    gains = classifier.booster.feature_importance("gain")
    order = np.argsort(gains)[-_MOST_IMPORTANT:]
    figure = Figure(figsize=(7, 6), layout="constrained")
    axes = figure.subplots()
    axes.barh([classifier.card.columns[i] for i in order], gains[order] / gains.sum())
    axes.set_xlabel("share of the total gain")
    axes.tick_params(axis="y", labelsize=8)
    axes.set_title(classifier.card.name, fontsize=10)
    return figure


def contributions(classifier: Classifier, values: Array) -> Figure:
    """Draw how much the columns move the score of each class: mean absolute Shapley values.

    Parameters
    ----------
    values : ndarray, shape (n_windows, n_features)
        Features of the windows that this is the mean over.
    """
    card = classifier.card
    raw = np.asarray(classifier.booster.predict(values, pred_contrib=True, num_threads=1))
    size = np.abs(raw.reshape(len(values), len(card.classes), -1)[..., :-1]).mean(axis=0)
    order = np.argsort(size.sum(axis=0))[-_MOST_IMPORTANT:]
    figure = Figure(figsize=(9, 6), layout="constrained")
    axes = figure.subplots()
    begin = np.zeros(len(order))
    for name, row in zip(card.classes, size[:, order], strict=True):
        axes.barh([card.columns[i] for i in order], row, left=begin, label=name)
        begin += row
    axes.set_xlabel("mean absolute contribution to the score of a class (log odds)")
    axes.tick_params(axis="y", labelsize=8)
    axes.legend(fontsize=8)
    axes.set_title(f"{card.name}, {len(values)} windows", fontsize=10)
    return figure


def write(figures: dict[str, Figure], folder: Path) -> dict[str, Path]:
    """Write figures as PNG files; return name and path of each."""
    folder.mkdir(parents=True, exist_ok=True)
    paths: dict[str, Path] = {}
    for name, figure in figures.items():
        paths[name] = folder / f"{name}.png"
        # Without a date or a version in it, the same figures give the same file.
        figure.savefig(paths[name], dpi=110, metadata={"Software": None})
    return paths


def _strip(axes: Axes, values: dict[str, float], title: str) -> None:
    ordered = np.sort([v for v in values.values() if np.isfinite(v)])
    axes.plot(np.arange(len(ordered)), ordered, marker="o", markersize=3, linestyle="none")
    axes.set(xlabel="subjects, sorted", ylim=(-0.02, 1.02))
    axes.set_title(title, fontsize=10)
