"""Summary: a record in a few numbers, each with its interval."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from serving.analysis.at_rest import EVENTS
from serving.analysis.cells import Cells
from serving.analysis.intervals import percentiles, rate, share
from serving.analysis.rate_counts import onsets_s
from serving.analysis.report import RHYTHMIC, Episode, Event, Percentiles, Rate, Share, Span
from serving.classifier import UNDECIDED

Array = NDArray[np.float64]


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
    """Return how often events, and episodes of a rhythm, were seen: of the classes there are.

    Parameters
    ----------
    timeline : sequence of Span
        Of the cells. An episode that goes on after unusable time is counted once:
        :func:`serving.analysis.rate_counts.onsets_s`.
    events : (sequence of Event, float)
        With the minutes in which they could have been seen.
    window_s : float
        Length of the windows.
    """
    found, event_minutes = events
    rates = {EVENTS: rate(len(found), event_minutes)} if EVENTS in cells.classes else {}
    usable_s = float(cells.durations_s[cells.usable].sum())
    for label in (each for each in RHYTHMIC if each in cells.classes):
        count = len(onsets_s(episodes, label, timeline, window_s))
        rates[f"{label}_episodes"] = rate(count, usable_s / 60)
    return rates


def amplitudes_of(sizes: Mapping[str, Array], events: Sequence[Event]) -> dict[str, Percentiles]:
    """Return how large events were, and the rhythm of each label in all of its episodes."""
    of_events = np.array([event.amplitude for event in events])
    found = {name: percentiles(each) for name, each in {EVENTS: of_events, **sizes}.items()}
    return {name: each for name, each in found.items() if each is not None}
