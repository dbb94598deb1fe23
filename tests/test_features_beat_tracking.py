"""Beats amid noise: counted where they stand out a little, and none where there are none."""

import numpy as np
import pytest
import scipy.signal

from features.beat_tracking import tracked
from features.rhythm_runs import beat_runs

RATE_HZ = 100.0
SECONDS = 30


def magnitude(times_s=(), ratio=0.0, hum=0.0, seed=1):
    """Return the magnitude at 100 Hz of noise with a burst of 50 ms at each time.

    A burst has ``ratio`` times the deviation of the noise, hum ``hum`` times.
    """
    rate_hz, rng = 1000.0, np.random.default_rng(seed)
    times = np.arange(round(SECONDS * rate_hz)) / rate_hz
    bursts = np.zeros(len(times))
    for time in times_s:
        bursts += np.exp(-0.5 * ((times - time) / 0.0125) ** 2)
    emg = (1 + ratio * bursts) * rng.standard_normal(len(times))
    emg += hum * np.sin(2 * np.pi * 150.0 * times)
    bandpass = scipy.signal.butter(2, (60.0, 200.0), "band", fs=rate_hz, output="sos")
    rectified = np.abs(scipy.signal.sosfiltfilt(bandpass, emg))
    return scipy.signal.resample_poly(rectified, 1, round(rate_hz / RATE_HZ))[None]


def found(signal):
    """Return the beats of each run in the middle of a magnitude."""
    inside = slice(200, round((SECONDS - 2) * RATE_HZ))
    return [run.times / RATE_HZ for run in beat_runs(signal, RATE_HZ, inside, magnitude=True)]


@pytest.mark.parametrize("ratio", [4.0, 8.0, 20.0])
@pytest.mark.parametrize("hum", [0.0, 1.0])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_bursts_are_counted_amid_noise_and_hum(ratio, hum, seed):
    """Forty bursts of a muscle little larger than the noise are forty, give or take two."""
    longest = max(found(magnitude(8.0 + np.arange(40) / 5.5, ratio, hum, seed=seed)), key=len)

    assert len(longest) == pytest.approx(40, abs=2)


def test_noise_has_next_to_no_beats():
    """In twenty stretches of half a minute of noise, beats are told on less than a tenth of it."""
    told_s = sum(np.ptp(run) for seed in range(20) for run in found(magnitude(seed=seed)))

    assert told_s / (20 * (SECONDS - 4)) < 0.1


def test_a_crest_between_two_beats_does_not_end_a_run():
    """A small crest midway is passed over."""
    times = np.sort(np.append(np.arange(10) * 20.0, 95.0))
    sizes = np.where(times == 95.0, 0.2, 5.0)
    (run,) = tracked(times, sizes, np.ones(11), 20.0)

    np.testing.assert_array_equal(times[run], np.arange(10) * 20.0)


@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_the_unit_does_not_matter(factor):
    """Signal and noise in another unit have the same beats."""
    signal = magnitude(8.0 + np.arange(20) / 6.0, 5.0)

    for one, other in zip(found(signal), found(factor * signal), strict=True):
        np.testing.assert_allclose(one, other)
