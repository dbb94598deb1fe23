"""Slow signals: what a rhythm is sought in, motion as it is and of EMG the magnitude."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from features import FeatureSpec
from features.hum import without_hum
from features.rate_ratio import whole_ratio
from serving.analysis.source import SampleSource

Array = NDArray[np.float64]

_RATE_HZ = 100.0
_MOST_TERM = 200
"""About the rate of slow signals: that of the source, by a ratio of numbers no larger than this. It
may be a quarter of a percent off, and is told: no filter is long, and no time is shifted."""

_EMG_BAND_HZ = (60.0, 200.0)
"""Where volleys stand out most: 75 to 194 Hz in clonus of people (Mummidisetty 2012). Below, a rise
of the magnitude is long; above, there is more noise than muscle."""


@dataclass(frozen=True, eq=False)
class SlowSignal:
    """A stretch of a recording: ``samples`` (n_channels, n), the first one at ``start_s``."""

    samples: Array
    rate_hz: float
    start_s: float

    def between(self, start_s: float, stop_s: float) -> slice:
        """Return the samples between two times of the recording."""
        first, last = ((time - self.start_s) * self.rate_hz for time in (start_s, stop_s))
        return slice(round(first), round(last))


def slow_signal(
    source: SampleSource, channels: Sequence[int], start_s: float, stop_s: float, spec: FeatureSpec
) -> SlowSignal:
    """Read a stretch: motion about its mean, or the magnitude of EMG in a band, without hum."""
    rate_hz = source.sampling_rate_hz
    raw = source.read(round(start_s * rate_hz), round(stop_s * rate_hz))[list(channels)]
    samples = np.nan_to_num(raw.astype(np.float64) - np.nanmean(raw, axis=1, keepdims=True))
    if spec.modality == "emg":
        # Hum first: what is half filtered away can no longer be told.
        samples = _without_hum(samples, ~np.isnan(raw), rate_hz, spec)
        bandpass = scipy.signal.butter(2, _EMG_BAND_HZ, "band", fs=rate_hz, output="sos")
        samples = np.abs(scipy.signal.sosfiltfilt(bandpass, samples, axis=1))
    up, down = whole_ratio(_RATE_HZ, rate_hz, _MOST_TERM)
    if up != down:
        samples = scipy.signal.resample_poly(samples, up, down, axis=1)
    return SlowSignal(samples, rate_hz * up / down, start_s)


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
