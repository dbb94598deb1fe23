"""Site: the page at ``/app`` and its files, as an ASGI application to be mounted.

The page asks nobody but this service, and a browser is told to see to that.
"""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from serving.page.static_files import COMPRESSED, HERE, KINDS, PAGE, PLOTLY, files

ADDRESS: Final = "/app"

POLICY: Final = (
    "default-src 'self';"
    " style-src 'self' 'unsafe-inline';"  # Plotly styles what it draws
    " img-src 'self' data: blob:;"
    " object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
}

_ASK_AGAIN: Final = "no-cache"
_A_WEEK: Final = "public, max-age=604800"


@dataclass(frozen=True)
class _Kept:
    """A file as it is sent to every browser: compressed, with a mark of what is in it."""

    compressed: bytes
    mark: str
    kind: str


@cache
def _kept(path: Path, name: str) -> _Kept:
    content = path.read_bytes()
    compressed = content if path.suffix == COMPRESSED else gzip.compress(content, 6, mtime=0)
    mark = f'"{hashlib.sha256(compressed).hexdigest()[:16]}"'
    return _Kept(compressed, mark, KINDS[Path(name).suffix])


def _page(request: Request) -> Response:
    return _sent(request, HERE / "static" / PAGE, PAGE)


def _file(request: Request) -> Response:
    name = request.path_params["name"]
    path = files().get(name)
    if path is None:
        raise HTTPException(404)
    return _sent(request, path, name)


def _sent(request: Request, path: Path, name: str) -> Response:
    kept = _kept(path, name)
    headers = {
        **HEADERS,
        "cache-control": _A_WEEK if name == PLOTLY else _ASK_AGAIN,
        "etag": kept.mark,
        "vary": "accept-encoding",
    }
    if request.headers.get("if-none-match") == kept.mark:
        return Response(status_code=304, headers=headers)
    content = kept.compressed
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["content-encoding"] = "gzip"
    else:
        content = gzip.decompress(content)
    return Response(content, headers=headers, media_type=kept.kind)


# Plain functions: Starlette calls them in a thread, and compressing Plotly takes a while.
app = Starlette(routes=[Route(ADDRESS, _page), Route(ADDRESS + "/{name}", _file)])
