"""Spans of a user's recording: from rows of a table, or from annotations inside its file."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from features import Recording, SignalError
from serving.recordings import Annotation, read_annotations
from training.datasets.labelled import Span
from training.datasets.labels_table import Labels, composed
from training.datasets.nested_spans import Drawn, apart


def spans_of_rows(labels: Labels, key: str, table: Path, recording: Recording) -> tuple[Span, ...]:
    """Return the spans of a recording in order of time; see :mod:`training.datasets.nested_spans`.

    Raises
    ------
    SignalError
        When one lies outside the recording or overlaps another in part, naming the table and its
        line.
    """
    end_s = recording.duration_s
    drawn = [
        Drawn(
            Span(row.start_s or 0.0, end_s if row.end_s is None else row.end_s, row.label),
            f"{table}, line {row.line}",
        )
        for row in labels.rows
    ]
    return _apart(drawn, key, recording)


def spans_of_annotations(
    meanings: Mapping[str, str | None],
    point_s: float | None,
    path: Path,
    key: str,
    recording: Recording,
) -> tuple[Span, ...]:
    """Return the spans of annotations in order of time; a moment becomes one around it.

    Raises
    ------
    SignalError
        Naming the file, when it has none, or one that says what ``meanings`` does not know, is a
        moment without ``point_s``, lies outside the recording or overlaps another in part.
    """
    notes = _notes(path)
    end_s = recording.duration_s
    drawn: list[Drawn] = []
    moments: list[tuple[float, str]] = []
    for note in notes:
        where = f"{path} has the annotation {note.text.strip()!r} at {note.start_s:g} s"
        label = _label(note, meanings, where)
        if label is None:
            continue
        if note.start_s > end_s:
            raise SignalError(f"{where}, after its end; it lasts {end_s:g} s")
        if note.duration_s > 0:
            span = Span(note.start_s, note.start_s + note.duration_s, label)
            drawn.append(Drawn(span, f"{path}"))
            continue
        if point_s is None:
            raise SignalError(
                f"{where} without a duration; give point_s, the length such annotations stand for"
            )
        moments.append((note.start_s, label))
    around = _around(moments, point_s or 0.0, end_s)
    drawn += [Drawn(span, f"{path}", is_moment=True) for span in around]
    return _apart(drawn, key, recording)


def _notes(path: Path) -> tuple[Annotation, ...]:
    with in_folder(path):
        notes = read_annotations(path)
    if not notes:
        raise SignalError(
            f"{path} holds no annotations (a WFDB record has them in a file .atr beside it); leave"
            " it out of subjects, or name a table under labels instead"
        )
    return notes


def _apart(drawn: list[Drawn], key: str, recording: Recording) -> tuple[Span, ...]:
    return apart(
        drawn,
        duration_s=recording.duration_s,
        rate_hz=recording.sampling_rate_hz,
        recording=key,
    )


@contextmanager
def in_folder(path: Path) -> Iterator[None]:
    """Say where the file lies that an error names: files of several folders may be called alike."""
    try:
        yield
    except SignalError as error:
        raise SignalError(f"{path.parent}/{error}") from error


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
