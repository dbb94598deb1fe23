"""Cycles: the common ground of all rhythms, each cycle with a length and a size of its own."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from training.simulate.activity import Stretches
from training.simulate.waves import minimum_jerk

Array = NDArray[np.float64]

_TO_80_PERCENT = 0.673
"""Share of a minimum-jerk path's time after which 80 % of the way are done."""


@dataclass(frozen=True, eq=False)
class Cycles:
    """Cycles of a rhythm: ``starts_s`` (n_cycles + 1,) ends with the end of the last.

    ``sizes`` (n_cycles,) are relative to the rhythm's full size.
    """

    starts_s: Array
    sizes: Array

    @property
    def stretch(self) -> tuple[float, float]:
        """Start and end in seconds."""
        return float(self.starts_s[0]), float(self.starts_s[-1])

    @property
    def period_s(self) -> float:
        """Mean length of a cycle."""
        return float(np.mean(np.diff(self.starts_s)))

    def phase(self, times_s: Array) -> Array:
        """Return the phase in cycles, rising smoothly by one a cycle, held outside."""
        inside = np.clip(times_s, self.starts_s[0], self.starts_s[-1])
        phase: Array = self._counted(inside)
        return phase

    @cached_property
    def _counted(self) -> PchipInterpolator:
        return PchipInterpolator(self.starts_s, np.arange(len(self.starts_s), dtype=np.float64))

    def envelope(self, times_s: Array, rise_cycles: float) -> Array:
        """Return the size over time, zero outside.

        It has 80 % of its size after ``rise_cycles``, and loses it as fast at the end.
        """
        middles = (self.starts_s[:-1] + self.starts_s[1:]) / 2
        size = np.interp(times_s, middles, self.sizes)
        start, end = self.stretch
        ramp = max(rise_cycles * self.period_s, 1e-3) / _TO_80_PERCENT
        rise = minimum_jerk((times_s - start) / ramp)
        fall = minimum_jerk((end - times_s) / ramp)
        envelope: Array = size * rise * fall
        return envelope


def stretches_inside(runs: Iterable[Cycles], duration_s: float) -> Stretches:
    """Return the stretches of runs, cut to the recording."""
    cut = ((max(a, 0.0), min(b, duration_s)) for a, b in (run.stretch for run in runs))
    return tuple((a, b) for a, b in cut if b > a)


def starts_inside(runs: Iterable[Cycles], duration_s: float) -> Array:
    """Return the starts of all cycles that begin within the recording."""
    starts = np.concatenate([np.zeros(0), *(run.starts_s[:-1] for run in runs)])
    inside: Array = starts[(starts >= 0) & (starts < duration_s)]
    return inside
