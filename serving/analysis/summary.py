"""Summary: a record in a few numbers, each with its interval."""

from collections.abc import Sequence

import numpy as np

from serving.analysis.answers import Answers
from serving.analysis.cells import Cells
from serving.analysis.counting import EVENTS, onsets_s
from serving.analysis.episodes import RHYTHMIC, within
from serving.analysis.intervals import percentiles, rate, share
from serving.analysis.report import Episode, Event, Percentiles, Rate, Share, Span
from serving.classifier import UNDECIDED


def shares_of(cells: Cells) -> dict[str, Share]:
    """Return the share of usable time of each class and of undecided."""
    labels = np.array(cells.labels, dtype=np.str_)[cells.usable]
    durations_s = cells.durations_s[cells.usable]
    return {name: share(labels == name, durations_s) for name in (*cells.classes, UNDECIDED)}


def rates_of(
    cells: Cells,
    timeline: Sequence[Span],
    episodes: Sequence[Episode],
    events: tuple[Sequence[Event], float],
    window_s: float,
) -> dict[str, Rate]:
    """Return how often events, and episodes of a rhythm, were seen.

    Parameters
    ----------
    timeline : sequence of Span
        Of the cells. An episode that goes on after unusable time is counted once:
        :func:`serving.analysis.counting.onsets_s`.
    events : (sequence of Event, float)
        With the minutes in which they could have been seen.
    window_s : float
        Length of the windows.
    """
    found, event_minutes = events
    rates = {EVENTS: rate(len(found), event_minutes)} if EVENTS in cells.classes else {}
    usable_s = float(cells.durations_s[cells.usable].sum())
    for label in RHYTHMIC:
        count = len(onsets_s(episodes, label, timeline, window_s))
        rates[f"{label}_episodes"] = rate(count, usable_s / 60)
    return rates


def amplitudes_of(
    episodes: Sequence[Episode], events: Sequence[Event], answers: Answers
) -> dict[str, Percentiles]:
    """Return how large events were, and the rhythm in windows of each rhythmic label."""
    found = {EVENTS: percentiles(np.array([event.amplitude for event in events]))}
    for label in RHYTHMIC:
        inside = np.zeros(len(answers), dtype=np.bool_)
        for e in episodes:
            if e.label == label:
                inside |= within(answers, e.start_s, e.start_s + e.duration_s)
        sizes = answers.amplitudes[inside]
        found[label] = percentiles(sizes[np.isfinite(sizes)])
    return {name: each for name, each in found.items() if each is not None}
