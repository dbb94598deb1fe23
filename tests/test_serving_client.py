"""The clients in Python and JavaScript, asking a real process of the service."""

import json
import re
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest
from real_service import environment, free_port, started

from features import Recording
from serving.analysis_request import EXAMPLE
from serving.client import Client, ClientError
from serving.recordings import SignalMapping, read_recording, write_recording
from serving.requests import EXAMPLE as WINDOWS
from training.commands.serve import service_command

SCRIPT = Path(__file__).parents[1] / "examples" / "analyze.mjs"
NODE = shutil.which("node")

needs_node = pytest.mark.skipif(NODE is None, reason="there is no Node on this machine")


@pytest.fixture(scope="module")
def real(promoted, tmp_path_factory):
    """The service, started once."""
    port = free_port()
    folder = tmp_path_factory.mktemp("service")
    command = service_command("127.0.0.1", port)
    scratch = folder / "scratch"
    scratch.mkdir()
    environ = environment(promoted, TMPDIR=str(scratch))
    with started(command, port, environ, folder) as running:
        yield running


@pytest.fixture(scope="module")
def address(real):
    """Where the service is."""
    return str(real.http.base_url)


@pytest.fixture(scope="module")
def wrist(tmp_path_factory):
    """Half a minute of an accelerometer whose second half holds a rhythm of 5.2 Hz, as a file."""
    times = np.arange(3000) / 100.0
    samples = 0.002 * np.random.default_rng(2).standard_normal((3, 3000))
    samples[0] += 0.1 * np.sin(2 * np.pi * 5.2 * times) * (times >= 15)
    samples[2] += 1.0
    recording = Recording(samples, sampling_rate_hz=100.0, modality="accelerometer", unit="g")
    path = tmp_path_factory.mktemp("wrist") / "wrist.parquet"
    write_recording(recording, path)
    return path


# Python


def test_windows_are_answered(address):
    """The client posts windows and returns their answers."""
    with Client(address) as client:
        (answer,) = client.predict(WINDOWS["windows"])

    assert answer["id"] == "w1"
    assert answer["dominant_frequency_hz"] == pytest.approx(5.0, abs=0.05)


def test_a_file_and_its_samples_get_one_record(address, wrist):
    """The client uploads a file, or posts samples as arrays, with the same options."""
    samples = read_recording(wrist, SignalMapping(modality="accelerometer")).samples
    recording = EXAMPLE["recording"] | {
        "sampling_rate_hz": 100.0,
        "samples": samples,
        "start_time": None,
    }
    wanted = {"hop_s": 2.0, "include": ["windows", "why"], "from_s": 2}
    with Client(address) as client:
        of_file = client.analyze(wrist, modality="accelerometer", **wanted)
        of_samples = client.analyze(recording, **wanted)
        compared = client.analyze(str(wrist), modality="accelerometer", **wanted, earlier=of_file)

    assert of_file == of_samples
    assert of_file["recording"]["duration_s"] == 30.0
    assert len(of_file["windows"][0]["contributions"]) > 0
    assert len(compared["comparison"]) > 0


def test_columns_may_be_called_anything(address, tmp_path):
    """Names that hold commas are sent as they are, and numbers are places."""
    path = tmp_path / "wrist.csv"
    rows = "".join(f"{np.sin(k / 5):.3f},0,1\n" for k in range(600))
    path.write_text('"acc, x",0,1z\n' + rows)
    fields = {"modality": "accelerometer", "unit": "g", "sampling_rate_hz": 50}

    with Client(address) as client:
        record = client.analyze(path, **fields, columns=["acc, x", 2])

    assert record["recording"]["channels"] == ["acc, x", "1z"]


def test_columns_may_be_an_array(address, tmp_path):
    """As NumPy and pandas name them."""
    path = tmp_path / "wrist.csv"
    path.write_text("x,y,z\n" + "0.5,0,1\n" * 600)
    fields = {"modality": "accelerometer", "unit": "g", "sampling_rate_hz": 50}

    with Client(address) as client:
        record = client.analyze(path, **fields, columns=np.array(["z", "y"]))

    assert record["recording"]["channels"] == ["z", "y"]


def test_missing_samples_may_be_nan(address):
    """What is missing in an array is a gap in the record."""
    samples = np.tile(np.sin(np.arange(600) / 5), (3, 1))
    samples[:, 200:250] = np.nan
    recording = EXAMPLE["recording"] | {"samples": samples, "start_time": None}

    with Client(address) as client:
        record = client.analyze(recording)

    assert record["recording"]["gaps"] == [{"start_s": 8.0, "duration_s": 2.0}]


def test_a_refusal_is_raised_with_its_sentence(address, wrist):
    """Status, sentence and places of a refusal are the error's."""
    with Client(address) as client, pytest.raises(ClientError, match=r"^modality is missing$") as e:
        client.analyze(wrist)

    assert e.value.status == 400
    assert e.value.detail == ({"where": "modality", "message": "is missing"},)


def test_a_service_that_is_not_there_is_told():
    """No answer at all is an error of the client's too."""
    client = Client(f"http://127.0.0.1:{free_port()}")

    with client, pytest.raises(ClientError, match=r"^there was no answer: ") as e:
        client.predict(WINDOWS["windows"])

    assert e.value.status is None


class Busy(BaseHTTPRequestHandler):
    """Answers with what stands in ``server.answers``, one after the other."""

    def do_POST(self):
        """Read the request and answer."""
        self.server.bodies.append(self.rfile.read(int(self.headers["content-length"])))
        status, headers, body = self.server.answers.pop(0)
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def busy():
    """A server that answers as a test has told it to."""
    with HTTPServer(("127.0.0.1", 0), Busy) as server:
        server.bodies, server.answers = [], []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


TOO_MUCH = b'{"error": "ask again later", "detail": []}'


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_service_is_asked_again(busy, wrist, status):
    """After the pause that it names the whole request is sent once more."""
    busy.answers += [(status, {"retry-after": "0"}, TOO_MUCH)] * 2 + [(200, {}, b'{"usable_s": 3}')]

    with Client(f"http://127.0.0.1:{busy.server_port}") as client:
        record = client.analyze(wrist, modality="accelerometer")

    assert record == {"usable_s": 3}
    assert len(busy.bodies) == 3
    assert all(wrist.read_bytes() in body for body in busy.bodies)


def test_a_service_that_stays_busy_is_given_up(busy):
    """After as many attempts as were allowed the service's sentence is raised."""
    busy.answers += [(503, {"retry-after": "0"}, TOO_MUCH)] * 3

    client = Client(f"http://127.0.0.1:{busy.server_port}", attempts=3)

    with client, pytest.raises(ClientError, match=r"^ask again later$") as e:
        client.predict([])

    assert e.value.status == 503
    assert busy.answers == []


@pytest.mark.parametrize(
    ("stated", "attempt", "pause_s"),
    [("7", 0, 7.0), ("9999", 0, 60.0), (None, 0, 1.0), (None, 3, 8.0), ("soon", 2, 4.0)],
)
def test_pauses_are_as_long_as_is_said_and_no_longer(monkeypatch, busy, stated, attempt, pause_s):
    """A pause is what the service names, else twice the last one, a minute at the most."""
    pauses = []
    monkeypatch.setattr("time.sleep", pauses.append)
    headers = {} if stated is None else {"retry-after": stated}
    busy.answers += [(503, headers, TOO_MUCH)] * (attempt + 1) + [(200, {}, b"{}")]

    with Client(f"http://127.0.0.1:{busy.server_port}") as client:
        client.analyze({})

    assert pauses[attempt] == pause_s


@pytest.mark.parametrize("body", [b"<html>welcome</html>", b"[]", b'{"other": 1}'])
def test_an_answer_of_something_else_is_told_as_such(busy, body):
    """A page before the service may answer with success, and mean something else."""
    busy.answers += [(200, {}, body)]

    client = Client(f"http://127.0.0.1:{busy.server_port}")

    with client, pytest.raises(ClientError, match="is not this service, or a page before it"):
        client.predict([])


def test_options_of_samples_may_be_given_as_those_of_a_file(busy):
    """One that is None was not given, and one part of a record may stand alone."""
    busy.answers += [(200, {}, b"{}")]

    with Client(f"http://127.0.0.1:{busy.server_port}") as client:
        client.analyze({}, hop_s=None, include="windows")

    assert json.loads(busy.bodies[0])["options"] == {"include": ["windows"]}


def test_a_service_that_is_never_asked_is_a_mistake():
    """No attempt is no way to ask."""
    with pytest.raises(ValueError, match="attempts is 0; the service is asked once at least"):
        Client("http://127.0.0.1:1", attempts=0)


def test_an_answer_that_is_no_json_is_an_error_with_its_status(busy):
    """Something between the client and the service may answer in its own words."""
    busy.answers += [(502, {}, b"<html>bad gateway</html>")]

    client = Client(f"http://127.0.0.1:{busy.server_port}")

    with client, pytest.raises(ClientError, match=r"^the service answered 502$"):
        client.predict([])


# JavaScript


def run_script(*words):
    """Run the example as a person would."""
    return subprocess.run(
        [NODE, str(SCRIPT), *words], capture_output=True, text=True, timeout=120, check=False
    )


@needs_node
def test_the_script_prints_episodes_and_rates(address, wrist):
    """The example uploads a file and tells what the record says, as the client does."""
    with Client(address) as client:
        record = client.analyze(wrist, modality="accelerometer")

    done = run_script(address, str(wrist), "modality=accelerometer")

    assert done.returncode == 0, done.stderr
    first, *lines = done.stdout.splitlines()
    assert first == f"channel_0, channel_1, channel_2: {record['usable_s']:.1f} s usable"
    episodes = record["episodes"]
    assert [line.split()[0] for line in lines[: len(episodes)]] == [e["label"] for e in episodes]
    for line, name in zip(lines[len(episodes) :], record["rates"], strict=False):
        assert re.match(
            rf"  {name}: \d+, [\d.?]+ a minute \(95 % interval [\d.?]+ to [\d.?]+\)", line
        )
    assert lines[-1] == "research software, not a medical device"


@needs_node
def test_the_script_tells_the_service_s_sentence(address, wrist):
    """What the service refuses is printed, and the status says so."""
    done = run_script(address, str(wrist), "modality=ecg")

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("400: modality: modality is 'ecg'; it must be one of emg, ")


@needs_node
def test_the_script_asks_a_busy_service_again(busy, wrist):
    """As the client in Python does."""
    busy.answers += [(503, {"retry-after": "1"}, TOO_MUCH), (400, {}, TOO_MUCH)]

    done = run_script(f"http://127.0.0.1:{busy.server_port}", str(wrist), "modality=emg")

    assert (done.returncode, done.stderr) == (1, "400: ask again later\n")
    assert busy.answers == []


# The process


def test_recordings_are_counted(real, address, wrist):
    """Metrics count recordings, their length, events, and what was turned away."""
    with Client(address) as client:
        client.analyze(wrist, modality="accelerometer")

    text = real.http.get("/metrics").text

    of_motion = '{modality="accelerometer"}'
    assert counted(text, f"quaver_analyses_total{of_motion}") >= 1
    assert counted(text, f"quaver_analysed_signal_seconds_total{of_motion}") >= 30
    assert counted(text, "quaver_events_total") == 0
    assert 'endpoint="/analyze",http_response_code="200"' in text


def counted(text, name):
    """Return what metrics say of a name."""
    return float(re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)[1])


def test_nothing_is_left_on_disk_or_in_the_log(real, address):
    """After all of that no upload lies about, and no caller has left a traceback."""
    with Client(address) as client:
        client.predict(WINDOWS["windows"])

    assert list((real.log.parent / "scratch").glob("quaver-*")) == []
    assert "Traceback" not in real.written()
