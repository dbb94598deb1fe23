"""Resting: heart, breath, tremor, jerks and fidgets of a relaxed limb, at their sizes."""

import numpy as np
import pytest
from scipy.signal import butter, find_peaks, sosfiltfilt
from simulated import DURATION_S, LEVER_M, STILL, drawn, faultless, line_hz, person

from features.modality import STANDARD_GRAVITY_M_S2
from training.simulate.resting import add_fidget, heart_beats, resting, stray_units
from training.simulate.waves import RATE_HZ, grid, second_derivative

# Some dozen beats that vary.
HEART = 0.05
# A noisy line of three axes, each with a size of its own.
TREMOR = 0.6
# Rates of rare events over an hour.
RATE = 0.25
ROUNDING = 1e-9


def rested(values, *, seed=1, supported=True, duration_s=DURATION_S):
    return resting(drawn(STILL | values, seed=seed), duration_s, LEVER_M, supported=supported)


def test_still_body_is_still():
    """With every source pinned to nothing, nothing is left."""
    activity = rested({})

    assert np.abs(activity.angles_rad).max() + np.abs(activity.shake_m_s2).max() == 0.0
    assert (activity.drive.max(), activity.discharges) == (0.0, ())


def test_heart_shakes_the_limb_at_its_rate():
    """The largest shake of a beat is what was asked, and beats come at the heart's rate."""
    values = {
        "rest.cardioballistic_peak": 3.0,
        "rest.cardioballistic_ringing": 6.0,
        "rest.cardioballistic_decay": 0.05,
        "rest.heart_rate": 1.2,
    }
    felt = np.linalg.norm(rested(values).shake_m_s2, axis=0) / STANDARD_GRAVITY_M_S2 * 1e3
    beats, _ = find_peaks(felt, height=1.5, distance=200)

    assert felt.max() == pytest.approx(3.0, rel=0.35)
    assert 1 / np.diff(beats).mean() * RATE_HZ == pytest.approx(1.2, rel=HEART)


def test_beats_cover_the_recording():
    """The heart beats before the first sample, and until after the last, with its variation."""
    for seed in range(20):
        values = {"rest.heart_rate": 1.0, "rest.heart_interval_cv": 0.05}
        beats = heart_beats(drawn(values, seed=seed), 60.0)

        assert beats[0] <= 0.2
        assert beats[-1] >= 59.0
        assert np.diff(beats).std() == pytest.approx(0.05, rel=0.4)


def test_breath_tilts_the_limb_slowly():
    """The line of breathing is its rate, and its size the tilt that was asked."""
    values = {"rest.respiration_tilt": 0.2, "rest.respiration_frequency": 0.3}
    angles = rested(values, duration_s=120.0).angles_rad
    size = np.rad2deg(np.linalg.norm(angles, axis=0))

    assert line_hz(angles, RATE_HZ, (0.1, 1.0)) == pytest.approx(0.3, abs=0.05)
    assert size.max() == pytest.approx(0.2, rel=0.02)


@pytest.mark.parametrize("supported", [True, False])
def test_physiological_tremor_has_its_frequency_and_size(supported):
    """Held up, the limb trembles at the size that was asked; supported, at a share of it."""
    values = {
        "tremor.physiological.peak_acceleration_at_dominant": 10.0,
        "tremor.physiological.frequency": 8.0,
        "tremor.physiological.frequency_range_within_record": 2.0,
        "rest.tremor_share_when_supported": 0.1,
    }
    angles = rested(values, supported=supported, duration_s=60.0).angles_rad
    felt_mg = second_derivative(angles) * LEVER_M / STANDARD_GRAVITY_M_S2 * 1e3
    peak = 2 * np.sqrt((felt_mg**2).mean())

    assert 6.9 < line_hz(angles, RATE_HZ, (2.0, 15.0)) < 9.1
    assert peak == pytest.approx(10.0 * (0.1 if supported else 1.0), rel=TREMOR)


def test_small_jerks_are_small():
    """No jerk is felt larger than was asked, lever and gravity taken together."""
    values = {
        "rest.small_jerk_rate": 20.0,
        "rest.small_jerk_peak": 5.0,
        "rest.small_jerk_duration": 0.2,
    }
    site = faultless("accelerometer", 400.0)
    for seed in range(6):
        someone = person(site, STILL | values | {"body.lever": LEVER_M}, seed=seed)
        felt = 1e3 * someone.recording("rest", seed).recording.samples
        quick = sosfiltfilt(butter(2, 1.0, "highpass", fs=400.0, output="sos"), felt)

        assert np.linalg.norm(quick, axis=0).max() < 4 * 5.0


def fidget(values):
    """Return angles and shaking of a fidget that begins after a second of eight."""
    angles, shake = np.zeros((2, 3, round(8.0 * RATE_HZ)))
    add_fidget(angles, shake, drawn(values), grid(8.0), 1.0)
    return angles, shake


def test_knocks_ring_at_their_frequency():
    """A fidget's knocks ring with limb and support, as quickly as was asked."""
    values = {
        "rest.knock_ringing": 15.0,
        "rest.knock_decay": 0.1,
        "rest.fidget_shift_probability": 0.0,
        "rest.knock_peak": 20.0,
        "rest.knock_peak_spread": 0.1,
    }
    angles, shake = fidget(values)

    assert np.abs(angles).max() == 0.0
    assert line_hz(shake, RATE_HZ, (5.0, 30.0)) == pytest.approx(15.0, abs=2.0)
    assert np.abs(shake[:, : round(0.99 * RATE_HZ)]).max() == 0.0
    assert np.linalg.norm(shake, axis=0).max() / STANDARD_GRAVITY_M_S2 * 1e3 > 10.0


def test_fidget_may_leave_the_limb_elsewhere():
    """A fidget that shifts turns the limb by what was asked, smoothly, and leaves it there."""
    values = {"rest.fidget_shift_probability": 1.0, "rest.fidget_shift_angle": 3.0}
    angles, _ = fidget(values)

    assert np.rad2deg(np.linalg.norm(angles[:, -1])) == pytest.approx(3.0)
    assert np.abs(angles[:, :400]).max() == 0.0


def test_fidgets_come_in_clusters():
    """Knocks come some at a time: their intervals vary more than those of chance."""
    values = {
        "rest.fidget_rate": 4.0,
        "rest.knocks_per_fidget": 5.0,
        "rest.knock_interval": 0.6,
        "rest.knock_decay": 0.02,
        "rest.knock_peak": 20.0,
        "rest.knock_peak_spread": 0.2,
        "rest.fidget_shift_probability": 0.0,
    }
    shake = np.concatenate(
        [
            np.linalg.norm(rested(values, seed=seed, duration_s=300.0).shake_m_s2, axis=0)
            for seed in range(4)
        ]
    )
    knocks, _ = find_peaks(shake, height=0.05, distance=60)
    intervals = np.diff(knocks)

    assert len(knocks) / 20.0 == pytest.approx(20.0, rel=2 * RATE)
    assert intervals.std() / intervals.mean() > 1.4


def test_stray_units_fire_at_their_rate_in_their_share_of_recordings():
    """A unit that will not rest is there as often, and fires as often and as large, as asked."""
    values = {
        "rest.stray_unit_probability": 0.4,
        "rest.stray_unit_rate": 0.5,
        "rest.stray_unit_amplitude": 30.0,
    }
    found = [stray_units(drawn(values, seed=seed), 60.0) for seed in range(200)]
    trains = [parts[0] for parts in found if parts]

    assert len(trains) / 200 == pytest.approx(0.4, rel=RATE)
    assert np.mean([len(t.times_s) for t in trains]) == pytest.approx(30.0, rel=RATE)
    assert np.concatenate([t.gains for t in trains]).mean() == pytest.approx(30.0, rel=0.02)
    assert max(len(set(t.units.tolist())) for t in trains) == 1


def test_people_at_rest_differ():
    """Over people, how much a resting limb is shaken spreads over an order of magnitude."""
    scenes = [resting(drawn(seed=seed), DURATION_S, LEVER_M) for seed in range(16)]
    sizes = [np.sqrt((scene.shake_m_s2**2).mean()) for scene in scenes]

    assert max(sizes) > 5 * min(sizes)


@pytest.mark.parametrize(("supported", "share"), [(True, 1.0), (False, 10.0)])
def test_a_limb_sways_slowly_and_more_when_held_up(supported, share):
    """The angle about each axis deviates by what was asked, times the ratio when held, slowly."""
    values = {"rest.sway": 0.1, "rest.sway_when_held": 10.0}
    angles = np.rad2deg(rested(values, supported=supported, duration_s=300.0).angles_rad)
    power = (np.abs(np.fft.rfft(angles, axis=1)) ** 2).sum(axis=0)
    freqs = np.fft.rfftfreq(angles.shape[1], 1 / RATE_HZ)

    assert angles.std() == pytest.approx(0.1 * share, rel=0.15)
    assert power[freqs > 1.0].sum() < 0.01 * power.sum()
