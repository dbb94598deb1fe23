"""RecordingReport: the record of one signal, as Python, JSON and every other form know it.

Times are seconds from the first sample of the recording. Every rate and share carries its 95 %
interval. A record describes what was seen; it makes no diagnosis and names no disease.
"""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from features import Modality
from serving.card import DISCLAIMER
from serving.classifier import Reason
from serving.responses import Contribution, ModelInfo

UNUSABLE = "unusable"
"""Label of a span of the timeline in which the signal cannot be judged."""

RHYTHMIC = ("clonus", "tremor")
"""Labels whose episodes have a frequency and are made of cycles."""

Verdict = Literal["rose", "fell", "cannot tell"]


class Part(BaseModel):
    """A part of a record: no unknown field, so that an earlier record is read back strictly.

    Nothing is infinite or not a number: JSON has no such thing.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", protected_namespaces=(), allow_inf_nan=False
    )


class Gap(Part):
    """A stretch in which samples are missing."""

    start_s: float
    duration_s: float


class RecordingInfo(Part):
    """What was recorded."""

    modality: Modality
    unit: str
    sampling_rate_hz: float
    duration_s: float
    start_time: datetime | None = None
    stretch_s: tuple[float, float] | None = Field(
        default=None, description="from where to where the record goes; null: it is of the whole"
    )
    channels: tuple[str, ...] = Field(description="the channels that this record is of")
    gaps: tuple[Gap, ...] = ()


class Settings(Part):
    """How the record was made."""

    window_s: float
    hop_s: float


class Share(Part):
    """Part of the usable time that went to one label."""

    seconds: float
    share: float | None = Field(description="0 to 1, of usable_s; null when nothing was usable")
    low: float | None = Field(description="lower end of the 95 % interval")
    high: float | None
    effective_n: float = Field(
        description="independent observations that the usable time is worth, which the interval"
        " rests on"
    )


class Rate(Part):
    """How often something happened."""

    count: int = Field(
        description="of events, or of episodes; one that goes on after unusable time of no more"
        " than a window is counted once"
    )
    minutes: float = Field(description="time in which it could have been seen")
    per_minute: float | None = Field(description="null when there was no such time")
    low: float | None = Field(description="lower end of the exact Poisson 95 % interval")
    high: float | None


class Percentiles(Part):
    """How large something was, in the unit of the recording, peak to peak."""

    p5: float
    p25: float
    p50: float
    p75: float
    p95: float
    count: int = Field(description="of events, cycles or beats")


class Episode(Part):
    """A stretch of time with one label."""

    label: str
    start_s: float
    duration_s: float
    dominant_frequency_hz: float | None = Field(description="of tremor and clonus")
    frequency_spread_hz: float | None = Field(
        description="interquartile range of the frequency from cycle to cycle"
    )
    cycles: int | None = Field(description="cycles of a tremor, beats of a clonus")
    amplitude: float | None = Field(description="median, peak to peak, in the recording's unit")
    probability: float = Field(description="mean probability of the label")


class Event(Part):
    """A potential that looks like a fasciculation."""

    time_s: float = Field(description="of its peak")
    duration_ms: float
    amplitude: float = Field(description="peak to peak, in the recording's unit")
    shape: int = Field(description="events of one number look alike; 0 is the commonest shape")
    isolated: bool = Field(description="whether both neighbours are over 250 ms away")


class Span(Part):
    """A stretch of the timeline with one answer."""

    start_s: float
    duration_s: float
    label: str = Field(description=f"a class, undecided, or {UNUSABLE}")
    candidates: tuple[str, ...] = Field(description="classes that cannot be ruled out")
    reason: Reason | None = Field(description="why it is undecided or unusable")
    probability: float | None = Field(description="mean probability of the most probable class")
    at_rest: bool | None = Field(
        default=None,
        description="EMG: whether a single potential would have been noticed, so that the rate of"
        " fasciculation is of this time too",
    )


class QualitySpan(Part):
    """A stretch in which something speaks against the signal, to the second."""

    start_s: float
    duration_s: float
    flag: Literal["gap", "flat", "clipped", "mains"]


class Change(Part):
    """How a rate or a share has changed since an earlier record."""

    what: str = Field(description="rates.<name> or shares.<label>")
    kind: Literal["rate_ratio", "share_difference"]
    earlier: float | None
    now: float | None
    value: float | None = Field(description="now / earlier of a rate, now - earlier of a share")
    low: float | None
    high: float | None
    verdict: Verdict


class WindowAnswer(Part):
    """The answer to one window, before anything is joined to episodes."""

    start_s: float
    label: str
    candidates: tuple[str, ...]
    reason: Reason | None
    probabilities: dict[str, float] | None
    dominant_frequency_hz: float | None
    explained_class: str | None = None
    contributions: tuple[Contribution, ...] = ()


class Trace(Part):
    """The signal as a picture shows it: lowest and highest value of each column, per channel.

    Column ``k`` begins ``start_s + k * column_s`` after the first sample of the recording. ``low``
    and ``high`` are little-endian 16-bit integers in base64, one string a channel; a value is
    ``offset + scale * integer``, and -32768 marks a column without samples.
    """

    start_s: float = 0.0
    column_s: float
    n_columns: int
    scale: tuple[float, ...]
    offset: tuple[float, ...]
    low: tuple[str, ...]
    high: tuple[str, ...]


class Spectrogram(Part):
    """Power of the rhythm over time, as a picture shows it: of motion, or of an EMG's envelope.

    Column ``k`` begins ``start_s + k * column_s`` after the first sample of the recording, row
    ``r`` is the frequency ``r * row_hz``. ``power`` are 8-bit integers in base64, column by column;
    a level is ``low_db + step_db * integer``, and 0 marks a column without samples.
    """

    start_s: float
    column_s: float
    n_columns: int
    row_hz: float
    n_rows: int
    low_db: float = Field(description="decibels of the recording's unit squared per hertz")
    step_db: float
    power: str


class RecordingReport(Part):
    """The record of one signal: one channel of EMG, or all axes of a motion sensor together."""

    recording: RecordingInfo
    usable_s: float
    shares: dict[str, Share] = Field(
        description="by label, undecided included; they add up to 1, unless nothing was usable"
    )
    rates: dict[str, Rate] = Field(
        description="fasciculation (events of EMG), and <label>_episodes"
    )
    amplitudes: dict[str, Percentiles] = Field(
        description="of fasciculation events, and of the rhythm of each label in its episodes"
    )
    episodes: tuple[Episode, ...]
    events: tuple[Event, ...]
    timeline: tuple[Span, ...]
    quality: tuple[QualitySpan, ...]
    model: ModelInfo
    settings: Settings
    caution: str | None = Field(
        default=None, description="why answers are worth less than they say; null when they are not"
    )
    disclaimer: str = DISCLAIMER
    comparison: tuple[Change, ...] | None = Field(
        default=None, description="with an earlier record of the same subject, when one was given"
    )
    windows: tuple[WindowAnswer, ...] | None = Field(default=None, description="when asked for")
    trace: Trace | None = Field(default=None, description="when asked for")
    spectrogram: Spectrogram | None = Field(default=None, description="with the trace")
    further_channels: tuple["RecordingReport", ...] = Field(
        default=(), description="records of the other channels of an EMG, each like this one"
    )
