"""Potentials: what two electrodes on the skin see of the action potentials of muscle fibres.

A fibre's action potential (Rosenfalck 1969) travels from its end plate both ways to the tendons.
Its transmembrane current, the second derivative along the fibre, is seen by a bipolar pair through
a homogeneous volume conductor, weighted by the inverse of the distance with the anisotropy of
muscle (Nandedkar & Stålberg 1983; Merletti & Parker 2004). The fibre's ends are sealed, so that no
net current leaves it at any time; this gives the standing potentials of generation and extinction.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

STEP_MM = 0.5
ANISOTROPY = 6.0
"""Conductivity along the fibres over that across them."""
_ONSET_MS = 2.0
_WAVE_MM = 30.0
"""Length beyond which the action potential has decayed to nothing."""


@dataclass(frozen=True)
class Fibre:
    """A muscle fibre under a pair of electrodes.

    ``end_plate_mm`` is the distance along the fibre from the end plate to the middle between the
    electrodes, which lie ``electrode_distance_mm`` apart and ``depth_mm`` above it.
    """

    depth_mm: float
    end_plate_mm: float
    half_length_mm: float
    speed_mm_ms: float
    electrode_distance_mm: float


def rosenfalck(behind_front_mm: Array) -> Array:
    """Return the intracellular action potential in mV above rest, 96 z³ exp(-z)."""
    z = np.clip(behind_front_mm, 0.0, _WAVE_MM)
    potential: Array = 96.0 * z**3 * np.exp(-z)
    return potential


_WAVE = rosenfalck(np.arange(0.0, _WAVE_MM, STEP_MM))


def sensitivity(fibre: Fibre) -> Array:
    """Return what the pair sees of a unit current at each place along the fibre.

    Places run from one end to the other in steps of :data:`STEP_MM`, the end plate in the middle.
    """
    half = round(fibre.half_length_mm / STEP_MM)
    place = np.arange(-half, half + 1) * STEP_MM - fibre.end_plate_mm
    across = ANISOTROPY * fibre.depth_mm**2
    near, far = (
        1.0 / np.sqrt((place + side * fibre.electrode_distance_mm / 2) ** 2 + across)
        for side in (-1, 1)
    )
    difference: Array = near - far
    return difference


def fibre_potential(fibre: Fibre, times_ms: Array) -> Array:
    """Return the bipolar potential of one fibre over time, shape (n_times,), in arbitrary units.

    The sum over the fibre of current times sensitivity equals that of potential times the second
    derivative of the sensitivity, both with sealed ends. So what travels is the potential, and a
    convolution with what stands still gives every moment at once.
    """
    slope = np.diff(sensitivity(fibre), prepend=0.0, append=0.0) / STEP_MM
    slope[0] = slope[-1] = 0.0
    curvature = slope[1:] - slope[:-1]
    half = len(curvature) // 2
    seen = curvature[half:].copy()
    seen[1:] += curvature[half - 1 :: -1]
    over_distance = np.convolve(seen, _WAVE)
    travelled = fibre.speed_mm_ms * (times_ms - _ONSET_MS) / STEP_MM
    index = np.arange(len(over_distance))
    potential: Array = np.interp(travelled, index, over_distance, left=0.0, right=0.0)
    return potential
