"""The boundary: what is refused before anything is read, and what answers and logs may hold."""

import asyncio
import json
import logging
import threading
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import pytest

from features import SignalError
from serving.boundary import MOST_BYTES, MOST_REQUESTS, Boundary
from serving.refusals import refusal
from serving.requests import EXAMPLE

RECOGNISABLE = 0.123456789
"""A sample that would be found wherever samples are written."""


def told(response):
    """Return status and sentence of a refusal."""
    content = response.json()
    assert set(content) == {"error", "detail"}
    return response.status_code, content["error"]


# Types and sizes


@pytest.mark.parametrize(
    "kind",
    [
        "application/vnd.bentoml+pickle",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "application/json5",
    ],
)
def test_only_json_is_read(client, kind):
    """Pickle above all is not opened: another content type is refused by name."""
    response = client.post("/predict", content=b"x", headers={"content-type": kind})

    name = kind.partition(";")[0]
    assert told(response) == (415, f"content type is {name!r}; send application/json")


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_is_json_however_it_is_written(client, kind):
    """Parameters and capitals of a content type do not matter."""
    response = client.post("/predict", content=json.dumps(EXAMPLE), headers={"content-type": kind})

    assert response.status_code == 200


def test_a_compressed_body_is_refused(client):
    """A body is not unpacked: a small one could become a large one."""
    response = client.post("/predict", content=b"x", headers={"content-encoding": "gzip"})

    sentence = "content encoding is 'gzip'; send the body as it is, not compressed"
    assert told(response) == (415, sentence)


def chunked(size):
    """Yield a body in pieces, which is then sent without a content length."""
    piece = b" " * 2**20
    for _ in range(size // len(piece)):
        yield piece
    yield b" " * (size % len(piece))


@pytest.mark.parametrize("body", [bytes, chunked])
def test_a_body_over_the_limit_is_refused(client, body):
    """With and without a stated length, a body is read up to the limit only."""
    response = client.post("/predict", content=body(MOST_BYTES + 1))

    sentence = "the body is larger than 32 MiB; send fewer windows at once"
    assert told(response) == (413, sentence)


def test_a_body_at_the_limit_is_read(client):
    """The limit itself is allowed: a large body of blanks is no JSON, but not too large."""
    response = client.post("/predict", content=b" " * MOST_BYTES)

    assert response.status_code == 400
    assert "EOF while parsing a value" in response.json()["error"]


def test_a_body_that_is_smaller_than_it_says_is_not_waited_for():
    """Of a client that leaves while it sends the service is not asked, and no error is left."""
    messages = [{"type": "http.request", "body": b"{", "more_body": True}]
    sent = []

    async def receive():
        return messages.pop() if messages else {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    async def app(*_):
        pytest.fail("the service was asked")

    scope = {"type": "http", "method": "POST", "path": "/predict", "headers": []}
    asyncio.run(Boundary(app)(scope, receive, send))

    assert [message.get("status") for message in sent] == [400, None]


# Addresses and methods


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("path", ["/predict", "/explain", "/describe", "/analyze"])
def test_another_method_is_refused(client, method, path):
    """Questions are posted; the answer to another method says so, and in its header too."""
    response = client.request(method, path)

    assert told(response) == (405, "this address takes POST only")
    assert response.headers["allow"] == "POST"


def test_posting_to_a_page_is_refused(client):
    """Pages are read; a post is told which methods there are."""
    assert told(client.post("/livez")) == (405, "this address takes GET, HEAD only")


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/analyse", "/predict/x"])
def test_an_unknown_address_is_refused(client, method, path):
    """There is nothing at other addresses, and the sentence tells where there is something."""
    sentence = "there is nothing at this address; POST to /predict, /explain, /describe or /analyze"

    assert told(client.request(method, path)) == (404, sentence)


def test_headers_of_a_refusal_are_kept(client):
    """What BentoML says in headers reaches the caller, with the length of our body."""
    response = client.get("/predict")

    assert int(response.headers["content-length"]) == len(response.content)


# Overload


def test_more_requests_than_can_wait_are_turned_away(client, monkeypatch):
    """Of one request too many one is refused at once, and the others are answered."""
    free = threading.Event()
    monkeypatch.setattr("serving.answering.predict", lambda *_: [] if free.wait(60) else None)

    with ThreadPoolExecutor(MOST_REQUESTS + 1) as pool:
        try:
            asked = [
                pool.submit(client.post, "/predict", json=EXAMPLE) for _ in range(MOST_REQUESTS + 1)
            ]
            first, others = wait(asked, timeout=30, return_when=FIRST_COMPLETED)
        finally:
            free.set()
    refused = first.pop().result()

    sentence = "32 requests are being answered already; ask again later"
    assert told(refused) == (429, sentence)
    assert refused.headers["retry-after"] == "1"
    assert [each.result().status_code for each in others] == [200] * MOST_REQUESTS
    assert client.post("/describe").status_code == 200


# Answers and logs


def test_a_bug_of_ours_is_not_told_but_logged(client, monkeypatch, caplog):
    """A fault of the service is 500 without our text, and a traceback in the log."""

    def broken(*_):
        raise ZeroDivisionError("a secret of the house")

    monkeypatch.setattr("serving.answering.predict", broken)
    _listen(monkeypatch, caplog)
    response = client.post("/predict", json=EXAMPLE)

    assert response.status_code == 500
    assert "secret" not in response.text
    assert "ZeroDivisionError: a secret of the house" in caplog.text


def test_an_answer_of_the_wrong_shape_is_a_bug_of_ours(client, monkeypatch, caplog):
    """A caller is not blamed for an answer that does not fit its schema."""
    monkeypatch.setattr("serving.answering.explain", lambda *_: [{"id": None}])
    _listen(monkeypatch, caplog)
    response = client.post("/explain", json=EXAMPLE)

    assert response.status_code == 500
    assert "an answer does not fit its schema" in caplog.text


def test_a_caller_s_mistake_leaves_no_traceback(client, monkeypatch, caplog):
    """Refusals are told to the caller, not to the log; it holds no samples, nor does an answer."""
    _listen(monkeypatch, caplog)
    window = EXAMPLE["windows"][0]
    spoiled = [
        {"samples": [[RECOGNISABLE, None]]},
        {"samples": [[RECOGNISABLE] * 500]},
        {"samples": [[RECOGNISABLE] * 100] * 4},
        {"unit": [RECOGNISABLE]},
        {"modality": [RECOGNISABLE]},
        {"id": RECOGNISABLE},
        {"sampling_rate_hz": [RECOGNISABLE]},
        {"sampling_rate_hz": str(RECOGNISABLE)},
    ]
    texts = [
        client.post("/predict", json={"windows": [window | change]}).text for change in spoiled
    ]
    texts.append(client.post("/predict", content=f'{{"windows": [{RECOGNISABLE},,').text)

    assert all('"error"' in text for text in texts)
    assert str(RECOGNISABLE) not in "".join(texts)
    assert str(RECOGNISABLE) not in caplog.text
    assert "Traceback" not in caplog.text


def test_a_signal_that_cannot_be_used_is_the_caller_s(client, monkeypatch):
    """What the features floor refuses is 400 with its sentence."""

    def refusing(*_):
        raise SignalError("windows are too strange")

    monkeypatch.setattr("serving.answering.predict", refusing)

    assert told(client.post("/predict", json=EXAMPLE)) == (400, "windows are too strange")


@pytest.mark.parametrize("body", [b"", b"plain text", b"{}", b"[]", b"3", b'[{"error": "x"}]'])
def test_a_refusal_of_any_shape_is_rewritten(body):
    """Whatever BentoML answers, a refusal has one shape."""
    content = refusal(400, body)

    assert set(content) == {"error", "detail"}
    assert content["error"] in ("refused", "x")


def _listen(monkeypatch, caplog):
    """Let the test's log hear BentoML's, which keeps its own to itself."""
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(logging.getLogger("bentoml"), "propagate", True)
