"""Potentials of single motor units, as pairs of electrodes on the skin of a thigh saw them.

The average around a unit's firings is its potential at each electrode; the difference of two
electrodes of one column is what a common bipolar pair sees. Units and electrodes of the two parts
are apart.
"""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from features import ConfigError
from training.datasets.real import openhdemg
from training.semireal.config import FasciculationSet, Part
from training.semireal.shapes import Shape, tapered

Array = NDArray[np.float64]

_COLUMN_EDGES = (0, 12, 25, 38, 51, 64)
"""First electrode of each column of the grid, and the end of the last."""


def unit_shapes(
    data: Path, settings: FasciculationSet, part: Part
) -> Mapping[str, tuple[Shape, ...]]:
    """Return the clear potentials of the units of a part, by pair of electrodes.

    Parameters
    ----------
    data : Path
        Folder of all data sets.

    Raises
    ------
    SignalError, ConfigError
        When the set is missing or damaged; when units or columns are named that it does not have.
    """
    grid = openhdemg.read_grid(data / openhdemg.NAME)
    check_indices(settings, n_units=len(grid.firings))
    potentials_uv = openhdemg.unit_potentials(grid, settings.average_half_width_s)
    found: dict[str, tuple[Shape, ...]] = {}
    for first, second in electrode_pairs(settings, part):
        differences = potentials_uv[:, first] - potentials_uv[:, second]
        shapes = tuple(
            shape
            for unit in settings.units.of(part)
            if (shape := cut_potential(differences[unit], grid.rate_hz, settings, f"unit {unit}"))
        )
        if shapes:
            found[f"{first + 1}-{second + 1}"] = shapes
    return found


def check_indices(settings: FasciculationSet, n_units: int) -> None:
    """Refuse motor units or columns that the set does not have."""
    for name, indices, n in (
        ("units", settings.units, n_units),
        ("columns", settings.columns, len(_COLUMN_EDGES) - 1),
    ):
        largest = max(*indices.train, *indices.test)
        if largest >= n:
            raise ConfigError(
                f"semireal.yaml: fasciculation.{name} names {largest}; {openhdemg.NAME} has {n},"
                " counted from 0"
            )


def electrode_pairs(settings: FasciculationSet, part: Part) -> list[tuple[int, int]]:
    """Return the pairs of electrodes of the columns of a part, counted from 0."""
    columns = list(pairwise(_COLUMN_EDGES))
    return [
        (first, first + step)
        for column in settings.columns.of(part)
        for step in settings.pair_steps
        for first in range(columns[column][0], columns[column][1] - step)
    ]


def cut_potential(
    average: Array, rate_hz: float, settings: FasciculationSet, name: str
) -> Shape | None:
    """Return the potential in an average, None where it does not stand clear of what is left.

    Parameters
    ----------
    average : ndarray, shape (n_samples,)
        A firing in its middle.
    """
    half = round(settings.half_width_s * rate_hz)
    peak = int(np.abs(average).argmax())
    edge = max(1, len(average) // 8)
    beside = np.concatenate((average[:edge], average[-edge:]))
    cut = average[max(0, peak - half) : peak + half + 1]
    clear = np.abs(average[peak]) >= settings.smallest_clearance * beside.std()
    if not clear or peak < edge or peak >= len(average) - edge:
        return None
    samples = tapered(cut - beside.mean(), rate_hz, settings.taper_s)
    return Shape(samples, rate_hz, f"{openhdemg.NAME}/1", name)
