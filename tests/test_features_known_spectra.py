"""Known answers for spectra: one bin, a flat spectrum, none; mains; resampling."""

import numpy as np
import pytest
from scipy.signal import lfilter

from features import Windows
from features.conditioning import condition
from features.rhythm_features import normalised_entropy
from features.spectrum import Spectrum, dominant_line, periodogram, welch
from features.spectrum_features import (
    band_share,
    mean_frequency,
    median_frequency,
    spectral_entropy,
    spectral_spread,
    tonality,
)

# Sums of some hundred products.
ROUNDING = 1e-9
# A resampled tone away from the edges: ripple of the anti-alias filter.
RIPPLE = 0.005
# A tone that breaks off at the end of a window overshoots by 12 %; after resampling between mirrors
# it would by 18 to 24 %.
OVERSHOOT = 1.15
# What a line of 4 s leaves when noise of a tenth has moved its fitted frequency and phase.
RESIDUE = 0.02

FREQS = np.arange(101) * 0.5


def spectrum(psd, bandwidth_hz=50.0):
    return Spectrum(np.atleast_2d(psd).astype(float), FREQS, bandwidth_hz)


@pytest.mark.parametrize("place", [1, 7, 64, 99])
def test_a_spectrum_with_one_bin_is_that_frequency(place):
    """All power in one bin: mean and median are its frequency, spread and disorder zero."""
    one = spectrum(3.0 * (np.arange(101) == place))

    assert pytest.approx(FREQS[place], rel=ROUNDING) == mean_frequency.function(one)[0]
    assert pytest.approx(FREQS[place], rel=ROUNDING) == median_frequency.function(one)[0]
    assert pytest.approx(0.0, abs=1e-5) == spectral_spread.function(one)[0]
    assert pytest.approx(0.0, abs=ROUNDING) == spectral_entropy.function(one)[0]
    inside = (FREQS[place], FREQS[place] + 0.5)
    assert pytest.approx(1.0, rel=ROUNDING) == band_share.function(one, inside)[0]
    assert band_share.function(one, (FREQS[place] + 0.5, 50.0))[0] == 0.0


@pytest.mark.parametrize("bandwidth_hz", [50.0, 40.0, 12.5])
def test_a_flat_spectrum_has_its_closed_forms(bandwidth_hz):
    """Of n bins from 1 on: mean (n + 1) / 2, variance (n² − 1) / 12, entropy 1, shares by width."""
    flat = spectrum(np.full(101, 2.0), bandwidth_hz)
    n = round(bandwidth_hz / 0.5) - 1

    assert pytest.approx(0.5 * (n + 1) / 2, rel=ROUNDING) == mean_frequency.function(flat)[0]
    assert pytest.approx(0.5 * (n + 1) / 2, rel=ROUNDING) == median_frequency.function(flat)[0]
    spread = 0.5 * np.sqrt((n**2 - 1) / 12)
    assert pytest.approx(spread, rel=ROUNDING) == spectral_spread.function(flat)[0]
    assert pytest.approx(1.0, rel=ROUNDING) == spectral_entropy.function(flat)[0]
    assert pytest.approx(10 / n, rel=ROUNDING) == band_share.function(flat, (5.0, 10.0))[0]


def test_an_empty_spectrum_has_no_answers(spec_of):
    """Without power every frequency and share is undefined."""
    none = spectrum(np.zeros(101))
    for feature in (mean_frequency, median_frequency, spectral_spread, spectral_entropy):
        assert np.isnan(feature.function(none)).all()
    assert np.isnan(band_share.function(none, (5.0, 10.0))).all()
    assert np.isnan(tonality.function(none, spec_of("emg"))).all()


@pytest.mark.parametrize("shape", ["white", "falling"])
def test_the_tonality_of_noise_is_a_constant(shape, rng, spec_of):
    """Euler's 0.577, whatever the slope of the spectrum; less by what 32 bins know of a mean."""
    noise = rng.standard_normal((50, 1, 4000))
    if shape == "falling":
        noise = lfilter([1.0], [1.0, -0.8], noise)
    found = tonality.function(welch(noise, 1000.0, 4.0, 450.0), spec_of("emg"))

    assert pytest.approx(np.euler_gamma, abs=0.05) == found.mean()
    assert found.std() < 0.05


def test_lines_are_tonal_and_a_single_potential_is_not(rng, spec_of):
    """An impulse has a smooth spectrum: 0; a chord stands out of the noise, the louder the more."""
    times_s = np.arange(4000) / 1000
    impulse = (np.arange(4000) == 1800).astype(float)
    chord = sum(np.sin(2 * np.pi * pitch_hz * times_s) for pitch_hz in (110, 165, 277))
    noisy = [loudness * chord + rng.standard_normal(4000) for loudness in (0.0, 0.3, 1.0, 3.0)]
    windows = np.stack([impulse, *noisy])[:, None]
    found = tonality.function(welch(windows, 1000.0, 4.0, 450.0), spec_of("emg"))

    assert pytest.approx(0.0, abs=1e-3) == found[0]
    assert (np.diff(found[1:]) > 0.05).all()


def test_an_empty_bin_is_sixty_decibels_below_its_band(spec_of):
    """One bin of a band holds everything: the others count as 1e-6 of the mean, other bands not."""
    width = 16  # 8 Hz
    alone = spectrum(3.0 * (np.arange(101) == 40 + width))
    others = 1e-6 / width
    expected = np.log((1 + (width - 1) * others) / width) - (width - 1) / width * np.log(others)

    assert pytest.approx(expected, rel=ROUNDING) == tonality.function(alone, spec_of("emg"))[0]


def test_two_equal_lines_have_half_a_bit_of_entropy():
    """Two of N bins: ln 2 / ln N."""
    entropy = normalised_entropy(np.array([[0.0, 5.0, 0.0, 5.0, 0.0, 0.0, 0.0, 0.0]]))

    assert pytest.approx(np.log(2) / np.log(8), rel=ROUNDING) == entropy[0]


def test_constant_power_is_not_counted():
    """What lies at zero frequency belongs to no feature of the spectrum."""
    with_constant = spectrum(np.where(np.arange(101) == 0, 1e6, 1.0))
    without = spectrum(np.where(np.arange(101) == 0, 0.0, 1.0))
    for feature in (mean_frequency, median_frequency, spectral_spread, spectral_entropy):
        assert feature.function(without)[0] == feature.function(with_constant)[0]


def test_adjacent_bands_share_no_bin():
    """Bands that meet add up to the whole, and a bin at the border is the upper band's."""
    whole = spectrum(np.arange(101.0))
    lower, upper = whole.power(1.0, 20.0), whole.power(20.0, 45.0)

    assert pytest.approx(whole.power(1.0, 45.0), rel=ROUNDING) == lower + upper
    assert whole.band(1.0, 20.0).stop == whole.band(20.0, 45.0).start == 40


@pytest.mark.parametrize(("bandwidth_hz", "reached"), [(9.0, False), (15.0, True), (30.0, True)])
def test_a_band_out_of_reach_is_undefined(bandwidth_hz, reached):
    """A band counts when the bandwidth holds at least half of it."""
    power = spectrum(np.ones(101), bandwidth_hz).power(10.0, 20.0)

    assert reached == np.isfinite(power[0])


@pytest.mark.parametrize("shape", [(4, 1, 400), (2, 3, 400), (3, 2, 401)])
def test_the_density_holds_the_variance(shape, rng):
    """Parseval: summed over frequency the density is the mean square, channels added up."""
    noise = rng.standard_normal(shape)
    for estimate in (welch(noise, 100.0, 1.0, 50.0), periodogram(noise, 100.0, 50.0)):
        total = estimate.psd.sum(axis=1) * estimate.bin_hz

        assert pytest.approx(shape[1], rel=0.4) == total.mean()
    tone = np.sin(2 * np.pi * 12.5 * np.arange(400) / 100)[None, None]
    exact = periodogram(tone, 100.0, 50.0)
    assert pytest.approx(0.5, rel=ROUNDING) == (exact.psd.sum(axis=1) * exact.bin_hz)[0]


def test_a_line_at_the_edge_of_the_band_has_no_more_than_all():
    """The power of a line is never more than that of the band it was found in."""
    psd = np.exp(-0.5 * ((FREQS - 2.0) / 0.4) ** 2)
    line = dominant_line(spectrum(psd), (2.0, 20.0), 1.0)

    assert line.power[0] <= line.band_power[0]
    assert pytest.approx(2.0, abs=1e-6) == line.frequency_hz[0]


def test_a_gaussian_line_has_its_half_power_width():
    """A line exp(-x² / 2 s²) is 2.355 s wide at half its height, to the width of a bin."""
    psd = np.exp(-0.5 * ((FREQS - 10.1) / 2.0) ** 2)
    line = dominant_line(spectrum(psd), (2.0, 20.0), 1.0)

    assert pytest.approx(10.1, rel=1e-6) == line.frequency_hz[0]
    assert pytest.approx(2.355 * 2.0, rel=0.01) == line.half_power_width_hz[0]


@pytest.mark.parametrize("psd", [np.ones(101), np.arange(101.0), np.arange(101.0)[::-1]])
def test_without_a_local_maximum_there_is_no_line(psd):
    """A spectrum that is flat, rises or falls has none, however high its edge."""
    line = dominant_line(spectrum(psd), (2.0, 20.0), 1.0)

    assert np.isnan(line.frequency_hz[0])
    assert np.isnan(line.power[0])


def mains(times, hz, phase):
    """Return a line of 50 uV and its odd multiples."""
    sizes = {1: 50.0, 2: 5.0, 3: 20.0, 5: 10.0, 7: 5.0, 9: 3.0}
    multiples = {k: size for k, size in sizes.items() if k * hz < 430}
    return sum(
        size * np.sin(2 * np.pi * k * hz * times + k * phase) for k, size in multiples.items()
    )


@pytest.fixture
def conditioned(spec_of):
    """Condition windows of EMG given as rows."""

    def of(rows, rate):
        windows = Windows(rows[:, None], sampling_rate_hz=rate, modality="emg", unit="uV")
        return condition(windows, spec_of("emg"))

    return of


@pytest.mark.parametrize("hz", [49.0, 49.9, 50.0, 50.08, 50.8, 59.95, 60.04, 61.2])
@pytest.mark.parametrize("rate", [1000.0, 1926.0, 2000.0])
def test_mains_is_taken_out_and_little_else(hz, rate, conditioned, rng):
    """A line and its multiples fall to a fiftieth, up to the edges, wherever the mains wanders."""
    times = np.arange(round(4 * rate)) / rate
    noise = 5 * rng.standard_normal((10, len(times)))
    clean = conditioned(noise, rate)
    hum = conditioned(noise + mains(times, hz, 0.7), rate)
    residue = (hum.samples - clean.samples)[:, 0]

    assert residue.std() < RESIDUE * mains(times, hz, 0.7).std()
    assert residue[:, :20].std() < 3 * RESIDUE * mains(times, hz, 0.7).std()
    power = mains(times, hz, 0.7).var()
    assert pytest.approx(power / (power + 25), abs=0.01) == hum.mains_share.mean()
    assert clean.mains_share.max() == 0.0


def test_a_line_falls_to_its_surroundings(conditioned, rng):
    """In the spectrum nothing is left to see where the line was."""
    times = np.arange(4000) / 1000
    noise = 5 * rng.standard_normal((50, 4000))
    density = np.mean(
        np.abs(np.fft.rfft(conditioned(noise + mains(times, 50.08, 0.3), 1000.0).samples[:, 0]))
        ** 2,
        axis=0,
    )
    for hz in (50.08, 150.24, 250.4, 350.56):
        at = round(4 * hz)
        surroundings = np.median(np.r_[density[at - 40 : at - 8], density[at + 8 : at + 40]])

        assert density[at - 2 : at + 3].max() < 3 * surroundings


def test_a_brief_event_survives_the_removal_of_mains(conditioned, rng):
    """A potential under hum keeps its size and gets no echoes."""
    times = np.arange(4000) / 1000
    event = 300 * np.exp(-0.5 * ((times - 2) / 0.004) ** 2) * np.sin(2 * np.pi * 90 * (times - 2))
    noise = rng.standard_normal((10, 4000))
    plain = conditioned(noise + event, 1000.0).samples[:, 0]
    under_hum = conditioned(noise + event + mains(times, 50.08, 1.0), 1000.0).samples[:, 0]

    near = slice(1960, 2040)
    sizes = np.ptp(under_hum[:, near], axis=1) / np.ptp(plain[:, near], axis=1)
    assert pytest.approx(1.0, abs=0.03) == sizes.mean()
    assert np.abs(under_hum - plain)[:, 2100:].max() < 0.02 * 300


def test_a_train_of_discharges_is_not_mains(conditioned, rng):
    """A regular clonus has lines at every multiple of its rate: that one is 50 Hz is no hum."""
    times = np.arange(4000) / 1000
    for beats_hz in (5.0, 6.25, 7.1, 10.0):
        at = np.arange(0.05, 4, 1 / beats_hz)[:, None] + 0.001 * rng.standard_normal((1, 1))
        train = (np.exp(-0.5 * ((times - at) / 0.005) ** 2) * np.sin(500 * (times - at))).sum(
            axis=0
        )
        signal = 200 * train + 2 * rng.standard_normal((10, 4000))

        assert conditioned(signal, 1000.0).mains_share.max() == 0.0


def test_noise_is_not_mains(conditioned, rng):
    """Of three hundred windows of noise none has a line."""
    assert conditioned(rng.standard_normal((300, 4000)), 1000.0).mains_share.max() == 0.0


@pytest.mark.parametrize("rate", [500.0, 1111.1, 1259.259, 1926.0, 2148.1481, 10000.0])
@pytest.mark.parametrize("hz", [40.0, 110.0, 190.0])
def test_resampling_keeps_a_tone(rate, hz, conditioned):
    """A tone keeps its frequency, phase and size at any rate, odd ones included."""
    times = np.arange(round(4 * rate)) / rate
    found = conditioned(np.sin(2 * np.pi * hz * times + 0.5)[None], rate)
    middle = slice(1000, 3000)
    rates = np.arange(4000)[middle] / 1000
    basis = np.exp(-2j * np.pi * hz * rates) * np.hanning(2000)
    amplitude = 2 * np.sum(found.samples[0, 0, middle] * basis) / np.hanning(2000).sum()
    response = 1 / (1 + (20 / hz) ** 4) / (1 + (hz / 450) ** 4)

    assert pytest.approx(response, rel=RIPPLE) == np.abs(amplitude)
    # A window may begin half a sample of the canonical rate early or late.
    phase = np.angle(amplitude * np.exp(1j * (np.pi / 2 - 0.5)))
    assert abs(phase) < 2 * np.pi * hz * 0.0006
    assert min(450.0, 0.45 * rate) == found.bandwidth_hz


@pytest.mark.parametrize("rate", [2000.0, 10000.0])
def test_resampling_does_not_ring_at_the_edges(rate, conditioned):
    """A tone that is sampled densely keeps its size up to both ends, at any phase."""
    times = np.arange(round(4 * rate)) / rate
    phases = np.linspace(0, 2 * np.pi, 12)[:, None]
    found = conditioned(np.sin(2 * np.pi * 310 * times + phases), rate).samples[:, 0]
    response = 1 / (1 + (310 / 450) ** 4)

    assert np.abs(found).max() < OVERSHOOT * response


@pytest.mark.parametrize("hz", [560.0, 700.0, 950.0])
def test_what_the_canonical_rate_cannot_carry_is_removed(hz, conditioned):
    """A tone above the new Nyquist frequency does not come back as another one."""
    times = np.arange(8000) / 2000
    found = conditioned(np.sin(2 * np.pi * hz * times)[None], 2000.0)

    assert found.samples[0, 0, 100:-100].std() < 0.003
