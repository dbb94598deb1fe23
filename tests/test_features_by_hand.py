"""Kernels on eight samples, or as few as it takes, against values worked out by hand."""

import numpy as np
import pytest

from features import ragged
from features.autocorrelation import autocorrelation, recurrence
from features.axes import norm, principal_axis
from features.bursts import moving_average, row_percentile
from features.conditioning import butterworth_power
from features.edges import detrend_and_extend, mirrored, silence_rounding
from features.events import find_events, teager_kaiser
from features.moments import moments

# Sums of eight numbers.
ROUNDING = 1e-12
# A parabola through three lags, of which the longer one has a pair less.
PARABOLA = 2e-3

EIGHT = np.array([[0.0, 2.0, 1.0, -1.0, -3.0, -1.0, 1.0, 1.0]])
FIRST = np.array([0, 0, 1, 3, 6])
"""Four windows: with no item, one, two and three."""
ITEMS = np.array([5.0, 2.0, 6.0, 1.0, 2.0, 4.0])


def test_moments_of_eight_samples():
    """Sum 0, squares 18, cubes -18, fourth powers 102; seven steps, six turns of them to judge."""
    m = moments(EIGHT)

    assert m.mean_absolute[0] == 10 / 8
    assert m.peak[0] == 3.0
    assert m.m2[0] == 18 / 8
    assert m.m3[0] == -18 / 8
    assert m.m4[0] == 102 / 8
    # Steps 2 -1 -2 -2 2 2 0: sum 1, squares 21, cubes 7, magnitudes 11.
    assert pytest.approx(21 / 7 - 1 / 49, rel=ROUNDING) == m.d1[0]
    assert m.d3[0] == 7 / 7
    assert m.path[0] == 11 / 7
    # Steps of steps -3 -1 0 4 0 -2: sum -2, squares 30.
    assert pytest.approx(30 / 6 - 4 / 36, rel=ROUNDING) == m.d2[0]
    # The signal turns at 2 and at -3; half a deviation is 0.75.
    assert m.turns[0] == 2 / 6
    assert m.jumps[0] == 6 / 7
    # From plus to minus and back: the zero at the start lies on no side.
    assert m.zero_crossings[0] == 2 / 7


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        ([1, 0, -1, 0, 1, 0, 0, -1], 3),
        ([-1, 0, -1, 0, -1, 0, 0, -1], 0),
        ([0, 0, 0, 1, 1, 1, -1, -1], 1),
        ([1, -1, 1, -1, 1, -1, 1, -1], 7),
    ],
)
@pytest.mark.parametrize("polarity", [1.0, -1.0])
def test_touching_zero_is_no_crossing(samples, expected, polarity):
    """A crossing leads from one side to the other, however long it stays between."""
    actual = moments(polarity * np.array([samples], dtype=float)).zero_crossings[0]

    assert pytest.approx(expected / 7, rel=ROUNDING) == actual


def test_ragged_statistics_of_four_windows():
    """None, one, two and three items: each statistic says how many it needs."""
    expected = {
        ragged.mean: [np.nan, 5.0, 4.0, 7 / 3],
        ragged.median: [np.nan, 5.0, 4.0, 2.0],
        ragged.maximum: [np.nan, 5.0, 6.0, 4.0],
        ragged.variation: [np.nan, np.nan, 2 / 4, np.sqrt(14 / 9) / (7 / 3)],
    }
    for statistic, wanted in expected.items():
        np.testing.assert_allclose(statistic(ITEMS, FIRST), wanted, rtol=ROUNDING)


def test_a_slope_of_logarithms_needs_three_items():
    """Items 1, 2 and 4 double each half second: their slope is 2 ln 2."""
    times = np.array([0.0, 0.0, 1.0, 0.0, 0.5, 1.0])
    wanted = [np.nan, np.nan, np.nan, 2 * np.log(2)]

    np.testing.assert_allclose(ragged.log_slope(times, ITEMS, FIRST), wanted, rtol=ROUNDING)


def test_intervals_do_not_span_windows():
    """Of items at 5 | 2 6 | 1 2 4 the intervals are none | 4 | 1 2."""
    values, first = ragged.intervals(ITEMS, FIRST)

    assert values.tolist() == [4.0, 1.0, 2.0]
    assert first.tolist() == [0, 0, 0, 1, 3]


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (1, [0, 3, 0, 0, 6, 6, 0, 0]),
        (2, [0, 1.5, 1.5, 0, 3, 6, 3, 0]),
        (3, [1.5, 1, 1, 2, 4, 4, 2, 0]),
        (20, [1.875] * 8),
    ],
)
def test_moving_average_of_eight_samples(length, expected):
    """An average is taken over what there is of its stretch; an even one lies half a sample off."""
    row = np.array([[0.0, 3, 0, 0, 6, 6, 0, 0]])

    np.testing.assert_allclose(moving_average(row, length)[0], expected, rtol=ROUNDING)


@pytest.mark.parametrize(("percent", "expected"), [(0, 1), (20, 2), (50, 4), (95, 7), (100, 8)])
def test_percentile_of_eight_samples(percent, expected):
    """Of two candidates the lower is taken: 20 % of seven steps up is one step."""
    rows = np.array([[8.0, 1, 7, 2, 6, 3, 5, 4]])

    assert expected == row_percentile(rows, 1, float(percent))[0]


def test_percentile_of_every_third_sample():
    """A stride leaves samples 0, 3 and 6."""
    assert row_percentile(np.array([[9.0, 0, 0, 5, 0, 0, 1, 0]]), 3, 50.0)[0] == 5.0


def test_teager_kaiser_energy_of_eight_samples():
    """x² − before × after, its magnitude; the ends repeat their neighbours."""
    expected = [4, 4, 3, 4, 8, 4, 2, 2]

    assert expected == teager_kaiser(EIGHT[:, None])[0].tolist()


def test_teager_kaiser_energy_of_a_vector_is_that_of_its_sum():
    """Energies of axes are added before the magnitude is taken: +4 and −4 cancel."""
    axes = np.array([[[0.0, 2, 0], [2, 0, 2]]])

    assert teager_kaiser(axes)[0].tolist() == [0.0, 0.0, 0.0]


def test_autocorrelation_of_eight_samples():
    """+ − + − … is 1 at even lags and −1 at odd ones, at any lag and with any number of pairs."""
    row = np.tile([1.0, -1.0], 4)[None]

    np.testing.assert_allclose(autocorrelation(row)[0], [1, -1, 1, -1, 1], rtol=ROUNDING)


def test_autocorrelation_of_a_step():
    """++++−−−−: of 8 - k pairs k disagree, which leaves 8 - 3 k."""
    row = np.repeat([1.0, -1.0], 4)[None]
    expected = [(8 - 3 * k) / (8 - k) for k in range(5)]

    np.testing.assert_allclose(autocorrelation(row)[0], expected, rtol=ROUNDING, atol=ROUNDING)


def test_recurrence_takes_the_period_and_not_its_double():
    """A pulse each 8 samples recurs after 8, 16 and 24: its period is 8.

    It has no opposite: after 7 samples, 15 of 57 pairs hold a pulse.
    """
    row = np.tile([7.0, -1, -1, -1, -1, -1, -1, -1], 8)[None]
    found = recurrence(row, 8.0, (0.3, 4.0))

    assert pytest.approx(1.0, rel=PARABOLA) == found.lag_s[0]
    assert pytest.approx(1.0, rel=PARABOLA) == found.height[0]
    assert pytest.approx(1.0, rel=ROUNDING) == found.second[0]
    assert pytest.approx((-7 * 15 + 42) / 57 / 7, rel=ROUNDING) == found.trough[0]


def test_recurrence_looks_no_further_than_half_the_window():
    """A band that asks for longer periods than the window can show is cut."""
    row = np.tile([1.0, 0.0, -1.0, 0.0], 4)[None]

    assert pytest.approx(4.0, rel=ROUNDING) == recurrence(row, 1.0, (0.01, 0.5)).lag_s[0]


def test_the_principal_axis_of_a_line_is_the_line():
    """Movement along (3, 4) of size 5 has all its variance there; its longer side points up."""
    along = np.array([0.0, 0, 0, -5, 0, 0, 0, 0])
    samples = np.array([[[3.0], [4.0]]]) * along / 5
    projection, shares = principal_axis(samples)

    np.testing.assert_allclose(projection[0], -along, atol=ROUNDING)
    np.testing.assert_allclose(shares[0], [1, 0], atol=ROUNDING)
    np.testing.assert_allclose(norm(samples)[0], np.abs(along), atol=ROUNDING)


@pytest.mark.parametrize("n_channels", [1, 2, 3])
def test_a_silent_vector_has_no_axis(n_channels):
    """Silence projects to silence, and its shares are undefined."""
    projection, shares = principal_axis(np.zeros((1, n_channels, 8)))

    assert np.all(projection == 0)
    assert np.isnan(shares).all()


def test_a_mirror_repeats_the_ends():
    """1 2 3 between mirrors reads 2 1 | 1 2 3 | 3 2, and on to and fro."""
    row = np.array([[[1.0, 2, 3]]])

    assert mirrored(row, 2)[0, 0].tolist() == [2, 1, 1, 2, 3, 3, 2]
    assert mirrored(row, 5)[0, 0].tolist() == [2, 3, 3, 2, 1, 1, 2, 3, 3, 2, 1, 1, 2]


def test_the_fitted_line_is_removed_and_the_unit_changed():
    """0 0 3 0 0 3, say: the line of least squares leaves what is orthogonal to lines."""
    raw = np.array([[[5.0, 5, 8, 5, 5, 8]]])
    raw.flags.writeable = False
    line = np.polyval(np.polyfit(np.arange(6), raw[0, 0], 1), np.arange(6))
    actual = detrend_and_extend(raw, 10.0, 0, 1.0)[0, 0]

    np.testing.assert_allclose(actual, 10 * (raw[0, 0] - line), rtol=ROUNDING, atol=1e-12)


@pytest.mark.parametrize(
    ("sign", "expected"),
    [(1.0, [-1, 1, 1, -1, -1, 1, 1, -1]), (-1.0, [3, 3, 1, -1, -1, 1, 3, 3])],
)
def test_ends_are_mirrors_or_points_of_reflection(sign, expected):
    """+ − − + is free of drift: a mirror repeats it, a point turns it upside down about its end."""
    raw = np.array([[[1.0, -1, -1, 1]]])
    raw.flags.writeable = False

    np.testing.assert_allclose(detrend_and_extend(raw, 1.0, 2, sign)[0, 0], expected, atol=ROUNDING)


def test_rounding_is_silenced_beside_the_largest_value_of_a_window():
    """A ten-thousand-millionth of the largest sample is none, in the same window only."""
    samples = np.array([[[1.0, 0.9e-10], [-1.1e-10, 0.0]], [[1e-10, 1e-12], [0.0, 0.0]]])
    expected = [[[1.0, 0.0], [-1.1e-10, 0.0]], [[1e-10, 1e-12], [0.0, 0.0]]]

    assert expected == silence_rounding(samples).tolist()


def test_half_power_of_a_filter_applied_forth_and_back():
    """At its edges a filter passes half the amplitude; far from them all or nothing."""
    passed = butterworth_power(np.array([0.0, 1e-3, 1.0, 10.0, 100.0, 1e5]), 1.0, 100.0, 4)

    np.testing.assert_allclose(passed, [0, 0, 0.5, 1, 0.5, 0], atol=1e-6)


def test_an_event_by_hand(spec_of):
    """One triphasic wave in a whisper: its span, its half waves, and the ground beside it.

    Its energies are 0.01, 1.03, 8, 1.03 and 0.01: above the noise, but faint at the ends.
    """
    row = np.full(400, 0.01)
    row[1::2] = -0.01
    row[200:203] = [-1.0, 3.0, -1.0]
    spec = spec_of("accelerometer").events.model_copy(update={"smoothing_s": 0.01})
    found = find_events(row[None, None], row[None], 100.0, spec)

    assert (
        found.runs.window.tolist(),
        found.runs.start.tolist(),
        found.runs.stop.tolist(),
    ) == ([0], [199], [204])
    assert found.amplitude.tolist() == [4.0]
    assert found.phases.tolist() == [3.0]
    assert found.duration_s.tolist() == [0.03]
    assert pytest.approx(0.01, rel=ROUNDING) == found.noise[0]
    assert np.isnan(found.similarity[0])
