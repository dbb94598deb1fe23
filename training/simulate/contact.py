"""Contact: what skin and surroundings make of a movement before a sensor feels it.

No limb moves as smoothly as a joint would: sleeve, table and strap rub, and what shakes a sensor
tilts it too, for it sits on soft tissue. An accelerometer feels the first at once; without the
second a gyroscope would feel no knock at all.
"""

from dataclasses import dataclass, replace

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from training.simulate.activity import Activity
from training.simulate.limb import random_rotation
from training.simulate.parameters import Draws
from training.simulate.waves import RATE_HZ, smooth_wandering

Array = NDArray[np.float64]

RUBBING_HZ = (5.0, 60.0)
"""Where the shaking of a limb that rubs lies: no line stands out in recordings."""


@dataclass(frozen=True, eq=False)
class Contact:
    """How a sensor sits in one recording, and how rough what it meets is.

    ``rubbing`` (3, n) is noise of unit deviation; ``friction`` is how much of it, in m/s^2, comes
    with a turn of 1 rad/s. ``tilting`` (3, 3) turns a shaking in m/s^2 into a tilt in rad, up to
    ``corner_hz``, above which tissue does not follow.
    """

    rubbing: Array
    friction: float
    tilting: Array
    corner_hz: float

    @classmethod
    def of(cls, draws: Draws, n: int) -> "Contact":
        """Draw the contact of a recording of ``n`` samples on the grid."""
        return cls(
            rubbing=smooth_wandering(n, *RUBBING_HZ, draws.rng),
            friction=draws("body.friction"),
            tilting=draws("body.shake_tilt") * random_rotation(draws.rng),
            corner_hz=draws("fasciculation.tissue_corner"),
        )

    def felt(self, activity: Activity) -> Activity:
        """Return an activity with the shaking of its friction, and the tilt of all its shaking."""
        speed = np.linalg.norm(np.gradient(activity.angles_rad, 1 / RATE_HZ, axis=1), axis=0)
        shake = activity.shake_m_s2 + self.friction * speed * self.rubbing
        b, a = scipy.signal.butter(2, self.corner_hz, fs=RATE_HZ)
        tilt = self.tilting @ scipy.signal.lfilter(b, a, shake, axis=1)
        return replace(activity, shake_m_s2=shake, tilt_rad=activity.tilt_rad + tilt)
