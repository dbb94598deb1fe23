"""Energy of a long EMG, and the local level that a potential must stand out from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.kernel_statistics import largest, quantile, sort
from features.kernels import kernel
from features.potentials_spec import Finding

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

_IN_CACHE = 2048
"""Samples that are worked on together."""


@dataclass(frozen=True, eq=False)
class Energy:
    """Energy of a signal, shape (n_samples,), and what surrounds each sample.

    ``coarse`` is smoothed over the length of a potential, ``fine`` over less. ``level``
    (n_samples,) is what noise reaches in a block of coarse energy; ``noise`` (n_steps,) is the
    deviation of the signal, every ``step`` samples. Both are robust, local, and NaN where too
    little of the surroundings is there. ``lags`` (2,) are those of the Teager-Kaiser energy, in
    samples.
    """

    coarse: Array
    fine: Array
    level: Array
    noise: Array
    step: int
    lags: Index


def energy_of(samples: Array, missing: Mask, rate_hz: float, spec: Finding) -> Energy:
    """Return the energy of a conditioned signal.

    Parameters
    ----------
    samples : ndarray, shape (n_samples,)
        The first one lies at a multiple of ``step_s`` from the start of the recording.
    missing : ndarray, shape (n_samples,)
        Where nothing was recorded.
    """
    lags = np.array([max(1, round(lag * rate_hz)) for lag in spec.lags_s])
    raw = _teager_kaiser(samples, lags)
    coarse = _smoothed(raw, _hann(spec.smoothing_s, rate_hz))
    fine = _smoothed(raw, _hann(spec.fine_smoothing_s, rate_hz))
    block = round(spec.block_s * rate_hz)
    step = round(spec.step_s / spec.block_s)
    around = round(spec.around_s / spec.block_s)
    maxima, power = _blocks(coarse, samples, missing, block)
    least = max(1, round(spec.least_share * 2 * around))
    level, noise = _levels(maxima, power, step, around, least, spec.silence)
    every = step * block
    return Energy(coarse, fine, _linear_between(level, every, len(samples)), noise, every, lags)


def _hann(half_s: float, rate_hz: float) -> Array:
    half = max(1, round(half_s * rate_hz))
    taper = 0.5 + 0.5 * np.cos(np.pi * np.arange(1 - half, half) / half)
    weights: Array = taper / taper.sum()
    return weights


def _teager_kaiser(x: Array, lags: Index) -> Array:
    """Return the sum of the energies at some lags; 0 where a neighbour is missing."""
    reach = int(lags.max())
    result = np.zeros(len(x))
    inner = slice(reach, len(x) - reach)
    for lag in lags:
        before = x[reach - lag : len(x) - reach - lag]
        after = x[reach + lag : len(x) - reach + lag]
        result[inner] += x[inner] ** 2 - before * after
    return result


@kernel
def _smoothed(x: Array, weights: Array) -> Array:  # pragma: no cover (compiled)
    """Return the weighted sum of each sample's neighbours, no less than 0.

    Each sum is taken in one order, whatever lies around: where a stretch begins changes nothing.
    """
    n = len(x)
    half = len(weights) // 2
    result = np.zeros(n)
    for first in range(0, n, _IN_CACHE):
        last = min(first + _IN_CACHE, n)
        for k in range(len(weights)):
            shift = k - half
            begin = max(first, -shift)
            end = max(begin, min(last, n - shift))
            # Of slices a compiler knows that no index is negative, and takes several at a time.
            sums, values = result[begin:end], x[begin + shift : end + shift]
            for t in range(len(sums)):
                sums[t] += weights[k] * values[t]
        for t in range(first, last):
            result[t] = max(result[t], 0.0)
    return result


def _blocks(energy: Array, x: Array, missing: Mask, length: int) -> tuple[Array, Array]:
    """Return highest energy and mean square of each whole block; NaN where any of it is missing."""
    n_blocks = len(x) // length
    whole, shape = slice(n_blocks * length), (n_blocks, length)
    gone = missing[whole].reshape(shape).any(axis=1)
    highest = np.where(gone, np.nan, energy[whole].reshape(shape).max(axis=1))
    power = np.where(gone, np.nan, (x[whole] ** 2).reshape(shape).mean(axis=1))
    return highest, power


@kernel
def _levels(
    highest: Array, power: Array, step: int, around: int, least: int, silence: float
) -> tuple[Array, Array]:  # pragma: no cover (compiled)
    """Return level and deviation every ``step`` blocks, NaN where fewer than ``least`` are there.

    ``around`` blocks before and after each place are looked at.
    """
    n = len(highest)
    n_places = n // step + 2
    level, deviation = np.full(n_places, np.nan), np.full(n_places, np.nan)
    tops, squares = np.empty(2 * around), np.empty(2 * around)
    for i in range(n_places):
        count = 0
        for b in range(max(0, i * step - around), min(n, i * step + around)):
            if not np.isnan(highest[b]):
                tops[count] = highest[b]
                squares[count] = power[b]
                count += 1
        if count < least:
            continue
        sort(tops[:count])
        sort(squares[:count])
        level[i] = max(quantile(tops[:count], 0.5), silence * largest(tops[:count]))
        deviation[i] = np.sqrt(quantile(squares[:count], 0.5))
    return level, deviation


def _linear_between(values: Array, step: int, n: int) -> Array:
    """Return values at every sample from those at every ``step``-th; NaN where both are."""
    left = np.where(np.isnan(values[:-1]), values[1:], values[:-1])
    right = np.where(np.isnan(values[1:]), left, values[1:])
    share = np.arange(step) / step
    between: Array = left[:, None] + share * (right - left)[:, None]
    return between.reshape(-1)[:n]
