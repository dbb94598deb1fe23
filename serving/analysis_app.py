"""Recordings over HTTP: ``POST /analyze``, as an ASGI application of its own.

::

    request ─ no such form: 406 ─▶ of another type: 415 ─▶ no place: 503 ─▶ too large: 413 ─▶ not
    what is needed: 400 ─▶ waits for a thread ─▶ too slow: 504 ─▶ record

A recording can take as long as thousands of windows, so that it is worked on in threads of its own
and windows do not wait for it. Each request has a place from its first byte to its answer; there
are few, because bodies wait in memory or on disk. A client that leaves gives its place back. Where
the disk of the service is full the answer is 507, whatever was being read or written.
"""

import asyncio
import errno
import json
import logging
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.routing import Route

from features import SignalError
from serving import analysis_counts as counts
from serving import refusals
from serving.analysis_answer import FORMS, Form, wanted_form
from serving.analysis_request import RECORDING_LIMITS
from serving.analysis_upload import MOST_UPLOAD_BYTES, Upload
from serving.analysis_work import Progress, answer_to_body, answer_to_upload
from serving.asgi import (
    IDLE,
    JSON,
    GoneError,
    IdleError,
    Receive,
    Scope,
    Send,
    TooLargeError,
    headers_of,
    kind_of,
    pieces,
    read_whole,
    refuse,
    send_whole,
    wrong_encoding,
)
from serving.boundary import MOST_BYTES, RECORDINGS

if TYPE_CHECKING:
    from serving.answering import Models

MOST_ANALYSES = 8
"""Recordings that are received, wait or are worked on; further ones get 503 at once."""

WORKERS = 2
"""Recordings that are worked on at the same time."""

PATIENCE_S = 600.0
"""Seconds from the first byte until a recording that has not been answered gets 504."""

RETRY_AFTER_S = 10

LIMITS = {
    "upload_bytes": MOST_UPLOAD_BYTES,
    "unpacked_bytes": RECORDING_LIMITS.unpacked_bytes,
    "recording_channels": RECORDING_LIMITS.channels,
    "recording_samples": RECORDING_LIMITS.samples,
    "recording_s": int(RECORDING_LIMITS.duration_s),
    "recordings_at_once": MOST_ANALYSES,
}

_MULTIPART = b"multipart/form-data"
_LOG = logging.getLogger("bentoml.quaver")
"""Below the logger that BentoML writes with."""

Work = Callable[[Progress], bytes]


class _LeftError(Exception):
    """Nobody waits for the answer any more."""


class Analyses:
    """ASGI application that answers one recording after the other."""

    def __init__(self) -> None:
        self.models: Models = {}
        self.in_progress = 0
        self._threads = ThreadPoolExecutor(WORKERS, thread_name_prefix="analysis")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request with a record, or refuse it."""
        headers = headers_of(scope)
        form = wanted_form(headers.get(b"accept", b"").decode("latin-1"))
        if form is None:
            await refuse(send, 406, f"a record can be had as {', '.join(FORMS)}; ask for one")
        elif sentence := _wrong_type(headers):
            await refuse(send, 415, sentence)
        elif self.in_progress >= MOST_ANALYSES:
            counts.shed()
            text = f"{MOST_ANALYSES} recordings are being analysed already; ask again later"
            await refuse(send, 503, text, [(b"retry-after", str(RETRY_AFTER_S).encode())])
        else:
            self.in_progress += 1
            try:
                status, kind, body = await self._answer(headers, form, receive)
            finally:
                self.in_progress -= 1
            await send_whole(send, status, body, kind)

    async def _answer(
        self, headers: dict[bytes, bytes], form: Form, receive: Receive
    ) -> tuple[int, bytes, bytes]:
        """Return status, content type and body of an answer."""
        patience = asyncio.timeout(PATIENCE_S)
        try:
            async with patience:
                record = await self._record(headers, form, receive)
        except Exception as error:  # noqa: BLE001  (what is not the caller's is logged)
            status, content = _told_of(error, headers, late=patience.expired())
            return status, JSON, json.dumps(content).encode()
        return 200, form.content_type.encode(), record

    async def _record(self, headers: dict[bytes, bytes], form: Form, receive: Receive) -> bytes:
        if kind_of(headers) == JSON:
            body = await read_whole(receive, headers, MOST_BYTES)
            return await self._worked(partial(answer_to_body, body, form, self.models), receive)
        with tempfile.TemporaryDirectory(prefix="quaver-") as folder:
            upload = Upload(Path(folder))
            incoming = pieces(receive, headers, MOST_UPLOAD_BYTES)
            await upload.receive(incoming, headers[b"content-type"])
            return await self._worked(partial(answer_to_upload, upload, form, self.models), receive)

    async def _worked(self, work: Work, receive: Receive) -> bytes:
        """Do work in a thread for as long as somebody waits for it.

        This returns when the thread has ended, so that what it reads from may then be removed.
        """
        left = threading.Event()

        def going_on(_: float) -> None:
            if left.is_set():
                raise _LeftError

        job = self._threads.submit(work, going_on)
        finished = asyncio.wrap_future(job)
        leaving = asyncio.ensure_future(_left(receive))
        either: set[asyncio.Future[Any]] = {finished, leaving}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            if not finished.done():
                left.set()
                job.cancel()  # where it has not begun
                await asyncio.gather(finished, return_exceptions=True)
        if left.is_set():
            raise GoneError
        return finished.result()


def application(analyses: Analyses) -> Starlette:
    """Return what is mounted into the service."""
    return Starlette(routes=[Route(RECORDINGS, analyses, methods=["POST"])])


async def _left(receive: Receive) -> None:
    """Return when the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _wrong_type(headers: dict[bytes, bytes]) -> str:
    kind = kind_of(headers)
    if kind in (JSON, _MULTIPART):
        return wrong_encoding(headers)
    told = kind[:80].decode("latin-1")
    return f"content type is {told!r}; send application/json or multipart/form-data"


def _told_of(
    error: Exception, headers: dict[bytes, bytes], *, late: bool
) -> tuple[int, dict[str, Any]]:
    """Return the status of an error, and what is said of it."""
    if isinstance(error, ValidationError):
        return 400, refusals.of_a_request(error)
    if _is_full_disk(error):
        _LOG.error("a recording was refused, because the disk is full: %s", error)
        status, text = 507, "there is no room for the recording on the disk of this service"
    elif isinstance(error, SignalError):
        status, text = 400, str(error)
    elif isinstance(error, GoneError):  # nobody hears it
        status, text = 400, "the connection was closed before the recording was answered"
    elif isinstance(error, IdleError):
        status, text = 408, IDLE
    elif isinstance(error, TooLargeError):
        status, text = 413, _too_large(headers)
    elif late:
        status, text = 504, f"there was no record within {PATIENCE_S:g} s; send a part of it"
    else:
        _LOG.error("an analysis has failed", exc_info=error)
        status, text = 500, "an unexpected error has occurred"
    return status, refusals.sentence(text)


def _is_full_disk(error: BaseException | None) -> bool:
    """Whether an error comes from a full disk, however it was put into words since."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        error = error.__cause__
    return False


def _too_large(headers: dict[bytes, bytes]) -> str:
    if kind_of(headers) == JSON:
        most = MOST_BYTES // 2**20
        return f"the body is larger than {most} MiB; upload the recording as a file"
    return f"the upload is larger than {MOST_UPLOAD_BYTES // 2**20} MiB; send it in parts"
