"""One continuous conditioned signal from the windows that models see.

Windows of a fixed grid overlap; each is conditioned on its own, as for a model
(:mod:`features.conditioning`), and they are joined where they overlap by fading one into the next.
So what a sample becomes depends on the two windows it lies in and on nothing beyond.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.conditioning import condition
from features.potentials_spec import Finding
from features.spec import FeatureSpec
from features.windows import Windows

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

_OVERLAP_SHARE = 0.25
"""About so much of a window lies in its neighbours too, half of it at either end."""
_TOGETHER = 64
"""Windows that are conditioned at once."""


@dataclass(frozen=True)
class Tiles:
    """The grid: tile ``i`` is the part of window ``i`` from ``i`` to ``i + 1`` times ``length``.

    Lengths are in samples of the conditioned signal: ``length`` of a tile, ``margin`` of the window
    before it, ``n_samples`` of a window.
    """

    length: int
    margin: int
    n_samples: int
    rate_hz: float

    @classmethod
    def of(cls, spec: FeatureSpec, finding: Finding) -> "Tiles":
        """Return the grid for a model's windows: a tile is a whole number of steps of the level."""
        step = round(finding.step_s * spec.sampling_rate_hz)
        length = int((1 - _OVERLAP_SHARE) * spec.n_samples / step) * step
        margin = (spec.n_samples - length) // 2
        return cls(length, margin, spec.n_samples, spec.sampling_rate_hz)

    @property
    def length_s(self) -> float:
        """Length of a tile in seconds."""
        return self.length / self.rate_hz

    def window_start(self, tile: int, sampling_rate_hz: float) -> int:
        """Return the first sample of a tile's window in a recording of a rate; may be negative."""
        return round((tile * self.length - self.margin) / self.rate_hz * sampling_rate_hz)

    def joined(self, conditioned: Array) -> Array:
        """Join windows of neighbouring tiles, (n_tiles, n_samples), to (n_tiles * length,)."""
        n = len(conditioned)
        fade = self.margin // 2
        rise = 0.5 - 0.5 * np.cos(np.pi * (np.arange(2 * fade) + 0.5) / (2 * fade))
        own = conditioned[:, self.margin : self.margin + self.length]
        result = np.ascontiguousarray(own).reshape(-1)
        for i in range(1, n):
            at = i * self.length
            before = conditioned[i - 1, self.margin + self.length - fade :][: 2 * fade]
            after = conditioned[i, self.margin - fade : self.margin + fade]
            result[at - fade : at + fade] = (1 - rise) * before + rise * after
        return result


def condition_tiles(windows: Windows, tiles: Tiles, spec: FeatureSpec) -> Array:
    """Return the conditioned signal of neighbouring tiles, shape (n_tiles * length,).

    Parameters
    ----------
    windows : Windows
        One channel, the windows of the tiles in order. Missing samples (NaN) are bridged.
    """
    parts = [
        condition(_bridged(windows[first : first + _TOGETHER]), spec).samples[:, 0]
        for first in range(0, len(windows), _TOGETHER)
    ]
    return tiles.joined(np.concatenate(parts))


def _bridged(windows: Windows) -> Windows:
    """Return windows in which a straight line leads over each gap, and a level beyond the last."""
    missing = np.isnan(windows.samples)
    if not missing.any():
        return windows
    samples = np.array(windows.samples, dtype=np.float64)
    for row, gone in zip(samples[:, 0], missing[:, 0], strict=True):
        there = np.flatnonzero(~gone)
        if len(there) == 0:
            row[:] = 0.0
        else:
            row[gone] = np.interp(np.flatnonzero(gone), there, row[there])
    return Windows(
        samples,
        sampling_rate_hz=windows.sampling_rate_hz,
        modality=windows.modality,
        unit=windows.unit,
    )


def missing_samples(gone: Index, first: int, n: int, share: float) -> Mask:
    """Return where samples of a recording are missing, on the grid of the conditioned signal.

    Parameters
    ----------
    gone : ndarray, shape (n_gone,)
        Numbers of the missing samples.
    first, n : int
        First sample of the conditioned signal, and how many of it.
    share : float
        Conditioned samples for each of the recording.
    """
    mask = np.zeros(n, dtype=np.bool_)
    for rounded in (np.floor(gone * share), np.ceil(gone * share)):
        at = rounded.astype(np.int64) - first
        mask[at[(at >= 0) & (at < n)]] = True
    return mask
