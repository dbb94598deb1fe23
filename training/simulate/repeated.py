"""Repeated movements: tapping, turning the hand, brushing, each at a pace that people keep."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from training.simulate.activity import Activity, Stretches
from training.simulate.cycles import Cycles, stretches_inside
from training.simulate.parameters import Draws
from training.simulate.waves import (
    grid,
    repeated_shape,
    ringing,
    second_derivative,
    smooth_noise,
    smooth_wandering,
    two_directions,
    unit_vector,
    within,
)

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Repetition:
    """How one movement is repeated.

    The muscle works for a share ``duty`` of each cycle, over some tone; the limb turns by
    ``angle_rad`` either way and is pushed to and fro by ``translation_m_s2``; ``impact_m_s2`` is
    what a cycle begins with. The way there takes half of the cycle, more or less by ``unevenness``
    at the most; ``flattest`` is how long it dwells at the ends (:func:`_to_and_fro`); ``scatter``
    names the parameter by which cycles differ in length.
    """

    frequency_hz: float
    angle_rad: float
    duty: float
    impact_m_s2: float = 0.0
    translation_m_s2: float = 0.0
    unevenness: float = 0.15
    flattest: float = 1.5
    scatter: str = "voluntary.tapping.cycle_cv"


def tapping(draws: Draws, duration_s: float, lever_m: float) -> tuple[Activity, Stretches]:
    """Tap with a finger or the foot."""
    impact = draws("voluntary.tapping.impact")
    how = Repetition(
        frequency_hz=draws("voluntary.tapping.frequency"),
        angle_rad=np.deg2rad(draws("voluntary.tapping.angle")),
        duty=draws("voluntary.tapping.duty"),
        impact_m_s2=impact if draws.chance(0.7) else 0.0,
    )
    return repeated(draws, duration_s, lever_m, how)


def alternating(draws: Draws, duration_s: float, lever_m: float) -> tuple[Activity, Stretches]:
    """Turn the hand to and fro, or lift and lower the leg."""
    how = Repetition(
        frequency_hz=draws("voluntary.alternating.frequency"),
        angle_rad=np.deg2rad(draws("voluntary.alternating.angle")),
        duty=draws("voluntary.tapping.duty"),
        translation_m_s2=draws("voluntary.alternating.translation"),
    )
    return repeated(draws, duration_s, lever_m, how)


def scrubbing(draws: Draws, duration_s: float, lever_m: float) -> tuple[Activity, Stretches]:
    """Brush teeth, comb, scrub or stir: quick strokes of the whole hand."""
    how = Repetition(
        frequency_hz=draws("voluntary.scrubbing.frequency"),
        angle_rad=np.deg2rad(draws("voluntary.scrubbing.angle")),
        duty=0.5,
        translation_m_s2=draws("voluntary.scrubbing.translation"),
        unevenness=0.04,
        flattest=0.7,
        scatter="voluntary.scrubbing.cycle_cv",
    )
    return repeated(draws, duration_s, lever_m, how)


def repeated(
    draws: Draws, duration_s: float, lever_m: float, how: Repetition
) -> tuple[Activity, Stretches]:
    """Repeat one movement at will; pace and extent scatter from cycle to cycle, and drift."""
    rng = draws.rng
    times = grid(duration_s)
    start = rng.uniform(0, 4) if draws.chance(0.4) else -rng.uniform(1, 2)
    end = duration_s + 2 if draws.chance(0.6) else rng.uniform(0.6, 1.0) * duration_s
    last = max(end, start + 3 / how.frequency_hz)
    cycles = paced_cycles(draws, how.frequency_hz, start, last, cv=draws(how.scatter))
    phase = cycles.phase(times) % 1.0
    envelope = cycles.envelope(times, rise_cycles=0.7)
    share = 0.5 + how.unevenness * rng.uniform(-1, 1)
    wave = envelope * _to_and_fro(phase, share=share, flat=rng.uniform(0.1, how.flattest))
    push = second_derivative(wave)
    largest = max(float(np.percentile(np.abs(push), 98)), 1e-9)
    knocks = knocked(times, cycles.starts_s[:-1], rng)
    working = np.where(phase < how.duty, np.sin(np.pi * phase / how.duty) ** 2, 0.0) * envelope
    stretches = stretches_inside([cycles], duration_s)
    going_on = within(times, stretches)
    tone = draws("voluntary.background_tone") * going_on
    posture = going_on * smooth_wandering(len(times), 0.05, 1.0, rng)
    posture *= np.deg2rad(draws("voluntary.posture_wander"))
    impact = unit_vector(rng)[:, None]
    behind = times - draws("body.second_axis_lag") * 1e-3
    turned_by = np.deg2rad(draws("voluntary.direction_wander"))
    turning, pushing = (
        _turning_aside(draws, times, along, behind, turned_by)
        for along in (wave, np.tanh(push / largest))
    )
    fine = smooth_wandering(len(times), 0.5, 4.0, rng) * going_on
    angle = within_strength(draws, how.angle_rad, lever_m, largest)
    activity = Activity.of_limb(
        duration_s,
        drive=draws("voluntary.contraction_level") * working + tone,
        angles_rad=angle * (turning + draws("voluntary.repeated_fine_share") * fine) + posture,
        shake_m_s2=how.translation_m_s2 * pushing + how.impact_m_s2 * impact * knocks,
    )
    return replace(activity, pace_hz=how.frequency_hz), stretches


def _turning_aside(
    draws: Draws, times: Array, wave: Array, behind: Array, wander_rad: float
) -> Array:
    """Return a wave along a direction that wanders, and some of it, a little late, across it.

    Nobody brushes along one line: hand and tool turn as they go.
    """
    main, side = (axis[:, None] for axis in two_directions(draws.rng))
    turned = wander_rad * smooth_noise(len(times), 0.05, 0.8, draws.rng)
    along, across = np.cos(turned), np.sin(turned)
    second = draws("voluntary.second_axis_ratio") * np.interp(behind, times, wave)
    aside: Array = main * (along * wave - across * second) + side * (across * wave + along * second)
    return aside


def within_strength(
    draws: Draws, angle_rad: float, lever_m: float, accelerations_per_s2: float
) -> float:
    """Return an angle, or the largest that can be reached: wide movements cannot be quick.

    ``accelerations_per_s2`` is the largest angular acceleration of a movement by one radian.
    """
    largest = draws("voluntary.largest_acceleration")
    return min(angle_rad, largest / (lever_m * accelerations_per_s2))


def paced_cycles(
    draws: Draws, frequency_hz: float, start_s: float, end_s: float, cv: float
) -> Cycles:
    """Lay cycles of a pace that people keep: it scatters, and drifts over some cycles."""
    rng = draws.rng
    count = int((end_s - start_s) * frequency_hz * 1.5) + 8
    drift = np.cumsum(rng.normal(0, 0.01, size=count))
    periods = (1 + cv * rng.normal(size=count)) * np.exp(drift - drift.mean()) / frequency_hz
    edges = start_s + np.concatenate(([0.0], np.cumsum(np.clip(periods, 0.3 / frequency_hz, None))))
    edges = edges[edges <= end_s]
    extent = draws("voluntary.extent_scatter")
    sizes = np.clip(rng.normal(1.0, extent, size=len(edges) - 1), 0.2, None)
    return Cycles(edges, sizes)


def _to_and_fro(phase: Array, *, share: float, flat: float) -> Array:
    """Return a way from -1 to 1, in a share of the cycle, and back.

    The flatter it is, the longer it dwells at the ends.
    """
    # The first harmonic in the phase shifts the turning points to 0 and the share.
    shift = np.pi * (1 - 2 * share) / np.sin(np.pi * share) ** 2
    turn = 2 * np.pi * phase + shift * np.sin(np.pi * phase) ** 2
    wave: Array = np.tanh(-flat * np.cos(turn)) / np.tanh(flat)
    return wave


def knocked(times: Array, at_s: Array, rng: np.random.Generator) -> Array:
    """Return the ringing that follows each knock, of unit size."""
    ring = ringing(rng.uniform(15, 45), rng.uniform(0.01, 0.04))
    sizes = rng.lognormal(0, 0.3, size=len(at_s))
    return repeated_shape(len(times), at_s, sizes, ring)
