"""Unit doubt: a signal that cannot have the unit it is said to have says so, and no other does."""

from itertools import islice

import numpy as np
import pytest
from real_recordings import folder, needs_data

from features import MODALITIES, Recording, Windows
from serving.analysis import analyze
from serving.unit_doubt import levels, unit_doubt
from training.datasets import registry

RATE_HZ = 100.0


def windows(samples, modality, unit, rate_hz=RATE_HZ):
    return Windows(np.asarray(samples), sampling_rate_hz=rate_hz, modality=modality, unit=unit)


def doubt(samples, modality, unit, rate_hz=RATE_HZ):
    batch = windows(samples, modality, unit, rate_hz)
    return unit_doubt(levels(batch), modality, unit, batch.n_channels)


def limb(rng, size=0.01, gravity=1.0):
    """Acceleration of a limb in g, (3, 3, 400): gravity somewhere, and movement of a size."""
    towards = rng.standard_normal((3, 3, 1))
    towards *= gravity / np.linalg.norm(towards, axis=1, keepdims=True)
    return towards + size * rng.standard_normal((3, 3, 400))


@pytest.mark.parametrize("unit", MODALITIES["accelerometer"].factors)
@pytest.mark.parametrize("size", [0.001, 0.05, 0.5])
def test_gravity_in_the_right_unit_raises_no_doubt(rng, unit, size):
    """Whatever the unit, a limb that is at rest or moves in gravity is believed."""
    samples = limb(rng, size) / MODALITIES["accelerometer"].factors[unit]

    assert doubt(samples, "accelerometer", unit) is None


@pytest.mark.parametrize(("said", "meant"), [("g", "m/s^2"), ("g", "mg"), ("m/s^2", "mg")])
@pytest.mark.parametrize("n_axes", [1, 3])
def test_gravity_that_is_too_large_names_the_unit_that_it_would_be_in(rng, said, meant, n_axes):
    """Of 9.81 g, 1000 g or 102 g the steady part is no gravity, and in another unit it is."""
    samples = limb(rng) / MODALITIES["accelerometer"].factors[meant]
    if n_axes == 1:
        samples = np.linalg.norm(samples, axis=1, keepdims=True)
    told = doubt(samples, "accelerometer", said)

    assert told.endswith(f"and gravity is 1 g; see whether it is right, or {meant}")
    assert "e+" not in told


def test_g_said_to_be_metres_is_a_tenth_of_gravity(rng):
    """The steady part measures 0.102 g; of one window, or fewer axes, that may be a tilt."""
    samples = limb(rng)

    assert "0.102 g, and gravity is 1 g" in doubt(samples, "accelerometer", "m/s^2")
    assert doubt(samples[:1], "accelerometer", "m/s^2") is None
    assert doubt(samples[:, :2], "accelerometer", "m/s^2") is None


@pytest.mark.parametrize("left_g", [0.0, 0.001, 0.03, 0.09])
def test_a_sensor_that_takes_gravity_away_is_believed(rng, left_g):
    """Nothing steady, or a bias of some mg, is what linear acceleration looks like."""
    for unit in MODALITIES["accelerometer"].factors:
        samples = limb(rng, gravity=left_g) / MODALITIES["accelerometer"].factors[unit]
        assert doubt(samples, "accelerometer", unit) is None


@pytest.mark.parametrize(
    ("modality", "unit", "size", "told"),
    [
        ("emg", "uV", 1e-5, "less than the noise of any device"),
        ("emg", "uV", 2.0, None),
        ("emg", "uV", 3000.0, None),
        ("emg", "mV", 500.0, "more than any device can"),
        ("gyroscope", "deg/s", 0.0005, "less than the noise of any device"),
        ("gyroscope", "deg/s", 0.05, None),
        ("gyroscope", "rad/s", 150.0, "more than any device can"),
        ("accelerometer", "mg", 0.001, "less than the noise of any device"),
    ],
)
def test_what_no_device_measures_is_doubted(rng, modality, unit, size, told):
    """Below the noise of the best device and beyond the range of the largest, and not between."""
    n_channels = MODALITIES[modality].max_channels
    rate_hz = 1000.0 if modality == "emg" else RATE_HZ
    samples = size * rng.standard_normal((2, n_channels, round(4 * rate_hz)))
    found = doubt(samples, modality, unit, rate_hz)

    assert (found is None) if told is None else told in found


def test_what_has_no_size_has_no_doubt(rng):
    """A relative unit, missing samples, a channel that stands still and no window say nothing."""
    huge = 1e9 * rng.standard_normal((1, 1, 4000))
    lacking = huge.copy()
    lacking[:, :, 7] = np.nan

    assert doubt(huge, "emg", "relative", 1000.0) is None
    assert doubt(lacking, "emg", "uV", 1000.0) is None
    assert doubt(np.full((1, 1, 4000), 0.98), "emg", "uV", 1000.0) is None
    assert doubt(np.zeros((0, 1, 4000)), "emg", "uV", 1000.0) is None
    assert doubt(np.ones((1, 3, 1)), "accelerometer", "g") is None


def test_a_sensor_that_shows_its_steps_is_not_too_quiet(rng):
    """Off the wrist nearly every sample repeats the one before: that is no noise, but no unit."""
    still = np.full((5, 3, 400), 0.5)
    still[:, 0, 200] += 1e-4

    assert doubt(still, "accelerometer", "g") is None
    quiet = np.concatenate([still, still + 1e-6 * rng.standard_normal(still.shape)])
    assert doubt(quiet[:8], "accelerometer", "g") is None
    assert "less than the noise" in doubt(quiet[2:], "accelerometer", "g")


def test_an_electrode_that_comes_loose_does_not_condemn_a_recording(rng):
    """One window of twenty beyond every range is an accident, and ten are a unit."""
    samples = 20 * rng.standard_normal((20, 1, 4000))
    samples[0] *= 1e5
    assert doubt(samples, "emg", "uV", 1000.0) is None
    samples[1:11] *= 1e5
    assert "more than any device can" in doubt(samples, "emg", "uV", 1000.0)


def test_a_record_says_that_its_unit_is_in_doubt(tiny_of, rng):
    """The sentence stands in the record, and not when the unit is right."""
    samples = np.concatenate(limb(rng).transpose(1, 0, 2), axis=1).reshape(3, -1)
    for unit, told in (("g", True), ("m/s^2", False)):
        recording = Recording(
            9.80665 * samples, sampling_rate_hz=RATE_HZ, modality="accelerometer", unit=unit
        )
        caution = analyze(recording, tiny_of("accelerometer")).caution
        assert ("the unit of the signal may be another" in (caution or "")) == told


WITH_A_UNIT = (
    "pd-rest-hand-accel-500hz",
    "imu-pd-et-dyskinesia-20hz",
    "cloudupdrs-phone-accel-100hz",
    "hand-mouse-imu-64hz",
    "hmp-wrist-adl-32hz",
    "osdb-seizure-wrist-accel-25hz",
    "uci-lower-limb-semg",
    "hreflex-soleus-emg-spike2",
    "openhdemg-vl-hdsemg-2048hz",
)


@needs_data
@pytest.mark.parametrize("name", WITH_A_UNIT)
def test_real_recordings_are_believed(name):
    """In their own unit they raise no doubt, neither as a whole nor window by window."""
    judged = 0
    for labelled in islice(registry.source(name).read(folder(name)), 40):
        recording = labelled.recording
        n = round(4 * recording.sampling_rate_hz)
        samples = np.asarray(recording.samples)[: MODALITIES[recording.modality].max_channels]
        whole = samples.shape[1] // n
        if whole == 0:
            continue
        cut = samples[:, : whole * n].reshape(len(samples), whole, n).transpose(1, 0, 2)
        batch = windows(cut, recording.modality, recording.unit, recording.sampling_rate_hz)
        found = levels(batch)
        for part in (found, *found[:, None]):
            assert unit_doubt(part, recording.modality, recording.unit, len(samples)) is None
        judged += np.isfinite(found[:, 1]).sum()
    assert judged > 0
