"""Drift as a person reads it in a terminal: features, answers, and the windows responsible."""

import numpy as np

from features import title_of
from serving.analysis.intervals import share
from serving.card import Card
from serving.explaining import units_of
from training.drift import Drift
from training.tables import table

FEATURES, WINDOWS = 15, 10
"""Rows of the tables, at the most."""

_NAMED = 2
"""Features that are named of a window."""


def drift_text(drift: Drift, card: Card) -> str:
    """Return a sentence, and a table of features, of answers, and of windows."""
    parts = [
        _verdict(drift, card),
        _features(drift, card),
        _answers(drift, card),
        _windows(drift, card),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _verdict(drift: Drift, card: Card) -> str:
    shift, seen = drift.shift, drift.seen
    found = "more than is ordinary" if shift.is_unusual else "ordinary"
    return (
        f"{len(seen.values)} usable windows of {len(seen.labels)}, held against the"
        f" {card.provenance.n_windows} of {card.provenance.n_groups} subjects that {card.name} was"
        f" trained on ({card.provenance.data}).\n"
        f"{shift.shifted.sum()} of {len(card.columns)} features have shifted, which is {found}:"
        f" 95 % of stretches as long of held-out people have {shift.most_ordinary:.0f} or fewer."
    )


def _features(drift: Drift, card: Card) -> str:
    """Return the features that have shifted most, by how ordinary that is."""
    shift = drift.shift
    order = np.argsort(-shift.index / shift.ordinary, kind="stable")[:FEATURES]
    rows = [
        [
            title_of(card.columns[j], card.spec),
            card.columns[j],
            f"{shift.index[j]:.2f}",
            f"{shift.ordinary[j]:.2f}",
            "shifted" if shift.shifted[j] else "ordinary",
        ]
        for j in order
    ]
    return table(["feature", "column", "PSI", "ordinary up to", "verdict"], rows)


def _answers(drift: Drift, card: Card) -> str:
    labels, rows = drift.seen.labels, []
    for name, held_out in drift.distribution.answers.items():
        here = share(labels == name, card.spec.window_s)
        rows.append(
            [
                name,
                f"{held_out.mean:.1%}",
                f"{held_out.low:.1%} to {held_out.high:.1%}",
                f"{here.share:.1%}",
                f"{here.low:.1%} to {here.high:.1%}",
            ]
        )
    header = ["answer", "held-out subjects", "95 % of them", "here", "95 % interval"]
    return table(header, rows)


def _windows(drift: Drift, card: Card) -> str:
    """Return the windows that have most to do with what has shifted, each with its features."""
    seen, shifted = drift.seen, np.flatnonzero(drift.shift.shifted)
    rows = []
    for w in drift.furthest(WINDOWS):
        foremost = shifted[np.argsort(-drift.parts[w, shifted], kind="stable")[:_NAMED]]
        place = seen.places[seen.usable[w]]
        rows.append(
            (
                place.told if place.subject else f"{place.channel}, from {place.start_s:g} s",
                str(seen.labels[seen.usable[w]]),
                "; ".join(_value(drift, card, w, int(j)) for j in foremost),
            )
        )
    if not rows:
        return ""
    where, answer = (max(len(row[i]) for row in rows) for i in (0, 1))
    return "\n".join(
        (
            "windows that have most to do with it, in brackets what 98 % of training lie between",
            *(f"{row[0]:<{where}}  {row[1]:<{answer}}  {row[2]}" for row in rows),
        )
    )


def _value(drift: Drift, card: Card, window: int, feature: int) -> str:
    """Return the value of a feature in a window, beside training's outer percentiles."""
    column = card.columns[feature]
    value, edges = drift.seen.values[window, feature], drift.baseline.edges[feature]
    known = edges[np.isfinite(edges)]
    title, unit = title_of(column, card.spec), units_of(card)[column]
    said = "undefined" if np.isnan(value) else f"{value:.3g} {'' if unit == '1' else unit}".rstrip()
    usual = f"{known[0]:.3g} to {known[-1]:.3g}" if len(known) else "never defined"
    return f"{title} {said} ({usual})"
