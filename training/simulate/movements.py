"""Movements: what people do on purpose, from holding still against a load to brushing teeth."""

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from training.simulate.activity import Activity, Scene, Stretches
from training.simulate.parameters import Draws
from training.simulate.repeated import (
    alternating,
    knocked,
    paced_cycles,
    scrubbing,
    tapping,
    within_strength,
)
from training.simulate.resting import resting
from training.simulate.waves import (
    PEAK_ACCELERATION,
    grid,
    minimum_jerk,
    moved,
    second_derivative,
    smooth_noise,
    smooth_wandering,
    unit_vector,
    within,
)

Array = NDArray[np.float64]

Movement = Callable[[Draws, float, float], tuple[Activity, Stretches]]
"""Draws, duration (s) and lever (m) to an activity and the stretches in which it goes on."""


def voluntary(kind: str, draws: Draws, duration_s: float, lever_m: float) -> Scene:
    """Return a recording of one kind of movement over the background of a limb that is held up."""
    activity, stretches = MOVEMENTS[kind](draws, duration_s, lever_m)
    return Scene(
        name=f"voluntary/{kind}",
        label="voluntary",
        background=resting(draws, duration_s, lever_m, supported=False),
        phenomenon=activity,
        stretches=stretches,
    )


def isometric(draws: Draws, duration_s: float, lever_m: float) -> tuple[Activity, Stretches]:
    """Hold a force, for the whole time or some seconds at a time: the limb hardly moves."""
    del lever_m
    rng = draws.rng
    times = grid(duration_s)
    drive = np.zeros(len(times))
    stretches = []
    ramp = draws("voluntary.isometric_emg.onset_time") * 1e-3
    at = -rng.uniform(0, 10) if draws.chance(0.5) else rng.uniform(0, 3)
    while at < duration_s:
        end = at + draws.fresh("voluntary.contraction_duration")
        shape = minimum_jerk((times - at) / ramp) * minimum_jerk((end - times) / (1.5 * ramp))
        drive = np.maximum(drive, _force(draws, times, at, end, ramp) * shape)
        stretches.append((at, end))
        at = end + draws.fresh("voluntary.pause_duration")
    band_hz = draws("voluntary.drive_wander_band")
    swell = smooth_noise(len(times), 0.05, band_hz, rng)
    drive *= np.exp(draws("voluntary.drive_wander") * swell)
    drive *= 1 + draws("voluntary.drive_ripple") * smooth_noise(len(times), 3.0, 15.0, rng)
    angles = Activity.still(duration_s).angles_rad
    activity = Activity.of_limb(duration_s, drive=drive, angles_rad=angles)
    return activity, _merged(stretches, 0.0, duration_s)


def _force(draws: Draws, times: Array, start_s: float, end_s: float, ramp_s: float) -> Array:
    """Return the excitation of one contraction: held, changed now and then, stronger at first.

    Who takes hold of something moves first and holds then, with less.
    """
    level = draws.fresh("voluntary.contraction_level")
    force = np.full(len(times), level)
    at = start_s
    while draws.chance(draws("voluntary.level_change_probability")):
        at += draws.fresh("voluntary.contraction_duration")
        if at >= end_s:
            break
        after = draws.fresh("voluntary.contraction_level")
        force += (after - level) * minimum_jerk((times - at) / ramp_s)
        level = after
    settling = draws.fresh("voluntary.onset_settling")
    over = draws.fresh("voluntary.onset_overshoot") - 1
    since = np.clip((times - start_s - ramp_s) / settling, 0.0, None)
    stronger: Array = force * (1 + over * np.exp(-since))
    return stronger


def ballistic(draws: Draws, duration_s: float, lever_m: float) -> tuple[Activity, Stretches]:
    """Jerk the limb to and fro at will: short bursts, each a quick movement some time later."""
    rng = draws.rng
    times = grid(duration_s)
    tone = draws("voluntary.background_tone") * (1 + 0.3 * smooth_noise(len(times), 0.1, 2, rng))
    drive = np.zeros(len(times))
    angles = np.zeros((3, len(times)))
    stretches = []
    delay = draws("muscle.electromechanical_delay") * 1e-3
    at = rng.uniform(0, 1.5)
    while at < duration_s - 0.6:
        width = draws.fresh("voluntary.ballistic_emg.burst_duration") * 1e-3
        drive += rng.uniform(0.3, 0.9) * _hump(times, at, width)
        length, pause = rng.uniform(0.12, 0.4), rng.uniform(0, 0.3)
        back = at + delay + length + pause
        path = moved(times, at + delay, length) - moved(times, back, length)
        turn = np.deg2rad(draws.fresh("voluntary.ballistic_angle"))
        turn = within_strength(draws, turn, lever_m, PEAK_ACCELERATION / length**2)
        angles += turn * unit_vector(rng)[:, None] * path
        stretches.append((at, back + length))
        at += draws.fresh("voluntary.ballistic_interval")
    merged = _merged(stretches, 0.8, duration_s)
    # Between movements the limb rests, and so does its muscle: it is called so.
    drive += tone * within(times, merged)
    return Activity.of_limb(duration_s, drive=drive, angles_rad=angles), merged


def walking(draws: Draws, duration_s: float, lever_m: float) -> tuple[Activity, Stretches]:
    """Walk: the arm swings with the stride, every step shakes, the muscle works once a stride."""
    del lever_m
    rng = draws.rng
    times = grid(duration_s)
    step = draws("voluntary.walking.step_frequency")
    scatter = draws("voluntary.walking.stride_cv")
    stride = paced_cycles(draws, step / 2, -rng.uniform(1, 3), duration_s + 3, cv=scatter)
    phase = stride.phase(times)
    swing = np.deg2rad(draws("voluntary.walking.swing_angle"))
    angles = swing * unit_vector(rng)[:, None] * np.sin(2 * np.pi * phase)
    twice = np.sin(2 * np.pi * (2 * phase + rng.uniform()))
    angles += 0.3 * swing * unit_vector(rng)[:, None] * twice
    size = draws("voluntary.walking.step_acceleration")
    shake = np.zeros((3, len(times)))
    for harmonic in range(1, 1 + round(draws("voluntary.walking.harmonics_to_model"))):
        weight = rng.lognormal(0, 0.4) / harmonic ** rng.uniform(0.6, 1.4)
        turn = 2 * np.pi * (2 * harmonic * phase + rng.uniform())
        shake += size * weight * unit_vector(rng)[:, None] * np.sin(turn)
    duty = rng.uniform(0.25, 0.45)
    into = phase % 1.0
    work = 0.6 * draws("voluntary.contraction_level")
    drive = work * np.where(into < duty, np.sin(np.pi * into / duty) ** 2, 0.0)
    activity = Activity.of_limb(duration_s, drive=drive, angles_rad=angles, shake_m_s2=shake)
    return activity, ((0.0, duration_s),)


def reaching(draws: Draws, duration_s: float, lever_m: float) -> tuple[Activity, Stretches]:
    """Reach, drink, eat, handle things: one smooth movement after another, with pauses."""
    rng = draws.rng
    times = grid(duration_s)
    angles, place = np.zeros((3, len(times))), np.zeros((3, len(times)))
    knocks, drive = np.zeros((3, len(times))), np.zeros(len(times))
    stretches = []
    at = rng.uniform(0, 1)
    widest, farthest = draws("voluntary.reaching.angle"), draws("voluntary.reaching.distance")
    while at < duration_s:
        length = draws.fresh("voluntary.reaching.duration")
        path = moved(times, at, length)
        turn = np.deg2rad(widest * rng.uniform(0.1, 1.0))
        turn = within_strength(draws, turn, lever_m, PEAK_ACCELERATION / length**2)
        angles += turn * unit_vector(rng)[:, None] * path
        way = farthest * rng.uniform(0.1, 1.0)
        way = within_strength(draws, way, 1.0, PEAK_ACCELERATION / length**2)
        place += way * unit_vector(rng)[:, None] * path
        drive += rng.uniform(0.1, 0.6) * _hump(times, at, length)
        if draws.chance(0.3):
            size = draws.fresh("voluntary.reaching.knock")
            knocks += (
                size * unit_vector(rng)[:, None] * knocked(times, np.array([at + length]), rng)
            )
        stretches.append((at, at + length + 0.1))
        at += length + draws.fresh("voluntary.reaching.pause")
    merged = _merged(stretches, 0.6, duration_s)
    fine, tone = _fine(draws, "reaching", times, merged)
    angles += fine
    drive += tone
    shake = second_derivative(place) + knocks
    return Activity.of_limb(duration_s, drive=drive, angles_rad=angles, shake_m_s2=shake), merged


def handling(draws: Draws, duration_s: float, lever_m: float) -> tuple[Activity, Stretches]:
    """Type, write, use a mouse: small quick movements of a supported hand, some with a click."""
    rng = draws.rng
    times = grid(duration_s)
    angles, knocks = np.zeros((3, len(times))), np.zeros((3, len(times)))
    drive = np.zeros(len(times))
    widest, level = draws("voluntary.handling.angle"), draws("voluntary.handling.level")
    clicking = rng.uniform(0.0, 0.7)
    stretches = []
    at = rng.uniform(0, 1)
    while at < duration_s:
        length = draws.fresh("voluntary.handling.duration")
        turn = np.deg2rad(widest * rng.uniform(0.1, 1.0))
        turn = within_strength(draws, turn, lever_m, PEAK_ACCELERATION / length**2)
        angles += turn * unit_vector(rng)[:, None] * moved(times, at, length)
        drive += level * rng.uniform(0.3, 1.5) * _hump(times, at, max(length, 0.15))
        if draws.chance(clicking):
            size = draws.fresh("voluntary.handling.click")
            hit = knocked(times, np.array([at + length]), rng)
            knocks += size * unit_vector(rng)[:, None] * hit
        stretches.append((at, at + length + 0.1))
        at += length + draws.fresh("voluntary.handling.pause")
    merged = _merged(stretches, 0.6, duration_s)
    fine, tone = _fine(draws, "handling", times, merged)
    angles += fine
    drive += tone
    return Activity.of_limb(duration_s, drive=drive, angles_rad=angles, shake_m_s2=knocks), merged


MOVEMENTS: dict[str, Movement] = {
    "isometric": isometric,
    "ballistic": ballistic,
    "tapping": tapping,
    "alternating": alternating,
    "scrubbing": scrubbing,
    "walking": walking,
    "reaching": reaching,
    "handling": handling,
}


def _fine(draws: Draws, name: str, times: Array, stretches: Stretches) -> tuple[Array, Array]:
    """Return the fine angles (rad) and the tone of a hand that is at work in some stretches."""
    going_on = within(times, stretches)
    noise = smooth_wandering(len(times), 0.5, 4.0, draws.rng)
    angles = np.deg2rad(draws(f"voluntary.{name}.fine_angle")) * noise * going_on
    return angles, draws("voluntary.background_tone") * going_on


def _hump(times: Array, start_s: float, length_s: float) -> Array:
    """Return a smooth rise and fall within a time, zero outside."""
    into = np.clip((times - start_s) / length_s, 0.0, 1.0)
    hump: Array = np.sin(np.pi * into) ** 2
    return hump


def _merged(
    stretches: Iterable[tuple[float, float]], pause_s: float, duration_s: float
) -> Stretches:
    """Join stretches that are less than a pause apart, and cut them to the recording."""
    merged: list[tuple[float, float]] = []
    for start, end in stretches:
        if merged and start - merged[-1][1] < pause_s:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    cut = ((max(start, 0.0), min(end, duration_s)) for start, end in merged)
    return tuple((start, end) for start, end in cut if end > start)
