"""Twitches: fasciculation and its kind, single discharges of single motor units."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from training.simulate.activity import Activity, Discharges, Scene, Volleys
from training.simulate.muscle import N_UNITS
from training.simulate.parameters import Draws
from training.simulate.resting import MILLIGRAM_M_S2, resting
from training.simulate.waves import (
    RATE_HZ,
    repeated_shape,
    second_derivative,
    unit_vector,
)

Array = NDArray[np.float64]

RATES = {
    "rate_per_min_als_biceps": 0.4,
    "rate_per_min_benign_biceps": 0.2,
    "rate_per_min_benign_gastrocnemius": 0.2,
    "rate_per_min_healthy_abductor_hallucis": 0.2,
}
"""Share of recordings with each rate."""
_LEAST_EVENTS = 2.0
"""Events that a recording has in the mean at the least, or it would show nothing."""


def fasciculation(draws: Draws, duration_s: float, lever_m: float) -> Scene:
    """Return a recording of a relaxed muscle in which some motor units fire now and then."""
    name = str(draws.rng.choice(list(RATES), p=list(RATES.values())))
    rate = max(draws(f"fasciculation.{name}") / 60, _LEAST_EVENTS / duration_s)
    n_units = max(1, round(draws("fasciculation.active_motor_units")))
    times, owner = _with_doublets(draws, _irregular_times(draws, rate, duration_s), n_units)
    inside = (times > 0.02) & (times < duration_s - 0.05)
    times, owner = times[inside], owner[inside]
    skin = _skin_twitches(draws, times, owner, n_units, duration_s)
    return Scene(
        name="fasciculation",
        label="fasciculation",
        background=resting(draws, duration_s, lever_m),
        phenomenon=replace(skin, discharges=_discharges(draws, times, owner, n_units)),
        events_s=tuple(times.tolist()),
    )


def _irregular_times(draws: Draws, rate_hz: float, duration_s: float) -> Array:
    """Return the times of events whose intervals are lognormal, at least one.

    The long tail makes clusters of them, and next to none follows within a few milliseconds.
    """
    rng = draws.rng
    spread = np.sqrt(np.log1p(draws("fasciculation.inter_event_interval_cv") ** 2))
    # The process has gone on for some intervals when the recording begins.
    before = 10
    count = before + int(duration_s * rate_hz * 2 + 10 * np.sqrt(duration_s * rate_hz) + 20)
    intervals = rng.lognormal(-(spread**2) / 2, spread, size=count) / rate_hz
    times = np.cumsum(intervals) - rng.uniform(0, before) / rate_hz
    times = times[(times > 0) & (times < duration_s)]
    return times if len(times) else rng.uniform(0.1, duration_s - 0.1, size=1)


def _with_doublets(draws: Draws, times_s: Array, n_units: int) -> tuple[Array, NDArray[np.int64]]:
    """Give each event one of the active units, and some events a second discharge of the same."""
    rng = draws.rng
    share = rng.dirichlet(np.full(n_units, 1.5))
    owner = rng.choice(n_units, size=len(times_s), p=share).astype(np.int64)
    doubled = rng.uniform(size=len(times_s)) < draws("fasciculation.doublet_probability")
    gaps = [draws.fresh("fasciculation.doublet_interval") * 1e-3 for _ in times_s[doubled]]
    times = np.concatenate((times_s, times_s[doubled] + np.array(gaps)))
    owner = np.concatenate((owner, owner[doubled]))
    order = np.argsort(times)
    return times[order], owner[order]


def _discharges(
    draws: Draws, times_s: Array, owner: NDArray[np.int64], n_units: int
) -> tuple[Discharges, ...]:
    """Return the discharges of each event; some units carry a late component."""
    rng = draws.rng
    units = rng.choice(N_UNITS, size=n_units, replace=False)
    amplitudes = np.array([draws.fresh("fasciculation.amplitude_semg") for _ in range(n_units)])
    gains = amplitudes[owner] * rng.normal(1.0, 0.05, size=len(times_s))
    parts = [Discharges(times_s, units[owner], gains)]
    polyphasic = rng.uniform(size=n_units) < draws("fasciculation.polyphasic_share")
    delays = [draws.fresh("fasciculation.late_component_delay") * 1e-3 for _ in range(n_units)]
    others = rng.integers(0, N_UNITS, size=n_units)
    relative = rng.uniform(0.4, 0.9, size=n_units)
    late = polyphasic[owner]
    if late.any():
        which = owner[late]
        later = times_s[late] + np.array(delays)[which]
        parts.append(Discharges(later, others[which], gains[late] * relative[which]))
    return tuple(parts)


TWITCH_LEAD_S = 0.06
"""Time before the onset at which a twitch's displacement begins: soft tissue blurs the onset."""


def twitch_displacement(rise_s: float, half_relaxation_s: float, corner_hz: float) -> Array:
    """Return the displacement over a muscle twitch, on the grid, with a peak of 1.

    The force is t^m exp(-k t) (Raikova & Aladjov 2002), whose two constants are those that give the
    contraction and the half-relaxation time. Soft tissue passes it on below its corner frequency.
    """
    lead = round(TWITCH_LEAD_S * RATE_HZ)
    half = 1 + half_relaxation_s / rise_s
    power = np.log(2) / (half - 1 - np.log(half))
    n = lead + round((1 + 16 / power) * rise_s * RATE_HZ)
    u = np.clip((np.arange(n + lead) - lead) / RATE_HZ / rise_s, 0.0, None)
    force = u**power * np.exp(power * (1 - u))
    blur_s = np.sqrt(np.log(2)) / (2 * np.pi * corner_hz)
    blur = np.exp(-0.5 * (np.arange(-lead, lead + 1) / RATE_HZ / blur_s) ** 2)
    displacement: Array = np.convolve(force, blur / blur.sum())[lead:-lead]
    return displacement / float(displacement.max())


def _skin_twitches(
    draws: Draws, times_s: Array, owner: NDArray[np.int64], n_units: int, duration_s: float
) -> Activity:
    """Return what twitches do to the sensor: the skin under it bulges and tilts, the limb stays."""
    rng = draws.rng
    silent = rng.uniform(size=n_units) < draws("fasciculation.probability_mechanically_silent")
    peaks = [draws.fresh("fasciculation.skin_acceleration_peak") for _ in range(n_units)]
    displacement = twitch_displacement(
        draws("fasciculation.twitch_contraction_time") * 1e-3,
        draws("fasciculation.twitch_half_relaxation") * 1e-3,
        draws("fasciculation.tissue_corner"),
    )
    acceleration = second_derivative(displacement)
    largest = float(np.abs(acceleration).max())
    starts = times_s + draws("muscle.electromechanical_delay") * 1e-3 - TWITCH_LEAD_S
    lever = draws.level("fasciculation.tissue_lever")
    sizes = rng.normal(1.0, 0.08, size=len(times_s))
    still = Activity.still(duration_s)
    shake, tilt = still.shake_m_s2.copy(), still.tilt_rad.copy()
    for unit in range(n_units):
        out, axis = unit_vector(rng)[:, None], unit_vector(rng)[:, None]
        mine = owner == unit
        if silent[unit] or not mine.any():
            continue
        travel_m = sizes[mine] * peaks[unit] * MILLIGRAM_M_S2 / largest
        n = shake.shape[1]
        shake += out * repeated_shape(n, starts[mine], travel_m, acceleration)
        tilt += axis * repeated_shape(n, starts[mine], travel_m / lever, displacement)
    return replace(still, shake_m_s2=shake, tilt_rad=tilt)


def myoclonus(kind: str, draws: Draws, duration_s: float, lever_m: float) -> Scene:
    """Return irregular jerks of a whole muscle: a volley each, and the limb follows."""
    rng = draws.rng
    count = max(2, rng.poisson(draws("lookalikes.myoclonus_rate") / 60 * duration_s))
    starts = np.sort(rng.uniform(0.1, duration_s - 0.4, size=count))
    name = f"lookalikes.{kind}_myoclonus.emg_burst_duration"
    widths = np.array([draws.fresh(name) * 1e-3 for _ in starts])
    sizes = rng.lognormal(0, 0.3, size=count)
    volleys = Volleys(starts + widths / 2, sizes, widths)
    delay = draws("muscle.electromechanical_delay") * 1e-3
    contraction = draws("fasciculation.twitch_contraction_time") * 1e-3
    corner = draws("fasciculation.tissue_corner")
    peak = draws("lookalikes.myoclonus_peak_acceleration")
    still = Activity.of_volleys(duration_s, (volleys,))
    turned = np.zeros(len(still.drive))
    for start, width, size in zip(starts, widths, sizes, strict=True):
        displacement = twitch_displacement(contraction + width, contraction + width, corner)
        largest = float(np.abs(second_derivative(displacement)).max())
        at = np.array([start + delay - TWITCH_LEAD_S])
        angle = np.array([size * peak / lever_m / largest])
        turned += repeated_shape(len(turned), at, angle, displacement)
    return Scene(
        name=f"lookalike/{kind}_myoclonus",
        label=f"{kind}_myoclonus",
        background=resting(draws, duration_s, lever_m),
        phenomenon=replace(still, angles_rad=unit_vector(rng)[:, None] * turned),
        stretches=((0.0, duration_s),),
        events_s=tuple(starts.tolist()),
    )
