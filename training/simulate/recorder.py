"""Recorder: from an ideal signal to what a device writes, faults included."""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from features import MODALITIES, RELATIVE
from training.simulate.artefacts import electrode_artefacts, mains_hum, resting_noise
from training.simulate.parameters import Draws
from training.simulate.sites import Site

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Recorded:
    """What a device wrote, and what went into it.

    ``samples`` (n_channels, n_samples) are in the site's unit, NaN where data was lost;
    ``phenomenon`` alone and ``ground``, all the rest but mains, are in the modality's own unit.
    """

    samples: Array
    phenomenon: Array
    ground: Array


def resample(signal: Array, rate_in_hz: float, rate_out_hz: float) -> Array:
    """Resample (n_channels, n) with an anti-alias filter, as the device's converter does."""
    ratio = (Fraction(rate_out_hz) / Fraction(rate_in_hz)).limit_denominator(400)
    if ratio == 1 or not signal.any():
        n = -(-signal.shape[1] * ratio.numerator // ratio.denominator)
        return signal if ratio == 1 else np.zeros((len(signal), n))
    up, down = ratio.numerator, ratio.denominator
    resampled: Array = scipy.signal.resample_poly(  # type: ignore[call-overload]  # taps are allowed
        signal, up, down, axis=1, window=_anti_alias_filter(max(up, down)), padtype="line"
    )
    return resampled


@lru_cache(maxsize=16)
def _anti_alias_filter(longest: int) -> Array:
    """Return the filter that ``resample_poly`` designs by itself, every time anew."""
    taps: Array = scipy.signal.firwin(20 * longest + 1, 1 / longest, window=("kaiser", 5.0))
    return taps


def record(
    phenomenon: Array, background: Array, rate_hz: float, site: Site, draws: Draws
) -> Recorded:
    """Record an ideal signal of shape (n_channels, n) at ``rate_hz`` on a site's device."""
    shown = resample(phenomenon, rate_hz, site.device_rate_hz)
    ground = resample(background, rate_hz, site.device_rate_hz)
    n = shown.shape[1]
    hum = np.zeros(n)
    if site.modality == "emg":
        ground = ground + electrode_artefacts(n, site.device_rate_hz, draws)
        ground += resting_noise(n, site, draws)
        hum = mains_hum(n, site, draws)
    else:
        late = site.timing_jitter * draws.rng.uniform(-0.5, 0.5, size=(n,))
        shown, ground = _jittered(shown, late), _jittered(ground, late)
        ground += draws.rng.normal(0.0, site.noise_rms, size=ground.shape)
    if site.analog_highpass_hz > 0:
        b, a = _highpass(site.analog_highpass_hz, site.device_rate_hz)
        shown, ground, hum = (
            scipy.signal.lfilter(b, a, x, axis=-1) if x.any() else x for x in (shown, ground, hum)
        )
    if site.lowpass_hz > 0:
        shown, ground, hum = (_smoothed(x, site) for x in (shown, ground, hum))
    total = (shown + ground) * site.gains[: len(shown), None] + hum
    written = convert(total + site.biases[: len(shown), None], site)
    written, shown, ground = (handed_on(x, site) for x in (written, shown, ground))
    return Recorded(in_unit(with_gaps(written, site, draws), site), shown, ground)


def convert(signal: Array, site: Site) -> Array:
    """Return the nearest of the converter's steps, within its range."""
    steps = np.round(signal / site.step)
    most = np.floor(site.full_scale / site.step)
    converted: Array = np.clip(steps, -most, most) * site.step
    return converted


@lru_cache(maxsize=16)
def _highpass(corner_hz: float, rate_hz: float) -> tuple[Array, Array]:
    """Return the coefficients of a filter of first order."""
    b, a = scipy.signal.butter(1, corner_hz, "highpass", fs=rate_hz)
    return b, a


def _smoothed(signal: Array, site: Site) -> Array:
    """Return what the device's own low-pass filter leaves."""
    b, a = scipy.signal.butter(2, site.lowpass_hz, fs=site.device_rate_hz)
    # As if the signal had been what it begins with for ever.
    begins = scipy.signal.lfilter_zi(b, a) * signal[..., :1]
    smooth: Array = scipy.signal.lfilter(b, a, signal, axis=-1, zi=begins)[0]
    return smooth


def handed_on(signal: Array, site: Site) -> Array:
    """Return samples (n_channels, n) at the rate to which a host interpolates them."""
    if site.sampling_rate_hz == site.device_rate_hz:
        return signal
    if not site.linear_host:
        return resample(signal, site.device_rate_hz, site.sampling_rate_hz)
    n = signal.shape[1]
    at = np.arange(round(n * site.sampling_rate_hz / site.device_rate_hz))
    at_s, samples_s = at / site.sampling_rate_hz, np.arange(n) / site.device_rate_hz
    return np.stack([np.interp(at_s, samples_s, channel) for channel in signal])


def _jittered(signal: Array, late: Array) -> Array:
    """Return samples that were taken a little early or late, by a part of the sample period."""
    at = np.arange(len(late)) + late
    return np.stack([np.interp(at, np.arange(len(late)), channel) for channel in signal])


def with_gaps(samples: Array, site: Site, draws: Draws) -> Array:
    """Lose some data now and then, as radio links do."""
    if not draws.chance(draws("artefacts.dropout_probability")):
        return samples
    result = samples.copy()
    n = samples.shape[1]
    length = max(1, round(draws.fresh("artefacts.dropout_gap") * site.sampling_rate_hz))
    start = int(draws.rng.integers(0, max(1, n - length)))
    result[:, start : start + length] = np.nan
    return result


def in_unit(samples: Array, site: Site) -> Array:
    """Return samples in the unit that the device writes, from the modality's own."""
    if site.unit == RELATIVE:
        return samples * site.counts_per_unit + site.counts_offset
    converted: Array = samples / MODALITIES[site.modality].factors[site.unit]
    return converted
