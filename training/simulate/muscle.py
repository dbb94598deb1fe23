"""Muscle: motor units under the skin, in which order and how fast they fire, and their EMG.

A motor unit sums fibres that differ in depth, end plate, length and speed. Larger units have more
fibres; units are recruited from small to large, and discharge at the rates of Fuglevand 1993.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from features.kernels import kernel
from training.simulate.activity import Activity, Discharges, Volleys
from training.simulate.parameters import Draws
from training.simulate.potentials import Fibres, fibre_potentials
from training.simulate.waves import RATE_HZ, add_shapes

Array = NDArray[np.float64]

EMG_RATE_HZ = 4000.0
"""Rate at which potentials are computed; the recorder resamples to its own."""
N_UNITS = 120
REFERENCE_DRIVE = 0.3
"""Excitation at which a muscle's root mean square is stated."""
_TEMPLATE_MS = 48.0
_FIBRES = 6


@dataclass(frozen=True, eq=False)
class Muscle:
    """A motor-unit pool as two electrodes see it.

    ``templates`` (n_units, n_samples) are the units' potentials at :data:`EMG_RATE_HZ`, in
    arbitrary but common units, small units first; ``thresholds`` (n_units,) the excitation at
    which each is recruited; ``order`` (n_units,) how late each fires in a volley, in deviations.
    """

    templates: Array
    thresholds: Array
    order: Array
    rate_range_hz: tuple[float, float]
    interval_cv: float

    @cached_property
    def shapes(self) -> Array:
        """The units' potentials, each with a peak-to-peak amplitude of 1."""
        shapes: Array = self.templates / np.ptp(self.templates, axis=1, keepdims=True)
        return shapes

    @cached_property
    def peaks(self) -> NDArray[np.int64]:
        """Sample of each unit's potential at which it is largest, shape (n_units,)."""
        peaks: NDArray[np.int64] = np.abs(self.templates).argmax(axis=1).astype(np.int64)
        return peaks

    @cached_property
    def potential_duration_s(self) -> float:
        """Time that holds the middle 90 % of a unit's energy, in the mean over the units."""
        shares = np.cumsum(self.templates**2, axis=1)
        shares /= shares[:, -1:]
        return float(((shares > 0.05) & (shares < 0.95)).sum(axis=1).mean() / EMG_RATE_HZ)

    def rates(self, drive: float) -> Array:
        """Return the units' discharge rates at a steady excitation, shape (n_units,)."""
        steady = np.array([drive])
        rates: Array = RATE_HZ * _expected_steps(steady, self.thresholds, self.rate_range_hz)[:, 0]
        return rates


def build_muscle(draws: Draws) -> Muscle:
    """Draw a muscle: the person's, the same in each of that person's recordings."""
    level = draws.level
    rng = np.random.default_rng([draws.person_seed, 17])
    sizes = np.exp(np.linspace(0.0, np.log(level("muscle.unit_size_range")), N_UNITS))
    ladder = np.linspace(0.0, 1.0, N_UNITS)
    spread = level("muscle.recruitment_range")
    thresholds = level("muscle.full_recruitment") * (np.exp(np.log(spread) * ladder) - 1) / spread
    potentials = _unit_potentials(draws, rng)
    return Muscle(
        templates=sizes[:, None] * potentials,
        thresholds=thresholds,
        order=rng.normal(size=N_UNITS),
        rate_range_hz=(level("muscle.first_rate"), level("muscle.peak_rate")),
        interval_cv=level("muscle.interval_cv"),
    )


def _unit_potentials(draws: Draws, rng: np.random.Generator) -> Array:
    """Return the sum of some fibres of each unit, shape (n_units, n_samples)."""
    times_ms = np.arange(round(_TEMPLATE_MS * 1e-3 * EMG_RATE_HZ)) / EMG_RATE_HZ * 1e3
    potentials = fibre_potentials(_fibres(draws, rng), times_ms)
    summed: Array = potentials.reshape(N_UNITS, _FIBRES, -1).sum(axis=1)
    return summed


def _fibres(draws: Draws, rng: np.random.Generator) -> Fibres:
    """Draw the fibres, unit by unit: those of a unit lie close together."""
    level = draws.level
    depth, spread = level("muscle.depth"), level("muscle.depth_spread")
    offset, zone = level("muscle.electrode_offset"), level("muscle.end_plate_spread")
    drawn = np.empty((N_UNITS, _FIBRES, 5))
    for unit in drawn:
        unit_depth, lateral = depth + rng.exponential(spread), rng.normal(0.0, spread)
        for fibre in unit:
            fibre[0] = unit_depth + rng.normal(0, 0.7)
            fibre[1] = lateral
            fibre[2] = rng.normal(offset, zone)
            fibre[3] = rng.uniform(0.85, 1.15)
            fibre[4] = rng.normal(1.0, 0.04)
    below, beside, end_plate, lengths, speeds = drawn.reshape(-1, 5).T
    return Fibres(
        depth_mm=np.hypot(np.maximum(below, 1.0), beside),
        end_plate_mm=end_plate,
        half_length_mm=level("muscle.half_fibre_length") * lengths,
        speed_mm_ms=level("muscle.conduction_velocity") * np.clip(speeds, 0.9, 1.1),
        electrode_distance_mm=level("muscle.electrode_distance"),
    )


def render_emg(
    activity: Activity, muscle: Muscle, *, drive_rms_uv: float, volley_uv: float, draws: Draws
) -> Array:
    """Return the surface EMG of an activity in microvolt at :data:`EMG_RATE_HZ`, without a sensor.

    Parameters
    ----------
    drive_rms_uv : float
        Root mean square that the pool has at :data:`REFERENCE_DRIVE`.
    volley_uv : float
        Peak-to-peak amplitude of a volley of unit gain.
    """
    emg = np.zeros(round(len(activity.drive) / RATE_HZ * EMG_RATE_HZ))
    if activity.drive.any():
        times, units = pool_discharges(activity.drive, muscle, draws.rng)
        gains = np.full(len(times), drive_rms_uv / _reference_rms(muscle))
        add_shapes(emg, times * EMG_RATE_HZ, units, gains, muscle.templates)
    if activity.discharges:
        shapes, peaks = muscle.shapes, muscle.peaks
        for part in activity.discharges:
            at = part.times_s * EMG_RATE_HZ - peaks[part.units]
            add_shapes(emg, at, part.units, part.gains, shapes)
    for volleys in activity.volleys:
        if len(volleys.times_s):
            emg += volley_uv * _render_volleys(volleys, muscle, len(emg), draws)
    return emg


def pool_discharges(
    drive: Array, muscle: Muscle, rng: np.random.Generator
) -> tuple[Array, NDArray[np.int64]]:
    """Return times in seconds and units of a pool under a drive, unit by unit.

    Rates rise with excitation beyond a unit's threshold. Intervals are gamma distributed in the
    time that runs with the rate, so that they are as regular in a burst as in a steady effort.
    """
    recruited = muscle.thresholds[muscle.thresholds < drive.max()]
    steps = _expected_steps(drive, recruited, muscle.rate_range_hz)
    expected = steps.sum(axis=1)
    # More than will be needed, by five deviations of a Poisson count, which scatters more.
    sizes = np.ceil(expected + 5 * np.sqrt(expected) + 5).astype(np.int64)
    shape = 1.0 / muscle.interval_cv**2
    intervals = rng.gamma(shape, 1.0 / shape, size=int(sizes.sum()))
    bounds = np.concatenate(([0], np.cumsum(sizes)))
    # The first interval of each unit has begun some time before the recording.
    intervals[bounds[:-1]] *= rng.uniform(size=len(recruited))
    times, units = np.empty(len(intervals)), np.empty(len(intervals), dtype=np.int64)
    n = _fire(steps, intervals, bounds, times, units)
    return times[:n], units[:n]


def _render_volleys(volleys: Volleys, muscle: Muscle, n: int, draws: Draws) -> Array:
    """Return volleys of which the largest has its own gain as peak-to-peak amplitude."""
    beats = volley_discharges(volleys, muscle, draws)
    emg = np.zeros(n)
    at = beats.times_s * EMG_RATE_HZ - muscle.peaks[beats.units]
    add_shapes(emg, at, beats.units, beats.gains, muscle.templates)
    largest = float(np.ptp(emg)) / float(volleys.gains.max())
    return emg / max(largest, 1e-12)


def volley_discharges(volleys: Volleys, muscle: Muscle, draws: Draws) -> Discharges:
    """Return the discharges of volleys: nearly every unit once a beat, in the muscle's own order.

    A unit's delay is much the same in each beat: how much it varies says how far beats repeat a
    shape.
    """
    rng = draws.rng
    # What the potentials' own length leaves; 90 % of a Gaussian lie within 3.29 deviations.
    left = np.maximum(volleys.durations_s**2 - muscle.potential_duration_s**2, 1e-3**2)
    deviations = np.sqrt(left) / 3.29
    jitter = np.minimum(draws.level("clonus.volley_jitter") * 1e-3, deviations)
    delays = np.sqrt(deviations**2 - jitter**2)[:, None] * muscle.order
    delays = delays + jitter[:, None] * rng.normal(size=delays.shape)
    times = volleys.times_s[:, None] + delays
    taking_part = rng.uniform(size=times.shape) < draws("clonus.motor_units_firing_once_per_cycle")
    gains = volleys.gains[:, None] * taking_part
    units = np.broadcast_to(np.arange(N_UNITS), times.shape)
    return Discharges(times.ravel(), units.ravel(), gains.ravel())


def _reference_rms(muscle: Muscle) -> float:
    """Return the pool's root mean square at the reference excitation, by Campbell's theorem."""
    energies = (muscle.templates**2).sum(axis=1) / EMG_RATE_HZ
    return float(np.sqrt((muscle.rates(REFERENCE_DRIVE) * energies).sum()))


@kernel
def _expected_steps(
    drive: Array, thresholds: Array, rate_range_hz: tuple[float, float]
) -> Array:  # pragma: no cover (compiled)
    """Return the discharges that each unit would have within each step of the grid.

    A unit's rate rises from the first to the highest with the root of the excitation beyond its
    threshold.
    """
    lowest = rate_range_hz[0] / RATE_HZ
    span = rate_range_hz[1] / RATE_HZ - lowest
    steps = np.empty((len(thresholds), len(drive)))
    for unit in range(len(thresholds)):
        threshold, row = thresholds[unit], steps[unit]
        scale = 1.0 / (1.0 - min(threshold, 0.95))
        # Without a division, and without a branch: three times as fast.
        for i in range(len(row)):
            beyond = (drive[i] - threshold) * scale
            beyond = min(1.0, beyond)
            row[i] = lowest + span * np.sqrt(beyond) if beyond > 0.0 else 0.0
    return steps


@kernel
def _fire(
    steps: Array,
    intervals: Array,
    bounds: NDArray[np.int64],
    times: Array,
    units: NDArray[np.int64],
) -> int:  # pragma: no cover (compiled)
    """Fill in times and units of discharges and return how many there are.

    ``intervals`` are in units of the mean interval, those of a unit between its ``bounds``.
    """
    n = 0
    for unit in range(len(steps)):
        following = bounds[unit]
        count, mark = 0.0, intervals[following]
        row = steps[unit]
        for i in range(len(row)):
            step = row[i]
            while mark < count + step and following + 1 < bounds[unit + 1]:
                times[n] = (i + (mark - count) / step) / RATE_HZ
                units[n] = unit
                n += 1
                following += 1
                mark += intervals[following]
            count += step
    return n
