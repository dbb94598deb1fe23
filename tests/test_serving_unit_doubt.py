"""Unit doubt: a signal that cannot have the unit it is said to have says so, and no other does."""

import numpy as np
import pytest
from real_recordings import folder, needs_data

from features import MODALITIES, Recording, Windows
from serving.analysis import analyze
from serving.unit_doubt import levels, unit_doubt
from training.datasets import registry

RATE_HZ = 100.0
NAMES = {"emg": "uV", "accelerometer": "g", "gyroscope": "deg/s"}


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
def test_gravity_that_is_too_large_names_the_unit_that_it_would_be_in(rng, said, meant):
    """Of 9.81 g, 1000 g or 102 g the steady part is no gravity, and in another unit it is."""
    samples = limb(rng) / MODALITIES["accelerometer"].factors[meant]
    told = doubt(samples, "accelerometer", said)

    assert told.endswith(f"and gravity is 1 g; see whether its unit is right: {meant}?")


def test_g_said_to_be_metres_is_a_tenth_of_gravity(rng):
    """The steady part measures 0.102 g, which is 1 in the unit that was given."""
    assert "0.102 g, and gravity is 1 g" in doubt(limb(rng), "accelerometer", "m/s^2")


@pytest.mark.parametrize("left_g", [0.0, 0.001, 0.03, 0.08])
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
        ("emg", "mV", 200.0, "more than any device can"),
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
    assert doubt(np.full((1, 1, 4000), 3e9), "emg", "uV", 1000.0) is None
    assert doubt(np.zeros((0, 1, 4000)), "emg", "uV", 1000.0) is None


def test_a_record_says_that_its_unit_is_in_doubt(tiny_of, rng):
    """The sentence stands in the record, and not when the unit is right."""
    samples = np.concatenate(limb(rng).transpose(1, 0, 2), axis=1).reshape(3, -1)
    for unit, told in (("g", True), ("m/s^2", False)):
        recording = Recording(
            9.80665 * samples, sampling_rate_hz=RATE_HZ, modality="accelerometer", unit=unit
        )
        caution = analyze(recording, tiny_of("accelerometer")).caution
        assert ("see whether its unit is right" in (caution or "")) == told


@needs_data
@pytest.mark.parametrize("name", [source.name for source in registry.REAL])
def test_real_recordings_are_believed(name):
    """Of every set that is here, the recordings in their own unit raise no doubt."""
    source = registry.source(name)
    doubts = []
    for i, labelled in enumerate(source.read(folder(name))):
        recording = labelled.recording
        n = round(4 * recording.sampling_rate_hz)
        whole = recording.samples.shape[1] // n
        if i >= 60 or whole == 0 or len(recording.samples) > 3:
            continue
        cut = np.asarray(recording.samples[:, : whole * n]).reshape(len(recording.samples), -1, n)
        batches = cut.transpose(1, 0, 2)
        if recording.modality == "emg":
            batches = batches[:, :1]
        doubts.append(
            doubt(batches, recording.modality, recording.unit, recording.sampling_rate_hz)
        )
    assert not [each for each in doubts if each]
