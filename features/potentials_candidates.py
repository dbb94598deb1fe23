"""Candidates: what stands out of the noise around it, told apart and measured.

A candidate is a run of energy above the lower threshold that passes the upper one somewhere. Where
its fine energy has several peaks with a valley between, each part that passes the upper threshold
is a candidate of its own: the potentials of a doublet. Faint candidates, which are too small for
potentials, are kept for what they say of others.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.kernels import kernel
from features.potentials_energy import Energy
from features.potentials_spec import PotentialSpec

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_MOST_PEAKS = 64
"""Peaks of one run that are kept apart; a run with more is activity."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """What stands out, in order of time; arrays of shape (n_candidates,).

    ``peak`` is the sample of the largest size, ``start`` and ``stop`` (exclusive) are the
    potential's own foot, ``amplitude`` is peak to peak between them, ``strength`` the highest
    energy over the level, ``noise`` the deviation of the signal around.
    """

    peak: Index
    start: Index
    stop: Index
    amplitude: Array
    strength: Array
    noise: Array

    def __len__(self) -> int:
        return len(self.peak)


def find_candidates(
    samples: Array, energy: Energy, rate_hz: float, spec: PotentialSpec
) -> Candidates:
    """Return what stands out of a conditioned signal, shape (n_samples,)."""
    finding, separating, measuring = spec.finding, spec.separating, spec.measuring
    first, end = _runs(energy.coarse, energy.level, finding.faint_ratio, finding.off_ratio)
    parts = _parts(
        samples,
        energy.fine,
        first,
        end,
        np.array([separating.smallest, separating.valley, separating.repeat_correlation]),
        np.array(
            [
                round(seconds * rate_hz)
                for seconds in (
                    separating.apart_s,
                    separating.repeated_s,
                    separating.compared_s,
                )
            ]
        ),
    )
    strength = _strengths(energy.coarse, energy.level, parts)
    clear = strength > finding.faint_ratio
    first, end = np.ascontiguousarray(parts[clear].T)
    place = first // energy.step
    noise = energy.noise[place]
    noise = np.where(np.isnan(noise), energy.noise[place + 1], noise)
    peak, start, stop, amplitude = _measured(
        samples,
        first,
        end,
        noise,
        measuring.foot,
        measuring.foot_noise,
        round(measuring.pause_s * rate_hz),
    )
    return Candidates(peak, start, stop, amplitude, strength[clear], noise)


@kernel
def _runs(
    energy: Array, level: Array, upper: float, lower: float
) -> tuple[Index, Index]:  # pragma: no cover (compiled)
    """Return first and end of runs above the lower threshold that pass the upper one."""
    n = len(energy)
    first, end = np.empty(n // 2 + 1, dtype=np.int64), np.empty(n // 2 + 1, dtype=np.int64)
    count = 0
    t = 0
    while t < n:
        if not energy[t] > lower * level[t]:
            t += 1
            continue
        start = t
        highest = 0.0
        while t < n and energy[t] > lower * level[t]:
            highest = max(highest, energy[t] / level[t])
            t += 1
        if highest > upper:
            first[count], end[count] = start, t
            count += 1
    return first[:count].copy(), end[:count].copy()


def _strengths(energy: Array, level: Array, parts: Index) -> Array:
    """Return how far each part, shape (n_parts, 2), exceeds the level at the most."""
    return np.array([float(np.max(energy[a:b] / level[a:b])) for a, b in parts])


@kernel
def _is_repeated(
    x: Array, begin: int, valley: int, end: int, lags: Index, correlation: float
) -> bool:  # pragma: no cover (compiled)
    """Tell whether what lies before a valley comes again after it, in about the same size.

    ``lags`` are the shortest and the longest after which it may, and how much of it is looked at.
    """
    shortest, longest, length = lags
    first = max(begin, valley - length)
    for lag in range(shortest, min(longest, end - valley) + 1):
        ab = aa = bb = 0.0
        for t in range(first, valley):
            ab += x[t] * x[t + lag]
            aa += x[t] * x[t]
            bb += x[t + lag] * x[t + lag]
        if ab >= correlation * np.sqrt(aa * bb) and ab > 0 and aa < 4.0 * bb and bb < 4.0 * aa:
            return True
    return False


@kernel
def _are_two(
    x: Array,
    fine: Array,
    run: tuple[int, int],
    places: tuple[int, int, int],
    shares: Array,
    lags: Index,
) -> bool:  # pragma: no cover (compiled)
    """Tell whether two peaks of what is left of a run are two potentials.

    ``places`` are the first peak, the valley and the second peak.
    """
    (begin, end), (peak, lowest, other) = run, places
    _, valley, correlation = shares
    apart, repeated = lags[0], lags[1]
    if other - peak < apart or not fine[lowest] < valley * min(fine[peak], fine[other]):
        return False
    return other - peak >= repeated or _is_repeated(x, begin, lowest, end, lags, correlation)


@kernel
def _parts(
    x: Array, fine: Array, first: Index, end: Index, shares: Array, lags: Index
) -> Index:  # pragma: no cover (compiled)
    """Return first and end of each part of the runs, shape (n_parts, 2).

    ``shares`` are the smallest second peak, the depth of a valley and the correlation of what is
    repeated; ``lags`` the least distance, that from which on nothing need be repeated, and how much
    is compared.
    """
    result = np.empty((_MOST_PEAKS * len(first), 2), dtype=np.int64)
    count = 0
    for run in range(len(first)):
        highest = 0.0
        for t in range(first[run], end[run]):
            highest = max(highest, fine[t])
        begin = peak = lowest = first[run]
        n_peaks = 0
        for t in range(first[run] + 1, end[run] - 1):
            if fine[t] < fine[lowest]:
                lowest = t
            rises = fine[t] >= shares[0] * highest and fine[t] > fine[t - 1]
            if not (rises and fine[t] >= fine[t + 1]):
                continue
            if n_peaks == 0:
                peak = lowest = t
                n_peaks = 1
            elif n_peaks < _MOST_PEAKS and _are_two(
                x, fine, (begin, end[run]), (peak, lowest, t), shares, lags
            ):
                result[count, 0], result[count, 1] = begin, lowest
                count += 1
                n_peaks += 1
                begin = lowest
                peak = lowest = t
            elif fine[t] > fine[peak]:
                peak = lowest = t
        result[count, 0], result[count, 1] = begin, end[run]
        count += 1
    return result[:count].copy()


@kernel
def _measured(
    x: Array,
    first: Index,
    end: Index,
    noise: Array,
    foot: float,
    foot_noise: float,
    pause: int,
) -> tuple[Index, Index, Index, Array]:  # pragma: no cover (compiled)
    """Return peak, foot (start and stop) and peak-to-peak amplitude of each potential."""
    n = len(first)
    peak, start = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    stop, amplitude = np.empty(n, dtype=np.int64), np.empty(n)
    for i in range(n):
        at = first[i]
        for t in range(first[i], end[i]):
            if abs(x[t]) > abs(x[at]):
                at = t
        least = max(foot * abs(x[at]), foot_noise * noise[i])
        left = right = at
        t = at
        while t >= first[i] and left - t <= pause:
            if abs(x[t]) >= least:
                left = t
            t -= 1
        t = at
        while t < end[i] and t - right <= pause:
            if abs(x[t]) >= least:
                right = t
            t += 1
        low = high = x[at]
        for t in range(left, right + 1):
            low, high = min(low, x[t]), max(high, x[t])
        peak[i], start[i], stop[i], amplitude[i] = at, left, right + 1, high - low
    return peak, start, stop, amplitude
