"""Rhythm: the dominant line, its harmonics, and the cycles that make it up."""

import numpy as np
from numpy.typing import NDArray

from features.autocorrelation import Recurrence
from features.cycles import Cycles
from features.feature import EMG, MOTION, feature, ratio
from features.moments import Moments
from features.spec import FeatureSpec
from features.spectrum import Line, Spectrum

Array = NDArray[np.float64]


@feature("dominant frequency", unit="Hz")
def dominant_frequency(line: Line) -> Array:
    """Frequency of the highest local maximum of the rhythm spectrum in the band of rhythms.

    argmax P(f), refined by a parabola through log P. Silent: NaN. Malling 2019,
    doi:10.1186/s12984-019-0534-8.
    """
    return line.frequency_hz


@feature("size of the rhythm", unit="{signal}", degree=1)
def line_amplitude(line: Line) -> Array:
    """Amplitude of the sinusoid that has the power of the line: sqrt(2 P(f0 ± h)). Silent: 0."""
    amplitude: Array = np.sqrt(2 * np.nan_to_num(line.power))
    return amplitude


@feature("share of the rhythm in its band")
def peak_power_ratio(line: Line) -> Array:
    """P(f0 ± h) / P(band of rhythms and f0 ± h). Silent: NaN. Sensors 2019, PMC6806079."""
    return ratio(line.power, line.band_power)


@feature("width of the line", unit="Hz")
def half_power_width(line: Line) -> Array:
    """Width of the line at half its height. Silent: NaN. Rigby 2015, PMC4548762."""
    return line.half_power_width_hz


@feature("height of the line over its surroundings")
def line_prominence(line: Line) -> Array:
    """log10 of the line's height over the median of the band. Silent: NaN."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithm = np.log10(line.prominence)
    finite: Array = np.where(np.isfinite(logarithm), logarithm, np.nan)
    return finite


@feature("power at twice the frequency")
def second_harmonic(line: Line) -> Array:
    """P(2 f0) / P(f0). NaN when silent or beyond the bandwidth."""
    return ratio(line.second_harmonic, line.power)


@feature("power of the harmonics")
def harmonic_index(line: Line) -> Array:
    """[P(2 f0) + P(3 f0)] / P(f0). NaN when silent or beyond the bandwidth.

    Machowska-Majchrzak 2007, PMID 17629818.
    """
    return ratio(line.second_harmonic + line.third_harmonic, line.power)


@feature("power at half the frequency")
def subharmonic(line: Line) -> Array:
    """P(f0 / 2) / P(f0): a line with much below it is the harmonic of a slower movement."""
    return ratio(line.subharmonic, line.power)


@feature("second line beside the first")
def rival_line(line: Line) -> Array:
    """Height of the highest unrelated maximum over that of the line. Silent: NaN."""
    return line.rival


@feature("movement below the rhythm")
def slow_to_rhythm(rhythm_spectrum: Spectrum, line: Line, spec: FeatureSpec) -> Array:
    """log10 of P(below the band of rhythms) over P(f0). NaN without a line or slow power."""
    slow = rhythm_spectrum.power(1 / spec.window_s, spec.rhythm.band_hz[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithm = np.log10(ratio(slow, line.power))
    finite: Array = np.where(np.isfinite(logarithm), logarithm, np.nan)
    return finite


@feature("centre of the rhythm spectrum", unit="Hz")
def rhythm_centre(rhythm_spectrum: Spectrum, spec: FeatureSpec) -> Array:
    """Σ f P / Σ P over the band of rhythms (or the bandwidth). Silent: NaN. PMID 17629818."""
    return centre_and_spread(*_rhythm_part(rhythm_spectrum, spec))[0]


@feature("spread of the rhythm spectrum", unit="Hz")
def rhythm_spread(rhythm_spectrum: Spectrum, spec: FeatureSpec) -> Array:
    """Root of the second central moment of P over the same band. Silent: NaN. PMID 17629818."""
    return centre_and_spread(*_rhythm_part(rhythm_spectrum, spec))[1]


@feature("disorder of the rhythm spectrum")
def rhythm_entropy(rhythm_spectrum: Spectrum, spec: FeatureSpec) -> Array:
    """−Σ p ln p / ln N over the same band: 0 for one line, 1 for a flat spectrum. Silent: NaN."""
    return normalised_entropy(_rhythm_part(rhythm_spectrum, spec)[0])


@feature("share of the envelope's power", modalities=EMG, argument="rhythm_bands_hz")
def modulation_share(
    rhythm_spectrum: Spectrum, spec: FeatureSpec, band: tuple[float, float]
) -> Array:
    """Share of the envelope's power, from one cycle a window on, in a band. Silent: NaN."""
    whole = rhythm_spectrum.power(1 / spec.window_s, spec.rhythm.rate_hz / 2)
    return ratio(rhythm_spectrum.power(*band), whole)


@feature("repetition after one period")
def recurrence_height(recurrence: Recurrence) -> Array:
    """First of the highest peaks of the autocorrelation in the band of rhythms. Silent: NaN."""
    return recurrence.height


@feature("repetition after two periods")
def recurrence_second(recurrence: Recurrence) -> Array:
    """Highest value of the autocorrelation about twice that lag. Silent: NaN."""
    return recurrence.second


@feature("opposition within a period")
def recurrence_trough(recurrence: Recurrence) -> Array:
    """Lowest value of the autocorrelation before that lag: −1 for a sine, near 0 for pulses."""
    return recurrence.trough


@feature("frequency of repetition", unit="Hz")
def recurrence_frequency(recurrence: Recurrence) -> Array:
    """Inverse of the lag of that peak. Silent: NaN."""
    return ratio(np.ones_like(recurrence.lag_s), recurrence.lag_s)


@feature("cycles in a row")
def cycle_count(cycles: Cycles) -> Array:
    """Whole cycles in the active part of the rhythm. Silent: 0."""
    return cycles.count


@feature("share of the window with rhythm")
def cycle_active_share(cycles: Cycles) -> Array:
    """Share of the window in which the rhythm's envelope is above its floor. Silent: NaN."""
    return cycles.active_share


@feature("irregularity of the period")
def period_variation(cycles: Cycles) -> Array:
    """Standard deviation over mean of the periods; three cycles at the least."""
    return cycles.period_cv


@feature("change of frequency from cycle to cycle", unit="Hz")
def tremor_stability(cycles: Cycles) -> Array:
    """Interquartile range of the change of frequency between cycles.

    di Biase 2017, Brain 140:1977 (definition recalled, filter f0 ± 2 Hz).
    """
    return cycles.tremor_stability_hz


@feature("length of the first cycle")
def first_to_steady_cycle(cycles: Cycles) -> Array:
    """First period over the median from the fourth on: above 1 when a rhythm settles."""
    return cycles.first_to_steady


@feature("variation of the cycles' size")
def cycle_amplitude_variation(cycles: Cycles) -> Array:
    """Standard deviation over mean of the cycles' peaks; three cycles at the least."""
    return cycles.amplitude_cv


@feature("growth or decay of the cycles", unit="1/s")
def cycle_amplitude_slope(cycles: Cycles) -> Array:
    """Slope of the logarithm of the cycles' peaks over time: negative for a decaying rhythm."""
    return cycles.amplitude_slope


@feature("cycles until the rhythm is full")
def onset_cycles(cycles: Cycles) -> Array:
    """Cycles between 20 % and 80 % of the envelope's peak before it; NaN when it began earlier."""
    return cycles.onset_cycles


@feature("cycles until the rhythm is gone")
def offset_cycles(cycles: Cycles) -> Array:
    """Cycles between 80 % and 20 % of the envelope's peak after it; NaN when it goes on."""
    return cycles.offset_cycles


@feature("lopsidedness of the wave")
def rhythm_skewness(rhythm_moments: Moments) -> Array:
    """Magnitude of the skewness of the rhythm: 0 for a sine, large for pulses. Silent: NaN."""
    return np.abs(ratio(rhythm_moments.m3, rhythm_moments.m2**1.5))


@feature("steepness of one flank against the other")
def rhythm_asymmetry(rhythm_moments: Moments) -> Array:
    """Magnitude of the skewness of the rhythm's slope: 0 when rise and fall are alike."""
    return np.abs(ratio(rhythm_moments.d3, rhythm_moments.d1**1.5))


@feature("peakedness of the rhythm")
def rhythm_kurtosis(rhythm_moments: Moments) -> Array:
    """Excess kurtosis of the rhythm: −1.5 for a sine, 0 for noise, large for rare pulses."""
    return ratio(rhythm_moments.m4, rhythm_moments.m2**2) - 3


@feature("straightness of the movement", modalities=MOTION)
def first_axis_share(axis_shares: Array) -> Array:
    """Largest eigenvalue of the covariance over its trace: 1 along a line. Silent: NaN."""
    return axis_shares[:, 0]


def normalised_entropy(psd: Array) -> Array:
    """Return −Σ p ln p / ln N of densities of shape (n_windows, n_freqs); NaN when silent."""
    p = ratio(psd, psd.sum(axis=1, keepdims=True))
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(p > 0, p * np.log(p), np.where(np.isnan(p), np.nan, 0.0))
    entropy: Array = -terms.sum(axis=1) / np.log(psd.shape[1])
    return entropy


def centre_and_spread(psd: Array, freqs_hz: Array) -> tuple[Array, Array]:
    """Return mean and standard deviation of frequency weighted by power; NaN when silent."""
    p = ratio(psd, psd.sum(axis=1, keepdims=True))
    centre = p @ freqs_hz
    spread = np.sqrt(np.maximum(p @ freqs_hz**2 - centre**2, 0.0))
    return centre, spread


def _rhythm_part(spectrum: Spectrum, spec: FeatureSpec) -> tuple[Array, Array]:
    low, high = spec.rhythm.band_hz
    part = spectrum.band(low, min(high, spectrum.bandwidth_hz))
    return spectrum.psd[:, part], spectrum.freqs_hz[part]
