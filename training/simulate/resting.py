"""Resting: what a relaxed limb does that is neither movement nor a twitch worth the name.

The heartbeat shakes it, breathing tilts it, posture drifts, physiological tremor never stops, small
jerks pass through it all the time, and now and then its owner fidgets: some knocks in a row that
ring with limb and support. Here and there a motor unit of the relaxed muscle fires on its own.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from features.modality import STANDARD_GRAVITY_M_S2
from training.simulate.activity import Activity, Discharges
from training.simulate.muscle import N_UNITS
from training.simulate.parameters import Draws
from training.simulate.waves import (
    PEAK_ACCELERATION,
    add_repeated,
    grid,
    moved,
    poisson_times,
    repeated_shape,
    ringing,
    smooth_noise,
    smooth_wandering,
    unit_vector,
)

Array = NDArray[np.float64]

MILLIGRAM_M_S2 = STANDARD_GRAVITY_M_S2 / 1e3


def resting(draws: Draws, duration_s: float, lever_m: float, *, supported: bool = True) -> Activity:
    """Return a limb at rest: ``supported``, or held up, when it trembles more."""
    times = grid(duration_s)
    angles = breathing(draws, times) + posture_drift(draws, len(times))
    angles += sway(draws, len(times), supported=supported)
    angles += physiological_tremor(draws, len(times), lever_m, supported=supported)
    angles += small_jerks(draws, times, lever_m)
    shake = heartbeat(draws, times)
    for start in poisson_times(draws("rest.fidget_rate") / 60, duration_s, draws.rng):
        add_fidget(angles, shake, draws, times, start)
    still = Activity.of_units(duration_s, stray_units(draws, duration_s))
    return replace(still, angles_rad=angles, shake_m_s2=shake)


def breathing(draws: Draws, times: Array) -> Array:
    """Return the angles of breathing, rad, shape (3, n)."""
    rng = draws.rng
    rate = draws("rest.respiration_frequency")
    wander = 0.3 * smooth_noise(len(times), 0.02, rate, rng)
    wave = np.sin(2 * np.pi * (rate * times + rng.uniform()) + wander)
    tilt = np.deg2rad(draws("rest.respiration_tilt"))
    angles: Array = tilt * unit_vector(rng)[:, None] * wave
    return angles


def posture_drift(draws: Draws, n: int) -> Array:
    """Return the angles of a posture that is never quite kept, rad, shape (3, n)."""
    noise = smooth_wandering(n, 0.01, 0.15, draws.rng)
    drift: Array = np.deg2rad(draws("rest.posture_drift")) * noise
    return drift


def sway(draws: Draws, n: int, *, supported: bool) -> Array:
    """Return the angles by which a limb sways, rad, shape (3, n): far more when it is held up."""
    size = draws("rest.sway") * (1.0 if supported else draws("rest.sway_when_held"))
    noise = smooth_wandering(n, 0.1, 0.8, draws.rng)
    swaying: Array = np.deg2rad(size) * noise
    return swaying


def heart_beats(draws: Draws, duration_s: float) -> Array:
    """Return the times of the heart's beats, from before the recording to after it."""
    rng = draws.rng
    interval = 1 / draws("rest.heart_rate")
    count = int((duration_s + 2) / interval * 1.3) + 5
    varied = rng.normal(interval, draws("rest.heart_interval_cv") * interval, size=count)
    times = np.cumsum(varied) - (1 + rng.uniform()) * interval
    beats: Array = times[times < duration_s + 1]
    return beats


def heartbeat(draws: Draws, times: Array) -> Array:
    """Return the shaking of the heartbeat, m/s^2, shape (3, n): a damped wave a beat."""
    rng = draws.rng
    beats = heart_beats(draws, times[-1])
    wave = ringing(draws("rest.cardioballistic_ringing"), draws("rest.cardioballistic_decay"))
    sizes = rng.normal(1, 0.1, size=len(beats)) * draws("rest.cardioballistic_peak")
    shaking = repeated_shape(len(times), beats, sizes * MILLIGRAM_M_S2, wave)
    return unit_vector(rng)[:, None] * shaking


def physiological_tremor(draws: Draws, n: int, lever_m: float, *, supported: bool) -> Array:
    """Return the angles of normal tremor, rad, shape (3, n).

    A noisy line, with more than one peak: the limb's resonance driven by noise (Wade 1982). At rest
    on a support only a part of the postural amplitude remains.
    """
    rng = draws.rng
    frequency = draws("tremor.physiological.frequency")
    spread = draws("tremor.physiological.frequency_range_within_record") / 2
    share = draws("rest.tremor_share_when_supported")
    peak = draws("tremor.physiological.peak_acceleration_at_dominant") * MILLIGRAM_M_S2
    peak *= share if supported else 1.0
    # The peaks of a noisy line lie at about twice its deviation.
    angle = peak / ((2 * np.pi * frequency) ** 2 * lever_m) / 2
    low, high = max(frequency - spread, 2.0), frequency + spread
    directions = np.abs(unit_vector(rng)) + 0.2
    noise = smooth_wandering(n, low, high, rng)
    tremor: Array = angle * directions[:, None] * noise
    return tremor


def small_jerks(draws: Draws, times: Array, lever_m: float) -> Array:
    """Return the angles of a relaxed limb's small jerks, rad, shape (3, n).

    Half of them move the limb and leave it, half move it there and back.
    """
    rng = draws.rng
    angles = np.zeros((3, len(times)))
    for start in poisson_times(draws("rest.small_jerk_rate") / 60, times[-1], rng):
        length = draws.fresh("rest.small_jerk_duration")
        peak = draws.fresh("rest.small_jerk_peak") * MILLIGRAM_M_S2
        path = moved(times, start, length)
        if draws.chance(0.5):
            path -= moved(times, start + length, length)
        # The lever's acceleration, and gravity, which tilts with it.
        angle = peak / (PEAK_ACCELERATION * lever_m / length**2 + STANDARD_GRAVITY_M_S2)
        angles += angle * unit_vector(rng)[:, None] * path
    return angles


def add_fidget(angles: Array, shake: Array, draws: Draws, times: Array, start_s: float) -> None:
    """Add to angles (rad) and shaking (m/s^2) a fidget: some knocks, at times on a small shift.

    Knocks ring with limb and support; each person has a size of knock, about which they scatter.
    """
    rng = draws.rng
    count = rng.geometric(1 / draws("rest.knocks_per_fidget"))
    pauses = rng.exponential(draws("rest.knock_interval"), size=count - 1)
    at = start_s + np.concatenate(([0.0], np.cumsum(pauses)))
    typical = draws.level("rest.knock_peak") * MILLIGRAM_M_S2
    sizes = typical * rng.lognormal(0.0, draws.level("rest.knock_peak_spread"), size=count)
    ring = ringing(draws("rest.knock_ringing"), draws("rest.knock_decay"))
    towards = unit_vector(rng) + 0.3 * rng.normal(size=(count, 3))
    towards /= np.linalg.norm(towards, axis=1, keepdims=True)
    for axis, shaken in zip(towards.T, shake, strict=True):
        add_repeated(shaken, at, sizes * axis, ring)
    if draws.chance(draws("rest.fidget_shift_probability")):
        length = draws.fresh("rest.fidget_shift_duration")
        angle = np.deg2rad(draws.fresh("rest.fidget_shift_angle"))
        angles += angle * unit_vector(rng)[:, None] * moved(times, start_s, length)


def stray_units(draws: Draws, duration_s: float) -> tuple[Discharges, ...]:
    """Return the discharges of a motor unit that will not rest, in some recordings.

    People who are asked to relax do not quite, and who shall say whether an odd potential is that
    or a benign fasciculation? So it is neither called rest nor fasciculation where it shows.
    """
    rng = draws.rng
    if not draws.chance(draws("rest.stray_unit_probability")):
        return ()
    times = poisson_times(draws("rest.stray_unit_rate"), duration_s, rng)
    unit = np.full(len(times), rng.integers(N_UNITS))
    gains = draws("rest.stray_unit_amplitude") * rng.normal(1.0, 0.05, size=len(times))
    return (Discharges(times, unit, gains),)
