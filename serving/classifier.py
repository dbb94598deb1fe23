"""Classifier: what a model is, and the one way it predicts, measured as it is served."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from features import FeatureTable, Windows, extract
from serving.candidates import candidate_sets
from serving.card import Card
from serving.lookalike_checks import check_scores, look_alikes
from serving.novelty import Reference
from serving.threads import single_threaded

if TYPE_CHECKING:
    import lightgbm

Array = NDArray[np.float64]

UNDECIDED = "undecided"

_TOLD_ONLY = {"fingerprint", "provenance", "metrics", "distribution", "intended_use"}
"""What a card tells and no answer depends on; its own ``fingerprint`` is of what ``spec`` says."""

Reason = Literal[
    "too_short",
    "rate_too_low",
    "flat",
    "clipped",
    "gap",
    "mains",
    "several_candidates",
    "unlike_training",
    "look_alike",
]
REASONS: tuple[Reason, ...] = get_args(Reason)
"""Why a window may be undecided: a closed list."""

_LEAST_ONE_AXIS = 0.05
"""From this share of its windows on, a model has learnt what one axis is worth."""

_SHORTFALL = 1
"""Samples by which a window may fall short of its length: rates are not always round."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """Answers to a batch of windows.

    ``labels`` (n_windows,) are classes or ``undecided``; ``probabilities`` (n_windows, n_classes)
    are calibrated, NaN where no features could be computed; ``candidates`` are the classes that
    cannot be ruled out; ``reasons`` say why a window is undecided, else None. ``features`` is the
    table that the answers rest on, None for windows that were too short for any.
    """

    labels: NDArray[np.str_]
    probabilities: Array
    candidates: tuple[tuple[str, ...], ...]
    reasons: tuple[Reason | None, ...]
    flags: tuple[tuple[str, ...], ...]
    distances: Array
    features: FeatureTable | None

    def __len__(self) -> int:
        return len(self.labels)

    def feature(self, window: int, column: str) -> float | None:
        """Return a feature of one window as a person may read it, None where it is undefined."""
        if self.features is None:
            return None
        value = float(self.features.column(column)[window])
        return round(value, 4) if np.isfinite(value) else None


@dataclass(frozen=True, eq=False)
class Classifier:
    """A model: its card, its trees, what its training windows look like, and what does not."""

    card: Card
    booster: "lightgbm.Booster"
    detector: "lightgbm.Booster"
    reference: Reference
    checks: tuple["lightgbm.Booster", ...] = ()
    """The trees of the card's checks, in their order."""

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of everything that an answer depends on, in hexadecimal.

        The same data, configuration and seed give the same; any other threshold or tree another.
        """
        deciding = self.card.model_dump(mode="json", exclude=_TOLD_ONLY)
        digest = hashlib.sha256(json.dumps(deciding, sort_keys=True).encode())
        for trees in (self.booster, self.detector, *self.checks):
            digest.update(trees.model_to_string().encode())
        for array in (self.reference.centre, self.reference.scale, self.reference.prototypes):
            digest.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
        return digest.hexdigest()

    def caution(self, n_channels: int) -> str | None:
        """Return in a sentence why answers to so many channels are worth less than they say."""
        learnt = self.card.provenance.one_axis_share
        if n_channels > 1 or learnt is None or learnt >= _LEAST_ONE_AXIS:
            return None
        return (
            "answers rest on one axis of motion, and the model has learnt from several: it is wrong"
            " more often than its probabilities say"
        )

    def predict(self, windows: Windows, *, workers: int = 1) -> Predictions:
        """Label a batch of windows of the model's modality.

        Windows that are shorter than the model's are ``undecided``, ``too_short``.

        Raises
        ------
        SignalError
            When windows are of another modality or longer than the model's.
        """
        spec = self.card.spec
        length = spec.window_s * windows.sampling_rate_hz
        if windows.samples.shape[2] < length - _SHORTFALL and windows.modality == spec.modality:
            return self._too_short(len(windows))
        with single_threaded():
            return self.judge(extract(windows, spec, workers=workers), windows.sampling_rate_hz)

    def judge(self, table: FeatureTable, sampling_rate_hz: float | Array) -> Predictions:
        """Label windows by features already computed under this model's spec.

        ``sampling_rate_hz`` is that of the windows before conditioning, one for all or for each.
        """
        card = self.card
        probabilities = self.probabilities(self.scores(table.values))
        sets = candidate_sets(probabilities, card.classes, card.conformal)
        distances = self.reference.distance(table.values, card.novelty.neighbours)
        is_unlike = distances > card.novelty.threshold
        is_unlike |= self.oddness(table.values) > card.novelty.oddness_threshold
        is_alike = self._look_alikes(table.values, sets)
        labels: list[str] = []
        candidates: list[tuple[str, ...]] = []
        reasons: list[Reason | None] = []
        flags = tuple(table.quality.flags(w) for w in range(len(table)))
        too_slow = self._too_slow(table, np.broadcast_to(sampling_rate_hz, len(table)))
        for w in range(len(table)):
            names = tuple(c for c, is_in in zip(card.classes, sets[w], strict=True) if is_in)
            reason = _reason(flags[w], names, too_slow[w], is_unlike[w], is_alike[w])
            labels.append(UNDECIDED if reason else names[0])
            candidates.append(names)
            reasons.append(reason)
        missing = table.quality.gap_fraction > 0
        return Predictions(
            labels=np.array(labels, dtype=np.str_),
            probabilities=np.where(missing[:, None], np.nan, probabilities),
            candidates=tuple(
                () if gone else names for gone, names in zip(missing, candidates, strict=True)
            ),
            reasons=tuple(reasons),
            flags=flags,
            distances=distances,
            features=table,
        )

    def scores(self, values: Array) -> Array:
        """Return the trees' raw scores, shape (n_windows, n_classes)."""
        if len(values) == 0:
            return np.zeros((0, len(self.card.classes)))
        raw = self.booster.predict(values, raw_score=True, num_threads=1)
        return np.asarray(raw, dtype=np.float64).reshape(len(values), -1)

    def oddness(self, values: Array) -> Array:
        """Return how odd windows are, as log odds of not being one's own, shape (n_windows,)."""
        if len(values) == 0:
            return np.zeros(0)
        raw = self.detector.predict(values, raw_score=True, num_threads=1)
        return np.asarray(raw, dtype=np.float64)

    def check_scores(self, values: Array) -> Array:
        """Return the score of each check, as log odds, shape (n_windows, n_checks)."""
        return check_scores(self.checks, values)

    def probabilities(self, scores: Array) -> Array:
        """Return calibrated probabilities, shape (n_windows, n_classes)."""
        calibration = self.card.calibration
        return softmax(scores / calibration.temperature + np.array(calibration.biases))

    def contributions(self, windows: Windows) -> tuple[Predictions, Array]:
        """Label windows and say what each feature adds to each class's score.

        Returns
        -------
        predictions : Predictions
        contributions : ndarray, shape (n_windows, n_classes, n_features + 1)
            Exact Shapley values of the raw scores (Lundberg 2020); the last is the expectation.
        """
        predictions = self.predict(windows)
        shape = (len(windows), len(self.card.classes), len(self.card.columns) + 1)
        if predictions.features is None or len(windows) == 0:
            return predictions, np.full(shape, np.nan)
        raw = self.booster.predict(predictions.features.values, pred_contrib=True, num_threads=1)
        return predictions, np.asarray(raw, dtype=np.float64).reshape(shape)

    def _look_alikes(self, values: Array, sets: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which windows a check refuses the one candidate of, shape (n_windows,)."""
        card = self.card
        names = np.array(card.classes)[np.argmax(sets, axis=1)]
        answers = np.where(sets.sum(axis=1) == 1, names, UNDECIDED)
        return look_alikes(card.checks, self.checks, values, card.columns, answers)

    def _too_slow(self, table: FeatureTable, rates_hz: Array) -> Sequence[set[str]]:
        """Return for each window the classes that its sampling rate is too low to tell."""
        beyond: list[set[str]] = [set() for _ in range(len(table))]
        frequency = table.column("dominant_frequency")
        for limit in self.card.rate_limits:
            for w in np.flatnonzero(rates_hz < limit.below_hz):
                share = limit.dominant_frequency_share
                if share is None or frequency[w] > share * rates_hz[w]:
                    beyond[w] |= set(limit.classes)
        return beyond

    def _too_short(self, n_windows: int) -> Predictions:
        n_classes = len(self.card.classes)
        too_short: Reason = "too_short"
        return Predictions(
            labels=np.full(n_windows, UNDECIDED),
            probabilities=np.full((n_windows, n_classes), np.nan),
            candidates=((),) * n_windows,
            reasons=(too_short,) * n_windows,
            flags=((),) * n_windows,
            distances=np.full(n_windows, np.nan),
            features=None,
        )


def _reason(
    flags: tuple[str, ...],
    names: tuple[str, ...],
    too_slow: set[str],
    is_unlike: np.bool_,
    is_alike: np.bool_,
) -> Reason | None:
    """Return why a window is undecided, the first of several reasons; None when it is not."""
    if flags:
        return cast("Reason", flags[0])
    if is_unlike:
        return "unlike_training"
    if len(names) > 1:
        return "several_candidates"
    if names[0] in too_slow:
        return "rate_too_low"
    return "look_alike" if is_alike else None


def softmax(scores: Array) -> Array:
    """Return probabilities from scores of shape (n_windows, n_classes)."""
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    probabilities: Array = shifted / shifted.sum(axis=1, keepdims=True)
    return probabilities
