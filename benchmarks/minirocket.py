"""What interpretable features lose against MiniRocket's thousands, on the same windows and folds.

Run by ``make bench-minirocket``; needs the simulated sets (``quaver simulate``) and keeps nothing.
Both sides see the same conditioned windows and are fitted on the same subjects, answer the others,
and are calibrated alike on the folds they are not judged on; the most probable class is the answer,
nobody abstains, and classes weigh the same throughout. Quaver's side is its trees on its own
features; the other is logistic regression on MiniRocket's features
(:mod:`benchmarks.minirocket_transform`) of two views of each window: the principal axis of motion
and the length of its vector, or a surface EMG and its envelope. Each view is brought to mean 0 and
deviation 1; of motion, whose size means something, the logarithm of the deviations stands beside.
"""

import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from benchmarks.minirocket_transform import MiniRocket, Samples
from features import MODALITIES, FeatureSpec, Modality, QuaverError
from features.signals import Signals
from serving.classifier import softmax
from training.calibrate import calibrate
from training.config import ModelConfig, load_config
from training.datasets.labelled import LabelledWindows
from training.evaluate import Counts, subject_draws
from training.features_stage import labelled_windows, opened_sources
from training.fit import cross_fit
from training.layout import Layout
from training.table import LabelledTable, join, tabulate
from training.tables import table

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Mask = NDArray[np.bool_]

REPOSITORY = Path(__file__).parents[1]
FIGURES = ("macro-F1", "balanced accuracy", "log loss")

FEATURES_EACH = 14
"""Features of each of the 84 filters on each view: 2352 in all."""
INVERSE_PENALTY = 0.01
"""Of the values 0.0001 to 1 in steps of ten that which these folds like best: the baseline is given
what quaver's own parameters are not."""
ITERATIONS = 500
SMALLEST = 1e-6
"""Deviation, in the modality's unit, below which all silence is alike."""


@dataclass(frozen=True, eq=False)
class Data:
    """The trainable windows: quaver's features of each, and its views.

    ``views`` maps a name to an array (n_windows, n_samples); of motion ``sizes`` is
    (n_windows, n_views), of an EMG (n_windows, 0).
    """

    table: LabelledTable
    views: dict[str, Samples]
    sizes: Samples


@dataclass(frozen=True, eq=False)
class Tally:
    """What figures are made of, by subject, so that subjects can be drawn.

    ``confusion`` (n_groups, n_classes, n_classes) counts windows by class and answer, ``losses``
    (n_groups, n_classes) sums -log(probability of the right class).
    """

    confusion: Array
    losses: Array

    def figures(self, draw: Counts) -> Array:
        """Return :data:`FIGURES` of subjects that are drawn so many times each."""
        confusion = np.tensordot(draw, self.confusion, axes=1)
        windows = confusion.sum(axis=1)
        there = windows > 0  # a draw may leave a class out
        hits, answered = confusion.diagonal()[there], confusion.sum(axis=0)[there]
        f1 = 2 * hits / (windows[there] + answered)
        losses = (draw @ self.losses)[there] / windows[there]
        return np.array([f1.mean(), (hits / windows[there]).mean(), losses.mean()])


def gather(batches: Iterable[LabelledWindows], config: ModelConfig) -> Data:
    """Take features and views of the windows that quaver is trained on."""
    tables: list[LabelledTable] = []
    parts: list[dict[str, Samples]] = []
    for batch in batches:
        features = tabulate([batch], config.features, workers=1)
        kept = features.trainable(config.classes)
        if kept.any():
            tables.append(features[kept])
            parts.append(views_of(batch, kept, config.features))
    whole = {name: np.concatenate([part.pop(name) for part in parts]) for name in tuple(parts[0])}
    deviations = np.stack([view.std(axis=1) for view in whole.values()], axis=1)
    sizes = np.log10(np.maximum(deviations, SMALLEST))
    if config.features.modality == "emg":
        sizes = sizes[:, :0]  # gains differ between devices
    return Data(join(tables), {name: standardised(view) for name, view in whole.items()}, sizes)


def views_of(batch: LabelledWindows, kept: Mask, spec: FeatureSpec) -> dict[str, Samples]:
    """Return two views of each window that is kept, each of shape (n_kept, n_samples)."""
    signals = Signals(batch.windows[kept], spec)
    is_emg = spec.modality == "emg"
    second = ("envelope", signals.rhythm) if is_emg else ("norm", signals.norm)
    return {name: view.astype(np.float32) for name, view in (("waveform", signals.trace), second)}


def standardised(view: Samples) -> Samples:
    """Bring each window to mean 0 and deviation 1; a silent one stays 0."""
    centred = view - view.mean(axis=1, keepdims=True)
    deviation = centred.std(axis=1, keepdims=True)
    scaled: Samples = np.zeros_like(centred)
    np.divide(centred, deviation, out=scaled, where=deviation > 0)
    return scaled


def rocket_scores(data: Data, targets: Index, held_out: list[Mask], seed: int) -> Array:
    """Score each window by a linear model of MiniRocket's features that has not seen its subject.

    Returns
    -------
    ndarray, shape (n_windows, n_classes)
        Biases, scales and weights are all from the windows of the other folds.
    """
    scores = np.zeros((len(targets), int(targets.max()) + 1))
    for k, held in enumerate(held_out):
        blocks = [data.sizes]
        for view in data.views.values():
            rocket = MiniRocket.fit(view[~held], FEATURES_EACH, np.random.default_rng([seed, k]))
            blocks.append(rocket.transform(view))
        scores[held] = linear_scores(np.concatenate(blocks, axis=1), targets, held)
    return scores


def linear_scores(values: Samples, targets: Index, held: Mask) -> Array:
    """Fit logistic regression on what is not held out, and score what is."""
    scaler = StandardScaler().fit(values[~held])
    model = LogisticRegression(
        C=INVERSE_PENALTY, class_weight="balanced", max_iter=ITERATIONS, tol=1e-3
    )
    model.fit(scaler.transform(values[~held]), targets[~held])
    scores = np.asarray(model.decision_function(scaler.transform(values[held])), dtype=np.float64)
    return scores if scores.ndim > 1 else np.stack((-scores / 2, scores / 2), axis=1)


def tally(scores: Array, targets: Index, groups: Index, held_out: list[Mask]) -> Tally:
    """Calibrate each fold on the others, and count its answers by subject."""
    n_groups, n_classes = int(groups.max()) + 1, scores.shape[1]
    confusion = np.zeros((n_groups, n_classes, n_classes))
    losses = np.zeros((n_groups, n_classes))
    for held in held_out:
        found = calibrate(scores[~held], targets[~held])
        probabilities = softmax(scores[held] / found.temperature + np.array(found.biases))
        right = probabilities[np.arange(len(probabilities)), targets[held]]
        np.add.at(confusion, (groups[held], targets[held], probabilities.argmax(axis=1)), 1)
        np.add.at(losses, (groups[held], targets[held]), -np.log(np.maximum(right, 1e-12)))
    return Tally(confusion, losses)


def compared(ours: Tally, theirs: Tally, samples: int, seed: int) -> list[list[object]]:
    """Return a row for each figure: both, and the difference with its interval over subjects."""
    n_groups = len(ours.losses)
    once = np.ones(n_groups, dtype=np.int64)
    draws = subject_draws(n_groups, samples, seed)
    differences = [ours.figures(draw) - theirs.figures(draw) for draw in draws]
    low, high = np.percentile(differences, (2.5, 97.5), axis=0)
    own, other = ours.figures(once), theirs.figures(once)
    rows: list[list[object]] = []
    for i, name in enumerate(FIGURES):
        interval = f"{low[i]:+.3f} to {high[i]:+.3f}"
        rows.append(
            [name, f"{own[i]:.3f}", f"{other[i]:.3f}", f"{own[i] - other[i]:+.3f}", interval]
        )
    return rows


def compare(modality: Modality, layout: Layout) -> tuple[str, list[list[object]]]:
    """Compare both on what one modality's model is trained on; return a heading and the rows."""
    config = load_config(layout.config(modality), ModelConfig)
    training = config.training
    opened = opened_sources(config.data.train, modality, layout)
    data = gather(labelled_windows(opened, config, "windows"), config)
    with ThreadPoolExecutor(1) as pool:
        ours = cross_fit(data.table, config, [training.booster] * training.folds, pool)
    theirs = rocket_scores(data, ours.targets, ours.held_out, training.seed)
    names, groups = np.unique(data.table.groups, return_inverse=True)
    own, other = (tally(s, ours.targets, groups, ours.held_out) for s in (ours.scores, theirs))
    heading = (
        f"{modality}: {', '.join(config.data.train)}, {len(data.table)} windows of {len(names)}"
        f" people, {training.folds} folds by subject"
    )
    return heading, compared(own, other, training.bootstrap_samples, training.seed)


def main(layout: Layout) -> None:
    """Compare each modality and print a table of each."""
    header = ["", "quaver", "MiniRocket", "difference", "95 % over subjects"]
    for modality in MODALITIES:
        try:
            heading, rows = compare(modality, layout)
        except QuaverError as error:
            sys.exit(f"{error}")
        print(f"{heading}\n\n{table(header, rows)}\n", flush=True)
    print("no abstention; classes weigh the same; a log loss is better when it is smaller")


if __name__ == "__main__":
    main(Layout(REPOSITORY))
