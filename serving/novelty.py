"""Novelty: how far a window lies from the windows a model was trained on, in feature space.

Trees are confident far away from all data, so a model's own scores cannot tell that a window is
nothing like what it has seen. The distance to the nearest training windows can.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_ABSENT = 1.5
"""Distance in one feature between a value and none at all."""

_TOGETHER = 512
"""Windows whose distances are taken together: memory stays bounded however many there are."""


@dataclass(frozen=True, eq=False)
class Reference:
    """Prototypes of training windows, and how features are scaled before distances are taken.

    ``centre, scale`` have shape (n_features,), ``prototypes`` (n_prototypes, 2 n_features): scaled
    values (0 where undefined) and marks of what was undefined.
    """

    centre: Array
    scale: Array
    prototypes: Array

    @classmethod
    def of(cls, values: Array, most: int, rng: np.random.Generator) -> "Reference":
        """Take prototypes from training features of shape (n_windows, n_features)."""
        centre = np.zeros(values.shape[1])
        scale = np.ones(values.shape[1])
        for j in np.flatnonzero(~np.isnan(values).all(axis=0)):
            defined = values[~np.isnan(values[:, j]), j]
            low, centre[j], high = np.percentile(defined, (25, 50, 75))
            # A column that is the same nearly everywhere is scaled by its deviation instead.
            scale[j] = (high - low) / 1.349 or defined.std() or 1.0
        chosen = np.sort(rng.permutation(len(values))[:most])
        empty = cls(centre, scale, np.zeros((0, 2 * values.shape[1])))
        # Rounded as they are stored, so that a model answers alike before and after it is saved.
        rounded = empty.place(values[chosen]).astype(np.float32)
        return cls(centre, scale, rounded.astype(np.float64))

    def place(self, values: Array) -> Array:
        """Return features in the space in which distances are taken.

        The inverse hyperbolic sine keeps small deviations as they are and tames large ones, so
        that one far feature among many does not decide alone, yet far stays far.
        """
        absent = np.isnan(values)
        scaled = np.arcsinh((values - self.centre) / self.scale)
        placed: Array = np.concatenate((np.where(absent, 0.0, scaled), _ABSENT * absent), axis=1)
        return placed

    def distance(self, values: Array, neighbours: int) -> Array:
        """Return the mean distance to the nearest prototypes, shape (n_windows,)."""
        distance = np.zeros(len(values))
        for start in range(0, len(values), _TOGETHER):
            rows = slice(start, start + _TOGETHER)
            distance[rows] = self._distance(self.place(values[rows]), neighbours)
        return distance

    def _distance(self, placed: Array, neighbours: int) -> Array:
        squares = (placed**2).sum(axis=1)[:, None] + self._lengths
        squares = np.maximum(squares - 2 * placed @ self.prototypes.T, 0.0)
        count = min(neighbours, len(self.prototypes))
        nearest = np.partition(squares, count - 1, axis=1)[:, :count]
        distance: Array = np.sqrt(nearest).mean(axis=1)
        return distance

    @cached_property
    def _lengths(self) -> Array:
        """Squared lengths of the prototypes, shape (n_prototypes,)."""
        lengths: Array = (self.prototypes**2).sum(axis=1)
        return lengths

    def save(self, path: Path) -> None:
        """Write the arrays."""
        prototypes = self.prototypes.astype(np.float32)
        np.savez_compressed(path, centre=self.centre, scale=self.scale, prototypes=prototypes)

    @classmethod
    def load(cls, path: Path) -> "Reference":
        """Read the arrays."""
        with np.load(path, allow_pickle=False) as arrays:
            return cls(arrays["centre"], arrays["scale"], arrays["prototypes"].astype(np.float64))
