"""Quality: second by second, what speaks against a signal."""

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
"""Seconds that are looked at together."""


def gaps_of(signal: Signal) -> tuple[Gap, ...]:
    """Return the stretches in which a channel has no samples."""
    block = round(_TOGETHER * signal.rate_hz)
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
    """Return the stretches of whole seconds in which something speaks against the signal.

    Mains hum takes a window to be seen: a second has it when all windows that it lies in do.
    """
    starts = signal.window_starts(1.0, 1.0)
    flags = [np.zeros((0, len(FLAGS)), dtype=np.bool_)]
    for first in range(0, len(starts), _TOGETHER):
        windows = signal.windows_at(starts[first : first + _TOGETHER], 1.0)
        flags.append(assess(windows, np.zeros(len(windows)), spec).flagged)
    flagged = np.concatenate(flags)
    seconds = starts / signal.rate_hz
    flagged[:, FLAGS.index("mains")] = _hums(answers, seconds + 0.5)
    return tuple(_spans(flagged, seconds))


def _hums(answers: Answers, middles_s: NDArray[np.float64]) -> NDArray[np.bool_]:
    hum = np.array([reason == "mains" for reason in answers.reasons], dtype=np.float64)
    sums = np.concatenate([[0.0], np.cumsum(hum)])
    first = np.searchsorted(answers.starts_s + answers.window_s, middles_s, side="right")
    end = np.searchsorted(answers.starts_s, middles_s, side="right")
    every: NDArray[np.bool_] = (end > first) & (sums[end] - sums[first] == end - first)
    return every


def _spans(flagged: NDArray[np.bool_], seconds: NDArray[np.float64]) -> Iterator[QualitySpan]:
    """Yield the stretches of each flag in the order of time."""
    found = []
    for place, name in enumerate(FLAGS):
        edges = np.flatnonzero(np.diff(np.concatenate([[False], flagged[:, place], [False]])))
        for first, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            flag = cast("Literal['gap', 'flat', 'clipped', 'mains']", name)
            found.append((float(seconds[first]), place, float(end - first), flag))
    for start_s, _, duration_s, flag in sorted(found):
        yield QualitySpan(start_s=round(start_s, 6), duration_s=duration_s, flag=flag)
