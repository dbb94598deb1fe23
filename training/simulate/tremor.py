"""Tremor: every kind of it, as cycles that wander in length and wax and wane in size."""

from dataclasses import dataclass, replace

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from training.simulate.activity import Activity, Scene
from training.simulate.cycles import Cycles, starts_inside, stretches_inside
from training.simulate.parameters import Draws
from training.simulate.resting import MILLIGRAM_M_S2, resting
from training.simulate.waves import grid, smooth_noise, smooth_wandering, two_directions

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Kind:
    """A kind of tremor.

    ``frequency_scatter`` and ``emg_burst`` name parameters: the standard deviation of a cycle's
    frequency, and a burst's length; ``peak`` names the peak acceleration.
    """

    name: str
    resting: bool
    frequency_scatter: str = "tremor.other_cycle_frequency_sd"
    emg_burst: str = "tremor.essential_postural.emg_burst_duration"
    harmonic_ratio: str = "tremor.other_harmonic_ratio_2f"
    envelope_cv: str = "tremor.modulation.envelope_cv"
    peak: str = "tremor.amplitude_by_rating.acceleration_peak"


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "parkinsonian_rest",
            resting=True,
            frequency_scatter="tremor.parkinsonian_rest.cycle_frequency_sd",
            emg_burst="tremor.parkinsonian_rest.emg_burst_duration",
            harmonic_ratio="tremor.parkinsonian_rest.harmonic_ratio_2f",
        ),
        Kind(
            "essential_postural",
            resting=False,
            frequency_scatter="tremor.essential_postural.cycle_frequency_sd",
        ),
        Kind(
            "enhanced_physiological",
            resting=False,
            peak="tremor.enhanced_physiological.peak_acceleration_at_dominant",
        ),
        Kind("cerebellar_intention", resting=False),
        Kind("holmes", resting=True),
        Kind("dystonic", resting=False, frequency_scatter="tremor.dystonic.cycle_frequency_cv"),
        Kind(
            "orthostatic",
            resting=False,
            frequency_scatter="tremor.orthostatic.half_peak_width",
            envelope_cv="tremor.orthostatic.envelope_cv",
            peak="tremor.orthostatic.peak_acceleration",
        ),
    )
}


def tremor(name: str, draws: Draws, duration_s: float, lever_m: float) -> Scene:
    """Return a recording of one kind of tremor, over the background of its limb."""
    kind = KINDS[name]
    frequency = draws(f"tremor.{name}.frequency")
    bouts = _bouts(kind, draws, duration_s)
    runs = [tremor_cycles(kind, draws, frequency, bout) for bout in bouts]
    runs = [run for run in runs if len(run.sizes) >= 3]
    parts = [_tremor_activity(kind, draws, run, frequency, duration_s, lever_m) for run in runs]
    # Enhanced physiological tremor is the tremor that a limb held up would have beside another.
    supported = kind.resting or name == "enhanced_physiological"
    return Scene(
        name=f"tremor/{name}",
        label="tremor",
        background=sum(
            (tone for _, tone in parts),
            resting(draws, duration_s, lever_m, supported=supported),
        ),
        phenomenon=sum((trembling for trembling, _ in parts), Activity.still(duration_s)),
        stretches=stretches_inside(runs, duration_s),
        cycles_s=starts_inside(runs, duration_s),
        frequency_hz=frequency,
        held=stretches_inside(runs, duration_s),
    )


def _bouts(kind: Kind, draws: Draws, duration_s: float) -> list[tuple[float, float]]:
    """Return when the tremor is there: most of the time, with a late start or a pause.

    What goes on at an end of the recording goes on beyond it.
    """
    rng = draws.rng
    start, end = -rng.uniform(2.0, 4.0), duration_s + rng.uniform(2.0, 4.0)
    if kind.name == "parkinsonian_rest" and draws.chance(0.25):
        start = min(draws("tremor.parkinsonian_rest.reemergent_latency"), 0.6 * duration_s)
    elif draws.chance(0.25):
        start = rng.uniform(0.0, 0.5 * duration_s)
    if kind.name == "orthostatic" or not draws.chance(0.3):
        return [(start, end)]
    pause = rng.uniform(0.05, 0.3) * duration_s
    at = rng.uniform(max(start, 0.0), duration_s - pause)
    return [(a, b) for a, b in ((start, at), (at + pause, end)) if b - a > 1.5]


def _frequency_scatter(kind: Kind, draws: Draws, frequency_hz: float) -> tuple[float, float]:
    """Return the deviation of a cycle's frequency in Hz, and the share that lasts some cycles."""
    value = draws(kind.frequency_scatter)
    if kind.name == "dystonic":
        return value * frequency_hz, 0.5
    if kind.name == "orthostatic":
        # Cycles that scatter independently make the phase diffuse, 2 pi cv from cycle to cycle,
        # and the line a Lorentzian of half-power width 2 pi f cv².
        return float(np.sqrt(value * frequency_hz / (2 * np.pi))), 0.0
    return value, 0.5


def tremor_cycles(
    kind: Kind, draws: Draws, frequency_hz: float, bout_s: tuple[float, float]
) -> Cycles:
    """Lay cycles side by side: frequency wanders, size waxes and wanes."""
    rng = draws.rng
    start_s, end_s = bout_s
    scatter, lasting = _frequency_scatter(kind, draws, frequency_hz)
    count = int((end_s - start_s) * frequency_hz * 1.6) + 8
    kept = 0.85
    steps = np.sqrt(1 - kept**2) * rng.normal(size=count - 1)
    wander = scipy.signal.lfilter([1.0], [1.0, -kept], np.concatenate(([0.0], steps)))
    wander = np.sqrt(lasting) * wander + np.sqrt(1 - lasting) * rng.normal(size=count)
    frequencies = frequency_hz + scatter * wander
    periods = 1.0 / np.clip(frequencies, 0.6 * frequency_hz, 1.6 * frequency_hz)
    edges = start_s + np.concatenate(([0.0], np.cumsum(periods)))
    edges = edges[edges <= end_s]
    return Cycles(edges, _sizes(kind, draws, edges[:-1]))


def _sizes(kind: Kind, draws: Draws, starts_s: Array) -> Array:
    """Return the sizes of cycles: their logarithm wanders, slowly and within seconds."""
    rng = draws.rng
    pace_hz = 1.0 / draws("tremor.modulation.waxing_waning_period")
    spread = np.sqrt(np.log1p(draws(kind.envelope_cv) ** 2))
    if len(starts_s) == 0:
        return np.zeros(0)
    times = grid(starts_s[-1] - starts_s[0] + 1.0)
    slow = smooth_noise(len(times), 0.0, pace_hz, rng)
    quick = smooth_noise(len(times), pace_hz, pace_hz + 1.0, rng)
    swell = np.sqrt(0.65) * slow + np.sqrt(0.35) * quick
    sizes = np.exp(spread * np.interp(starts_s - starts_s[0], times, swell) - spread**2 / 2)
    if kind.name == "parkinsonian_rest":
        growth = draws("tremor.parkinsonian_rest.intensity_growth_30s") * starts_s / 20.0
        sizes *= np.clip(1 + growth, 0.3, None) / (1 + max(float(growth.mean()), 0.0))
    sizes *= rng.normal(1.0, draws("tremor.modulation.cycle_size_cv"), size=len(sizes))
    clipped: Array = np.clip(sizes, 0.02, 3.0)
    return clipped


def _tremor_activity(
    kind: Kind, draws: Draws, run: Cycles, frequency_hz: float, duration_s: float, lever_m: float
) -> tuple[Activity, Activity]:
    """Turn cycles into angles of the limb and bursts of the muscle; return its tone besides."""
    rng = draws.rng
    times = grid(duration_s)
    cycles = run.phase(times)
    phase = 2 * np.pi * cycles
    envelope = run.envelope(times, rise_cycles=draws("tremor.onset_rise_cycles"))
    # A harmonic of the angle weighs four times as much in the acceleration.
    second = np.sqrt(draws(kind.harmonic_ratio)) / 4
    wave = np.sin(phase) + second * np.sin(2 * phase + rng.uniform(0, 2 * np.pi))
    aside = draws("tremor.second_axis_ratio") * np.sin(phase + rng.uniform(0, 2 * np.pi))
    peak = draws(kind.peak) * _M_S2[draws.physiology[kind.peak].unit]
    angle = peak / ((2 * np.pi * frequency_hz) ** 2 * lever_m)
    main, side = two_directions(rng)
    # Who trembles strongly does not lie still beside it.
    restless = draws("tremor.restless_share") * smooth_wandering(len(times), 0.3, 4.0, rng)
    angles = angle * envelope * (main[:, None] * wave + side[:, None] * aside + restless)
    bursts = _bursts(kind, draws, run, cycles, envelope)
    tone = np.where(envelope > 0, _tone(kind, draws, len(times)), 0.0)
    held = replace(Activity.still(duration_s), drive=tone)
    return Activity.of_limb(duration_s, drive=bursts, angles_rad=angles), held


_M_S2 = {"m/s^2": 1.0, "mg": MILLIGRAM_M_S2}


def _bursts(kind: Kind, draws: Draws, run: Cycles, cycles: Array, envelope: Array) -> Array:
    """Return a drive with one burst a cycle."""
    duration = draws(kind.emg_burst) * 1e-3
    # A burst's length is that of the middle 90 % of its energy, and its edges are soft.
    width = min(duration * _WHOLE_BURST, 0.8 * run.period_s)
    into = (cycles % 1.0) * run.period_s / width
    edge = 0.3
    burst = np.clip(np.minimum(into, 1 - into) / edge, 0.0, 1.0)
    burst = np.sin(np.pi / 2 * burst) ** 2
    # Drawn apart: how strong each burst is in this muscle moves the limb but little.
    scatter = draws.rng.spawn(1)[0].normal(size=len(run.sizes))
    heights = np.clip(1 + draws.level("tremor.emg_burst_size_cv") * scatter, 0.1, None)
    which = np.clip(cycles.astype(np.intp), 0, len(run.sizes) - 1)
    drive: Array = draws("tremor.burst_excitation") * heights[which] * envelope * burst
    return drive


def _tone(kind: Kind, draws: Draws, n: int) -> Array:
    """Return how strongly the muscle works on between bursts, which swells as any force held."""
    # Of a limb at rest it is the person's, and of one that is held the recording's.
    at_rest, held = "tremor.tone_at_rest", "tremor.tone_between_bursts"
    level = draws.level(at_rest) if kind.resting else draws(held)
    band_hz = draws.level("voluntary.drive_wander_band")
    swell = smooth_noise(n, 0.05, band_hz, draws.rng.spawn(1)[0])
    tone: Array = level * np.exp(draws.level("voluntary.drive_wander") * swell)
    return tone


_WHOLE_BURST = 1.55
"""Length of the excitation over the time that holds the middle 90 % of the energy it makes."""
