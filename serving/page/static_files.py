"""Static files: what the page is made of, and the plotting library that is installed."""

from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Final

HERE: Final = Path(__file__).parent

KINDS: Final = MappingProxyType(
    {
        ".css": "text/css; charset=utf-8",
        ".html": "text/html; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".json": "application/json",
        ".svg": "image/svg+xml",
        ".csv": "text/csv; charset=utf-8",
        ".edf": "application/octet-stream",
        ".wav": "audio/wav",
    }
)
"""Suffix → content type."""

PAGE: Final = "app.html"
PLOTLY: Final = "plotly.js"

COMPRESSED: Final = ".gz"
"""Suffix of an example that is kept compressed and sent as it is kept."""


@cache
def files() -> Mapping[str, Path]:
    """Return every file that the page may ask for, by the name it asks with."""
    folders = (HERE / "static", HERE / "examples")
    found = {path.name: path for folder in folders for path in folder.iterdir() if path.is_file()}
    return MappingProxyType(
        {name.removesuffix(COMPRESSED): path for name, path in found.items() if name != PAGE}
        | {PLOTLY: _plotly()}
    )


def text(name: str) -> str:
    """Return the text of a file of the page."""
    path = _plotly() if name == PLOTLY else HERE / "static" / name
    return path.read_text(encoding="utf-8")


def _plotly() -> Path:
    # Found, not imported: the file is all that is wanted of the package.
    spec = find_spec("plotly")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("plotly is not installed")
    return Path(spec.origin).parent / "package_data" / "plotly.min.js"
