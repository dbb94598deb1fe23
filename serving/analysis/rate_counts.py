"""Counting: what a rate counts, and the stretches of time in which that could have been seen.

From the parts of a record alone, so that an earlier one, read from JSON, is counted like a new one.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from operator import itemgetter

from serving.analysis.at_rest import EVENTS, may_hold_events
from serving.analysis.report import UNUSABLE, Episode, RecordingReport, Span

Stretch = tuple[float, float]

_BESIDE_S = 0.5
"""An episode ends or begins where unusable time does when no more lies between: the last beat
before it, or a cycle that is cut, may be missed."""

_ROUNDING_S = 1e-3
"""Of edges in a record."""


def counted_s(report: RecordingReport, rate: str) -> tuple[Sequence[float], list[Stretch]]:
    """Return when that was of which a record has the rate, and where it could have been seen."""
    if rate == EVENTS:
        return [event.time_s for event in report.events], stretches(report.timeline, _is_at_rest)
    label = rate.removesuffix("_episodes")
    times = onsets_s(report.episodes, label, report.timeline, report.settings.window_s)
    return times, stretches(report.timeline, lambda span: not is_unusable(span))


def onsets_s(
    episodes: Iterable[Episode], label: str, timeline: Sequence[Span], window_s: float
) -> tuple[float, ...]:
    """Return when the episodes of a label begin, each rhythm once though samples are missing.

    A single missing sample makes time unusable that no episode reaches over. So one that goes on
    after it is not another one, where an episode of its label ended when that time began, and no
    more than the length of a window could not be used.
    """
    holes = stretches(timeline, is_unusable)
    found = [each for each in episodes if each.label == label]
    begun = [
        after
        for before, after in pairwise(found)
        if not _goes_on(before.start_s + before.duration_s, after.start_s, holes, window_s)
    ]
    return tuple(each.start_s for each in (*found[:1], *begun))


def _goes_on(ended_s: float, begins_s: float, holes: Sequence[Stretch], window_s: float) -> bool:
    """Tell whether nothing but a hole of a window at most lies between two times."""
    place = bisect_left(holes, ended_s - _ROUNDING_S, key=itemgetter(0))
    return any(
        start_s - ended_s <= _BESIDE_S
        and abs(begins_s - stop_s) <= _BESIDE_S
        and stop_s - start_s <= window_s + _ROUNDING_S
        for start_s, stop_s in holes[place : place + 1]
    )


def stretches(timeline: Iterable[Span], counts: Callable[[Span], bool]) -> list[Stretch]:
    """Return the stretches of the spans that count, joined where they meet."""
    found: list[Stretch] = []
    for span in timeline:
        if not counts(span):
            continue
        stop_s = span.start_s + span.duration_s
        if found and span.start_s - found[-1][1] < _ROUNDING_S:
            found[-1] = (found[-1][0], stop_s)
        else:
            found.append((span.start_s, stop_s))
    return found


def _is_at_rest(span: Span) -> bool:
    if span.at_rest is None:  # a record that was made before it was told
        return may_hold_events(span.label, span.candidates, span.reason)
    return span.at_rest


def is_unusable(span: Span) -> bool:
    """Tell whether nothing can be seen in a span."""
    return span.label == UNUSABLE
