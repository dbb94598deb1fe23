"""Places: windows as they are read from files or from feedback, and where each of them is."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path

import numpy as np

from features import Modality, SignalError, Windows
from serving.analysis.signal import Signal, signals_of
from serving.analysis.source import SampleSource
from serving.analysis.text import printable
from serving.recordings import SignalMapping
from serving.requests import WINDOW_S
from serving.sources import open_source
from training.datasets.feedback import read_feedback
from training.datasets.labelled import LabelledRecording

BATCH = 256
"""Windows that are read and judged together."""

_LONGEST_NAME = 100
"""Letters of a file's name at the most, where most systems end at 255 bytes."""


@dataclass(frozen=True)
class Place:
    """Where a window comes from: a file, or feedback, where it stands alone."""

    recording: str
    """The file; of feedback, what tells the window from all others."""
    channel: str = ""
    start_s: float = 0.0
    subject: str = ""
    """Of feedback alone, as are ``label``, which a person gave, and ``id``, the caller's."""
    label: str = ""
    id: str = ""

    @property
    def told(self) -> str:
        """What a person calls it."""
        if self.subject:
            return printable(f"{self.subject}, {self.id}")
        return printable(f"{self.recording}, {self.channel}, from {self.start_s:g} s")

    @property
    def name(self) -> str:
        """Name for a file, of letters that every system knows."""
        stem = "feedback" if self.subject else Path(self.recording).stem
        whose = self.subject or f"{self.start_s:g}s-{self.channel}"
        letters = [
            c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in f"{stem}-{whose}"
        ]
        return "".join(letters[:_LONGEST_NAME])


Batches = Iterator[tuple[list[Place], Windows]]


def windows_of_files(files: Iterable[Path], mapping: SignalMapping) -> Batches:
    """Cut recordings into windows; a file that is named twice is read once."""
    for file in {path.resolve(): path for path in files}.values():
        with open_source(file, mapping) as source:
            yield from windows_of_source(source, str(file))


def windows_of_source(
    source: SampleSource,
    name: str,
    *,
    channel: str | int | None = None,
    from_s: float | None = None,
    to_s: float | None = None,
) -> Batches:
    """Cut a recording into windows, one behind the other; each channel of EMG by itself."""
    for signal in signals_of(source, channel, from_s, to_s):
        channels = _called(signal)
        starts = signal.window_starts(WINDOW_S, WINDOW_S)
        for first in range(0, len(starts), BATCH):
            some = starts[first : first + BATCH]
            times_s = np.round(some / signal.rate_hz, 6).tolist()
            yield (
                [Place(name, channels, time_s) for time_s in times_s],
                signal.windows_at(some, WINDOW_S),
            )


def _called(signal: Signal) -> str:
    """Return the names of the channels, with the number where one name stands for several."""
    names = "+".join(signal.channel_names)
    is_clear = signal.source.channel_names.count(names) < 2
    return names if is_clear else f"{names} (channel {signal.channels[0]})"


def windows_of_feedback(folder: Path, modality: Modality) -> Batches:
    """Return the windows of a modality that people have labelled.

    Raises
    ------
    SignalError
        When there is none.
    """
    kept = (one for one in read_feedback(folder) if one.recording.modality == modality)
    is_empty = True
    for _, alike in groupby(kept, _device):
        while batch := list(islice(alike, BATCH)):
            is_empty = False
            yield [_place(one) for one in batch], _joined(batch)
    if is_empty:
        raise SignalError(f"{folder} holds no feedback of {modality}")


def _device(kept: LabelledRecording) -> tuple[object, ...]:
    recording = kept.recording
    return recording.sampling_rate_hz, recording.unit, recording.samples.shape


def _place(kept: LabelledRecording) -> Place:
    return Place(
        kept.id,
        subject=kept.details["subject"],
        label=kept.spans[0].label,
        id=kept.details["id"],
    )


def _joined(batch: list[LabelledRecording]) -> Windows:
    first = batch[0].recording
    return Windows(
        np.stack([one.recording.samples for one in batch]),
        sampling_rate_hz=first.sampling_rate_hz,
        modality=first.modality,
        unit=first.unit,
    )
