"""Feedback over HTTP: what is kept, where, and when nothing is."""

import os
import shutil

import numpy as np
import pytest
from prometheus_client import REGISTRY
from pyarrow import parquet

from features import ConfigError, Windows
from serving import feedback
from serving.feedback_request import FeedbackRequest
from serving.requests import EXAMPLE

WINDOW = EXAMPLE["windows"][0]
GIVEN = {"window": WINDOW, "label": "tremor", "subject": "p017", "consent": True}
MUSCLE = {
    "id": "m",
    "modality": "emg",
    "unit": "uV",
    "sampling_rate_hz": 500.0,
    "samples": [0.5, -0.5] * 1000,
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder for feedback that the service has been told of, and that is not there yet."""
    path = tmp_path / "feedback"
    monkeypatch.setenv("QUAVER_FEEDBACK", str(path))
    return path


@pytest.fixture
def post(client):
    """Post pieces of feedback, each of them the example with changes."""

    def posted(*changes):
        given = [GIVEN | change for change in changes or ({},)]
        return client.post("/feedback", json={"feedback": given})

    return posted


def files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def refused(response, status):
    """Return the sentence of a refusal."""
    assert response.status_code == status, response.text
    assert set(response.json()) == {"error", "detail"}
    return response.json()["error"]


def test_nothing_is_kept_unless_a_folder_is_named(post, monkeypatch):
    """A service that was not told where to keep feedback refuses it, and says what is missing."""
    monkeypatch.delenv("QUAVER_FEEDBACK", raising=False)

    assert "quaver serve --feedback" in refused(post(), 403)


def test_what_is_kept_is_what_was_sent_and_what_the_model_says(post, folder, tiny_of):
    """Each window lies in the one file of its request, with label, subject, answer and model."""
    noise = np.random.default_rng(3).normal(0, 0.01, (2, 400)).round(6)
    second = WINDOW | {"id": "w2", "unit": "mg", "sampling_rate_hz": 100.0}
    second |= {"samples": (1000 * noise).tolist()}
    response = post({}, {"window": second, "label": "unclear", "rater": "r-2"})
    (path,) = files(folder)
    first, other = parquet.read_table(path).to_pylist()

    assert response.status_code == 200
    assert path.parent == folder / "accelerometer"
    assert path.suffix == ".parquet"
    answer = tiny_of("accelerometer").predict(
        Windows([WINDOW["samples"]], sampling_rate_hz=25.0, modality="accelerometer", unit="g")
    )
    label = str(answer.labels[0])
    assert (first["answer"], tuple(first["candidates"])) == (label, answer.candidates[0])
    assert response.json() == {"stored": 2, "agreed": int(label == "tremor")}
    assert (first["id"], first["subject"], first["label"]) == ("w1", "p017", "tremor")
    assert (first["rater"], other["rater"]) == (None, "r-2")
    assert (other["unit"], other["sampling_rate_hz"], other["label"]) == ("mg", 100.0, "unclear")
    assert np.array_equal(first["samples"], np.float32(WINDOW["samples"]))
    assert np.array_equal(other["samples"], np.float32(second["samples"]))
    assert (first["model_name"], first["model_version"]) == ("quaver-accelerometer", "7")
    assert first["model_fingerprint"] == tiny_of("accelerometer").fingerprint


def test_each_request_has_a_file_and_each_modality_a_folder(post, folder):
    """Files add up, and none is changed by a later request."""
    for changes in ({}, {}, {"window": MUSCLE, "label": "rest"}):
        assert post(changes).status_code == 200

    assert [path.parent.name for path in files(folder)] == ["accelerometer"] * 2 + ["emg"]


@pytest.mark.parametrize("consent", [False, None, 1, "true"])
def test_without_consent_nothing_of_the_request_is_kept(post, folder, consent):
    """Anything but true is no consent, and one window without it keeps out all others."""
    told = refused(post({}, {"consent": consent}), 400)

    assert told.startswith("feedback[1].consent must be true: windows are kept with the consent")
    assert files(folder) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"label": "spasm"}, "feedback[1].label must be 'fasciculation', 'clonus', 'tremor'"),
        ({"subject": "Jane Doe"}, "feedback[1].subject"),
        ({"subject": "p" * 65}, "feedback[1].subject"),
        ({"subject": "p1\n"}, "feedback[1].subject"),
        ({"rater": ""}, "feedback[1].rater"),
        ({"name": "Jane"}, "feedback[1].name is not a known field"),
        ({"window": WINDOW | {"unit": "uV"}}, "feedback[1].window: unit is 'uV'"),
        (
            {"window": WINDOW | {"samples": [[0.5] * 99]}},
            "feedback[1]: the window lasts 3.96 s; models learn from windows of 4 s",
        ),
        ({"window": MUSCLE}, "the body: feedback[1].window is emg, feedback[0].window is accel"),
    ],
)
def test_one_mistake_keeps_out_the_whole_request(post, folder, change, sentence):
    """What is wrong with one window is told with its place, and none is kept."""
    assert refused(post({}, change), 400).startswith(sentence)
    assert files(folder) == []


def test_consent_must_be_said(client, folder):
    """Consent that is not mentioned is not given."""
    given = {key: value for key, value in GIVEN.items() if key != "consent"}
    response = client.post("/feedback", json={"feedback": [given]})

    assert "feedback[0].consent is missing" == refused(response, 400)
    assert files(folder) == []


def full_disk(folder, monkeypatch):
    """Let hardly anything be free."""
    del folder
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))


def disk_that_fills_up(folder, monkeypatch):
    """Let the disk be full when the last byte is to be written."""
    del folder

    def fail(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)


def file_in_the_way(folder, monkeypatch):
    """Let there be no folder, and no way to make one."""
    del monkeypatch
    folder.write_text("")


@pytest.mark.parametrize("trouble", [full_disk, disk_that_fills_up, file_in_the_way])
def test_a_disk_without_room_is_said_so_and_keeps_nothing(post, folder, monkeypatch, trouble):
    """The request fails with a sentence, leaves no part of a file, and can be sent again."""
    trouble(folder, monkeypatch)

    told = refused(post(), 507)

    assert told == "there is no room for feedback; nothing of this request was kept"
    assert [path for path in files(folder) if path != folder] == []
    monkeypatch.undo()


def test_what_is_kept_is_counted(post, folder):
    """Metrics tell labels and answers of what was kept, and of nothing else."""

    def counted():
        return sum(
            sample.value
            for metric in REGISTRY.collect()
            for sample in metric.samples
            if sample.name == "quaver_feedback_windows_total"
            and sample.labels["label"] == "voluntary"
        )

    before = counted()
    post({"label": "voluntary"}, {"label": "voluntary"})
    post({"label": "voluntary"}, {"label": "voluntary", "consent": False})

    assert len(files(folder)) == 1
    assert before + 2 == counted()


def test_neither_answer_nor_log_holds_what_was_sent(post, folder, caplog):
    """Samples and pseudonyms go into the file, and nowhere else."""
    samples = [[0.123456789] * 100]
    for changes in ({}, {"consent": False}):
        told = post({"window": WINDOW | {"samples": samples}, "subject": "px-77"} | changes).text
        assert "0.1234" not in told
        assert "px-77" not in told

    assert "0.1234" not in caplog.text
    assert "px-77" not in caplog.text
    assert len(files(folder)) == 1


def test_a_folder_that_cannot_be_is_said_before_the_port_is_open(folder):
    """A service does not start with a folder in which it could keep nothing."""
    feedback.check_folder()
    assert folder.stat().st_mode & 0o077 == 0
    folder.rmdir()
    folder.write_text("")

    with pytest.raises(ConfigError, match=r"feedback cannot be kept in .*: File exists"):
        feedback.check_folder()


def test_the_document_shows_a_request_that_is_answered(client, folder):
    """The example of the OpenAPI document is a request; refusals of its own are documented."""
    document = client.get("/docs.json").json()
    post = document["paths"]["/feedback"]["post"]
    example = post["requestBody"]["content"]["application/json"]["schema"]["example"]

    assert {"200", "400", "403", "408", "413", "415", "429", "504", "507"} == set(post["responses"])
    assert example == FeedbackRequest.model_config["json_schema_extra"]["example"]
    assert client.post("/feedback", json=example).status_code == 200
    assert len(files(folder)) == 1
