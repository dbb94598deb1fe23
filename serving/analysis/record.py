"""Record: a recording of any length to its record, signal by signal.

::

    source ─▶ windows ─▶ answers ─▶ cells ─▶ timeline, shares
                                      │
                                      ├─▶ episodes ◀─ rhythms (back to the samples)
                                      └─▶ stretches at rest ─▶ events, rates

Samples are read a block at a time, and every step depends on its neighbourhood alone, so memory
does not grow with the length of a recording, and where blocks meet changes nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from features import Recording, SignalError
from serving.analysis.answers import Progress, answer
from serving.analysis.at_rest import EVENTS, may_hold_events
from serving.analysis.cells import Cells, cells_of
from serving.analysis.comparing import with_comparison
from serving.analysis.episodes import episodes_of
from serving.analysis.events import find_events
from serving.analysis.picture import spectrogram, trace
from serving.analysis.quality import gaps_of, quality_of
from serving.analysis.report import (
    UNUSABLE,
    Event,
    RecordingInfo,
    RecordingReport,
    Settings,
    Span,
    Spectrogram,
    Trace,
    WindowAnswer,
)
from serving.analysis.signal import Signal, signals_of
from serving.analysis.source import RecordingSource, SampleSource
from serving.analysis.summary import amplitudes_of, rates_of, shares_of
from serving.classifier import Classifier
from serving.responses import ModelInfo
from serving.threads import single_threaded
from serving.unit_doubt import caution_of

EXTRAS = ("windows", "why", "trace")
"""What a record holds only when it is asked for: answers window by window, what each rests on, and
the signal and its rhythm as a picture shows them."""


@dataclass(frozen=True)
class Wish:
    """What is wanted of an analysis, checked."""

    hop_s: float
    include: frozenset[str]
    version: str
    progress: Progress | None


def analyze(  # noqa: PLR0913  (settings, each by its name)
    recording: Recording | SampleSource,
    classifier: Classifier,
    *,
    hop_s: float = 1.0,
    channel: str | int | None = None,
    from_s: float | None = None,
    to_s: float | None = None,
    include: Collection[str] = (),
    earlier: RecordingReport | None = None,
    version: str = "",
    progress: Progress | None = None,
) -> RecordingReport:
    """Make the record of a recording: timeline, episodes, events, rates and shares.

    Parameters
    ----------
    recording : Recording or SampleSource
        Of the classifier's modality. Each channel of an EMG gets a record of its own: the first is
        the one returned, the others are its ``further_channels``.
    hop_s : float
        Seconds from window to window, which is the resolution of the timeline.
    channel : str or int, optional
        The one channel of an EMG to analyse.
    from_s, to_s : float, optional
        The stretch to look at. Windows lie where they would lie without it.
    include : collection of {"windows", "why", "trace"}
        See :data:`EXTRAS`.
    earlier : RecordingReport, optional
        A record of the same subject to compare with.
    progress : callable, optional
        Called with the share of the work that is done. What it raises ends the analysis.

    Raises
    ------
    SignalError
        When the recording does not fit the model, or what is wanted cannot be.
    """
    source = RecordingSource(recording) if isinstance(recording, Recording) else recording
    wish = Wish(hop_s, _checked(include), version, progress)
    _check_fit(source, classifier, hop_s)
    signals = signals_of(source, channel, from_s, to_s)
    with single_threaded():
        reports = [
            _report(signal, classifier, _part_of(wish, i, len(signals)))
            for i, signal in enumerate(signals)
        ]
    whole = reports[0].model_copy(update={"further_channels": tuple(reports[1:])})
    if earlier is None:
        return whole
    return with_comparison(whole, earlier)


def _checked(include: Collection[str]) -> frozenset[str]:
    for name in include:
        if name not in EXTRAS:
            raise SignalError(f"include names {name!r}; it may name {', '.join(EXTRAS)}")
    return frozenset(include)


def _check_fit(source: SampleSource, classifier: Classifier, hop_s: float) -> None:
    card = classifier.card
    if source.modality != card.modality:
        raise SignalError(f"the recording is {source.modality}; the model is for {card.modality}")
    if not 0.1 <= hop_s <= card.spec.window_s:
        raise SignalError(
            f"hop_s is {hop_s:g}; it must be 0.1 to {card.spec.window_s:g} s, the length of a"
            " window"
        )


def _part_of(wish: Wish, place: int, n_signals: int) -> Wish:
    """Return the wish for one of several signals, whose progress is a part of the whole."""
    tell = wish.progress
    if tell is None:
        return wish
    return Wish(
        wish.hop_s,
        wish.include,
        wish.version,
        lambda done: tell((place + done) / n_signals),
    )


def _report(signal: Signal, classifier: Classifier, wish: Wish) -> RecordingReport:
    card = classifier.card
    kept: list[WindowAnswer] = []
    wanted = wish.include & {"windows", "why"}
    answers = answer(
        signal,
        classifier,
        wish.hop_s,
        wish.progress,
        kept.append if wanted else None,
        why="why" in wish.include,
    )
    cells = cells_of(answers, card.conformal, wish.hop_s, signal.start_s, signal.stop_s)
    events, minutes = _events(signal, cells, classifier)
    episodes, sizes = episodes_of(signal, cells, answers, events, card.spec)
    usable_s = float(cells.durations_s[cells.usable].sum())
    timeline = _timeline(cells)
    return RecordingReport(
        recording=_info(signal),
        usable_s=round(usable_s, 6),
        shares=shares_of(cells),
        rates=rates_of(cells, timeline, episodes, (events, minutes), card.spec.window_s),
        amplitudes=amplitudes_of(sizes, events),
        episodes=episodes,
        events=events,
        timeline=timeline,
        quality=quality_of(signal, answers, card.spec),
        model=ModelInfo(name=card.name, version=wish.version, fingerprint=classifier.fingerprint),
        settings=Settings(window_s=card.spec.window_s, hop_s=wish.hop_s),
        caution=caution_of(classifier, answers.levels, signal.source.unit, len(signal.channels)),
        windows=tuple(kept) if wanted else None,
        trace=_trace(signal) if "trace" in wish.include else None,
        spectrogram=_spectrogram(signal) if "trace" in wish.include else None,
    )


def _info(signal: Signal) -> RecordingInfo:
    source = signal.source
    return RecordingInfo(
        modality=source.modality,
        unit=source.unit,
        sampling_rate_hz=source.sampling_rate_hz,
        duration_s=source.n_samples / source.sampling_rate_hz,
        start_time=source.start_time,
        stretch_s=signal.stretch_s,
        channels=signal.channel_names,
        gaps=gaps_of(signal),
    )


def _trace(signal: Signal) -> Trace:
    return trace(signal.source, signal.channels, signal.start_s, signal.stop_s)


def _spectrogram(signal: Signal) -> Spectrogram:
    return spectrogram(signal.source, signal.channels, signal.start_s, signal.stop_s)


def _events(
    signal: Signal, cells: Cells, classifier: Classifier
) -> tuple[tuple[Event, ...], float]:
    """Return events, and the minutes in which they could have been seen."""
    if EVENTS not in classifier.card.classes or signal.source.modality != "emg":
        return (), 0.0
    runs = [(first, float(cells.edges_s[first]), float(cells.edges_s[end]))
            for first, end in cells.runs()]  # fmt: skip
    outside = [(0.0, signal.start_s), (signal.stop_s, signal.source.n_samples / signal.rate_hz)]
    excluded = [(a, b) for first, a, b in runs if not _holds_events(cells, first)]
    barred = [(a, b) for a, b in (*excluded, *outside) if b > a]
    found = find_events(signal.source, signal.channels[0], classifier.card.spec, barred)
    # Added up, not what is left of the whole: where nothing was looked at that leaves a rounding.
    seconds = sum(b - a for first, a, b in runs if cells.at_rest[first])
    return found, seconds / 60


def _holds_events(cells: Cells, place: int) -> bool:
    return may_hold_events(cells.labels[place], cells.candidates[place], cells.reasons[place])


def _timeline(cells: Cells) -> tuple[Span, ...]:
    spans = []
    for first, end in cells.runs():
        unusable = cells.labels[first] == UNUSABLE
        start_s, stop_s = float(cells.edges_s[first]), float(cells.edges_s[end])
        best = float(np.mean(cells.probabilities[first:end].max(axis=1))) if not unusable else None
        spans.append(
            Span(
                start_s=round(start_s, 6),
                duration_s=round(stop_s - start_s, 6),
                label=cells.labels[first],
                candidates=cells.candidates[first],
                reason=cells.reasons[first],
                probability=None if best is None else round(best, 4),
                at_rest=bool(cells.at_rest[first]) if EVENTS in cells.classes else None,
            )
        )
    return tuple(spans)
