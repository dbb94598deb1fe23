"""EDF and EDF+: signals with labels, units and rates, and annotations.

A discontinuous file (EDF+D) becomes one recording with gaps: each of its data records says when it
began. A file that ends before the data that its header announces is refused.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import edfio
import numpy as np
from numpy.typing import NDArray

from features import SignalError
from serving.formats.annotation import Annotation
from serving.formats.channels import Channel, choose, source_of
from serving.formats.edf_records import Layout, layout_of
from serving.formats.file_source import FileSource
from serving.formats.limits import Limits
from serving.formats.mapping import SignalMapping

_DISCONTINUOUS = "EDF+D"
_LONGEST_GAP_S = 3600.0
_FOLLOWS = 1.5
"""Samples by which a data record may begin early or late after the one before."""
_DRIFT = 1e-3
"""Or this share of a data record, by which clocks may differ."""


@contextmanager
def opened(path: Path, mapping: SignalMapping, limits: Limits) -> Iterator[FileSource]:
    """Open the wanted signals of an EDF file."""
    if mapping.time_column is not None:
        raise SignalError("an EDF file has no column of times; leave time_column out")
    layout = layout_of(path)
    edf = _open(path)
    try:
        channels = [
            Channel(signal.label, signal.physical_dimension, signal.sampling_frequency)
            for signal in edf.signals
        ]
        if not channels:
            raise SignalError("it holds annotations, but no signals")
        chosen = choose(channels, mapping)
        wanted = [channels[place] for place in chosen]
        signals = _Signals.of(edf, layout, chosen, wanted[0].rate_hz)
    except (ValueError, ArithmeticError, IndexError) as error:
        raise SignalError(f"it is no valid EDF file: {error}") from error
    if mapping.start_time is None:
        mapping = mapping.model_copy(update={"start_time": _start_time(edf)})
    yield source_of(wanted, mapping, limits, n_samples=signals.n_samples, load=signals.load)


def read_annotations(path: Path) -> tuple[Annotation, ...]:
    """Return the annotations of an EDF+ file; an EDF file has none."""
    layout_of(path)  # says what is missing
    edf = _open(path)
    try:
        found = edf.annotations
    except (ValueError, ArithmeticError, IndexError) as error:
        raise SignalError(f"its annotations cannot be read: {error}") from error
    return tuple(Annotation(each.onset, each.duration or 0.0, each.text) for each in found)


def _open(path: Path) -> edfio.Edf:
    with warnings.catch_warnings():
        # Only a file that was never closed (-1 data records) is left to be warned of.
        warnings.simplefilter("ignore", UserWarning)
        try:
            return edfio.read_edf(path, header_encoding="latin-1")
        except UnboundLocalError as error:  # how edfio meets a duration of zero
            raise SignalError("it is no valid EDF file: its data records last 0 s") from error
        except (ValueError, ArithmeticError, IndexError, OSError) as error:
            raise SignalError(f"it is no valid EDF file: {error}") from error


def _start_time(edf: edfio.Edf) -> datetime | None:
    with warnings.catch_warnings():
        # The two dates of an EDF+ header may differ; the one of EDF+ is the one that counts.
        warnings.simplefilter("ignore", UserWarning)
        try:
            return edf.startdatetime
        except (ValueError, ArithmeticError):  # anonymised, or no date at all
            return None


@dataclass(frozen=True, eq=False)
class _Signals:
    """Signals of one rate, whose data records lie where they began."""

    layout: Layout
    begins: tuple[int, ...]
    """Where each signal begins in a data record, in samples."""
    length: int
    """Samples of each in a data record."""
    scales: tuple[tuple[float, float], ...]
    """Gain and offset of each."""
    starts: NDArray[np.intp]
    """First sample of each data record."""

    @classmethod
    def of(cls, edf: edfio.Edf, layout: Layout, chosen: list[int], rate_hz: float) -> "_Signals":
        """Find the chosen signals, which are counted without those of annotations."""
        places = [n for n in range(len(layout.labels)) if not layout.is_annotation(n)]
        length = layout.lengths[places[chosen[0]]]
        return cls(
            layout,
            begins=tuple(layout.begins[places[place]] for place in chosen),
            length=length,
            scales=tuple(_scale(edf.signals[place]) for place in chosen),
            starts=_starts(layout, length, rate_hz)
            if edf.reserved.startswith(_DISCONTINUOUS)
            else np.arange(layout.n_records) * length,
        )

    @property
    def n_samples(self) -> int:
        """Samples of each signal, pauses included."""
        return int(self.starts[-1]) + self.length if len(self.starts) else 0

    def load(self, start: int, stop: int) -> NDArray[np.float64]:
        """Return samples in the unit of each signal; what lies between data records is missing."""
        first = max(int(np.searchsorted(self.starts, start, "right")) - 1, 0)
        last = int(np.searchsorted(self.starts, stop, "left"))
        samples = np.full((len(self.begins), stop - start), np.nan)
        if last <= first:
            return samples
        low, high = 0, self.length
        if last == first + 1:  # one that may be as long as the file: no more of it than is needed
            low = min(max(start - int(self.starts[first]), 0), self.length)
            high = max(low, min(stop - int(self.starts[first]), self.length))
        records = self.layout.records(first, last)
        places = self.starts[first:last, None] + np.arange(low, high) - start
        inside = (places >= 0) & (places < stop - start)
        to = places[inside]
        for channel, begin, (gain, offset) in zip(samples, self.begins, self.scales, strict=True):
            digital = records[:, begin + low : begin + high]
            channel[to] = (digital[inside] + offset) * gain
        return samples


def _scale(signal: edfio.EdfSignal) -> tuple[float, float]:
    """Return gain and offset: (digital + offset) * gain is in the signal's unit."""
    low, high = signal.physical_range
    if not abs(high - low) > 0 or signal.digital_max == signal.digital_min:
        raise SignalError(
            f"signal {signal.label!r} has no calibration: its physical minimum and maximum, or the"
            " digital ones, are equal or no numbers"
        )
    gain = (high - low) / (signal.digital_max - signal.digital_min)
    return gain, high / gain - signal.digital_max


def _starts(layout: Layout, length: int, rate_hz: float) -> NDArray[np.intp]:
    """Return the first sample of each data record of a discontinuous file.

    One that begins a little before or after the end of the one before follows upon it: the clock
    of a recorder is not that of its sensor.
    """
    onsets = layout.onsets_s() * rate_hz
    late = np.diff(onsets) - length
    follows = np.abs(late) <= max(_FOLLOWS, _DRIFT * length)
    gaps = np.where(follows, 0, np.round(late)).astype(np.intp)
    starts = np.cumsum(np.append(round(float(onsets[0])), length + gaps)) if len(onsets) else gaps
    if (gaps < 0).any():
        raise SignalError("its data records overlap in time; the file is damaged")
    if gaps.max(initial=0) > _LONGEST_GAP_S * rate_hz:
        raise SignalError(
            f"it has a pause of {gaps.max() / rate_hz:g} s; cut the file there into two"
        )
    return starts
