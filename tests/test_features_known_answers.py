"""Known answers through the whole of extract: what was put in comes out, in hertz and in units."""

from functools import cache

import numpy as np
import pytest

from features import MODALITIES

# A window of 4 s resolves 0.25 Hz; a parabola through three bins of a clean line finds it to a
# thousandth of that, and the envelope of a carrier to a twelfth.
FREQUENCY_HZ = 0.02
# In noise of a tenth of the tone the bound of Cramer and Rao is 0.003 Hz.
NOISY_FREQUENCY_HZ = 0.02
# The Hann taper of a line has skirts of 0.1 % beyond the half width of 0.5 Hz, and mirrored edges
# of a window change up to as much.
AMPLITUDE = 0.01
# A part of a cycle more or less in the window, and what the high-pass does to its edges.
TIME_DOMAIN = 0.03
# Samples that beat with a fast sine miss its crests and count its slopes unevenly, for one phase.
SAMPLED_SIZE = 0.06
# Segments of a spectrum lose their mean, and with it some of the lowest band.
BAND_SHARE = 0.2
# The mirror image at an edge breaks the phase: there, what is sampled slowly overshoots.
EDGE_PEAK = 0.5
# The ripple of the carrier, 50 Hz in an envelope at 100 Hz, favours even lags.
REPETITION = 0.04
# Half a cycle more or less at either end, of what is counted in a window of 4 s.
COUNT = 2.0
# The first and last of the periods feel the edges that conditioning mirrors.
PERIODS = 0.06

PHASES = np.linspace(0.2, 0.2 + 2 * np.pi, 5, endpoint=False)
FREQUENCIES = np.arange(2.5, 19.6, 0.5)
MOTION_RATES = (20.0, 31.25, 50.0, 64.0, 100.0, 500.0)
EMG_RATES = (500.0, 1000.0, 1926.0, 2000.0, 10000.0)
MODALITY_RATES = [
    *(("emg", rate) for rate in EMG_RATES),
    *(("accelerometer", rate) for rate in MOTION_RATES),
    *(("gyroscope", rate) for rate in MOTION_RATES),
]
at_each_rate = pytest.mark.parametrize(("modality", "rate"), MODALITY_RATES)


def grid(modality, rate):
    """Return every frequency that the rate can carry, at every phase."""
    highest = 20.0 if modality == "emg" else 0.4 * rate
    frequencies = FREQUENCIES[highest > FREQUENCIES]
    return np.repeat(frequencies, len(PHASES)), np.tile(PHASES, len(frequencies))


def tones(modality, rate, hz, phase):
    """Return a tremor: of motion along one direction, of a muscle the size of its activity."""
    times = np.arange(round(4 * rate)) / rate
    wave = np.sin(2 * np.pi * np.asarray(hz)[:, None] * times + np.asarray(phase)[:, None])
    if modality == "emg":
        # A carrier that is no mains, and whose ripple is averaged to 50 Hz, away from rhythms.
        return (50 * (1 + 0.8 * wave) * np.sin(2 * np.pi * 125 * times + 0.3))[:, None]
    return wave[:, None] * np.array([0.6, 0.0, -0.8])[:, None] + np.array([0.2, 1.0, 0.1])[:, None]


def response(spec, hz):
    """Return what conditioning passes of a frequency: two Butterworth filters, forth and back."""
    conditioning = spec.conditioning
    order = 2 * conditioning.order
    highpass = 1 / (1 + (conditioning.highpass_hz / hz) ** order)
    return highpass / (1 + (hz / conditioning.lowpass_hz) ** order)


@pytest.fixture(scope="module")
def tone_table(extract_from):
    """Extract once from the grid of tones of a modality at a rate."""

    @cache
    def table(modality, rate):
        return extract_from(tones(modality, rate, *grid(modality, rate)), modality, rate)

    return table


@at_each_rate
def test_the_frequency_of_a_tremor_is_found(modality, rate, tone_table):
    """Any frequency, at any phase, rate and modality."""
    hz, _ = grid(modality, rate)
    table = tone_table(modality, rate)

    np.testing.assert_allclose(table.column("dominant_frequency"), hz, rtol=0, atol=FREQUENCY_HZ)
    np.testing.assert_allclose(table.column("recurrence_frequency"), hz, rtol=REPETITION)
    assert table.column("peak_power_ratio").min() > 0.98


@at_each_rate
def test_the_frequency_of_a_tremor_is_found_in_noise(modality, rate, extract_from, rng):
    """Noise of a tenth of the tremor moves the frequency by no more than it must."""
    hz, phase = grid(modality, rate)
    clean = tones(modality, rate, hz, phase)
    noisy = clean + 0.1 * clean.std(axis=2, keepdims=True) * rng.standard_normal(clean.shape)
    found = extract_from(noisy, modality, rate).column("dominant_frequency")

    np.testing.assert_allclose(found, hz, rtol=0, atol=NOISY_FREQUENCY_HZ)


@at_each_rate
def test_a_steady_tremor_is_steady(modality, rate, tone_table):
    """Of a pure tone every cycle is alike, the first and the last included."""
    hz, _ = grid(modality, rate)
    table = tone_table(modality, rate)

    assert table.column("period_variation").max() < 0.025
    assert table.column("tremor_stability").max() < 0.04
    assert np.abs(table.column("first_to_steady_cycle") - 1).max() < PERIODS
    assert table.column("cycle_amplitude_variation").max() < 0.04
    assert np.abs(table.column("cycle_amplitude_slope")).max() < 0.01
    assert np.all(table.column("cycle_active_share") == 1.0)
    # Whole cycles from one upward zero crossing to the next: up to one is lost at either end.
    assert np.all(table.column("cycle_count") > 4 * hz - 2.01)
    assert np.all(table.column("cycle_count") <= 4 * hz)


@pytest.mark.parametrize("modality", ["accelerometer", "gyroscope"])
@pytest.mark.parametrize("rate", MOTION_RATES)
def test_the_amplitude_of_a_movement_is_found(modality, rate, tone_table, spec_of):
    """A movement of amplitude 1 has the amplitude that the filters leave of it, at every rate."""
    hz, _ = grid(modality, rate)
    found = tone_table(modality, rate).column("line_amplitude")

    np.testing.assert_allclose(found, response(spec_of(modality), hz), rtol=AMPLITUDE)


@pytest.mark.parametrize("rate", MOTION_RATES)
def test_a_sine_has_the_time_domain_of_a_sine(rate, tone_table, spec_of):
    """Size, shape and pace of a sine are those of the textbook."""
    hz, _ = grid("accelerometer", rate)
    table = tone_table("accelerometer", rate)
    size = response(spec_of("accelerometer"), hz)
    expected = {
        "root_mean_square": size / np.sqrt(2),
        "mean_absolute_value": size * 2 / np.pi,
        "norm_root_mean_square": size / np.sqrt(2),
        "waveform_length": 4 * size * 100 / np.pi * np.sin(np.pi * hz / 100),
        "crest_factor": np.sqrt(2),
        "form_ratio": np.sqrt(8) / np.pi,
        "kurtosis": -1.5,
        "hjorth_mobility": 2 * 100 * np.sin(np.pi * hz / 100),
        "hjorth_complexity": 1.0,
        "first_axis_share": 1.0,
    }
    for column, wanted in expected.items():
        tolerance = EDGE_PEAK if column == "crest_factor" else SAMPLED_SIZE
        np.testing.assert_allclose(
            table.column(column), np.broadcast_to(wanted, hz.shape), rtol=tolerance, err_msg=column
        )
    assert pytest.approx(np.sqrt(2), rel=0.1) == np.median(table.column("crest_factor"))
    assert np.abs(table.column("zero_crossing_rate") - 2 * hz).max() < COUNT / 4
    assert np.abs(table.column("slope_sign_change_rate") - 2 * hz).max() < COUNT / 4
    assert table.column("skewness").max() < 0.1
    np.testing.assert_allclose(table.column("mean_frequency"), hz, atol=0.15)
    np.testing.assert_allclose(table.column("median_frequency"), hz, atol=0.3)


@pytest.mark.parametrize("hz", [3.0, 4.3, 6.1])
@pytest.mark.parametrize("second", [0.2, 0.7])
def test_harmonics_are_measured_against_the_line(hz, second, extract_from, spec_of):
    """Powers at twice and thrice the frequency are those of the tones that were put there."""
    rate, third = 100.0, 0.3
    wave = sum(
        size * tones("accelerometer", rate, [k * hz], [0.4 * k])
        for k, size in ((1, 1.0), (2, second), (3, third))
    )
    table = extract_from(wave, "accelerometer", rate)
    passed = response(spec_of("accelerometer"), hz * np.arange(1, 4))
    ratios = (np.array([1.0, second, third]) * passed / passed[0]) ** 2

    assert pytest.approx(hz, abs=FREQUENCY_HZ) == table.column("dominant_frequency")[0]
    assert pytest.approx(ratios[1], rel=0.02) == table.column("second_harmonic")[0]
    assert pytest.approx(ratios[1:].sum(), rel=0.02) == table.column("harmonic_index")[0]
    assert table.column("subharmonic")[0] < 1e-3
    assert table.column("rival_line")[0] < 1e-3


def test_a_second_tremor_is_a_rival(extract_from, spec_of):
    """An unrelated line is measured by its height, a movement below the band by its power.

    Both lie on bins of the spectrum: between two bins a line is up to 5 % less high.
    """
    wave = tones("gyroscope", 100.0, [5.0], [0.0])
    wave = wave + 0.6 * tones("gyroscope", 100.0, [8.375], [1.0])
    wave = wave + 10**0.5 * tones("gyroscope", 100.0, [1.0], [2.0])
    table = extract_from(wave, "gyroscope", 100.0)
    passed = response(spec_of("gyroscope"), np.array([5.0, 8.375, 1.0]))

    rival = (0.6 * passed[1] / passed[0]) ** 2
    assert pytest.approx(rival, rel=0.05) == table.column("rival_line")[0]
    slow = np.log10(10 * (passed[2] / passed[0]) ** 2)
    assert pytest.approx(slow, abs=0.05) == table.column("slow_to_rhythm")[0]


def test_a_line_below_a_harmonic_is_seen(extract_from):
    """Of a rhythm whose second harmonic is the stronger, half the frequency carries power."""
    wave = tones("gyroscope", 100.0, [8.0], [0.0]) + 0.5 * tones("gyroscope", 100.0, [4.0], [1.0])
    table = extract_from(wave, "gyroscope", 100.0)

    assert pytest.approx(8.0, abs=FREQUENCY_HZ) == table.column("dominant_frequency")[0]
    assert pytest.approx(0.25, rel=0.03) == table.column("subharmonic")[0]


@pytest.mark.parametrize(("along", "across"), [(1.0, 0.0), (1.0, 0.5), (2.0, 1.0), (1.0, 1.0)])
def test_straightness_is_the_share_of_the_first_axis(along, across, extract_from):
    """Of a movement along an ellipse the axes' squares share the variance."""
    times = np.arange(400) / 100
    ellipse = np.stack(
        (along * np.cos(2 * np.pi * 5 * times), across * np.sin(2 * np.pi * 5 * times), 0 * times)
    )
    share = extract_from(ellipse[None], "accelerometer", 100.0).column("first_axis_share")[0]

    assert pytest.approx(along**2 / (along**2 + across**2), rel=0.01) == share


def test_a_circular_movement_has_no_bursts(extract_from):
    """The length of a turning vector is constant: no burst, no contrast, full size."""
    times = np.arange(400) / 100
    circle = np.stack((np.cos(2 * np.pi * 5 * times), np.sin(2 * np.pi * 5 * times), 0 * times))
    table = extract_from(circle[None], "gyroscope", 100.0)

    assert table.column("burst_rate")[0] == 0.0
    assert table.column("envelope_contrast")[0] < 0.02
    assert pytest.approx(1.0, rel=TIME_DOMAIN) == table.column("norm_root_mean_square")[0]


@pytest.mark.parametrize("modality", MODALITIES)
def test_noise_has_the_statistics_of_noise(modality, extract_from, spec_of, rng):
    """Of white noise the spectrum is that of the filters, and the shape Gaussian."""
    spec = spec_of(modality)
    rate = spec.sampling_rate_hz
    channels = 1 if modality == "emg" else 3
    noise = 10 * rng.standard_normal((40, channels, spec.n_samples))
    table = extract_from(noise, modality, rate)
    mean = dict(zip(table.columns, table.values.mean(axis=0), strict=True))
    freqs = np.arange(1, round(2 * rate)) / 4
    power = response(spec, freqs) ** 2
    carried = freqs < spec.conditioning.lowpass_hz

    expected_hz = np.sum((freqs * power)[carried]) / np.sum(power[carried])
    assert pytest.approx(expected_hz, rel=0.02) == mean["mean_frequency"]
    middle = freqs[np.searchsorted(np.cumsum(power[carried]), power[carried].sum() / 2)]
    assert pytest.approx(middle, rel=0.03) == mean["median_frequency"]
    # The principal axis of noise in three directions is the loudest of them, not any of them.
    expected_rms = 10 * np.sqrt(np.mean(power) * 0.5 * 2)
    assert pytest.approx(expected_rms, rel=0.1) == mean["root_mean_square"]
    assert pytest.approx(np.sqrt(2 / np.pi), rel=0.02) == mean["form_ratio"]
    assert abs(mean["kurtosis"]) < 0.1
    assert mean["skewness"] < 0.2
    assert mean["spectral_entropy"] > 0.9
    for name, (low, high) in spec.bands_hz.items():
        inside = (low <= freqs) & (freqs < high)
        share = power[inside].sum() / power[carried].sum()
        assert pytest.approx(share, rel=BAND_SHARE) == mean[f"band_share__{name}"]


@pytest.mark.parametrize("modality", MODALITIES)
def test_noise_is_no_rhythm(modality, extract_from, spec_of, rng):
    """Steady noise has no line to speak of, no bursts, and little repetition."""
    spec = spec_of(modality)
    noise = rng.standard_normal((40, 1, spec.n_samples))
    table = extract_from(noise, modality, spec.sampling_rate_hz)

    assert np.median(table.column("peak_power_ratio")) < 0.3
    assert np.median(table.column("recurrence_height")) < 0.4
    assert table.column("rhythm_entropy").min() > 0.8
    assert np.mean(table.column("burst_rate")) < 1.0
    assert np.median(table.column("event_rate")) == 0.0
