"""MiniRocket's features of windows: how much of a window answers each of many fixed filters.

After Dempster, Schmidt & Webb 2021, doi:10.1145/3447548.3467231. The filters are the 84 of length
9 with six weights of -1 and three of 2, so that each sums to zero, spread out by dilations from 1
to as far as a window reaches. A feature is the share of a filter's response that exceeds a bias,
and a bias is a quantile of that filter's response to one window drawn from those to train on.
Nothing else is learnt, and no label is looked at.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.kernels import kernel

Samples = NDArray[np.float32]
Index = NDArray[np.int64]

LENGTH = 9
POSITIONS: Index = np.array(list(combinations(range(LENGTH), 3)), dtype=np.int64)
"""Where the three weights of 2 stand in each filter, shape (84, 3)."""

_GOLDEN_RATIO = (5**0.5 + 1) / 2


@dataclass(frozen=True, eq=False)
class MiniRocket:
    """Filters and biases; features come by dilation, then filter, then bias.

    ``dilations`` and ``biases_each`` (how many biases a filter has at that dilation) have shape
    (n_dilations,), ``biases`` (n_features,).
    """

    dilations: Index
    biases_each: Index
    biases: Samples

    @classmethod
    def fit(cls, windows: Samples, features_each: int, rng: np.random.Generator) -> "MiniRocket":
        """Choose dilations and draw biases.

        Parameters
        ----------
        windows : ndarray, shape (n_windows, n_samples)
            To be trained on; at least nine samples each.
        features_each : int
            Features of each of the 84 filters, over all dilations.
        rng : numpy.random.Generator
            Draws the window that each bias is taken from.
        """
        dilations, biases_each = dilations_of(windows.shape[1], features_each)
        order = np.arange(1, len(POSITIONS) * features_each + 1)
        levels = (order * _GOLDEN_RATIO) % 1  # spread evenly, however few of them a filter has
        biases: list[NDArray[Any]] = []
        place = 0
        for d, (dilation, count) in enumerate(zip(dilations, biases_each, strict=True)):
            for k in range(len(POSITIONS)):
                window = windows[rng.integers(len(windows))]
                response = counted_response(window, dilation, k, is_padded=(d + k) % 2 == 0)
                biases.append(np.quantile(response, levels[place : place + count]))
                place += count
        return cls(dilations, biases_each, np.concatenate(biases).astype(np.float32))

    def transform(self, windows: Samples) -> Samples:
        """Return the features of windows (n_windows, n_samples), (n_windows, n_features), 0-1."""
        shares = np.empty((len(windows), len(self.biases)), dtype=np.float32)
        contiguous = np.ascontiguousarray(windows, dtype=np.float32)
        _shares(contiguous, POSITIONS, self.dilations, self.biases_each, self.biases, shares)
        return shares


def weights() -> NDArray[np.float64]:
    """Return the weights of the filters, shape (84, 9)."""
    filters = np.full((len(POSITIONS), LENGTH), -1.0)
    np.put_along_axis(filters, POSITIONS, 2.0, axis=1)
    return filters


def dilations_of(n_samples: int, features_each: int) -> tuple[Index, Index]:
    """Return the dilations of windows of a length, and how many features a filter has at each.

    They grow exponentially, up to the one at which a filter is as long as the window. Those that
    fall together, as small ones do, are one with more features.
    """
    widest = np.log2((n_samples - 1) / (LENGTH - 1))
    spread = np.logspace(0, widest, features_each, base=2).astype(np.int64)
    return np.unique(spread, return_counts=True)


def counted_response(window: Samples, dilation: int, number: int, *, is_padded: bool) -> Samples:
    """Return the part of a filter's response that is counted.

    All of it, zeros standing beyond the window's ends, or that part which needs none of them. The
    filters take turns in this.
    """
    taps = np.zeros((LENGTH, len(window)), dtype=np.float32)
    base = np.zeros_like(window, dtype=np.float32)
    response = np.zeros_like(base)
    _lay_out(np.ascontiguousarray(window, dtype=np.float32), dilation, taps, base)
    _respond(taps, base, POSITIONS[number], response)
    margin = 0 if is_padded else LENGTH // 2 * dilation
    return response[margin : len(window) - margin]


@kernel
def _lay_out(window: Samples, dilation: int, taps: Samples, base: Samples) -> None:
    """Write three times what each tap of a filter sees, and minus what all of them see."""
    n_samples = len(window)
    taps[:] = 0
    base[:] = 0
    for j in range(LENGTH):
        shift = (j - LENGTH // 2) * dilation
        for t in range(max(0, -shift), min(n_samples, n_samples - shift)):
            taps[j, t] = 3 * window[t + shift]
            base[t] -= window[t + shift]


@kernel
def _respond(taps: Samples, base: Samples, positions: Index, response: Samples) -> None:
    """Write a filter's response: -1 of everything, and 3 more where its weights of 2 are."""
    first, second, third = taps[positions[0]], taps[positions[1]], taps[positions[2]]
    for t in range(len(base)):
        response[t] = base[t] + first[t] + second[t] + third[t]


@kernel
def _shares(
    windows: Samples,
    positions: Index,
    dilations: Index,
    biases_each: Index,
    biases: Samples,
    shares: Samples,
) -> None:
    """Write the share of each filter's response that exceeds each of its biases."""
    n_windows, n_samples = windows.shape
    taps = np.empty((LENGTH, n_samples), dtype=np.float32)
    base = np.empty(n_samples, dtype=np.float32)
    response = np.empty(n_samples, dtype=np.float32)
    for w in range(n_windows):
        column = 0
        for d in range(len(dilations)):
            _lay_out(windows[w], dilations[d], taps, base)
            for k in range(len(positions)):
                _respond(taps, base, positions[k], response)
                margin = 0 if (d + k) % 2 == 0 else LENGTH // 2 * dilations[d]
                for _ in range(biases_each[d]):
                    above = 0
                    for t in range(margin, n_samples - margin):
                        above += response[t] > biases[column]
                    shares[w, column] = above / (n_samples - 2 * margin)
                    column += 1
