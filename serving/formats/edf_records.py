"""The data records of an EDF file: where they are, when they began, and reading a stretch of them.

A file without all the data that its header announces is refused.
"""

import re
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from features import SignalError

_HEADER_BYTES = 256
_LABEL_BYTES = 16
_SAMPLES_AT = 216
"""Bytes of a signal's header before the field with its samples in a data record."""
_ANNOTATIONS = b"EDF Annotations"
_ONSET = re.compile(rb"([+-]?\d{1,9}(?:\.\d*)?)[\x14\x15]")
_SCAN_BYTES = 16 * 1024**2


@dataclass(frozen=True)
class Layout:
    """How the data records of a file are laid out: each holds some samples of every signal."""

    path: Path
    header_bytes: int
    n_records: int
    labels: tuple[bytes, ...]
    lengths: tuple[int, ...]
    """Samples of each signal in a data record, annotation signals included."""

    @property
    def begins(self) -> tuple[int, ...]:
        """Where each signal begins in a data record, in samples."""
        return tuple(accumulate(self.lengths, initial=0))

    def is_annotation(self, place: int) -> bool:
        """Whether a signal holds annotations."""
        return self.labels[place] == _ANNOTATIONS

    def records(self, first: int, last: int) -> NDArray[np.int16]:
        """Map data records ``first`` up to ``last``, shape (n_records, samples of all signals).

        A mapping of their own: what has been read of it is forgotten with it. Pages of one mapping
        of the whole file would stay in memory one after the other.
        """
        length = sum(self.lengths)
        return np.memmap(
            self.path,
            dtype="<i2",
            mode="r",
            offset=self.header_bytes + first * 2 * length,
            shape=(last - first, length),
        )

    def onsets_s(self) -> NDArray[np.float64]:
        """Return when each data record began, in seconds from the first, as EDF+ keeps the time.

        The first annotation signal begins each data record with ``+onset``, ended by byte 20 or 21.
        """
        if _ANNOTATIONS not in self.labels:
            raise SignalError("it is discontinuous, and has no annotations with its times")
        place = self.labels.index(_ANNOTATIONS)
        begin = self.begins[place]
        step = max(1, _SCAN_BYTES // (2 * sum(self.lengths)))
        blocks = (
            self.records(first, min(first + step, self.n_records))
            for first in range(0, self.n_records, step)
        )
        all_notes = (
            notes for block in blocks for notes in block[:, begin : begin + self.lengths[place]]
        )
        onsets_s = np.fromiter(
            (_onset_s(notes.tobytes(), number) for number, notes in enumerate(all_notes)),
            dtype=np.float64,
            count=self.n_records,
        )
        relative: NDArray[np.float64] = onsets_s - onsets_s[0]
        return relative


def _onset_s(notes: bytes, number: int) -> float:
    """Return when a data record began by the first of its annotations."""
    found = _ONSET.match(notes)
    if found is None:
        raise SignalError(
            f"its data record {number + 1} does not begin with its time, as it must in a"
            " discontinuous file; the file is damaged"
        )
    return float(found[1])


def layout_of(path: Path) -> Layout:
    """Return the layout that the header states, or say what the file lacks."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_HEADER_BYTES)
        if not head.startswith(b"0       ") or len(head) < _HEADER_BYTES:
            raise SignalError("it is not an EDF file: it does not begin with an EDF header")
        try:
            header_bytes, announced = int(head[184:192]), int(head[236:244])
            n_signals = int(head[252:256])
            fields = file.read(n_signals * _HEADER_BYTES)
            labels = [fields[_LABEL_BYTES * n :][:_LABEL_BYTES].strip() for n in range(n_signals)]
            lengths = [int(fields[n_signals * _SAMPLES_AT + 8 * n :][:8]) for n in range(n_signals)]
        except (ValueError, OSError) as error:
            raise SignalError("its EDF header is damaged or cut short") from error
    record_bytes = 2 * sum(lengths)
    if min(lengths, default=0) < 0 or header_bytes != _HEADER_BYTES * (1 + n_signals):
        raise SignalError("its EDF header is damaged")
    held = (size - header_bytes) // record_bytes if record_bytes else 0
    layout = Layout(path, header_bytes, held, tuple(labels), tuple(lengths))
    # -1: a file that was never closed, of which all whole data records count.
    if announced >= 0 and size != header_bytes + announced * record_bytes:
        what = "cut short" if held < announced else "damaged"
        raise SignalError(
            f"it is {what}: its header announces {announced} data records of {record_bytes} bytes,"
            f" and the file holds {max(held, 0)} whole ones"
        )
    return layout
