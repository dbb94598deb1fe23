"""Lost samples: which long intervals between times are losses, and which a host that was late.

A time that a host writes beside a sample is the time at which it came, and it may come late: after
an interval that is too long others follow that are too short, until the samples are as late as they
were. After a loss they stay late. So an interval is judged by how late the samples around it are at
the least, which no single late one changes, and by how late they are in the middle, which no single
early one does.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from features.kernels import kernel

Array = NDArray[np.float64]
Counts = NDArray[np.int32]

_LOSS: Final = 1.5
"""Intervals up to so many periods lose nothing."""

_AROUND: Final = 32
"""So many samples on either side say how late they are."""
_CATCHING_UP: Final = 2.0
"""After an interval, samples may take up to so many times its length to come in time again."""
_FARTHEST: Final = 1024

_UNREST: Final = 99.0
_BEYOND_UNREST: Final = 1.5
"""A loss makes samples later, never earlier. How much earlier some dozen samples are than those
before them, at this percentile, is what a host's times do by themselves; a loss is more by this."""


def lost_samples(place: Array) -> Counts:
    """Return how many samples were lost between each sample and the next.

    Parameters
    ----------
    place : ndarray, shape (n_rows,)
        Times in periods of the sensor.

    Returns
    -------
    lost : ndarray, shape (n_rows - 1,)
    """
    later = np.diff(_least_late(place))
    if len(later) == 0:
        return _losses(place, 1.0, _LOSS - 1.0)
    # A first guess at the period is a little wrong, which makes every block alike later or earlier.
    usual = float(np.median(later))
    earlier = np.append(usual - later[later < usual], 0.0)
    unrest = float(np.percentile(earlier, _UNREST))
    return _losses(place, 1.0 + usual / _AROUND, max(_LOSS - 1.0, _BEYOND_UNREST * unrest))


@kernel
def _least_late(place: Array) -> Array:  # pragma: no cover (compiled)
    """Return how late the earliest of each block of samples is, in samples."""
    least = np.full((len(place) - 1) // _AROUND + 1, np.inf)
    for i in range(len(place)):
        least[i // _AROUND] = min(least[i // _AROUND], place[i] - i)
    return least


@kernel
def _losses(place: Array, period: float, least: float) -> Counts:  # pragma: no cover (compiled)
    """Return the lost samples; after a loss all others are later by at least so many periods."""
    lost = np.zeros(len(place) - 1, dtype=np.int32)
    before, after = np.empty((2, _AROUND))
    for i in range(len(place) - 1):
        interval = (place[i + 1] - place[i]) / period
        if interval <= _LOSS:
            continue
        reach = _AROUND + int(min(_CATCHING_UP * interval, _FARTHEST))
        known = 0
        lowest = 0.0
        for back in range(min(reach, i + 1)):
            known += lost[i - back] if back > 0 else 0
            late = (place[i - back] - place[i]) / period + back + known
            lowest = min(lowest, late)
            if back < _AROUND:
                before[back] = late
        later = interval - 1.0
        for ahead in range(min(reach, len(lost) - i)):
            late = (place[i + 1 + ahead] - place[i]) / period - 1.0 - ahead
            later = min(later, late)
            if ahead < _AROUND:
                after[ahead] = late
            if later - lowest <= least:
                break
        if later - lowest <= least:
            continue
        middle = np.median(after[: min(_AROUND, len(lost) - i)])
        if middle - np.median(before[: min(_AROUND, i + 1)]) > least:
            lost[i] = int(np.rint(later - lowest))
    return lost


@kernel
def periods_of(place: Array, lost: Counts, gap: int) -> float:  # pragma: no cover (compiled)
    """Return the sensor's period, in units of ``place``, by least squares; NaN if none is told.

    Every run of samples without a gap has a line of its own: a recording that was paused need not
    go on after a whole number of periods.

    Parameters
    ----------
    lost : ndarray, shape (n_rows - 1,)
    gap : int
        From so many lost samples on there is a gap.
    """
    squares, products = 0.0, 0.0
    start = 0
    while start < len(place):
        n, slot, at = 1, 0.0, place[start]
        slots, places = 0.0, 0.0
        own_squares, own_products = 0.0, 0.0
        row = start + 1
        while row < len(place) and lost[row - 1] < gap:
            slot += 1.0 + lost[row - 1]
            slots += slot
            places += place[row] - at
            own_squares += slot * slot
            own_products += slot * (place[row] - at)
            n += 1
            row += 1
        squares += own_squares - slots * slots / n
        products += own_products - slots * places / n
        start = row
    return products / squares if squares > 0.0 else np.nan
