"""Figures of a table, and the statistics that they are made of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
T = TypeVar("T")

DRAWS = 2000
FEWEST = 3
"""Subjects below which an interval over subjects says nothing."""

HEADER = ("figure", "data", "scheme", "subjects", "n", "value", "95 % interval", "target", "")


@dataclass(frozen=True)
class Figure:
    """One line of the table; ``n`` is what was counted, ``subjects`` whose."""

    what: str
    data: str
    scheme: str
    value: float
    subjects: int | None = None
    n: int | None = None
    interval: tuple[float, float] | None = None
    least: float | None = None
    most: float | None = None

    @property
    def is_met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        if self.least is not None:
            return self.value >= self.least
        return None if self.most is None else self.value <= self.most

    @property
    def cells(self) -> tuple[str, ...]:
        """The line as text."""
        target = "" if self.least is None else f">= {self.least:g}"
        if self.most is not None:
            target = f"<= {self.most:g}"
        return (
            self.what,
            self.data,
            self.scheme,
            _count(self.subjects),
            _count(self.n),
            f"{self.value:.4g}",
            "" if self.interval is None else f"{self.interval[0]:.4g} to {self.interval[1]:.4g}",
            target,
            {None: "", True: "met", False: "short"}[self.is_met],
        )


def _count(number: int | None) -> str:
    return "" if number is None else str(number)


def bootstrap(
    by_subject: Mapping[str, Sequence[T]], statistic: Callable[[Sequence[T]], float]
) -> tuple[float, float] | None:
    """Return the 95 % interval of a statistic, subjects drawn anew with all that is theirs."""
    subjects = [by_subject[name] for name in sorted(by_subject)]
    if len(subjects) < FEWEST:
        return None
    rng = np.random.default_rng(0)
    again = []
    for _ in range(DRAWS):
        drawn = rng.integers(0, len(subjects), len(subjects))
        again.append(statistic([one for k in drawn for one in subjects[k]]))
    low, high = np.nanquantile(again, (0.025, 0.975))
    return float(low), float(high)


def icc(ratings: Array) -> float:
    """Return ICC(2,1): two-way random effects, absolute agreement (Shrout & Fleiss 1979).

    Parameters
    ----------
    ratings : ndarray, shape (n_targets, n_raters)
    """
    n, k = ratings.shape
    if n < 2:
        return float("nan")
    grand = ratings.mean()
    of_targets, of_raters = ratings.mean(axis=1, keepdims=True), ratings.mean(axis=0)
    targets = k * np.square(of_targets - grand).sum() / (n - 1)
    raters = n * np.square(of_raters - grand).sum() / (k - 1)
    error = np.square(ratings - of_targets - of_raters + grand).sum() / ((n - 1) * (k - 1))
    return float((targets - error) / (targets + (k - 1) * error + k * (raters - error) / n))
