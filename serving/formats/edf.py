"""EDF and EDF+: signals with labels, units and rates, and annotations.

A discontinuous file (EDF+D) becomes one recording with gaps: each of its data records says when it
began. A file that ends before the data that its header announces is refused.
"""

import re
import warnings
from datetime import datetime
from pathlib import Path

import edfio
import numpy as np
from numpy.typing import NDArray

from features import Recording, SignalError
from serving.formats.annotation import Annotation
from serving.formats.channels import Channel, build, choose
from serving.formats.mapping import SignalMapping

_HEADER_BYTES = 256
_LABEL_BYTES = 16
_SAMPLES_AT = 216
"""Bytes of a signal's header before the field with its samples in a data record."""
_DISCONTINUOUS = "EDF+D"
_LONGEST_GAP_S = 3600.0


def read(path: Path, mapping: SignalMapping) -> Recording:
    """Read the wanted signals of an EDF file into a recording."""
    if mapping.time_column is not None:
        raise SignalError("an EDF file has no column of times; leave time_column out")
    edf = _open(path)
    try:
        channels = [
            Channel(signal.label, signal.physical_dimension, signal.sampling_frequency)
            for signal in edf.signals
        ]
        if not channels:
            raise SignalError("it holds annotations, but no signals")
        chosen = choose(channels, mapping)
        samples = [_samples(edf.signals[place]) for place in chosen]
        onsets_s = (
            None if not edf.reserved.startswith(_DISCONTINUOUS) else _record_onsets_s(path, edf)
        )
    except (ValueError, ArithmeticError, IndexError) as error:
        raise SignalError(f"it is no valid EDF file: {error}") from error
    if onsets_s is not None:
        samples = [
            _spread(x, onsets_s, channels[place].rate_hz)
            for x, place in zip(samples, chosen, strict=True)
        ]
    if mapping.start_time is None:
        mapping = mapping.model_copy(update={"start_time": _start_time(edf)})
    return build(samples, [channels[place] for place in chosen], mapping)


def read_annotations(path: Path) -> tuple[Annotation, ...]:
    """Return the annotations of an EDF+ file; an EDF file has none."""
    edf = _open(path)
    try:
        found = edf.annotations
    except (ValueError, ArithmeticError, IndexError) as error:
        raise SignalError(f"its annotations cannot be read: {error}") from error
    return tuple(Annotation(each.onset, each.duration or 0.0, each.text) for each in found)


def _open(path: Path) -> edfio.Edf:
    _check_complete(path)
    with warnings.catch_warnings():
        # Only a file that was never closed (-1 data records) is left to be warned of.
        warnings.simplefilter("ignore", UserWarning)
        try:
            return edfio.read_edf(path, header_encoding="latin-1")
        except UnboundLocalError as error:  # how edfio meets a duration of zero
            raise SignalError("it is no valid EDF file: its data records last 0 s") from error
        except (ValueError, ArithmeticError, IndexError, OSError) as error:
            raise SignalError(f"it is no valid EDF file: {error}") from error


def _check_complete(path: Path) -> None:
    """Refuse a file of another kind, and one that is not as long as its header says."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_HEADER_BYTES)
        if not head.startswith(b"0       ") or len(head) < _HEADER_BYTES:
            raise SignalError("it is not an EDF file: it does not begin with an EDF header")
        try:
            header_bytes, n_records = int(head[184:192]), int(head[236:244])
            n_signals = int(head[252:256])
            file.seek(_HEADER_BYTES + n_signals * _SAMPLES_AT)
            per_signal = [int(file.read(8)) for _ in range(n_signals)]
        except (ValueError, OSError) as error:
            raise SignalError("its EDF header is damaged or cut short") from error
    announced = header_bytes + n_records * 2 * sum(per_signal)
    if n_records >= 0 and size != announced:
        what = "cut short" if size < announced else "damaged"
        raise SignalError(
            f"it is {what}: its header announces {n_records} data records, {announced} bytes in"
            f" all, and the file has {size}"
        )


def _samples(signal: edfio.EdfSignal) -> NDArray[np.float64]:
    low, high = signal.physical_range
    if not high != low or signal.digital_max == signal.digital_min:
        raise SignalError(
            f"signal {signal.label!r} has no calibration: its physical minimum and maximum, or the"
            " digital ones, are equal"
        )
    return signal.data


def _start_time(edf: edfio.Edf) -> datetime | None:
    with warnings.catch_warnings():
        # The two dates of an EDF+ header may differ; the one of EDF+ is the one that counts.
        warnings.simplefilter("ignore", UserWarning)
        try:
            return edf.startdatetime
        except ValueError:  # anonymised, or no date at all
            return None


def _record_onsets_s(path: Path, edf: edfio.Edf) -> NDArray[np.float64]:
    """Return when each data record began, in seconds from the first, as EDF+ keeps the time.

    The first annotation signal begins each data record with ``+onset``, ended by byte 20 or 21.
    """
    raw = path.read_bytes()
    n_signals = int(raw[252:256])
    fields = raw[_HEADER_BYTES:]
    labels = [fields[_LABEL_BYTES * n :][:_LABEL_BYTES].strip() for n in range(n_signals)]
    sizes = [2 * int(fields[n_signals * _SAMPLES_AT + 8 * n :][:8]) for n in range(n_signals)]
    place = labels.index(b"EDF Annotations")
    first = edf.bytes_in_header_record + sum(sizes[:place])
    records = [raw[first + sum(sizes) * n :][: sizes[place]] for n in range(edf.num_data_records)]
    onsets_s = np.array([float(re.split(rb"[\x14\x15]", record)[0]) for record in records])
    relative: NDArray[np.float64] = onsets_s - onsets_s[0]
    return relative


def _spread(
    samples: NDArray[np.float64], onsets_s: NDArray[np.float64], rate_hz: float
) -> NDArray[np.float64]:
    """Put data records where they began; what lies between is missing."""
    records = samples.reshape(len(onsets_s), -1)
    length = records.shape[1]
    starts = np.round(onsets_s * rate_hz).astype(np.intp)
    gaps = np.diff(starts) - length
    if (gaps < 0).any():
        raise SignalError("its data records overlap in time; the file is damaged")
    if gaps.max(initial=0) > _LONGEST_GAP_S * rate_hz:
        raise SignalError(
            f"it has a pause of {gaps.max() / rate_hz:g} s; cut the file there into two"
        )
    spread = np.full(starts[-1] + length, np.nan)
    spread[starts[:, None] + np.arange(length)] = records
    return spread
