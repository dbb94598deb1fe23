"""Tables, whatever their file format: from named columns to a recording."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features import Recording, SignalError
from serving.formats.channels import Channel, build, find
from serving.formats.mapping import SignalMapping
from serving.formats.timestamps import regularise

Array = NDArray[np.float64]

_TIME_NAME = re.compile(r"(t|time|timestamp|date|datetime)([\s_(\[].*)?", re.IGNORECASE)
"""Names of columns that are taken for times, and so for no channel unless it is named."""
_INDEX_NAME = re.compile(r"__index_level_\d+__")
_NANOSECONDS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}
_DAY_NS = 86_400 * 1_000_000_000


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of a file with their names, and what the file itself says of its signals.

    ``unit`` is empty and ``rate_hz`` NaN where the file does not say.
    """

    names: tuple[str, ...]
    columns: tuple[pa.ChunkedArray, ...]
    unit: str = ""
    rate_hz: float = float("nan")


def recording_of(table: Table, mapping: SignalMapping) -> Recording:
    """Make a recording of the wanted columns; empty cells become gaps."""
    if not table.columns or len(table.columns[0]) == 0:
        raise SignalError("it has no rows of data")
    time = None if mapping.time_column is None else find([mapping.time_column], table.names)[0]
    chosen = _chosen(table, mapping, time)
    samples = [_numbers(table, place) for place in chosen]
    rate_hz = table.rate_hz
    if time is not None:
        times_s, start_time = _times(table, time, mapping)
        even = regularise(times_s, np.stack(samples))
        samples, rate_hz = list(even.samples), even.rate_hz
        if mapping.start_time is None:
            mapping = mapping.model_copy(update={"start_time": start_time})
    elif mapping.sampling_rate_hz is None and np.isnan(rate_hz):
        raise SignalError(_rate_is_missing(table))
    channels = [Channel(table.names[place], table.unit, rate_hz) for place in chosen]
    return build(samples, channels, mapping)


def _rate_is_missing(table: Table) -> str:
    hint = ", ".join(repr(name) for name in table.names if _TIME_NAME.fullmatch(name))
    column = f" (such as {hint})" if hint else ""
    return (
        "its sampling rate is not known; give sampling_rate_hz, or the column of times"
        f"{column} as time_column"
    )


def _chosen(table: Table, mapping: SignalMapping, time: int | None) -> list[int]:
    if mapping.columns is not None:
        chosen = find(mapping.columns, table.names)
        if time in chosen:
            raise SignalError(f"column {table.names[time]!r} is both a channel and the times")
        return chosen
    chosen = [
        place
        for place, name in enumerate(table.names)
        if place != time
        and _is_numeric(table.columns[place])
        and not _TIME_NAME.fullmatch(name)
        and not _INDEX_NAME.fullmatch(name)
    ]
    if chosen:
        return chosen
    for place in range(len(table.names)):
        if place != time and not _TIME_NAME.fullmatch(table.names[place]):
            _numbers(table, place)  # says where the first text is
    raise SignalError(f"it has no column of numbers; it has {', '.join(table.names)}")


def _is_numeric(column: pa.ChunkedArray) -> bool:
    kind = column.type
    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    )


def _numbers(table: Table, place: int) -> NDArray[np.floating]:
    """Return one column as numbers, NaN where a cell is empty, or say where text is."""
    column = table.columns[place]
    if not _is_numeric(column) and not pa.types.is_null(column.type):
        row, cell = _first_text(column)
        raise SignalError(
            f"column {table.names[place]!r} holds {cell!r} in data row {row}; it must hold numbers"
            " (name the columns that are channels under columns)"
        )
    wanted = column.type if column.type in (pa.float32(), pa.float64()) else pa.float64()
    values: NDArray[np.floating] = column.cast(wanted, safe=False).to_numpy()
    return values


def _first_text(column: pa.ChunkedArray) -> tuple[int, object]:
    for row, cell in enumerate(column, start=1):
        value = cell.as_py()
        try:
            if value is not None:
                float(value)
        except (TypeError, ValueError):
            return row, value
    return 1, column[0].as_py()


def _times(table: Table, place: int, mapping: SignalMapping) -> tuple[Array, datetime | None]:
    """Return the times in seconds from the first, and when that was if they are dates."""
    name, column = table.names[place], table.columns[place]
    if _is_numeric(column):
        if mapping.time_unit in (None, "iso"):
            raise SignalError(
                f"time_unit is not given; column {name!r} holds numbers, so it must be one of"
                f" {', '.join(_NANOSECONDS)}"
            )
        per_second = 1_000_000_000 / _NANOSECONDS[mapping.time_unit]
        return (_from_first(column) / per_second), None
    if mapping.time_unit not in (None, "iso"):
        raise SignalError(
            f"time_unit is {mapping.time_unit!r}, but column {name!r} holds no numbers;"
            " leave time_unit out for dates"
        )
    dates = _dates(column, name)
    numbers = dates.cast(pa.int64())
    start = numbers[0].as_py()
    if start is None:
        return np.full(len(numbers), np.nan), None
    zone = UTC if dates.type.tz is not None else None
    moment = datetime.fromtimestamp(start // 1000 / 1e6, tz=UTC).replace(tzinfo=zone)
    return _from_first(numbers) / 1e9, moment


def _from_first(column: pa.ChunkedArray) -> Array:
    """Return numbers less the first; whole numbers are subtracted before they become floats."""
    # Nanoseconds since 1970 have more digits than a float holds.
    difference = pc.subtract(column, column[0]).cast(pa.float64(), safe=False)
    values: Array = difference.to_numpy().astype(np.float64)
    return values


def _dates(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    if pa.types.is_timestamp(column.type):
        return column.cast(pa.timestamp("ns", column.type.tz))
    for wanted in (pa.timestamp("ns"), pa.timestamp("ns", "UTC")):
        try:
            return column.cast(wanted)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            continue
    raise SignalError(
        f"column {name!r} holds no times (first: {column[0].as_py()!r}); they must be numbers with"
        " a time_unit, or dates such as 2024-05-01T10:00:00.25"
    )


def channel_arrays(recording: Recording) -> tuple[Sequence[str], list[pa.Array]]:
    """Return the channels of a recording as Arrow columns, empty where they have gaps."""
    arrays = [pa.array(channel, from_pandas=True) for channel in recording.samples]
    return recording.channel_names, arrays
