"""One continuous conditioned signal from the windows that models see.

Windows of a fixed grid overlap; each is conditioned on its own, as for a model
(:mod:`features.conditioning`), and they are joined where they overlap by fading one into the next.
So what a sample becomes depends on the two windows it lies in and on nothing beyond.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.conditioning import condition
from features.hum import without_hum
from features.potentials_spec import Finding
from features.spec import FeatureSpec
from features.windows import Windows

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

_OVERLAP_SHARE = 0.25
"""About so much of a window lies in its neighbours too, half of it at either end."""


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

    def offsets(self, first: int, last: int, duration_s: float) -> Index:
        """Return how much of the window of each tile lies before it, in samples.

        That is the margin, but for windows that would reach beyond the recording: they lie within,
        so that hum is known as well at its ends. The window of the last one reaches beyond by less
        than a half of the margin; that of a recording shorter than a window by more.
        """
        starts = np.arange(first, last) * self.length
        unit = self.margin // 2
        beyond = int(duration_s * self.rate_hz) - self.n_samples
        latest = math.ceil(max(beyond, 0) / unit) * unit
        offsets: Index = starts - np.clip(starts - self.margin, 0, latest)
        return offsets

    def joined(self, conditioned: Array, offsets: Index) -> Array:
        """Join windows of neighbouring tiles, (n_tiles, n_samples), to (n_tiles * length,).

        What lies behind the last sample of the last window is zero.
        """
        n = len(conditioned)
        fade = self.margin // 2
        rise = 0.5 - 0.5 * np.cos(np.pi * (np.arange(2 * fade) + 0.5) / (2 * fade))
        result = np.zeros(n * self.length)
        for i, (window, offset) in enumerate(zip(conditioned, offsets, strict=True)):
            own = window[offset : offset + self.length]
            result[i * self.length :][: len(own)] = own
        for i in range(1, n):
            before = conditioned[i - 1, offsets[i - 1] + self.length - fade :][: 2 * fade]
            after = conditioned[i, offsets[i] - fade : offsets[i] + fade][: len(before)]
            faded = slice(i * self.length - fade, i * self.length - fade + len(after))
            result[faded] = (1 - rise[: len(after)]) * before + rise[: len(after)] * after
        return result


def condition_tiles(windows: Windows, spec: FeatureSpec) -> Array:
    """Return the windows of tiles as models see them but for hum, shape (n_tiles, n_samples).

    Parameters
    ----------
    windows : Windows
        One channel. Missing samples (NaN) are bridged.
    """
    with_hum = spec.conditioning.model_copy(update={"mains_hz": ()})
    humming = spec.model_copy(update={"conditioning": with_hum})
    share = windows.sampling_rate_hz / spec.sampling_rate_hz
    last = windows.samples.shape[2] - 1
    at = np.minimum((np.arange(spec.n_samples) * share).astype(np.int64), last)
    there = ~np.isnan(windows.samples[:, 0, at])
    conditioned = condition(_bridged(windows), humming)
    return without_hum(
        conditioned.samples[:, 0],
        there,
        conditioned.rate_hz,
        conditioned.bandwidth_hz,
        spec.conditioning,
    )


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
