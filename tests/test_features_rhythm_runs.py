"""Runs of beats: counted one by one, however they begin, decay and come again."""

import numpy as np
import pytest

from features.rhythm_runs import beat_runs

RATE_HZ = 100.0
SECONDS = 30


def beats(times_s, sizes=None, noise=0.002, seed=1):
    """Return a slow signal with a pulse of 70 ms at each time, in noise, shape (1, n)."""
    times = np.arange(SECONDS * RATE_HZ) / RATE_HZ
    heights = np.ones(len(times_s)) if sizes is None else np.asarray(sizes)
    pulses = np.exp(-0.5 * ((times - np.asarray(times_s)[:, None]) / 0.035) ** 2)
    signal = heights @ pulses + noise * np.random.default_rng(seed).standard_normal(len(times))
    return signal[None]


def found(signal, first_s=2.0, last_s=28.0):
    """Return the runs of a stretch, their times in seconds."""
    inside = slice(round(first_s * RATE_HZ), round(last_s * RATE_HZ))
    return [run.times / RATE_HZ for run in beat_runs(signal, RATE_HZ, inside)]


@pytest.mark.parametrize("rate_hz", [3.4, 4.2, 5.3, 6.8, 8.0])
@pytest.mark.parametrize("number", [3, 5, 12, 60])
def test_every_beat_is_counted_where_it_is(rate_hz, number):
    """So many beats at an even pace are found, each within a tenth of a period."""
    expected = 4.0 + np.arange(number) / rate_hz
    (run,) = found(beats(expected))

    assert run == pytest.approx(expected, abs=0.1 / rate_hz)


def test_a_stretch_may_end_after_the_signal():
    """What lies beyond the last sample changes nothing."""
    signal = beats(4.0 + np.arange(120) / 5.0)
    (whole,) = found(signal, last_s=SECONDS)
    (beyond,) = found(signal, last_s=SECONDS + 0.02)

    np.testing.assert_array_equal(whole, beyond)


def test_a_decaying_clonus_is_counted_to_its_last_beat():
    """Ten beats of which each has four fifths of the one before are ten."""
    expected = 10.0 + np.cumsum(np.linspace(0.17, 0.21, 10))
    (run,) = found(beats(expected, 0.8 ** np.arange(10)))

    assert len(run) == 10


def test_a_run_is_followed_where_it_fades():
    """Forty beats that fall to a hundredth, and then end, are forty."""
    expected = 4.0 + np.arange(40) / 5.5
    (run,) = found(beats(expected, 0.01 ** (np.arange(40) / 39), noise=2e-5))

    assert abs(len(run) - 40) <= 1


def test_slow_movement_does_not_hide_beats():
    """On a sway of a hundred times their size, beats are counted as without it."""
    times = np.arange(SECONDS * RATE_HZ) / RATE_HZ
    sway = 100 * np.sin(2 * np.pi * 0.2 * times)
    (run,) = found(beats(5.0 + np.arange(12) / 6.0) + sway)

    assert len(run) == 12


def test_the_stretch_that_sets_off_a_clonus_is_no_beat_of_it():
    """A jerk a period before the first beat, half along its axis, is not counted."""
    ankle = beats(np.append(5.0 - 1 / 6, 5.0 + np.arange(12) / 6.0))
    stretch = beats([5.0 - 1 / 6], [1.5], seed=2)
    (run,) = found(np.concatenate((ankle, stretch)))

    assert len(run) == 12
    assert run[0] == pytest.approx(5.0, abs=0.1)


@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("rate_hz", [4.5, 6.0])
def test_a_few_beats_have_the_pace_of_what_moves_whatever_the_sensor_shows_of_it(order, rate_hz):
    """Of an angle, its rate or its acceleration, four beats give one frequency."""
    angle = beats(10.0 + np.arange(4) / rate_hz, noise=0.0)
    for _ in range(order):
        angle = np.gradient(angle, 1 / RATE_HZ, axis=1)
    (run,) = beat_runs(angle, RATE_HZ, slice(200, 2800), order)

    assert np.median(run.rates_hz) == pytest.approx(rate_hz, rel=0.1)


def test_runs_with_a_pause_between_them_are_several():
    """Three runs, four seconds apart, are found as three, each with its beats."""
    starts = (3.0, 10.0, 19.0)
    numbers = (6, 4, 9)
    every = [s + np.arange(n) / 5.0 for s, n in zip(starts, numbers, strict=True)]
    runs = found(beats(np.concatenate(every)))

    assert tuple(len(run) for run in runs) == numbers


def test_a_short_pause_does_not_end_a_run():
    """A beat that fails leaves one run, without it or with its weak trace."""
    expected = np.delete(5.0 + np.arange(20) / 5.0, 9)
    (run,) = found(beats(expected))

    assert len(run) in (19, 20)


@pytest.mark.parametrize("factor", [-1.0, 1e-6, 1e6])
def test_size_and_sign_do_not_matter(factor):
    """Scaled or turned over, the same beats are found at the same distances."""
    signal = beats(5.0 + np.arange(15) / 5.0)
    (run,), (other,) = found(signal), found(factor * signal)

    assert other == pytest.approx(run, abs=1e-6)


def test_turning_the_sensor_does_not_matter():
    """The same movement along any direction of three axes is the same run."""
    signal = beats(5.0 + np.arange(15) / 5.0)
    axis = np.array([[0.36], [-0.48], [0.8]])
    (run,) = found(axis @ signal)

    assert len(run) == 15


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("turn", ["over", "swapped", "turned"])
def test_however_a_sensor_is_mounted_the_same_beats_are_told(order, turn):
    """Times, sizes and paces are those of the movement, in whatever direction its axes point."""
    matrix = {
        "over": -np.eye(3),
        "swapped": np.eye(3)[[2, 0, 1]],
        "turned": np.array([[0.36, 0.48, -0.8], [-0.8, 0.6, 0.0], [0.48, 0.64, 0.6]]),
    }[turn]
    times = 5.0 + np.arange(12) / 5.0 + 0.02 * np.sin(np.arange(12))
    signal = np.array([[0.3], [-0.9], [0.2]]) * beats(times, noise=0.0)
    signal += np.array([[0.4], [0.1], [0.3]]) * beats(times + 0.03, noise=0.0)
    for _ in range(order):
        signal = np.gradient(signal, 1 / RATE_HZ, axis=1)
    plain, turned = (
        beat_runs(samples, RATE_HZ, slice(200, 2800), order)
        for samples in (signal, matrix @ signal)
    )

    assert [len(run.times) for run in plain] == [len(run.times) for run in turned]
    for run, other in zip(plain, turned, strict=True):
        assert other.times == pytest.approx(run.times, abs=1e-6)
        assert other.sizes == pytest.approx(run.sizes, rel=1e-6)
        assert other.rates_hz == pytest.approx(run.rates_hz, rel=1e-6)


def test_silence_has_no_beats():
    """Where nothing moves, there is no run."""
    assert found(np.zeros((3, 3000))) == []


def test_what_lies_outside_the_stretch_is_not_told():
    """A run that ends before the stretch is somebody else's."""
    signal = beats(np.concatenate((3 + np.arange(6) / 5, 15 + np.arange(6) / 5)))
    (run,) = found(signal, first_s=12.0)

    assert run[0] == pytest.approx(15.0, abs=0.02)
