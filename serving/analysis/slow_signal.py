"""Slow signals: what a rhythm is sought in, motion as it is and of EMG the magnitude."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from features import FeatureSpec
from features.rate_ratio import whole_ratio
from serving.analysis.emg_bursts import emg_between
from serving.analysis.source import SampleSource, read_channels

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
    first = round(start_s * rate_hz)
    if spec.modality == "emg":
        samples = np.abs(emg_between(source, channels, start_s, stop_s, spec, _EMG_BAND_HZ))
    else:
        raw = read_channels(source, channels, first, round(stop_s * rate_hz))
        samples = np.nan_to_num(raw.astype(np.float64) - np.nanmean(raw, axis=1, keepdims=True))
    up, down = whole_ratio(_RATE_HZ, rate_hz, _MOST_TERM)
    if up != down:
        samples = scipy.signal.resample_poly(samples, up, down, axis=1)
    # Between two samples there is none: what is read begins with the nearest.
    return SlowSignal(samples, rate_hz * up / down, first / rate_hz)
