"""Uploads and the queue: what is kept on disk, what is too much, and who has to wait."""

import asyncio
import json
import logging
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import SignalError
from serving import analysis_app
from serving.analysis_answer import FORMS
from serving.analysis_app import MOST_ANALYSES, WORKERS, Analyses
from serving.analysis_upload import Upload
from serving.requests import EXAMPLE

KIND = b"multipart/form-data; boundary=xyz"
JSON = b"application/json"
PATIENCE_S = 30.0


def part(name, content, filename=None):
    """Return a part of a multipart body."""
    more = "" if filename is None else f'; filename="{filename}"'
    head = f'--xyz\r\ncontent-disposition: form-data; name="{name}"{more}\r\n\r\n'
    return head.encode() + content + b"\r\n"


def body_of(*parts):
    """Return a whole multipart body."""
    return b"".join(parts) + b"--xyz--\r\n"


class Caller:
    """One request, as a server would hand it over: piece by piece, then silence until it leaves."""

    def __init__(self, pieces, *, kind=KIND, leaves=False, **headers):
        self.pieces = [
            {"type": "http.request", "body": piece, "more_body": i + 1 < len(pieces) or leaves}
            for i, piece in enumerate(pieces)
        ]
        stated = {key.replace("_", "-").encode(): value for key, value in headers.items()}
        self.scope = {
            "type": "http",
            "method": "POST",
            "path": "/analyze",
            "headers": list({b"content-type": kind, **stated}.items()),
        }
        self.gone = asyncio.Event()
        if leaves:
            self.gone.set()
        self.sent = []

    async def receive(self):
        """Hand over what comes next."""
        if self.pieces:
            return self.pieces.pop(0)
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        """Keep what is answered."""
        self.sent.append(message)

    async def ask(self, analyses):
        """Return status, headers and content of the answer."""
        await analyses(self.scope, self.receive, self.send)
        start, body = self.sent
        return start["status"], dict(start["headers"]), body["body"]


def asked(pieces, **how):
    """Ask a fresh application once; return status and sentence, or status and bytes."""

    async def once():
        return await Caller(pieces, **how).ask(Analyses())

    status, headers, body = asyncio.run(once())
    is_record = status == 200 or headers[b"content-type"] != JSON
    return status, body if is_record else json.loads(body)["error"]


@pytest.fixture(autouse=True)
def scratch(tmp_path, monkeypatch):
    """Where uploads are kept while they are worked on."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def read(monkeypatch):
    """Let the work be to say what was uploaded, and under which path."""
    seen = []

    def told(upload, *_):
        seen.append((upload.path, upload.fields))
        return upload.path.read_bytes()

    monkeypatch.setattr(analysis_app, "answer_to_upload", told)
    return seen


# What is kept, and where


@pytest.mark.parametrize(
    ("filename", "kept_as"),
    [
        ("visit.csv", "recording.csv"),
        ("../../etc/visit.csv", "recording.csv"),
        ("..\\\\..\\\\visit.CSV", "recording.csv"),
        ("/dev/null.edf", "recording.edf"),
        ("x" * 300 + ".edf", "recording.edf"),
    ],
)
def test_of_a_file_name_only_the_suffix_is_used(read, scratch, filename, kept_as):
    """A file lies in a folder of its own under a name of ours, and is gone after the answer."""
    status, body = asked([body_of(part("file", b"1,2\n", filename))])

    ((path, _),) = read
    assert (status, body) == (200, b"1,2\n")
    assert path.name == kept_as
    assert path.parent.parent == scratch
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("visit.csv/..", ".."),
        ("visit.a/b", "b"),
        ("visit.csv ", "visit.csv "),
        ("visit", "visit"),
        ("", "a file without a name"),
        (None, "a file without a name"),
    ],
)
def test_a_name_without_a_known_suffix_is_refused_before_the_file_has_come(read, filename, name):
    """What could not be read is not waited for."""
    caller = Caller([part("file", b"1,2\n", filename), b"more"])

    status, _, body = asyncio.run(caller.ask(Analyses()))

    assert status == 400
    error = json.loads(body)["error"]
    assert error.startswith(f"{name} is of no known format; recordings are read from .csv")
    assert len(caller.pieces) == 1
    assert read == []


def test_fields_may_stand_before_the_file_and_after_it(read):
    """All fields of a form are read, a repeated one with all its texts."""
    fields = [part("modality", b"emg"), part("include", b"why")]
    file = part("file", b"1\n", "a.csv")

    asked([body_of(fields[0], file, *fields[1:], part("include", "trace ü".encode()))])

    assert read[0][1] == {"modality": ["emg"], "include": ["why", "trace ü"]}


@settings(deadline=None, max_examples=50)
@given(cuts=st.lists(st.integers(0, 400), max_size=12))
def test_where_a_body_is_cut_does_not_matter(cuts, tmp_path_factory):
    """However the network cuts a body into pieces, the same arrives."""
    content = bytes(range(256)) + b"\r\n--xy\r\n--xyw\r\n"
    body = body_of(part("unit", b"uV"), part("file", content, "a.wav"))
    edges = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    upload = Upload(tmp_path_factory.mktemp("upload"))

    async def pieces():
        for start, stop in pairwise(edges):
            yield body[start:stop]

    asyncio.run(upload.receive(pieces(), KIND))

    assert upload.fields == {"unit": ["uV"]}
    assert upload.path.read_bytes() == content


def test_a_file_is_never_whole_in_memory(tmp_path):
    """Of a file of 48 MiB, a few are in memory at a time."""
    piece = b"0.125,0.25\r\n" * 20_000
    upload = Upload(tmp_path)

    async def pieces():
        yield b"".join((part("unit", b"g"), part("file", b"", "a.csv")[:-2]))
        for _ in range(200):
            yield piece
        yield b"\r\n--xyz--\r\n"

    tracemalloc.start()
    asyncio.run(upload.receive(pieces(), KIND))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert upload.path.stat().st_size == 200 * len(piece)
    assert most < 8 * 2**20


@pytest.mark.parametrize(
    ("body", "kind", "sentence"),
    [
        (b"", KIND, "the upload ends early: its closing boundary is missing"),
        (
            part("file", b"1,2\n", "a.csv"),
            KIND,
            "the upload ends early: its closing boundary is missing",
        ),
        (b"1,2\n", KIND, "the body is not well-formed multipart/form-data"),
        (b"x", KIND[:19], "the content type multipart/form-data needs a boundary"),
        (
            body_of(part("file", b"1", "a.csv"), part("file", b"2", "b.csv")),
            KIND,
            "the field 'file' is there twice; send one recording at once",
        ),
        (
            body_of(part("unit", b"\xff"), part("file", b"1", "a.csv")),
            KIND,
            "the field 'unit' is no text in UTF-8",
        ),
        (
            body_of(*[part("unit", b"g")] * 51),
            KIND,
            "the body has more than 50 parts; send one file at once",
        ),
        (
            body_of(b"--xyz\r\n" + b"x: y\r\n" * 50 + b"\r\n\r\n"),
            KIND,
            "the body is not well-formed multipart/form-data",
        ),
    ],
)
def test_what_is_no_whole_upload_is_refused(read, scratch, body, kind, sentence):
    """A body that is not what it says, or not all there, leaves nothing behind."""
    assert asked([body], kind=kind) == (400, sentence)
    assert read == []
    assert list(scratch.iterdir()) == []


def test_a_client_that_leaves_while_it_uploads_leaves_nothing_behind(read, scratch):
    """A connection that is closed early is no upload."""
    status, sentence = asked([part("file", b"1" * 2**21, "a.csv")], leaves=True)

    assert status == 400
    assert sentence == "the connection was closed before the recording was answered"
    assert read == []
    assert list(scratch.iterdir()) == []


# What is too much


@pytest.mark.parametrize("stated", [{}, {"content_length": b"9"}, {"content_length": b"999999"}])
def test_an_upload_over_the_limit_is_refused(read, scratch, monkeypatch, stated):
    """Whatever is said of its length, truly, falsely or nothing, no more than the limit is read."""
    monkeypatch.setattr(analysis_app, "MOST_UPLOAD_BYTES", 2**20)
    pieces = [part("file", b"", "a.csv")[:-2], *[b"1" * 2**17] * 9]

    status, sentence = asked(pieces, **stated)

    assert (status, sentence) == (413, "the upload is larger than 1 MiB; send it in parts")
    assert read == []
    assert list(scratch.iterdir()) == []


def test_an_upload_that_is_too_large_by_its_own_account_is_not_read():
    """Nothing is received of a body whose stated length is over the limit."""
    caller = Caller([b"x"], content_length=str(2**30).encode())

    status, _, _ = asyncio.run(caller.ask(Analyses()))

    assert status == 413
    assert len(caller.pieces) == 1


def test_a_body_of_json_over_its_limit_is_refused(monkeypatch):
    """Samples as text have the limit of windows, and a file is the way out."""
    monkeypatch.setattr(analysis_app, "MOST_BYTES", 2**20)

    status, sentence = asked([b" " * 2**19] * 3, kind=JSON)

    expected = "the body is larger than 1 MiB; upload the recording as a file"
    assert (status, sentence) == (413, expected)


def test_fields_over_their_limit_are_refused(monkeypatch):
    """What stays in memory is limited by itself."""
    monkeypatch.setattr("serving.analysis_upload.MOST_FIELD_BYTES", 2**20)

    status, sentence = asked([body_of(part("earlier", b" " * (2**20 + 1)))])

    expected = "the fields hold more than 1 MiB; send the recording as a file"
    assert (status, sentence) == (400, expected)


# Who has to wait


class Blocked:
    """Work that goes on until it is let go, and notices when nobody waits for it."""

    def __init__(self, monkeypatch):
        self.free = threading.Event()
        self.begun = threading.Semaphore(0)
        self.ended = []
        monkeypatch.setattr(analysis_app, "answer_to_body", self.work)

    def work(self, body, _form, _models, progress):
        """Stand for an analysis."""
        self.begun.release()
        try:
            while not self.free.wait(0.005):
                progress(0.5)
        finally:
            self.ended.append(body)
        return body


@pytest.fixture
def blocked(monkeypatch):
    """Work that blocks until the test lets it go."""
    blocking = Blocked(monkeypatch)
    yield blocking
    blocking.free.set()


async def begun(blocked, count):
    """Wait until so many analyses are being worked on."""
    for _ in range(count):
        assert await asyncio.to_thread(blocked.begun.acquire, timeout=PATIENCE_S)


def test_more_recordings_than_can_wait_are_turned_away(blocked):
    """One recording too many gets 503 with the time to wait, and the others are answered."""

    async def crowd():
        analyses = Analyses()
        callers = [Caller([b"%d" % i], kind=JSON) for i in range(MOST_ANALYSES)]
        asked = [asyncio.create_task(each.ask(analyses)) for each in callers]
        await begun(blocked, WORKERS)
        one_more = Caller([b"x"], kind=JSON).ask(analyses)
        refused = await asyncio.wait_for(one_more, PATIENCE_S)
        blocked.free.set()
        answers = await asyncio.gather(*asked)
        return refused, answers, await Caller([b"again"], kind=JSON).ask(analyses)

    (status, headers, body), answers, again = asyncio.run(crowd())

    sentence = f"{MOST_ANALYSES} recordings are being analysed already; ask again later"
    assert (status, json.loads(body)) == (503, {"error": sentence, "detail": []})
    assert int(headers[b"retry-after"]) > 0
    assert [each[2] for each in answers] == [b"%d" % i for i in range(MOST_ANALYSES)]
    assert again[0] == 200


def test_a_client_that_leaves_frees_its_place(blocked):
    """Work for somebody who has left ends, and what had not begun is never begun."""

    async def leaving():
        analyses = Analyses()
        running = [Caller([b"running"], kind=JSON) for _ in range(WORKERS)]
        tasks = [asyncio.create_task(each.ask(analyses)) for each in running]
        await begun(blocked, WORKERS)
        waiting = Caller([b"waiting"], kind=JSON)
        tasks.append(asyncio.create_task(waiting.ask(analyses)))
        await asyncio.sleep(0)
        for caller in (*running, waiting):
            caller.gone.set()
        await asyncio.wait_for(asyncio.gather(*tasks), PATIENCE_S)
        blocked.free.set()
        after = await Caller([b"after"], kind=JSON).ask(analyses)
        return analyses.in_progress, after

    in_progress, after = asyncio.run(leaving())

    assert in_progress == 0
    assert after[0] == 200
    assert blocked.ended == [b"running"] * WORKERS + [b"after"]


def test_a_recording_that_takes_too_long_is_given_up(blocked, monkeypatch):
    """After its time the answer is 504 with a sentence, and the work has ended."""
    monkeypatch.setattr(analysis_app, "PATIENCE_S", 0.05)

    status, sentence = asked([b"slow"], kind=JSON)

    assert (status, sentence) == (504, "there was no record within 0.05 s; send a part of it")
    assert blocked.ended == [b"slow"]


def test_windows_do_not_wait_for_recordings(client, blocked):
    """While every thread has a recording to work on, a window is answered."""
    with ThreadPoolExecutor(WORKERS) as pool:
        asked = [pool.submit(client.post, "/analyze", json={}) for _ in range(WORKERS)]
        everyone_works = [blocked.begun.acquire(timeout=PATIENCE_S) for _ in asked]
        answer = client.post("/predict", json=EXAMPLE)
        ended = list(blocked.ended)
        blocked.free.set()

    assert all(everyone_works)
    assert answer.status_code == 200
    assert ended == []
    assert [each.result().status_code for each in asked] == [200] * WORKERS


def test_a_recording_may_take_longer_than_windows(client, blocked, monkeypatch):
    """Windows get 504 after their own patience; BentoML's is longer than any of ours."""
    monkeypatch.setattr("serving.boundary.PATIENCE_S", 0.05)
    monkeypatch.setattr("serving.answering.predict", lambda *_: [blocked.free.wait(60)])

    with ThreadPoolExecutor(1) as pool:
        recording = pool.submit(client.post, "/analyze", json={})
        assert blocked.begun.acquire(timeout=PATIENCE_S)
        windows = client.post("/predict", json=EXAMPLE)
        waiting = not recording.done()
        blocked.free.set()

    assert (windows.status_code, windows.json()["error"]) == (504, "there was no answer in 0.05 s")
    assert waiting
    assert recording.result().status_code == 200
    assert bentoml_patience_s() > analysis_app.PATIENCE_S > PATIENCE_S


def bentoml_patience_s():
    """Return how long BentoML waits for an answer of the service."""
    from serving.service import Quaver  # noqa: PLC0415  (the environment says what it serves)

    return Quaver.config["traffic"]["timeout"]


# Mistakes of ours and of others


@pytest.fixture
def log(caplog, monkeypatch):
    """The test's log hears BentoML's, which keeps its own to itself."""
    monkeypatch.setattr(logging.getLogger("bentoml"), "propagate", True)
    return caplog


def test_a_bug_of_ours_is_not_told_but_logged(monkeypatch, log):
    """A fault in the analysis is 500 without our text, and a traceback in the log."""

    def broken(*_):
        raise ZeroDivisionError("a secret of the house")

    monkeypatch.setattr(analysis_app, "answer_to_body", broken)
    status, sentence = asked([b"{}"], kind=JSON)

    assert (status, sentence) == (500, "an unexpected error has occurred")
    assert "ZeroDivisionError: a secret of the house" in log.text


def test_a_caller_s_mistake_leaves_no_traceback(monkeypatch, log):
    """A recording that cannot be used is told to the caller, not to the log."""

    def refusing(*_):
        raise SignalError("recordings are too strange")

    monkeypatch.setattr(analysis_app, "answer_to_body", refusing)

    assert asked([b"{}"], kind=JSON) == (400, "recordings are too strange")
    assert log.text == ""


@pytest.mark.parametrize("kind", [b"text/csv", b"application/vnd.bentoml+pickle", b""])
def test_another_content_type_is_refused(kind):
    """A recording is JSON or an upload; pickle above all is not opened."""
    told = f"content type is {kind.decode()!r}; send application/json or multipart/form-data"

    assert asked([b"x"], kind=kind) == (415, told)


def test_a_compressed_upload_is_refused():
    """A body is not unpacked: a small one could become a large one."""
    told = "content encoding is 'gzip'; send the body as it is, not compressed"

    assert asked([b"x"], content_encoding=b"gzip") == (415, told)


def test_a_form_that_nobody_knows_is_refused():
    """What a record cannot be had as is 406, with what it can be had as."""
    told = f"a record can be had as {', '.join(FORMS)}; ask for one"

    assert asked([b"x"], accept=b"application/pdf") == (406, told)
