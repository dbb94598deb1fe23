"""Twitches: events, units, and the mechanics of a twitch are found as they were put in."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated import DURATION_S, LEVER_M, STILL, drawn, shown

from training.simulate.lookalikes import LOOKALIKES
from training.simulate.twitches import (
    RATES,
    TWITCH_LEAD_S,
    fasciculation,
    twitch_displacement,
)
from training.simulate.waves import RATE_HZ, second_derivative

# A sample of the EMG, and the anti-alias filter's.
PEAK_S = 0.001
# Several thousand events, whose intervals are skewed.
RATE = 0.05
INTERVAL_CV = 0.1
# The blur of soft tissue widens a brief twitch, and the grid has 2.5 ms.
TWITCH_S = 0.006
# Draws of amplitude scatter by 5 % from discharge to discharge of one unit.
REPEATED = 0.99
# The mean of sizes that scatter by 8 %, of events that partly overlap.
SIZE = 0.15

ISOLATED = {
    "fasciculation.doublet_probability": 0.0,
    "fasciculation.polyphasic_share": 0.0,
    "fasciculation.inter_event_interval_cv": 0.8,
    "fasciculation.probability_mechanically_silent": 0.0,
    **{f"fasciculation.{name}": 30.0 for name in RATES},
}


def scene_of(values, *, seed=1, duration_s=DURATION_S):
    return fasciculation(drawn(STILL | values, seed=seed), duration_s, LEVER_M)


def alone(times_s, space_s):
    """Return which events have no other within a time on either side."""
    gaps = np.diff(times_s, prepend=-np.inf, append=np.inf)
    return (gaps[:-1] > space_s) & (gaps[1:] > space_s)


def test_events_are_found_in_the_emg_at_their_times():
    """Each isolated discharge peaks at the time that the truth gives for it."""
    for seed in range(1, 6):
        scene = scene_of(ISOLATED, seed=seed)
        emg = shown(scene, "emg", ISOLATED, seed=seed)[0]
        times = np.array(scene.events_s)
        for time in times[alone(times, 0.1)]:
            first = round((time - 0.05) * 4000)
            found = (max(first, 0) + np.abs(emg[max(first, 0) :][:400]).argmax()) / 4000

            assert time == pytest.approx(found, abs=PEAK_S)


def test_emg_is_silent_between_events():
    """Away from all events there is nothing."""
    scene = scene_of(ISOLATED)
    emg = shown(scene, "emg", ISOLATED)[0]
    quiet = np.ones(len(emg), dtype=bool)
    for time in scene.events_s:
        quiet[max(0, round((time - 0.05) * 4000)) : round((time + 0.05) * 4000)] = False

    assert np.abs(emg[quiet]).max() < 1e-3 * np.abs(emg).max()


@pytest.mark.parametrize("rate_per_min", [20.0, 90.0])
def test_events_come_at_their_rate(rate_per_min):
    """Over many recordings the count is the rate times the time."""
    values = ISOLATED | {f"fasciculation.{name}": rate_per_min for name in RATES}
    counts = [len(scene_of(values, seed=seed, duration_s=120.0).events_s) for seed in range(60)]

    assert rate_per_min * 2 == pytest.approx(np.mean(counts), rel=RATE)


@pytest.mark.parametrize("cv", [0.8, 1.1, 2.0])
def test_intervals_vary_as_much_as_was_asked(cv):
    """The coefficient of variation of the intervals between events is what was put in."""
    values = ISOLATED | {
        "fasciculation.inter_event_interval_cv": cv,
        **{f"fasciculation.{name}": 90.0 for name in RATES},
    }
    scenes = [scene_of(values, seed=seed, duration_s=400.0) for seed in range(20)]
    intervals = np.concatenate([np.diff(scene.events_s) for scene in scenes])

    assert cv == pytest.approx(intervals.std() / intervals.mean(), rel=INTERVAL_CV)


def test_a_recording_of_twitches_has_one():
    """However low the rate, something is there to be seen."""
    values = ISOLATED | {f"fasciculation.{name}": 0.0 for name in RATES}
    counts = [len(scene_of(values, seed=seed).events_s) for seed in range(40)]

    assert min(counts) >= 1


def test_doublets_are_second_discharges_of_the_same_unit():
    """When every event is a pair, each unit fires again after the interval that was asked."""
    values = ISOLATED | {
        "fasciculation.doublet_probability": 1.0,
        "fasciculation.doublet_interval": 34.0,
        "fasciculation.active_motor_units": 5.0,
    }
    for seed in range(6):
        scene = scene_of(values, seed=seed)
        (part,) = scene.phenomenon.discharges
        for time, unit in zip(part.times_s, part.units, strict=True):
            partners = np.abs(np.abs(part.times_s - time) - 0.034) < 1e-6
            paired = unit in part.units[partners]

            assert paired or time < 0.06 or time > DURATION_S - 0.1


def test_one_unit_repeats_one_shape():
    """All discharges of one unit have the same shape, scaled."""
    values = ISOLATED | {"fasciculation.active_motor_units": 1.0}
    scene = scene_of(values)
    emg = shown(scene, "emg", values)[0]
    times = np.array(scene.events_s)
    inner = times[alone(times, 0.12) & (times > 0.1) & (times < DURATION_S - 0.1)]
    shapes = np.stack([emg[round(t * 4000) - 200 : round(t * 4000) + 200] for t in inner])
    # Laid between samples, repetitions differ by a part of a sample.
    shapes = np.apply_along_axis(np.convolve, 1, shapes, np.ones(8) / 8, "same")

    assert np.corrcoef(shapes).min() > REPEATED


def test_several_units_have_shapes_of_their_own():
    """Active units are different ones."""
    scene = scene_of(ISOLATED | {"fasciculation.active_motor_units": 6.0})
    (part,) = scene.phenomenon.discharges

    assert 3 <= len(set(part.units.tolist())) <= 6


def test_late_components_follow_the_units_that_carry_them():
    """When every unit is polyphasic, each event has a second, smaller part at its delay."""
    values = ISOLATED | {
        "fasciculation.polyphasic_share": 1.0,
        "fasciculation.late_component_delay": 7.0,
    }
    first, late = scene_of(values).phenomenon.discharges

    assert first.times_s + 0.007 == pytest.approx(late.times_s)
    assert (late.gains < first.gains).all()


contractions = st.floats(0.035, 0.098)
relaxations = st.floats(0.025, 0.108)


@given(contractions, relaxations)
def test_twitch_has_its_contraction_and_half_relaxation_times(rise_s, half_relaxation_s):
    """Both times are measured on the displacement as they were put in."""
    displacement = twitch_displacement(rise_s, half_relaxation_s, corner_hz=40.0)
    top = int(displacement.argmax())
    half = top + int((displacement[top:] < 0.5).argmax())

    assert rise_s == pytest.approx(top / RATE_HZ - TWITCH_LEAD_S, abs=TWITCH_S)
    assert half_relaxation_s == pytest.approx((half - top) / RATE_HZ, abs=TWITCH_S)


@given(contractions, relaxations, st.floats(12.0, 40.0))
def test_twitch_begins_and_ends_at_rest(rise_s, half_relaxation_s, corner_hz):
    """The skin goes out and comes back, without a jump, and stays."""
    displacement = twitch_displacement(rise_s, half_relaxation_s, corner_hz)

    assert (displacement[0], displacement.max()) == pytest.approx((0.0, 1.0), abs=1e-4)
    assert abs(displacement[-1]) < 1e-3
    assert np.abs(np.diff(displacement)).max() < 0.25


def test_twitch_is_felt_after_the_electromechanical_delay():
    """The accelerometer begins to feel a twitch the delay after its potential, not before."""
    values = ISOLATED | {
        "muscle.electromechanical_delay": 50.0,
        "fasciculation.tissue_corner": 40.0,
    }
    scene = scene_of(values)
    times = np.array(scene.events_s)
    felt = np.linalg.norm(scene.phenomenon.shake_m_s2, axis=0)
    for time in times[alone(times, 0.8)]:
        after = felt[round(time * RATE_HZ) :][: round(0.4 * RATE_HZ)]
        onset = (after > 0.1 * after.max()).argmax() / RATE_HZ

        assert onset == pytest.approx(0.05, abs=0.02)


def test_twitches_are_felt_at_their_size():
    """The largest acceleration of the skin is, in the mean, what was asked."""
    values = ISOLATED | {"fasciculation.skin_acceleration_peak": 20.0}
    peaks = []
    for seed in range(8):
        scene = scene_of(values, seed=seed)
        felt = np.linalg.norm(scene.phenomenon.shake_m_s2, axis=0) / 9.80665e-3
        times = np.array(scene.events_s)
        isolated = times[alone(times, 0.8) & (times < DURATION_S - 0.4)]
        peaks += [felt[round(time * RATE_HZ) :][:160].max() for time in isolated]

    assert np.mean(peaks) == pytest.approx(20.0, rel=SIZE)


def test_limb_stays_when_skin_twitches():
    """A fasciculation shakes and tilts the sensor on the spot and turns no joint."""
    scene = scene_of(ISOLATED)

    assert np.abs(scene.phenomenon.angles_rad).max() == 0.0
    assert np.abs(scene.phenomenon.tilt_rad).max() > 0.0


def test_silent_units_do_not_move_the_skin():
    """When all units lie too deep, electrodes see what no motion sensor feels."""
    scene = scene_of(ISOLATED | {"fasciculation.probability_mechanically_silent": 1.0})

    assert len(scene.phenomenon.discharges[0].times_s) > 0
    assert np.abs(scene.phenomenon.shake_m_s2).max() == 0.0


@pytest.mark.parametrize("kind", ["cortical", "noncortical"])
def test_myoclonus_is_a_volley_and_a_jerk(kind):
    """Each jerk has a volley of the length that was asked, and turns the joint afterwards."""
    width_ms = 40.0
    values = {f"lookalikes.{kind}_myoclonus.emg_burst_duration": width_ms}
    draws = drawn(STILL | values)
    scene = LOOKALIKES[f"{kind}_myoclonus"](draws, DURATION_S, LEVER_M)
    (volleys,) = scene.phenomenon.volleys
    turned = np.linalg.norm(scene.phenomenon.angles_rad, axis=0)
    jolts = np.abs(second_derivative(turned))
    first = round(scene.events_s[0] * RATE_HZ)

    assert np.array(scene.events_s) + width_ms / 2e3 == pytest.approx(volleys.times_s)
    assert np.full(len(volleys.times_s), width_ms / 1e3) == pytest.approx(volleys.durations_s)
    assert jolts[: max(first - 10, 1)].max() < 1e-3 * jolts.max()
