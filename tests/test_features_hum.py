"""Hum of a long EMG: gone beside whatever else is there, which stays as it was."""

import numpy as np
import pytest
import scipy.signal
from conftest import frozen_spec

from features.hum import without_hum

RATE_HZ = 1000.0
N = 4000
TIMES_S = np.arange(N) / RATE_HZ
CONDITIONING = frozen_spec("emg").conditioning
INNER = slice(500, N - 500)
"""What is used of a window."""
EVENT = slice(1980, 2030)
LEFT = 0.1
"""Share of the amplitude of hum that may stay where its amplitude changes."""


def noise(rng):
    band = scipy.signal.butter(2, (20.0, 450.0), "bandpass", fs=RATE_HZ, output="sos")
    return scipy.signal.sosfiltfilt(band, rng.standard_normal(N))


def hum(amplitude=10.0):
    return amplitude * sum(
        np.cos(2 * np.pi * 49.97 * multiple * TIMES_S + multiple) / multiple
        for multiple in (1, 2, 6)
    )


def cleaned(samples, there=None):
    there = np.ones(N, dtype=bool) if there is None else there
    return without_hum(samples[None], there[None], RATE_HZ, 450.0, CONDITIONING)[0]


def event(size):
    shape = np.zeros(N)
    shape[EVENT] = size * np.sin(2 * np.pi * np.arange(50) / 25.0) * np.hanning(50)
    return shape


def rms(x):
    return np.sqrt(np.mean(x**2))


@pytest.mark.parametrize("size", [0.0, 30.0, 3000.0])
def test_hum_goes_beside_an_event_of_any_size_and_the_event_stays(rng, size):
    rest = noise(rng) + event(size)
    left = cleaned(rest + hum()) - rest
    assert rms(left[INNER]) < LEFT * rms(hum())


def test_hum_that_fades_goes_all_the_same(rng):
    rest = noise(rng)
    left = cleaned(rest + (1.5 - TIMES_S / 4) * hum()) - rest
    assert rms(left[INNER]) < LEFT * rms(hum())


def test_hum_goes_up_to_where_a_recording_ends(rng):
    there = TIMES_S < 2.5
    rest = noise(rng)
    left = (cleaned((rest + hum()) * there, there) - rest)[500:2450]
    assert rms(left) < LEFT * rms(hum())


def test_where_no_hum_is_nothing_changes(rng):
    samples = noise(rng) + event(30.0)
    np.testing.assert_array_equal(samples, cleaned(samples))
