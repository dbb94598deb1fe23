"""Recorder and sites: what a device does to a signal, each fault on its own."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import welch
from simulated import STILL, drawn, faultless, physiology

from features import MODALITIES, RELATIVE
from training.simulate.recorder import convert, in_unit, record, resample, with_gaps
from training.simulate.sites import HOST_RATES_HZ, RATES_HZ, draw_site

# The anti-alias filter's ripple in its pass band, and its edges.
RESAMPLED = 0.01
# The root mean square of some ten thousand samples.
NOISE = 0.05
# The share of some hundred draws.
SHARE = 0.12
ROUNDING = 1e-9

MODALITY_NAMES = tuple(MODALITIES)


def recorded(site, phenomenon=None, *, n=9600, rate_hz=400.0, seed=1, **values):
    """Record a phenomenon, by default nothing, on nothing."""
    channels = 1 if site.modality == "emg" else 3
    shown = np.zeros((channels, n)) if phenomenon is None else phenomenon
    return record(shown, np.zeros_like(shown), rate_hz, site, drawn(STILL | values, seed=seed))


def sine(frequency_hz, *, n=9600, rate_hz=400.0, channels=3):
    wave = np.sin(2 * np.pi * frequency_hz * np.arange(n) / rate_hz)
    return np.tile(wave, (channels, 1))


@pytest.mark.parametrize("rate_hz", RATES_HZ["motion"])
def test_resampling_keeps_a_slow_sine_and_its_time(rate_hz):
    """At every rate in use a sine below its limit keeps its size and phase."""
    frequency = 0.25 * min(rate_hz, 40.0)
    resampled = resample(sine(frequency, channels=1), 400.0, rate_hz)
    n = resampled.shape[1]
    expected = np.sin(2 * np.pi * frequency * np.arange(n) / rate_hz)
    inner = slice(n // 4, -n // 4)

    assert n == pytest.approx(24 * rate_hz, abs=1)
    assert np.abs(resampled[0] - expected)[inner].max() < RESAMPLED


@pytest.mark.parametrize("rate_hz", [20.0, 31.25, 64.0])
def test_resampling_leaves_no_alias(rate_hz):
    """What the rate cannot carry is gone, not folded down."""
    resampled = resample(sine(0.8 * rate_hz, channels=1), 400.0, rate_hz)

    assert np.abs(resampled[0, 100:-100]).max() < RESAMPLED


@pytest.mark.parametrize("rate_hz", RATES_HZ["emg"])
def test_silence_is_resampled_to_silence_of_the_same_length(rate_hz):
    """The short cut for nothing gives as many samples as the filter would."""
    n = 4000 * 3 + 1
    silence = resample(np.zeros((1, n)), 4000.0, rate_hz)

    assert silence.shape == resample(np.ones((1, n)), 4000.0, rate_hz).shape
    assert np.abs(silence).max() == 0.0


@pytest.mark.parametrize("modality", MODALITY_NAMES)
def test_faultless_device_writes_what_it_is_shown(modality):
    """Without faults the samples are the signal, and there is no ground."""
    channels = 1 if modality == "emg" else 3
    shown = sine(5.0, channels=channels)
    result = recorded(faultless(modality, 400.0), shown)

    assert shown == pytest.approx(result.samples, abs=1e-6)
    assert np.abs(result.ground).max() == 0.0


@given(st.floats(1e-4, 1.0), st.floats(-30.0, 30.0))
def test_converter_writes_the_nearest_step(step, value):
    """Within the range, what is written is a whole number of steps, half a step away at most."""
    site = faultless("accelerometer", step=step, full_scale=16.0)
    written = convert(np.array([value]), site)[0]

    assert written / step == pytest.approx(round(written / step), abs=1e-6)
    assert abs(written) <= 16.0 + ROUNDING
    if abs(value) < 16.0 - step:
        assert abs(written - value) <= step / 2 + ROUNDING


def test_signal_beyond_the_range_is_clipped():
    """A swing of four on a range of two is cut for two thirds of the time, at two."""
    site = faultless("accelerometer", 400.0, full_scale=2.0, step=0.01)
    samples = recorded(site, 4 * sine(1.0)).samples

    assert (samples.min(), samples.max()) == (-2.0, 2.0)
    assert (np.abs(samples) == 2.0).mean() == pytest.approx(2 / 3, abs=0.02)


@pytest.mark.parametrize("modality", MODALITY_NAMES)
def test_every_unit_tells_the_same_signal(modality):
    """Samples times the factor of their unit are the modality's own unit."""
    for unit, factor in MODALITIES[modality].factors.items():
        if unit != RELATIVE:
            samples = in_unit(np.array([[1.5]]), faultless(modality, unit=unit))

            assert (samples * factor).item() == pytest.approx(1.5)


def test_counts_have_a_gain_and_an_offset():
    """A device of unknown gain writes counts about its offset."""
    site = faultless("emg", unit=RELATIVE, counts_per_unit=3.0, counts_offset=512.0)

    assert in_unit(np.array([[10.0, -1.0]]), site).tolist() == [[542.0, 509.0]]


def test_axes_have_gains_and_biases_of_their_own():
    """Each axis is scaled and shifted by its own error."""
    site = faultless(
        "gyroscope", 400.0, gains=np.array([1.1, 0.9, 1.0]), biases=np.array([1.0, 0.0, -2.0])
    )
    expected = sine(2.0) * np.array([[1.1], [0.9], [1.0]]) + np.array([[1.0], [0.0], [-2.0]])

    assert expected == pytest.approx(recorded(site, sine(2.0)).samples, abs=1e-6)


@pytest.mark.parametrize("modality", ["accelerometer", "gyroscope"])
def test_motion_sensor_has_white_noise_of_its_size(modality):
    """Its root mean square is the site's, on each axis, at all frequencies alike."""
    noise = recorded(faultless(modality, 400.0, noise_rms=0.3)).samples
    _, density = welch(noise, 400.0, nperseg=256, axis=1)

    assert np.full(3, 0.3) == pytest.approx(noise.std(axis=1), rel=NOISE)
    assert density[:, 2:40].mean() == pytest.approx(density[:, 80:].mean(), rel=0.15)


def test_hum_is_no_ground():
    """Mains is taken away before anybody looks, so visibility does not count it."""
    site = faultless("emg", 1000.0, mains_size=50.0)
    result = recorded(site, rate_hz=4000.0)

    assert np.abs(result.samples).max() > 10.0
    assert np.abs(result.ground).max() == 0.0


def test_high_pass_takes_slow_swaying_away():
    """An amplifier's high-pass halves the power at its edge, of all that it amplifies."""
    site = faultless("emg", 1000.0, analog_highpass_hz=20.0)
    result = recorded(site, sine(20.0, n=40_000, rate_hz=4000.0, channels=1), rate_hz=4000.0)

    assert (result.samples[:, 1000:] ** 2).mean() == pytest.approx(0.25, rel=0.03)
    assert result.samples == pytest.approx(result.phenomenon, abs=1e-6)


def test_a_filter_of_the_device_weakens_signal_and_noise_alike():
    """At its corner half the power is left, of the phenomenon as of what is written."""
    site = faultless("gyroscope", 400.0, lowpass_hz=10.0)
    result = recorded(site, sine(10.0))
    noise = recorded(replace(site, noise_rms=0.3)).samples

    assert (result.samples[:, 400:] ** 2).mean() == pytest.approx(0.25, rel=0.03)
    assert result.samples == pytest.approx(result.phenomenon, abs=1e-6)
    assert noise.std() < 0.5 * 0.3


def test_hum_passes_the_filter_of_the_device():
    """Of 50 Hz a filter at 25 Hz leaves a quarter."""
    hum = recorded(faultless("emg", 1000.0, mains_size=50.0), rate_hz=4000.0).samples
    site = faultless("emg", 1000.0, mains_size=50.0, lowpass_hz=25.0)
    left = recorded(site, rate_hz=4000.0).samples[:, 1000:]

    assert np.abs(left).max() == pytest.approx(np.abs(hum).max() / 4, rel=0.2)


def test_a_filter_of_the_sensor_lets_gravity_through():
    """What never changed is there from the first sample on."""
    level = np.ones((3, 9600))

    assert recorded(faultless("accelerometer", 400.0, lowpass_hz=8.0), level).samples == (
        pytest.approx(level, abs=1e-6)
    )


@pytest.mark.parametrize("host_hz", [50.0, 64.0, 200.0])
@pytest.mark.parametrize("linear", [True, False])
def test_a_host_brings_samples_to_another_rate(host_hz, linear):
    """A slow sine stays what it was: nothing is late, and nothing is lost at the end."""
    site = faultless(
        "accelerometer", host_hz, device_rate_hz=32.0, linear_host=linear, step=1e-3, full_scale=2.0
    )
    result = recorded(site, sine(1.0))
    n = result.samples.shape[1]
    expected = np.sin(2 * np.pi * np.arange(n) / host_hz)

    assert n == pytest.approx(24 * host_hz, abs=1)
    assert np.abs(result.samples - expected)[:, 50:-50].max() < 0.02
    assert np.abs(result.phenomenon - expected)[:, 50:-50].max() < 0.02


def test_a_host_that_interpolates_linearly_goes_along_lines():
    """Every fourth of its samples is the device's, and three lie evenly between."""
    device = faultless("gyroscope", 25.0, noise_rms=1.0)
    host = replace(device, sampling_rate_hz=100.0, linear_host=True)
    written, made = recorded(device).samples, recorded(host).samples

    assert written == pytest.approx(made[:, ::4], abs=1e-6)
    assert (made[:, :-4:4] + made[:, 4::4]) / 2 == pytest.approx(made[:, 2:-2:4], abs=1e-6)


def test_what_a_device_does_does_not_depend_on_a_host():
    """Its filters, hum and noise are those of its own rate, whatever is made of it later."""
    device = faultless(
        "emg", 500.0, analog_highpass_hz=30.0, lowpass_hz=150.0, mains_size=20.0, noise_rms=3.0
    )
    host = replace(device, sampling_rate_hz=2000.0, linear_host=True)
    written, made = recorded(device, rate_hz=4000.0), recorded(host, rate_hz=4000.0)

    assert written.samples == pytest.approx(made.samples[:, ::4], abs=1e-6)
    assert written.ground == pytest.approx(made.ground[:, ::4], abs=1e-6)


def test_gaps_are_missing_in_all_axes_in_their_share_of_recordings():
    """A lost stretch is NaN on every axis, as long as was asked, as often as was asked."""
    site = faultless("accelerometer", 100.0)
    values = {"artefacts.dropout_probability": 0.3, "artefacts.dropout_gap": 0.5}
    samples = [with_gaps(np.ones((3, 2400)), site, drawn(values, seed=s)) for s in range(200)]
    lengths = np.array([np.isnan(each).sum(axis=1) for each in samples])

    assert set(lengths.ravel().tolist()) == {0, 50}
    assert (lengths == lengths[:, :1]).all()
    assert (lengths[:, 0] > 0).mean() == pytest.approx(0.3, abs=SHARE)


def test_jitter_moves_samples_by_a_part_of_their_distance():
    """Samples taken early or late differ by at most half the jitter times the slope."""
    shown = np.arange(9600.0)[None].repeat(3, axis=0)
    moved = recorded(faultless("accelerometer", 400.0, timing_jitter=0.2), shown).samples - shown

    assert np.abs(moved).max() <= 0.1 + 1e-6
    assert moved.std() == pytest.approx(0.2 / np.sqrt(12), rel=0.05)
    assert (moved[0] == moved[1]).all()


@pytest.mark.parametrize("modality", MODALITY_NAMES)
def test_devices_are_ones_that_exist(modality):
    """Every drawn device has a rate in use, its modality's units, and steps that make sense."""
    sites = [draw_site("s", modality, physiology(), seed) for seed in range(200)]
    sensor = "emg" if modality == "emg" else "motion"
    rates, hosts = RATES_HZ[sensor], HOST_RATES_HZ[sensor]
    limits = physiology()[f"acquisition.{modality}_step"]

    assert {site.device_rate_hz for site in sites} == set(rates)
    assert {site.sampling_rate_hz for site in sites} == set(rates) | set(hosts)
    assert {site.unit for site in sites} == set(MODALITIES[modality].factors)
    assert min(site.step for site in sites) >= limits.low * (1 - ROUNDING)
    assert max(site.step for site in sites) <= max(limits.high, 32.0 / 2**16)
    assert min(site.full_scale / site.step for site in sites) > 16


@pytest.mark.parametrize("modality", MODALITY_NAMES)
def test_some_recordings_come_filtered_and_some_from_a_slower_device(modality):
    """A filter lies well below half the rate; a host only ever makes more samples of fewer."""
    sites = [draw_site("s", modality, physiology(), seed) for seed in range(400)]
    filtered = [site for site in sites if site.lowpass_hz > 0]
    regridded = [site for site in sites if site.sampling_rate_hz > site.device_rate_hz]

    assert 0.05 < len(filtered) / len(sites) < 0.3
    assert all(site.lowpass_hz < 0.45 * site.device_rate_hz for site in filtered)
    assert 0.02 < len(regridded) / len(sites) < 0.2
    assert all(site.sampling_rate_hz >= site.device_rate_hz for site in sites)
    assert {site.linear_host for site in regridded} == {False, True}


@pytest.mark.parametrize("modality", MODALITY_NAMES)
def test_site_depends_on_its_seed_alone(modality):
    """The same seed gives the same device, another seed another."""
    one, same, other = (draw_site("s", modality, physiology(), seed) for seed in (3, 3, 4))

    assert (one.step, one.noise_rms, one.gains.tolist()) == (
        same.step,
        same.noise_rms,
        same.gains.tolist(),
    )
    assert one.noise_rms != other.noise_rms


def test_mains_appears_where_the_clock_puts_it():
    """Most devices see 50 or 60 Hz, some one or two hundredths off."""
    seen = np.array([draw_site("s", "emg", physiology(), seed).mains_hz for seed in range(300)])
    off = np.minimum(np.abs(seen / 50 - 1), np.abs(seen / 60 - 1))

    assert off.max() < 0.025
    assert (off < 0.002).mean() > 0.7
    assert (off > 0.005).mean() > 0.05
