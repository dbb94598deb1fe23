"""Quality: what of a window's raw samples speaks against using it at all."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.kernel_statistics import largest, smallest, sort
from features.kernels import kernel, read_only
from features.spec import FeatureSpec
from features.windows import Windows

Array = NDArray[np.float64]

_PLATEAU = 5.0
"""A plateau holds this many times as many samples as the level next to it: the crest of a sinusoid
that was converted coarsely holds 2.4 times as many, give or take a few."""
_LEVELS = 8.0
"""A signal that spans fewer steps of its converter has plateaus without being clipped."""

FLAGS = ("gap", "flat", "clipped", "mains")
"""Reasons in the order in which they are given when several hold."""


@dataclass(frozen=True, eq=False)
class Quality:
    """Shares of each window's samples that are missing, unchanged, clipped or mains.

    Every array has shape (n_windows,). A multi-axis window is as bad as its worst axis, but
    ``flat_fraction`` is that of its best: one axis may well lie still. Clipped are the samples of a
    plateau at the highest or lowest level of those that are there; where a channel ranges over less
    than any sensor does, plateaus are not sought.
    """

    gap_fraction: Array
    flat_fraction: Array
    clipped_fraction: Array
    mains_fraction: Array
    flagged: NDArray[np.bool_]
    """Shape (n_windows, 4), columns as in :data:`FLAGS`."""

    @property
    def usable(self) -> NDArray[np.bool_]:
        """Whether nothing speaks against a window, shape (n_windows,)."""
        usable: NDArray[np.bool_] = np.logical_not(np.any(self.flagged, axis=1))
        return usable

    def flags(self, window: int) -> tuple[str, ...]:
        """Return the names of the flags of one window."""
        return tuple(
            name for name, raised in zip(FLAGS, self.flagged[window], strict=True) if raised
        )


def assess(windows: Windows, mains_share: Array, spec: FeatureSpec) -> Quality:
    """Assess raw windows; ``mains_share`` comes from their conditioning."""
    samples = windows.samples
    missing = np.isnan(samples)
    gap = missing.any(axis=1).mean(axis=1)
    limits = spec.quality
    least = limits.clipped_range / windows.unit_factor if windows.scale_is_known else 0.0
    flat, clipped = _scan(read_only(samples), least)
    flagged = np.stack(
        (
            gap > 0,
            flat >= limits.flat_fraction,
            clipped > limits.clipped_fraction,
            mains_share > limits.mains_fraction,
        ),
        axis=1,
    )
    return Quality(gap, flat, clipped, mains_share, flagged)


@kernel
def _plateau(x: Array, level: float, beside: float) -> int:  # pragma: no cover (compiled)
    """Return the samples at an extreme level that a neighbour shares; 0 when they are no plateau.

    ``beside`` is the level next to it, which an unclipped signal visits about as often. A crest
    that is met once in each cycle is not cut.
    """
    at_level = nearly = 0
    for t in range(len(x)):
        nearly += x[t] == beside
        if x[t] == level:
            before = t > 0 and x[t - 1] == level
            at_level += before or (t + 1 < len(x) and x[t + 1] == level)
    return at_level if at_level > _PLATEAU * nearly else 0


@kernel
def _held(x: Array, least: float) -> int:  # pragma: no cover (compiled)
    """Return the samples on plateaus at the lowest and the highest level, ``least`` apart or more.

    The few levels between which a coarse sensor flickers at rest are plateaus too; its steps can
    no longer be seen where uneven times had its samples interpolated.
    """
    low, high = smallest(x), largest(x)
    if not (high > low and high - low >= least):
        return 0
    above, below = np.inf, -np.inf
    for value in x:
        if low < value < above:
            above = value
        if below < value < high:
            below = value
    held = _plateau(x, low, above) + _plateau(x, high, below)
    return 0 if held > 0 and high - low < _LEVELS * _step(x) else held


@kernel
def _step(x: Array) -> float:  # pragma: no cover (compiled)
    """Return the smallest distance between two different values."""
    ordered = np.empty(len(x))
    for t in range(len(x)):
        ordered[t] = x[t]
    sort(ordered)
    result = np.inf
    for t in range(1, len(ordered)):
        if ordered[t] > ordered[t - 1]:
            result = min(result, ordered[t] - ordered[t - 1])
    return result


@kernel
def _scan(samples: Array, least: float) -> tuple[Array, Array]:  # pragma: no cover (compiled)
    """Return the shares of unchanged and of clipped samples."""
    n_windows, n_channels, n = samples.shape
    flat = np.ones(n_windows)
    clipped = np.zeros(n_windows)
    for w in range(n_windows):
        for c in range(n_channels):
            x = samples[w, c]
            unchanged = 0
            for t in range(1, n):
                unchanged += x[t] == x[t - 1]
            flat[w] = min(flat[w], unchanged / (n - 1) if n > 1 else 1.0)
            clipped[w] = max(clipped[w], _held(x, least) / n)
    return flat, clipped
