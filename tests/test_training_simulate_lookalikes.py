"""Look-alikes: each shows the rate, the groups and the modulation that it is known for."""

import numpy as np
import pytest
from simulated import DURATION_S, LEVER_M, STILL, band_power, drawn, line_hz, shown

from training.simulate.lookalikes import (
    LOOKALIKES,
    LOOKALIKES_IN_EMG,
    LOOKALIKES_IN_MOTION,
)
from training.simulate.twitches import myoclonus
from training.simulate.waves import RATE_HZ, grid

EVERY = LOOKALIKES | LOOKALIKES_IN_EMG | LOOKALIKES_IN_MOTION
# Some hundred intervals.
RATE = 0.03
INTERVAL_CV = 0.2
# Two to three slow waves in a recording.
SLOW_HZ = 0.03
# A frequency that wanders.
FREQUENCY_HZ = 0.6


def scene_of(kind, values=None, *, seed=1, duration_s=DURATION_S):
    return EVERY[kind](drawn(STILL | (values or {}), seed=seed), duration_s, LEVER_M)


def trains_of(scene):
    return [part.times_s for part in scene.phenomenon.discharges]


@pytest.mark.parametrize("kind", EVERY)
def test_look_alike_goes_by_its_own_name(kind):
    """Label and truth name what it is, for the whole of the recording."""
    scene = scene_of(kind)

    assert kind == scene.label
    assert f"lookalike/{kind}" == scene.name
    assert scene.stretches == ((0.0, DURATION_S),)


@pytest.mark.parametrize("kind", LOOKALIKES_IN_EMG)
def test_what_only_electrodes_see_moves_nothing(kind):
    """These discharges move neither limb nor skin."""
    phenomenon = scene_of(kind).phenomenon
    moved = np.abs(phenomenon.angles_rad).max() + np.abs(phenomenon.shake_m_s2).max()

    assert moved + np.abs(phenomenon.tilt_rad).max() == 0.0
    assert sum(len(times) for times in trains_of(scene_of(kind))) > 0


@pytest.mark.parametrize("kind", LOOKALIKES_IN_MOTION)
def test_what_no_muscle_makes_is_silent_in_the_emg(kind):
    """A ride shakes the body and drives no muscle."""
    phenomenon = scene_of(kind).phenomenon

    assert phenomenon.drive.max() == 0.0
    assert np.abs(phenomenon.shake_m_s2).max() > 0.0


@pytest.mark.parametrize("kind", LOOKALIKES)
def test_what_every_sensor_sees_drives_the_muscle_and_moves_the_limb(kind):
    """Electrodes and motion sensors see the same phenomenon."""
    phenomenon = scene_of(kind).phenomenon

    assert phenomenon.drive.max() > 0.0 or phenomenon.volleys
    assert np.abs(phenomenon.angles_rad).max() > 0.0


@pytest.mark.parametrize(("rate_hz", "cv"), [(6.3, 0.035), (12.0, 0.02)])
def test_single_unit_fires_like_a_clock(rate_hz, cv):
    """One unit, its rate and the small variation of its intervals are what was put in."""
    values = {
        "lookalikes.continuous_single_unit_discharge.rate": rate_hz,
        "lookalikes.continuous_single_unit_discharge.rate_cv": cv,
    }
    (part,) = scene_of("single_unit_discharge", values).phenomenon.discharges
    intervals = np.diff(part.times_s)

    assert len(set(part.units.tolist())) == 1
    assert rate_hz == pytest.approx(1 / intervals.mean(), rel=RATE)
    assert cv == pytest.approx(intervals.std() / intervals.mean(), rel=INTERVAL_CV)


def test_single_unit_is_seen_in_the_emg_at_its_rate():
    """The envelope of its EMG has the line of its rate."""
    values = {"lookalikes.continuous_single_unit_discharge.rate": 7.0}
    emg = shown(scene_of("single_unit_discharge", values), "emg", values)
    envelope = np.abs(emg).reshape(1, -1, 10).mean(axis=2)

    assert line_hz(envelope, RATE_HZ, (4.0, 12.0)) == pytest.approx(7.0, rel=RATE)


@pytest.mark.parametrize("kind", ["myokymia", "neuromyotonia", "hemifacial_spasm"])
def test_groups_repeat_and_discharge_at_their_rates(kind):
    """Within a group a unit fires at one rate, and groups follow at another."""
    values = {
        f"lookalikes.{kind}.intraburst_rate": 50.0,
        "lookalikes.myokymia.burst_repetition": 1.5,
    }
    for seed in range(1, 5):
        for times in trains_of(scene_of(kind, values, seed=seed)):
            intervals = np.diff(times)
            pauses = intervals > 0.1

            assert 50.0 == pytest.approx(1 / np.median(intervals[~pauses]), rel=0.1)
            assert (pauses.sum() + 1) / DURATION_S == pytest.approx(1.5, rel=0.25)


def test_spasm_is_of_many_units_together():
    """In a hemifacial spasm the units have their groups at the same time, in myokymia not."""
    values = {"lookalikes.myokymia.burst_repetition": 1.0}
    spread = {}
    for kind in ("hemifacial_spasm", "myokymia"):
        scenes = [scene_of(kind, values, seed=seed) for seed in range(1, 9)]
        several = [trains_of(scene) for scene in scenes if len(trains_of(scene)) > 1]
        firsts = [[train[0] for train in trains] for trains in several]
        spread[kind] = np.median([np.ptp(first) for first in firsts])

    assert spread["hemifacial_spasm"] < 0.05 < spread["myokymia"]


def test_cramp_gathers_and_ebbs_away():
    """Units join one after another, fire evenly at a high rate, and fall silent likewise."""
    values = {"lookalikes.cramp.intraburst_rate": 60.0}
    rates, active = [], np.zeros(3)
    for seed in range(12):
        trains = trains_of(scene_of("cramp", values, seed=seed))
        rates += [1 / np.median(np.diff(times)) for times in trains if len(times) > 10]
        for times in trains:
            edges = np.array([0.0, 1.0, 11.5, 12.5, 23.0, 24.0])
            active += (np.histogram(times, edges)[0] > 0)[::2]

    assert np.median(rates) == pytest.approx(60.0, rel=0.2)
    assert active[1] > 1.2 * active[0]
    assert active[1] > 1.2 * active[2]


def test_shivering_has_its_frequency_and_its_slow_modulation():
    """It trembles fast, and waxes and wanes some seven times a minute."""
    values = {
        "lookalikes.shivering.frequency": 9.0,
        "lookalikes.shivering.slow_modulation": 0.117,
    }
    scene = scene_of("shivering", values, duration_s=60.0)
    felt = np.linalg.norm(scene.phenomenon.angles_rad, axis=0)

    assert line_hz(scene.phenomenon.angles_rad, RATE_HZ, (4, 14)) == pytest.approx(
        9.0, abs=FREQUENCY_HZ
    )
    assert line_hz(felt, RATE_HZ, (0.05, 0.5)) == pytest.approx(0.117, abs=SLOW_HZ)
    assert line_hz(scene.phenomenon.drive, RATE_HZ, (0.05, 0.5)) == pytest.approx(
        0.117, abs=SLOW_HZ
    )


def test_seizure_slows_down_and_grows():
    """From its first to its last rate the jerks become slower, and stronger."""
    values = {
        "lookalikes.clonic_seizure.first_rate": 4.0,
        "lookalikes.clonic_seizure.last_rate": 1.0,
        "lookalikes.clonic_seizure.duration": 30.0,
    }
    scene = scene_of("seizure_jerks", values, duration_s=40.0)
    (volleys,) = scene.phenomenon.volleys
    periods = np.diff(volleys.times_s[volleys.times_s > 0])

    assert 1 / periods[:4].mean() == pytest.approx(4.0, rel=0.2)
    assert 1 / periods[-4:].mean() == pytest.approx(1.0, rel=0.2)
    assert volleys.gains[-5:].mean() > 1.4 * volleys.gains[:5].mean()


def test_seizure_is_as_violent_as_was_asked():
    """The first jerks have the peak acceleration that was put in, gravity apart."""
    values = {"lookalikes.clonic_seizure.peak_acceleration": 8.0}
    scene = scene_of("seizure_jerks", values)
    turned = np.diff(scene.phenomenon.angles_rad[:, :800], n=2, axis=1) * RATE_HZ**2
    felt = np.linalg.norm(turned, axis=0).max() * LEVER_M

    assert felt == pytest.approx(8.0, rel=0.4)


def test_seizure_is_still_between_jerks():
    """A jerk is a volley and a silence: for a third of the time next to nothing moves."""
    scene = scene_of("seizure_jerks")
    speed = np.linalg.norm(np.diff(scene.phenomenon.angles_rad, axis=1), axis=0)

    assert (speed < 0.05 * speed.max()).mean() > 0.3


@pytest.mark.parametrize("kind", ["cortical", "noncortical"])
def test_myoclonus_comes_irregularly_at_its_rate(kind):
    """Jerks come by chance, as many in the mean as were asked."""
    values = STILL | {"lookalikes.myoclonus_rate": 60.0}
    scenes = [myoclonus(kind, drawn(values, seed=seed), 60.0, LEVER_M) for seed in range(20)]
    counts = [len(scene.events_s) for scene in scenes]
    intervals = np.concatenate([np.diff(scene.events_s) for scene in scenes])

    assert np.mean(counts) == pytest.approx(60.0, rel=0.1)
    assert intervals.std() / intervals.mean() == pytest.approx(1.0, abs=0.15)


def test_spinal_contraction_is_slow():
    """The leg draws up less than once in two seconds, muscle and joint together."""
    values = {
        "lookalikes.spinal_rhythmic_contraction.frequency": 0.4,
        "lookalikes.spinal_rhythmic_contraction.angle": 10.0,
    }
    phenomenon = scene_of("spinal_rhythmic_contraction", values).phenomenon
    turned = np.linalg.norm(phenomenon.angles_rad, axis=0)

    assert line_hz(turned, RATE_HZ, (0.2, 2.0)) == pytest.approx(0.4, abs=SLOW_HZ)
    assert np.rad2deg(turned.max()) == pytest.approx(10.0, rel=0.01)
    assert np.corrcoef(turned, phenomenon.drive)[0, 1] == pytest.approx(1.0)


def test_ride_shakes_in_its_band():
    """A vehicle shakes broadly about its frequency, at its size, and rocks the sensor."""
    values = {"artefacts.vehicle_vibration": 8.0, "artefacts.vehicle_acceleration": 100.0}
    phenomenon = scene_of("vehicle_vibration", values).phenomenon
    shake = phenomenon.shake_m_s2 / 9.80665e-3
    inside = band_power(shake, RATE_HZ, 9.2, 6.2)

    assert inside > 0.97 * band_power(shake, RATE_HZ, 100.0, 100.0)
    assert 40.0 < np.sqrt((shake**2).mean()) < 250.0
    assert np.abs(phenomenon.tilt_rad).max() > 0.0


def test_times_lie_within_the_recording():
    """No look-alike discharges before its recording or after it."""
    for kind in LOOKALIKES_IN_EMG:
        for seed in range(5):
            for times in trains_of(scene_of(kind, seed=seed)):
                assert (times > 0).all()
                assert (times < len(grid(DURATION_S)) / RATE_HZ).all()
