"""Run of a rhythm as its samples have it, with exact edges, cycles and size."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_FEWEST_LEFT = 2
"""Cycles of a run that are left beside another one, at the least: one is no rhythm."""


@dataclass(frozen=True)
class Run:
    """A rhythm with its exact edges.

    ``times_s`` are when its cycles begin, or its beats are; ``sizes`` how large it was at each,
    peak to peak in the unit of the source, of motion along its main axis; ``amplitude`` is their
    median.
    """

    start_s: float
    stop_s: float
    dominant_frequency_hz: float
    frequency_spread_hz: float
    cycles: int
    times_s: Array = field(compare=False, repr=False)
    sizes: Array = field(compare=False, repr=False)

    @property
    def amplitude(self) -> float:
        """Size in the middle."""
        return float(np.median(self.sizes))

    def cut(self, start_s: float, stop_s: float) -> "Run | None":
        """Return what of the run lies between two times, None when that is no rhythm.

        Its frequency stays that of all its cycles: fewer of them know it less well.
        """
        kept = (self.times_s >= start_s) & (self.times_s < stop_s)
        cycles = self.cycles - int(np.count_nonzero(~kept))
        if cycles < _FEWEST_LEFT:
            return None
        return replace(
            self,
            start_s=max(start_s, self.start_s),
            stop_s=min(stop_s, self.stop_s),
            cycles=cycles,
            times_s=self.times_s[kept],
            sizes=self.sizes[kept],
        )
