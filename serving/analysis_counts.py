"""Counts: what ``/metrics`` tells of recordings."""

from serving.analysis.report import RecordingReport
from serving.counting import counter


def analysed(report: RecordingReport) -> None:
    """Count a record."""
    modality = report.recording.modality
    records = (report, *report.further_channels)
    seconds = sum(each.recording.duration_s for each in records)
    events = sum(len(each.events) for each in records)
    counter("quaver_analyses", "Recordings analysed", "modality").labels(modality).inc()
    counter("quaver_analysed_signal_seconds", "Length of all signals analysed", "modality").labels(
        modality
    ).inc(seconds)
    counter("quaver_events", "Events found in recordings").inc(events)


def shed() -> None:
    """Count a recording that was turned away."""
    counter("quaver_analyses_shed", "Recordings turned away for want of a place").inc()
