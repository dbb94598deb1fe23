"""Quality: second by second, what speaks against a signal."""

import math
from collections.abc import Iterator
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from features import FeatureSpec
from features.quality import FLAGS, assess
from serving.analysis.answers import Answers
from serving.analysis.report import Gap, QualitySpan
from serving.analysis.signal import Signal

_TOGETHER = 600
"""Seconds that are looked at together, if they are not too many samples."""


def gaps_of(signal: Signal) -> tuple[Gap, ...]:
    """Return the stretches in which a channel has no samples."""
    block = max(1, round(_together(signal) * signal.rate_hz))
    edges: list[int] = []
    before = False
    for start in range(signal.start, signal.stop, block):
        stop = min(start + block, signal.stop)
        missing: NDArray[np.bool_] = np.any(np.isnan(signal.read(start, stop)), axis=0)
        changes = np.flatnonzero(np.diff(missing, prepend=before))
        edges.extend((start + changes).tolist())
        before = bool(missing[-1])
    if before:
        edges.append(signal.stop)
    rate = signal.rate_hz
    return tuple(
        Gap(start_s=round(first / rate, 6), duration_s=round((end - first) / rate, 6))
        for first, end in zip(edges[::2], edges[1::2], strict=True)
    )


def quality_of(signal: Signal, answers: Answers, spec: FeatureSpec) -> tuple[QualitySpan, ...]:
    """Return the stretches of seconds in which something speaks against the signal.

    Seconds are those of the recording. What the stretch has of one at its beginning and its end
    counts as one; less than half a second belongs to its neighbour, for in a few samples nothing
    can be told. Mains hum takes a window to be seen: a second has it when all windows that it lies
    in do.
    """
    edges = _seconds(signal)
    lengths = np.diff(edges)
    flagged = np.zeros((len(lengths), len(FLAGS)), dtype=np.bool_)
    at_once = _together(signal)
    for first in range(0, len(lengths), at_once):
        together = lengths[first : first + at_once]
        for length in np.unique(together):
            places = first + np.flatnonzero(together == length)
            windows = signal.windows_at(edges[places], float(length) / signal.rate_hz)
            flagged[places] = assess(windows, np.zeros(len(windows)), spec).flagged
    edges_s = edges / signal.rate_hz
    flagged[:, FLAGS.index("mains")] = _hums(answers, (edges_s[:-1] + edges_s[1:]) / 2)
    return tuple(_spans(flagged, edges_s))


def _together(signal: Signal) -> int:
    return max(1, min(_TOGETHER, int(signal.held_s)))


def _seconds(signal: Signal) -> NDArray[np.intp]:
    """Return the samples at which the seconds of a signal begin, and where the last one ends."""
    rate_hz = signal.rate_hz
    first, last = math.floor(signal.start / rate_hz), math.ceil(signal.stop / rate_hz)
    whole = np.round(np.arange(first, last + 1) * rate_hz).astype(np.intp)
    edges: NDArray[np.intp] = np.unique(np.clip(whole, signal.start, signal.stop))
    if len(edges) > 2 and edges[1] - edges[0] < rate_hz / 2:
        edges = np.delete(edges, 1)
    if len(edges) > 2 and edges[-1] - edges[-2] < rate_hz / 2:
        edges = np.delete(edges, -2)
    return edges


def _hums(answers: Answers, middles_s: NDArray[np.float64]) -> NDArray[np.bool_]:
    hum = np.array([reason == "mains" for reason in answers.reasons], dtype=np.float64)
    sums = np.concatenate([[0.0], np.cumsum(hum)])
    first = np.searchsorted(answers.starts_s + answers.window_s, middles_s, side="right")
    end = np.searchsorted(answers.starts_s, middles_s, side="right")
    every: NDArray[np.bool_] = (end > first) & (sums[end] - sums[first] == end - first)
    return every


def _spans(flagged: NDArray[np.bool_], edges_s: NDArray[np.float64]) -> Iterator[QualitySpan]:
    """Yield the stretches of each flag in the order of time."""
    found = []
    for place, name in enumerate(FLAGS):
        edges = np.flatnonzero(np.diff(np.concatenate([[False], flagged[:, place], [False]])))
        for first, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            flag = cast("Literal['gap', 'flat', 'clipped', 'mains']", name)
            start_s, stop_s = float(edges_s[first]), float(edges_s[end])
            found.append((start_s, place, stop_s - start_s, flag))
    for start_s, _, duration_s, flag in sorted(found):
        yield QualitySpan(start_s=round(start_s, 6), duration_s=round(duration_s, 6), flag=flag)
