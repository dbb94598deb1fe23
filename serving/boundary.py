"""Boundary: what every request passes on its way in, and every refusal on its way out.

::

    request ─ too many: 429 ─▶ of another type: 415 ─▶ too large: 413 ─▶ not JSON, not of the
    schema: 400 ─▶ answer

A refusal is an object ``{"error": sentence, "detail": [{"where": …, "message": …}]}``. Refusals
that BentoML and pydantic make are rewritten to it; those of 500 and above are left as they are,
without any text of ours.
"""

import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from serving.api_document import in_our_words
from serving.api_page import INDEX
from serving.refusals import refusal

MOST_BYTES = 32 * 1024 * 1024
"""Size of a request's body. Reading one as large holds up other requests for a second."""

MOST_REQUESTS = 32
"""Requests that are worked on or wait; further ones get 429 at once."""

PATIENCE_S = 60
"""Seconds until a request that has not been answered gets 504."""

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]

_JSON = b"application/json"
_OF_THE_BODY = (b"content-type", b"content-length")


class _TooLargeError(Exception):
    """There is more of a body than is read."""


class _GoneError(Exception):
    """The client has left while it was sending."""


class Boundary:
    """ASGI middleware around the service."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.in_progress = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif scope["method"] == "POST" and self.in_progress >= MOST_REQUESTS:
            sentence = f"{MOST_REQUESTS} requests are being answered already; ask again later"
            await _refuse(send, 429, sentence, [(b"retry-after", b"1")])
        elif scope["method"] == "POST":
            self.in_progress += 1
            try:
                await self._post(scope, receive, send)
            finally:
                self.in_progress -= 1
        elif scope["method"] in ("GET", "HEAD") and scope["path"] == "/":
            await _send_whole(send, 200, INDEX.encode(), b"text/html; charset=utf-8")
        elif scope["method"] == "GET" and scope["path"] == "/docs.json":
            await self.app(scope, receive, _Whole(send, _described))
        else:
            await self.app(scope, receive, _Whole(send, _rewritten, _is_refusal))

    async def _post(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look at head and size of a body before anything else does."""
        headers = {key.lower(): value for key, value in scope["headers"]}
        sentence = _wrong_type(headers)
        if sentence:
            await _refuse(send, 415, sentence)
            return
        try:
            body = await _read_whole(receive, _stated_length(headers))
        except _TooLargeError:
            limit = f"{MOST_BYTES // 2**20} MiB"
            await _refuse(send, 413, f"the body is larger than {limit}; send fewer windows at once")
            return
        except _GoneError:
            # Nobody hears it any more, but BentoML waits until something has been said.
            await _refuse(send, 400, "the connection was closed before the body was complete")
            return
        replayed = _replay(body, receive)
        await self.app(scope, replayed, _Whole(send, _rewritten, _is_refusal))


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
                await _send_whole(self.send, self.start["status"], body, _JSON, kept)


def _is_refusal(status: int) -> bool:
    return 400 <= status < 500


def _rewritten(start: Message, body: bytes) -> bytes:
    """Return a refusal of BentoML's in our words."""
    allowed = dict(start["headers"]).get(b"allow", b"").decode("latin-1")
    return json.dumps(refusal(start["status"], body, allowed)).encode()


def _described(_: Message, body: bytes) -> bytes:
    return in_our_words(body)


def _wrong_type(headers: dict[bytes, bytes]) -> str:
    """Say that a body is no plain JSON by its own account, nothing when it is."""
    kind = headers.get(b"content-type", _JSON).split(b";")[0].strip().lower()
    if kind != _JSON:
        return f"content type is {kind[:80].decode('latin-1')!r}; send application/json"
    encoding = headers.get(b"content-encoding", b"identity").strip().lower()
    if encoding != b"identity":
        told = encoding[:80].decode("latin-1")
        return f"content encoding is {told!r}; send the body as it is, not compressed"
    return ""


def _stated_length(headers: dict[bytes, bytes]) -> int:
    try:
        return int(headers.get(b"content-length", b"0"))
    except ValueError:
        return 0


async def _read_whole(receive: Receive, stated: int) -> bytes:
    """Read a body up to the limit, whatever its stated length, which may be missing."""
    if stated > MOST_BYTES:
        raise _TooLargeError
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise _GoneError
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > MOST_BYTES:
            raise _TooLargeError
        if not message.get("more_body"):
            return b"".join(chunks)


def _replay(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body}]

    async def replayed() -> Message:
        return messages.pop() if messages else await receive()

    return replayed


async def _refuse(send: Send, status: int, sentence: str, headers: Headers = ()) -> None:
    content = {"error": sentence, "detail": []}
    await _send_whole(send, status, json.dumps(content).encode(), _JSON, headers)


async def _send_whole(
    send: Send, status: int, body: bytes, kind: bytes, headers: Headers = ()
) -> None:
    own = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *own]})
    await send({"type": "http.response.body", "body": body})
