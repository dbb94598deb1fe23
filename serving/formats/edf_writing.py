"""Writing EDF and EDF+."""

from collections.abc import Iterator, Sequence
from datetime import time
from decimal import Decimal
from math import isqrt
from pathlib import Path

import edfio
import numpy as np

from features import Recording, SignalError
from serving.formats.annotation import Annotation

_RECORD_BYTES = 61440
"""Longest data record that the specification recommends."""
_FIELD_CHARACTERS = 8
_LABEL_CHARACTERS = 16
_RATE_TOLERANCE = 1e-6
_FIRST_YEAR, _LAST_YEAR = 1985, 2084


def write(recording: Recording, path: Path, annotations: Sequence[Annotation] = ()) -> None:
    """Write a recording as EDF; as EDF+ when it has annotations, or did not start on a second."""
    _check(recording)
    length, duration_s = _data_record(recording)
    start = recording.start_time
    on_second = start is None or start.microsecond == 0
    notes = [
        edfio.EdfAnnotation(each.start_s, each.duration_s or None, each.text)
        for each in annotations
    ]
    signals = [
        edfio.EdfSignal(
            np.asarray(samples, dtype=np.float64),
            length / duration_s,
            label=name,
            physical_dimension=recording.unit,
        )
        for name, samples in zip(recording.channel_names, recording.samples, strict=True)
    ]
    edfio.Edf(
        signals,
        recording=edfio.Recording(startdate=None if start is None else start.date()),
        starttime=time() if start is None else start.time(),
        data_record_duration=duration_s,
        annotations=None if on_second and not notes else notes,
    ).write(path)


def _check(recording: Recording) -> None:
    if recording.gaps:
        raise SignalError("EDF cannot hold a gap (NaN); write .parquet or .csv, or cut it out")
    for name in recording.channel_names:
        if len(name) > _LABEL_CHARACTERS or not (name.isascii() and name.isprintable()):
            raise SignalError(
                f"channel name {name!r} is no EDF label: up to {_LABEL_CHARACTERS} plain characters"
            )
    start = recording.start_time
    if start is not None and not _FIRST_YEAR <= start.year <= _LAST_YEAR:
        raise SignalError(f"EDF holds years from {_FIRST_YEAR} to {_LAST_YEAR}, not {start.year}")


def _data_record(recording: Recording) -> tuple[int, float]:
    """Return samples and seconds of a data record, which the signal fills without remainder.

    The seconds are stored in eight characters, and the sampling rate is one over the other.
    """
    n_samples, rate_hz = recording.samples.shape[1], recording.sampling_rate_hz
    for length in _lengths(n_samples, _RECORD_BYTES // (2 * recording.n_channels)):
        seconds = float(f"{length / rate_hz:.{_FIELD_CHARACTERS}f}"[:_FIELD_CHARACTERS])
        if seconds <= 0 or abs(length / seconds / rate_hz - 1) > _RATE_TOLERANCE:
            continue
        duration = Decimal(str(round(n_samples / (length / seconds), 12)))
        if duration == n_samples // length * Decimal(str(seconds)):
            return length, seconds
    raise SignalError(
        f"{n_samples} samples at {rate_hz!r} Hz do not fit into EDF data records; write .parquet"
    )


def _lengths(n_samples: int, longest: int) -> Iterator[int]:
    """Yield the divisors of the number of samples: the longest that is allowed first."""
    small = [n for n in range(1, isqrt(n_samples) + 1) if n_samples % n == 0]
    divisors = sorted({*small, *(n_samples // n for n in small)})
    yield from (n for n in reversed(divisors) if n <= longest)
    yield from (n for n in divisors if n > longest)
