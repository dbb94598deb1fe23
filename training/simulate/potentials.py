"""Potentials: what two electrodes on the skin see of the action potentials of muscle fibres.

A fibre's action potential (Rosenfalck 1969) travels from its end plate both ways to the tendons.
Its transmembrane current, the second derivative along the fibre, is seen by a bipolar pair through
a homogeneous volume conductor, weighted by the inverse of the distance with the anisotropy of
muscle (Nandedkar & Stålberg 1983; Merletti & Parker 2004). The fibre's ends are sealed, so that no
net current leaves it at any time; this gives the standing potentials of generation and extinction.
"""

from dataclasses import dataclass

import numpy as np
import scipy.signal
from numpy.typing import NDArray

Array = NDArray[np.float64]

STEP_MM = 0.5
ANISOTROPY = 6.0
"""Conductivity along the fibres over that across them."""
_ONSET_MS = 2.0
_WAVE_MM = 30.0
"""Length beyond which the action potential has decayed to nothing."""


@dataclass(frozen=True, eq=False)
class Fibres:
    """Muscle fibres under a pair of electrodes; every array has shape (n_fibres,).

    ``end_plate_mm`` is the distance along a fibre from its end plate to the middle between the
    electrodes, which lie ``electrode_distance_mm`` apart and ``depth_mm`` above it.
    """

    depth_mm: Array
    end_plate_mm: Array
    half_length_mm: Array
    speed_mm_ms: Array
    electrode_distance_mm: float


def rosenfalck(behind_front_mm: Array) -> Array:
    """Return the intracellular action potential in mV above rest, 96 z³ exp(-z)."""
    z = np.clip(behind_front_mm, 0.0, _WAVE_MM)
    potential: Array = 96.0 * z**3 * np.exp(-z)
    return potential


_WAVE = rosenfalck(np.arange(0.0, _WAVE_MM, STEP_MM))


def sensitivity(fibres: Fibres, place_mm: Array) -> Array:
    """Return what the pair sees of a unit current at each place, shape (n_fibres, n_places).

    Places are counted from the end plate.
    """
    place = place_mm - fibres.end_plate_mm[:, None]
    across = ANISOTROPY * fibres.depth_mm[:, None] ** 2
    near, far = (
        1.0 / np.sqrt((place + side * fibres.electrode_distance_mm / 2) ** 2 + across)
        for side in (-1, 1)
    )
    difference: Array = near - far
    return difference


def fibre_potentials(fibres: Fibres, times_ms: Array) -> Array:
    """Return the bipolar potentials over time, shape (n_fibres, n_times), in arbitrary units.

    The sum over a fibre of current times sensitivity equals that of potential times the second
    derivative of the sensitivity, both with sealed ends. So what travels is the potential, and a
    convolution with what stands still gives every moment at once.
    """
    half = np.round(fibres.half_length_mm / STEP_MM).astype(np.int64)
    outward = np.arange(half.max() + 1) * STEP_MM
    # Both ways from the end plate at once, as the wave goes.
    both_ways = sensitivity(fibres, outward) + sensitivity(fibres, -outward)
    slope = np.diff(both_ways, axis=1, append=0.0) / STEP_MM
    slope[np.arange(slope.shape[1]) >= half[:, None]] = 0.0
    curvature = np.diff(slope, axis=1, prepend=0.0)
    over_distance = scipy.signal.fftconvolve(curvature, _WAVE[None], axes=1)
    travelled = fibres.speed_mm_ms[:, None] * (times_ms - _ONSET_MS) / STEP_MM
    return _interpolated(over_distance, travelled, half + len(_WAVE) - 1)


def _interpolated(rows: Array, at: Array, last: NDArray[np.int64]) -> Array:
    """Return rows between their samples, on straight lines; 0 outside of them."""
    before = np.clip(at, 0, rows.shape[1] - 2).astype(np.int64)
    low, high = (np.take_along_axis(rows, before + step, axis=1) for step in (0, 1))
    between: Array = low + (at - before) * (high - low)
    between[(at < 0) | (at > last[:, None])] = 0.0
    return between
