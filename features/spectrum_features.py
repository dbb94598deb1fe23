"""Spectrum: how the power of the signal itself is spread over frequency."""

import numpy as np
from numpy.typing import NDArray

from features.conditioning import Conditioned
from features.feature import EMG, MOTION, feature, ratio
from features.rhythm_features import centre_and_spread, normalised_entropy
from features.spec import FeatureSpec
from features.spectrum import Spectrum

Array = NDArray[np.float64]

_FAINTEST = 1e-6
"""Share of a band's mean power that a bin has at the least: one that is empty, as where a line was
subtracted, says no more than that it is 60 dB below."""
_NOTHING = np.finfo(np.float64).tiny


@feature("mean frequency", unit="Hz")
def mean_frequency(spectrum: Spectrum) -> Array:
    """Σ f P / Σ P up to the bandwidth, without the constant part. Silent: NaN."""
    psd, freqs = _carried(spectrum)
    return ratio(psd @ freqs, psd.sum(axis=1))


@feature("median frequency", unit="Hz")
def median_frequency(spectrum: Spectrum) -> Array:
    """Frequency below which half of the power lies, interpolated within its bin. Silent: NaN."""
    psd, freqs = _carried(spectrum)
    below = np.cumsum(psd, axis=1)
    half = below[:, -1] / 2
    index = np.minimum((below < half[:, None]).sum(axis=1), psd.shape[1] - 1)
    rows = np.arange(len(psd))
    into = ratio(below[rows, index] - half, psd[rows, index])
    frequency: Array = freqs[index] + (0.5 - into) * spectrum.bin_hz
    return frequency


@feature("bandwidth", unit="Hz")
def spectral_spread(spectrum: Spectrum) -> Array:
    """Square root of the second central moment of P. Silent: NaN."""
    return centre_and_spread(*_carried(spectrum))[1]


@feature("disorder of the spectrum")
def spectral_entropy(spectrum: Spectrum) -> Array:
    """−Σ p ln p / ln N: 0 for one line, 1 for a flat spectrum. Silent: NaN. Inouye 1991."""
    return normalised_entropy(_carried(spectrum)[0])


@feature("narrow lines in the spectrum", modalities=EMG)
def tonality(fine_spectrum: Spectrum, spec: FeatureSpec) -> Array:
    """ln(mean P) − mean(ln P) of narrow bands, weighted by the root of their power. Silent: NaN.

    From the high-pass on: below, the spectrum is too steep to tell a line from its slope. 0 for the
    smooth spectrum of a single potential and Euler's 0.577 for noise, as an interference pattern
    is; more for lines, as of music, of a device, or of like volleys at an even pace. The negative
    logarithm of spectral flatness (Johnston 1988, IEEE J Sel Areas Commun 6:314).
    """
    above = fine_spectrum.band(spec.conditioning.highpass_hz, fine_spectrum.bandwidth_hz)
    psd = fine_spectrum.psd[:, above]
    width = round((spec.tonality_band_hz or 0.0) / fine_spectrum.bin_hz)
    count = psd.shape[1] // width
    bands = psd[:, : count * width].reshape(len(psd), count, width)
    power = bands.mean(axis=2)
    bands = np.maximum(bands, np.maximum(_FAINTEST * power, _NOTHING)[..., None])
    lines = np.log(bands.mean(axis=2)) - np.log(bands).mean(axis=2)
    amplitude = np.sqrt(power)
    return ratio((amplitude * lines).sum(axis=1), amplitude.sum(axis=1))


@feature("share of power", argument="bands_hz")
def band_share(spectrum: Spectrum, band: tuple[float, float]) -> Array:
    """P(band) / P(all), up to the bandwidth. NaN when silent or out of the bandwidth's reach."""
    return ratio(spectrum.power(*band), _carried(spectrum)[0].sum(axis=1) * spectrum.bin_hz)


@feature("size of movement", unit="{signal}", degree=1, modalities=MOTION, argument="bands_hz")
def band_amplitude(spectrum: Spectrum, band: tuple[float, float]) -> Array:
    """Root mean square of what lies in a band. Silent: 0; NaN out of the bandwidth's reach."""
    amplitude: Array = np.sqrt(spectrum.power(*band))
    return amplitude


@feature("share of mains hum", modalities=EMG)
def mains_share(conditioned: Conditioned) -> Array:
    """Share of the raw power that was mains and has been subtracted. Silent: 0."""
    return conditioned.mains_share


def _carried(spectrum: Spectrum) -> tuple[Array, Array]:
    part = spectrum.band(spectrum.bin_hz / 2, spectrum.bandwidth_hz)
    return spectrum.psd[:, part], spectrum.freqs_hz[part]
