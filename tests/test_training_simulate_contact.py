"""Contact: what rubs shakes, and what shakes tilts."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import kurtosis
from simulated import drawn

from training.simulate.activity import Activity
from training.simulate.contact import RUBBING_HZ, Contact
from training.simulate.limb import Placement, feel_force, feel_turning
from training.simulate.waves import RATE_HZ, grid, ringing

DURATION_S = 20.0
N = round(DURATION_S * RATE_HZ)
STILL = Activity.still(DURATION_S)
ON_THE_JOINT = Placement(np.array([0.2, 0.0, 0.0]), posture=np.eye(3), mounting=np.eye(3))
# The root mean square of noise of some hundred independent values.
NOISE = 0.1


def contact(**values):
    """Draw a contact, some of whose parameters are pinned."""
    return Contact.of(drawn({f"body.{name}": value for name, value in values.items()}), N)


def turning(amplitude_rad, hz=0.5):
    wave = amplitude_rad * np.sin(2 * np.pi * hz * grid(DURATION_S))
    return replace(STILL, angles_rad=np.stack((wave, 0 * wave, 0 * wave)))


def rms(signal):
    return float(np.sqrt(np.mean(np.square(signal))))


def test_a_limb_at_rest_feels_no_contact():
    """What neither turns nor shakes rubs nothing and tilts nothing."""
    felt = contact().felt(STILL)

    assert not felt.shake_m_s2.any()
    assert not felt.tilt_rad.any()


@pytest.mark.parametrize("friction", [0.01, 0.1, 1.0])
@pytest.mark.parametrize("amplitude_rad", [0.05, 0.5])
def test_friction_shakes_as_much_as_the_limb_turns(friction, amplitude_rad):
    """The shaking of an axis is the friction times the speed, by root mean square."""
    activity = turning(amplitude_rad)
    speed = 2 * np.pi * 0.5 * amplitude_rad / np.sqrt(2)
    felt = contact(friction=friction, shake_tilt=0.0).felt(activity)

    for axis in felt.shake_m_s2:
        assert rms(axis) == pytest.approx(friction * speed, rel=NOISE)
    assert not felt.tilt_rad.any()


def test_friction_is_a_noise_without_a_line():
    """It lies between its limits, and is as Gaussian as the turning is steady."""
    steady = np.tile(np.linspace(0.0, 1.0, N), (3, 1))
    shake = contact(friction=1.0).felt(replace(STILL, angles_rad=steady)).shake_m_s2
    power = np.abs(np.fft.rfft(shake[0])) ** 2
    hz = np.fft.rfftfreq(N, 1 / RATE_HZ)
    inside = (hz >= RUBBING_HZ[0]) & (hz <= RUBBING_HZ[1])

    assert power[inside].sum() > 0.95 * power.sum()
    assert power.max() < 0.02 * power.sum()
    assert abs(kurtosis(shake[0])) < 0.5


@pytest.mark.parametrize(
    ("hz", "share"), [(2.0, 1.0), (20.0, np.sqrt(0.5)), (40.0, 1 / np.sqrt(17))]
)
def test_tissue_tilts_with_what_is_slow(hz, share):
    """A shaking tilts the sensor in proportion, up to the corner of its tissue."""
    wave = np.sin(2 * np.pi * hz * grid(DURATION_S))
    shaken = replace(STILL, shake_m_s2=np.stack((wave, 0 * wave, 0 * wave)))
    made = replace(contact(shake_tilt=0.001), corner_hz=20.0)
    tilt = np.linalg.norm(made.felt(shaken).tilt_rad[:, N // 4 :], axis=0)

    assert rms(tilt) == pytest.approx(0.001 * share * rms(wave), rel=NOISE)


def test_a_gyroscope_feels_a_knock():
    """A ringing of 0.1 g at 15 Hz turns a sensor by some degrees a second, as it does in life."""
    shake = np.zeros((3, N))
    ring = ringing(15.0, 0.04)
    shake[0, N // 2 : N // 2 + len(ring)] = 0.98 * ring
    knocked = contact(shake_tilt=0.001).felt(replace(STILL, shake_m_s2=shake))

    assert np.abs(feel_turning(knocked, ON_THE_JOINT)).max() == pytest.approx(5.0, rel=0.5)
    assert np.ptp(feel_force(knocked, ON_THE_JOINT)[0]) == pytest.approx(0.17, rel=0.2)
