"""What a stimulator leaves in an EMG, taken out before anyone can learn it.

The pulse and its ringing are larger than a weak response and come at a fixed time before it: a
model that sees them learns the stimulator. Silence in their place would be as good a mark, and so
would a straight line through noise. So the stretch is filled with what the same electrodes
recorded a whole number of mains periods earlier: the hum, which is most of the signal of a resting
muscle, runs through unbroken. Of three such stretches the quietest is taken, so that no twitch is
repeated, and a straight line is added that takes away the step at either end.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_CANDIDATES = 3


@dataclass(frozen=True)
class Blank:
    """What is replaced around a stimulus, and the period of the hum to be kept in step.

    Without hum the period is that of one sample.
    """

    before_s: float
    after_s: float
    period_s: float


def blanked(samples: Array, stimuli: Iterable[int], rate_hz: float, blank: Blank) -> Array:
    """Return a copy of samples, shape (n_samples,), in which each stimulus is filled."""
    filled = samples.copy()
    before, after = math.ceil(blank.before_s * rate_hz), math.ceil(blank.after_s * rate_hz)
    periods = math.ceil((before + after) / rate_hz / blank.period_s)
    for stimulus in stimuli:
        start, stop = max(stimulus - before, 0), min(stimulus + after, len(samples) - 1)
        shifts = [
            shift
            for multiple in range(1, _CANDIDATES + 1)
            if (shift := round(multiple * periods * blank.period_s * rate_hz)) < start
        ]
        if shifts:
            _fill(filled, start, stop, shifts)
        else:  # nothing was recorded yet that could be repeated
            filled[start:stop] = np.linspace(filled[start], filled[stop], stop - start)
    return filled


def _fill(samples: Array, start: int, stop: int, shifts: list[int]) -> None:
    """Repeat, in place, the quietest of the earlier stretches, without a step at either end."""
    shift = min(shifts, key=lambda shift: float(np.ptp(samples[start - shift : stop - shift])))
    left = samples[start - 1] - samples[start - 1 - shift]
    right = samples[stop] - samples[stop - shift]
    steps = np.linspace(left, right, stop - start + 2)[1:-1]
    samples[start:stop] = samples[start - shift : stop - shift] + steps
