"""Spans of a user's recording: from rows of a table, or from annotations inside its file."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from features import SignalError
from serving.recordings import Annotation, read_annotations
from training.datasets.labelled import Span, check_spans
from training.datasets.labels_table import Labels, composed


def spans_of_rows(labels: Labels, key: str, table: Path, duration_s: float) -> tuple[Span, ...]:
    """Return the spans of a recording in order of time.

    Raises
    ------
    SignalError
        When one lies outside the recording or overlaps another, naming the table and its line.
    """
    found = [
        (Span(row.start_s or 0.0, duration_s if row.end_s is None else row.end_s, row.label), row)
        for row in labels.rows
    ]
    found.sort(key=lambda each: each[0].start_s)
    spans = tuple(span for span, _ in found)
    for i, (_, row) in enumerate(found):
        try:
            check_spans(spans[max(i - 1, 0) : i + 1], duration_s, key)
        except SignalError as error:
            raise SignalError(f"{table}, line {row.line}: {error}") from error
    return spans


def spans_of_annotations(
    meanings: Mapping[str, str | None], point_s: float | None, path: Path, key: str, end_s: float
) -> tuple[Span, ...]:
    """Return the spans of annotations in order of time; a moment becomes one around it.

    Raises
    ------
    SignalError
        Naming the file, when it has none, or one that says what ``meanings`` does not know, is a
        moment without ``point_s``, lies outside the recording or overlaps another.
    """
    with in_folder(path):
        notes = read_annotations(path)
    if not notes:
        raise SignalError(
            f"{path} holds no annotations (a WFDB record has them in a file .atr beside it); leave"
            " it out of subjects, or name a table under labels instead"
        )
    lasting: list[Span] = []
    moments: list[tuple[float, str]] = []
    for note in notes:
        where = f"{path} has the annotation {note.text.strip()!r} at {note.start_s:g} s"
        label = _label(note, meanings, where)
        if label is None:
            continue
        if note.start_s > end_s:
            raise SignalError(f"{where}, after its end; it lasts {end_s:g} s")
        if note.duration_s > 0:
            lasting.append(Span(note.start_s, note.start_s + note.duration_s, label))
        elif point_s is None:
            raise SignalError(
                f"{where} without a duration; give point_s, the length that such annotations stand"
                " for"
            )
        else:
            moments.append((note.start_s, label))
    return _in_order([*lasting, *_around(moments, point_s or 0.0, end_s)], path, key, end_s)


@contextmanager
def in_folder(path: Path) -> Iterator[None]:
    """Say where the file lies that an error names: files of several folders may be called alike."""
    try:
        yield
    except SignalError as error:
        raise SignalError(f"{path.parent}/{error}") from error


def _in_order(spans: list[Span], path: Path, key: str, end_s: float) -> tuple[Span, ...]:
    """Return spans in order of time; what is wrong with them names their file."""
    ordered = tuple(sorted(spans, key=lambda span: span.start_s))
    try:
        check_spans(ordered, end_s, key)
    except SignalError as error:
        raise SignalError(f"{path}: {error}") from error
    return ordered


def _label(note: Annotation, meanings: Mapping[str, str | None], where: str) -> str | None:
    """Return what an annotation means, None for one that is left out."""
    text = composed(note.text.strip())
    if text not in meanings:
        raise SignalError(
            f"{where}; annotations knows {', '.join(meanings)} (null for what is to be left out)"
        )
    return meanings[text]


def _around(moments: list[tuple[float, str]], point_s: float, end_s: float) -> list[Span]:
    """Return a span around each moment, cut half way to a neighbour of its label: a doublet."""
    spans: list[Span] = []
    for at_s, label in sorted(moments):
        start_s, stop_s = max(at_s - point_s / 2, 0.0), min(at_s + point_s / 2, end_s)
        if spans and spans[-1].label == label and spans[-1].end_s > start_s:
            before = spans.pop()
            start_s = (before.end_s + start_s) / 2
            spans.append(Span(before.start_s, start_s, label))
        spans.append(Span(start_s, stop_s, label))
    return spans
