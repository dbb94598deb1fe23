"""Spans from masks, from neighbours, and from what lies between events."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from training.datasets.labelled import Span


def runs(mask: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return first and one past last index of each run of True, shape (n_runs, 2)."""
    padded = np.concatenate(([False], mask, [False]))
    return np.flatnonzero(padded[1:] != padded[:-1]).reshape(-1, 2)


def without_short_runs(mask: NDArray[np.bool_], shortest: int) -> NDArray[np.bool_]:
    """Return the mask without its runs of True of fewer than ``shortest`` samples."""
    kept = mask.copy()
    for start, stop in runs(mask):
        if stop - start < shortest:
            kept[start:stop] = False
    return kept


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Join each span with the one before it when they touch and have the same label."""
    result: list[Span] = []
    for span in spans:
        if result and result[-1].label == span.label and result[-1].end_s == span.start_s:
            result[-1] = Span(result[-1].start_s, span.end_s, span.label)
        else:
            result.append(span)
    return tuple(result)


def with_rest_between(events: Sequence[Span], start_s: float, end_s: float) -> tuple[Span, ...]:
    """Return the events, which are in order, with rest before, between and after them."""
    result: list[Span] = []
    time_s = start_s
    for event in events:
        if event.start_s > time_s:
            result.append(Span(time_s, event.start_s, "rest"))
        result.append(event)
        time_s = event.end_s
    if end_s > time_s:
        result.append(Span(time_s, end_s, "rest"))
    return tuple(result)
