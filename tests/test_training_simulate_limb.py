"""Limb: what the sensors feel is the mechanics of one rotating, tilting, shaking body."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from features.modality import STANDARD_GRAVITY_M_S2
from training.simulate.activity import Activity
from training.simulate.limb import (
    Placement,
    angular_velocity,
    feel_force,
    feel_turning,
    random_rotation,
    rotations,
)
from training.simulate.waves import RATE_HZ, grid, moved, smooth_noise, unit_vector, within

# Double precision, and a few products of rotations.
ROUNDING = 1e-9
# Central differences of a 5 Hz sine at 400 Hz are short of (2 pi 5 / 400)² / 6.
DIFFERENCES = 0.002
# The same, for noise up to 3 Hz, summed over 8 s.
INTEGRATED_RAD = 0.006
# The square of a tilt of some milliradians, which is neglected, over the tilt.
SMALL_TILT = 0.01

seeds = st.integers(0, 2**32 - 1)


def moving(angles_rad, **more):
    still = Activity.still(angles_rad.shape[1] / RATE_HZ)
    return replace(still, angles_rad=angles_rad, **more)


def wandering(seed, *, duration_s=8.0, size_rad=0.5):
    """Return angles that wander smoothly, from rest to rest in another posture."""
    rng = np.random.default_rng(seed)
    times = grid(duration_s)
    noise = np.stack([smooth_noise(len(times), 0.1, 3.0, rng) for _ in range(3)])
    wander = size_rad * noise * within(times, [(1.0, duration_s - 1.0)], soft_s=0.5)
    return wander + unit_vector(rng)[:, None] * moved(times, 0.5, duration_s - 1.0)


def placed(seed, lever_m=0.2):
    rng = np.random.default_rng(seed)
    lever = lever_m * np.array([1.0, 0.05, -0.1])
    return Placement(lever, posture=random_rotation(rng), mounting=random_rotation(rng))


UPRIGHT = Placement(np.array([0.2, 0.0, 0.0]), posture=np.eye(3), mounting=np.eye(3))


@given(seeds)
def test_sensor_at_rest_feels_gravity_alone(seed):
    """However it is mounted and held, it reads 1 g, and does not turn."""
    still, placement = Activity.still(0.1), placed(seed)
    length = np.linalg.norm(feel_force(still, placement), axis=0)

    assert length == pytest.approx(np.ones(40), rel=ROUNDING)
    assert np.zeros((3, 40)) == pytest.approx(feel_turning(still, placement))


@given(seeds)
def test_random_rotations_are_rotations(seed):
    """They keep lengths and handedness."""
    turn = random_rotation(np.random.default_rng(seed))

    assert np.eye(3) == pytest.approx(turn @ turn.T, abs=ROUNDING)
    assert np.linalg.det(turn) > 0


def test_random_rotations_favour_no_direction():
    """Over many, each axis is sent everywhere alike."""
    rng = np.random.default_rng(1)
    mean = np.mean([random_rotation(rng) for _ in range(4000)], axis=0)

    assert np.zeros((3, 3)) == pytest.approx(mean, abs=0.04)


def test_rotations_are_those_about_z_then_y_then_x():
    """The order of the limb's axes is the one that is written."""
    angles = np.array([[0.3], [-0.5], [1.1]])
    expected = Rotation.from_euler("ZYX", angles[::-1, 0]).as_matrix()

    assert expected == pytest.approx(rotations(angles)[..., 0], abs=ROUNDING)


@pytest.mark.parametrize("seed", range(5))
def test_angular_velocity_is_the_logarithm_of_the_rotation_between_samples(seed):
    """From sample to sample, the limb has turned by its angular velocity times the time."""
    angles = wandering(seed)
    turns = Rotation.from_matrix(np.moveaxis(rotations(angles), -1, 0))
    between = (turns[:-1].inv() * turns[1:]).as_rotvec().T * RATE_HZ
    velocity = angular_velocity(angles)
    midway = (velocity[:, :-1] + velocity[:, 1:]) / 2

    assert np.abs(between - midway)[:, 2:-2].max() <= DIFFERENCES * np.abs(velocity).max()


@pytest.mark.parametrize("seed", range(5))
def test_gyroscope_integrates_to_the_rotation(seed):
    """The gyroscope's readings, one turn after another, lead from the first posture to the last."""
    angles, placement = wandering(seed), placed(seed)
    steps = np.deg2rad(feel_turning(moving(angles), placement)).T / RATE_HZ
    turned = Rotation.identity()
    for step in (steps[:-1] + steps[1:]) / 2:
        turned = turned * Rotation.from_rotvec(step)
    mounting = Rotation.from_matrix(placement.mounting)
    limb = Rotation.from_matrix(rotations(angles)[..., -1])
    expected = mounting * limb * mounting.inv()

    assert (expected.inv() * turned).magnitude() <= INTEGRATED_RAD


def carried_along(vector, turning):
    """Return a resting vector as a turning sensor sees it, from its gyroscope's readings."""
    seen = [vector]
    for step in (turning[:, :-1] + turning[:, 1:]).T / 2 / RATE_HZ:
        seen.append(Rotation.from_rotvec(step).inv().apply(seen[-1]))
    return np.array(seen).T


@pytest.mark.parametrize("seed", range(5))
def test_accelerometer_and_gyroscope_agree_on_where_down_is(seed):
    """Gravity carried along by the gyroscope is what the accelerometer feels at the joint.

    On a lever it is felt as soon as the movement is over.
    """
    activity = moving(wandering(seed))
    for lever_m, agreeing in ((0.0, slice(None)), (0.2, slice(-150, None))):
        placement = placed(seed, lever_m)
        felt = feel_force(activity, placement)
        carried = carried_along(felt[:, 0], np.deg2rad(feel_turning(activity, placement)))

        assert np.abs(felt - carried)[:, agreeing].max() <= INTEGRATED_RAD


@pytest.mark.parametrize(("frequency_hz", "angle_rad"), [(1.0, 0.5), (5.0, 0.1), (8.0, 0.02)])
def test_swinging_lever_feels_tangential_and_centripetal_acceleration(frequency_hz, angle_rad):
    """About an upright axis, a sine gives L a w² across the lever and L (a w)² along it."""
    times, w = grid(4.0), 2 * np.pi * frequency_hz
    angles = np.zeros((3, len(times)))
    angles[2] = angle_rad * np.sin(w * times)
    along, across, up = feel_force(moving(angles), UPRIGHT)[:, 10:-10] * STANDARD_GRAVITY_M_S2
    speed = angle_rad * w * np.cos(w * times)[10:-10]
    tangential = -0.2 * angle_rad * w**2 * np.sin(w * times)[10:-10]

    size = float(np.abs(tangential).max())
    assert tangential == pytest.approx(across, abs=3 * DIFFERENCES * size)
    assert -0.2 * speed**2 == pytest.approx(along, abs=3 * DIFFERENCES * size)
    assert np.full(len(up), STANDARD_GRAVITY_M_S2) == pytest.approx(up, rel=ROUNDING)


def test_leaning_limb_feels_gravity_turn():
    """A limb that leans by an angle feels the sine of it across and the cosine along."""
    angles = np.zeros((3, 800))
    angles[1] = 0.4
    felt = feel_force(moving(angles), UPRIGHT)[:, 400]

    assert np.array([-np.sin(0.4), 0.0, np.cos(0.4)]) == pytest.approx(felt, abs=ROUNDING)


@pytest.mark.parametrize("seed", range(5))
def test_turning_the_sensor_turns_what_it_feels(seed):
    """Another mounting gives the same vectors in another frame, for both sensors."""
    activity, placement = moving(wandering(seed, duration_s=4.0)), placed(seed)
    turn = random_rotation(np.random.default_rng([seed, 1]))
    turned = replace(placement, mounting=turn @ placement.mounting)

    for feel in (feel_force, feel_turning):
        assert turn @ feel(activity, placement) == pytest.approx(feel(activity, turned), abs=1e-6)


def test_shaking_is_felt_as_it_is():
    """Linear acceleration adds to gravity, and the gyroscope feels none of it."""
    shake = 0.1 * STANDARD_GRAVITY_M_S2 * np.ones((3, 400))
    activity = replace(Activity.still(1.0), shake_m_s2=shake)

    assert np.array([0.1, 0.1, 1.1]) == pytest.approx(feel_force(activity, UPRIGHT)[:, 200])
    assert np.abs(feel_turning(activity, UPRIGHT)).max() == 0.0


def test_tilting_on_the_spot_turns_the_sensor_and_nothing_else():
    """A tilt of the skin is felt by the gyroscope, and turns gravity, but has no lever."""
    times = grid(2.0)
    tilt = np.zeros((3, len(times)))
    tilt[0] = 0.003 * np.sin(2 * np.pi * 6 * times)
    activity = replace(Activity.still(2.0), tilt_rad=tilt)
    turning = feel_turning(activity, UPRIGHT)[:, 2:-2]
    rate = np.rad2deg(0.003 * 2 * np.pi * 6 * np.cos(2 * np.pi * 6 * times))[2:-2]

    assert rate == pytest.approx(turning[0], abs=SMALL_TILT * np.abs(rate).max())
    assert np.stack((0 * times, tilt[0], 1 + 0 * times)) == pytest.approx(
        feel_force(activity, UPRIGHT), abs=SMALL_TILT * 0.003
    )
