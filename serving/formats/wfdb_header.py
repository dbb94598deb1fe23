"""Headers of WFDB records, looked at before wfdb reads them: it believes whatever they say.

A few bytes may announce signals by the hundred million, for which wfdb makes room; a long line
takes it minutes; a segment may name itself; and a gain that is not there is taken for 200 a mV.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from features import RELATIVE, SignalError

_LONGEST_LINE = 1000
"""Characters; WFDB itself writes up to 255."""
_OF_SEGMENTS = "/"
_UNIT = 2
"""Part of a signal's line that holds gain, baseline and unit: ``200(0)/uV``."""
_NUMBER = re.compile(r"\d+", re.ASCII)
"""What wfdb takes for one, whatever follows."""
_FAR_SKEW = re.compile(r".*:0*[1-9]\d{6}")
"""Of a signal that is late by a million samples: so much is read beside each."""
_NO_GAIN = re.compile(r"-?0*\.?0*(e[+-]?\d*)?($|[(/])")

Lines = list[list[str]]


def check_header(path: Path) -> None:
    """Refuse a record whose header, or that of a segment, is missing or does not hold together."""
    header = path.with_suffix(".hea")
    if not header.is_file():
        raise SignalError(
            f"its header {header.name} is missing; it must lie beside the signals"
            " (in a zip with both, if it is sent)"
        )
    lines = _lines(header)
    if not lines:
        raise SignalError(f"it is no readable WFDB record: its header {header.name} is empty")
    if not _is_of_segments(lines):
        _check_signals(header, lines)
        return
    _check_number(header, lines, lines[0][0].partition(_OF_SEGMENTS)[2], "segments")
    for segment in _segments(header, lines):
        parts = _lines(segment)
        if parts and _is_of_segments(parts):
            raise SignalError(f"its segment {segment.stem} has segments itself; zip it alone")
        _check_signals(segment, parts)


def units_of(header: Path, stated: Sequence[str | None]) -> list[str]:
    """Return the units of the signals of a record: ``relative`` where the header states no gain.

    What such a signal measured is not known (WFDB, header(5)); wfdb assumes 200 steps a unit.
    """
    return [
        unit or "" if len(parts) > _UNIT and not _NO_GAIN.match(parts[_UNIT]) else RELATIVE
        for unit, parts in zip(stated, _lines(header)[1:], strict=True)
    ]


def _check_signals(header: Path, lines: Lines) -> None:
    """Refuse a header with other signals than it announces, and a unit that wfdb would change.

    wfdb drops letters beyond ASCII without a word: what is in µV would be read as V.
    """
    if lines and len(lines[0]) > 1:
        _check_number(header, lines, lines[0][1], "signals")
    for parts in lines[1:]:
        if any(_FAR_SKEW.match(part) for part in parts[1:_UNIT]):
            raise SignalError(
                f"its header {header.name} is damaged: it states a signal as {parts[1][:40]!r},"
                " a skew of over a million samples"
            )
        if len(parts) > _UNIT and not parts[_UNIT].isascii():
            unit = parts[_UNIT].encode(errors="surrogateescape").decode(errors="replace")
            raise SignalError(
                f"its header {header.name} has a letter beyond ASCII in {unit!r}, which"
                " WFDB leaves out; write units as uV or mV"
            )


def _check_number(header: Path, lines: Lines, announced: str, of_what: str) -> None:
    """Refuse a header without a line for each of what it announces."""
    held = len(lines) - 1
    number = _NUMBER.match(announced)
    if number and number[0].lstrip("0") != (str(held) if held else ""):
        raise SignalError(
            f"its header {header.name} is damaged: it announces {announced[:20]} {of_what}, and"
            f" lists {held}"
        )


def _is_of_segments(lines: Lines) -> bool:
    return _OF_SEGMENTS in lines[0][0]


def _segments(header: Path, lines: Lines) -> Iterator[Path]:
    """Yield the headers of segments that are there, each once."""
    for name in sorted({parts[0] for parts in lines[1:]}):
        path = header.with_name(f"{Path(name).name}.hea")
        if Path(name).name == name and path.is_file():
            yield path


def _lines(header: Path) -> Lines:
    """Return the words of each line of a header, without comments and what is empty."""
    text = header.read_text(encoding="ascii", errors="surrogateescape")
    found = [line for line in text.splitlines() if line.split() and line.strip()[0] != "#"]
    if max(map(len, found), default=0) > _LONGEST_LINE:
        raise SignalError(
            f"its header {header.name} has a line of over {_LONGEST_LINE} characters, as no header"
            " of WFDB has"
        )
    return [line.split() for line in found]
