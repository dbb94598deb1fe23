"""Artefacts: what electrodes pick up has the size, the rate and the spectrum that was put in."""

import numpy as np
import pytest
from scipy.signal import welch
from scipy.stats import kurtosis, skew
from simulated import drawn, faultless, line_hz

from training.simulate.artefacts import (
    electrode_artefacts,
    electrode_pops,
    heartbeat_potential,
    mains_hum,
    motion_artefact,
    resting_noise,
    shaped_noise,
)

# The root mean square of some ten thousand samples.
NOISE = 0.05
# A periodogram of 24 s, padded.
LINE_HZ = 0.02


def test_resting_electrode_has_the_noise_of_device_and_tone():
    """The two add in power, whatever their spectra."""
    values = {"rest.semg_tone_rms": 4.0, "rest.semg_tone_corner": 150.0, "rest.semg_tone_rise": 5.0}
    site = faultless("emg", 1000.0, noise_rms=3.0, noise_corner_hz=10.0)
    noise = resting_noise(100_000, site, drawn(values))

    assert noise.std() == pytest.approx(5.0, rel=NOISE)


def test_fewer_potentials_give_the_tone_heavier_tails():
    """Many a second add up to Gaussian noise; a few stand out one by one, at the same size."""

    def excess(shots):
        values = {"rest.semg_tone_rms": 4.0, "rest.semg_tone_shots": shots}
        noise = resting_noise(200_000, faultless("emg", 1000.0), drawn(values))[0]
        assert noise.std() == pytest.approx(4.0, rel=NOISE)
        return float(kurtosis(noise))

    few, some, many = (excess(shots) for shots in (100.0, 2000.0, 50_000.0))
    assert few > 3 * some > 9 * many
    assert many == pytest.approx(0.0, abs=0.2)


def test_tone_has_the_spectrum_of_a_distant_muscle():
    """Its amplitude falls with the square of the frequency beyond its corner."""
    values = {"rest.semg_tone_rms": 4.0, "rest.semg_tone_corner": 150.0, "rest.semg_tone_rise": 3.0}
    noise = resting_noise(400_000, faultless("emg", 1000.0), drawn(values))[0]
    freqs, density = welch(noise, 1000.0, nperseg=1000)
    amplitudes = np.sqrt(density) / np.sqrt(density[freqs == 100])
    at = np.array([20, 200, 300, 450])
    # The shape that was measured on resting people, relative to 100 Hz.
    expected = (1 + (100 / 150) ** 2) / (1 + (at / 150) ** 2)

    assert expected == pytest.approx(amplitudes[at], rel=0.12)


def test_shaped_noise_has_the_power_of_its_lines(rng):
    """The variance is the sum of the squares of the amplitudes, that at zero apart."""
    amplitudes = np.zeros(501)
    amplitudes[[0, 20, 80]] = 9.0, 3.0, 4.0
    noise = np.stack([shaped_noise(1000, amplitudes, rng) for _ in range(400)])

    assert (noise**2).mean() == pytest.approx(25.0, rel=0.1)
    assert np.abs(noise.mean(axis=1)).max() < 1e-3


@pytest.mark.parametrize("mains_hz", [49.98, 60.03, 61.0])
def test_hum_has_the_line_of_the_mains(mains_hz):
    """The strongest line of the hum is the site's mains frequency, at about the site's size."""
    site = faultless("emg", 1000.0, mains_hz=mains_hz, mains_size=10.0)
    sizes = []
    for seed in range(30):
        hum = mains_hum(24_000, site, drawn(seed=seed))
        sizes.append(hum.std() * np.sqrt(2))

        assert mains_hz == pytest.approx(line_hz(hum, 1000.0, (30.0, 450.0)), abs=LINE_HZ)

    assert np.median(sizes) == pytest.approx(10.0, rel=0.4)


def test_hum_holds_no_line_that_the_rate_cannot_carry():
    """Multiples of the mains beyond the limit of the rate are not folded down."""
    site = faultless("emg", 500.0, mains_hz=50.0, mains_size=10.0)
    hum = mains_hum(12_000, site, drawn())
    freqs = np.fft.rfftfreq(12_000, 1 / 500.0)
    power = np.abs(np.fft.rfft(hum * np.hanning(12_000))) ** 2
    near = np.abs(freqs[:, None] - 50.0 * np.arange(1, 5)).min(axis=1) < 1.0

    assert power[~near].sum() < 1e-4 * power.sum()


def test_heart_is_seen_at_its_rate_and_size():
    """The electrocardiogram has an R peak a beat, of the size that was asked."""
    values = {"artefacts.ecg_amplitude": 120.0, "rest.heart_rate": 1.1}
    potential = heartbeat_potential(24_000, 1000.0, drawn(values))
    upright = potential * np.sign(potential[np.abs(potential).argmax()])
    beats = np.flatnonzero((upright[1:-1] > 60) & (np.diff(upright, n=2) < 0))
    n_beats = 1 + (np.diff(beats) > 300).sum()

    assert np.abs(potential).max() == pytest.approx(120.0, rel=0.15)
    assert n_beats / 24.0 == pytest.approx(1.1, rel=0.1)


def test_cables_sway_in_their_band():
    """Artefacts of motion lie below the band of the muscle."""
    values = {
        "artefacts.motion_artefact_band": 6.0,
        "artefacts.motion_artefact_amplitude": 200.0,
    }
    artefact = motion_artefact(24_000, 1000.0, drawn(values))
    freqs = np.fft.rfftfreq(24_000, 1 / 1000.0)
    power = np.abs(np.fft.rfft(artefact * np.hanning(24_000))) ** 2

    assert power[freqs > 10.0].sum() < 1e-3 * power.sum()
    assert 10.0 < np.abs(artefact).max() < 2000.0


def test_electrodes_pop_and_return():
    """A pop is a step of its size and an exponential return; pops come at their rate."""
    values = {
        "artefacts.electrode_pop_rate": 4.0,
        "artefacts.electrode_pop_amplitude": 500.0,
        "artefacts.electrode_pop_decay": 50.0,
    }
    counts, largest = [], []
    for seed in range(30):
        wave = electrode_pops(60_000, 1000.0, drawn(values, seed=seed))
        steps = np.flatnonzero(np.abs(np.diff(wave)) > 100)
        counts.append(0 if len(steps) == 0 else 1 + (np.diff(steps) > 10).sum())
        largest.append(np.abs(wave).max())

    assert np.mean(counts) == pytest.approx(4.0, rel=0.25)
    assert np.median(largest) == pytest.approx(500.0, rel=0.2)


def test_undisturbed_electrodes_pick_up_nothing():
    """Without heart, cables and pops there is silence."""
    values = {
        "artefacts.ecg_probability": 0.0,
        "artefacts.motion_artefact_probability": 0.0,
        "artefacts.electrode_pop_rate": 0.0,
    }

    assert np.abs(electrode_artefacts(4000, 1000.0, drawn(values))).max() == 0.0


def test_potentials_of_one_polarity_make_the_tone_lean():
    """Sizes that scatter about zero give a tone that leans to neither side; one side tips it."""

    def leaning(polarity):
        values = {"rest.semg_tone_shots": 300.0, "rest.semg_tone_polarity": polarity}
        return abs(float(skew(resting_noise(200_000, faultless("emg", 1000.0), drawn(values))[0])))

    assert leaning(0.0) < 0.1
    assert leaning(2.0) > 3 * leaning(0.0)
