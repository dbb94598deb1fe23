"""Recordings over HTTP: the record that is answered, its forms, and what is told of it."""

import json
from dataclasses import replace

import numpy as np
import pytest
from prometheus_client import REGISTRY
from sent_recordings import MOTION, SENT, body_of, file_of, muscles, refused, upload, wrist, zipped

from serving.analysis import analyze
from serving.analysis.report import RecordingReport
from serving.analysis_answer import FORMS, Form, wanted_form
from serving.analysis_app import LIMITS
from serving.analysis_document import ANSWER_EXAMPLE
from serving.analysis_request import EXAMPLE, AnalyzeRequest, UploadForm

WRIST, MUSCLES = wrist(), muscles()


@pytest.fixture
def record_of(client):
    """Post a recording in JSON and return its record."""

    def recorded(body):
        response = client.post("/analyze", content=json.dumps(body))
        assert response.status_code == 200, response.text
        return RecordingReport.model_validate_json(response.content)

    return recorded


# Records


def test_the_record_is_that_of_the_analysis(record_of, tiny_of):
    """What comes back over HTTP is what the analysis says, with the version that is served."""
    expected = analyze(WRIST, tiny_of("accelerometer"), version="7")

    assert record_of(body_of(WRIST)) == expected


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_file_and_json_give_one_record(record_of, client, suffix):
    """How a recording is sent does not matter."""
    fields = MOTION | ({"time_column": "time_s", "time_unit": "s"} if suffix == ".csv" else {})

    response = upload(client, f"a{suffix}", file_of(WRIST, suffix), **fields)

    assert response.status_code == 200, response.text
    assert RecordingReport.model_validate_json(response.content) == record_of(body_of(WRIST))


def test_a_zip_of_a_record_is_read(client):
    """A WFDB record is sent as a zip of its header and its signals."""
    signal = np.round(MUSCLES.samples[:1] * 10).astype("<i2").tobytes()
    header = b"a 1 1000 8000\na.dat 16 10/uV 16 0 0 0 0 flexor\n"

    response = upload(client, "a.zip", zipped(a_hea=header, a_dat=signal), modality="emg")

    info = response.json()["recording"]
    assert (info["channels"], info["unit"], info["duration_s"]) == (["flexor"], "uV", 8.0)


def test_the_example_of_the_documentation_is_answered(record_of):
    """The example is a request; nothing in it is left out."""
    report = record_of(EXAMPLE)

    assert report.recording.duration_s == 12.0
    assert report.recording.start_time.isoformat() == "2024-05-01T10:00:00"
    assert report.settings.hop_s == 1.0


def test_options_of_both_ways_are_the_same(record_of, client):
    """What is wanted can be said in JSON and in a form."""
    wanted = {"hop_s": 2.0, "channel": "extensor", "from_s": 2.0, "to_s": 8.0}
    include = ["windows", "trace"]
    told = record_of(body_of(MUSCLES, **wanted, include=include))
    fields = {name: str(value) for name, value in wanted.items()}

    response = upload(
        client,
        "a.parquet",
        file_of(MUSCLES, ".parquet"),
        modality="emg",
        include=",".join(include),
        **fields,
    )

    assert RecordingReport.model_validate_json(response.content) == told
    assert told.recording.channels == ("extensor",)
    assert told.settings.hop_s == 2.0
    assert [window.start_s for window in told.windows] == [2.0, 4.0]
    assert told.trace.start_s == 2.0


def test_numbers_in_a_form_name_channels(client):
    """A column or a channel may be told by its number from 0."""
    response = upload(
        client,
        "a.parquet",
        file_of(MUSCLES, ".parquet"),
        modality="emg",
        columns="1,0",
        channel="0",
    )

    assert response.json()["recording"]["channels"] == ["extensor"]


def test_names_of_digits_in_a_form_are_names(client):
    """A column that is called 1 is no second column, and so is a channel."""
    content = file_of(replace(MUSCLES, channel_names=("1", "2")), ".parquet")
    fields = {"modality": "emg", "columns": "1,2", "channel": "1"}

    response = upload(client, "a.parquet", content, **fields)

    assert response.json()["recording"]["channels"] == ["1"]


def test_each_channel_of_a_muscle_has_its_record(record_of):
    """Several channels of EMG are several records, one within the other."""
    report = record_of(body_of(MUSCLES))

    (other,) = report.further_channels
    assert (report.recording.channels, other.recording.channels) == (("flexor",), ("extensor",))


def test_a_record_is_compared_with_an_earlier_one(record_of, client):
    """An earlier record may be sent along, and is read back strictly."""
    earlier = record_of(body_of(WRIST)).model_dump_json()

    in_json = record_of(body_of(WRIST, earlier=json.loads(earlier)))
    in_a_form = upload(
        client, "a.parquet", file_of(WRIST, ".parquet"), modality="accelerometer", earlier=earlier
    )

    assert len(in_json.comparison) > 0
    assert RecordingReport.model_validate_json(in_a_form.content) == in_json


@pytest.mark.parametrize("missing", [None, float("nan")])
def test_missing_samples_become_a_gap(record_of, missing):
    """Null, or NaN as some write it, is a sample that is missing; it is told where."""
    body = body_of(WRIST)
    for channel in body["recording"]["samples"]:
        channel[1000:1200] = [missing] * 200

    report = record_of(body)

    assert [(gap.start_s, gap.duration_s) for gap in report.recording.gaps] == [(10.0, 2.0)]
    assert report.usable_s < 30.0


def test_a_stretch_of_nan_in_a_table_becomes_a_gap(client):
    """Empty cells and NaN in a file are missing samples."""
    rows = [",".join(f"{value:.4f}" for value in row) for row in WRIST.samples.T]
    rows[1000:1100] = ["nan,nan,nan"] * 100
    rows[1100:1200] = [",,"] * 100

    response = upload(
        client, "a.csv", "\n".join(["x,y,z", *rows]), **MOTION, sampling_rate_hz="100"
    )

    assert response.json()["recording"]["gaps"] == [{"start_s": 10.0, "duration_s": 2.0}]


def spoiled(kind):
    """Return twelve seconds, or less, in which nothing can be used."""
    return {
        "constant": [[0.25] * 300] * 3,
        "half a second": [[0.0, 0.1, 0.2] * 4],
        "one sample": [[0.5]],
        "nothing but gaps": [[None] * 300] * 3,
    }[kind]


@pytest.mark.parametrize("kind", ["constant", "half a second", "one sample", "nothing but gaps"])
def test_what_cannot_be_used_gets_an_honest_empty_record(record_of, kind):
    """A recording in which nothing is usable is no mistake of the caller's."""
    report = record_of({"recording": SENT | {"samples": spoiled(kind)}})

    assert report.usable_s == 0.0
    assert report.episodes == ()
    assert report.events == ()
    assert {span.label for span in report.timeline} == {"unusable"}


def test_times_that_jump_leave_a_gap(client):
    """A jump forwards in the column of times is a stretch that was not recorded."""
    times = [i / 25 + (2.0 if i >= 200 else 0.0) for i in range(400)]
    content = "\n".join(["t,x", *(f"{t:.2f},{np.sin(t):.4f}" for t in times)])

    response = upload(
        client, "a.csv", content, **MOTION, time_column="t", time_unit="s", columns="x"
    )

    (gap,) = response.json()["recording"]["gaps"]
    assert gap == pytest.approx({"start_s": 8.0, "duration_s": 2.0})


# Forms


@pytest.mark.parametrize(
    ("accept", "content_type", "begins"),
    [
        ("*/*", "application/json", '{"recording":'),
        ("application/fhir+json", "application/fhir+json", '{"resourceType": "Bundle"'),
        ("text/html", "text/html; charset=utf-8", "<!DOCTYPE html>"),
        ("text/csv", "text/csv; charset=utf-8", ""),
    ],
)
def test_a_record_comes_in_the_form_that_is_asked_for(client, accept, content_type, begins):
    """The same request is answered as JSON, FHIR, a page, or a table."""
    response = client.post("/analyze", json=EXAMPLE, headers={"accept": accept})

    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == content_type
    assert response.text.startswith(begins)
    assert "not a medical device" in response.text or accept == "text/csv"
    assert "rest" in response.text


def test_a_page_has_the_signal_in_it(client):
    """A page shows the signal although nobody has asked for it by name."""
    response = client.post("/analyze", json=EXAMPLE, headers={"accept": "text/html"})

    assert '"column_s"' in response.text


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("text/*", "text/html"),
        ("TEXT/CSV", "text/csv"),
        ("text/csv, application/json", "application/json"),
        ("text/csv;q=0.9, application/json;q=0.1", "text/csv"),
        ("application/json;q=0, */*", "application/fhir+json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("application/pdf, text/csv;q=0.1", "text/csv"),
        ("application/fhir+json; fhirVersion=4.0", "application/fhir+json"),
        ("application/pdf", None),
        ("application/json;q=0", None),
        ("application/json;q=much", None),
    ],
)
def test_what_is_accepted_is_understood(accept, expected):
    """The most wanted form is chosen, the most precise range counts, JSON wins a draw."""
    form = wanted_form(accept)

    assert form is (FORMS[expected] if expected else None)


def test_several_lines_of_a_header_are_one_list(client):
    """What is accepted may be said in several headers."""
    headers = [("accept", "application/pdf"), ("accept", "text/csv")]

    response = client.post("/analyze", json=EXAMPLE, headers=headers)

    assert response.headers["content-type"] == "text/csv; charset=utf-8"


# What is told of it


def test_limits_and_forms_are_described(client):
    """A caller can ask how much is taken, from what files, and what comes back."""
    content = client.post("/describe").json()

    assert content["limits"].items() >= LIMITS.items()
    assert content["record_forms"] == list(FORMS)
    assert {".csv", ".parquet", ".edf", ".wav", ".zip"} <= set(content["formats"])


def test_a_record_that_could_not_be_written_is_not_counted(client, monkeypatch):
    """What is counted as analysed was answered."""

    def counted():
        labels = {"modality": "accelerometer"}
        return REGISTRY.get_sample_value("quaver_analyses_total", labels) or 0

    def broken(_):
        raise ZeroDivisionError

    monkeypatch.setitem(FORMS, "text/csv", Form("text/csv", broken))
    before = counted()
    failed = client.post("/analyze", json=EXAMPLE, headers={"accept": "text/csv"})
    answered = client.post("/analyze", json=EXAMPLE)

    assert [failed.status_code, answered.status_code] == [500, 200]
    assert counted() == before + 1


def test_the_document_shows_both_bodies_and_an_answer(client):
    """The OpenAPI document has the body in JSON, the form, the answers, and examples."""
    document = client.get("/docs.json").json()
    post = document["paths"]["/analyze"]["post"]
    content = post["requestBody"]["content"]
    schemas = document["components"]["schemas"]

    AnalyzeRequest.model_validate_json(json.dumps(content["application/json"]["example"]))
    form = schemas["UploadForm"]
    assert set(form["properties"]) == {"file", *UploadForm.model_fields}
    assert form["required"] == ["file", "modality"]
    assert set(content) == {"application/json", "multipart/form-data"}
    assert set(post["responses"]["200"]["content"]) == set(FORMS)
    told = {"200", "400", "406", "408", "413", "415", "503", "504", "507"}
    assert set(post["responses"]) == told


def test_the_answer_in_the_document_is_one():
    """The record that is shown has the form of a record."""
    RecordingReport.model_validate_json(json.dumps(ANSWER_EXAMPLE), strict=True)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_page_is_passed_on(client, method):
    """The page at /app comes through, with what it tells a browser."""
    response = client.request(method, "/app")

    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
    assert "default-src 'self'" in response.headers["content-security-policy"]


def test_what_is_not_a_file_of_the_page_is_refused(client):
    """An address below the page that is nothing is told as any other."""
    assert refused(client.get("/app/nothing.js"), 404).startswith("there is nothing at this addres")
    assert refused(client.post("/app"), 405) == "this address takes GET, HEAD only"
