"""Records of recordings that were never made: made up as a test needs them."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

import numpy as np

from serving.analysis.intervals import percentiles, rate, share
from serving.analysis.report import (
    Episode,
    Event,
    Gap,
    QualitySpan,
    RecordingInfo,
    RecordingReport,
    Settings,
    Span,
)
from serving.responses import ModelInfo

START = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def emg_record(**changes: Any) -> RecordingReport:
    """Two minutes of a muscle with a few potentials, a contraction and a loose electrode."""
    return _emg_record().model_copy(update=changes)


def motion_record(**changes: Any) -> RecordingReport:
    """Five minutes of a wrist with two bouts of tremor."""
    return _motion_record().model_copy(update=changes)


@cache
def _emg_record() -> RecordingReport:
    return RecordingReport(
        recording=RecordingInfo(
            modality="emg",
            unit="uV",
            sampling_rate_hz=1000.0,
            duration_s=120.0,
            start_time=START,
            channels=("biceps",),
            gaps=(Gap(start_s=100.0, duration_s=2.5),),
        ),
        usable_s=110.0,
        shares={
            "rest": share(np.arange(110) < 80, 1.0),
            "voluntary": share(np.arange(110) >= 90, 1.0),
            "fasciculation": share(np.zeros(110, dtype=bool), 1.0),
            "undecided": share((np.arange(110) >= 80) & (np.arange(110) < 90), 1.0),
        },
        rates={"fasciculation": rate(3, 1.5), "tremor_episodes": rate(0, 0.0)},
        amplitudes={"fasciculation": percentiles([80.0, 120.5, 95.25])},
        episodes=(made_episode("voluntary", 90.0, 20.0),),
        events=(
            Event(time_s=3.25, duration_ms=12.5, amplitude=80.0, shape=0, isolated=True),
            Event(time_s=7.0, duration_ms=11.0, amplitude=120.5, shape=1, isolated=False),
            Event(time_s=7.05, duration_ms=14.0, amplitude=95.25, shape=0, isolated=False),
        ),
        timeline=(
            made_span("rest", 0.0, 80.0),
            Span(
                start_s=80.0,
                duration_s=10.0,
                label="undecided",
                candidates=("rest", "voluntary"),
                reason="several_candidates",
                probability=0.5,
            ),
            made_span("voluntary", 90.0, 20.0),
            Span(
                start_s=110.0,
                duration_s=10.0,
                label="unusable",
                candidates=(),
                reason="flat",
                probability=None,
            ),
        ),
        quality=(QualitySpan(start_s=110.0, duration_s=10.0, flag="flat"),),
        model=ModelInfo(name="quaver-emg", version="3", fingerprint="9f2c" * 16),
        settings=Settings(window_s=4.0, hop_s=1.0),
    )


@cache
def _motion_record() -> RecordingReport:
    has_tremor = (np.arange(300) // 50) % 3 == 1
    return RecordingReport(
        recording=RecordingInfo(
            modality="accelerometer",
            unit="g",
            sampling_rate_hz=100.0,
            duration_s=300.0,
            channels=("x", "y", "z"),
        ),
        usable_s=300.0,
        shares={"rest": share(~has_tremor, 1.0), "tremor": share(has_tremor, 1.0)},
        rates={"clonus_episodes": rate(0, 5.0), "tremor_episodes": rate(2, 5.0)},
        amplitudes={"tremor": percentiles([0.1, 0.12, 0.2])},
        episodes=(
            made_episode("tremor", 50.0, 50.0, dominant_frequency_hz=5.1, cycles=255),
            made_episode("tremor", 200.0, 50.0, dominant_frequency_hz=4.9, cycles=246),
        ),
        events=(),
        timeline=(made_span("rest", 0.0, 300.0),),
        quality=(),
        model=ModelInfo(name="quaver-accelerometer", version="3", fingerprint="4b1d" * 16),
        settings=Settings(window_s=4.0, hop_s=1.0),
    )


def with_recording(record: RecordingReport, **changes: Any) -> RecordingReport:
    """Return the record of a recording that is otherwise."""
    info = record.recording.model_copy(update=changes)
    return record.model_copy(update={"recording": info})


def made_episode(label: str, start_s: float, duration_s: float, **changes: Any) -> Episode:
    """Return an episode without a rhythm, unless it is told."""
    episode = Episode(
        label=label,
        start_s=start_s,
        duration_s=duration_s,
        dominant_frequency_hz=None,
        frequency_spread_hz=None,
        cycles=None,
        amplitude=0.15,
        probability=0.9,
    )
    return episode.model_copy(update=changes)


def made_span(label: str, start_s: float, duration_s: float) -> Span:
    """Return a span that is sure of its label."""
    return Span(
        start_s=start_s,
        duration_s=duration_s,
        label=label,
        candidates=(label,),
        reason=None,
        probability=0.9,
    )
