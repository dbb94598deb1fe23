"""Bursts of EMG: a stretch in a band, without hum, and how large its bursts are."""

from collections.abc import Iterator, Sequence

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from features import FeatureSpec
from features.hum import without_hum
from serving.analysis.rhythm_run import Run
from serving.analysis.source import SampleSource, read_channels

Array = NDArray[np.float64]

_LONGEST_S = 60.0
"""Bursts are measured in pieces of about this length."""

_MARGIN_S = 0.5
"""What is read beyond a piece keeps the filter's own ends away from it."""


def emg_between(
    source: SampleSource,
    channels: Sequence[int],
    start_s: float,
    stop_s: float,
    spec: FeatureSpec,
    band_hz: tuple[float, float],
) -> Array:
    """Read a stretch of EMG in a band, at its own rate, without hum; 0 where samples are missing.

    Shape (n_channels, n_samples).
    """
    rate_hz = source.sampling_rate_hz
    raw = read_channels(source, channels, round(start_s * rate_hz), round(stop_s * rate_hz))
    samples = np.nan_to_num(raw.astype(np.float64) - np.nanmean(raw, axis=1, keepdims=True))
    # Hum first: what is half filtered away can no longer be told.
    samples = _without_hum(samples, ~np.isnan(raw), rate_hz, spec)
    bandpass = scipy.signal.butter(2, band_hz, "band", fs=rate_hz, output="sos")
    filtered: Array = scipy.signal.sosfiltfilt(bandpass, samples, axis=1)
    return filtered


def burst_sizes(
    source: SampleSource, channels: Sequence[int], run: Run, spec: FeatureSpec
) -> Array:
    """Return how large the muscle's signal is around each beat of a run, peak to peak.

    In the band that windows are conditioned to, over one period, in the unit of the source. It is
    measured as single potentials are, so that their sizes can stand side by side.
    """
    rate_hz = source.sampling_rate_hz
    conditioning = spec.conditioning
    band_hz = (conditioning.highpass_hz, min(conditioning.lowpass_hz, 0.45 * rate_hz))
    half_s = 0.5 / run.dominant_frequency_hz
    sizes = []
    for times_s in _pieces(run.times_s):
        begin_s = max(0.0, times_s[0] - half_s - _MARGIN_S)
        end_s = min(source.n_samples / rate_hz, times_s[-1] + half_s + _MARGIN_S)
        samples = emg_between(source, channels, begin_s, end_s, spec, band_hz)
        for time_s in times_s:
            first, last = (
                max(0, round((edge_s - begin_s) * rate_hz))
                for edge_s in (time_s - half_s, time_s + half_s)
            )
            sizes.append(float(np.ptp(samples[:, first:last], axis=1).max()))
    return np.array(sizes)


def _pieces(times_s: Array) -> Iterator[Array]:
    """Yield times in order, those of about a minute together."""
    minutes = ((times_s - times_s[0]) // _LONGEST_S).astype(np.intp)
    yield from np.split(times_s, np.flatnonzero(np.diff(minutes)) + 1)


def _without_hum(
    samples: Array, there: NDArray[np.bool_], rate_hz: float, spec: FeatureSpec
) -> Array:
    """Return EMG without hum, window by window: in a magnitude it would hide what is smaller."""
    n = samples.shape[1]
    length = min(2 * round(spec.window_s * rate_hz / 2), n // 2 * 2)
    highest_hz = min(spec.conditioning.lowpass_hz, 0.45 * rate_hz)
    result = samples.copy()
    for start in (*range(0, n - length, length), n - length):
        part = (slice(None), slice(start, start + length))
        result[part] = without_hum(
            samples[part], there[part], rate_hz, highest_hz, spec.conditioning
        )
    return result
