"""Table: a record as CSV, for spreadsheets and data frames.

Comma-separated, one line with the names of the columns, UTF-8, a decimal point. An empty cell is
what does not exist. ``+`` joins candidates, and the axes of a motion sensor; names that a
spreadsheet would run as a formula begin with an apostrophe. Records of several channels follow each
other in one table, told apart by ``channel``.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from serving.analysis.report import RecordingReport
from serving.analysis.text import inert

Row = Mapping[str, Any]

COLUMNS = (
    "kind",
    "channel",
    "label",
    "start_s",
    "duration_s",
    "candidates",
    "reason",
    "probability",
    "at_rest",
    "dominant_frequency_hz",
    "frequency_spread_hz",
    "cycles",
    "amplitude",
    "shape",
    "isolated",
    "percentile",
    "value",
    "low",
    "high",
    "unit",
    "count",
    "effective_n",
    "earlier",
    "now",
    "text",
)
"""Of :func:`record_csv`. ``start_s`` of an event is its peak; ``at_rest`` of a span is whether the
rate of fasciculation is of it; ``unit`` is that of ``amplitude`` and of ``value``, ``low`` and
``high``, the ends of the 95 % interval. ``earlier`` and ``now`` are what a change is of: two rates
a minute, or two shares."""


def record_csv(report: RecordingReport) -> str:
    """Return a whole record as one table, a row a fact, its ``kind`` in the first column.

    ======================  =====================================================================
    ``recording``           modality, duration, and the time of the first sample, if known
    ``stretch``             the part of it that was judged, where it was not all
    ``model``               name, version and fingerprint of the model
    ``settings``            length of the windows, and how far they are apart
    ``note``                what the record is not
    ``caution``             why its answers are worth less than they say, where they are
    ``usable``              time that could be judged
    ``share``               part of that time that has a label
    ``rate``                events or episodes a minute, in a time of ``duration_s``
    ``amplitude``           a percentile of sizes
    ``rate_ratio``,
    ``share_difference``    change since an earlier record, from ``earlier`` to ``now``, with what
                            may be said of it
    ``episode``             stretch of a label
    ``event``               potential like a fasciculation
    ``span``                stretch of the timeline
    ``quality``, ``gap``    stretch in which something speaks against the signal, or samples miss
    ======================  =====================================================================
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for each in (report, *report.further_channels):
        writer.writerows([_cell(row.get(name)) for name in COLUMNS] for row in _facts(each))
    return text.getvalue()


def _facts(report: RecordingReport) -> Iterator[Row]:
    """Yield the rows of one channel."""
    channel = {"channel": report.recording.channels}
    for row in chain(_description(report), _summary(report), _course(report)):
        yield channel | row


def _description(report: RecordingReport) -> Iterator[dict[str, Any]]:
    info, model, settings = report.recording, report.model, report.settings
    start = info.start_time.isoformat() if info.start_time else None
    yield {
        "kind": "recording",
        "label": info.modality,
        "start_s": 0.0,
        "duration_s": info.duration_s,
        "text": start,
    }
    if info.stretch_s is not None:
        begin_s, end_s = info.stretch_s
        yield {"kind": "stretch", "start_s": begin_s, "duration_s": end_s - begin_s}
    yield {"kind": "model", "text": f"{model.name} {model.version} {model.fingerprint}"}
    windows = f"windows of {settings.window_s:g} s every {settings.hop_s:g} s"
    yield {"kind": "settings", "text": windows}
    yield {"kind": "note", "text": report.disclaimer}
    if report.caution:
        yield {"kind": "caution", "text": report.caution}
    yield {"kind": "usable", "duration_s": report.usable_s}


def _summary(report: RecordingReport) -> Iterator[dict[str, Any]]:
    for label, share in report.shares.items():
        yield {
            "kind": "share",
            "label": label,
            "duration_s": share.seconds,
            "value": share.share,
            "low": share.low,
            "high": share.high,
            "effective_n": share.effective_n,
        }
    for label, rate in report.rates.items():
        yield {
            "kind": "rate",
            "label": label,
            "duration_s": 60 * rate.minutes,
            "value": rate.per_minute,
            "low": rate.low,
            "high": rate.high,
            "unit": "1/min",
            "count": rate.count,
        }
    for label, size in report.amplitudes.items():
        for percentile in (5, 25, 50, 75, 95):
            yield {
                "kind": "amplitude",
                "label": label,
                "percentile": percentile,
                "value": getattr(size, f"p{percentile}"),
                "unit": report.recording.unit,
                "count": size.count,
            }
    for change in report.comparison or ():
        numbers = change.model_dump(include={"kind", "value", "low", "high", "earlier", "now"})
        yield {"label": change.what, **numbers, "text": change.verdict}


def _course(report: RecordingReport) -> Iterator[dict[str, Any]]:
    """Yield what has a place in time."""
    unit = report.recording.unit
    for episode in report.episodes:
        yield {"kind": "episode", **episode.model_dump(), "unit": unit}
    for event in report.events:
        yield {
            "kind": "event",
            "start_s": event.time_s,
            "duration_s": event.duration_ms / 1000,
            **event.model_dump(include={"amplitude", "shape", "isolated"}),
            "unit": unit,
        }
    for span in report.timeline:
        yield {"kind": "span", **span.model_dump()}
    for flagged in report.quality:
        stretch = flagged.model_dump(include={"start_s", "duration_s"})
        yield {"kind": "quality", "label": flagged.flag, **stretch}
    for gap in report.recording.gaps:
        yield {"kind": "gap", **gap.model_dump()}


def _cell(value: Any) -> str | float:  # noqa: ANN401  (whatever a record holds)
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return inert("+".join(value))
    return inert(value) if isinstance(value, str) else value
