"""CSV and its relatives: columns separated by commas, semicolons or tabs.

Lines that are empty or begin with ``#`` before the table are left out, and ``sep=;`` is heeded. The
first line holds the names of the columns, unless all its cells are numbers or missing samples: then
the columns are known by number. (Whole numbers from 0 over fractions are names.) A decimal comma is
understood in tables that are not separated by commas. An empty line among rows without times is a
row of missing samples.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from features import Recording, SignalError
from serving.formats import tables
from serving.formats.columns import no_number, type_of_text
from serving.formats.dialect import (
    MISSING,
    Dialect,
    end_of_data,
    is_missed_comma,
    sniff,
)
from serving.formats.file_source import FileSource
from serving.formats.limits import Limits
from serving.formats.mapping import SignalMapping

_BLOCK_BYTES = 1024**2
"""Size of what is parsed at a time, and the longest line."""
_TYPES_OF_TIMES = (
    pa.int64(),
    pa.float64(),
    pa.timestamp("ns"),
    pa.timestamp("ns", "UTC"),
)
_UNCLEAR = (pa.null(), pa.string(), pa.binary())
"""What pyarrow takes a column of numbers for that begins empty, or of which a cell is text or bytes
of another encoding."""
_NO_NUMBER = re.compile(
    r"In CSV column #(\d+): Row #(\d+): CSV conversion error to double: invalid value '(.*)'",
    re.DOTALL,
)
_CONVERSION = "CSV conversion error"
_TOO_LONG = "straddling"
"""What pyarrow says of a line that is longer than a block."""


class _MissedCommaError(SignalError):
    """The first decimal comma of a table stands below what was looked at."""


@dataclass(frozen=True, eq=False)
class _Columns:
    """Columns of a table of text, see :class:`serving.formats.tables.TableFile`.

    ``types`` are those that the first cells have. Columns that are chosen are read as numbers, and
    text in them is refused. Where rows do not tell their time (``timed``), an empty line among them
    is a row of missing samples, for those below would come too early without it.
    """

    path: Path
    dialect: Dialect
    types: tuple[pa.DataType, ...]
    timed: bool
    unit: str = ""
    rate_hz: float = math.nan

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return self.dialect.names

    def batches(self, places: Sequence[int]) -> Iterator[pa.RecordBatch]:
        """Read columns of numbers some rows at a time."""
        columns = [str(place) for place in places]
        types = dict.fromkeys(columns, pa.float64())
        gaps = not self.timed
        with (
            _reading(self.dialect, gaps=gaps),
            _stream(self.path, self.dialect, types, gaps=gaps) as reader,
        ):
            for batch in reader:
                yield batch.select(columns)

    def whole(self, place: int, most_rows: int) -> pa.ChunkedArray:
        """Read a column whole, as the first type of times that all its cells have, or as text."""
        # pyarrow can find the type itself, but holds the whole file in memory until it has.
        with _reading(self.dialect):
            for kind in _TYPES_OF_TIMES:
                try:
                    return self._column(str(place), kind, most_rows)
                except pa.ArrowInvalid as error:
                    found = _NO_NUMBER.match(str(error))
                    late = found is not None and is_missed_comma(found[3], self.dialect)
                    if late or _CONVERSION not in str(error):
                        raise
            return self._column(str(place), pa.string(), most_rows)

    def _column(self, name: str, kind: pa.DataType, most_rows: int) -> pa.ChunkedArray:
        chunks, n_rows = [], 0
        with _stream(self.path, self.dialect, {name: kind}) as reader:
            for batch in reader:
                chunks.append(batch.column(0))
                n_rows += len(batch)
                tables.check_most_rows(n_rows, most_rows)
        return pa.chunked_array(chunks, kind)


@contextmanager
def opened(path: Path, mapping: SignalMapping, limits: Limits) -> Iterator[FileSource]:
    """Open the wanted columns of a table of text."""
    dialect = sniff(path)
    with ExitStack() as stack:
        try:
            source = stack.enter_context(_opened(path, dialect, mapping, limits))
        except _MissedCommaError as error:
            with_commas = replace(dialect, decimal=",")
            try:
                source = stack.enter_context(_opened(path, with_commas, mapping, limits))
            except SignalError:
                raise error from None
        yield source


@contextmanager
def _opened(
    path: Path, dialect: Dialect, mapping: SignalMapping, limits: Limits
) -> Iterator[FileSource]:
    if dialect.spaced and mapping.time_column is None:
        raise SignalError(
            "an empty line follows each of its rows, and would be a missing sample; save it without"
            " them (from Python, open the file with newline='')"
        )
    with _reading(dialect):
        types = _types(path, dialect)
    columns = _Columns(path, dialect, types, timed=mapping.time_column is not None)
    with tables.opened(columns, mapping, limits) as source:
        yield source


def _types(path: Path, dialect: Dialect) -> tuple[pa.DataType, ...]:
    """Return what the first cells of all columns are, after those that are empty.

    A column of numbers and words is one of numbers, which will be refused, not one that is passed
    over.
    """
    with _stream(path, dialect, {}) as reader:
        types = list(reader.schema.types)
    unclear = {place for place, kind in enumerate(types) if kind in _UNCLEAR}
    if unclear:
        with _stream(path, dialect, {str(place): pa.binary() for place in unclear}) as reader:
            for batch in reader:
                for place in tuple(unclear):
                    cells = batch.column(str(place)).drop_null().to_pylist()
                    if cells:
                        types[place] = type_of_text(
                            [cell.decode(errors="replace") for cell in cells]
                        )
                        unclear.remove(place)
                if not unclear:
                    break
    return tuple(types)


def _stream(
    path: Path, dialect: Dialect, types: Mapping[str, pa.DataType], *, gaps: bool = False
) -> arrow_csv.CSVStreamingReader:
    """Read columns of these types, or all; they are named by their places, for names may repeat.

    Parameters
    ----------
    gaps : bool
        Whether an empty line is a row without samples; below the data it means nothing.
    """
    end = end_of_data(path, dialect.encoding)
    return arrow_csv.open_csv(
        pa.OSFile(str(path)).get_stream(0, end),
        # One thread, so that a refusal of a row can say which one it is.
        read_options=arrow_csv.ReadOptions(
            use_threads=False,
            block_size=_BLOCK_BYTES,
            skip_rows=dialect.skipped_lines,
            skip_rows_after_names=_rows_of_names(dialect, gaps=gaps),
            encoding=dialect.encoding,
            column_names=[str(place) for place in range(len(dialect.names))],
        ),
        parse_options=arrow_csv.ParseOptions(
            delimiter=dialect.separator, ignore_empty_lines=not gaps
        ),
        convert_options=arrow_csv.ConvertOptions(
            null_values=list(MISSING),
            decimal_point=dialect.decimal,
            strings_can_be_null=True,
            column_types=dict(types),
            include_columns=list(types),
        ),
    )


def _rows_of_names(dialect: Dialect, *, gaps: bool) -> int:
    """Return the rows above the data that pyarrow sees."""
    return int(dialect.has_names) + (dialect.empty_lines if gaps else 0)


@contextmanager
def _reading(dialect: Dialect, *, gaps: bool = False) -> Iterator[None]:
    """Say in other words what pyarrow finds wrong."""
    try:
        yield
    except UnicodeError as error:
        raise SignalError(
            "it holds bytes that are neither UTF-8 nor Windows text; save it as UTF-8"
        ) from error
    except pa.ArrowException as error:
        if found := _NO_NUMBER.match(str(error)):
            row = int(found[2]) - dialect.skipped_lines - _rows_of_names(dialect, gaps=gaps)
            refusal = no_number(dialect.names[int(found[1])], row, found[3])
            if is_missed_comma(found[3], dialect):
                raise _MissedCommaError(str(refusal)) from error
            raise refusal from error
        if _TOO_LONG in str(error):
            raise SignalError(
                f"it has a line of over {_BLOCK_BYTES} bytes; a table has one line for each sample"
            ) from error
        raise SignalError(f"it is no regular table of text: {error}") from error


def write(recording: Recording, path: Path) -> None:
    """Write a recording as CSV: ``time_s``, then one column a channel; gaps are empty cells."""
    names, arrays = tables.channel_arrays(recording)
    # Nanoseconds: what a float leaves behind the ninth digit is rounding.
    times_s = np.round(np.arange(recording.samples.shape[1]) / recording.sampling_rate_hz, 9)
    table = pa.Table.from_arrays([pa.array(times_s), *arrays], names=["time_s", *names])
    arrow_csv.write_csv(table, path)
