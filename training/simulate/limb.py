"""Limb: rotation about a joint, gravity, and what an inertial sensor on it feels.

The limb turns about three of its own axes, one after the other. The sensor sits on a lever from the
joint. An accelerometer feels the acceleration of its place minus gravity, a gyroscope the angular
velocity, both in its own, arbitrarily turned, frame. As both follow from one rotation, they agree.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.modality import DEGREES_PER_RADIAN, STANDARD_GRAVITY_M_S2
from training.simulate.activity import Activity
from training.simulate.waves import RATE_HZ, second_derivative

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Placement:
    """Where and how a sensor sits.

    ``lever_m`` (3,) points from the joint to the sensor in the limb's frame; ``posture`` (3, 3)
    turns the limb's frame into the world's before anything moves; ``mounting`` (3, 3) turns the
    limb's frame into the sensor's.
    """

    lever_m: Array
    posture: Array
    mounting: Array


def rotations(angles_rad: Array) -> Array:
    """Return the rotation about z, then y, then x of the limb, shape (3, 3, n) from (3, n)."""
    cx, cy, cz = np.cos(angles_rad)
    sx, sy, sz = np.sin(angles_rad)
    turned = np.empty((3, *angles_rad.shape))
    turned[0] = cz * cy, cz * sy * sx - sz * cx, cz * sy * cx + sz * sx
    turned[1] = sz * cy, sz * sy * sx + cz * cx, sz * sy * cx - cz * sx
    turned[2] = -sy, cy * sx, cy * cx
    return turned


def angular_velocity(angles_rad: Array) -> Array:
    """Return the angular velocity in the limb's frame, in rad/s, shape (3, n)."""
    x, y, _ = angles_rad
    dx, dy, dz = np.gradient(angles_rad, 1 / RATE_HZ, axis=1)
    cx, sx, cy = np.cos(x), np.sin(x), np.cos(y)
    return np.stack((dx - dz * np.sin(y), dy * cx + dz * cy * sx, dz * cy * cx - dy * sx))


def feel_force(activity: Activity, placement: Placement) -> Array:
    """Return what an ideal accelerometer feels, in g, shape (3, n)."""
    turned = rotations(activity.angles_rad)
    # From the limb to the world by what has turned, then by the posture; and back.
    place = np.einsum("ijt,j->it", turned, placement.lever_m)
    acceleration = second_derivative(place)
    acceleration += STANDARD_GRAVITY_M_S2 * placement.posture[2][:, None]
    in_limb = np.einsum("ijt,it->jt", turned, acceleration) + activity.shake_m_s2
    felt: Array = placement.mounting @ _on_the_spot(in_limb, activity.tilt_rad)
    return felt / STANDARD_GRAVITY_M_S2


def feel_turning(activity: Activity, placement: Placement) -> Array:
    """Return what an ideal gyroscope feels, in deg/s, shape (3, n)."""
    of_limb = _on_the_spot(angular_velocity(activity.angles_rad), activity.tilt_rad)
    of_skin = np.gradient(activity.tilt_rad, 1 / RATE_HZ, axis=1)
    felt: Array = placement.mounting @ (of_limb + of_skin)
    return felt * DEGREES_PER_RADIAN


def _on_the_spot(vectors: Array, tilt_rad: Array) -> Array:
    """Return vectors as seen after a small turn; its square is neglected."""
    if not tilt_rad.any():
        return vectors
    seen: Array = vectors - np.cross(tilt_rad, vectors, axis=0)
    return seen


def random_rotation(rng: np.random.Generator) -> Array:
    """Return a rotation drawn evenly from all, shape (3, 3)."""
    q, r = np.linalg.qr(rng.normal(size=(3, 3)))
    q *= np.sign(np.diag(r))
    if np.linalg.det(q) < 0:
        q[:, 0] *= -1
    rotation: Array = q
    return rotation
