"""What a labelled data set is made of: recordings with spans, and the windows cut from them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features import Recording, SignalError, Windows

CLASSES = ("fasciculation", "clonus", "tremor", "voluntary", "rest")
"""The classes that a label may name for training."""

UNCLEAR = "unclear"
"""A person, or the simulator, says: something is there, but this sensor does not show what."""


@dataclass(frozen=True)
class Span:
    """A stretch of a recording with one label.

    ``label`` is one of :data:`CLASSES`, :data:`UNCLEAR`, or the name of a stand-in or look-alike
    that is reported under its own name and never trained on as a class, such as ``evoked_twitch``.
    """

    start_s: float
    end_s: float
    label: str


@dataclass(frozen=True, eq=False)
class LabelledRecording:
    """A recording with what is known of it.

    ``group`` is the unit that must not be split (a person), ``site`` the device and place,
    ``source`` the name of the data set: as a reader gives it, that of the registry; from an opened
    set, the set's own, such as ``simulated/train``. ``spans`` are ordered and do not overlap.
    """

    id: str
    recording: Recording
    spans: tuple[Span, ...]
    group: str
    site: str
    source: str
    details: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_spans(self.spans, self.recording.duration_s, self.id)


@dataclass(frozen=True, eq=False)
class LabelledWindows:
    """Windows of one rate and unit with a label each; arrays of shape (n_windows,).

    ``labels`` are as in :class:`Span`, ``sources`` name the data sets; ``ids`` name recording and
    start, unique in a set.
    """

    windows: Windows
    labels: NDArray[np.str_]
    groups: NDArray[np.str_]
    sites: NDArray[np.str_]
    sources: NDArray[np.str_]
    ids: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.windows)

    def __getitem__(self, rows: NDArray[np.bool_]) -> "LabelledWindows":
        """Return the chosen windows as a batch of their own."""
        return LabelledWindows(
            self.windows[rows],
            self.labels[rows],
            self.groups[rows],
            self.sites[rows],
            self.sources[rows],
            self.ids[rows],
        )


def check_spans(spans: Iterable[Span], duration_s: float, recording: str) -> None:
    """Refuse spans that are empty, lie outside their recording or overlap."""
    previous: Span | None = None
    for span in spans:
        where = f"span {span.start_s:g}-{span.end_s:g} s ({span.label}) of recording {recording!r}"
        if not span.end_s > span.start_s:
            raise SignalError(f"{where} is empty; end_s must be greater than start_s")
        if span.start_s < 0 or span.end_s > duration_s + 0.01:
            raise SignalError(f"{where} lies outside the recording, which lasts {duration_s:g} s")
        if previous is not None and span.start_s < previous.end_s - 1e-9:
            raise SignalError(
                f"{where} overlaps {previous.start_s:g}-{previous.end_s:g} s ({previous.label});"
                " spans must be in order and apart"
            )
        previous = span
