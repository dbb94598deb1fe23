"""Look-alikes: phenomena that have no class of their own and must not be given one.

No class is ever trained on them. They are kept for testing abstention; some kinds, of other people,
are shown to the outlier detector as what is not its own, or to a check of their own.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from training.simulate.activity import Activity, Discharges, Scene, Volleys
from training.simulate.cycles import Cycles
from training.simulate.muscle import N_UNITS
from training.simulate.parameters import Draws
from training.simulate.resting import MILLIGRAM_M_S2, resting
from training.simulate.twitches import myoclonus
from training.simulate.waves import (
    RATE_HZ,
    grid,
    second_derivative,
    smooth_noise,
    smooth_wandering,
    unit_vector,
)

Array = NDArray[np.float64]


def _scene(
    name: str, draws: Draws, duration_s: float, lever_m: float, phenomenon: Activity, f: float
) -> Scene:
    return Scene(
        name=f"lookalike/{name}",
        label=name,
        background=resting(draws, duration_s, lever_m),
        phenomenon=phenomenon,
        stretches=((0.0, duration_s),),
        frequency_hz=f,
    )


def single_unit_discharge(draws: Draws, duration_s: float, lever_m: float) -> Scene:
    """One motor unit firing like a clock: shape of a fasciculation, rhythm of a tremor."""
    rng = draws.rng
    rate = draws("lookalikes.continuous_single_unit_discharge.rate")
    cv = draws("lookalikes.continuous_single_unit_discharge.rate_cv")
    count = int(duration_s * rate * 1.3) + 5
    times = (np.cumsum(rng.normal(1.0, cv, size=count)) - rng.uniform()) / rate
    size = draws("fasciculation.amplitude_semg")
    train = _train(times, int(rng.integers(N_UNITS)), size, duration_s, rng)
    phenomenon = Activity.of_units(duration_s, (train,))
    return _scene("single_unit_discharge", draws, duration_s, lever_m, phenomenon, rate)


def grouped_discharge(
    name: str, draws: Draws, duration_s: float, lever_m: float, *, together: bool = False
) -> Scene:
    """A few motor units firing in groups: myokymia, or the faster groups of its kin.

    Each unit has groups of its own, or some more units have them ``together``.
    """
    rng = draws.rng
    within = draws(f"lookalikes.{name}.intraburst_rate")
    repetition = draws("lookalikes.myokymia.burst_repetition")
    n_units = int(rng.integers(4, 9) if together else rng.integers(1, 4))
    n_trains = 1 if together else n_units
    starts = [_group_starts(repetition, duration_s, rng) for _ in range(n_trains)]
    trains = []
    for unit in range(n_units):
        groups = [
            start + np.cumsum(rng.normal(1.0, 0.08, size=rng.integers(2, 12))) / within
            for start in starts[unit % n_trains]
        ]
        times = np.sort(np.concatenate(groups))
        size = draws.fresh("fasciculation.amplitude_semg")
        trains.append(_train(times, int(rng.integers(N_UNITS)), size, duration_s, rng))
    activity = Activity.of_units(duration_s, tuple(trains))
    return _scene(name, draws, duration_s, lever_m, activity, repetition)


def _group_starts(rate_hz: float, duration_s: float, rng: np.random.Generator) -> Array:
    paces = rng.normal(1.0, 0.15, size=int(duration_s * rate_hz * 1.4) + 4)
    starts: Array = (np.cumsum(paces) - rng.uniform()) / rate_hz
    return starts


def cramp(draws: Draws, duration_s: float, lever_m: float) -> Scene:
    """Some units at a high, even rate that join one after another and fall silent likewise."""
    rng = draws.rng
    rate = draws("lookalikes.cramp.intraburst_rate")
    trains = []
    for _ in range(int(rng.integers(3, 9))):
        start = rng.uniform(-0.5, 0.25) * duration_s
        end = rng.uniform(0.75, 1.5) * duration_s
        count = int((end - start) * rate * 1.5) + 5
        intervals = rng.normal(1.0, 0.1, size=count) / (rate * rng.uniform(0.7, 1.3))
        times = start + np.cumsum(intervals)
        size = draws.fresh("fasciculation.amplitude_semg")
        unit = int(rng.integers(N_UNITS))
        trains.append(_train(times[times < end], unit, size, duration_s, rng))
    activity = Activity.of_units(duration_s, tuple(trains))
    return _scene("cramp", draws, duration_s, lever_m, activity, float("nan"))


def _train(
    times_s: Array, unit: int, size_uv: float, duration_s: float, rng: np.random.Generator
) -> Discharges:
    """Return the discharges of one unit that fall into the recording."""
    inside = times_s[(times_s > 0) & (times_s < duration_s)]
    sizes = size_uv * rng.normal(1.0, 0.04, size=len(inside))
    return Discharges(inside, np.full(len(inside), unit), sizes)


def shivering(draws: Draws, duration_s: float, lever_m: float) -> Scene:
    """Fast and waxing and waning six to eight times a minute (Pozos 1987)."""
    rng = draws.rng
    times = grid(duration_s)
    frequency = draws("lookalikes.shivering.frequency")
    slow = draws("lookalikes.shivering.slow_modulation")
    wander = draws("lookalikes.shivering.frequency_sd") * smooth_noise(len(times), 0.1, 3, rng)
    phase = 2 * np.pi * np.cumsum(frequency + wander) / RATE_HZ
    size = 0.5 * (1 + np.sin(2 * np.pi * (slow * times + rng.uniform())))
    excitation = draws("lookalikes.shivering.excitation")
    drive = excitation * (size * np.clip(np.sin(phase), 0, None) + 0.12)
    peak = draws("lookalikes.shivering_peak_acceleration") * MILLIGRAM_M_S2
    angle = peak / ((2 * np.pi * frequency) ** 2 * lever_m)
    wave = np.sin(phase) + 0.4 * smooth_noise(len(times), 5, 14, rng)
    angles = angle * size * unit_vector(rng)[:, None] * wave
    activity = Activity.of_limb(duration_s, drive=drive, angles_rad=angles)
    return _scene("shivering", draws, duration_s, lever_m, activity, frequency)


def seizure_jerks(draws: Draws, duration_s: float, lever_m: float) -> Scene:
    """Violent rhythmic jerks that slow down and grow: each a volley and a silence."""
    rng = draws.rng
    first = draws("lookalikes.clonic_seizure.first_rate")
    last = draws("lookalikes.clonic_seizure.last_rate")
    slowing = draws("lookalikes.clonic_seizure.duration")
    edges = [-rng.uniform(0.5, 1.0)]
    while edges[-1] < duration_s + 1:
        share = min(max(edges[-1], 0.0) / slowing, 1.0)
        edges.append(edges[-1] + rng.normal(1, 0.06) / (first + (last - first) * share))
    starts = np.array(edges)
    sizes = np.exp(0.5 * starts[:-1] / slowing) * rng.normal(1, 0.1, size=len(starts) - 1)
    cycles = Cycles(starts, sizes)
    times = grid(duration_s)
    phase = cycles.phase(times) % 1.0
    # Quickly there, more slowly back, and still for the second half of the cycle.
    there = phase / 0.12
    wave = (there * np.exp(1 - there)) ** 3
    largest = float(np.abs(second_derivative(wave)).max()) * lever_m
    angle = draws("lookalikes.clonic_seizure.peak_acceleration") / largest
    angles = angle * unit_vector(rng)[:, None] * cycles.envelope(times, 0.2) * wave
    width = draws("lookalikes.noncortical_myoclonus.emg_burst_duration") * 1e-3
    volleys = Volleys(starts[:-1], sizes, np.full(len(sizes), width))
    still = Activity.of_volleys(duration_s, (volleys,))
    activity = replace(still, angles_rad=angles)
    return _scene("seizure_jerks", draws, duration_s, lever_m, activity, first)


def spinal_rhythmic_contraction(draws: Draws, duration_s: float, lever_m: float) -> Scene:
    """Slow rhythmic contraction of the leg after an injury of the cord (Calancie 2006)."""
    rng = draws.rng
    rate = draws("lookalikes.spinal_rhythmic_contraction.frequency")
    wave = np.sin(2 * np.pi * (rate * grid(duration_s) + rng.uniform()))
    size = np.clip(wave, 0.0, None) ** 2
    turn = np.deg2rad(draws("lookalikes.spinal_rhythmic_contraction.angle"))
    drive = draws("lookalikes.spinal_rhythmic_contraction.excitation") * size
    angles = turn * unit_vector(rng)[:, None] * size
    activity = Activity.of_limb(duration_s, drive=drive, angles_rad=angles)
    return _scene("spinal_rhythmic_contraction", draws, duration_s, lever_m, activity, rate)


def vehicle_vibration(draws: Draws, duration_s: float, lever_m: float) -> Scene:
    """A ride: broad shaking in the band of tremor that no muscle makes."""
    rng = draws.rng
    n = len(grid(duration_s))
    centre = draws("artefacts.vehicle_vibration")
    size = draws("artefacts.vehicle_acceleration") * MILLIGRAM_M_S2
    bumps = 1 + np.abs(smooth_noise(n, 0.1, 0.8, rng))
    waves = smooth_wandering(n, 0.5 * centre, 1.8 * centre, rng)
    shake = size * bumps * rng.uniform(0.3, 1.0, size=(3, 1)) * waves
    # What shakes also rocks: a turning rate in proportion to the acceleration.
    rocking = draws("artefacts.vehicle_rocking") * np.cumsum(shake, axis=1) / RATE_HZ
    activity = replace(Activity.still(duration_s), shake_m_s2=shake, tilt_rad=rocking)
    return _scene("vehicle_vibration", draws, duration_s, lever_m, activity, float("nan"))


LookAlike = Callable[[Draws, float, float], Scene]

LOOKALIKES_IN_EMG: dict[str, LookAlike] = {
    "single_unit_discharge": single_unit_discharge,
    "myokymia": partial(grouped_discharge, "myokymia"),
    "neuromyotonia": partial(grouped_discharge, "neuromyotonia"),
    "cramp": cramp,
    "hemifacial_spasm": partial(grouped_discharge, "hemifacial_spasm", together=True),
}
"""Seen by electrodes only: they move next to nothing."""

LOOKALIKES: dict[str, LookAlike] = {
    "shivering": shivering,
    "seizure_jerks": seizure_jerks,
    "cortical_myoclonus": partial(myoclonus, "cortical"),
    "noncortical_myoclonus": partial(myoclonus, "noncortical"),
    "spinal_rhythmic_contraction": spinal_rhythmic_contraction,
}
"""Seen by every sensor."""

LOOKALIKES_IN_MOTION: dict[str, LookAlike] = {"vehicle_vibration": vehicle_vibration}
"""Felt by motion sensors only."""
