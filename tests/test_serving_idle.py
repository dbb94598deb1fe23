"""Who begins a request and sends no more of it gives its place back."""

import asyncio
import json

import pytest

from serving import asgi, boundary
from serving.analysis_app import Analyses
from serving.asgi import IDLE
from serving.boundary import Boundary


async def never(*_):
    """What must not be asked for an answer."""
    raise AssertionError


def ask(app, path, *pieces):
    """Send pieces of a body and then nothing; return the status and what is said."""
    came, sent = list(pieces), []

    async def receive():
        if not came:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": came.pop(0), "more_body": True}

    async def send(message):
        sent.append(message)

    headers = [(b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": path, "headers": headers}
    asyncio.run(asyncio.wait_for(app(scope, receive, send), 30))
    return sent[0]["status"], json.loads(sent[1]["body"])["error"]


@pytest.mark.parametrize("pieces", [(), (b"{",), (b'{"recording"', b": ")])
def test_a_recording_that_stops_coming_is_not_waited_for(monkeypatch, pieces):
    """Its place is free again, and whoever sent it is told so."""
    monkeypatch.setattr(asgi, "IDLE_S", 0.05)
    analyses = Analyses()

    assert ask(analyses, "/analyze", *pieces) == (408, IDLE)
    assert analyses.in_progress == 0


@pytest.mark.parametrize("pieces", [(), (b'{"windows": [',)])
def test_windows_that_stop_coming_are_not_waited_for(monkeypatch, pieces):
    """They are refused before a model is asked."""
    monkeypatch.setattr(asgi, "IDLE_S", 0.05)
    windows = Boundary(never)

    assert ask(windows, "/predict", *pieces) == (408, IDLE)
    assert windows.in_progress == 0


def test_windows_that_come_byte_by_byte_are_not_waited_for(monkeypatch):
    """Who sends a little now and then would keep a place for hours without ever being idle."""
    monkeypatch.setattr(boundary, "RECEIVING_S", 0.2)
    windows = Boundary(never)
    sent = []

    async def receive():
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b" ", "more_body": True}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/predict", "headers": []}
    asyncio.run(asyncio.wait_for(windows(scope, receive, send), 30))

    sentence = "the body was not complete within 0.2 s; send fewer windows at once"
    assert (sent[0]["status"], json.loads(sent[1]["body"])["error"]) == (408, sentence)
    assert windows.in_progress == 0
