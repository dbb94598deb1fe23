"""Runs of beats, followed beyond what stands out: to where they rise from and where they fade."""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.intp]

_NEAR: Final = 4
"""So many beats tell the pace of the next one."""

_STEADY: Final = (0.75, 1.33)
_ALIKE: Final = 0.45
"""Beats too small to be a run by themselves belong to the one that they continue: at its pace, and
each about as large as the one before."""

_RISING: Final = 2
_FIRST: Final = (0.7, 1.7)
_RISE: Final = 0.15
"""So many smaller beats may lie before those, each of at least this share of the next: a clonus
rises within two cycles, the first of which are the longest (Boyraz 2015)."""


def followed(runs: Iterable[Index], times: Array, sizes: Array) -> Iterator[Index]:
    """Yield each run with the smaller beats in which it rises and fades, between its neighbours."""
    found = list(runs)
    ends = [int(run[0]) for run in found[1:]]
    earlier = -1
    for run, end in zip(found, (*ends, len(times)), strict=False):
        last = int(run[-1])
        near = times[run[-_NEAR:]]
        while last + 1 < end and _goes_on(times, sizes, last, float(np.median(np.diff(near)))):
            last += 1
            near = np.append(near[1:], times[last])
        first = _rising_from(times, sizes, run, earlier + 1)
        yield np.concatenate(
            (np.arange(first, run[0]), run, np.arange(run[-1] + 1, last + 1))
        ).astype(np.intp)
        earlier = last


def _rising_from(times: Array, sizes: Array, run: Index, earliest: int) -> int:
    """Return the crest with which a run rises: one of the two before it, or its own first."""
    period = float(np.median(np.diff(times[run[:_NEAR]])))
    first = int(run[0])
    while first > max(earliest, int(run[0]) - _RISING):
        apart = (times[first] - times[first - 1]) / period
        change = sizes[first - 1] / sizes[first]
        if not (_FIRST[0] <= apart <= _FIRST[1] and _RISE <= change <= 1.0):
            break
        first -= 1
    return first


def _goes_on(times: Array, sizes: Array, last: int, period: float) -> bool:
    """Return whether the crest after the last beat is one more, at its pace and of its size."""
    apart = (times[last + 1] - times[last]) / period
    change = sizes[last + 1] / sizes[last]
    steady = _STEADY[0] <= apart <= _STEADY[1]
    return bool(steady and _ALIKE <= change <= 1 / _ALIKE)
