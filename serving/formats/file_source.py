"""FileSource: the samples of a file, read a stretch at a time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from features import Modality, SignalError
from features.windows import check_samples

Samples = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class FileSource:
    """Channels of a recording in a file, at one rate and in one unit.

    Attributes
    ----------
    factors : tuple of float
        What the samples of each channel are multiplied by to come into ``unit``.
    load : callable
        From a start and a stop to samples as the file states them, shape (n_channels, stop -
        start).
    """

    sampling_rate_hz: float
    modality: Modality
    unit: str
    channel_names: tuple[str, ...]
    start_time: datetime | None
    n_samples: int
    factors: tuple[float, ...] = field(repr=False)
    load: Callable[[int, int], Samples] = field(repr=False)

    def read(self, start: int, stop: int) -> Samples:
        """Return the samples from ``start`` up to ``stop``, shape (n_channels, stop - start)."""
        if not 0 <= start <= stop <= self.n_samples:
            raise SignalError(
                f"samples {start} to {stop} do not lie within the recording; it has"
                f" {self.n_samples}"
            )
        samples = self.load(start, stop)
        if any(factor != 1.0 for factor in self.factors):
            samples = samples * np.array(self.factors)[:, None]
        return check_samples(
            np.ascontiguousarray(samples), dimensions=("n_channels", "n_samples"), name="recording"
        )
