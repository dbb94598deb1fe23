"""Runs above two thresholds: exact to the sample, at edges, joined and dropped."""

import numpy as np
import pytest

from features.bursts import hysteresis, moving_average, rhythmic_bursts

# A running sum of some thousand numbers.
ROUNDING = 1e-9


def bursts_of(mask, **durations):
    """Find the runs of one mask given as a string of 0, 1 (between thresholds) and 2."""
    envelope = np.array([[float(c) for c in mask]])
    limits = {"min_on": 1, "min_off": 1} | durations
    runs = hysteresis(envelope, np.array([1.5]), np.array([0.5]), 1.0, **limits)
    return list(zip(runs.start.tolist(), runs.stop.tolist(), runs.peak_at.tolist(), strict=True))


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        ("00000000", []),
        ("22000000", [(0, 2, 0)]),
        ("00000022", [(6, 8, 6)]),
        ("22222222", [(0, 8, 0)]),
        ("02202200", [(1, 3, 1), (4, 6, 4)]),
        ("01210000", [(1, 4, 2)]),
        ("11111111", []),
        ("20202020", [(0, 1, 0), (2, 3, 2), (4, 5, 4), (6, 7, 6)]),
    ],
)
def test_runs_of_eight_samples(mask, expected):
    """Bursts at edges, over everything, one sample apart and below the upper threshold."""
    assert expected == bursts_of(mask)


@pytest.mark.parametrize(
    ("min_off", "expected"),
    [(1, [(1, 3, 1), (4, 6, 4)]), (2, [(1, 6, 1)])],
)
def test_a_pause_shorter_than_the_minimum_joins_bursts(min_off, expected):
    """A pause of one sample stands when one is asked for, and not when two are."""
    assert expected == bursts_of("02202200", min_off=min_off)


@pytest.mark.parametrize(
    ("min_on", "expected"), [(2, [(1, 3, 1), (5, 8, 6)]), (3, [(5, 8, 6)]), (4, [])]
)
def test_a_burst_shorter_than_the_minimum_is_dropped(min_on, expected):
    """The minimum is counted from threshold to threshold, at the lower one."""
    assert expected == bursts_of("02200121", min_on=min_on)


def test_joining_comes_before_dropping():
    """Two short bursts with a short pause are one long one."""
    assert bursts_of("02202200", min_on=4, min_off=2) == [(1, 6, 1)]


def test_a_pause_below_the_upper_threshold_only_is_none():
    """Between the thresholds a burst goes on, and its peak is the highest of all."""
    envelope = np.array([[0.0, 2.0, 1.0, 3.0, 0.0, 0.0]])
    runs = hysteresis(envelope, np.array([1.5]), np.array([0.5]), 1.0, min_on=1, min_off=1)

    assert tuple(a.tolist() for a in (runs.start, runs.stop, runs.peak_at, runs.peak)) == (
        [1],
        [4],
        [3],
        [3.0],
    )


@pytest.mark.parametrize("place", ["first", "last", "all"])
def test_rhythmic_bursts_may_touch_the_edges(place, spec_of):
    """A burst at an edge is found to the sample; an envelope without a pause has none."""
    envelope = np.full((1, 400), 0.01)
    inside = {"first": slice(0, 60), "last": slice(330, 400), "all": slice(None)}[place]
    envelope[0, inside] = 1.0
    runs = rhythmic_bursts(envelope, 100.0, spec_of("accelerometer").bursts)
    expected = [] if place == "all" else [(inside.start, inside.stop)]

    assert expected == list(zip(runs.start.tolist(), runs.stop.tolist(), strict=True))


def test_silence_beside_noise_is_exactly_silent():
    """A moving average carries no rounding of a loud stretch into a silent one."""
    rows = np.zeros((1, 1000))
    rows[0, 300:400] = np.pi * 1e6
    averaged = moving_average(rows, 20)

    assert averaged[0, 450:].max() == 0.0
    assert averaged[0, :250].max() == 0.0
    np.testing.assert_allclose(averaged[0, 320:380], np.pi * 1e6, rtol=ROUNDING)


@pytest.mark.parametrize(("interval", "duration"), [(23, 5), (23, 11), (50, 5), (50, 11), (97, 11)])
def test_pulses_of_an_envelope_are_found_to_the_sample(interval, duration, spec_of):
    """Starts, stops, rate and intervals of rectangular pulses are exact."""
    starts = np.arange(7, 400 - duration, interval)
    envelope = np.full((1, 400), 0.1)
    for start in starts:
        envelope[0, start : start + duration] = 1.0
    runs = rhythmic_bursts(envelope, 100.0, spec_of("accelerometer").bursts)

    assert starts.tolist() == runs.start.tolist()
    assert (starts + duration).tolist() == runs.stop.tolist()
    assert [interval] * (len(starts) - 1) == np.diff(runs.peak_at).tolist()
    assert [len(starts)] == runs.count.tolist()


def test_bursts_keep_to_their_windows():
    """Each window has its own thresholds, and the index of its first burst."""
    envelope = np.zeros((4, 10))
    envelope[0, 2:4] = 1.0
    envelope[2, [1, 5, 8]] = 10.0
    envelope[3, 0] = 1.0
    upper = np.array([0.5, 0.5, 5.0, np.nan])
    runs = hysteresis(envelope, upper, 0.5 * upper, 1.0, min_on=1, min_off=1)

    assert runs.first.tolist() == [0, 1, 1, 4, 4]
    assert runs.window.tolist() == [0, 2, 2, 2]
    assert runs.count.tolist() == [1.0, 0.0, 3.0, 0.0]
