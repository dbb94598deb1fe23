"""Conditioning: from a raw window to one at the canonical rate, in its unit, free of drift.

Each window is conditioned on its own and sees nothing beyond itself, so that a window means the
same in training, in a service and in the middle of a recording. The steps are

1. unit conversion; removal of the mean and the straight trend of each channel (the mean of an
   accelerometer is gravity);
2. polyphase resampling with its anti-alias filter, which reaches a few samples beyond the window;
3. subtraction of mains lines (surface EMG, :mod:`features.mains`);
4. a zero-phase band-pass: mirror extension, which keeps the level at the ends, one transform, the
   squared magnitude of a Butterworth filter, back; rounding becomes zero, lest crossings of zero be
   counted where a recording is silent.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.fft
import scipy.signal
from numpy.typing import NDArray

from features.edges import detrend_and_extend, mirrored, silence_rounding
from features.errors import SignalError
from features.kernels import read_only
from features.mains import subtract_mains
from features.rate_ratio import whole_ratio
from features.spec import FeatureSpec
from features.windows import Windows

Array = NDArray[np.float64]

USABLE_NYQUIST_SHARE = 0.9
"""Our anti-alias filter leaves this share of what is below the Nyquist frequency untouched (to 1 %)
and nothing (0.2 %) of its image above."""

_HALF_TAPS = 20
"""Half length of that filter in samples of the slower rate; SciPy's default of 10 is too short."""

_MAX_RESAMPLING_TERM = 1000


@dataclass(frozen=True, eq=False)
class Conditioned:
    """Conditioned windows at the canonical rate.

    ``samples`` has shape (n_windows, n_channels, n_samples); ``rhythmic`` is the same signal
    confined to the band of rhythms; ``bandwidth_hz`` is the highest frequency that the original
    sampling rate could carry; ``mains_share`` (n_windows,) is the share of power that was mains.
    """

    samples: Array
    rhythmic: Array
    rate_hz: float
    bandwidth_hz: float
    mains_share: Array


def condition(windows: Windows, spec: FeatureSpec) -> Conditioned:
    """Condition a batch of windows.

    Raises
    ------
    SignalError
        When the windows are of another modality, or not as long as the spec says.
    """
    check_fit(windows, spec)
    rate = spec.sampling_rate_hz
    samples = _at_canonical_rate(windows, spec)
    carried_hz = USABLE_NYQUIST_SHARE * windows.sampling_rate_hz / 2
    bandwidth_hz = min(spec.conditioning.lowpass_hz, carried_hz)
    mains_share = _remove_mains(samples, bandwidth_hz, spec)
    padding = round(spec.conditioning.padding_s * rate)
    extended = mirrored(samples, padding)
    inside = slice(padding, padding + spec.n_samples)
    spectrum = scipy.fft.rfft(extended, axis=-1)
    freqs = np.arange(spectrum.shape[-1]) * (rate / extended.shape[-1])
    passed = _filtered(spectrum, _bandpass(freqs, spec), extended.shape[-1], inside)
    rhythmic = passed
    if spec.modality != "emg":
        rhythmic = _filtered(spectrum, _rhythm_band(freqs, spec), extended.shape[-1], inside)
    return Conditioned(
        samples=passed,
        rhythmic=rhythmic,
        rate_hz=rate,
        bandwidth_hz=bandwidth_hz,
        mains_share=mains_share,
    )


def _remove_mains(samples: Array, highest_hz: float, spec: FeatureSpec) -> Array:
    """Remove mains from surface EMG, in place; return its share of the power of each window."""
    if not spec.conditioning.mains_hz:
        return np.zeros(len(samples))
    return subtract_mains(
        samples[:, 0],  # a view of the one channel there is
        rate_hz=spec.sampling_rate_hz,
        mains_hz=spec.conditioning.mains_hz,
        prominence=spec.conditioning.mains_prominence,
        highest_hz=highest_hz,
    )


def check_fit(windows: Windows, spec: FeatureSpec) -> None:
    """Refuse windows that this spec does not speak of."""
    if windows.modality != spec.modality:
        raise SignalError(f"windows are of {windows.modality}; this model is for {spec.modality}")
    expected = spec.window_s * windows.sampling_rate_hz
    if abs(windows.samples.shape[2] - expected) > 1:
        raise SignalError(
            f"windows last {windows.duration_s:g} s; they must last {spec.window_s:g} s "
            "(cut longer signals with Recording.windows)"
        )


def _at_canonical_rate(windows: Windows, spec: FeatureSpec) -> Array:
    """Convert, detrend and resample; return shape (n_windows, n_channels, spec.n_samples)."""
    up, down = whole_ratio(spec.sampling_rate_hz, windows.sampling_rate_hz, _MAX_RESAMPLING_TERM)
    reach = _HALF_TAPS * -(-max(up, down) // up) if up != down else 1
    samples = detrend_and_extend(
        read_only(windows.samples), windows.unit_factor, reach, -1.0 if down > up else 1.0
    )
    first = round(reach * up / down)
    if up != down:
        samples = scipy.signal.resample_poly(  # type: ignore[call-overload]  # taps are allowed
            samples, up, down, axis=-1, window=_anti_alias_filter(up, down)
        )
    return np.ascontiguousarray(samples[..., first : first + spec.n_samples])


@lru_cache(maxsize=64)
def _anti_alias_filter(up: int, down: int) -> Array:
    """Return a Kaiser-windowed sinc, designed once a ratio."""
    longest = max(up, down)
    length = 2 * _HALF_TAPS * longest + 1
    taps: Array = scipy.signal.firwin(length, 1 / longest, window=("kaiser", 5.0))
    return taps


def _filtered(
    spectrum: NDArray[np.complex128], response: Array, length: int, inside: slice
) -> Array:
    filtered = scipy.fft.irfft(spectrum * response, n=length, axis=-1)[..., inside]
    return silence_rounding(np.ascontiguousarray(filtered))


def _bandpass(freqs_hz: Array, spec: FeatureSpec) -> Array:
    conditioning = spec.conditioning
    return butterworth_power(
        freqs_hz, conditioning.highpass_hz, conditioning.lowpass_hz, conditioning.order
    )


def _rhythm_band(freqs_hz: Array, spec: FeatureSpec) -> Array:
    low, high = spec.rhythm.band_hz
    return butterworth_power(freqs_hz, 0.75 * low, 1.25 * high, 4)


def butterworth_power(freqs_hz: Array, low_hz: float, high_hz: float, order: int) -> Array:
    """Return the power response of a Butterworth band-pass: what filtering forth and back does."""
    with np.errstate(divide="ignore"):
        highpass = 1.0 / (1.0 + (low_hz / freqs_hz) ** (2 * order))
    lowpass = 1.0 / (1.0 + (freqs_hz / high_hz) ** (2 * order))
    response: Array = highpass * lowpass
    return response
