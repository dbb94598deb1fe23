"""Analysis: from a recording of any length to its record of episodes, events, rates and shares."""

from serving.analysis.record import analyze
from serving.analysis.report import RecordingReport
from serving.analysis.source import RecordingSource, SampleSource

__all__ = ["RecordingReport", "RecordingSource", "SampleSource", "analyze"]
