"""Records of every kind: what holds whatever was recorded and whatever was found."""

import io
import json
import math
from datetime import timedelta, timezone

import pandas as pd
import pytest
from fhir.resources.R4B.bundle import Bundle as R4BBundle
from fhirclient.models.bundle import Bundle as R4Bundle
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from records import emg_record

from features import MODALITIES
from serving.analysis.fhir import bundle
from serving.analysis.report import (
    Change,
    Episode,
    Event,
    Gap,
    Percentiles,
    QualitySpan,
    Rate,
    RecordingInfo,
    RecordingReport,
    Settings,
    Share,
    Span,
    WindowAnswer,
)
from serving.analysis.tabular import record_csv
from serving.classifier import REASONS
from serving.responses import ModelInfo

LABELS = st.sampled_from(["fasciculation", "clonus", "tremor", "rest", "undecided"])
NUMBERS = st.floats(0, 1e7) | st.floats(-1e150, 1e150)
NAMES = st.text(max_size=4)
TIMES = st.datetimes(
    timezones=st.none() | st.integers(-840, 840).map(lambda m: timezone(timedelta(minutes=m)))
)
OF_TYPE = {
    float: NUMBERS,
    float | None: NUMBERS | st.none(),
    int: st.integers(0, 10**6),
    int | None: st.integers(0, 10**6) | st.none(),
    bool: st.booleans(),
    tuple[str, ...]: st.lists(NAMES, max_size=2).map(tuple),
}


def made(part, /, **given_fields):
    """A part of a record, its numbers and names at will."""
    fields = {
        name: OF_TYPE[field.annotation]
        for name, field in part.model_fields.items()
        if field.annotation in OF_TYPE
    }
    return st.builds(part, **fields | given_fields)


def some(parts):
    return st.lists(parts, max_size=2).map(tuple)


def by_label(parts):
    return st.dictionaries(LABELS, parts, max_size=2)


def sorted_by_time(events):
    return tuple(sorted(events, key=lambda event: event.time_s))


SIGNALS = st.sampled_from(
    [(kind, unit) for kind, traits in MODALITIES.items() for unit in traits.factors]
)
SECONDS = st.floats(0, 1e6)
RECORDINGS = SIGNALS.flatmap(
    lambda signal: made(
        RecordingInfo,
        modality=st.just(signal[0]),
        unit=st.just(signal[1]),
        duration_s=SECONDS,
        start_time=TIMES | st.none(),
        gaps=some(made(Gap)),
    )
)
REASON = st.sampled_from(REASONS) | st.none()
SPAN = {"start_s": SECONDS, "duration_s": SECONDS, "label": LABELS}
CHANGES = made(
    Change,
    what=LABELS.map(lambda label: f"rates.{label}"),
    kind=st.sampled_from(["rate_ratio", "share_difference"]),
    verdict=st.sampled_from(["rose", "fell", "cannot tell"]),
)
RECORDS = made(
    RecordingReport,
    recording=RECORDINGS,
    shares=by_label(made(Share)),
    rates=by_label(made(Rate, minutes=SECONDS)),
    amplitudes=by_label(made(Percentiles)),
    episodes=some(made(Episode, **SPAN)),
    events=some(made(Event, time_s=SECONDS)).map(sorted_by_time),
    timeline=some(made(Span, **SPAN, reason=REASON)),
    quality=some(made(QualitySpan, flag=st.sampled_from(["gap", "flat", "clipped", "mains"]))),
    model=st.builds(ModelInfo, name=st.just("m"), version=st.just("3"), fingerprint=st.just("9f")),
    settings=made(Settings),
    comparison=st.none() | st.lists(CHANGES, unique_by=lambda c: c.what, max_size=2).map(tuple),
    windows=st.none()
    | some(made(WindowAnswer, label=LABELS, reason=REASON, probabilities=st.none())),
)
every_record = given(RECORDS)
quickly = settings(max_examples=20, deadline=None)


@quickly
@every_record
def test_a_record_survives_json(record):
    """Written and read back it is the same record, to the last digit."""
    text = record.model_dump_json()

    assert record == RecordingReport.model_validate_json(text)
    assert text == RecordingReport.model_validate_json(text).model_dump_json()
    json.loads(text, parse_constant=pytest.fail)


@quickly
@every_record
def test_a_record_is_valid_fhir_whatever_is_in_it(record):
    """By both libraries, without a number that JSON does not have."""
    text = json.dumps(bundle(record), allow_nan=False)

    R4Bundle(json.loads(text))
    R4BBundle.model_validate_json(text)


@quickly
@every_record
def test_a_record_is_a_table_whatever_is_in_it(record):
    """As many rows and columns as it should have, and every number finite."""
    back = pd.read_csv(io.StringIO(record_csv(record)), keep_default_na=False)
    for kind, parts in (
        ("episode", record.episodes),
        ("event", record.events),
        ("span", record.timeline),
    ):
        assert len(parts) == (back["kind"] == kind).sum()
    for cell in back.to_numpy().ravel():
        assert not isinstance(cell, float) or math.isfinite(cell)
        assert cell not in ("nan", "inf", "-inf")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_record_holds_no_number_that_json_has_not(value):
    """Refused where it is put in, not where it is read."""
    fields = emg_record().model_dump() | {"usable_s": value}

    with pytest.raises(ValidationError, match="finite"):
        RecordingReport.model_validate(fields)
