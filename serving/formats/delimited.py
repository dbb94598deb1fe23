"""CSV and its relatives: columns separated by commas, semicolons or tabs.

Lines that are empty or begin with ``#`` before the table are left out. The first line holds the
names of the columns, unless all its cells are numbers: then the columns are known by number. A
decimal comma is understood in tables that are separated by semicolons or tabs.
"""

import codecs
import csv
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from features import Recording, SignalError
from serving.formats.mapping import SignalMapping
from serving.formats.tables import Table, channel_arrays, recording_of

_HEAD_BYTES = 65536
_SEPARATORS = ("\t", ";", ",")
_DECIMAL_COMMA = re.compile(r"\s*[+-]?\d*,\d+([eE][+-]?\d+)?\s*")
_MISSING = ("", " ", "nan", "NaN", "NAN", "-nan", "NA", "N/A", "#N/A", "null", "NULL", "None")


@dataclass(frozen=True)
class Dialect:
    """How a table of text is written."""

    encoding: str
    skipped_lines: int
    separator: str
    decimal: str
    has_names: bool
    n_columns: int


def read(path: Path, mapping: SignalMapping) -> Recording:
    """Read a table of text into a recording."""
    dialect = sniff(path)
    try:
        table = arrow_csv.read_csv(
            path,
            # One thread, so that a refusal of a row can say which one it is.
            read_options=arrow_csv.ReadOptions(
                use_threads=False,
                skip_rows=dialect.skipped_lines,
                encoding=dialect.encoding,
                autogenerate_column_names=not dialect.has_names,
            ),
            # In a table of one column an empty line is a missing sample.
            parse_options=arrow_csv.ParseOptions(
                delimiter=dialect.separator, ignore_empty_lines=dialect.n_columns > 1
            ),
            convert_options=arrow_csv.ConvertOptions(
                null_values=list(_MISSING), decimal_point=dialect.decimal, strings_can_be_null=True
            ),
        )
    except (pa.ArrowException, UnicodeError) as error:
        raise SignalError(f"it is no regular table of text: {error}") from error
    names = tuple(name.strip() for name in table.column_names)
    if not dialect.has_names:
        names = tuple(f"column_{place}" for place in range(len(names)))
    return recording_of(Table(names, tuple(table.columns)), mapping)


def sniff(path: Path) -> Dialect:
    """Find out how a table is written, from its first lines."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    encoding = _encoding(head)
    lines = head.decode(encoding, errors="replace").splitlines()
    skipped = next(
        (n for n, line in enumerate(lines) if line.strip() and not line.startswith("#")), None
    )
    if skipped is None:
        raise SignalError("it is empty; it needs a line with the names of the columns, and data")
    first = lines[skipped]
    counts = {separator: first.count(separator) for separator in _SEPARATORS}
    separator = max(counts, key=lambda each: counts[each])
    if counts[separator] == 0:
        separator = ","
    cells = next(csv.reader([first], delimiter=separator))
    decimal = _decimal(lines[skipped : skipped + 20], separator)
    return Dialect(
        encoding=encoding,
        skipped_lines=skipped,
        separator=separator,
        decimal=decimal,
        has_names=not all(_is_number(cell.replace(decimal, ".")) for cell in cells),
        n_columns=len(cells),
    )


def _encoding(head: bytes) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in head:
        raise SignalError("it is not a text file; a table in binary form is read from .parquet")
    try:
        # The last character may be cut.
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _decimal(lines: list[str], separator: str) -> str:
    if separator == ",":
        return "."
    cells = [cell for line in lines for cell in line.split(separator)]
    return "," if any(_DECIMAL_COMMA.fullmatch(cell) for cell in cells) else "."


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def write(recording: Recording, path: Path) -> None:
    """Write a recording as CSV: ``time_s``, then one column a channel; gaps are empty cells."""
    names, arrays = channel_arrays(recording)
    # Nanoseconds: what a float leaves behind the ninth digit is rounding.
    times_s = np.round(np.arange(recording.samples.shape[1]) / recording.sampling_rate_hz, 9)
    table = pa.Table.from_arrays([pa.array(times_s), *arrays], names=["time_s", *names])
    arrow_csv.write_csv(table, path)
