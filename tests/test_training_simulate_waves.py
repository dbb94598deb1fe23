"""Waves: the shapes that everything in the simulator is made of."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.simulate.waves import (
    PEAK_ACCELERATION,
    RATE_HZ,
    add_shapes,
    grid,
    minimum_jerk,
    moved,
    poisson_times,
    repeated_shape,
    ringing,
    second_derivative,
    smooth_noise,
    two_directions,
    unit_vector,
    within,
)

ROUNDING = 1e-9
# The deviation of a noise of B independent lines over its whole length scatters by about
# 1 / sqrt(4 B); that of the mean over many, by as much less.
DEVIATION = 0.1
# What is outside of the band in a periodogram without a taper, when a part is cut out.
LEAKAGE = 0.06


@pytest.mark.parametrize("band_hz", [(0.01, 0.15), (0.0, 0.5), (6.0, 9.0), (1.0, 150.0)])
@pytest.mark.parametrize("n", [1600, 9600])
def test_smooth_noise_has_unit_deviation_and_keeps_to_its_band(band_hz, n, rng):
    """Whatever its band and length, noise has a deviation of one, all of it within the band."""
    noise = np.stack([smooth_noise(n, *band_hz, rng) for _ in range(200)])
    freqs = np.fft.rfftfreq(n, 1 / RATE_HZ)
    power = (np.abs(np.fft.rfft(noise * np.hanning(n), axis=1)) ** 2).mean(axis=0)
    outside = (freqs < band_hz[0] - 3 * freqs[1]) | (freqs > band_hz[1] + 3 * freqs[1])

    assert float(np.sqrt((noise**2).mean())) == pytest.approx(1.0, rel=DEVIATION)
    assert power[outside].sum() <= LEAKAGE * power.sum()


def test_smooth_noise_does_not_join_its_end_to_its_beginning(rng):
    """The end of a noise knows nothing of its beginning."""
    noise = np.stack([smooth_noise(4000, 0.2, 1.0, rng) for _ in range(400)])

    assert abs(np.corrcoef(noise[:, 0], noise[:, -1])[0, 1]) < 0.15


def test_minimum_jerk_goes_from_nothing_to_one_symmetrically():
    """The path starts and ends at rest, and is half way at half time."""
    path = minimum_jerk(np.linspace(-0.5, 1.5, 2001))

    assert (path[0], path[-1], path[1000]) == pytest.approx((0.0, 1.0, 0.5))
    assert (np.diff(path) >= 0).all()


def test_minimum_jerk_accelerates_as_stated():
    """The largest acceleration of the path is 10 / sqrt(3) times way over time squared."""
    u = np.linspace(0, 1, 100_001)
    acceleration = np.gradient(np.gradient(minimum_jerk(u), u), u)

    assert pytest.approx(np.abs(acceleration).max(), rel=1e-3) == PEAK_ACCELERATION


@given(st.floats(-2.0, 6.0), st.floats(0.01, 3.0))
def test_movement_is_a_minimum_jerk_path_in_time(start_s, length_s):
    """Laid on the grid, the path is the same function of time, wherever it begins."""
    times = grid(4.0)
    expected = minimum_jerk((times - start_s) / length_s)

    assert expected == pytest.approx(moved(times, start_s, length_s), abs=ROUNDING)


def test_within_is_one_inside_and_zero_outside():
    """Soft edges lie about the ends of each stretch."""
    times = grid(10.0)
    inside = within(times, [(2.0, 4.0), (6.0, 7.0)], soft_s=0.1)
    at = (np.array([1.8, 2.0, 3.0, 4.2, 5.0, 6.5, 8.0]) * RATE_HZ).astype(int)

    assert np.array([0, 0.5, 1, 0, 0, 1, 0]) == pytest.approx(inside[at], abs=ROUNDING)


def test_second_derivative_of_a_parabola_is_constant():
    """Exact for polynomials of the third degree, the ends included for those of the second."""
    times = grid(1.0)

    assert np.full(400, 6.0) == pytest.approx(second_derivative(3 * times**2 - times + 5), abs=1e-6)


def test_second_derivative_works_along_the_last_axis():
    """Several signals are as good as one after another."""
    signals = np.random.default_rng(1).normal(size=(3, 50))
    expected = np.stack([second_derivative(signal) for signal in signals])

    assert expected == pytest.approx(second_derivative(signals))


def test_shapes_are_added_where_they_belong():
    """By hand: a whole and a half sample, beyond both ends, and twice on one place."""
    signal = np.zeros(6)
    shapes = np.array([[1.0, 2.0], [10.0, 0.0]])
    at = np.array([1.0, 2.5, -1.0, 5.0, 1.0, 40.0, -40.0])
    which = np.array([0, 0, 0, 0, 1, 1, 1])
    gains = np.array([1.0, 2.0, 1.0, 1.0, 0.5, 1.0, 1.0])
    add_shapes(signal, at, which, gains, shapes)

    assert np.array([2.0, 6.0, 3.0, 3.0, 2.0, 1.0]) == pytest.approx(signal)


@given(st.floats(0.0, 3.0), st.integers(1, 40))
def test_adding_a_shape_keeps_its_sum(at_s, n):
    """Laid between two samples, a shape is divided between them, and nothing is lost."""
    shape = np.arange(1.0, n + 1)
    signal = repeated_shape(1600, np.array([at_s]), np.array([2.0]), shape)

    assert 2 * shape.sum() == pytest.approx(signal.sum(), rel=ROUNDING)


@pytest.mark.parametrize("frequency_hz", [5.0, 15.0])
def test_ringing_has_its_frequency_and_decay(frequency_hz):
    """A knock rings at its frequency, is one at its largest, and dies with its time constant."""
    ring = ringing(frequency_hz, 0.2)
    crossings = np.flatnonzero(np.diff(np.sign(ring[1:])) != 0) / RATE_HZ
    tops = np.array([np.abs(ring[i : i + 40]).max() for i in (20, 100)])

    assert np.abs(ring).max() == 1.0
    assert frequency_hz == pytest.approx(0.5 / np.diff(crossings[:10]).mean(), rel=0.02)
    assert float(np.exp(-80 / RATE_HZ / 0.2)) == pytest.approx(tops[1] / tops[0], rel=0.1)


def test_directions_favour_none_and_stand_at_right_angles(rng):
    """Directions have a length of one and no mean; a pair of them is orthogonal."""
    vectors = np.stack([unit_vector(rng) for _ in range(3000)])
    main, side = two_directions(rng)

    assert np.ones(3000) == pytest.approx(np.linalg.norm(vectors, axis=1))
    assert np.zeros(3) == pytest.approx(vectors.mean(axis=0), abs=0.05)
    assert (main @ side, main @ main, side @ side) == pytest.approx((0.0, 1.0, 1.0), abs=ROUNDING)


def test_poisson_times_come_at_their_rate_in_order(rng):
    """Over a long time the count is the rate times the time, within four deviations."""
    times = poisson_times(2.0, 2000.0, rng)

    assert (np.diff(times) >= 0).all()
    assert len(times) == pytest.approx(4000, abs=4 * np.sqrt(4000))
