"""Shapes: one potential each, cut from a real recording, and how they are put into another."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from training.semireal.visible import Visible, size_in_band

Array = NDArray[np.float64]

_EXTENT_SHARE = 0.1
"""A potential lasts from the first to the last sample of this share of its peak."""
_MOST_TERM = 1000
"""Of the ratio of two rates in whole numbers."""


@dataclass(frozen=True, eq=False)
class Shape:
    """One potential, zero at both ends; ``samples`` (n_samples,) in any unit.

    ``donor`` is the person it is of, ``name`` says which of theirs it is.
    """

    samples: Array
    rate_hz: float
    donor: str
    name: str

    @property
    def peak(self) -> int:
        """Sample of the largest size."""
        return int(np.abs(self.samples).argmax())

    @property
    def extent(self) -> tuple[int, int]:
        """Samples before the peak and, its own included, from the peak on that it lasts."""
        size = np.abs(self.samples)
        lasting = np.flatnonzero(size >= _EXTENT_SHARE * size.max())
        return self.peak - int(lasting[0]), int(lasting[-1]) + 1 - self.peak


def tapered(samples: Array, rate_hz: float, taper_s: float) -> Array:
    """Return samples, shape (n,), brought to zero at both ends by half a cosine."""
    length = min(round(taper_s * rate_hz), len(samples) // 2)
    rise = 0.5 - 0.5 * np.cos(np.pi * np.arange(length) / max(length, 1))
    result = samples.copy()
    result[:length] *= rise
    result[len(result) - length :] *= rise[::-1]
    return result


def at_rate(shape: Shape, rate_hz: float) -> Shape:
    """Return a shape at another rate, through an anti-alias filter (polyphase)."""
    ratio = (Fraction(rate_hz) / Fraction(shape.rate_hz)).limit_denominator(_MOST_TERM)
    if ratio == 1:
        return shape
    # It is zero at both ends, so that zeros beyond them, as the filter sees, are what was there.
    samples = scipy.signal.resample_poly(shape.samples, ratio.numerator, ratio.denominator)
    return Shape(np.asarray(samples, dtype=np.float64), rate_hz, shape.donor, shape.name)


def of_unit_peak(shape: Shape, visible: Visible) -> Shape:
    """Return a shape whose peak in the band of surface EMG is 1: what ratios are measured with."""
    beside = np.zeros(round(shape.rate_hz / visible.band_hz[0]))
    alone = np.concatenate((beside, shape.samples, beside))
    peak = size_in_band(alone, shape.rate_hz, visible).max()
    return Shape(shape.samples / peak, shape.rate_hz, shape.donor, shape.name)


def added(
    n_samples: int, shapes: Sequence[Shape], peaks: Sequence[int], gains: Sequence[float]
) -> Array:
    """Return the sum of shapes, each with its peak at a sample and times a gain, (n_samples,).

    What would lie outside is left out.
    """
    total = np.zeros(n_samples)
    for shape, peak, gain in zip(shapes, peaks, gains, strict=True):
        first = peak - shape.peak
        skipped = max(0, -first)
        fitting = shape.samples[skipped : max(n_samples - first, 0)]
        total[first + skipped : first + skipped + len(fitting)] += gain * fitting
    return total


def places(shapes: Sequence[Shape], peaks: Sequence[int], n_samples: int) -> NDArray[np.intp]:
    """Return first and one past last sample of each potential, shape (n_shapes, 2)."""
    found = [
        (max(0, peak - shape.extent[0]), min(n_samples, peak + shape.extent[1]))
        for shape, peak in zip(shapes, peaks, strict=True)
    ]
    return np.array(found, dtype=np.intp).reshape(-1, 2)
