"""Boundary: what every request passes on its way in, and every refusal on its way out.

::

    request ─ too many: 429 ─▶ of another type: 415 ─▶ too large: 413 ─▶ not JSON, not of the
    schema: 400 ─▶ too slow: 504 ─▶ answer

A refusal is an object ``{"error": sentence, "detail": [{"where": …, "message": …}]}``. Refusals
that BentoML and pydantic make are rewritten to it; those of 500 and above are left as they are,
without any text of ours, but for one: that there is no room for feedback (507). Recordings have a
boundary of their own (:mod:`serving.analysis_app`).
"""

import asyncio
import json
from collections.abc import Callable
from http import HTTPStatus

from serving.api_document import in_our_words
from serving.api_page import INDEX
from serving.asgi import (
    IDLE,
    JSON,
    App,
    GoneError,
    IdleError,
    Message,
    Receive,
    Scope,
    Send,
    TooLargeError,
    headers_of,
    kind_of,
    read_whole,
    refuse,
    send_whole,
    wrong_encoding,
)
from serving.refusals import refusal

MOST_BYTES = 32 * 1024 * 1024
"""Size of a request's body. Reading one as large holds up other requests for a second."""

MOST_REQUESTS = 32
"""Requests that are worked on or wait; further ones get 429 at once."""

PATIENCE_S = 60.0
"""Seconds until windows that have not been answered get 504."""

RECEIVING_S = 300.0
"""Seconds for a whole body: who sends a byte now and then must not keep others away for hours."""

RECORDINGS = "/analyze"
"""Where a body may be large and an answer may take long: it is read and limited there."""

_OF_THE_BODY = (b"content-type", b"content-length")


class Boundary:
    """ASGI middleware around the service."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.in_progress = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http" or _is_a_recording(scope):
            await self.app(scope, receive, send)
        elif scope["method"] == "POST" and self.in_progress >= MOST_REQUESTS:
            sentence = f"{MOST_REQUESTS} requests are being answered already; ask again later"
            await refuse(send, 429, sentence, [(b"retry-after", b"1")])
        elif scope["method"] == "POST":
            self.in_progress += 1
            try:
                await self._post(scope, receive, send)
            finally:
                self.in_progress -= 1
        elif scope["method"] in ("GET", "HEAD") and scope["path"] == "/":
            await send_whole(send, 200, INDEX.encode(), b"text/html; charset=utf-8")
        elif scope["method"] == "GET" and scope["path"] == "/docs.json":
            await self.app(scope, receive, _Whole(send, _described))
        else:
            await self.app(scope, receive, _Whole(send, _rewritten, _is_refusal))

    async def _post(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look at head and size of a body before anything else does."""
        headers = headers_of(scope)
        sentence = _wrong_type(headers)
        if sentence:
            await refuse(send, 415, sentence)
            return
        try:
            async with asyncio.timeout(RECEIVING_S):
                body = await read_whole(receive, headers, MOST_BYTES)
        except TimeoutError:
            late = f"the body was not complete within {RECEIVING_S:g} s; send fewer windows at once"
            await refuse(send, 408, late)
            return
        except TooLargeError:
            limit = f"{MOST_BYTES // 2**20} MiB"
            await refuse(send, 413, f"the body is larger than {limit}; send fewer windows at once")
            return
        except IdleError:
            await refuse(send, 408, IDLE)
            return
        except GoneError:
            # Nobody hears it any more, but BentoML waits until something has been said.
            await refuse(send, 400, "the connection was closed before the body was complete")
            return
        replayed = _replay(body, receive)
        await _patiently(self.app, scope, replayed, _Whole(send, _rewritten, _is_refusal))


class _Whole:
    """Holds an answer back until it is whole and sends it changed; others go on as they come."""

    def __init__(
        self,
        send: Send,
        change: Callable[[Message, bytes], bytes],
        concerns: Callable[[int], bool] = lambda status: status == 200,
    ) -> None:
        self.send = send
        self.change = change
        self.concerns = concerns
        self.start: Message | None = None
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and self.concerns(message["status"]):
            self.start = message
        elif self.start is None:
            await self.send(message)
        else:
            self.body += message.get("body", b"")
            if not message.get("more_body"):
                body = self.change(self.start, self.body)
                # What CORS or the router have said stays.
                kept = [h for h in self.start["headers"] if h[0].lower() not in _OF_THE_BODY]
                await send_whole(self.send, self.start["status"], body, JSON, kept)


async def _patiently(app: App, scope: Scope, receive: Receive, send: Send) -> None:
    """Let an application answer, and say so when it has not begun to in time.

    BentoML has one patience for all addresses, and recordings take longer than windows.
    """
    begun = asyncio.Event()

    async def noting(message: Message) -> None:
        begun.set()
        await send(message)

    answering = asyncio.ensure_future(app(scope, receive, noting))
    beginning = asyncio.ensure_future(begun.wait())
    try:
        either = {answering, beginning}
        await asyncio.wait(either, timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
        if begun.is_set() or answering.done():
            await answering
        else:
            await refuse(send, 504, f"there was no answer in {PATIENCE_S:g} s")
    finally:
        beginning.cancel()
        answering.cancel()


def _is_a_recording(scope: Scope) -> bool:
    return (scope["path"], scope["method"]) == (RECORDINGS, "POST")


def _is_refusal(status: int) -> bool:
    return 400 <= status < 500 or status == HTTPStatus.INSUFFICIENT_STORAGE


def _rewritten(start: Message, body: bytes) -> bytes:
    """Return a refusal of BentoML's in our words."""
    allowed = dict(start["headers"]).get(b"allow", b"").decode("latin-1")
    return json.dumps(refusal(start["status"], body, allowed)).encode()


def _described(_: Message, body: bytes) -> bytes:
    return in_our_words(body)


def _wrong_type(headers: dict[bytes, bytes]) -> str:
    """Say that a body is no plain JSON by its own account, nothing when it is."""
    kind = kind_of(headers)
    if kind != JSON:
        return f"content type is {kind[:80].decode('latin-1')!r}; send application/json"
    return wrong_encoding(headers)


def _replay(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body}]

    async def replayed() -> Message:
        return messages.pop() if messages else await receive()

    return replayed
