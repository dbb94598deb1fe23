"""Label: a record as the text that was asked for."""

import csv
import io
import json

from serving.analysis.fhir import bundle
from serving.analysis.report import RecordingReport
from serving.analysis.tabular import record_csv
from serving.analysis.text import inert

FORMATS = ("csv", "json", "fhir", "windows")
"""csv: a row for each span, episode and event; windows: a row for each window."""


def text_of(report: RecordingReport, output: str) -> str:
    """Return a record in one of :data:`FORMATS`."""
    if output == "json":
        return report.model_dump_json(indent=1) + "\n"
    if output == "fhir":
        return json.dumps(bundle(report), indent=1) + "\n"
    if output == "windows":
        return windows_csv(report)
    return record_csv(report)


def windows_csv(report: RecordingReport) -> str:
    """Return the answer to each window, channel by channel; candidates are joined by a plus."""
    text = io.StringIO()
    writer: csv.DictWriter[str] | None = None
    for one in (report, *report.further_channels):
        for window in one.windows or ():
            row = {
                "channel": inert("+".join(one.recording.channels)),
                "start_s": window.start_s,
                "end_s": round(window.start_s + one.settings.window_s, 4),
                "label": window.label,
                "candidates": "+".join(window.candidates),
                "reason": window.reason,
                "dominant_frequency_hz": window.dominant_frequency_hz,
            }
            chances = window.probabilities or dict.fromkeys(one.shares)
            row |= {f"probability_{k}": chances.get(k) for k in one.shares if k != "undecided"}
            if writer is None:
                writer = csv.DictWriter(text, list(row), lineterminator="\n")
                writer.writeheader()
            writer.writerow({k: "" if v is None else v for k, v in row.items()})
    return text.getvalue()
