"""Known answers for cycles: how many, how regular, how they begin, grow and end."""

import numpy as np
import pytest

from features.cycles import _measure_cycles, find_cycles

# The band of four hertz in which cycles are counted settles within a cycle of what changes.
SETTLING = 0.1

TIMES = np.arange(400) / 100


def cycles_of(wave, hz):
    return find_cycles(wave[None], 100.0, np.array([hz]), 2.0, 0.25)


@pytest.mark.parametrize("drift", [0.2, -0.3])
def test_a_chirp_changes_its_period(drift):
    """The periods of a rhythm that drifts are those between its upward crossings."""
    phase = 2 * np.pi * (5 * TIMES + drift * (TIMES - 2) ** 2 / 2)
    found = cycles_of(np.sin(phase), 5.0)
    fine = np.linspace(0, 3.99, 400_000)
    turns = 5 * fine + drift * (fine - 2) ** 2 / 2
    crossings = fine[np.flatnonzero(np.diff(np.floor(turns))) + 1]
    periods = np.diff(crossings)

    assert abs(len(periods) - found.count[0]) <= 1
    assert pytest.approx(np.median(periods), rel=0.01) == found.period_s[0]
    assert pytest.approx(periods.std() / periods.mean(), rel=0.2) == found.period_cv[0]


@pytest.mark.parametrize("rate", [-1.5, -0.8, 0.6])
@pytest.mark.parametrize("hz", [3.0, 6.0, 9.5])
def test_a_decaying_oscillation_has_its_rate_of_decay(rate, hz):
    """The p of A exp(p t) sin(2 pi f t) is found from the cycles above the floor."""
    found = cycles_of(np.exp(rate * TIMES) * np.sin(2 * np.pi * hz * TIMES + 1), hz)
    above_floor_s = min(4.0, np.log(4) / abs(rate))

    assert pytest.approx(above_floor_s / 4, abs=SETTLING) == found.active_share[0]
    assert pytest.approx(above_floor_s * hz - 1, abs=2.5) == found.count[0]
    if found.count[0] >= 3:
        assert pytest.approx(rate, rel=0.15) == found.amplitude_slope[0]
        assert found.period_cv[0] < 0.02
    if found.count[0] >= 5:
        assert pytest.approx(1.0, abs=0.05) == found.first_to_steady[0]


@pytest.mark.parametrize("slower", [1.3, 1.6])
def test_a_rhythm_that_settles_begins_with_a_longer_cycle(slower):
    """A first cycle that is longer than the steady ones is seen as such."""
    lengths = np.array([slower, 1 + (slower - 1) / 2] + [1.0] * 30) / 6
    ends = np.concatenate(([0.0], np.cumsum(lengths)))
    turns = np.interp(TIMES, ends, np.arange(len(ends)))
    found = cycles_of(np.sin(2 * np.pi * turns), 6.0)
    steady = cycles_of(np.sin(2 * np.pi * 6 * TIMES), 6.0)

    # The band of cycles cannot follow a step of the frequency: it shows about half of it.
    assert found.first_to_steady[0] > 1 + (slower - 1) / 4
    assert pytest.approx(1.0, abs=0.01) == steady.first_to_steady[0]


def test_steady_is_from_the_fourth_cycle_on():
    """The first of the periods 300 280 260 200 200 200 ms is half as long again as steady ones."""
    ends = np.cumsum([0.1, 0.3, 0.28, 0.26, 0.2, 0.2, 0.2])
    turns = np.interp(TIMES, ends, np.arange(len(ends)) - 0.25, left=-0.5, right=5.9)
    wave = np.exp(2j * np.pi * turns) * (ends[-1] + 0.02 >= TIMES)
    out = _measure_cycles(wave[None], np.array([4.0]), 100.0, 0.25)[0]

    assert out[0] == 6
    assert pytest.approx(1.5, rel=0.02) == out[4]


def test_a_rhythm_that_stops_is_judged_by_its_cycles(rng):
    """What comes after a rhythm has ended is not counted with it."""
    wave = np.sin(2 * np.pi * 6 * TIMES + 1) * (TIMES < 2.2) + 0.02 * rng.standard_normal(400)
    found = cycles_of(wave, 6.0)

    assert 12 <= found.count[0] <= 14
    assert pytest.approx(2.2 / 4, abs=SETTLING) == found.active_share[0]
    assert found.period_cv[0] < 0.05
    assert np.isnan(found.onset_cycles[0])
    assert 0 < found.offset_cycles[0] < 3


def test_a_rhythm_that_swells_takes_its_cycles():
    """An envelope that rises from 0 to 1 in two seconds takes 1.2 s from 20 to 80 %."""
    swell = np.minimum(TIMES / 2, 1.0)
    found = cycles_of(swell * np.sin(2 * np.pi * 5 * TIMES), 5.0)

    assert pytest.approx(1.2 * 5, rel=SETTLING) == found.onset_cycles[0]
    assert np.isnan(found.offset_cycles[0])


def test_without_a_line_there_are_no_cycles():
    """Where no frequency is known nothing is counted."""
    found = find_cycles(np.ones((1, 400)), 100.0, np.array([np.nan]), 2.0, 0.25)

    assert found.count[0] == 0.0
    assert np.isnan(found.period_s[0])
    assert np.isnan(found.active_share[0])


@pytest.mark.parametrize(("n_cycles", "defined"), [(2, False), (6, True)])
def test_statistics_of_cycles_need_enough_of_them(n_cycles, defined):
    """Two cycles have no variation, five a first one and a steady one."""
    spell = (TIMES > 1) & (1 + (n_cycles + 0.2) / 5 > TIMES)
    found = cycles_of(np.sin(2 * np.pi * 5 * TIMES) * spell, 5.0)

    assert defined == np.isfinite(found.period_cv[0])
    assert defined == np.isfinite(found.first_to_steady[0])
