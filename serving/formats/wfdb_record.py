"""WFDB: a header (.hea), signal files (.dat) and annotation files (.atr and others).

Signals are read at their own rates: a record may sample EMG ten times as often as acceleration.
"""

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from features import Recording, SignalError
from serving.formats.annotation import Annotation
from serving.formats.channels import Channel, build, choose
from serving.formats.mapping import SignalMapping


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence one warning: wfdb passes pandas an argument that pandas is going to drop."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The inplace keyword", DeprecationWarning)
        yield


with _quiet():
    import wfdb

_RHYTHM = "+"
"""Code of the annotation that begins a new state, which lasts until the next of its kind."""

# What wfdb raises at headers, signals and annotations that are damaged: it checks little itself.
_DAMAGE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError)


def read(path: Path, mapping: SignalMapping) -> Recording:
    """Read the wanted signals of a WFDB record into a recording."""
    if mapping.time_column is not None:
        raise SignalError("a WFDB record has no column of times; leave time_column out")
    record = _record(path)
    samples = record.e_p_signal if record.e_p_signal is not None else list(record.p_signal.T)
    per_frame = record.samps_per_frame if record.e_p_signal is not None else [1] * len(samples)
    channels = [
        Channel(name or f"signal_{place}", unit or "", float(record.fs * factor))
        for place, (name, unit, factor) in enumerate(
            zip(record.sig_name, record.units, per_frame, strict=True)
        )
    ]
    chosen = choose(channels, mapping)
    if mapping.start_time is None:
        mapping = mapping.model_copy(update={"start_time": record.base_datetime})
    return build(
        [samples[place] for place in chosen], [channels[place] for place in chosen], mapping
    )


def _record(path: Path) -> wfdb.Record:
    _check_header(path)
    try:
        record = wfdb.rdrecord(str(path.with_suffix("")), smooth_frames=False)
    except FileNotFoundError as error:
        raise SignalError(
            f"its signal file {Path(error.filename or '').name} is missing; it must lie beside the"
            " header"
        ) from error
    except (*_DAMAGE, OSError) as error:
        raise SignalError(f"it is no readable WFDB record: {error}") from error
    if not record.n_sig or (record.e_p_signal is None and record.p_signal is None):
        raise SignalError("it holds no signals")
    return record


def _check_header(path: Path) -> None:
    header = path.with_suffix(".hea")
    if not header.is_file():
        raise SignalError(f"its header {header.name} is missing; it must lie beside the signals")


def read_annotations(path: Path, annotator: str = "atr") -> tuple[Annotation, ...]:
    """Return the annotations of a record in the file with the annotator's suffix; none without.

    An annotation of a rhythm (``+`` with a note such as ``(TREMOR``) begins a state and lasts until
    the next one, or the end of the record; all others are about one moment. The text is the note
    without its bracket, or the code where there is no note.
    """
    if not path.with_suffix(f".{annotator}").is_file():
        return ()
    _check_header(path)
    name = str(path.with_suffix(""))
    try:
        header = wfdb.rdheader(name)
        with _quiet():
            found = wfdb.rdann(name, annotator)
        return _annotations(found, float(header.fs), header.sig_len)
    except _DAMAGE as error:
        raise SignalError(f"its annotations (.{annotator}) cannot be read: {error}") from error


def _annotations(
    found: wfdb.Annotation, rate_hz: float, n_samples: int | None
) -> tuple[Annotation, ...]:
    starts_s = [sample / rate_hz for sample in found.sample.tolist()]
    states = [place for place, symbol in enumerate(found.symbol) if symbol == _RHYTHM]
    end_s = math.inf if n_samples is None else n_samples / rate_hz
    ends_s = dict(zip(states, [*(starts_s[place] for place in states[1:]), end_s], strict=False))
    return tuple(
        Annotation(start_s, ends_s.get(place, start_s) - start_s, _text(note, symbol))
        for place, (start_s, symbol, note) in enumerate(
            zip(starts_s, found.symbol, found.aux_note, strict=True)
        )
    )


def _text(note: str, symbol: str) -> str:
    return note.strip("\0 \n").removeprefix("(") or symbol
