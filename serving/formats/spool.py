"""Spool: samples on disk, for files that can only be read from the beginning to the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.floating]


@dataclass(eq=False)
class Spool:
    """Samples that are appended first and then read in any order.

    They are read, not mapped into memory: what was read of a mapping stays in memory as long as the
    mapping does.
    """

    file: BinaryIO
    n_channels: int
    dtype: type[np.float32 | np.float64]
    n_samples: int = 0

    def append(self, samples: Samples) -> None:
        """Add samples, shape (n_channels, n_samples)."""
        # Channels side by side, so that a stretch is one piece of the file.
        self.file.write(np.ascontiguousarray(samples.T, dtype=self.dtype).data)
        self.n_samples += samples.shape[1]

    def read(self, start: int, stop: int) -> Samples:
        """Return the samples from ``start`` up to ``stop``, shape (n_channels, stop - start)."""
        count = (stop - start) * self.n_channels
        self.file.seek(start * self.n_channels * np.dtype(self.dtype).itemsize)
        samples: Samples = np.fromfile(self.file, dtype=self.dtype, count=count)
        return samples.reshape(-1, self.n_channels).T


@contextmanager
def spooled(n_channels: int, dtype: type[np.float32 | np.float64]) -> Iterator[Spool]:
    """Make a spool in a temporary file without a name, which is gone however this ends."""
    with TemporaryFile(prefix="quaver-") as file:
        yield Spool(file, n_channels, dtype)
