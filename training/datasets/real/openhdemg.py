"""A thigh muscle under a grid of 64 electrodes during one trapezoidal contraction, 2048 Hz.

As recordings, five pairs of neighbouring electrodes, one from the middle of each column, as a
common bipolar electrode would see them: the 64 potentials are much the same. ``voluntary`` where
the effort is above 5 % of maximum. Grid and motor units are for semi-real signals: a fasciculation
potential is that of one unit that fires on its own, and :func:`unit_potentials` are real ones.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from features import Recording
from training.datasets.labelled import LabelledRecording, Span
from training.datasets.real.files import Array, check_shape, opened, read_matlab
from training.datasets.real.stretches import runs
from training.datasets.source import Source

NAME = "openhdemg-vl-hdsemg-2048hz"
RATE_HZ = 2048.0
FILE = "otb_testfile.mat"
PAIRS = ((5, 6), (18, 19), (31, 32), (44, 45), (57, 58))
"""Electrodes in the file's order, 12 in the first column and 13 in the others, 8 mm apart."""

_N_COLUMNS = 75
_ELECTRODES = slice(0, 64)
_FIRINGS = slice(64, 69)
_EFFORT = 74
_EFFORT_PERCENT = 5.0


@dataclass(frozen=True, eq=False)
class Grid:
    """What all electrodes saw, and when each motor unit fired.

    ``potentials_uv`` has shape (n_electrodes, n_samples), ``effort_percent`` (n_samples,);
    ``firings`` holds the samples at which each unit fired.
    """

    potentials_uv: Array
    effort_percent: Array
    firings: tuple[NDArray[np.intp], ...]
    rate_hz: float


def read_grid(folder: Path) -> Grid:
    """Read all electrodes and motor units."""
    path = folder / FILE
    data = read_matlab(path, "Data")
    with opened(path):
        columns = np.asarray(data, dtype=np.float64)
    check_shape(columns, (None, _N_COLUMNS), path)
    return Grid(
        potentials_uv=columns[:, _ELECTRODES].T,
        effort_percent=columns[:, _EFFORT],
        firings=tuple(np.flatnonzero(unit) for unit in columns[:, _FIRINGS].T),
        rate_hz=RATE_HZ,
    )


def unit_potentials(grid: Grid, half_width_s: float = 0.02) -> Array:
    """Return each unit's potential at each electrode, the average around its firings.

    Returns
    -------
    ndarray, shape (n_units, n_electrodes, n_samples)
        In microvolts, without the mean of its first and last tenths.
    """
    half = round(half_width_s * grid.rate_hz)
    n = grid.potentials_uv.shape[1]
    around = np.arange(-half, half + 1)
    edge = max(1, len(around) // 10)
    result = []
    for firings in grid.firings:
        inside = firings[(firings >= half) & (firings < n - half)]
        average = grid.potentials_uv[:, inside[:, None] + around].mean(axis=1)
        ends = np.concatenate((average[:, :edge], average[:, -edge:]), axis=1)
        result.append(average - ends.mean(axis=1, keepdims=True))
    return np.stack(result)


def read(folder: Path) -> Iterator[LabelledRecording]:
    """Read five bipolar channels."""
    grid = read_grid(folder)
    spans = tuple(
        Span(float(start / RATE_HZ), float(stop / RATE_HZ), "voluntary")
        for start, stop in runs(grid.effort_percent > _EFFORT_PERCENT)
    )
    for first, second in PAIRS:
        yield LabelledRecording(
            id=f"otb_testfile/electrodes{first + 1}-{second + 1}",
            recording=Recording(
                (grid.potentials_uv[first] - grid.potentials_uv[second])[None],
                sampling_rate_hz=RATE_HZ,
                modality="emg",
                unit="uV",
                channel_names=(f"{first + 1}-{second + 1}",),
            ),
            spans=spans,
            group=f"{NAME}/1",
            site="electrode grid on vastus lateralis",
            source=NAME,
        )


SOURCE = Source(
    name=NAME,
    title="Trapezoidal contraction of a thigh, high-density surface EMG with motor units",
    modalities=("emg",),
    kind="real",
    licence="GPL-3 (package)",
    for_training=False,
    reason="copyleft licence; one person; real motor-unit shapes for semi-real tests",
    read=read,
)
