"""Hum of a long EMG, followed as it swells and fades, beside whatever else is there.

One sinusoid over a whole window (:mod:`features.mains`) is what a model sees. A window with one
large event has a spectrum in which no line stands out, so all of its hum stays; and where hum
changes within a window, a part of it stays. Both hide potentials, and the heart. Here what is loud
is left out while hum is sought, and the amplitude of each line is that of its own half second.
"""

import numpy as np
import scipy.fft
import scipy.ndimage
from numpy.typing import NDArray

from features.kernels import kernel
from features.mains import mains_lines
from features.spec import Conditioning

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_LOUD = 6.0
"""What exceeds this multiple of the median magnitude is no hum: four deviations of Gaussian noise,
and three times the peak of a sinusoid."""
_STRIDE = 4
"""The median is taken over every fourth sample: as good, and spares a full sort."""
_GUARD_S = 0.008
"""What lies this close to what is loud is none either."""
_PASSES = 2
"""Where hum prevails, what is loud shows once it is gone."""
_PIECE_S = 0.25
"""The amplitude of a line is the weighted mean of three pieces this long; linear in between."""
_STEADY = 0.05
"""How much of a piece its mean over the window weighs: it is all there is where all is loud."""


def without_hum(
    samples: Array, there: Mask, rate_hz: float, highest_hz: float, spec: Conditioning
) -> Array:
    """Return windows without their mains lines, shape (n_windows, n_samples).

    Parameters
    ----------
    samples : ndarray, shape (n_windows, n_samples)
        In the band of surface EMG.
    there : ndarray, shape (n_windows, n_samples)
        Where something was recorded.
    highest_hz : float
        Lines above this frequency stay.
    """
    n = samples.shape[1]
    taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n)
    piece = round(_PIECE_S * rate_hz)
    result = samples.copy()
    humming = np.arange(len(samples))
    for _ in range(_PASSES):
        weight = (there[humming] & ~_loud(result[humming], rate_hz)).astype(np.float64)
        found = mains_lines(
            np.abs(scipy.fft.rfft(result[humming] * weight * taper, axis=-1)),
            rate_hz=rate_hz,
            mains_hz=spec.mains_hz,
            prominence=spec.mains_prominence,
            highest_hz=highest_hz,
        )
        for w, counted, lines_hz in zip(humming, weight, found, strict=True):
            _subtract(result[w], counted, 2 * np.pi * lines_hz / rate_hz, piece)
        humming = humming[[len(lines_hz) > 0 for lines_hz in found]]
    return result


def _loud(samples: Array, rate_hz: float) -> Mask:
    """Tell what is too loud for hum, or close to it, shape (n_windows, n_samples)."""
    size = np.abs(samples)
    loud = size > _LOUD * np.median(size[:, ::_STRIDE], axis=1, keepdims=True)
    wide = 2 * round(_GUARD_S * rate_hz) + 1
    widened: Mask = scipy.ndimage.maximum_filter1d(loud.view(np.uint8), wide, axis=1) > 0
    return widened


@kernel
def _subtract(
    x: Array, weight: Array, omegas: Array, piece: int
) -> None:  # pragma: no cover (compiled)
    """Subtract the lines of a window, in place; ``omegas`` are radians a sample."""
    for omega in omegas:
        _subtract_line(x, _followed(x, weight, omega, piece), omega, piece)


@kernel
def _followed(
    x: Array, weight: Array, omega: float, piece: int
) -> NDArray[np.complex128]:  # pragma: no cover (compiled)
    """Return the complex amplitude of a line at the middle of each piece, (n_pieces + 2,).

    The first and the last repeat their neighbours.
    """
    n_pieces = len(x) // piece
    cosine, sine = np.cos(omega * np.arange(piece)), np.sin(omega * np.arange(piece))
    product = np.zeros(n_pieces + 2, dtype=np.complex128)
    total = np.zeros(n_pieces + 2)
    for j in range(n_pieces):
        real = imaginary = 0.0
        block, weights = x[j * piece : (j + 1) * piece], weight[j * piece : (j + 1) * piece]
        for k in range(piece):
            weighted = weights[k] * block[k]
            real += weighted * cosine[k]
            imaginary -= weighted * sine[k]
            total[j + 1] += weights[k] / piece
        turn = complex(np.cos(omega * piece * j), -np.sin(omega * piece * j))
        product[j + 1] = complex(real, imaginary) * turn * (2.0 / piece)
    mean = product.sum() / max(total.sum(), 1.0)
    amplitude = np.zeros(n_pieces + 2, dtype=np.complex128)
    for j in range(1, n_pieces + 1):
        above = 0.25 * product[j - 1] + 0.5 * product[j] + 0.25 * product[j + 1]
        below = 0.25 * total[j - 1] + 0.5 * total[j] + 0.25 * total[j + 1]
        amplitude[j] = (above + _STEADY * mean) / (below + _STEADY)
    amplitude[0], amplitude[n_pieces + 1] = amplitude[1], amplitude[n_pieces]
    return amplitude


@kernel
def _subtract_line(
    x: Array, amplitude: NDArray[np.complex128], omega: float, piece: int
) -> None:  # pragma: no cover (compiled)
    """Subtract a line whose amplitude is linear from the middle of a piece to that of the next."""
    n = len(x)
    cosine, sine = np.cos(omega * np.arange(piece)), np.sin(omega * np.arange(piece))
    for j in range(len(amplitude)):
        start = j * piece - (piece + 1) // 2
        turn = complex(np.cos(omega * start), np.sin(omega * start))
        this = amplitude[min(j, len(amplitude) - 1)] * turn
        change = (amplitude[min(j + 1, len(amplitude) - 1)] * turn - this) / piece
        for k in range(max(0, -start), min(piece, n - start)):
            real = this.real + k * change.real
            imaginary = this.imag + k * change.imag
            x[start + k] -= real * cosine[k] - imaginary * sine[k]
