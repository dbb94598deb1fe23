"""Tables that a person fills in: which stretch of which recording is what, and whose it is."""

import csv
import io
import math
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from features import SignalError
from training.datasets.labelled import CLASSES, UNCLEAR

LABELS = (*CLASSES, UNCLEAR)
"""What a person may write as a label."""

LABEL_COLUMNS = ("recording", "start_s", "end_s", "label", "subject")
SUBJECT_COLUMNS = ("recording", "subject")
_NUMBERS = {"start_s", "end_s"}


@dataclass(frozen=True)
class LabelRow:
    """One labelled stretch, and its line; without start and end, the whole recording."""

    start_s: float | None
    end_s: float | None
    label: str
    line: int


@dataclass(frozen=True)
class Labels:
    """What a table says of one recording, and in which line it first does."""

    subject: str
    rows: tuple[LabelRow, ...]
    line: int


def read_labels(path: Path) -> Mapping[str, Labels]:
    """Read a table ``recording,start_s,end_s,label,subject`` into the labels of each recording.

    Further columns are notes, and a row without a label is one that nobody has labelled yet: both
    are passed over.

    Raises
    ------
    SignalError
        Naming file, line, what is there, and what may be.
    """
    found: dict[str, Labels] = {}
    for line, cells in _rows(path, LABEL_COLUMNS):
        where = f"{path}, line {line}"
        if not cells["label"]:
            continue
        _check_named(cells, where)
        if cells["label"] not in LABELS:
            raise SignalError(
                f"{where}: label is {cells['label']!r}; it must be one of {', '.join(LABELS)}"
            )
        start_s, end_s = (_seconds(cells[name], name, where) for name in ("start_s", "end_s"))
        if (start_s is None) != (end_s is None):
            raise SignalError(
                f"{where}: only one of start_s and end_s is given; give both, or neither for the"
                " whole recording"
            )
        earlier = found.get(cells["recording"], Labels(cells["subject"], (), line))
        if earlier.subject != cells["subject"]:
            raise SignalError(
                f"{where}: recording {cells['recording']!r} is of {cells['subject']!r} here, and of"
                f" {earlier.subject!r} in line {earlier.line}"
            )
        rows = (*earlier.rows, LabelRow(start_s, end_s, cells["label"], line))
        found[cells["recording"]] = Labels(earlier.subject, rows, earlier.line)
    return found


def read_subjects(path: Path) -> Mapping[str, Labels]:
    """Read a table ``recording,subject``; the labels themselves lie elsewhere."""
    found: dict[str, Labels] = {}
    for line, cells in _rows(path, SUBJECT_COLUMNS):
        _check_named(cells, f"{path}, line {line}")
        if cells["recording"] in found:
            raise SignalError(f"{path}, line {line}: recording {cells['recording']!r} is repeated")
        found[cells["recording"]] = Labels(cells["subject"], (), line)
    return found


def composed(text: str) -> str:
    """Return text in which each letter is one sign, so that one name is written in one way.

    A Mac writes the ö in the name of a file as o and two dots, and a keyboard as one sign.
    """
    return unicodedata.normalize("NFC", text)


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield line number and cells of each row by column."""
    wanted = ",".join(columns)
    try:
        text = composed(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise SignalError(f"{path} does not exist; it needs the header {wanted}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SignalError(f"{path} cannot be read as UTF-8 text: {error}") from error
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    header = [cell.strip() for cell in next(reader, [])]
    if not set(columns) <= set(header) or len(set(header)) < len(header):
        raise SignalError(f"{path} has the header {','.join(header) or '(none)'}; needed: {wanted}")
    for row in reader:
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(header):
            raise SignalError(
                f"{path}, line {reader.line_num}: {len(row)} cells; the header has {len(header)}"
            )
        cells = dict(zip(header, (cell.strip() for cell in row), strict=True))
        if separator != ",":
            # Where cells are not set apart by commas, a comma in a number begins its decimals.
            cells |= {name: cells[name].replace(",", ".") for name in _NUMBERS & cells.keys()}
        yield reader.line_num, cells


def _check_named(cells: Mapping[str, str], where: str) -> None:
    """Refuse a row that does not say what it is of, or whose."""
    for name in ("recording", "subject"):
        if not cells[name]:
            raise SignalError(f"{where}: {name} is missing")


def _seconds(cell: str, name: str, where: str) -> float | None:
    if not cell:
        return None
    try:
        seconds = float(cell)
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds):
        raise SignalError(f"{where}: {name} is {cell!r}; it must be a number of seconds")
    return seconds
