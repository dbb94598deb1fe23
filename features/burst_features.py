"""Bursts of a rhythm: how often, how long, how even, how silent between."""

import numpy as np
from numpy.typing import NDArray

from features import ragged
from features.bursts import Bursts
from features.feature import EMG, feature, ratio
from features.kernel_statistics import deviation, mean
from features.kernels import kernel
from features.similarity import neighbour_similarity
from features.spec import FeatureSpec
from features.spectrum import Line

Array = NDArray[np.float64]


@feature("bursts per second", unit="1/s")
def burst_rate(bursts: Bursts) -> Array:
    """Bursts over the length of the window. Silent: 0."""
    rate: Array = bursts.count * bursts.rate_hz / bursts.envelope.shape[1]
    return rate


@feature("duration of bursts", unit="ms")
def burst_duration(bursts: Bursts) -> Array:
    """Median duration, at the lower threshold; NaN without bursts."""
    return ragged.median(_lengths(bursts) * (1e3 / bursts.rate_hz), bursts.first)


@feature("variation of burst duration")
def burst_duration_variation(bursts: Bursts) -> Array:
    """Standard deviation over mean of the durations; two bursts at the least."""
    return ragged.variation(_lengths(bursts), bursts.first)


@feature("interval between bursts", unit="ms")
def burst_interval(bursts: Bursts) -> Array:
    """Median distance of the bursts' peaks; two bursts at the least."""
    return ragged.median(*ragged.intervals(_peak_times(bursts) * 1e3, bursts.first))


@feature("irregularity of bursts")
def burst_interval_variation(bursts: Bursts) -> Array:
    """Standard deviation over mean of the intervals: 0 regular, 1 as if by chance."""
    return ragged.variation(*ragged.intervals(_peak_times(bursts), bursts.first))


@feature("share of time in bursts")
def burst_duty(bursts: Bursts) -> Array:
    """Time in bursts over the length of the window. Silent: 0."""
    time = np.bincount(bursts.window, weights=_lengths(bursts), minlength=bursts.n_windows)
    duty: Array = time / bursts.envelope.shape[1]
    return duty


@feature("variation of burst size")
def burst_amplitude_variation(bursts: Bursts) -> Array:
    """Standard deviation over mean of the bursts' peaks; two bursts at the least."""
    return ragged.variation(bursts.peak, bursts.first)


@feature("growth or decay of bursts", unit="1/s")
def burst_amplitude_slope(bursts: Bursts) -> Array:
    """Slope of the logarithm of the bursts' peaks over time; three bursts at the least.

    The p of A exp(p t) sin(2 π f t): negative for an unsustained clonus.
    """
    return ragged.log_slope(_peak_times(bursts), bursts.peak, bursts.first)


@feature("place of the peak in a burst")
def burst_rise(bursts: Bursts) -> Array:
    """Median of (peak − start) / duration: 0.5 symmetric, less when abrupt."""
    return ragged.median((bursts.peak_at - bursts.start + 0.5) / _lengths(bursts), bursts.first)


@feature("silence between bursts")
def silence_ratio(bursts: Bursts) -> Array:
    """Mean envelope outside bursts over that inside: 0 silent between; NaN without either."""
    inside, outside = _mean_inside_outside(bursts.envelope, bursts.first, bursts.start, bursts.stop)
    return ratio(outside, inside)


@feature("contrast of the envelope")
def envelope_contrast(bursts: Bursts) -> Array:
    """(top − floor) / (top + floor): 0 even, 1 silent at times. Silent: NaN."""
    return ratio(bursts.top - bursts.floor, bursts.top + bursts.floor)


@feature("variation of the envelope")
def envelope_variation(bursts: Bursts) -> Array:
    """Standard deviation over mean of the envelope. Silent: NaN."""
    return _variation(bursts.envelope)


@feature("bursts per cycle")
def bursts_per_cycle(bursts: Bursts, line: Line) -> Array:
    """Burst rate over dominant frequency, from the median interval: 1 when each cycle has one."""
    interval = ragged.median(*ragged.intervals(_peak_times(bursts), bursts.first))
    return ratio(np.ones_like(interval), interval * line.frequency_hz)


@feature("likeness of bursts", modalities=EMG)
def burst_similarity(trace: Array, bursts: Bursts, spec: FeatureSpec) -> Array:
    """Median correlation of each burst's shape with the next one's; two bursts at the least.

    In a clonus each unit fires once a beat (Wallace 2005, J Appl Physiol 99:2166), so that beats
    repeat a shape; the bursts of a tremor are made of many discharges, each time of others. Those
    correlate by some 0.3 to 0.5 at the best of all lags, the more the narrower their band.
    """
    wanted = spec.bursts.snippet_s, spec.bursts.lag_s
    half, lag = (round(time_s * bursts.rate_hz) for time_s in wanted)
    return neighbour_similarity(trace, bursts.first, bursts.peak_at, half, lag)


def _lengths(bursts: Bursts) -> Array:
    """Return the durations in samples."""
    return (bursts.stop - bursts.start).astype(np.float64)


def _peak_times(bursts: Bursts) -> Array:
    times: Array = bursts.peak_at / bursts.rate_hz
    return times


@kernel
def _variation(rows: Array) -> Array:  # pragma: no cover (compiled)
    result = np.full(len(rows), np.nan)
    for w in range(len(rows)):
        centre = mean(rows[w])
        if centre > 0:
            result[w] = deviation(rows[w]) / centre
    return result


@kernel
def _mean_inside_outside(
    envelope: Array, first: NDArray[np.int64], start: NDArray[np.int64], stop: NDArray[np.int64]
) -> tuple[Array, Array]:  # pragma: no cover (compiled)
    n_windows, n = envelope.shape
    inside = np.full(n_windows, np.nan)
    outside = np.full(n_windows, np.nan)
    for w in range(n_windows):
        total = 0.0
        count = 0
        for i in range(first[w], first[w + 1]):
            for t in range(start[i], stop[i]):
                total += envelope[w, t]
            count += stop[i] - start[i]
        if count in (0, n):
            continue
        rest = 0.0
        i = first[w]
        for t in range(n):
            while i < first[w + 1] and t >= stop[i]:
                i += 1
            if i == first[w + 1] or t < start[i]:
                rest += envelope[w, t]
        inside[w] = total / count
        outside[w] = rest / (n - count)
    return inside, outside
