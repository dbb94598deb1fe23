"""Clonus: beats after a stretch, each a volley of the muscle and a turn of the joint."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from training.simulate.activity import Activity, Scene, Volleys
from training.simulate.cycles import Cycles, starts_inside, stretches_inside
from training.simulate.muscle import REFERENCE_DRIVE
from training.simulate.parameters import Draws
from training.simulate.resting import resting
from training.simulate.waves import grid, moved, smooth_wandering, two_directions, unit_vector

Array = NDArray[np.float64]

JOINTS = {"ankle": 0.6, "knee": 0.15, "wrist": 0.2, "jaw": 0.05}
"""Share of recordings at each joint."""


def clonus(draws: Draws, duration_s: float, lever_m: float, *, sustained: bool) -> Scene:
    """Return a recording of clonus: one long run, or some short ones, each after a stretch."""
    joint = str(draws.rng.choice(list(JOINTS), p=list(JOINTS.values())))
    frequency = draws(f"clonus.frequency_{joint}")
    runs = _runs(draws, frequency, duration_s, sustained=sustained)
    background = resting(draws, duration_s, lever_m)
    for run in runs:
        background = background + _stretch(draws, run.stretch[0], duration_s)
    turn = partial(_clonus_activity, draws, frequency_hz=frequency, lever_m=lever_m)
    parts = [turn(run, duration_s=duration_s) for run in runs]
    return Scene(
        name=f"clonus/{'sustained' if sustained else 'unsustained'}/{joint}",
        label="clonus",
        background=background,
        phenomenon=sum(parts, Activity.still(duration_s)),
        stretches=stretches_inside(runs, duration_s),
        cycles_s=starts_inside(runs, duration_s),
        frequency_hz=frequency,
    )


def _runs(draws: Draws, frequency_hz: float, duration_s: float, *, sustained: bool) -> list[Cycles]:
    rng = draws.rng
    name = f"clonus.beats_{'sustained' if sustained else 'unsustained'}"
    at = rng.uniform(0.0, 2.0) if draws.chance(0.6) else -rng.uniform(0.5, 3.0)
    runs: list[Cycles] = []
    while at < duration_s - 0.8:
        runs.append(clonus_beats(draws, frequency_hz, at, round(draws.fresh(name))))
        at = runs[-1].stretch[1] + draws.fresh("clonus.pause_between_runs")
    return runs


SUSTAINED_BEATS = 10
"""Beats from which a run counts as sustained; a shorter one decays sooner."""


def clonus_beats(draws: Draws, frequency_hz: float, start_s: float, count: int) -> Cycles:
    """Lay beats side by side: the first is long, the rest steady, a short run decays."""
    rng = draws.rng
    order = np.arange(count)
    longer = draws("clonus.first_cycle_lengthening") - 1.0
    # Steady means within 5 % of what there was to lose.
    settling = draws("clonus.cycles_to_steady_period") / 3.0
    load = draws("clonus.load_effect_on_frequency") * order / max(count, 40)
    scatter = draws("clonus.cycle_to_cycle_cv")
    steady = 1.0 / np.clip(frequency_hz + load, 2.5, 9.0)
    periods = steady * (1 + longer * np.exp(-order / settling)) * rng.normal(1, scatter, size=count)
    edges = start_s + np.concatenate(([0.0], np.cumsum(periods)))
    kind = "sustained" if count >= SUSTAINED_BEATS else "unsustained"
    decay = draws.fresh(f"clonus.burst_amplitude_decay_rate_{kind}")
    sizes = np.exp(-decay * (edges[:-1] - start_s))
    sizes *= rng.normal(1.0, draws("clonus.beat_size_cv"), size=count)
    return Cycles(edges, np.clip(sizes, 0.02, None))


def clonus_wave(
    phase: Array, quick_share: float, harmonic_ratio: float, *, sharp: bool = True
) -> Array:
    """Return the angle over a beat: from -1 at phase 0 to +1 quickly, and back more slowly.

    Parameters
    ----------
    phase : ndarray
        In radians.
    quick_share : float
        Share of the cycle that the quick way takes: the second harmonic at right angles to the
        first shifts the turning points and gives it.
    harmonic_ratio : float
        Power of the second harmonic over that of the first, in the acceleration; what the quick
        way needs is the least that it can be.
    sharp : bool
        Whether the rest of the harmonic sharpens the end of the quick way or the beginning.
    """
    asymmetry = (quick_share - 0.5) * np.pi / 2
    # A harmonic of the angle weighs four times as much in the acceleration.
    rest = np.sqrt(max(harmonic_ratio / 16 - asymmetry**2, 0.0)) * (1 if sharp else -1)
    wave: Array = -np.cos(phase) + asymmetry * np.sin(2 * phase) + rest * np.cos(2 * phase)
    return wave


def _clonus_activity(
    draws: Draws, run: Cycles, *, frequency_hz: float, duration_s: float, lever_m: float
) -> Activity:
    """Turn beats into volleys, and some time later into angles of the joint."""
    rng = draws.rng
    times = grid(duration_s)
    delay = draws("muscle.electromechanical_delay") * 1e-3
    begin, end = run.stretch
    beating = slice(*np.searchsorted(times - delay, (begin, end)))
    later = times[beating] - delay
    wave = partial(
        clonus_wave,
        quick_share=draws("clonus.plantarflexion_share_of_cycle"),
        harmonic_ratio=draws("clonus.harmonic_ratio_2f"),
        sharp=draws.chance(0.5),
    )
    rise = draws("clonus.onset_rise_cycles")
    angle = draws("clonus.foot_acceleration_peak") / ((2 * np.pi * frequency_hz) ** 2 * lever_m)
    main, side = two_directions(rng)
    aside = draws("clonus.second_axis_ratio") * side
    behind = later - draws("body.second_axis_lag") * 1e-3
    turned = main[:, None] * wave(2 * np.pi * run.phase(later))
    turned += aside[:, None] * wave(2 * np.pi * run.phase(behind))
    turned += draws("clonus.restless_share") * smooth_wandering(len(later), 0.3, 4.0, rng)
    angles = np.zeros((3, len(times)))
    angles[:, beating] = angle * run.envelope(later, rise) * turned
    inside = (run.starts_s[:-1] > -0.2) & (run.starts_s[:-1] < duration_s)
    beats = run.starts_s[:-1][inside]
    width = draws("clonus.emg_burst_duration") * 1e-3
    volleys = Volleys(beats, run.sizes[inside], np.full(len(beats), width))
    # What is left between beats fades with them: left as it was, a run that dies away would end as
    # a steady contraction that is called clonus.
    between = REFERENCE_DRIVE * run.envelope(times, rise)
    activity = Activity.of_limb(duration_s, drive=between, angles_rad=angles)
    return activity + Activity.of_volleys(duration_s, (volleys,))


def _stretch(draws: Draws, at_s: float, duration_s: float) -> Activity:
    """Return the quick passive movement that sets off a clonus, ending as it begins."""
    still = Activity.still(duration_s)
    if not 0 < at_s < duration_s or not draws.chance(0.7):
        return still
    length = draws.fresh("clonus.stretch_duration")
    turn = np.deg2rad(draws.fresh("clonus.stretch_angle"))
    path = moved(grid(duration_s), at_s - length, length)
    angles = unit_vector(draws.rng)[:, None] * turn * path
    return Activity.of_limb(duration_s, drive=still.drive, angles_rad=angles)
