"""Potentials: a fibre's action potential as two electrodes on the skin see it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.simulate.potentials import Fibres, fibre_potentials, rosenfalck, sensitivity

# Sums of some hundred values that cancel, in double precision, over the largest value.
CANCELLED = 1e-9
# The tail of the wave that is cut 30 mm behind its front, and steps of 0.05 ms.
AREA = 1e-3
# Straight lines between points half a millimetre apart, where the wave meets the fibre's end.
BETWEEN_STEPS = 0.04
# A step of 0.05 ms in a delay of 4 to 7 ms.
SPEED = 0.02

TIMES_MS = np.arange(0.0, 48.0, 0.05)


def fibre_of(
    depth_mm=6.0, end_plate_mm=25.0, half_length_mm=60.0, speed_mm_ms=4.0, distance_mm=20.0
):
    """Return one fibre."""
    own = (depth_mm, end_plate_mm, half_length_mm, speed_mm_ms)
    return Fibres(*(np.array([value]) for value in own), electrode_distance_mm=distance_mm)


def fibre_potential(fibre, times_ms):
    """Return the potential of one fibre, shape (n_times,)."""
    return fibre_potentials(fibre, times_ms)[0]


fibres = st.builds(
    fibre_of,
    depth_mm=st.floats(2.0, 20.0),
    end_plate_mm=st.floats(5.0, 50.0),
    half_length_mm=st.floats(40.0, 90.0),
    speed_mm_ms=st.floats(3.0, 5.5),
    distance_mm=st.floats(8.0, 30.0),
)


def summed_over_the_fibre(fibre, times_ms):
    """Sum current times sensitivity over the fibre at each moment, as the physics is written."""
    half = round(fibre.half_length_mm[0] / 0.5)
    place = np.arange(-half, half + 1) * 0.5
    weights = sensitivity(fibre, place)[0]
    behind = fibre.speed_mm_ms * (times_ms[:, None] - 2.0) - np.abs(place)
    sealed = np.pad(rosenfalck(behind), ((0, 0), (1, 1)), mode="edge")
    current = np.diff(sealed, n=2, axis=1) / 0.5
    return current, current @ weights


@given(fibres)
def test_no_net_current_leaves_a_fibre(fibre):
    """At every moment, at its ends too, the currents of a fibre add up to nothing."""
    current, _ = summed_over_the_fibre(fibre, TIMES_MS[::40])

    assert np.abs(current.sum(axis=1)).max() <= CANCELLED * np.abs(current).max()


@given(fibres)
def test_potential_is_the_sum_of_current_times_sensitivity(fibre):
    """The convolution gives what the sum over the fibre gives at each moment.

    Between its steps of half a millimetre it is interpolated, for which the potential is smooth.
    """
    potential = fibre_potential(fibre, TIMES_MS)
    _, expected = summed_over_the_fibre(fibre, TIMES_MS[::10])

    difference = np.abs(expected - potential[::10]).max()
    assert difference <= BETWEEN_STEPS * np.abs(potential).max()


@given(fibres)
def test_potential_has_no_net_area(fibre):
    """What is born at the end plate dies at the tendons: over time, a potential adds up to zero."""
    potential = fibre_potential(fibre, TIMES_MS)

    assert abs(potential.sum()) <= AREA * np.abs(potential).sum()


@pytest.mark.parametrize("speed_mm_ms", [3.0, 4.0, 5.5])
def test_conduction_velocity_is_the_distance_over_the_delay(speed_mm_ms):
    """Two pairs of electrodes along a fibre see the same wave as much later as it travels."""
    near, far = (
        fibre_potential(fibre_of(end_plate_mm=at, speed_mm_ms=speed_mm_ms), TIMES_MS)
        for at in (20.0, 40.0)
    )
    delay_ms = (np.argmax(far) - np.argmax(near)) * 0.05

    assert speed_mm_ms == pytest.approx(20.0 / delay_ms, rel=SPEED)


def test_deeper_fibres_give_smaller_and_broader_potentials():
    """Amplitude falls, and duration grows, with the depth of the fibre."""
    seen = [fibre_potential(fibre_of(depth_mm=depth), TIMES_MS) for depth in (3, 6, 12, 20)]
    sizes = [float(np.ptp(potential)) for potential in seen]
    to_and_fro = [abs(int(np.argmax(p)) - int(np.argmin(p))) for p in seen[:3]]

    assert sorted(sizes, reverse=True) == sizes
    assert sorted(to_and_fro) == to_and_fro


def test_potential_turns_over_where_the_wave_passes_under_the_electrodes():
    """Between positive and negative phase the wave is midway between the two electrodes."""
    fibre = fibre_of()
    potential = fibre_potential(fibre, TIMES_MS)
    top, bottom = int(np.argmax(potential)), int(np.argmin(potential))
    crossing = top + int(np.argmin(np.abs(potential[top:bottom])))
    # The middle of Rosenfalck's wave lies some 3 mm behind its front.
    reached_mm = fibre.speed_mm_ms[0] * (TIMES_MS[crossing] - 2.0) - 3.0

    assert fibre.end_plate_mm[0] == pytest.approx(reached_mm, abs=2.0)


def test_fibres_side_by_side_give_what_each_gives_alone():
    """Fibres of different length, speed and place do not touch each other's potentials."""
    rng = np.random.default_rng(5)
    n = 40
    many = Fibres(
        depth_mm=rng.uniform(2, 20, n),
        end_plate_mm=rng.uniform(5, 50, n),
        half_length_mm=rng.uniform(40, 90, n),
        speed_mm_ms=rng.uniform(3, 5.5, n),
        electrode_distance_mm=20.0,
    )
    together = fibre_potentials(many, TIMES_MS)
    own = zip(many.depth_mm, many.end_plate_mm, many.half_length_mm, many.speed_mm_ms, strict=True)
    alone = np.stack([fibre_potential(fibre_of(*values), TIMES_MS) for values in own])

    largest = np.abs(alone).max(axis=1, keepdims=True)
    assert np.all(np.abs(together - alone) <= CANCELLED * largest)
