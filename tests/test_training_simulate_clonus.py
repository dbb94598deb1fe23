"""Clonus: beats, their lengthening, decay, volleys and waveform are found as they were put in."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import find_peaks
from simulated import DURATION_S, LEVER_M, STILL, band_power, drawn, line_hz, physiology, shown

from training.simulate.clonus import (
    JOINTS,
    SUSTAINED_BEATS,
    clonus,
    clonus_beats,
    clonus_wave,
)

# A run of some seconds whose first beats are long.
FREQUENCY_HZ = 0.12
# Some hundred beats.
SCATTER = 0.15
# A volley of 40 ms has no sharp centre: its energy's scatters by some milliseconds.
BEAT_S = 0.008
# Turning points on a grid of a thousandth of the cycle, to first order in the harmonic.
SHARE = 0.005
ROUNDING = 1e-6
# Volleys of 80 potentials that add up or cancel, and few units that fire between.
SILENCE = 0.5
# A muscle has steps: fewer units fire than excitation would ask for.
FADING = 0.4
# The harmonic of a finite run, whose envelope widens its lines, and gravity besides.
HARMONIC = 0.25

EVEN = {
    "clonus.burst_amplitude_decay_rate_sustained": 0.0,
    "clonus.cycle_to_cycle_cv": 0.0,
    "clonus.load_effect_on_frequency": 0.0,
    "clonus.first_cycle_lengthening": 1.0,
    "clonus.beat_size_cv": 0.0,
    "clonus.second_axis_ratio": 0.0,
    "clonus.restless_share": 0.0,
    "clonus.foot_acceleration_peak": 8.0,
    "clonus.beats_sustained": 200.0,
    "clonus.onset_rise_cycles": 0.5,
    "clonus.stretch_angle": 0.0,
    **{f"clonus.frequency_{joint}": 5.5 for joint in JOINTS},
}


def scene_of(values, *, sustained=True, seed=1):
    return clonus(drawn(STILL | values, seed=seed), DURATION_S, LEVER_M, sustained=sustained)


@pytest.mark.parametrize("frequency_hz", [4.0, 5.5, 7.0])
@pytest.mark.parametrize("modality", ["emg", "accelerometer", "gyroscope"])
def test_frequency_is_found_by_every_sensor(frequency_hz, modality):
    """The line of a clonus stands where it was put, in motion and in the envelope of the EMG."""
    values = EVEN | {f"clonus.frequency_{joint}": frequency_hz for joint in JOINTS}
    samples = shown(scene_of(values), modality, values)
    if modality == "emg":
        samples = np.abs(samples).reshape(1, -1, 10).mean(axis=2)

    assert frequency_hz == pytest.approx(line_hz(samples, 400.0, (3.0, 8.0)), abs=FREQUENCY_HZ)


@pytest.mark.parametrize("cv", [0.02, 0.05])
def test_cycles_scatter_as_much_as_was_asked(cv):
    """The coefficient of variation of steady beats is what was put in."""
    run = clonus_beats(drawn(EVEN | {"clonus.cycle_to_cycle_cv": cv}), 6.0, 0.0, 400)
    periods = np.diff(run.starts_s)[10:]

    assert cv == pytest.approx(periods.std() / periods.mean(), rel=SCATTER)


def test_first_beat_is_longer_and_the_fourth_or_fifth_steady():
    """The first cycle is longer by what was asked; after the settling, little of it is left."""
    values = EVEN | {
        "clonus.first_cycle_lengthening": 1.4,
        "clonus.cycles_to_steady_period": 4.0,
    }
    periods = np.diff(clonus_beats(drawn(values), 5.0, 2.0, 60).starts_s)

    assert pytest.approx(periods[0], rel=ROUNDING) == 1.4 * 0.2
    assert (np.diff(periods)[:20] < 0).all()
    assert periods[4] / 0.2 - 1 < 0.06 * 0.4


def test_load_moves_the_frequency_over_the_run():
    """From the first beat to the last of a long run the frequency drifts by the load's effect."""
    values = EVEN | {"clonus.load_effect_on_frequency": 1.2}
    periods = np.diff(clonus_beats(drawn(values), 5.0, 0.0, 100).starts_s)

    assert pytest.approx((1 / periods[0], 1 / periods[-1]), rel=1e-3) == (5.0, 5.0 + 1.2 * 0.99)


@pytest.mark.parametrize("rate", [0.0, 0.5, 2.0])
@pytest.mark.parametrize(
    ("kind", "beats"), [("unsustained", SUSTAINED_BEATS - 1), ("sustained", SUSTAINED_BEATS)]
)
def test_runs_decay_at_the_rate_of_their_kind(kind, beats, rate):
    """The sizes of a run fall exponentially at the rate that was put in for its length."""
    draws = drawn(EVEN | {f"clonus.burst_amplitude_decay_rate_{kind}": rate})
    run = clonus_beats(draws, 6.0, 0.0, beats)
    slope = np.polyfit(run.starts_s[:-1], np.log(run.sizes), 1)[0]

    assert -rate == pytest.approx(slope, rel=ROUNDING, abs=ROUNDING)


def test_runs_have_the_beats_of_their_kind():
    """By the shipped parameters a sustained run has beats enough to be called so, others not."""
    short, long = (physiology()[f"clonus.beats_{kind}"] for kind in ("unsustained", "sustained"))

    assert short.low >= 3
    assert short.high < SUSTAINED_BEATS <= long.low


def test_each_beat_is_a_volley_at_its_time():
    """The energy of the EMG gathers about the start of each cycle, once."""
    values = EVEN | {"clonus.emg_burst_duration": 40.0, "clonus.inter_burst_emg_ratio": 0.0}
    measured = []
    for seed in range(1, 7):
        scene = scene_of(values, seed=seed)
        emg = shown(scene, "emg", values, seed=seed)[0]
        beats = scene.cycles_s[(scene.cycles_s > 0.2) & (scene.cycles_s < DURATION_S - 0.2)]
        around = np.arange(-300, 300)
        energy = emg[(beats[:, None] * 4000).round().astype(int) + around] ** 2
        centres = (energy * around).sum(axis=1) / energy.sum(axis=1) / 4000
        measured.append(centres.mean())

    assert np.mean(measured) == pytest.approx(0.0, abs=BEAT_S)
    assert np.std(measured) < BEAT_S


def test_volleys_come_once_a_beat():
    """As many bursts stand out of the EMG as there are beats."""
    values = EVEN | {"clonus.emg_burst_duration": 40.0, "clonus.inter_burst_emg_ratio": 0.0}
    for seed in range(1, 4):
        scene = scene_of(values, seed=seed)
        emg = shown(scene, "emg", values, seed=seed)[0]
        envelope = np.convolve(np.abs(emg), np.hanning(400), mode="same")[::10]
        peaks, _ = find_peaks(envelope, height=0.25 * envelope.max(), distance=40)

        assert len(scene.cycles_s) == pytest.approx(len(peaks), abs=2)


def test_little_is_left_between_the_volleys():
    """Between bursts the root mean square is the share that was asked of that within."""
    values = EVEN | {"clonus.emg_burst_duration": 40.0, "clonus.inter_burst_emg_ratio": 0.1}
    found = []
    for seed in range(1, 9):
        scene = scene_of(values, seed=seed)
        emg = shown(scene, "emg", values, seed=seed)[0]
        beats = scene.cycles_s[(scene.cycles_s > 1) & (scene.cycles_s < DURATION_S - 1)]
        at = (beats * 4000).round().astype(int)[:, None]
        within, between = emg[at + np.arange(-80, 80)], emg[at + np.arange(280, 440)]
        found.append(np.sqrt((between**2).mean() / (within**2).mean()))

    assert np.median(found) == pytest.approx(0.1, rel=SILENCE)


def test_what_is_left_between_volleys_fades_with_them():
    """Where beats have fallen to a tenth, so has the muscle between them."""
    decay = np.log(10) / (DURATION_S - 4)
    values = EVEN | {
        "clonus.emg_burst_duration": 40.0,
        "clonus.inter_burst_emg_ratio": 0.25,
        "clonus.burst_amplitude_decay_rate_sustained": decay,
    }
    found = []
    for seed in range(1, 9):
        scene = scene_of(values, seed=seed)
        emg = shown(scene, "emg", values, seed=seed)[0]
        beats = scene.cycles_s[(scene.cycles_s > 1) & (scene.cycles_s < DURATION_S - 1)]
        between = emg[(beats * 4000).round().astype(int)[:, None] + np.arange(280, 440)]
        levels = np.sqrt((between**2).mean(axis=1))
        found.append(-np.polyfit(beats, np.log(levels), 1)[0])

    assert np.median(found) == pytest.approx(decay, rel=FADING)


@given(st.floats(0.42, 0.48), st.floats(0.0, 0.6), st.booleans())
def test_angle_goes_quickly_one_way_and_more_slowly_back(quick_share, ratio, sharp):
    """The way from the lowest angle to the highest takes its share of the cycle."""
    phase = np.linspace(0, 2 * np.pi, 1000, endpoint=False)
    wave = clonus_wave(phase, quick_share, ratio, sharp=sharp)
    rising = np.gradient(wave) > 0

    # At the strongest second harmonic the extremes move by up to 0.0255 of the cycle.
    assert quick_share == pytest.approx(rising.mean(), abs=SHARE + 0.025)


@given(st.floats(0.42, 0.48), st.floats(0.3, 0.6), st.booleans())
def test_second_harmonic_has_its_share_of_the_acceleration(quick_share, ratio, sharp):
    """The power of the second harmonic over the first, in the acceleration, is what was asked."""
    phase = np.linspace(0, 2 * np.pi, 1000, endpoint=False)
    lines = np.abs(np.fft.rfft(clonus_wave(phase, quick_share, ratio, sharp=sharp))) ** 2

    assert ratio == pytest.approx(16 * lines[2] / lines[1], rel=ROUNDING)


def test_second_harmonic_is_found_in_the_recording():
    """The accelerometer shows the harmonic that was put in."""
    values = EVEN | {"clonus.harmonic_ratio_2f": 0.4}
    found = []
    for seed in range(1, 7):
        felt = shown(scene_of(values, seed=seed), "accelerometer", values, seed=seed)
        found.append(band_power(felt, 400.0, 11.0, 0.8) / band_power(felt, 400.0, 5.5, 0.8))

    assert np.median(found) == pytest.approx(0.4, rel=HARMONIC)


def test_onset_is_abrupt():
    """After the cycles that were asked the limb swings with 80 % of its size."""
    for seed in range(1, 12):
        scene = scene_of(EVEN | {"clonus.beats_sustained": 40.0}, seed=seed)
        starts = [start for start, _ in scene.stretches if start > 0.5]
        size = np.linalg.norm(scene.phenomenon.angles_rad, axis=0)
        for start in starts:
            first = size[round(start * 400) : round((start + 0.1 + 1.2 / 5.5) * 400)]

            assert first.max() > 0.75 * size.max()


def test_beside_beats_the_limb_moves_as_much_as_was_asked():
    """Off the axis of the beats nothing moves, or what is asked beside them, slower than they."""
    for share in (0.0, 0.4):
        aside = []
        for seed in range(1, 9):
            values = EVEN | {"clonus.restless_share": share}
            angles = scene_of(values, seed=seed).phenomenon.angles_rad
            centred = angles - angles.mean(axis=1, keepdims=True)
            sizes = np.linalg.svd(centred, compute_uv=False)
            # A sine's deviation is 0.7 of its amplitude.
            aside.append(sizes[1] / sizes[0] / np.sqrt(2))

        assert share == pytest.approx(np.median(aside), abs=0.12)


def test_stretch_is_background_and_ends_where_the_run_begins():
    """The quick passive movement is no part of the clonus, and comes before it."""
    values = EVEN | {"clonus.stretch_angle": 20.0, "clonus.foot_acceleration_peak": 1.0}
    for seed in range(1, 12):
        scene = scene_of(values, seed=seed)
        moved = np.linalg.norm(np.gradient(scene.background.angles_rad, axis=1), axis=0)
        starts = np.array([start for start, _ in scene.stretches if start > 0])
        when = np.flatnonzero(moved > 1e-6) / 400
        before = starts[:, None] - when[None, :]

        assert ((before > -0.01) & (before < 0.35)).any(axis=0).all()


def test_the_second_axis_follows_the_first_by_its_lag():
    """With no second axis the joint turns in a line; with one that lags, in a plane."""

    def flatness(ratio, lag_ms):
        values = EVEN | {"clonus.second_axis_ratio": ratio, "body.second_axis_lag": lag_ms}
        angles = scene_of(values).phenomenon.angles_rad
        sizes = np.linalg.svd(angles - angles.mean(axis=1, keepdims=True), compute_uv=False)
        return sizes[1] / sizes[0]

    assert flatness(0.0, 20.0) < ROUNDING
    assert flatness(0.4, 0.0) < ROUNDING
    # What lags by 20 ms at 5.5 Hz, 0.69 rad, lies out of line by about its sine.
    assert flatness(0.4, 20.0) == pytest.approx(0.4 * np.sin(2 * np.pi * 5.5 * 0.02), rel=0.35)
