"""What repeats: shapes that are alike, regular trains of them, and how common each is.

Two potentials of one motor unit differ by noise, of which the level is known, and by a small part
of their own energy. So the energy of their difference, at the best lag, is compared with both.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from features.kernel_statistics import median
from features.kernels import kernel
from features.potentials_spec import Repeating

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

MOST_SHAPES: Final = 64
"""Shapes that are remembered: a muscle shows up to nine units at once (Sleutjes 2016)."""

_SLOWEST_CHANGE: Final = 50.0
"""A shape follows its members with a weight of one in so many at the least."""


@kernel
def _between_samples(
    before: float, at: float, after: float
) -> float:  # pragma: no cover (compiled)
    """Return the lowest point of the parabola through three values, the middle one the lowest."""
    bend = before + after - 2.0 * at
    return max(0.0, at - (after - before) ** 2 / (8.0 * bend)) if bend > 0 else at


@kernel
def _difference(
    a: Array, b: Array, noise_power: float, lag: int, share: float, margin: float
) -> tuple[float, int]:  # pragma: no cover (compiled)
    """Return how different two shapes are at their best lag, and that lag of ``b`` in samples.

    Below 1 they are alike. ``noise_power`` is the sum of both variances. The best lag may lie
    between samples, where a parabola tells the difference: a unit does not wait for the converter.
    """
    n = len(a) - 2 * lag
    best = np.inf
    at = 0
    aa = 0.0
    for t in range(lag, lag + n):
        aa += a[t] * a[t]
    before = last = np.inf
    for k in range(-lag, lag + 1):
        bb = apart = 0.0
        for t in range(lag, lag + n):
            bb += b[t + k] * b[t + k]
            apart += (a[t] - b[t + k]) ** 2
        allowed = share * np.sqrt(aa * bb) + margin * n * noise_power
        allowed = min(allowed, 0.5 * (aa + bb))  # what has nothing in common differs by the sum
        now = apart / allowed if allowed > 0 else np.inf
        if now < best:
            best, at = now, k
        if last <= before and last <= now and before < np.inf and now < np.inf:
            lowest = _between_samples(before, last, now)
            if lowest < best:
                best, at = lowest, k - 1
        before, last = last, now
    return best, at


@kernel
def _in_trains(
    peak: Index,
    shapes: Array,
    noise: Array,
    lengths: Index,
    alikeness: Array,
    trains: Array,
) -> Mask:  # pragma: no cover (compiled)
    """Tell which potentials are members of a regular train of alike ones.

    ``lengths`` are the largest lag and the reach of a train, in samples; ``alikeness`` the share
    and the noise of a difference; ``trains`` (n_trains, 3) the members, the tolerance and the
    slowest period of each kind of train.
    """
    lag, around = lengths
    share, margin = alikeness
    n = len(peak)
    result = np.zeros(n, dtype=np.bool_)
    alike = np.empty(n, dtype=np.int64)
    earliest = 0
    for i in range(n):
        while peak[earliest] < peak[i] - around:
            earliest += 1
        count = 0
        own = 0
        j = earliest
        while j < n and peak[j] <= peak[i] + around:
            power = noise[i] ** 2 + noise[j] ** 2
            if j == i:
                own = count
            if j == i or _difference(shapes[i], shapes[j], power, lag, share, margin)[0] < 1.0:
                alike[count] = peak[j]
                count += 1
            j += 1
        for least, tolerance, slowest in trains:
            members = int(least)
            for first in range(max(0, own - members + 1), min(own, count - members) + 1):
                if _is_regular(alike[first : first + members], tolerance, slowest):
                    result[i] = True
    return result


@kernel
def _is_regular(
    times: Index, tolerance: float, slowest: float
) -> bool:  # pragma: no cover (compiled)
    """Tell whether times are those of a train in which one member may be missing."""
    intervals = np.empty(len(times) - 1)
    for k in range(len(intervals)):
        intervals[k] = times[k + 1] - times[k]
    period = median(intervals)
    if period > slowest:
        return False
    missed = 0
    for interval in intervals:
        if abs(interval - period) <= tolerance * period:
            continue
        missed += 1
        if interval > (2.0 + tolerance) * period or missed > 1:
            return False
    return True


def in_trains(
    peak: Index, shapes: Array, noise: Array, lag: int, rate_hz: float, spec: Repeating
) -> Mask:
    """Tell which potentials are members of a regular train of alike ones, shape (n_potentials,).

    Parameters
    ----------
    peak, noise : ndarray, shape (n_potentials,)
        Place, and deviation of the noise around.
    shapes : ndarray, shape (n_potentials, n_samples)
        With ``lag`` samples at either end that are compared at other lags only.
    """
    trains = [
        (train.least, train.tolerance, train.slowest_s * rate_hz)
        for train in (spec.steady, spec.held)
    ]
    lengths = np.array([lag, round(spec.around_s * rate_hz)])
    alikeness = np.array([spec.share, spec.noise_margin])
    return _in_trains(peak, shapes, noise, lengths, alikeness, np.array(trains))


def like_some(
    peak: Index, shapes: Array, noise: Array, some: Mask, lag: int, rate_hz: float, spec: Repeating
) -> Mask:
    """Tell which potentials are among some or like one of those around, shape (n_potentials,).

    Parameters
    ----------
    peak, shapes, noise : ndarray
        As for :func:`in_trains`.
    """
    lengths = np.array([lag, round(spec.around_s * rate_hz)])
    return _like_some(peak, shapes, noise, some, lengths, np.array([spec.share, spec.noise_margin]))


@kernel
def _like_some(
    peak: Index, shapes: Array, noise: Array, some: Mask, lengths: Index, alikeness: Array
) -> Mask:  # pragma: no cover (compiled)
    lag, around = lengths
    share, margin = alikeness
    result = some.copy()
    earliest = 0
    for i in range(len(peak)):
        while peak[earliest] < peak[i] - around:
            earliest += 1
        j = earliest
        while not result[i] and j < len(peak) and peak[j] <= peak[i] + around:
            power = noise[i] ** 2 + noise[j] ** 2
            if some[j]:
                unlike = _difference(shapes[i], shapes[j], power, lag, share, margin)[0]
                result[i] = unlike < 1.0
            j += 1
    return result


@kernel
def _nearest(
    shape: Array,
    noise: float,
    known: Array,
    known_power: Array,
    lag: int,
    share: float,
    margin: float,
) -> tuple[int, int, float]:  # pragma: no cover (compiled)
    """Return the known shape that differs least, the lag of ``shape``, and the difference."""
    which = at = 0
    best = np.inf
    for i in range(len(known)):
        power = noise * noise + known_power[i]
        found, k = _difference(known[i], shape, power, lag, share, margin)
        if found < best:
            which, at, best = i, k, found
    return which, at, best


class Shapes:
    """The shapes met so far, each the running mean of potentials that were alike.

    Template matching as SPiQE and its kin do it, made for one pass over days of signal: memory is
    bounded, so that of more than :data:`MOST_SHAPES` shapes the one that was met longest ago is
    forgotten. What was counted stays counted.
    """

    def __init__(self, lag: int, spec: Repeating) -> None:
        self._lag = lag
        self._spec = spec
        self._known: Array = np.zeros((0, 0))
        self._power: Array = np.zeros(0)
        self._number: list[int] = []
        self._met: list[int] = []
        self._total = 0
        self.counts: list[int] = []

    def add(self, shape: Array, noise: float) -> int:
        """Return the number of the shape that a potential is of, a new one if it is like none."""
        self._total += 1
        if len(self._number) > 0:
            spec = self._spec
            which, at, difference = _nearest(
                shape, noise, self._known, self._power, self._lag, spec.share, spec.noise_margin
            )
            if difference < 1.0:
                return self._joined(which, _moved(shape, at), noise)
        return self._begun(shape, noise)

    def _joined(self, which: int, shape: Array, noise: float) -> int:
        number = self._number[which]
        self.counts[number] += 1
        self._met[which] = self._total
        weight = 1.0 / min(self.counts[number], _SLOWEST_CHANGE)
        self._known[which] += weight * (shape - self._known[which])
        self._power[which] = (1 - weight) ** 2 * self._power[which] + (weight * noise) ** 2
        return number

    def _begun(self, shape: Array, noise: float) -> int:
        number = len(self.counts)
        self.counts.append(1)
        if len(self._number) < MOST_SHAPES:
            place = len(self._number)
            self._known = np.vstack((self._known.reshape(-1, len(shape)), shape))
            self._power = np.append(self._power, 0.0)
            self._number.append(number)
            self._met.append(0)
        else:
            place = self._met.index(min(self._met))
        self._known[place] = shape
        self._power[place] = noise * noise
        self._number[place] = number
        self._met[place] = self._total
        return number

    def by_commonness(self) -> list[int]:
        """Return the place of each number among all, the commonest first, then the earliest."""
        order = sorted(range(len(self.counts)), key=lambda number: -self.counts[number])
        places = [0] * len(order)
        for place, number in enumerate(order):
            places[number] = place
        return places


def _moved(shape: Array, by: int) -> Array:
    """Return a shape that begins so many samples later, its end samples repeated."""
    moved: Array = shape[np.clip(np.arange(len(shape)) + by, 0, len(shape) - 1)]
    return moved
