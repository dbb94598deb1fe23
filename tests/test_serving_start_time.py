"""The start of a recording is read alike from JSON, from a form and from a mapping."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from pydantic import ValidationError

from serving.analysis_request import RecordingBody, UploadForm
from serving.formats.mapping import SignalMapping

EAST = timezone(timedelta(hours=2))


def of_json(value):
    """The start as JSON states it beside samples."""
    body = {"modality": "emg", "unit": "uV", "sampling_rate_hz": 1000, "samples": [[0.0, 1.0]]}
    return RecordingBody.model_validate(body | {"start_time": value}).start_time


def of_form(value):
    """The start as a field beside an upload."""
    return UploadForm.model_validate({"modality": ["emg"], "start_time": [value]}).start_time


def of_mapping(value):
    """The start as a mapping states it."""
    return SignalMapping(modality="emg", start_time=value).start_time


ROUTES = pytest.mark.parametrize("route", [of_json, of_form, of_mapping])


@ROUTES
@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-03-01T10:00:00.7+02:00", datetime(2026, 3, 1, 10, 0, 0, 700000, EAST)),
        ("2026-03-01T10:00:00Z", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("2026-03-01 10:00", datetime(2026, 3, 1, 10)),  # noqa: DTZ001  (none is given)
        ("2026-03-01", datetime(2026, 3, 1)),  # noqa: DTZ001
        ("20260301", datetime(2026, 3, 1)),  # noqa: DTZ001
    ],
)
def test_a_date_is_read_as_it_is_written(route, text, meant):
    """Zone and fraction are kept; a date alone is its first moment; ISO may leave out hyphens."""
    found = route(text)

    assert found == meant
    assert found.utcoffset() == meant.utcoffset()


@ROUTES
@pytest.mark.parametrize("text", ["2026", "1772359200", "1e9", "yesterday", "01.03.2026"])
def test_what_is_no_date_is_refused(route, text):
    """Seconds since 1970 are no date that a person gives: as such, 2026 was one in that year."""
    with pytest.raises(ValidationError, match=r"must be a date and time like 2024-05-01T10:00:00"):
        route(text)


def test_yaml_reads_a_date_by_itself():
    """A mapping in YAML may hold a date without quotes."""
    assert of_mapping(date(2026, 3, 1)) == datetime(2026, 3, 1)  # noqa: DTZ001
