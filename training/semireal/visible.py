"""How far a potential stands out of the rest that it is added to.

Measured as the simulator does (:mod:`training.simulate.visibility`), so that a label means the same
in both: in the band of surface EMG, without mains, the peak over the deviation of what is around
it. That deviation is the robust one, or that of the tails where they are heavier than Gaussian.
"""

from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from features.conditioning import butterworth_power
from features.mains import subtract_mains
from training.datasets.labelled import UNCLEAR
from training.simulate.blocks import clear_of

Array = NDArray[np.float64]

_ORDER = 2
_PADDING_S = 0.25
_AROUND_S = 1.0
_MAINS_BLOCK_S = 4.0
"""The grid's frequency wanders: a line is a sinusoid for about so long."""


@dataclass(frozen=True)
class Visible:
    """What shows: below the first of ``event_ratio`` nothing does, from the second on it does."""

    band_hz: tuple[float, float]
    event_ratio: tuple[float, float]
    mains_hz: tuple[float, ...]
    mains_prominence: float

    def label(self, ratio: float, clear: str) -> str:
        """Return ``clear``, unclear or rest, by the ratio of peak to deviation."""
        if ratio >= self.event_ratio[1]:
            return clear
        return UNCLEAR if ratio >= self.event_ratio[0] else "rest"


def size_in_band(samples: Array, rate_hz: float, visible: Visible) -> Array:
    """Return the size of a signal confined to the band, both of shape (n_samples,)."""
    n = len(samples)
    pad = min(n, round(_PADDING_S * rate_hz))
    extended = np.pad(samples, pad, mode="symmetric")
    freqs = scipy.fft.rfftfreq(len(extended), 1.0 / rate_hz)
    response = butterworth_power(freqs, visible.band_hz[0], visible.band_hz[1], _ORDER)
    passed = scipy.fft.irfft(scipy.fft.rfft(extended) * response, n=len(extended))
    size: Array = np.abs(passed[pad : pad + n])
    return size


def ground_of(rest: Array, rate_hz: float, visible: Visible) -> Array:
    """Return the size of rest in the band and without mains, shape (n_samples,)."""
    n_blocks = max(1, int(len(rest) / (_MAINS_BLOCK_S * rate_hz)))
    cleaned = []
    for block in np.array_split(rest, n_blocks):
        centred = np.array((block - block.mean())[None], dtype=np.float64)
        subtract_mains(  # in place
            centred,
            rate_hz=rate_hz,
            mains_hz=visible.mains_hz,
            prominence=visible.mains_prominence,
            highest_hz=min(visible.band_hz[1], 0.45 * rate_hz),
        )
        cleaned.append(centred[0])
    return size_in_band(np.concatenate(cleaned), rate_hz, visible)


@dataclass(frozen=True, eq=False)
class Backdrop:
    """What is seen of a stretch of rest, ``ground`` (n_samples,), and what stands out of it."""

    ground: Array
    rate_hz: float
    visible: Visible

    @classmethod
    def of(cls, rest: Array, rate_hz: float, visible: Visible) -> "Backdrop":
        """Return the backdrop of rest, shape (n_samples,)."""
        return cls(ground_of(rest, rate_hz, visible), rate_hz, visible)

    @property
    def deviation(self) -> float:
        """Deviation of the whole stretch."""
        return clear_of(self.ground)

    def peak_ratios(self, potentials: Array, places: NDArray[np.intp]) -> list[float]:
        """Return how far each potential stands out of the rest from a second before to one after.

        Parameters
        ----------
        potentials : ndarray, shape (n_samples,)
            What is added to the rest.
        places : ndarray, shape (n_potentials, 2)
            First and one past last sample of each.
        """
        shown = size_in_band(potentials, self.rate_hz, self.visible)
        reach = round(_AROUND_S * self.rate_hz)
        return [
            float(
                shown[first:last].max()
                / clear_of(self.ground[max(0, first - reach) : last + reach])
            )
            for first, last in places
        ]
