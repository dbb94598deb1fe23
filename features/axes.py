"""Axes: from the channels of a motion sensor to signals that no turn of the sensor changes.

The covariance of the axes turns with the sensor, its eigenvalues and the projection on its first
eigenvector do not (up to a sign, which is fixed by making the third moment positive).
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def principal_axis(samples: Array) -> tuple[Array, Array]:
    """Project each window on its direction of largest variance.

    Parameters
    ----------
    samples : ndarray, shape (n_windows, n_channels, n_samples)

    Returns
    -------
    projection : ndarray, shape (n_windows, n_samples)
        Signed so that its third moment is not negative.
    shares : ndarray, shape (n_windows, n_channels)
        Share of the variance along each principal direction, largest first; NaN when silent.
    """
    n_windows, n_channels, n_samples = samples.shape
    if n_channels == 1:
        shares = np.where(np.any(samples[:, 0] != 0, axis=1), 1.0, np.nan)[:, None]
        return _fix_sign(samples[:, 0]), shares
    covariance = samples @ samples.transpose(0, 2, 1) / n_samples
    values, vectors = np.linalg.eigh(covariance)
    first = vectors[:, :, -1]
    projection = np.einsum("wc,wct->wt", first, samples)
    total = values.sum(axis=1)
    shares = np.full((n_windows, n_channels), np.nan)
    np.divide(values[:, ::-1], total[:, None], out=shares, where=total[:, None] > 0)
    return _fix_sign(projection), np.clip(shares, 0.0, 1.0)


def moving_axes(samples: Array, inside: slice, rate_hz: float, around_s: int) -> Array:
    """Return along which axis a signal moves most around each sample, of the signal's shape.

    A limb that turns turns its sensor: one axis for all of a long signal would miss a part of it.
    The sign is that of the second before.

    Parameters
    ----------
    samples : ndarray, shape (n_channels, n_samples)
    inside : slice
        The samples that tell; those before and after have the axes at its ends.
    around_s : int
        Whole seconds before and after that tell of an axis.
    """
    telling = samples[:, inside]
    n_channels, n = telling.shape
    step = round(rate_hz)
    blocks = np.pad(telling, ((0, 0), (0, -n % step))).reshape(n_channels, -1, step)
    sums = np.cumsum(np.einsum("ibt,jbt->bij", blocks, blocks), axis=0)
    sums = np.concatenate((np.zeros((1, n_channels, n_channels)), sums))
    places = np.arange(blocks.shape[1])
    first = np.maximum(places - around_s, 0)
    end = np.minimum(places + around_s + 1, blocks.shape[1])
    _, vectors = np.linalg.eigh(sums[end] - sums[first])
    axes = vectors[:, :, -1]
    opposed = np.sum(axes[1:] * axes[:-1], axis=1) < 0
    axes[1:] *= np.cumprod(np.where(opposed, -1.0, 1.0))[:, None]
    beside = (inside.start, samples.shape[1] - inside.start - n)
    along: Array = np.pad(np.repeat(axes.T, step, axis=1)[:, :n], ((0, 0), beside), mode="edge")
    return along


def norm(samples: Array) -> Array:
    """Return the length of the vector at each sample, shape (n_windows, n_samples)."""
    length: Array = np.sqrt(np.einsum("wct,wct->wt", samples, samples))
    return length


def _fix_sign(projection: Array) -> Array:
    third_moment = np.einsum("wt,wt,wt->w", projection, projection, projection)
    return np.ascontiguousarray(projection * np.where(third_moment < 0, -1.0, 1.0)[:, None])
