"""The heart in a long EMG, where it is small and much else is there.

A row of alike potentials one after the other (:mod:`features.potentials_repeats`) is broken by one
beat that noise hides and by one event between two. Here a candidate is a matched filter for its own
like, which finds beats far below the noise; where that answers, a chain leads from beat to beat,
forth and back. A step may miss; what counts is how unlikely so many hits are by chance, given how
much of the time is close to an answer. Narrow steps make a steady heart known by few beats, wide
ones follow a heart that follows the breath.
"""

import numpy as np
from numpy.typing import NDArray

from features.kernels import kernel
from features.potentials_spec import Heart

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

_MOST_MISSED = 2
"""A chain ends after more misses in a row."""
_MOST_STEPS = 64
"""Steps of a chain to one side at the most."""


def in_heartbeats(x: Array, peak: Index, amplitude: Array, rate_hz: float, spec: Heart) -> Mask:
    """Tell which candidates are beats of a heart, or come with one, shape (n_candidates,).

    Parameters
    ----------
    x : ndarray, shape (n_samples,)
        Conditioned signal.
    peak, amplitude : ndarray, shape (n_candidates,)
        In order of time.
    """
    lengths_s = (spec.half_s, spec.around_s, spec.gap_s, spec.before_s, spec.after_s)
    lengths = np.array([round(length_s * rate_hz) for length_s in lengths_s])
    alike = np.array([spec.least, spec.correlation, spec.ratio])
    likely = np.array([spec.share, spec.chance, spec.fewest - 1])
    paces = np.array(
        [
            (spec.fastest_s * rate_hz, spec.slowest_s * rate_hz, tolerance)
            for tolerance in spec.tolerances
        ]
    )
    return _in_heartbeats(x, peak, amplitude, lengths, alike, paces, likely)


@kernel
def _in_heartbeats(
    x: Array,
    peak: Index,
    amplitude: Array,
    lengths: Index,
    alike: Array,
    paces: Array,
    likely: Array,
) -> Mask:  # pragma: no cover (compiled)
    half, around, gap, before, after = lengths
    power = _powers(x, half)
    result = np.zeros(len(peak), dtype=np.bool_)
    members = np.empty(2 * _MOST_STEPS + 1, dtype=np.int64)
    for i in range(len(peak)):
        first, last = max(half, peak[i] - around), min(len(x) - half, peak[i] + around)
        if not first < peak[i] < last - 1:
            continue
        beats, at = _answers(x, power, peak[i], (first, last), (half, gap), alike)
        for fastest, slowest, tolerance in paces:
            for other in beats:
                if not fastest <= abs(other - at) <= slowest:
                    continue
                period = float(other - at)
                for k in range(
                    _surest(beats, at, period, tolerance, (first, last), likely, members)
                ):
                    j = np.searchsorted(peak, members[k] - before)
                    while j < len(peak) and peak[j] <= members[k] + after:
                        result[j] |= amplitude[j] <= alike[2] * amplitude[i]
                        j += 1
    return result


@kernel
def _powers(x: Array, half: int) -> Array:  # pragma: no cover (compiled)
    """Return the power of the piece around each sample, 0 where it would leave the signal.

    Each is summed by itself, so that it does not depend on where the signal begins.
    """
    power = np.zeros(len(x))
    for k in range(-half, half + 1):
        for t in range(half, len(x) - half):
            power[t] += x[t + k] * x[t + k]
    return power


@kernel
def _answers(
    x: Array,
    power: Array,
    at: int,
    reach: tuple[int, int],
    lengths: tuple[int, int],
    alike: Array,
) -> tuple[Index, int]:  # pragma: no cover (compiled)
    """Return where the like of a piece begins to be, in order, and where its own is.

    What is closer than a gap to the one before belongs to it: a beat has several spikes.
    """
    (first, last), (half, gap) = reach, lengths
    least, correlation = alike[0], alike[1]
    n = last - first
    own = power[at]
    product = _products(x, power, at, reach, half, alike)
    found = np.empty(n // 2 + 1, dtype=np.int64)
    count = 0
    latest = first - gap
    itself = at
    for t in range(1, n - 1):
        is_top = product[t] >= product[t - 1] and product[t] > product[t + 1]
        # Not much smaller, not much larger, and of the same shape.
        alike_size = least * own <= product[t] and least * product[t] <= own
        if not (
            is_top and alike_size and product[t] >= correlation * np.sqrt(own * power[first + t])
        ):
            continue
        if first + t - latest >= gap:
            found[count] = first + t
            count += 1
        latest = first + t
        if latest <= at:
            itself = found[count - 1]
    return found[:count], itself


@kernel
def _products(
    x: Array, power: Array, at: int, reach: tuple[int, int], half: int, alike: Array
) -> Array:  # pragma: no cover (compiled)
    """Return the product of a piece with each other, 0 where that is too weak or strong to be like.

    By Cauchy and Schwarz no product is larger than the root of both powers, so that those limits on
    it are limits on the other's power. Neighbours of what may be like are told as well.
    """
    first, last = reach
    low = power[at] * alike[0] ** 2
    high = power[at] / (alike[0] * alike[1]) ** 2
    product = np.zeros(last - first)
    t = done = first
    while t < last:
        if not low <= power[t] <= high:
            t += 1
            continue
        start = max(t - 1, done)
        while t < last and low <= power[t] <= high:
            t += 1
        done = min(t + 1, last)
        values = product[start - first : done - first]
        for k in range(-half, half + 1):
            weight, other = x[at + k], x[start + k : start + k + len(values)]
            for i in range(len(values)):
                values[i] += weight * other[i]
    return product


@kernel
def _chain(
    beats: Index, start: int, period: float, tolerance: float, end: int, out: Index
) -> int:  # pragma: no cover (compiled)
    """Step from beat to beat up to an end, back where the period is negative; return the steps.

    ``out`` (2, n_steps) gets the hits so far and the place of each, -1 of a miss.
    """
    hits = missed = steps = 0
    at = float(start)
    while steps < _MOST_STEPS and missed <= _MOST_MISSED:
        following = at + period
        if (period > 0 and following > end) or (period < 0 and following < end):
            break
        k = np.searchsorted(beats, following)
        if k == len(beats) or (k > 0 and following - beats[k - 1] < beats[k] - following):
            k -= 1
        if abs(beats[k] - following) <= tolerance * abs(period):
            hits += 1
            missed = 0
            period = 0.5 * period + 0.5 * (beats[k] - at)
            at = float(beats[k])
        else:
            missed += 1
            at = following
        out[0, steps] = hits
        out[1, steps] = -1 if missed > 0 else beats[k]
        steps += 1
    return steps


@kernel
def _covered(
    beats: Index, reach: float, first: int, last: int
) -> float:  # pragma: no cover (compiled)
    """Return the share of a stretch that lies within reach of a beat: chance of a hit."""
    covered = 0.0
    until = float(first)
    for beat in beats:
        start, stop = max(beat - reach, until), min(beat + reach, float(last))
        if stop > start:
            covered += stop - start
            until = stop
    return covered / (last - first)


@kernel
def _least_likely(
    fore: Index, back: Index, chance: float, likely: Array
) -> tuple[int, int]:  # pragma: no cover (compiled)
    """Return how many steps forth and back are least likely by chance; none where all may be.

    ``fore`` and ``back`` are the hits up to each step.
    """
    share, best, fewest = likely
    steps = (0, 0)
    for a in range(len(fore) + 1):
        for b in range(len(back) + 1):
            hits = (fore[a - 1] if a > 0 else 0) + (back[b - 1] if b > 0 else 0)
            if hits < fewest or hits < share * (a + b):
                continue
            odds = _at_least(hits, a + b, chance)
            if odds < best:
                best, steps = odds, (a, b)
    return steps


@kernel
def _surest(
    beats: Index,
    at: int,
    period: float,
    tolerance: float,
    ends: tuple[int, int],
    likely: Array,
    members: Index,
) -> int:  # pragma: no cover (compiled)
    """Write the beats of the chain that is least likely by chance; return how many, 0 if none is.

    From a beat on it takes some of the steps forth, and some of those back.
    """
    fewest = likely[2]
    fore = np.empty((2, _MOST_STEPS), dtype=np.int64)
    back = np.empty((2, _MOST_STEPS), dtype=np.int64)
    period = abs(period)
    n_fore = _chain(beats, at, period, tolerance, ends[1], fore)
    n_back = _chain(beats, at, -period, tolerance, ends[0], back)
    if (
        fore[0, max(n_fore - 1, 0)] * (n_fore > 0) + back[0, max(n_back - 1, 0)] * (n_back > 0)
        < fewest
    ):
        return 0
    chance = _covered(beats, tolerance * period, ends[0], ends[1])
    steps = _least_likely(fore[0, :n_fore], back[0, :n_back], chance, likely)
    if steps == (0, 0):
        return 0
    members[0] = at
    count = 1
    for each, n in ((fore, steps[0]), (back, steps[1])):
        for k in range(n):
            if each[1, k] >= 0:
                members[count] = each[1, k]
                count += 1
    return count


@kernel
def _at_least(hits: int, steps: int, chance: float) -> float:  # pragma: no cover (compiled)
    """Return the probability of so many hits or more: the tail of a binomial distribution."""
    if chance >= 1.0:
        return 1.0
    term = (1.0 - chance) ** steps
    total = 0.0
    for i in range(steps + 1):
        if i >= hits:
            total += term
        term *= (steps - i) / (i + 1.0) * chance / (1.0 - chance)
    return total
