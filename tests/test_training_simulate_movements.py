"""Movements made at will: pace, extent and span are found as they were put in."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated import DURATION_S, LEVER_M, STILL, drawn, line_hz, shown

from training.simulate.activity import Activity
from training.simulate.movements import MOVEMENTS, voluntary
from training.simulate.repeated import paced_cycles, within_strength
from training.simulate.waves import RATE_HZ, grid, second_derivative

# A pace that drifts by some hundredths over a recording.
PACE = 0.06
# Some hundred cycles; the drift adds to the scatter.
CYCLE_CV = 0.25
# Movements are whole; a smooth start and end do not count.
EDGE_S = 0.2
ROUNDING = 1e-6

CALM = {
    "voluntary.tapping.cycle_cv": 0.02,
    "voluntary.walking.stride_cv": 0.01,
    "voluntary.extent_scatter": 0.03,
    "voluntary.posture_wander": 0.0,
    "voluntary.largest_acceleration": 60.0,
}


def scene_of(kind, values=None, *, seed=1):
    return voluntary(kind, drawn(STILL | CALM | (values or {}), seed=seed), DURATION_S, LEVER_M)


def going_on(scene, kind):
    """Return the activity's size over time: what moves, or, held still, what drives."""
    if kind == "isometric":
        return scene.phenomenon.drive
    turned = np.linalg.norm(np.gradient(scene.phenomenon.angles_rad, axis=1), axis=0)
    return turned * RATE_HZ + np.linalg.norm(scene.phenomenon.shake_m_s2, axis=0)


@pytest.mark.parametrize("kind", MOVEMENTS)
def test_movement_keeps_to_its_stretches(kind):
    """Outside of its stretches a movement has stopped, but for its soft edges."""
    for seed in range(8):
        scene = scene_of(kind, seed=seed)
        size, times = going_on(scene, kind), grid(DURATION_S)
        outside = np.ones(len(times), dtype=bool)
        for start, end in scene.stretches:
            outside &= (times < start - EDGE_S) | (times > end + EDGE_S)

        assert scene.label == "voluntary"
        assert size[outside].max(initial=0.0) <= 0.05 * size.max()


@pytest.mark.parametrize("kind", MOVEMENTS)
def test_a_muscle_rests_where_its_movement_does(kind):
    """Outside of stretches, where a recording is called rest, there is no tone left."""
    for seed in range(8):
        scene = scene_of(kind, {"voluntary.background_tone": 0.15}, seed=seed)
        drive, times = scene.phenomenon.drive, grid(DURATION_S)
        outside = np.ones(len(times), dtype=bool)
        for start, end in scene.stretches:
            outside &= (times < start - EDGE_S) | (times > end + EDGE_S)

        assert drive[outside].max(initial=0.0) <= 0.01


@pytest.mark.parametrize("kind", MOVEMENTS)
def test_stretches_are_in_order_within_the_recording(kind):
    """Stretches follow one another, none is empty, and none leaves the recording."""
    for seed in range(20):
        edges = [edge for stretch in scene_of(kind, seed=seed).stretches for edge in stretch]

        assert sorted(edges) == edges
        assert len(set(edges)) == len(edges)
        assert min(edges, default=0.0) >= 0.0
        assert max(edges, default=0.0) <= DURATION_S


@pytest.mark.parametrize("kind", MOVEMENTS)
def test_drive_stays_an_excitation(kind):
    """The muscle is driven between nothing and all it has."""
    for seed in range(12):
        drive = voluntary(kind, drawn(seed=seed), DURATION_S, LEVER_M).phenomenon.drive

        assert drive.min() >= 0.0
        assert drive.max() <= 1.0


@pytest.mark.parametrize("kind", MOVEMENTS)
def test_limb_moves_without_a_jump(kind):
    """Angles are smooth enough that their acceleration stays what a limb can bear."""
    for seed in range(12):
        angles = voluntary(kind, drawn(seed=seed), DURATION_S, LEVER_M).phenomenon.angles_rad
        tangential = np.abs(second_derivative(angles)).max() * LEVER_M

        assert tangential < 200.0


@pytest.mark.parametrize("step_hz", [1.5, 2.3])
def test_steps_are_found_in_the_acceleration(step_hz):
    """Walking shows its step frequency, and the muscle works once in two steps."""
    values = {"voluntary.walking.step_frequency": step_hz}
    for seed in range(1, 4):
        scene = scene_of("walking", values, seed=seed)
        shaking = line_hz(scene.phenomenon.shake_m_s2, RATE_HZ, (1.0, 3.0))
        working = line_hz(scene.phenomenon.drive, RATE_HZ, (0.4, 3.0))

        assert step_hz == pytest.approx(shaking, rel=PACE)
        assert step_hz / 2 == pytest.approx(working, rel=PACE)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("tapping", "voluntary.tapping.frequency"),
        ("alternating", "voluntary.alternating.frequency"),
        ("scrubbing", "voluntary.scrubbing.frequency"),
    ],
)
@pytest.mark.parametrize("frequency_hz", [2.2, 4.5])
@pytest.mark.parametrize("modality", ["emg", "gyroscope"])
def test_pace_of_a_repeated_movement_is_found(kind, name, frequency_hz, modality):
    """The gyroscope and the envelope of the EMG show the pace that was put in."""
    values = STILL | CALM | {name: frequency_hz, "voluntary.background_tone": 0.0}
    samples = shown(scene_of(kind, values), modality, values)
    if modality == "emg":
        samples = np.abs(samples).reshape(1, -1, 10).mean(axis=2)

    found = line_hz(samples, RATE_HZ, (0.7 * frequency_hz, 1.4 * frequency_hz))
    assert frequency_hz == pytest.approx(found, rel=PACE)


@pytest.mark.parametrize("cv", [0.05, 0.12])
def test_cycles_of_a_pace_scatter_as_much_as_was_asked(cv):
    """The coefficient of variation of cycles, from one to the next, is what was put in."""
    found = []
    for seed in range(5):
        draws = drawn(seed=seed)
        periods = np.diff(paced_cycles(draws, 3.0, 0.0, 80.0, cv=cv).starts_s)
        found.append(np.diff(periods).std() / np.sqrt(2) / periods.mean())

    assert cv == pytest.approx(np.mean(found), rel=CYCLE_CV)


@given(st.floats(0.01, 2.0), st.floats(0.05, 0.4), st.floats(1.0, 1000.0))
def test_wide_movements_are_as_quick_as_a_limb_can_make_them(angle_rad, lever_m, per_s2):
    """An angle is kept, or cut so that the sensor's acceleration is the largest there is."""
    draws = drawn({"voluntary.largest_acceleration": 20.0})
    kept = within_strength(draws, angle_rad, lever_m, per_s2)

    assert kept <= angle_rad
    assert kept == angle_rad or kept * lever_m * per_s2 == pytest.approx(20.0, rel=ROUNDING)


def test_held_force_moves_nothing():
    """An isometric contraction is seen by electrodes alone."""
    phenomenon = scene_of("isometric").phenomenon

    assert np.abs(phenomenon.angles_rad).max() + np.abs(phenomenon.shake_m_s2).max() == 0.0
    assert phenomenon.drive.max() > 0.0


def test_contraction_reaches_its_level():
    """In the middle of a contraction the drive is the level that was asked."""
    values = {
        "voluntary.contraction_level": 0.4,
        "voluntary.contraction_duration": 4.0,
        "voluntary.pause_duration": 2.0,
        "voluntary.isometric_emg.onset_time": 100.0,
        "voluntary.drive_wander": 0.05,
        "voluntary.drive_ripple": 0.05,
        "voluntary.onset_overshoot": 1.0,
    }
    for seed in range(4):
        scene = scene_of("isometric", values, seed=seed)
        for start, end in scene.stretches:
            if end - start > 3.9:
                held = scene.phenomenon.drive[round((start + 0.5) * 400) : round((end - 0.5) * 400)]

                assert held.mean() == pytest.approx(0.4, rel=0.15)


STEADY_FORCE = {
    "voluntary.contraction_level": 0.1,
    "voluntary.isometric_emg.onset_time": 50.0,
    "voluntary.drive_wander": 1e-6,
    "voluntary.drive_ripple": 0.0,
}


@pytest.mark.parametrize("overshoot", [1.0, 3.0])
def test_a_contraction_begins_stronger_than_it_goes_on(overshoot):
    """Right after its onset the drive is the held one times what was asked."""
    values = STEADY_FORCE | {
        "voluntary.contraction_duration": 4.0,
        "voluntary.onset_overshoot": overshoot,
        "voluntary.onset_settling": 0.3,
    }
    ratios = []
    for seed in range(6):
        scene = scene_of("isometric", values, seed=seed)
        for start, end in scene.stretches:
            if start > 0 and end - start > 3.9:
                drive = scene.phenomenon.drive[round(start * 400) : round(end * 400)]
                ratios.append(drive[:80].max() / np.median(drive[1200:1400]))

    assert ratios
    assert overshoot == pytest.approx(np.median(ratios), rel=0.1)


def test_a_held_force_goes_on_with_another_where_it_may():
    """Within some contractions there are two levels, and within none when it may not change."""
    changes = []
    for probability in (0.0, 0.9):
        values = STEADY_FORCE | {
            "voluntary.level_change_probability": probability,
            "voluntary.onset_overshoot": 1.0,
        }
        del values["voluntary.contraction_level"]
        count = 0
        for seed in range(6):
            scene = scene_of("isometric", values, seed=seed)
            for start, end in scene.stretches:
                within = slice(round((start + 0.3) * 400), round((end - 0.3) * 400))
                held = scene.phenomenon.drive[within]
                count += len(held) > 400 and float(np.ptp(held)) > 0.1 * float(held.max())
        changes.append(count)

    assert changes[0] == 0
    assert changes[1] > 0


@pytest.mark.parametrize("kind", ["tapping", "alternating", "scrubbing"])
def test_a_repeated_movement_turns_aside_as_far_as_asked(kind):
    """Without wander and second axis it goes along one line, with them it does not."""
    shares = []
    for wander_deg, second in ((0.0, 0.0), (50.0, 0.5)):
        values = {
            "voluntary.direction_wander": wander_deg,
            "voluntary.second_axis_ratio": second,
            "voluntary.repeated_fine_share": 0.0,
            "voluntary.posture_wander": 0.01,
        }
        angles = scene_of(kind, values).phenomenon.angles_rad
        powers = np.linalg.svd(angles - angles.mean(axis=1, keepdims=True), compute_uv=False) ** 2
        shares.append(powers[0] / powers.sum())

    assert shares[0] > 0.999
    assert shares[1] < 0.95


def test_ballistic_movement_follows_its_burst():
    """The muscle's burst comes first, and the limb moves an electromechanical delay later."""
    values = {
        "muscle.electromechanical_delay": 60.0,
        "voluntary.background_tone": 0.0,
        "voluntary.ballistic_interval": 2.0,
    }
    phenomenon = scene_of("ballistic", values).phenomenon
    bursting = np.flatnonzero(np.diff((phenomenon.drive > 1e-9).astype(int)) == 1)
    speed = np.linalg.norm(np.gradient(phenomenon.angles_rad, axis=1), axis=0)

    assert len(bursting) >= 3
    for burst in bursting[1:]:
        assert speed[burst - 40 : burst + 20].max() < 1e-3 * speed.max()
        assert speed[burst + 24 : burst + 160].max() > 1e-3 * speed.max()


def test_hand_goes_where_it_reaches():
    """Reaching moves the limb from posture to posture, with pauses between."""
    scene = scene_of("reaching", {"voluntary.reaching.fine_angle": 0.0})
    speed = np.linalg.norm(np.gradient(scene.phenomenon.angles_rad, axis=1), axis=0)

    assert (speed == 0.0).mean() > 0.02
    assert np.linalg.norm(scene.phenomenon.angles_rad[:, -1]) > 0.0


def test_background_of_a_movement_is_a_limb_that_is_held_up():
    """Beneath a movement the limb trembles with its whole physiological tremor."""
    values = {
        "tremor.physiological.peak_acceleration_at_dominant": 20.0,
        "rest.tremor_share_when_supported": 0.05,
    }
    background = scene_of("isometric", values).background
    still = Activity.still(DURATION_S)

    assert background.angles_rad.shape == still.angles_rad.shape
    felt = np.abs(second_derivative(background.angles_rad)).max() * LEVER_M / 9.80665e-3
    assert 5.0 < felt < 80.0


@pytest.mark.parametrize("wander", [0.1, 0.5])
def test_a_held_force_swells_and_ebbs_as_asked(wander):
    """Within a long contraction the logarithm of the drive deviates by what was asked."""
    values = {
        "voluntary.contraction_level": 0.1,
        "voluntary.contraction_duration": 60.0,
        "voluntary.drive_ripple": 0.0,
        "voluntary.drive_wander": wander,
    }
    found = []
    for seed in range(6):
        scene = scene_of("isometric", values, seed=seed)
        drive = scene.phenomenon.drive[round((scene.stretches[0][0] + 4) * 400) :]
        found.append(np.log(drive[drive > 0]).std())

    assert np.median(found) == pytest.approx(wander, rel=0.25)
