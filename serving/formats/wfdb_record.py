"""WFDB: a header (.hea), signal files (.dat) and annotation files (.atr and others).

Signals are read at their own rates: a record may sample EMG ten times as often as acceleration.
"""

import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from features import SignalError
from serving.formats.annotation import Annotation
from serving.formats.channels import Channel, choose, source_of
from serving.formats.file_source import FileSource, Samples
from serving.formats.limits import Limits
from serving.formats.mapping import SignalMapping
from serving.formats.wfdb_header import check_header, units_of
from serving.formats.wfdb_segments import Segments, signals_of


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence one warning: wfdb passes pandas an argument that pandas is going to drop."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The inplace keyword", DeprecationWarning)
        yield


with _quiet():
    import wfdb

_DIFFERENCES = "8"
"""Format that stores the difference of each sample from the one before."""
_AHEAD = 2**20
"""Samples of all signals together that are read at a time."""
_RHYTHM = "+"
"""Code of the annotation that begins a new state, which lasts until the next of its kind."""

# What wfdb raises at headers, signals and annotations that are damaged: it checks little itself.
_DAMAGE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError)


@contextmanager
def opened(path: Path, mapping: SignalMapping, limits: Limits) -> Iterator[FileSource]:
    """Open the wanted signals of a WFDB record."""
    if mapping.time_column is not None:
        raise SignalError("a WFDB record has no column of times; leave time_column out")
    header = _header(path)
    if mapping.start_time is None:
        mapping = mapping.model_copy(update={"start_time": header.base_datetime})
    if _in_parts(header):
        channels = _channels(path, header, header.samps_per_frame)
        chosen = choose(channels, mapping)
        factor = header.samps_per_frame[chosen[0]]
        _read(path, header.sig_len - 1, header.sig_len)  # says whether the signals are all there
        n_samples = header.sig_len * factor
        load = _ReadAhead(path, chosen, factor, n_samples).load
    else:
        _check_size(path, header, limits)
        channels, signal = _whole(path)
        chosen = choose(channels, mapping)
        limits.check_channels(len(chosen))
        whole = [signal(place) for place in chosen]
        n_samples = len(whole[0])
        del signal  # all that was read

        def load(start: int, stop: int) -> Samples:
            return np.stack([each[start:stop] for each in whole])

    wanted = [channels[place] for place in chosen]
    yield source_of(wanted, mapping, limits, n_samples=n_samples, load=load)


def _header(path: Path) -> wfdb.Record | wfdb.MultiRecord:
    check_header(path)
    with _damage():
        header = wfdb.rdheader(str(path.with_suffix("")))
    if not header.n_sig:
        raise SignalError("it holds no signals")
    return header


def _in_parts(header: wfdb.Record | wfdb.MultiRecord) -> bool:
    """Whether a stretch can be read without what is before it."""
    return (
        isinstance(header, wfdb.Record)
        and bool(header.sig_len)
        and all(header.samps_per_frame)
        and _DIFFERENCES not in header.fmt
        and not any(header.skew)
    )


def _channels(path: Path, record: wfdb.Record, samples_per_frame: Sequence[int]) -> list[Channel]:
    units = units_of(path.with_suffix(".hea"), record.units)
    return [
        Channel(name or f"signal_{place}", unit, float(record.fs * factor))
        for place, (name, unit, factor) in enumerate(
            zip(record.sig_name, units, samples_per_frame, strict=True)
        )
    ]


def _read(
    path: Path, first: int = 0, last: int | None = None, places: Sequence[int] | None = None
) -> Sequence[Samples]:
    """Read frames of some signals, each at its own rate."""
    with _damage():
        record = wfdb.rdrecord(
            str(path.with_suffix("")),
            sampfrom=first,
            sampto=last,
            channels=places,
            smooth_frames=False,
        )
    return signals_of(record)


def _whole(path: Path) -> tuple[list[Channel], Callable[[int], Samples]]:
    """Read a record whole; return what it states of its signals, and what gives one by its place.

    wfdb itself joins segments without a look at their units.
    """
    with _damage():
        record = wfdb.rdrecord(str(path.with_suffix("")), smooth_frames=False, m2s=False)
        if isinstance(record, wfdb.MultiRecord):
            for name, segment in zip(record.seg_name, record.segments, strict=True):
                if segment is not None:
                    segment.units = units_of(path.with_name(f"{name}.hea"), segment.units)
            segments = Segments.of(record)
            return segments.channels(), segments.signal
        samples = signals_of(record)
    frames = [len(each) // record.sig_len for each in samples]
    return _channels(path, record, frames), samples.__getitem__


class _ReadAhead:
    """Reads more than is asked for and keeps it: each reading parses the header anew."""

    def __init__(self, path: Path, chosen: Sequence[int], factor: int, n_samples: int) -> None:
        self._path = path
        self._places = sorted(set(chosen))
        self._rows = [self._places.index(place) for place in chosen]
        self._factor = factor
        self._n_frames = n_samples // factor
        self._first = 0
        self._kept: Samples = np.zeros((len(chosen), 0))

    def load(self, start: int, stop: int) -> Samples:
        """Return samples in the unit of each signal."""
        first, last = start // self._factor, -(-stop // self._factor)
        begin = self._first * self._factor
        if start < begin or stop > begin + self._kept.shape[1]:
            ahead = first + _AHEAD // (len(self._places) * self._factor)
            last = min(max(last, ahead), self._n_frames)
            samples = _read(self._path, first, last, self._places)
            self._first, self._kept = first, np.stack(samples)[self._rows]
            begin = first * self._factor
        return self._kept[:, start - begin : stop - begin]


def _check_size(path: Path, header: wfdb.Record | wfdb.MultiRecord, limits: Limits) -> None:
    """Refuse a record that has to be read whole and is too large for that."""
    if isinstance(header, wfdb.MultiRecord):
        n_samples = sum(header.seg_len) * header.n_sig
    elif header.sig_len is not None:
        n_samples = header.sig_len * header.n_sig
    else:  # as many as there are bytes, at the most
        names = {path.parent / name for name in header.file_name}
        n_samples = sum(each.stat().st_size for each in names if each.is_file())
    if n_samples > limits.samples_in_memory:
        raise SignalError(
            f"it has about {n_samples} samples; a record of several segments, of format 8 or with"
            f" skewed signals is read up to {limits.samples_in_memory}: cut it into parts"
        )


@contextmanager
def _damage() -> Iterator[None]:
    """Say in other words what wfdb finds wrong."""
    try:
        yield
    except FileNotFoundError as error:
        raise SignalError(
            f"its signal file {Path(error.filename or '').name} is missing; it must lie beside the"
            " header (in a zip with both, if it is sent)"
        ) from error
    except (ValueError, OSError) as error:
        raise SignalError(f"it is no readable WFDB record: {error}") from error
    except _DAMAGE as error:  # in words that mean nothing without its code
        raise SignalError(
            "it is no readable WFDB record: its header and its signals do not belong together"
        ) from error


def read_annotations(path: Path, annotator: str = "atr") -> tuple[Annotation, ...]:
    """Return the annotations of a record in the file with the annotator's suffix; none without.

    An annotation of a rhythm (``+`` with a note such as ``(TREMOR``) begins a state and lasts until
    the next one, or the end of the record; all others are about one moment. The text is the note
    without its bracket, or the code where there is no note.
    """
    if not path.with_suffix(f".{annotator}").is_file():
        return ()
    check_header(path)
    name = str(path.with_suffix(""))
    try:
        header = wfdb.rdheader(name)
        with _quiet():
            found = wfdb.rdann(name, annotator)
        return _annotations(found, header.sig_len / header.fs if header.sig_len else math.inf)
    except _DAMAGE as error:
        raise SignalError(f"its annotations (.{annotator}) cannot be read: {error}") from error


def _annotations(found: wfdb.Annotation, end_s: float) -> tuple[Annotation, ...]:
    """Return annotations in seconds; their file may count in steps of its own, which it states."""
    starts_s = [sample / found.fs for sample in found.sample.tolist()]
    states = [place for place, symbol in enumerate(found.symbol) if symbol == _RHYTHM]
    ends_s = dict(zip(states, [*(starts_s[place] for place in states[1:]), end_s], strict=False))
    return tuple(
        Annotation(start_s, ends_s.get(place, start_s) - start_s, _text(note, symbol))
        for place, (start_s, symbol, note) in enumerate(
            zip(starts_s, found.symbol, found.aux_note, strict=True)
        )
    )


def _text(note: str, symbol: str) -> str:
    return note.strip("\0 \n").removeprefix("(") or symbol
