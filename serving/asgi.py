"""ASGI: the types of a request, bodies read up to a limit, and answers sent whole."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from serving.refusals import sentence

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]

JSON = b"application/json"


class TooLargeError(Exception):
    """There is more of a body than is read."""


class GoneError(Exception):
    """The client has left before it was answered."""


class IdleError(Exception):
    """Nothing of a body has come for too long."""


IDLE_S = 60.0
"""Seconds between two pieces of a body: who sends nothing must not keep others away."""

IDLE = f"nothing of the body came for {IDLE_S:g} s; send it again"


def headers_of(scope: Scope) -> dict[bytes, bytes]:
    """Return the headers of a request; what stands in several lines is one list."""
    headers: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        key = name.lower()
        headers[key] = headers[key] + b", " + value if key in headers else value
    return headers


def kind_of(headers: dict[bytes, bytes]) -> bytes:
    """Return the content type of a body without its parameters; JSON when nothing is said."""
    return headers.get(b"content-type", JSON).split(b";")[0].strip().lower()


def wrong_encoding(headers: dict[bytes, bytes]) -> str:
    """Say that a body is compressed by its own account, nothing when it is not."""
    encoding = headers.get(b"content-encoding", b"identity").strip().lower()
    if encoding == b"identity":
        return ""
    told = encoding[:80].decode("latin-1")
    return f"content encoding is {told!r}; send the body as it is, not compressed"


async def pieces(
    receive: Receive, headers: dict[bytes, bytes], most_bytes: int
) -> AsyncIterator[bytes]:
    """Yield a body as it comes in, up to a limit, whatever its stated length.

    Raises
    ------
    TooLargeError
        Before anything is read when the stated length is too large.
    GoneError
        When the body ends early.
    IdleError
        When nothing comes for a while.
    """
    if _stated_length(headers) > most_bytes:
        raise TooLargeError
    size = 0
    while True:
        try:
            async with asyncio.timeout(IDLE_S):
                message = await receive()
        except TimeoutError as error:
            raise IdleError from error
        if message["type"] != "http.request":
            raise GoneError
        piece = message.get("body", b"")
        size += len(piece)
        if size > most_bytes:
            raise TooLargeError
        yield piece
        if not message.get("more_body"):
            return


def _stated_length(headers: dict[bytes, bytes]) -> int:
    try:
        return int(headers.get(b"content-length", b"0"))
    except ValueError:
        return 0


async def read_whole(receive: Receive, headers: dict[bytes, bytes], most_bytes: int) -> bytes:
    """Return a body, read as :func:`pieces` does."""
    return b"".join([piece async for piece in pieces(receive, headers, most_bytes)])


async def refuse(send: Send, status: int, text: str, headers: Headers = ()) -> None:
    """Answer with one sentence of ours."""
    body = json.dumps(sentence(text)).encode()
    await send_whole(send, status, body, JSON, headers)


async def send_whole(
    send: Send, status: int, body: bytes, kind: bytes, headers: Headers = ()
) -> None:
    """Send an answer that is all there."""
    own = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *own]})
    await send({"type": "http.response.body", "body": body})
