"""Groups of potentials: what fires three times or more in a row is no fasciculation."""

import numpy as np
from numpy.typing import NDArray

from features.kernels import kernel
from features.potentials_repeats import like_some
from features.potentials_spec import Repeating

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]


def in_groups(
    peak: Index,
    amplitude: Array,
    shapes: Array,
    noise: Array,
    lag: int,
    rate_hz: float,
    spec: Repeating,
) -> Mask:
    """Tell which potentials are in groups, or like one that is, where groups prevail.

    Parameters
    ----------
    peak, amplitude : ndarray, shape (n_potentials,)
        Potentials are counted with those of a similar amplitude.
    shapes, noise : ndarray
        As for :func:`~features.potentials_repeats.in_trains`.
    """
    close, around = round(spec.group_s * rate_hz), round(spec.around_s * rate_hz)
    everything = np.ones(len(peak), dtype=np.bool_)
    grouped = _similar_within(peak, amplitude, everything, close, spec.group_ratio) > 2
    count = _similar_within(peak, amplitude, everything, around, spec.group_ratio)
    in_group = _similar_within(peak, amplitude, grouped, around, spec.group_ratio)
    prevailing: Mask = in_group >= spec.group_share * count
    prevailing &= count >= spec.group_least
    return prevailing & like_some(peak, shapes, noise, grouped, lag, rate_hz, spec)


@kernel
def _similar_within(
    peak: Index, amplitude: Array, counted: Mask, distance: int, ratio: float
) -> Index:  # pragma: no cover (compiled)
    """Return how many of those counted lie within a distance of each and are about as large."""
    n = len(peak)
    result = np.zeros(n, dtype=np.int64)
    earliest = 0
    for i in range(n):
        while peak[earliest] < peak[i] - distance:
            earliest += 1
        j = earliest
        while j < n and peak[j] <= peak[i] + distance:
            low, high = min(amplitude[i], amplitude[j]), max(amplitude[i], amplitude[j])
            result[i] += counted[j] and high <= ratio * low
            j += 1
    return result
