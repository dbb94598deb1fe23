"""The service as a real process: one start, one of each answer; and starts that must fail."""

import re
import shutil
import socket
import subprocess
import sys
import threading
import time

import pytest
from in_process import bentoml_store
from real_service import environment, free_port, is_open, started

from features import ConfigError
from serving.exam import load
from serving.requests import EXAMPLE
from serving.selection import (
    FEEDBACK_VARIABLE,
    FOLLOW_VARIABLE,
    SHADOW_VARIABLE,
    served_modalities,
)
from training import bento_store as store
from training.commands import serve
from training.commands.serve import service_command

RECOGNISABLE = 0.123456789
"""A sample that would be found wherever samples are written."""


@pytest.fixture(scope="module")
def home(promoted, tmp_path_factory):
    """A home of BentoML in which something may be promoted."""
    return shutil.copytree(promoted, tmp_path_factory.mktemp("home") / "bentoml")


@pytest.fixture(scope="module")
def real(home, tmp_path_factory):
    """The service, started once, as `quaver serve --follow --shadow` starts it."""
    port = free_port()
    folder = tmp_path_factory.mktemp("service")
    command = service_command("127.0.0.1", port)
    environ = environment(home, **{FOLLOW_VARIABLE: "1", SHADOW_VARIABLE: "1"})
    with started(command, port, environ, folder) as running:
        yield running


# Answers over HTTP


@pytest.mark.parametrize(
    ("modality", "unit", "rate_hz"),
    [("emg", "uV", 1000.0), ("accelerometer", "g", 100.0), ("gyroscope", "deg/s", 100.0)],
)
def test_each_modality_is_answered(real, mixture_of, modality, unit, rate_hz):
    """A window of each modality is labelled by the model of its modality."""
    window = {
        "id": "asked",
        "modality": modality,
        "unit": unit,
        "sampling_rate_hz": rate_hz,
        "samples": mixture_of(modality, rate_hz)[1].tolist(),
    }

    response = real.http.post("/predict", json={"windows": [window]})

    (answer,) = response.json()["predictions"]
    assert answer["id"] == "asked"
    assert answer["model"]["name"] == f"quaver-{modality}"
    assert sum(answer["probabilities"].values()) == pytest.approx(1.0, abs=1e-5)


def test_a_bad_request_is_refused(real):
    """A refusal comes with its sentence."""
    window = EXAMPLE["windows"][0] | {"unit": "mV"}

    response = real.http.post("/predict", json={"windows": [window]})

    assert response.status_code == 400
    assert response.json()["error"].startswith("windows[0]: unit is 'mV'")


@pytest.mark.parametrize("path", ["/explain", "/describe"])
def test_the_other_questions_are_answered(real, path):
    """Explanations and descriptions are there."""
    body = EXAMPLE if path == "/explain" else {}

    assert real.http.post(path, json=body).status_code == 200


def test_the_document_is_there(real):
    """The OpenAPI document carries the example and our description."""
    document = real.http.get("/docs.json").json()

    post = document["paths"]["/predict"]["post"]
    assert post["requestBody"]["content"]["application/json"]["schema"]["example"] == EXAMPLE
    assert "not a medical device" in document["info"]["description"]


def test_the_page_is_there_and_whole(real):
    """The page names no other host, and its files are served."""
    page = real.http.get("/").text

    paths = re.findall(r'(?:href|src)="\./([^"]+)"', page)
    assert "http://" not in page
    assert "https://" not in page
    assert [real.http.get(f"/{path}").status_code for path in paths] == [200] * len(paths)
    assert len(paths) > 0


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_operators_are_answered(real, path):
    """Whether the service lives, is ready, and what it has done."""
    assert real.http.get(path).status_code == 200


def test_requests_are_counted(real):
    """Metrics count requests by address and status."""
    real.http.post("/predict", json=EXAMPLE)

    text = real.http.get("/metrics").text

    counted = r'bentoml_service_request_total\{endpoint="/predict",http_response_code="200"'
    assert re.search(counted, text)


def test_answers_and_drift_are_in_the_metrics(real, tiny_of):
    """Answers are counted at once; shares, and each feature's shift, are there soon after."""
    card = tiny_of("accelerometer").card
    real.http.post("/predict", json=EXAMPLE)
    until = time.monotonic() + 60
    while "quaver_drift_ordinary_features" not in (text := real.http.get("/metrics").text):
        assert time.monotonic() < until
        time.sleep(0.1)

    assert re.search(r'quaver_answers_total\{[^}]*modality="accelerometer"[^}]*\} [1-9]', text)
    assert re.search(r'quaver_class_share\{label="rest",modality="accelerometer"\} [01]', text)
    features = re.findall(r'quaver_drift_psi\{feature="(\w+)",modality="accelerometer"\}', text)
    assert sorted(features) == sorted(card.columns)


def test_samples_are_written_nowhere(real):
    """Neither a refusal nor the log holds a sample, and no mistake of a caller a traceback."""
    window = EXAMPLE["windows"][0]
    bodies = [
        {"windows": [window | {"samples": [[RECOGNISABLE] * 100]}]},
        {"windows": [window | {"samples": [[RECOGNISABLE, "x"]]}]},
        {"windows": [window | {"samples": [[RECOGNISABLE] * 500]}]},
        {"windows": [window | {"unit": [RECOGNISABLE]}]},
        {"windows": [window | {"samples": [RECOGNISABLE] * 10}]},
    ]
    answers = [real.http.post("/explain", json=body) for body in bodies]

    assert [answer.status_code for answer in answers] == [200, 400, 400, 400, 400]
    assert str(RECOGNISABLE) not in "".join(answer.text for answer in answers[1:])
    assert str(RECOGNISABLE) not in real.written()
    assert "Traceback" not in real.written()


def test_a_client_that_leaves_is_no_error(real):
    """Whoever hangs up while sending leaves no traceback, and the next one is answered."""
    head = b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: 9999\r\n\r\n{"
    with socket.create_connection((real.http.base_url.host, real.http.base_url.port)) as caller:
        caller.sendall(head)

    assert real.http.post("/describe", json={}).status_code == 200
    assert "Traceback" not in real.written()


# Another champion


def served_version(real):
    """Return which version answers a window, or the status that is no answer."""
    response = real.http.post("/predict", json=EXAMPLE)
    if not response.is_success:
        return response.status_code
    return response.json()["predictions"][0]["model"]["version"]


def promoted_anew(home, tiny_models, name, version):
    """Put a model into the store of a running service, as a promotion does."""
    directory = tiny_models["accelerometer"]
    labels = {"run_id": "tiny", "version": version, "fingerprint": "same"}
    with bentoml_store(home):
        place = store.stage(directory, load(directory).card, labels, name)
        store.put(name, place)
        store.point(name, place)


def test_another_champion_serves_without_a_request_dropped(real, home, tiny_models):
    """While windows are asked about fifty times a second, the new version comes to answer all."""
    assert served_version(real) == "7"
    answers = []
    ended = threading.Event()

    def ask():
        while not ended.wait(0.02):
            answers.append(served_version(real))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        promoted_anew(home, tiny_models, "quaver-accelerometer", "8")
        until = time.monotonic() + 60
        while "8" not in answers[-1:] and time.monotonic() < until:
            time.sleep(0.05)
    finally:
        ended.set()
        asking.join()

    changed = answers.index("8")
    assert set(answers[:changed]) == {"7"}
    assert set(answers[changed:]) == {"8"}


def test_a_challenger_answers_unheard(real, home, tiny_models):
    """Once it is there, what it answers is in /metrics, and the answer is the champion's."""
    promoted_anew(home, tiny_models, "quaver-accelerometer-challenger", "9")
    until = time.monotonic() + 60
    while "quaver_shadow_windows_total" not in real.http.get("/metrics").text:
        assert time.monotonic() < until
        assert served_version(real) != "9"
        time.sleep(0.1)


# Starts that must fail


def test_a_model_that_fails_its_exam_opens_no_port(promoted, tmp_path):
    """A stored model that was altered ends the start: status 2, one sentence, no port."""
    home = shutil.copytree(promoted, tmp_path / "bentoml")
    (path,) = home.glob("models/quaver-accelerometer/*/booster.txt")
    path.chmod(0o644)
    path.write_text(path.read_text().replace("leaf_value=", "leaf_value=9", 1))
    port = free_port()
    environ = environment(home, QUAVER_SERVE="accelerometer")

    with subprocess.Popen(
        service_command("127.0.0.1", port),
        env=environ,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        opened = False
        while process.poll() is None:
            opened = opened or is_open(port)
            time.sleep(0.02)
        output, errors = process.communicate()

    assert process.returncode == 2
    assert not opened
    assert output == ""
    assert errors.count("\n") == 1
    assert errors.startswith("quaver: ")
    assert "booster.txt has not the checksum that SHA256SUMS states" in errors


def test_serving_a_model_that_was_never_promoted_says_so(tmp_path):
    """An empty store is status 2 with the command that fills it."""
    done = subprocess.run(
        [sys.executable, "-m", "training", "serve", "--port", str(free_port())],
        env=environment(tmp_path / "empty", QUAVER_SERVE="gyroscope"),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert done.stderr == (
        "quaver: no model for gyroscope has been promoted; run `quaver promote gyroscope`, or name"
        " the modalities to serve in QUAVER_SERVE\n"
    )


def test_the_command_becomes_the_service(monkeypatch, tmp_path):
    """No process stays between, so that a signal to the command ends the service."""
    became = []
    monkeypatch.setattr(serve, "check_models", lambda: None)
    monkeypatch.setattr(serve.os, "execve", lambda *given: became.append(given))
    port = free_port()

    serve.serve_models("127.0.0.1", port, follow=True, shadow=False, feedback=tmp_path)

    ((program, command, environ),) = became
    assert command == service_command("127.0.0.1", port)
    assert program == sys.executable
    assert environ[FOLLOW_VARIABLE] == "1"
    assert SHADOW_VARIABLE not in environ
    assert environ[FEEDBACK_VARIABLE] == str(tmp_path)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("", ("emg", "accelerometer", "gyroscope")),
        ("gyroscope", ("gyroscope",)),
        ("gyroscope, emg", ("emg", "gyroscope")),
    ],
)
def test_the_environment_names_what_is_served(monkeypatch, names, expected):
    """Modalities are served in one order, all when none is named."""
    monkeypatch.setenv("QUAVER_SERVE", names)

    assert served_modalities() == expected


def test_an_unknown_modality_is_not_served(monkeypatch):
    """A misspelt modality is refused by name."""
    monkeypatch.setenv("QUAVER_SERVE", "emg,gyro")

    with pytest.raises(ConfigError, match="QUAVER_SERVE names 'gyro'; modalities are emg, "):
        served_modalities()


def test_a_service_of_an_unknown_modality_does_not_start(promoted, tmp_path):
    """BentoML alone, without our command, says it in the same way."""
    done = subprocess.run(
        service_command("127.0.0.1", free_port()),
        env=environment(promoted, QUAVER_SERVE="gyro"),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert done.stderr.startswith("quaver: QUAVER_SERVE names 'gyro'; modalities are emg, ")
