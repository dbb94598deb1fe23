"""Activity: what muscles and limb do, in terms from which every sensor's signal follows.

One description serves surface EMG, accelerometer and gyroscope, so that the three agree.
"""

from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from training.simulate.waves import RATE_HZ

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Volleys:
    """Synchronous discharges of many motor units: one volley a beat.

    ``times_s, gains, durations_s`` have shape (n_volleys,): centre, relative size, and the time
    that holds the middle 90 % of the volley's energy.
    """

    times_s: Array
    gains: Array
    durations_s: Array


@dataclass(frozen=True, eq=False)
class Discharges:
    """Discharges of single motor units: a potential each.

    ``times_s, units, gains`` have shape (n_discharges,); a time is that of the potential's largest
    peak, ``gains`` the peak-to-peak amplitude in microvolt of that very discharge.
    """

    times_s: Array
    units: NDArray[np.int64]
    gains: Array


@dataclass(frozen=True, eq=False)
class Activity:
    """What happens in one recording, apart from the sensor.

    Attributes
    ----------
    drive : ndarray, shape (n,)
        Excitation of the motor-unit pool, 0 to 1, at :data:`~training.simulate.waves.RATE_HZ`.
    angles_rad : ndarray, shape (3, n)
        Rotation of the limb about three axes of its own, at the joint.
    shake_m_s2 : ndarray, shape (3, n)
        Linear acceleration of the sensor beyond what the rotation gives it.
    tilt_rad : ndarray, shape (3, n)
        Small rotation of the sensor on the spot, as skin that bulges gives it: a rotation vector.
    volleys, discharges : sequences
    pace_hz : float
        Pace of a movement that is repeated at will, 0 for any other.
    """

    drive: Array
    angles_rad: Array
    shake_m_s2: Array
    tilt_rad: Array
    volleys: tuple[Volleys, ...] = ()
    discharges: tuple[Discharges, ...] = ()
    pace_hz: float = 0.0

    def __add__(self, other: "Activity") -> "Activity":
        return Activity(
            drive=_added(self.drive, other.drive),
            angles_rad=_added(self.angles_rad, other.angles_rad),
            shake_m_s2=_added(self.shake_m_s2, other.shake_m_s2),
            tilt_rad=_added(self.tilt_rad, other.tilt_rad),
            volleys=self.volleys + other.volleys,
            discharges=self.discharges + other.discharges,
            pace_hz=max(self.pace_hz, other.pace_hz),
        )

    @classmethod
    def still(cls, duration_s: float) -> "Activity":
        """Return the activity in which nothing happens."""
        n = round(duration_s * RATE_HZ)
        return cls(_nothing(n), _nothing(3, n), _nothing(3, n), _nothing(3, n))

    @property
    def moves(self) -> bool:
        """Whether a motion sensor feels anything of it."""
        felt = (self.angles_rad, self.shake_m_s2, self.tilt_rad)
        return not all(part is _nothing(*part.shape) for part in felt)

    @classmethod
    def of_limb(
        cls, duration_s: float, *, drive: Array, angles_rad: Array, shake_m_s2: Array | None = None
    ) -> "Activity":
        """Return a movement of the limb by its muscle; the drive is kept between 0 and 1."""
        still = cls.still(duration_s)
        return replace(
            still,
            drive=np.clip(drive, 0.0, 1.0),
            angles_rad=angles_rad,
            shake_m_s2=still.shake_m_s2 if shake_m_s2 is None else shake_m_s2,
        )

    @classmethod
    def of_units(cls, duration_s: float, discharges: tuple[Discharges, ...]) -> "Activity":
        """Return the discharges of some motor units that move nothing."""
        return replace(cls.still(duration_s), discharges=discharges)

    @classmethod
    def of_volleys(cls, duration_s: float, volleys: tuple[Volleys, ...]) -> "Activity":
        """Return volleys alone; what they move is another activity."""
        return replace(cls.still(duration_s), volleys=volleys)


@lru_cache(maxsize=16)
def _nothing(*shape: int) -> Array:
    """Return zeros, one array for all that does nothing: it can be told without a look inside."""
    zeros = np.zeros(shape)
    zeros.flags.writeable = False
    return zeros


def _added(one: Array, other: Array) -> Array:
    if other is _nothing(*other.shape):
        return one
    if one is _nothing(*one.shape):
        return other
    return one + other


Stretches = tuple[tuple[float, float], ...]
"""Starts and ends in seconds."""


@dataclass(frozen=True, eq=False)
class Scene:
    """A recording before any sensor: its background, its phenomenon, and the truth about it.

    ``phenomenon`` is kept apart so that it can be weighed against the background as a sensor sees
    both. ``stretches`` are the start and end of each run of the phenomenon; ``events_s`` the times
    of its single events; ``cycles_s`` the starts of its cycles; ``frequency_hz`` their frequency,
    NaN when it has none. ``moving`` is where the background itself is a movement made at will,
    ``held`` where its muscle may work between the bursts of a tremor.
    """

    name: str
    label: str
    background: Activity
    phenomenon: Activity
    stretches: Stretches = ()
    events_s: tuple[float, ...] = ()
    cycles_s: Array = field(default_factory=lambda: np.zeros(0))
    frequency_hz: float = float("nan")
    moving: Stretches = ()
    held: Stretches = ()

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return float(len(self.background.drive) / RATE_HZ)

    @property
    def strays_s(self) -> Array:
        """Times at which motor units of the background fire on their own, in order."""
        times = [np.zeros(0), *(part.times_s for part in self.background.discharges)]
        return np.sort(np.concatenate(times))
