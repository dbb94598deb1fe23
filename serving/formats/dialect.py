"""How a table of text is written: found out from its first lines."""

import codecs
import csv
import io
import os
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from features import SignalError

_HEAD_BYTES = 65536
_SOME_LINES = 20
_SEPARATORS = ("\t", ";", ",")
_DECIMAL_COMMA = re.compile(r"\s*[+-]?\d*,\d+([eE][+-]?\d+)?\s*")
_DECIMAL_POINT = re.compile(r"\s*[+-]?\d*\.\d+([eE][+-]?\d+)?\s*")

_NO_WHOLE_NUMBERS = re.compile(r"\s*(-0+,|[+-]?\d*,0\d)")

_SEPARATOR_LINE = re.compile(r'"?sep=([\t ;,|:^~])"?\1*', re.IGNORECASE)
"""A first line by which Excel is told the separator."""

MISSING = ("", " ", "nan", "NaN", "NAN", "-nan", "NA", "N/A", "#N/A", "null", "NULL", "None")
"""Cells of missing samples."""


@dataclass(frozen=True)
class Dialect:
    """How a table of text is written; ``names`` are of all its columns.

    ``empty_lines`` stand between the names and the data. ``spaced``: one follows each of its rows.
    """

    encoding: str
    skipped_lines: int
    separator: str
    decimal: str
    has_names: bool
    names: tuple[str, ...]
    empty_lines: int
    spaced: bool


def sniff(path: Path) -> Dialect:
    """Find out how a table is written."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    encoding = _encoding(head)
    text = head.decode(encoding, errors="replace").removeprefix("\ufeff")
    # Not ``splitlines``, which ends a line at what is part of one for pyarrow.
    lines = list(io.StringIO(text, newline=""))
    skipped = _first_line(lines, 0)
    stated = _SEPARATOR_LINE.fullmatch(lines[skipped].rstrip("\r\n"))
    if stated:
        skipped = _first_line(lines, skipped + 1)
    if len(head) == _HEAD_BYTES and skipped == len(lines) - 1:
        raise SignalError(
            f"its first line is over {_HEAD_BYTES} bytes long; a table has one line for each sample"
        )
    separator = stated[1] if stated else _separator(lines[skipped:])
    rows = csv.reader(lines[skipped:], delimiter=separator)
    cells, first_below = next(rows), skipped + rows.line_num
    below = next((row for row in rows if row), [])
    decimal = _decimal(lines[skipped:], separator)
    has_names = not _is_data([cell.replace(decimal, ".").strip() for cell in cells], below)
    is_all = end_of_data(path, encoding) <= len(head)
    if has_names and is_all and not "".join(lines[first_below:]).strip():
        raise SignalError("it has no rows of data")
    return Dialect(
        encoding=encoding,
        skipped_lines=skipped,
        separator=separator,
        decimal=decimal,
        has_names=has_names,
        names=tuple(
            cell.strip() if has_names else f"column_{place}" for place, cell in enumerate(cells)
        ),
        # In a single column they are missing samples: nothing else would say so.
        empty_lines=_empty_lines(lines[first_below:]) if has_names and len(cells) > 1 else 0,
        spaced=_is_spaced(lines[first_below:]),
    )


def _first_line(lines: list[str], start: int) -> int:
    """Return the first line from a place on that is neither empty nor a remark."""
    for place, line in enumerate(lines[start:], start):
        if line.strip() and not line.startswith("#"):
            return place
    raise SignalError("it is empty; it needs a line with the names of the columns, and data")


def _empty_lines(lines: list[str]) -> int:
    """Count the empty lines that come first."""
    return next((n for n, line in enumerate(lines) if line.rstrip("\r\n")), len(lines))


def _is_spaced(lines: list[str]) -> bool:
    """Whether every second line is empty."""
    some = lines[: 2 * _SOME_LINES]
    is_empty = [not line.rstrip("\r\n") for line in some]
    return len(some) == 2 * _SOME_LINES and all(a != b for a, b in pairwise(is_empty))


def end_of_data(path: Path, encoding: str) -> int:
    """Return where the last line ends that is not empty, in bytes."""
    width, line_ends = (2, b"\r\n\0") if encoding == "utf-16" else (1, b"\r\n")
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        while end > 0:
            begin = max(end - _HEAD_BYTES, 0)
            file.seek(begin)
            kept = len(file.read(end - begin).rstrip(line_ends))
            end = begin + kept
            if kept:
                break
    return end + end % width


def _separator(lines: list[str]) -> str:
    if _is_one_column(lines[:_SOME_LINES]):
        return ";"
    possible = [separator for separator in _SEPARATORS if separator in lines[0]]
    if not possible:
        return " " if _is_apart_by_blanks(lines[:_SOME_LINES]) else ","
    # A name may hold another separator, and a decimal comma looks like one.
    return max(possible, key=lambda each: (_numbers_by(lines, each), lines[0].count(each)))


def _is_one_column(lines: list[str]) -> bool:
    """Whether the only commas are decimal ones: under one name, or where no whole number is meant.

    Nobody writes the whole numbers -0 and 05, which -0,5 and 1,05 would be beside their commas.
    """
    first, *below = (line for line in lines if line.strip())
    rows = below if "," not in first else [first, *below]
    if not rows or not all(_DECIMAL_COMMA.fullmatch(row) for row in rows):
        return False
    is_named = len(rows) == len(below) and not any(each in first for each in _SEPARATORS)
    return is_named or any(_NO_WHOLE_NUMBERS.match(row) for row in rows)


def _numbers_by(lines: list[str], separator: str) -> float:
    """Return which share of the first cells are numbers, of rows that are as long as the first."""
    rows = [row for row in csv.reader(lines[:_SOME_LINES], delimiter=separator) if row]
    cells = [cell for row in rows for cell in row if len(row) == len(rows[0])]
    decimal = "." if separator == "," else ","
    return sum(is_number(cell.replace(decimal, ".")) for cell in cells) / sum(map(len, rows))


def _is_data(cells: list[str], below: list[str]) -> bool:
    """Whether a first row is samples, of which some may be missing, and not names."""
    numbered = ["", *map(str, range(len(cells) - 1))]
    if cells == numbered and (below[:1] == ["0"] or not is_number("".join(below[:1]))):
        return False  # how pandas writes columns that have no names, beside an index
    if len(cells) > 1 and cells == [str(place) for place in range(len(cells))]:
        # And how it writes them without an index: as whole numbers over fractions.
        samples = [cell for cell in below if cell not in MISSING]
        if samples and not any(cell.strip().lstrip("+-").isdecimal() for cell in samples):
            return False
    present = [cell for cell in cells if cell not in MISSING]
    return all(is_number(cell) for cell in present) and any(cells)


def _is_apart_by_blanks(lines: list[str]) -> bool:
    """Whether lines without another separator are columns of numbers with a blank between them."""
    whole = [line.rstrip("\r\n") for line in lines if line.strip()]
    rows = [line.split() for line in whole]
    n_columns = len(rows[-1])
    if n_columns == 1 or any(len(row) != n_columns for row in rows):
        return False
    if not all(is_number(cell.replace(",", ".")) for cell in rows[-1]):
        return False
    if any(line != " ".join(row) for line, row in zip(whole, rows, strict=True)):
        raise SignalError(
            "its columns are set apart by several blanks or by blanks of another kind; put one"
            " comma, semicolon, tab or blank between them"
        )
    return True


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
    """Return what most of the fractions have; a table may begin with many whole numbers."""
    if separator == ",":
        return "."
    cells = [cell for line in lines for cell in line.split(separator)]
    commas = sum(_DECIMAL_COMMA.fullmatch(cell) is not None for cell in cells)
    points = sum(_DECIMAL_POINT.fullmatch(cell) is not None for cell in cells)
    return "," if commas and commas >= points else "."


def is_missed_comma(cell: str, dialect: Dialect) -> bool:
    """Whether a cell that is no number would be one with a decimal comma."""
    possible = dialect.separator != "," and dialect.decimal != ","
    return possible and _DECIMAL_COMMA.fullmatch(cell) is not None


def is_number(cell: str) -> bool:
    """Whether a cell is a number, written with a decimal point."""
    try:
        float(cell)
    except ValueError:
        return False
    return True
