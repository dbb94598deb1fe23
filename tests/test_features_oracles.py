"""Against independent implementations: SciPy, antropy, NumPy formulas, plain Python."""

import antropy
import numpy as np
import pytest
import scipy.signal
import scipy.stats

from features import Windows
from features.autocorrelation import autocorrelation
from features.axes import principal_axis
from features.conditioning import condition
from features.cycles import find_cycles
from features.edges import detrend_and_extend
from features.mains import subtract_mains
from features.rhythm_features import normalised_entropy
from features.signals import Signals
from features.spectrum import periodogram, welch
from features.spectrum_features import mean_frequency, median_frequency, tonality

# Another order of the same additions.
ROUNDING = 1e-9
# Filters that see another extension of the ends agree a second away from there.
FILTER = 0.02
# The bin of the median, within which we interpolate and others do not.
BIN = 0.5


@pytest.fixture
def signals_of(mixture_of, spec_of):
    """Derive the signals of the realistic windows of a modality."""

    def of(modality, rate):
        unit = {"emg": "uV", "accelerometer": "g", "gyroscope": "deg/s"}[modality]
        samples = mixture_of(modality, rate)
        windows = Windows(samples, sampling_rate_hz=rate, modality=modality, unit=unit)
        return Signals(windows, spec_of(modality))

    return of


CASES = [("emg", 1000.0), ("emg", 2000.0), ("accelerometer", 100.0), ("gyroscope", 64.0)]
each_case = pytest.mark.parametrize(("modality", "rate"), CASES)


@pytest.mark.parametrize("segment_s", [0.5, 1.0, 0.33, 0.51])
@pytest.mark.parametrize("n_channels", [1, 3])
def test_welch_equals_scipy(segment_s, n_channels, rng):
    """Periodic Hann, half overlap, mean removed; even and odd segments; channels added."""
    samples = 3 + rng.standard_normal((5, n_channels, 400)).cumsum(axis=2)
    length = round(segment_s * 100)
    freqs, psd = scipy.signal.welch(samples, 100.0, nperseg=length)
    ours = welch(samples, 100.0, segment_s, 50.0)

    np.testing.assert_allclose(ours.freqs_hz, freqs, rtol=ROUNDING)
    np.testing.assert_allclose(ours.psd, psd.sum(axis=1), rtol=ROUNDING)


@pytest.mark.parametrize("n_samples", [400, 401])
def test_periodogram_equals_scipy(n_samples, rng):
    """Hann over the whole window, padded to twice its length."""
    samples = 3 + rng.standard_normal((5, 2, n_samples)).cumsum(axis=2)
    freqs, psd = scipy.signal.periodogram(samples, 100.0, window="hann", nfft=2 * n_samples)
    ours = periodogram(samples, 100.0, 50.0)

    np.testing.assert_allclose(ours.freqs_hz, freqs, rtol=ROUNDING)
    np.testing.assert_allclose(ours.psd, psd.sum(axis=1), rtol=ROUNDING, atol=1e-12)


@each_case
def test_the_signals_spectrum_is_that_of_scipy(modality, rate, signals_of):
    """The spectrum in use is Welch's of the conditioned signal, at the spec's resolution."""
    signals = signals_of(modality, rate)
    conditioned = signals.conditioned
    length = round(signals.spec.spectrum_segment_s * conditioned.rate_hz)
    _, psd = scipy.signal.welch(conditioned.samples, conditioned.rate_hz, nperseg=length)

    np.testing.assert_allclose(signals.spectrum.psd, psd.sum(axis=1), rtol=1e-6, atol=1e-20)


@each_case
def test_moments_equal_scipy_stats(modality, rate, signals_of, extract_from, mixture_of):
    """Kurtosis and skewness are the biased ones, excess and without sign."""
    trace = signals_of(modality, rate).trace
    table = extract_from(mixture_of(modality, rate), modality, rate)
    skewness = np.abs(scipy.stats.skew(trace, axis=1))

    np.testing.assert_allclose(
        table.column("kurtosis"), scipy.stats.kurtosis(trace, axis=1), rtol=ROUNDING
    )
    np.testing.assert_allclose(table.column("skewness"), skewness, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(table.column("root_mean_square"), trace.std(axis=1), rtol=ROUNDING)


@each_case
def test_hjorth_and_crossings_equal_antropy(modality, rate, signals_of, extract_from, mixture_of):
    """Mobility is antropy's per second; crossings are its changes of sign bit."""
    signals = signals_of(modality, rate)
    table = extract_from(mixture_of(modality, rate), modality, rate)
    mobility, complexity = antropy.hjorth_params(signals.trace, axis=1)
    fs = signals.conditioned.rate_hz
    noisy = slice(0, 7)  # the last window falls silent: antropy counts zeros as a side
    crossings = antropy.num_zerocross(signals.trace, axis=1) / (signals.trace.shape[1] - 1)

    np.testing.assert_allclose(table.column("hjorth_mobility"), mobility * fs, rtol=ROUNDING)
    np.testing.assert_allclose(table.column("hjorth_complexity"), complexity, rtol=ROUNDING)
    np.testing.assert_allclose(
        table.column("zero_crossing_rate")[noisy], crossings[noisy] * fs, rtol=ROUNDING
    )


def test_entropy_equals_antropy(rng):
    """−Σ p ln p / ln N of Welch's spectrum, constant included, is antropy's."""
    samples = rng.standard_normal((5, 1, 2000)).cumsum(axis=2)
    expected = antropy.spectral_entropy(
        samples[:, 0], sf=1000.0, method="welch", nperseg=500, normalize=True, axis=1
    )
    actual = normalised_entropy(welch(samples, 1000.0, 0.5, 500.0).psd)

    np.testing.assert_allclose(actual, expected, rtol=ROUNDING)


def test_tonality_is_what_flatness_says(rng, spec_of):
    """−ln of the geometric over the arithmetic mean in bands of 8 Hz, weighted by amplitude."""
    samples = rng.standard_normal((5, 1, 4000)).cumsum(axis=2)
    _, psd = scipy.signal.welch(samples[:, 0], 1000.0, nperseg=4000)
    bands = psd[:, 80 : 80 + 53 * 32].reshape(5, 53, 32)  # from 20 Hz on
    flatness = scipy.stats.gmean(bands, axis=2) / bands.mean(axis=2)
    expected = np.average(-np.log(flatness), axis=1, weights=np.sqrt(bands.mean(axis=2)))
    actual = tonality.function(welch(samples, 1000.0, 4.0, 450.0), spec_of("emg"))

    np.testing.assert_allclose(actual, expected, rtol=ROUNDING)


@each_case
def test_time_domain_equals_formulas(modality, rate, signals_of, extract_from, mixture_of):
    """Path, turns, large steps, magnitude and shape as NumPy writes them."""
    signals = signals_of(modality, rate)
    x, fs = signals.trace, signals.conditioned.rate_hz
    table = extract_from(mixture_of(modality, rate), modality, rate)
    steps = np.diff(x, axis=1)
    large = np.abs(steps) > 0.5 * x.std(axis=1, keepdims=True)
    rms = x.std(axis=1)
    expected = {
        "waveform_length": np.abs(steps).mean(axis=1) * fs,
        "slope_sign_change_rate": (steps[:, 1:] * steps[:, :-1] < 0).mean(axis=1) * fs,
        "willison_rate": large.mean(axis=1) * fs,
        "mean_absolute_value": np.abs(x).mean(axis=1),
        "peak": np.abs(x).max(axis=1),
        "crest_factor": np.abs(x).max(axis=1) / rms,
        "form_ratio": np.abs(x).mean(axis=1) / rms,
    }
    for column, wanted in expected.items():
        np.testing.assert_allclose(table.column(column), wanted, rtol=ROUNDING, err_msg=column)


@each_case
def test_frequencies_equal_formulas(modality, rate, signals_of):
    """Mean frequency weighs with power; the median lies in the bin where half is reached."""
    signals = signals_of(modality, rate)
    spectrum = signals.spectrum
    inside = (spectrum.freqs_hz > 0) & (spectrum.freqs_hz < spectrum.bandwidth_hz - 1e-9)
    freqs, psd = spectrum.freqs_hz[inside], spectrum.psd[:, inside]
    mean = (psd * freqs).sum(axis=1) / psd.sum(axis=1)
    reached = np.cumsum(psd, axis=1) >= psd.sum(axis=1, keepdims=True) / 2

    np.testing.assert_allclose(mean_frequency.function(spectrum), mean, rtol=ROUNDING)
    median = median_frequency.function(spectrum)
    off = np.abs(median - freqs[reached.argmax(axis=1)]) / spectrum.bin_hz
    assert off.max() <= BIN + ROUNDING


def test_the_principal_axis_equals_a_singular_vector(rng):
    """The projection is the largest singular value times its right singular vector."""
    samples = rng.standard_normal((6, 3, 3)) @ rng.standard_normal((6, 3, 200))
    projection, shares = principal_axis(samples)
    for w in range(6):
        _, sizes, directions = np.linalg.svd(samples[w], full_matrices=False)

        np.testing.assert_allclose(np.abs(projection[w]), np.abs(sizes[0] * directions[0]))
        np.testing.assert_allclose(shares[w], sizes**2 / np.sum(sizes**2), atol=ROUNDING)
        assert np.sum(projection[w] ** 3) >= 0


def test_detrending_equals_scipy(rng):
    """A line of least squares, offset and scale included."""
    raw = 1e4 + rng.standard_normal((3, 2, 500)).cumsum(axis=2)
    raw.flags.writeable = False
    expected = 2.5 * scipy.signal.detrend(raw, axis=2)

    np.testing.assert_allclose(detrend_and_extend(raw, 2.5, 0, 1.0), expected, atol=1e-7)


@pytest.mark.parametrize(("modality", "rate"), [("emg", 1000.0), ("accelerometer", 100.0)])
def test_the_band_pass_equals_butterworth_forth_and_back(modality, rate, spec_of, rng):
    """Away from its edges a window is what sosfiltfilt makes of the recording it was cut from."""
    spec = spec_of(modality)
    n = spec.n_samples
    unit = {"emg": "uV", "accelerometer": "g"}[modality]
    band = (spec.conditioning.highpass_hz, spec.conditioning.lowpass_hz)
    # Slow parts have no middle: a window is no longer than a few periods of the high-pass.
    quick = scipy.signal.butter(4, 3 * band[0], "high", fs=rate, output="sos")
    recording = scipy.signal.sosfiltfilt(quick, rng.standard_normal((5, 1, 3 * n)), axis=2)
    windows = Windows(
        recording[:, :, n : 2 * n], sampling_rate_hz=rate, modality=modality, unit=unit
    )
    found = condition(windows, spec).samples
    expected = recording
    for edge, kind in zip(band, ("highpass", "lowpass"), strict=True):
        butterworth = scipy.signal.butter(
            spec.conditioning.order, edge, kind, fs=rate, output="sos"
        )
        expected = scipy.signal.sosfiltfilt(butterworth, expected, axis=2)
    # The bilinear transform bends frequencies towards the Nyquist: compare what lies far below it.
    below = scipy.signal.butter(8, 0.1 * rate, fs=rate, output="sos")
    error = scipy.signal.sosfiltfilt(below, found - expected[:, :, n : 2 * n], axis=2)

    assert error[:, :, n // 4 : 3 * n // 4].std() < FILTER * expected.std()


@pytest.mark.parametrize("hz", [3.0, 5.5, 11.0])
def test_cycles_see_the_envelope_that_hilbert_sees(hz):
    """Of a narrow band, cycles' sizes are the envelope at the cycles; their period its phase's."""
    times = np.arange(400) / 100
    envelope = 1 + 0.4 * np.sin(2 * np.pi * 0.4 * times + 1)
    wave = envelope * np.cos(2 * np.pi * hz * times + 0.3 * np.sin(2 * np.pi * 0.5 * times))
    found = find_cycles(wave[None], 100.0, np.array([hz]), 2.0, 0.25)
    analytic = scipy.signal.hilbert(wave)
    turns = np.unwrap(np.angle(analytic)) / (2 * np.pi) + 0.25  # whole at upward crossings
    whole = np.arange(np.ceil(turns[5]), turns[-5])
    crossings = np.interp(whole, turns, times)
    periods = np.diff(crossings)

    assert pytest.approx(np.median(periods), rel=0.01) == found.period_s[0]
    assert pytest.approx(periods.std() / periods.mean(), rel=0.25) == found.period_cv[0]
    sizes = np.abs(analytic)
    assert pytest.approx(sizes.std() / sizes.mean(), rel=0.2) == found.amplitude_cv[0]
    assert abs(len(periods) - found.count[0]) <= 1


@pytest.mark.parametrize("n_samples", [50, 51, 400])
def test_autocorrelation_equals_correlate(n_samples, rng):
    """Sums of products over the number of pairs, relative to lag zero."""
    rows = 5 + rng.standard_normal((4, n_samples)).cumsum(axis=1)
    for row, actual in zip(rows, autocorrelation(rows), strict=True):
        centred = row - row.mean()
        full = np.correlate(centred, centred, "full")[n_samples - 1 :]
        unbiased = full / np.arange(n_samples, 0, -1)

        np.testing.assert_allclose(
            actual, (unbiased / unbiased[0])[: n_samples // 2 + 1], rtol=1e-7, atol=ROUNDING
        )


@pytest.mark.parametrize("hz", [50.0, 50.11, 59.93])
def test_a_line_is_fitted_as_by_least_squares(hz, rng):
    """What is subtracted is the sinusoid that least squares finds under a Hann weight."""
    times = np.arange(4000) / 1000
    row = 3 * np.sin(2 * np.pi * hz * times + 0.4) + 0.2 * rng.standard_normal(4000)
    cleaned = row[None].copy()
    share = subtract_mains(
        cleaned, rate_hz=1000.0, mains_hz=(50.0, 60.0), prominence=30.0, highest_hz=70.0
    )
    basis = np.stack((np.cos(2 * np.pi * hz * times), np.sin(2 * np.pi * hz * times)), axis=1)
    weight = np.hanning(4001)[:4000]
    fitted, *_ = np.linalg.lstsq(basis * weight[:, None] ** 0.5, row * weight**0.5)

    assert np.abs(cleaned[0] - (row - basis @ fitted)).max() < 0.03 * 3
    assert pytest.approx(1 - cleaned.var() / row.var(), abs=1e-6) == share[0]
