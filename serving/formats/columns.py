"""Columns of a table: as numbers, and as seconds from the first row."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features import SignalError
from serving.formats.mapping import SignalMapping

Array = NDArray[np.float64]

_LIKE_A_NUMBER = re.compile(r"\s*[+-]?[.,]?\d[\d.,' ]*([eE][+-]?\d+)?\s*")
"""A number as people and programs write it, whatever is between thousands."""

_LONGEST_CELL = 60
_KINDS_OF_DATES = (pa.timestamp("ns"), pa.timestamp("ns", "UTC"))
_NANOSECONDS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}


def is_numeric(kind: pa.DataType) -> bool:
    """Whether a column of this type holds numbers."""
    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    )


def is_text(kind: pa.DataType) -> bool:
    """Whether a column of this type holds text, which may be kept as codes."""
    if pa.types.is_dictionary(kind):
        return is_text(kind.value_type)
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def is_text_or_bytes(kind: pa.DataType) -> bool:
    """Whether a column of this type holds cells of any length."""
    if pa.types.is_dictionary(kind):
        return is_text_or_bytes(kind.value_type)
    return is_text(kind) or bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def type_of_text(cells: Sequence[str]) -> pa.DataType:
    """Return what a column is meant to hold by the text of its first cells.

    One of numbers and words is one of numbers, which will be refused, not passed over.
    """
    is_meant = any(_LIKE_A_NUMBER.fullmatch(cell) for cell in cells)
    return pa.float64() if is_meant else pa.string()


def numbers(
    column: pa.Array | pa.ChunkedArray, name: str, first_row: int = 1
) -> NDArray[np.floating]:
    """Return a column as numbers, NaN where a cell is empty, or say where text is.

    Parameters
    ----------
    first_row : int
        Row of data of the first cell, counted from 1.
    """
    if not is_numeric(column.type):
        if column.null_count < len(column):
            row, cell = _first_text(column)
            raise no_number(name, first_row + row, cell)
        return np.full(len(column), np.nan)
    wanted = column.type if column.type in (pa.float32(), pa.float64()) else pa.float64()
    values: NDArray[np.floating] = column.cast(wanted, safe=False).to_numpy(zero_copy_only=False)
    return values


def no_number(name: str, row: int, cell: object) -> SignalError:
    """Return the refusal of a cell that is no number, or one that is stored as text."""
    stored = " as text" if isinstance(cell, str) and _is_number(cell) else ""
    return SignalError(
        f"column {name!r} holds {_short(cell)}{stored} in data row {row}; it must hold numbers"
        " (name the columns that are channels under columns)"
    )


def _first_text(column: pa.Array | pa.ChunkedArray) -> tuple[int, object]:
    """Return the first cell that is no number, or the first of all, and its place from 0."""
    cells = ((place, _content(cell)) for place, cell in enumerate(column) if cell.is_valid)
    first = next(cells)
    return next((each for each in chain([first], cells) if not _is_number(each[1])), first)


def _content(cell: pa.Scalar) -> object:
    """Return what a cell holds; of what Python has no room for, such as late years, the type."""
    try:
        return cell.as_py()
    except (ValueError, OverflowError):
        return cell.type


def _is_number(cell: object) -> bool:
    try:
        float(cell)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
    return True


def _short(cell: object) -> str:
    """Return a cell as it is told: whoever wrote it knows it by its beginning."""
    told = repr(cell)
    return told if len(told) <= _LONGEST_CELL else f"{told[:_LONGEST_CELL]}…"


def times(
    column: pa.ChunkedArray, name: str, mapping: SignalMapping
) -> tuple[Array, datetime | None]:
    """Return the times in seconds from the first, and when that was if they are dates.

    Raises
    ------
    SignalError
        When the column holds no times, or numbers of which the unit is not known.
    """
    if is_numeric(column.type):
        unit = mapping.time_unit_of_numbers
        if unit is None or unit == "iso":
            said = "not given" if unit is None else repr(unit)
            raise SignalError(
                f"time_unit is {said}; column {name!r} holds numbers, so it must be one of"
                f" {', '.join(_NANOSECONDS)}"
            )
        per_second = 1_000_000_000 / _NANOSECONDS[unit]
        return _from_first(column, per_second), None
    if mapping.time_unit not in (None, "iso"):
        raise SignalError(
            f"time_unit is {mapping.time_unit!r}, but column {name!r} holds no numbers;"
            " for dates it is iso"
        )
    dates = _dates(column, name)
    moments = dates.cast(pa.int64())
    start = moments[0].as_py()
    if start is None:
        return np.full(len(moments), np.nan), None
    zone = UTC if dates.type.tz is not None else None
    first = datetime.fromtimestamp(start // 1000 / 1e6, tz=UTC).replace(tzinfo=zone)
    return _from_first(moments, 1e9), first


def _from_first(column: pa.ChunkedArray, per_second: float) -> Array:
    """Return seconds from the first; whole numbers are subtracted before they become floats."""
    seconds = np.empty(len(column))
    done = 0
    for chunk in column.chunks:
        difference = _apart(chunk, column[0]).cast(pa.float64(), safe=False)
        part = difference.to_numpy(zero_copy_only=False) / per_second
        seconds[done : done + len(part)] = part
        done += len(part)
    return seconds


def _apart(cells: pa.Array, first: pa.Scalar) -> pa.Array:
    """Subtract the first, exactly where the type has room for it.

    Nanoseconds since 1970 have more digits than a float holds; small or unsigned integers, halves
    and the longest decimals have no room.
    """
    try:
        return pc.subtract_checked(cells, first)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pc.subtract(*(each.cast(pa.float64(), safe=False) for each in (cells, first)))


def _dates(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    if pa.types.is_timestamp(column.type):
        try:
            return column.cast(pa.timestamp("ns", column.type.tz))
        except pa.ArrowInvalid:
            raise SignalError(
                f"column {name!r} holds a date beyond the years 1678 to 2261; correct it"
            ) from None
    for wanted in _KINDS_OF_DATES:
        try:
            return _as_dates(column, wanted)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            continue
    row = max(_rows_of_dates(column, wanted) for wanted in _KINDS_OF_DATES)
    cell = _short(_content(column[row]))
    if row:
        raise SignalError(
            f"column {name!r} holds {cell} in data row {row + 1}, which is no"
            " date like those above it"
        )
    raise SignalError(
        f"column {name!r} holds no times (first: {cell}); they must be numbers with a time_unit, or"
        " dates such as 2024-05-01T10:00:00.25"
    )


def _as_dates(column: pa.ChunkedArray, wanted: pa.DataType) -> pa.ChunkedArray:
    """Read each text once, however many rows have it."""
    if not pa.types.is_dictionary(column.type):
        return column.cast(wanted)
    chunks = [chunk.dictionary.cast(wanted).take(chunk.indices) for chunk in column.chunks]
    return pa.chunked_array(chunks, wanted)


def _rows_of_dates(column: pa.ChunkedArray, wanted: pa.DataType) -> int:
    """Return how many of the first rows are dates, in a column of which one is none."""
    low, high = 0, len(column)  # the row sought is one of these
    while low + 1 < high:
        middle = (low + high) // 2
        try:
            _as_dates(column.slice(low, middle - low), wanted)
            low = middle
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            high = middle
    return low
