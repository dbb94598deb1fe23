"""Recordings that cannot be analysed: each gets its status, and a sentence that says why."""

import logging
from dataclasses import replace

import pytest
from sent_recordings import MOTION, SENT, TABLE, file_of, refused, upload, wrist, zipped

from serving.analysis import RecordingReport
from serving.analysis_request import EXAMPLE, RECORDING_LIMITS

# In JSON


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"modality": "ecg"}, "recording.modality: modality is 'ecg'; it must be one of emg, "),
        ({"unit": "uV"}, "recording: unit is 'uV', which is not a unit of accelerometer; use one"),
        ({"sampling_rate_hz": 5}, "recording: sampling_rate_hz is 5; accelerometer needs at least"),
        ({"sampling_rate_hz": 1e8}, "recording: sampling_rate_hz is 1e+08; up to 200000 Hz can be"),
        ({"sampling_rate_hz": 1e308}, "recording: sampling_rate_hz is 1e+308; up to 200000 Hz ca"),
        ({"sampling_rate_hz": "25"}, "recording.sampling_rate_hz must be a valid number"),
        ({"samples": []}, "recording.samples must be a list of channels, each a list of numbers"),
        ({"samples": [[0.0], [0.0, 1.0]]}, "recording.samples: channels differ in length (1, 2 sa"),
        ({"samples": [["x"]]}, "recording.samples: sample 0 of channel 0 is text; samples must be"),
        ({"samples": [[1e31]]}, "recording.samples: sample 0 of channel 0 is not a finite number"),
        (
            {"samples": [[0.0]] * 65},
            "recording: samples have 65 channels; up to 64 are analysed at",
        ),
        ({"samples": [[0.0] * 99] * 4}, "the recording has 4 channels; accelerometer has one to 3"),
        ({"channel_names": ["x"]}, "recording: 1 channel names were given for 3 channels"),
        ({"start_time": "yesterday"}, "recording.start_time must be a date and time like 2024-"),
        ({"start_time": "2026"}, "recording.start_time must be a date and time like 2024-05-01T"),
        ({"start_time": 20260301}, "recording.start_time must be a date and time like 2024-05-01"),
        ({"id": "w1"}, "recording.id is not a known field"),
    ],
)
def test_a_recording_must_be_one(client, change, sentence):
    """Each mistake has its sentence, with the place."""
    response = client.post("/analyze", json={"recording": SENT | change})

    assert refused(response).startswith(sentence)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"hop_s": 0.01}, "options.hop_s must be greater than or equal to 0.1"),
        ({"hop_s": "1"}, "options.hop_s must be a valid number"),
        ({"channel": True}, "options.channel must be a name, or a number from 0"),
        ({"channel": 0}, "channel is 0, but the axes of motion are judged together"),
        ({"from_s": -1}, "options.from_s must be greater than or equal to 0"),
        ({"from_s": 9, "to_s": 3}, "the stretch from 9 s to 3 s is empty; the recording lasts 12"),
        ({"from_s": 99}, "the stretch from 99 s to 12 s is empty; the recording lasts 12 s"),
        ({"include": ["all"]}, "options.include[0] must be 'windows', 'why' or 'trace'"),
        ({"earlier": {"usable_s": 3}}, "options.earlier.recording is missing"),
        ({"rate": 1}, "options.rate is not a known field"),
    ],
)
def test_options_must_be_known(client, options, sentence):
    """What is wanted must be something that there is."""
    response = client.post("/analyze", json=EXAMPLE | {"options": options})

    assert refused(response).startswith(sentence)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"{}", "recording is missing"),
        (b"[]", "the body must be an object"),
        (b'{"recording": {', "the body: invalid JSON: EOF while parsing an object"),
        (b"", "the body: invalid JSON: EOF while parsing a value"),
        (b"\xff", "the body: invalid JSON: expected value"),
    ],
)
def test_a_body_must_hold_a_recording(client, content, sentence):
    """A body without a recording is refused."""
    assert refused(client.post("/analyze", content=content)).startswith(sentence)


def test_a_long_list_of_mistakes_is_cut_short(client):
    """An earlier record that is all wrong does not fill the answer."""
    response = client.post(
        "/analyze", json=EXAMPLE | {"options": {"earlier": {"events": [{}] * 1000}}}
    )

    assert len(response.json()["detail"]) == 20


# As files


def rows(*lines):
    """Return a table of a few lines, long enough to be a recording."""
    return "\n".join(["t,x", *lines, *(f"{i / 25},0.5" for i in range(100, 200))])


BAD_FILES = {
    "of no known kind": ("a.pdf", b"%PDF-1.7", {}, "a.pdf is of no known format; "),
    "without a suffix": ("a", b"1,2", {}, "a is of no known format; "),
    "of the wrong kind": ("a.edf", b"\x89PNG\r\n" * 99, {}, "recording.edf: it is not an EDF file"),
    "empty": ("a.csv", b"", {"sampling_rate_hz": "25"}, "recording.csv: it is empty; it needs"),
    "a table without a rate": (
        "a.csv",
        rows(),
        {"columns": "x"},
        "recording.csv: its sampling rate is not known",
    ),
    "a table with text in it": (
        "a.csv",
        rows("0,much"),
        {"columns": "x", "sampling_rate_hz": "25"},
        "recording.csv: column 'x' holds 'much' in data row 1; it must hold numbers",
    ),
    "a table of times that run backwards": (
        "a.csv",
        rows("9,0.5", "8,0.5"),
        {"columns": "x", "time_column": "t", "time_unit": "s"},
        "recording.csv: the time in data row 2 is before that of row 1",
    ),
    "a table without that column": (
        "a.csv",
        rows(),
        {"columns": "y", "sampling_rate_hz": "25"},
        "recording.csv: there is no column 'y'; it has t, x",
    ),
    "a header alone": (
        "a.hea",
        b"a 1 1000 9\n/etc/passwd 16\n",
        {},
        "a .hea file is part of a WFDB record; upload a zip of its files",
    ),
    "a parquet that is none": (
        "a.parquet",
        b"PAR1" * 9,
        {},
        "recording.parquet: it is no readable Par",
    ),
    "a zip that is none": ("a.zip", b"PK\x03\x04" * 9, {}, "recording.zip: it is no readable zip"),
    "a zip without a record": (
        "a.zip",
        zipped(a_txt=b"hello"),
        {},
        "recording.zip: a.txt: it has",
    ),
    "a zip that leads outside": (
        "a.zip",
        zipped(**{"../a_csv": b"x"}),
        {},
        "recording.zip: it holds '../a.csv'",
    ),
    "a record whose signals lie outside": (
        "a.zip",
        zipped(a_hea=b"a 1 1000 9\n/etc/passwd 16 1/mV 16 0 0 0 0 emg\n"),
        {},
        "recording.zip: a.hea: it is no readable WFDB record",
    ),
    "a wav that is none": (
        "a.wav",
        b"RIFF\x00\x00\x00\x00WAVE",
        {},
        "recording.wav: it is damaged",
    ),
}


@pytest.mark.parametrize("kind", list(BAD_FILES))
def test_a_file_that_cannot_be_read_is_refused(client, kind):
    """Whatever is wrong with a file, it is 400 with a sentence that says what."""
    name, content, fields, begins = BAD_FILES[kind]

    sentence = refused(upload(client, name, content, **MOTION, **fields))

    assert sentence.startswith(begins)
    assert "Traceback" not in sentence
    assert len(sentence) < 400


def test_a_zip_that_unpacks_to_too_much_is_refused(client, monkeypatch):
    """A small file may not become a large one."""
    limits = replace(RECORDING_LIMITS, unpacked_bytes=2**20)
    monkeypatch.setattr("serving.analysis_work.RECORDING_LIMITS", limits)
    bomb = zipped(a_csv=b"x\n" + b"0.5\n" * 2**19)

    sentence = refused(upload(client, "a.zip", bomb, **TABLE))

    assert len(bomb) < 2**14
    assert sentence.startswith("recording.zip: it unpacks to over 1048576 bytes, the most that is")


def test_a_truncated_edf_is_refused(client):
    """An EDF that ends before it should is refused by name."""
    content = file_of(wrist(), ".edf")

    sentence = refused(
        upload(client, "a.edf", content[: len(content) // 2], modality="accelerometer")
    )

    assert sentence.startswith("recording.edf: it is cut short")


def test_a_table_of_too_many_channels_is_refused(client):
    """Sixty-five channels are one too many, in a file as well."""
    header = ",".join(f"c{i}" for i in range(65))
    line = ",".join(["0.5"] * 65)
    content = "\n".join([header, *[line] * 1000])

    sentence = refused(
        upload(client, "a.csv", content, modality="emg", unit="uV", sampling_rate_hz="1000")
    )

    assert "65" in sentence
    assert "64" in sentence


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"unit": "g"}, "modality is missing"),
        ({"modality": "ecg"}, "modality: modality is 'ecg'; it must be one of emg, accelerometer"),
        (MOTION | {"unit": "uV"}, "unit is 'uV', which is not a unit of accelerometer; use one of"),
        (MOTION | {"sampling_rate_hz": "fast"}, "sampling_rate_hz must be a valid number, unable"),
        (MOTION | {"time_unit": "s"}, "time_unit is given without time_column; name the column"),
        (MOTION | {"time_unit": "h"}, "time_unit must be 's', 'ms', 'us', 'ns' or 'iso'"),
        (MOTION | {"include": "why,all"}, "include[1] must be 'windows', 'why' or 'trace'"),
        (MOTION | {"earlier": "{"}, "earlier: invalid JSON: EOF while parsing an object"),
        (MOTION | {"earlier": "{}"}, "earlier.recording is missing"),
        (MOTION | {"hop": "1"}, "hop is not a known field"),
        (MOTION | {"unit": ["g", "mg"]}, "the body: the field 'unit' is there 2 times; give it on"),
    ],
)
def test_fields_must_be_known(client, fields, sentence):
    """A form has its sentence for each mistake, as JSON has."""
    assert refused(upload(client, "a.csv", rows(), **fields)).startswith(sentence)


def test_a_form_without_a_file_is_refused(client):
    """What is uploaded has to be there."""
    response = client.post("/analyze", data=TABLE, files={"modality": (None, "emg")})

    assert refused(response) == "file is missing; send the recording in a part of this name"


def test_a_field_that_was_not_filled_in_is_not_there(client):
    """A form in a browser sends empty texts for what nobody has written."""
    content = file_of(wrist(), ".parquet")
    empty = {"channel": "", "hop_s": "", "columns": ""}

    response = upload(client, "a.parquet", content, modality="accelerometer", **empty)

    assert response.status_code == 200, response.text


def test_a_modality_without_a_model_is_refused(client, monkeypatch):
    """The sentence tells what is served."""
    from serving.service import ANALYSES  # noqa: PLC0415  (the environment says what it serves)

    monkeypatch.setattr(ANALYSES, "models", {"emg": ANALYSES.models["emg"]})

    sentence = refused(client.post("/analyze", json=EXAMPLE))

    assert sentence == "no model for accelerometer is served here; served are emg"


def test_samples_stay_out_of_logs_and_refusals(client, monkeypatch, caplog):
    """Whatever is wrong, no sample is repeated, and no mistake of a caller leaves a traceback."""
    monkeypatch.setattr(logging.getLogger("bentoml"), "propagate", True)
    bodies = [
        {"recording": SENT | {"samples": [[0.123456789] * 9, [0.123456789]]}},
        {"recording": SENT | {"samples": [[0.123456789, "0.123456789"]]}},
        {"recording": SENT | {"unit": [0.123456789]}},
        {"recording": 0.123456789},
    ]
    answers = [client.post("/analyze", json=body) for body in bodies]
    answers.append(upload(client, "a.csv", "x\n0.123456789\n0.123456789\nhere\n", **TABLE))

    assert [answer.status_code for answer in answers] == [400] * 5
    assert "123456789" not in "".join(answer.text for answer in answers) + caplog.text
    assert "Traceback" not in caplog.text


def test_a_record_of_the_wrong_shape_is_a_bug_of_ours(client, monkeypatch, caplog):
    """A caller is not blamed for a record that does not fit its schema."""
    monkeypatch.setattr(logging.getLogger("bentoml"), "propagate", True)
    monkeypatch.setattr(
        "serving.analysis_work.analyze", lambda *_, **__: RecordingReport.model_validate({})
    )

    response = client.post("/analyze", json=EXAMPLE)

    assert refused(response, 500) == "an unexpected error has occurred"
    assert "a record does not fit its schema" in caplog.text
