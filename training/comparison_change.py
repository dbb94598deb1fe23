"""Change: a figure of two models, with an interval where there are subjects enough for one."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.evaluate import limits

Array = NDArray[np.float64]

FEWEST: Final = 6
"""Subjects of whom a set tells anything beyond doubt.

Of two models that are as good as one another, one is ahead for all of five subjects in 1 of 16
comparisons, for all of six in 1 of 32; and few subjects drawn anew vary too little.
"""


@dataclass(frozen=True)
class Change:
    """A figure of two models, and its difference with a 95 % interval over subjects.

    Limits are NaN where there are too few subjects for any.
    """

    before: float
    after: float
    difference: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.difference:+.3f} ({self.interval})"

    @property
    def interval(self) -> str:
        """Return the limits as a person reads them."""
        if math.isnan(self.low):
            return "no interval"
        return f"{self.low:+.3f} to {self.high:+.3f}"

    @property
    def certain(self) -> int:
        """Return 1 when the figure has risen beyond doubt, -1 when it has fallen, else 0."""
        return int(self.low > 0) - int(self.high < 0)


def change_of(first: Array, second: Array, n_groups: int) -> Change:
    """Return a change from values of which the first is of everybody."""
    apart = second - first
    low, high = limits(apart[1:]) if n_groups >= FEWEST else (math.nan, math.nan)
    return Change(float(first[0]), float(second[0]), float(apart[0]), low, high)


def points(change: Change) -> str:
    """Return a change of a share as points of a hundred, with its limits."""
    difference, low, high = (100 * v for v in (change.difference, change.low, change.high))
    return f"{difference:+.1f}" + ("" if math.isnan(low) else f" ({low:+.1f} to {high:+.1f})")


_SAID: Final[Mapping[tuple[int, int], str]] = {
    (1, 1): "answers more than, but also errs more than,",
    (1, 0): "is better than",
    (1, -1): "is better than",
    (0, 1): "is worse than",
    (0, 0): "cannot be told from",
    (0, -1): "is better than",
    (-1, 1): "is worse than",
    (-1, 0): "is worse than",
    (-1, -1): "answers less than, but also errs less than,",
}
"""By whether right and wrong answers have risen."""


def said(right: Change, wrong: Change) -> str:
    """Return what is certain of right and wrong answers in words."""
    return _SAID[right.certain, wrong.certain]
