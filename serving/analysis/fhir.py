"""FHIR: a record as a Bundle of HL7 FHIR R4 (4.0.1) Observations.

::

    Bundle (collection)
    ├─ Device                      the model: name, version, fingerprint
    └─ per channel
       ├─ Observation record       what was recorded, with the others as its members
       ├─ Observation rates.…      a minute, with its interval
       ├─ Observation shares.…     of usable time, with its interval
       ├─ Observation amplitudes.…
       ├─ Observation changes.…    since an earlier record, when one was given
       ├─ Observation episode      one each: label, onset, duration, rhythm
       ├─ Observation events       one a shape: how many, how large
       └─ Observation trace        the signal, when the record holds one that is short

Codes are the names of a :class:`~serving.analysis.report.RecordingReport`'s fields, in a code
system of our own; units are UCUM. Times are seconds from the first sample, with dates beside them
when the start is known. Single events, the timeline and the quality of the signal are in the other
forms of a record. Nothing is interpreted, and there is no subject: the receiver knows it.
"""

import hashlib
from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from statistics import median
from typing import Final
from uuid import UUID, uuid5

from serving.analysis.fhir_elements import (
    CODE_SYSTEM,
    Element,
    coding,
    components,
    period,
    quantity,
    sampled_data,
)
from serving.analysis.report import Episode, Event, RecordingReport
from serving.analysis.text import printable
from serving.card import DISCLAIMER
from serving.responses import ModelInfo

LONGEST_TRACE_S: Final = 30.0
"""Of a signal that is sent as it is."""

_NOTE = f"This is {DISCLAIMER}: it makes no diagnosis and names no disease."

_LOW = "Lower end of the 95 % interval"
_HIGH = "Upper end of the 95 % interval"
_ONSET = "Onset, from the first sample"


def bundle(report: RecordingReport) -> Element:
    """Return a record as a FHIR R4 Bundle, ready for :func:`json.dumps`.

    The same record gives the same Bundle, with the same identifiers.
    """
    content = hashlib.sha256(report.model_dump_json().encode()).hexdigest()

    def urn(place: str) -> str:
        return uuid5(UUID(CODE_SYSTEM), f"{content}/{place}").urn

    device = urn("device")
    entries: list[Element] = [{"fullUrl": device, "resource": _device(report.model)}]
    for channel, each in enumerate((report, *report.further_channels)):
        observations = [o | {"device": {"reference": device}} for o in _observations(each)]
        urls = [urn(f"{channel}/{place}") for place in range(len(observations))]
        members = [{"reference": url} for url in urls[1:]]
        observations[0] |= {"hasMember": members} if members else {}
        entries += [
            {"fullUrl": url, "resource": resource}
            for url, resource in zip(urls, observations, strict=True)
        ]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def _device(model: ModelInfo) -> Element:
    version = {"version": [{"value": model.version}]} if model.version else {}
    return {
        "resourceType": "Device",
        "identifier": [{"system": CODE_SYSTEM, "value": model.fingerprint}],
        "deviceName": [{"name": model.name, "type": "model-name"}],
        **version,
        "note": [{"text": _NOTE}],
    }


def _observations(report: RecordingReport) -> Iterator[Element]:
    """Yield the observations of one channel: the record first, its members after it."""
    yield _record(report)
    yield from _rates(report)
    yield from _shares(report)
    yield from _amplitudes(report)
    yield from _changes(report)
    for episode in report.episodes:
        yield _episode(report, episode)
    for _, events in groupby(sorted(report.events, key=attrgetter("shape")), attrgetter("shape")):
        yield _events_of_a_shape(report, list(events))
    yield from _trace(report)


def _observation(
    report: RecordingReport,
    code: Element,
    value: Element,
    parts: list[Element],
    span: tuple[float, float] | None = None,
) -> Element:
    """Return an observation of the whole record, or of a span of it: its start and duration, in s.

    A record of a stretch says nothing of the rest of its recording.
    """
    info = report.recording
    begin_s, end_s = info.stretch_s or (0.0, info.duration_s)
    start_s, duration_s = span or (begin_s, end_s - begin_s)
    channels = printable(", ".join(info.channels))
    named = [{"code": coding("channels", "Channels"), "valueString": channels}] if channels else []
    every = named + parts
    return {
        "resourceType": "Observation",
        "status": "preliminary",
        "code": code,
        **period(info, start_s, duration_s),
        **value,
        "note": [{"text": text} for text in (_NOTE, report.caution) if text],
        **({"component": every} if every else {}),
    }


def _value(value: float | None, unit: str) -> Element:
    """Return the value of an observation, or that there is none to be had."""
    if value is not None:
        return {"valueQuantity": quantity(value, unit)}
    system = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
    return {"dataAbsentReason": {"coding": [{"system": system, "code": "unknown"}]}}


def _words(name: str) -> str:
    return name.replace("_", " ").replace(".", ": ")


def _record(report: RecordingReport) -> Element:
    info, settings = report.recording, report.settings
    parts = components(
        {
            "duration_s": ("Duration", info.duration_s, "s"),
            "from_s": ("Judged from", info.stretch_s and info.stretch_s[0], "s"),
            "to_s": ("Judged to", info.stretch_s and info.stretch_s[1], "s"),
            "usable_s": ("Time that could be judged", report.usable_s, "s"),
            "sampling_rate_hz": ("Samples a second", info.sampling_rate_hz, "Hz"),
            "window_s": ("Length of a window", settings.window_s, "s"),
            "hop_s": ("From window to window", settings.hop_s, "s"),
        }
    )
    return _observation(report, coding("record", f"Record of {info.modality}"), {}, parts)


def _rates(report: RecordingReport) -> Iterator[Element]:
    for name, rate in report.rates.items():
        parts = components(
            {
                "low": (_LOW, rate.low, "/min"),
                "high": (_HIGH, rate.high, "/min"),
                "count": ("Number", rate.count, ""),
                "minutes": ("Time in which it could have been seen", rate.minutes, "min"),
            }
        )
        code = coding(f"rates.{name}", f"Rate: {_words(name)}")
        yield _observation(report, code, _value(rate.per_minute, "/min"), parts)


def _shares(report: RecordingReport) -> Iterator[Element]:
    for name, share in report.shares.items():
        parts = components(
            {
                "low": (_LOW, share.low, ""),
                "high": (_HIGH, share.high, ""),
                "seconds": ("Time", share.seconds, "s"),
                "effective_n": ("Independent observations", share.effective_n, ""),
            }
        )
        code = coding(f"shares.{name}", f"Share of usable time: {_words(name)}")
        yield _observation(report, code, _value(share.share, ""), parts)


def _amplitudes(report: RecordingReport) -> Iterator[Element]:
    unit = report.recording.unit
    for name, size in report.amplitudes.items():
        parts = components(
            {
                "p5": ("5th percentile", size.p5, unit),
                "p25": ("25th percentile", size.p25, unit),
                "p75": ("75th percentile", size.p75, unit),
                "p95": ("95th percentile", size.p95, unit),
                "count": ("Number", size.count, ""),
            }
        )
        code = coding(f"amplitudes.{name}", f"Median amplitude, peak to peak: {_words(name)}")
        yield _observation(report, code, _value(size.p50, unit), parts)


def _changes(report: RecordingReport) -> Iterator[Element]:
    for change in report.comparison or ():
        unit = {"rate_ratio": "/min", "share_difference": ""}[change.kind]
        parts = components(
            {
                "low": (_LOW, change.low, ""),
                "high": (_HIGH, change.high, ""),
                "earlier": ("In the earlier record", change.earlier, unit),
                "now": ("In this record", change.now, unit),
            }
        )
        verdict = {
            "code": coding("verdict", "What the interval allows to say"),
            "valueString": change.verdict,
        }
        kind = {"rate_ratio": "Ratio to", "share_difference": "Difference from"}[change.kind]
        code = coding(f"changes.{change.what}", f"{kind} an earlier record: {_words(change.what)}")
        yield _observation(report, code, _value(change.value, ""), [*parts, verdict])


def _episode(report: RecordingReport, episode: Episode) -> Element:
    spread = "Interquartile range of the frequency, from cycle to cycle"
    parts = components(
        {
            "start_s": (_ONSET, episode.start_s, "s"),
            "duration_s": ("Duration", episode.duration_s, "s"),
            "dominant_frequency_hz": ("Frequency", episode.dominant_frequency_hz, "Hz"),
            "frequency_spread_hz": (spread, episode.frequency_spread_hz, "Hz"),
            "cycles": ("Cycles or beats", episode.cycles, ""),
            "amplitude": (
                "Median amplitude, peak to peak",
                episode.amplitude,
                report.recording.unit,
            ),
            "probability": ("Mean probability of the label", episode.probability, ""),
        }
    )
    value = {"valueCodeableConcept": coding(episode.label, _words(episode.label))}
    span = (episode.start_s, episode.duration_s)
    return _observation(report, coding("episodes", "Episode"), value, parts, span)


def _events_of_a_shape(report: RecordingReport, events: list[Event]) -> Element:
    """Return one observation of events that look alike: one each would be thousands."""
    first_s, last_s = events[0].time_s, events[-1].time_s
    size, duration = (
        median(getattr(e, name) for e in events) for name in ("amplitude", "duration_ms")
    )
    parts = components(
        {
            "shape": ("Number of the shape, 0 the commonest", events[0].shape, ""),
            "isolated": ("Both neighbours over 250 ms away", sum(e.isolated for e in events), ""),
            "amplitude": ("Median amplitude, peak to peak", size, report.recording.unit),
            "duration_ms": ("Median duration", duration, "ms"),
            "first_s": ("Peak of the first, from the first sample", first_s, "s"),
            "last_s": ("Peak of the last, from the first sample", last_s, "s"),
        }
    )
    code = coding("events", "Fasciculation-like potentials of one shape")
    return _observation(report, code, _value(len(events), ""), parts, (first_s, last_s - first_s))


def _trace(report: RecordingReport) -> Iterator[Element]:
    trace = report.trace
    if trace is None or trace.n_columns * trace.column_s > LONGEST_TRACE_S:
        return
    parts = [
        {
            "code": coding(
                f"trace.{channel}", f"Lowest and highest of each column: {printable(name)}"
            ),
            "valueSampledData": sampled_data(trace, channel, report.recording.unit),
        }
        for channel, name in enumerate(report.recording.channels)
    ]
    span = (trace.start_s, trace.n_columns * trace.column_s)
    start = components({"start_s": (_ONSET, trace.start_s, "s")})
    yield _observation(report, coding("trace", "Signal"), {}, [*start, *parts], span)
