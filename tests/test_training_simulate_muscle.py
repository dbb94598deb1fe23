"""Muscle: pools of motor units, their EMG, and volleys: what was put in comes out."""

from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import spearmanr
from simulated import drawn

from training.simulate.activity import Activity, Discharges, Volleys
from training.simulate.muscle import (
    EMG_RATE_HZ,
    N_UNITS,
    REFERENCE_DRIVE,
    build_muscle,
    pool_discharges,
    render_emg,
    volley_discharges,
)
from training.simulate.waves import RATE_HZ

# Discharges are more regular than Campbell's theorem assumes, and the largest units are few.
POOL_RMS = 0.15
# The count of a renewal process over 60 s at 15/s and a variation of 0.2, the worst of 80 units.
RATE = 0.03
# The spread of some hundred intervals.
INTERVAL_CV = 0.1
# A sample of the potential, and half a sample of the place where it is laid.
PEAK_S = 1.5 / EMG_RATE_HZ
# A volley is a single sum of 80 potentials, whose tails are no Gaussian's.
VOLLEY_DURATION = 0.25
# Potentials that add up or cancel: a third from beat to beat, in the mean of 30.
VOLLEY_SIZE = 0.2


@cache
def muscle_of(seed):
    return build_muscle(drawn(seed=seed))


@cache
def regular():
    """Return a muscle whose units fire with a variation of 0.2."""
    return build_muscle(drawn({"muscle.interval_cv": 0.2}))


def steady(drive, duration_s):
    return np.full(round(duration_s * RATE_HZ), drive)


def test_larger_units_are_recruited_later():
    """From unit to unit the threshold rises, and with it, over the units, the potential."""
    muscle = muscle_of(1)
    sizes = np.ptp(muscle.templates, axis=1)

    assert (np.diff(muscle.thresholds) > 0).all()
    assert spearmanr(muscle.thresholds, sizes).statistic > 0.5


def test_units_below_their_threshold_are_silent():
    """A weak drive recruits the small units, and these only."""
    muscle = regular()
    drive = float(muscle.thresholds[30]) + 1e-6
    _, units = pool_discharges(steady(drive, 20.0), muscle, np.random.default_rng(1))

    assert set(range(31)) == set(units.tolist())


@pytest.mark.parametrize("drive", [0.1, 0.3, 0.9])
def test_units_fire_at_their_rates(drive):
    """Under a steady drive each unit has the rate that is written for it."""
    muscle = regular()
    _, units = pool_discharges(steady(drive, 60.0), muscle, np.random.default_rng(2))
    measured = np.bincount(units, minlength=N_UNITS) / 60.0

    assert muscle.rates(drive) == pytest.approx(measured, rel=RATE, abs=0.05)


def test_intervals_vary_as_much_as_was_asked():
    """The coefficient of variation of intervals is the pool's own, under a steady drive."""
    muscle = regular()
    times, units = pool_discharges(steady(0.5, 60.0), muscle, np.random.default_rng(3))
    intervals = [np.diff(times[units == unit]) for unit in range(40)]
    measured = np.mean([i.std() / i.mean() for i in intervals])

    assert muscle.interval_cv == pytest.approx(measured, rel=INTERVAL_CV)


def test_discharges_keep_to_the_bursts_of_the_drive():
    """A drive that comes in bursts makes discharges in bursts, and none between."""
    times = np.arange(round(10 * RATE_HZ)) / RATE_HZ
    drive = np.where(times % 0.2 < 0.08, 0.6, 0.0)
    fired, _ = pool_discharges(drive, regular(), np.random.default_rng(4))

    assert (fired % 0.2 <= 0.08 + 1 / RATE_HZ).all()
    assert len(fired) > 10 * N_UNITS / 4


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_interference_pattern_has_the_root_mean_square_that_was_asked(seed):
    """At the reference excitation the pool's EMG has the size that was asked."""
    still = Activity.still(20.0)
    activity = replace(still, drive=still.drive + REFERENCE_DRIVE)
    asked_uv = 120.0
    emg = render_emg(
        activity, muscle_of(seed), drive_rms_uv=asked_uv, volley_uv=1.0, draws=drawn(seed=seed)
    )

    assert asked_uv == pytest.approx(emg.std(), rel=POOL_RMS)


def test_stronger_drive_makes_more_emg():
    """The root mean square grows with the excitation."""
    still = Activity.still(8.0)
    sizes = [
        render_emg(
            replace(still, drive=still.drive + drive),
            muscle_of(1),
            drive_rms_uv=100.0,
            volley_uv=1.0,
            draws=drawn(),
        ).std()
        for drive in (0.02, 0.1, 0.3, 0.6, 0.9)
    ]

    assert sorted(sizes) == sizes


def test_no_activity_is_silence():
    """A muscle that does nothing gives nothing."""
    emg = render_emg(
        Activity.still(2.0), muscle_of(1), drive_rms_uv=100.0, volley_uv=100.0, draws=drawn()
    )

    assert (len(emg), np.abs(emg).max()) == (8000, 0.0)


def test_discharge_has_its_amplitude_and_its_peak_at_its_time():
    """A single discharge peaks when it is said to, and is as large as it is said to be."""
    muscle = muscle_of(1)
    time_s, size_uv = 0.31416, 200.0
    for unit in (0, 20, 79):
        discharge = Discharges(np.array([time_s]), np.array([unit]), np.array([size_uv]))
        emg = render_emg(
            Activity.of_units(1.0, (discharge,)),
            muscle,
            drive_rms_uv=1.0,
            volley_uv=1.0,
            draws=drawn(),
        )

        assert size_uv == pytest.approx(np.ptp(emg), rel=0.01)
        assert time_s == pytest.approx(np.abs(emg).argmax() / EMG_RATE_HZ, abs=PEAK_S)


@pytest.mark.parametrize("duration_s", [0.04, 0.07, 0.1])
def test_volley_lasts_as_long_as_was_asked(duration_s):
    """The middle 90 % of a volley's energy take the time that was asked, in the mean of people."""
    measured = []
    for seed in range(1, 9):
        at = np.arange(0.5, 9.5, 0.5)
        volleys = Volleys(at, np.ones(len(at)), np.full(len(at), duration_s))
        emg = render_emg(
            Activity.of_volleys(10.0, (volleys,)),
            muscle_of(seed),
            drive_rms_uv=1.0,
            volley_uv=300.0,
            draws=drawn(seed=seed),
        )
        beats = emg[1000:37000].reshape(-1, 2000) ** 2
        share = np.cumsum(beats, axis=1) / beats.sum(axis=1, keepdims=True)
        measured.append(((share > 0.05) & (share < 0.95)).sum(axis=1).mean() / EMG_RATE_HZ)

    assert duration_s == pytest.approx(np.mean(measured), rel=VOLLEY_DURATION)


def test_volleys_have_their_sizes():
    """The largest volley is as large as was asked, and smaller ones are as much smaller."""
    gains = np.tile([1.0, 0.5, 0.25], 30)
    volleys = Volleys(0.25 + 0.5 * np.arange(90), gains, np.full(90, 0.05))
    asked_uv = 400.0
    emg = render_emg(
        Activity.of_volleys(45.0, (volleys,)),
        muscle_of(1),
        drive_rms_uv=1.0,
        volley_uv=asked_uv,
        draws=drawn(),
    )
    sizes = emg.reshape(30, 3, 2000).std(axis=2).mean(axis=0)

    assert asked_uv == pytest.approx(np.ptp(emg), rel=0.01)
    assert gains[:3] == pytest.approx(sizes / sizes[0], rel=VOLLEY_SIZE)


@pytest.mark.parametrize("jitter_ms", [0.5, 4.0])
def test_units_keep_their_order_from_beat_to_beat_but_for_their_jitter(jitter_ms):
    """A unit's delay varies by what was asked, and units lie apart by what fills the volley."""
    muscle = muscle_of(1)
    volleys = Volleys(np.arange(200.0), np.ones(200), np.full(200, 0.06))
    beats = volley_discharges(volleys, muscle, drawn({"clonus.volley_jitter": jitter_ms}))
    delays_ms = 1e3 * (beats.times_s.reshape(200, N_UNITS) - volleys.times_s[:, None])
    left_ms = 1e3 * np.sqrt(0.06**2 - muscle.potential_duration_s**2)

    assert delays_ms.std(axis=0).mean() == pytest.approx(jitter_ms, rel=0.05)
    assert delays_ms.std() == pytest.approx(left_ms / 3.29, rel=0.2)


@pytest.mark.parametrize(("jitter_ms", "least", "most"), [(0.3, 0.9, 1.0), (8.0, -0.3, 0.3)])
def test_volleys_repeat_a_shape_when_units_keep_their_delays(jitter_ms, least, most):
    """Neighbours correlate when delays vary by little, and hardly do when they vary by much."""
    at = np.arange(0.5, 19.5, 0.5)
    volleys = Volleys(at, np.ones(len(at)), np.full(len(at), 0.06))
    draws = drawn(
        {"clonus.volley_jitter": jitter_ms, "clonus.motor_units_firing_once_per_cycle": 1.0}
    )
    emg = render_emg(
        Activity.of_volleys(20.0, (volleys,)),
        muscle_of(1),
        drive_rms_uv=1.0,
        volley_uv=300.0,
        draws=draws,
    )
    beats = emg[1000:77000].reshape(-1, 2000)
    alike = [np.corrcoef(one, other)[0, 1] for one, other in pairwise(beats)]

    assert least <= np.median(alike) <= most


def test_nearly_every_unit_fires_once_in_a_volley():
    """Of the units, the share that was asked takes part in each beat, once."""
    share = 0.9
    draws = drawn({"clonus.motor_units_firing_once_per_cycle": share})
    volleys = Volleys(np.arange(200.0), np.ones(200), np.full(200, 0.05))
    beats = volley_discharges(volleys, muscle_of(1), draws)

    assert len(beats.times_s) == N_UNITS * 200
    assert share == pytest.approx(beats.gains.mean(), abs=0.01)
