"""Fewer axes: the simulated test people on devices that keep one axis, or the vector's length.

The models have learnt from three axes. What they are worth on less is told, and has no target.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.answers import answer, tabulated
from benchmarks.accuracy.bench import TEST, Bench
from benchmarks.accuracy.figures import Figure
from benchmarks.accuracy.simulated import UNSEEN, simulated_figures
from features import Modality
from training.datasets.labelled import LabelledRecording
from training.datasets.opening import Opened
from training.semireal.opening import open_set

Array = NDArray[np.floating]

KEPT: Final[dict[str, Callable[[Array], Array]]] = {
    "one axis": lambda samples: samples[:1],
    "length of the vector": lambda samples: np.sqrt((samples**2).sum(axis=0, keepdims=True)),
}
"""What a device keeps of its axes: (n_channels, n_samples) → (1, n_samples)."""

_TOLD = (
    "macro-F1 of decided windows",
    "undecided",
    "expected calibration error",
    "label among the candidates, mean of subjects",
)


@dataclass(frozen=True)
class Fewer(Opened):
    """A set as devices have it that keep one channel of each recording."""

    keep: Callable[[Array], Array] = field(kw_only=True)

    def recordings(self, modality: Modality) -> Iterator[LabelledRecording]:
        """Read the recordings, each with its one channel."""
        for labelled in super().recordings(modality):
            whole = labelled.recording
            samples = self.keep(whole.samples)
            yield replace(labelled, recording=replace(whole, samples=samples, channel_names=()))


def fewer_axes(bench: Bench) -> list[Figure]:
    """Return figures of a motion sensor's test set with one channel left of it; none of EMG."""
    if bench.modality == "emg":
        return []
    figures: list[Figure] = []
    whole = open_set(TEST, bench.modality, bench.layout)
    for name, keep in KEPT.items():
        data = tabulated(
            Fewer(whole.source, whole.folder, keep=keep), f"{TEST}, {name}", bench.config
        )
        if data is None:
            continue
        scheme = bench.scheme("trained on three axes of other simulated people")
        found = simulated_figures(answer(bench.classifier, data), scheme, UNSEEN)
        figures += [replace(f, target=None, headline=False) for f in found if f.what in _TOLD]
    return figures
