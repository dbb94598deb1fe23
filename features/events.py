"""Events: brief transients, such as a fasciculation potential or the twitch it causes.

The Teager-Kaiser energy of a signal, x[t]^2 - x[t-1] x[t+1], grows with amplitude and frequency, so
that a sharp potential stands out from movement and drift (Kaiser 1990; Solnik 2008). Its threshold
follows the noise of each window: a multiple of the median energy, which brief events do not move.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.bursts import Bursts, Index, hysteresis, moving_average, row_percentile
from features.kernel_statistics import best_correlation, median
from features.kernels import kernel
from features.spec import Events as EventSpec

Array = NDArray[np.float64]

_MOST_COMPARED = 12
"""Shapes are compared among this many strongest events: pairs grow with the square."""

_FAINT = 0.01
"""An event lasts while its energy exceeds this share of its peak, a tenth in amplitude: measured
against noise, the same potential would last the longer the larger it is."""

_MEDIAN_STRIDE = 4
"""The median is taken over every fourth sample: as good, and spares a full sort."""


@dataclass(frozen=True, eq=False)
class Events:
    """Events of a batch, with what is known of each.

    ``runs`` are the events as :class:`~features.bursts.Bursts`, from where each leaves the noise to
    where it returns; the arrays have shape (n_events,): ``duration_s`` without its faint ends,
    ``amplitude`` peak-to-peak in the signal's unit, ``phases`` the number of its half waves.
    Per window, shape (n_windows,): ``noise``, the deviation of the signal outside events, and
    ``similarity``, the median correlation between the shapes of its strongest events.
    """

    runs: Bursts
    duration_s: Array
    amplitude: Array
    phases: Array
    noise: Array
    similarity: Array


def find_events(samples: Array, trace: Array, rate_hz: float, spec: EventSpec) -> Events:
    """Find the events of each window.

    Parameters
    ----------
    samples : ndarray, shape (n_windows, n_channels, n_samples)
        Where events are sought: their energies are summed over channels.
    trace : ndarray, shape (n_windows, n_samples)
        Where their amplitudes and shapes are taken from.
    """
    energy = teager_kaiser(samples)
    smoothed = moving_average(energy, max(1, round(spec.smoothing_s * rate_hz)))
    usual = row_percentile(smoothed, _MEDIAN_STRIDE, 50.0)
    runs = hysteresis(
        smoothed,
        spec.on_ratio * usual,
        spec.off_ratio * usual,
        rate_hz,
        min_on=max(1, round(spec.minimum_s * rate_hz)),
        min_off=round(spec.merge_s * rate_hz),
    )
    duration_s = _durations(smoothed, runs.window, runs.start, runs.stop, runs.peak) / rate_hz
    half = round(spec.snippet_s * rate_hz)
    amplitude, phases = _describe(trace, runs.window, runs.start, runs.stop)
    similarity = _similarity(trace, runs.first, runs.peak_at, runs.peak, half, half // 3)
    noise = _noise(trace, runs.first, runs.start, runs.stop)
    return Events(runs, duration_s, amplitude, phases, noise, similarity)


@kernel
def teager_kaiser(samples: Array) -> Array:  # pragma: no cover (compiled)
    """Return the magnitude of the Teager-Kaiser energy of vectors.

    Shape (n_windows, n_channels, n_samples) becomes (n_windows, n_samples); the first and last
    sample, which lack a neighbour, repeat theirs. The magnitude is taken of the sum over channels,
    which no turn of the sensor changes, as it would change the magnitude of each.
    """
    n_windows, n_channels, n = samples.shape
    result = np.zeros((n_windows, n))
    for w in range(n_windows):
        energy = result[w]
        for c in range(n_channels):
            x = samples[w, c]
            for t in range(1, n - 1):
                energy[t] += x[t] * x[t] - x[t - 1] * x[t + 1]
        for t in range(1, n - 1):
            energy[t] = abs(energy[t])
        energy[0] = energy[1]
        energy[n - 1] = energy[n - 2]
    return result


@kernel
def _durations(
    energy: Array, window: Index, start: Index, stop: Index, peak: Array
) -> Array:  # pragma: no cover (compiled)
    """Return the samples from the first to the last of each event that are not faint."""
    result = np.empty(len(window))
    for i in range(len(window)):
        x = energy[window[i]]
        first, last = start[i], stop[i] - 1
        while x[first] < _FAINT * peak[i]:
            first += 1
        while x[last] < _FAINT * peak[i]:
            last -= 1
        result[i] = last - first + 1
    return result


@kernel
def _describe(
    trace: Array, window: Index, start: Index, stop: Index
) -> tuple[Array, Array]:  # pragma: no cover (compiled)
    """Return peak-to-peak amplitude and number of half waves of each event.

    A half wave counts when it reaches a tenth of the amplitude: ripple is no phase.
    """
    n = len(window)
    amplitude = np.empty(n)
    phases = np.empty(n)
    for i in range(n):
        x = trace[window[i], start[i] : stop[i]]
        low = high = x[0]
        for value in x:
            low, high = min(low, value), max(high, value)
        amplitude[i] = high - low
        least = 0.1 * amplitude[i]
        count = 0
        side = 0
        for value in x:
            if abs(value) >= least and amplitude[i] > 0:
                now = 1 if value > 0 else -1
                count += now != side
                side = now
        phases[i] = count
    return amplitude, phases


@kernel
def _noise(
    trace: Array, first: Index, start: Index, stop: Index
) -> Array:  # pragma: no cover (compiled)
    """Return the standard deviation of what lies outside events; NaN when nothing does."""
    n_windows, n = trace.shape
    result = np.empty(n_windows)
    for w in range(n_windows):
        t = 0
        total = 0.0
        count = 0
        for i in range(first[w], first[w + 1] + 1):
            until = start[i] if i < first[w + 1] else n
            while t < until:
                total += trace[w, t] ** 2
                count += 1
                t += 1
            if i < first[w + 1]:
                t = stop[i]
        result[w] = np.sqrt(total / count) if count > 0 else np.nan
    return result


@kernel
def _strongest(
    at: Index, peak: Array, half: int, n: int, out: Index
) -> int:  # pragma: no cover (compiled)
    """Write where the strongest events lie whose surroundings are there; return how many.

    Of equally strong ones the first comes first.
    """
    taken = np.zeros(len(at), dtype=np.bool_)
    count = 0
    while count < len(out):
        best = -1
        for i in range(len(at)):
            inside = at[i] >= half and at[i] + half < n
            if inside and not taken[i] and (best < 0 or peak[i] > peak[best]):
                best = i
        if best < 0:
            break
        taken[best] = True
        out[count] = at[best]
        count += 1
    return count


@kernel
def _similarity(
    trace: Array, first: Index, at: Index, peak: Array, half: int, lag: int
) -> Array:  # pragma: no cover (compiled)
    """Return the median correlation between the strongest events of each window.

    NaN with fewer than two events whose surroundings lie within the window. Events of one motor
    unit repeat one shape, the bursts of many do not.
    """
    n_windows, n = trace.shape
    result = np.full(n_windows, np.nan)
    pairs = np.empty(_MOST_COMPARED * (_MOST_COMPARED - 1) // 2)
    chosen = np.empty(_MOST_COMPARED, dtype=np.int64)
    for w in range(n_windows):
        count = _strongest(
            at[first[w] : first[w + 1]], peak[first[w] : first[w + 1]], half, n, chosen
        )
        n_pairs = 0
        for i in range(count):
            for j in range(i):
                pairs[n_pairs] = best_correlation(trace[w], chosen[i], chosen[j], half, lag)
                n_pairs += 1
        if n_pairs > 0:
            result[w] = median(pairs[:n_pairs])
    return result
