"""Time domain: size, shape and pace of the signal itself."""

import numpy as np
from numpy.typing import NDArray

from features.conditioning import Conditioned
from features.feature import MOTION, feature, ratio
from features.kernels import read_only
from features.moments import Moments
from features.spec import FeatureSpec
from features.windows import Windows

Array = NDArray[np.float64]


@feature("root mean square", unit="{signal}", degree=1)
def root_mean_square(trace_moments: Moments) -> Array:
    """sqrt(mean x²) of the trace, which has no mean. Silent: 0."""
    rms: Array = np.sqrt(trace_moments.m2)
    return rms


@feature("mean absolute value", unit="{signal}", degree=1)
def mean_absolute_value(trace_moments: Moments) -> Array:
    """Mean |x| of the trace. Silent: 0. Hudgins 1993."""
    return trace_moments.mean_absolute


@feature("peak", unit="{signal}", degree=1)
def peak(trace_moments: Moments) -> Array:
    """Largest |x| of the trace. Silent: 0."""
    return trace_moments.peak


@feature("path per second", unit="{signal}/s", degree=1)
def waveform_length(trace_moments: Moments, conditioned: Conditioned) -> Array:
    """Σ |x[t] − x[t−1]| per second. Silent: 0. Hudgins 1993."""
    return trace_moments.path * conditioned.rate_hz


@feature("crest factor")
def crest_factor(trace_moments: Moments) -> Array:
    """Peak over root mean square: 1.41 for a sine, large for rare events. Silent: NaN."""
    return ratio(trace_moments.peak, np.sqrt(trace_moments.m2))


@feature("evenness of the size")
def form_ratio(trace_moments: Moments) -> Array:
    """Mean |x| over root mean square: 0.90 for a sine, 0.80 for noise, small for rare events."""
    return ratio(trace_moments.mean_absolute, np.sqrt(trace_moments.m2))


@feature("kurtosis")
def kurtosis(trace_moments: Moments) -> Array:
    """m4 / m2² − 3, biased: −1.5 for a sine, 0 for noise. Silent: NaN."""
    return ratio(trace_moments.m4, trace_moments.m2**2) - 3


@feature("skewness")
def skewness(trace_moments: Moments) -> Array:
    """|m3 / m2^1.5|, biased; the sign would depend on how electrodes are placed. Silent: NaN."""
    return np.abs(ratio(trace_moments.m3, trace_moments.m2**1.5))


@feature("zero crossings", unit="1/s")
def zero_crossing_rate(trace_moments: Moments, conditioned: Conditioned) -> Array:
    """Changes of sign per second. Silent: 0. Hudgins 1993, without a threshold."""
    return trace_moments.zero_crossings * conditioned.rate_hz


@feature("turns", unit="1/s")
def slope_sign_change_rate(trace_moments: Moments, conditioned: Conditioned) -> Array:
    """Changes of the sign of the slope per second. Silent: 0. Hudgins 1993."""
    return trace_moments.turns * conditioned.rate_hz


@feature("large steps", unit="1/s")
def willison_rate(trace_moments: Moments, conditioned: Conditioned) -> Array:
    """Steps beyond half a standard deviation, per second. Silent: 0. Willison 1964."""
    return trace_moments.jumps * conditioned.rate_hz


@feature("mobility", unit="1/s")
def hjorth_mobility(trace_moments: Moments, conditioned: Conditioned) -> Array:
    """sqrt(var x' / var x), per second. Silent: NaN. Hjorth 1970."""
    return np.sqrt(ratio(trace_moments.d1, trace_moments.m2)) * conditioned.rate_hz


@feature("complexity")
def hjorth_complexity(trace_moments: Moments) -> Array:
    """Mobility of the slope over mobility of the signal: 1 for a sine. Silent: NaN."""
    slope = np.sqrt(ratio(trace_moments.d2, trace_moments.d1))
    return ratio(slope, np.sqrt(ratio(trace_moments.d1, trace_moments.m2)))


@feature("size of movement in all directions", unit="{signal}", degree=1, modalities=MOTION)
def norm_root_mean_square(norm_moments: Moments) -> Array:
    """Root mean square of the vector's length. Silent: 0."""
    mean = norm_moments.mean_absolute  # a norm is its own magnitude
    rms: Array = np.sqrt(norm_moments.m2 + mean**2)
    return rms


@feature("peakedness of movement in all directions", modalities=MOTION)
def norm_kurtosis(norm_moments: Moments) -> Array:
    """Excess kurtosis of the vector's length. Silent: NaN."""
    return ratio(norm_moments.m4, norm_moments.m2**2) - 3


@feature("slow excursion", unit="{signal}", degree=1, modalities=MOTION)
def slow_excursion(windows: Windows, spec: FeatureSpec) -> Array:
    """Largest distance between the means of any two half seconds of the raw vector.

    Of an accelerometer at rest, how far gravity has turned. Constant: 0.
    """
    n_blocks = round(2 * spec.window_s)
    length = windows.samples.shape[2] // n_blocks
    raw = read_only(windows.samples)[:, :, : length * n_blocks]
    blocks = raw.reshape(*raw.shape[:2], n_blocks, length).mean(axis=3) * windows.unit_factor
    apart = blocks[:, :, :, None] - blocks[:, :, None, :]
    farthest: Array = np.sqrt((apart**2).sum(axis=1)).max(axis=(1, 2))
    return farthest
