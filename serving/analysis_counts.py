"""Counts: what ``/metrics`` tells of recordings."""

from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

from serving.analysis.report import RecordingReport

if TYPE_CHECKING:
    from prometheus_client import Counter

_MAKING = Lock()


def _counter(name: str, told: str, *labels: str) -> "Counter":
    with _MAKING:  # of two threads that count at once, one makes the counter
        return _made(name, told, *labels)


@cache
def _made(name: str, told: str, *labels: str) -> "Counter":
    # When the first is counted: BentoML says where counts are kept after it has imported us.
    from prometheus_client import Counter  # noqa: PLC0415

    return Counter(name, told, labels)


def analysed(report: RecordingReport) -> None:
    """Count a record."""
    modality = report.recording.modality
    records = (report, *report.further_channels)
    seconds = sum(each.recording.duration_s for each in records)
    events = sum(len(each.events) for each in records)
    _counter("quaver_analyses", "Recordings analysed", "modality").labels(modality).inc()
    _counter("quaver_analysed_signal_seconds", "Length of all signals analysed", "modality").labels(
        modality
    ).inc(seconds)
    _counter("quaver_events", "Events found in recordings").inc(events)


def shed() -> None:
    """Count a recording that was turned away."""
    _counter("quaver_analyses_shed", "Recordings turned away for want of a place").inc()
