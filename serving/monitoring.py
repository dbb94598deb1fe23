"""Monitoring: what is answered, and how far the windows have moved from training, in ``/metrics``.

Late windows count more than early ones, so that a shift shows although the service has run for
months. Counting takes place while a request is answered; what it comes to is published by a thread
of its own, soon after, however many requests there were.
"""

from collections import Counter
from threading import Lock, Timer

import numpy as np

from features import Modality
from serving.card import Card
from serving.classifier import UNDECIDED, Predictions
from serving.counting import counter, gauge
from serving.drift import Baseline, Shift, Tally, forgetting

HALF_LIFE = 1000.0
"""Windows after which one counts half."""

PUBLISH_AFTER_S = 2.0


class Monitor:
    """Counts what models answer, and holds the windows against those they were trained on."""

    def __init__(self) -> None:
        self._seen: dict[Modality, _Seen] = {}
        self._lock = Lock()
        self._is_due = False

    def watch(self, card: Card, answered: Predictions, *, late: bool = False) -> None:
        """Count answers of the model of a card; another card begins anew.

        ``late`` are those of a model that has been replaced while it answered: they are counted,
        and say nothing of what the present one sees.
        """
        _count(card.modality, answered)
        if late:
            return
        with self._lock:
            seen = self._seen.get(card.modality)
            if seen is None or seen.card is not card:
                seen = self._seen[card.modality] = _Seen(card)
            seen.add(answered)
            if self._is_due:
                return
            self._is_due = True
        timer = Timer(PUBLISH_AFTER_S, self.publish)
        timer.daemon = True
        timer.start()

    def publish(self) -> None:
        """Set the gauges to what was seen so far."""
        with self._lock:
            self._is_due = False
            found = [(seen.card, seen.shares(), seen.shift()) for seen in self._seen.values()]
        for card, shares, shift in found:
            _publish_shares(card.modality, shares)
            if shift is not None:
                _publish_shift(card, shift)


class _Seen:
    """What was seen of the windows of one model."""

    def __init__(self, card: Card) -> None:
        self.card = card
        self._names = (*card.classes, UNDECIDED)
        self._answers = np.zeros(len(self._names))
        self._tally: Tally | None = None
        if card.distribution is not None:
            self._tally = Tally(Baseline.of(card.distribution, card.columns), HALF_LIFE)

    def add(self, answered: Predictions) -> None:
        """Count windows; only usable ones have features that say anything."""
        kept, weights = forgetting(len(answered), HALF_LIFE)
        self._answers *= kept
        for label, weight in zip(answered.labels.tolist(), weights.tolist(), strict=True):
            self._answers[self._names.index(label)] += weight
        table = answered.features
        if self._tally is not None and table is not None:
            usable = table.quality.usable
            self._tally.add(table.values[usable], answered.probabilities[usable])

    def shares(self) -> dict[str, float]:
        """Return the share of each answer."""
        shares = (self._answers / self._answers.sum()).tolist()
        return dict(zip(self._names, shares, strict=True))

    def shift(self) -> Shift | None:
        """Judge how far the windows have moved, None when the card does not say from where."""
        return None if self._tally is None else self._tally.shift()


def _count(modality: Modality, answered: Predictions) -> None:
    answers = counter(
        "quaver_answers",
        "Windows answered, by label and by the reason for undecided",
        "modality",
        "label",
        "reason",
    )
    for (label, reason), n in Counter(
        zip(answered.labels.tolist(), answered.reasons, strict=True)
    ).items():
        answers.labels(modality, label, reason or "").inc(n)


def _publish_shares(modality: Modality, shares: dict[str, float]) -> None:
    gauges = gauge("quaver_class_share", "Share of an answer, lately", "modality", "label")
    for label, share in shares.items():
        gauges.labels(modality, label).set(share)


def _publish_shift(card: Card, shift: Shift) -> None:
    index = gauge(
        "quaver_drift_psi",
        "Population stability index of a feature against training, lately",
        "modality",
        "feature",
    )
    for column, value in zip(card.columns, shift.index.tolist(), strict=True):
        index.labels(card.modality, column).set(value)
    gauge(
        "quaver_drift_windows", "Windows that the stability indices rest on, lately", "modality"
    ).labels(card.modality).set(shift.n_windows)
    gauge(
        "quaver_drift_shifted_features",
        "Features that have shifted more than is ordinary between two people",
        "modality",
    ).labels(card.modality).set(int(shift.shifted.sum()))
    gauge(
        "quaver_drift_ordinary_features",
        "Features that shift at most in 95 % of stretches of another person",
        "modality",
    ).labels(card.modality).set(shift.most_ordinary)
