"""WFDB records of several segments: from the signals of each segment to those of the record.

In a fixed layout all segments have the same signals in the same order. In a variable layout a first
segment without samples lists the signals, and each of the others has some of them, told by name.
What no segment holds is missing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from features import SignalError
from serving.formats.channels import Channel, factor_between
from serving.formats.file_source import Samples

if TYPE_CHECKING:
    import wfdb

_VARIABLE = "variable"


@dataclass(frozen=True, eq=False)
class _Part:
    """What one segment holds of a signal, and its place in the record, in frames."""

    start: int
    stop: int
    unit: str
    samples: Samples


@dataclass(frozen=True, eq=False)
class Segments:
    """The signals of a record of several segments."""

    names: tuple[str, ...]
    samples_per_frame: tuple[int, ...]
    rate_hz: float
    """Frames a second."""
    n_frames: int
    parts: tuple[tuple[_Part, ...], ...]
    """Of each signal."""

    @classmethod
    def of(cls, record: "wfdb.MultiRecord") -> "Segments":
        """Sort what was read of a record by its signals."""
        present = [segment for segment in record.segments if segment is not None]
        if not present:
            raise SignalError("it holds no signals")
        for segment in present:
            if segment.fs != record.fs:
                raise SignalError(
                    f"its segment {segment.record_name} has {segment.fs:g} Hz, the record"
                    f" {record.fs:g} Hz; all must have one sampling rate"
                )
        first = present[0]  # of a variable layout, the list of signals
        signals = range(len(first.sig_name))
        return cls(
            names=tuple(first.sig_name),
            samples_per_frame=tuple(first.samps_per_frame),
            rate_hz=record.fs,
            n_frames=sum(record.seg_len),
            parts=tuple(tuple(_parts(record, first, place)) for place in signals),
        )

    def channels(self) -> list[Channel]:
        """Return what the record states of each signal, in the unit of its first segment."""
        return [
            Channel(
                name or f"signal_{place}",
                parts[0].unit if parts else "",
                float(self.rate_hz * factor),
            )
            for place, (name, factor, parts) in enumerate(
                zip(self.names, self.samples_per_frame, self.parts, strict=True)
            )
        ]

    def signal(self, place: int) -> Samples:
        """Return the samples of a signal in the unit of its first segment, NaN where none has it.

        Raises
        ------
        SignalError
            When a segment states a unit that cannot be converted.
        """
        factor = self.samples_per_frame[place]
        joined = np.full(self.n_frames * factor, np.nan)
        for part in self.parts[place]:
            unit = self.parts[place][0].unit
            scale = factor_between(part.unit, unit)
            if scale is None:
                raise SignalError(
                    f"its segments state {self.names[place]} in {unit!r} and in {part.unit!r}, of"
                    " which one cannot be converted to the other; read them apart"
                )
            joined[part.start * factor : part.stop * factor] = part.samples * scale
        return joined


def _parts(record: "wfdb.MultiRecord", first: "wfdb.Record", place: int) -> Iterator[_Part]:
    """Find a signal in each segment."""
    stops = np.cumsum(record.seg_len)
    for segment, length, stop in zip(record.segments, record.seg_len, stops.tolist(), strict=True):
        if segment is None or not length:
            continue
        here = place
        if record.layout == _VARIABLE:
            if first.sig_name[place] not in segment.sig_name:
                continue
            here = segment.sig_name.index(first.sig_name[place])
        if segment.samps_per_frame[here] != first.samps_per_frame[place]:
            raise SignalError(
                f"its segments differ in the sampling rate of {first.sig_name[place]}; all must"
                " have one"
            )
        samples = signals_of(segment)[here]
        if len(samples) != length * first.samps_per_frame[place]:
            raise SignalError(
                f"its segment {segment.record_name} is not as long as the record's header says"
            )
        yield _Part(stop - length, stop, segment.units[here] or "", samples)


def signals_of(record: "wfdb.Record") -> Sequence[Samples]:
    """Return the signals that were read of a record, each at its own rate."""
    if not record.sig_len or (record.e_p_signal is None and record.p_signal is None):
        raise SignalError("it holds no signals")
    return record.e_p_signal if record.e_p_signal is not None else list(record.p_signal.T)
