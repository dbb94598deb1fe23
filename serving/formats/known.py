"""The formats that are known, and opening a file of any of them."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Final

from features import SignalError
from serving.formats import kinds
from serving.formats.annotation import Annotation
from serving.formats.file_source import FileSource
from serving.formats.limits import Limits
from serving.formats.mapping import SignalMapping


@dataclass(frozen=True)
class Format:
    """The modules of :mod:`serving.formats` that read and write files of one kind.

    They are imported when the first such file is met, because the libraries behind them take up to
    a second to import, and a service may never meet one.
    """

    title: str
    reader: str
    annotations: str | None = None
    writer: str | None = None
    kind: str | None = None
    """What :func:`serving.formats.kinds.kind_of` calls it."""


_TEXT = Format("table of text", reader="delimited", writer="delimited", kind=kinds.TEXT)

FORMATS: Final[Mapping[str, Format]] = MappingProxyType(
    {
        ".csv": _TEXT,
        ".tsv": _TEXT,
        ".txt": _TEXT,
        ".parquet": Format("Parquet table", reader="parquet", writer="parquet", kind=kinds.PARQUET),
        ".edf": Format(
            "EDF or EDF+", reader="edf", annotations="edf", writer="edf_writing", kind=kinds.EDF
        ),
        ".hea": Format(
            "WFDB record", reader="wfdb_record", annotations="wfdb_record", kind=kinds.WFDB_HEADER
        ),
        ".dat": Format("WFDB record", reader="wfdb_record", annotations="wfdb_record"),
        ".wav": Format("WAV", reader="wav", writer="wav", kind=kinds.WAV),
        ".zip": Format(
            "zip with one recording", reader="archive", annotations="archive", kind=kinds.ZIP
        ),
    }
)
"""Suffix of a file → its format; capitals do not matter."""


def format_of(name: str) -> Format:
    """Return the format that a file's name says, or say which there are."""
    found = FORMATS.get(Path(name).suffix.lower())
    if found is None:
        raise SignalError(
            f"{name or 'a file without a name'} is of no known format; recordings are read from"
            f" {', '.join(FORMATS)}"
        )
    return found


def existing(path: Path) -> Format:
    """Return the format of a file that is there."""
    if path.is_dir():
        raise SignalError(f"{path} is a folder; give one file in it")
    found = format_of(path.name)
    if not path.is_file():
        raise SignalError(f"there is no file {path}")
    return found


@contextmanager
def opened(
    path: Path, mapping: SignalMapping, limits: Limits, name: str = ""
) -> Iterator[FileSource]:
    """Open a recording; errors while it is opened name the file, or call it by another name."""
    known = existing(path)
    with ExitStack() as stack:
        with naming(Path(name or path.name), "read"):
            _check_kind(path, known)
            reader = import_module(f"serving.formats.{known.reader}")
            source = stack.enter_context(reader.opened(path, mapping, limits))
        yield source


def annotations_of(path: Path, name: str = "") -> tuple[Annotation, ...]:
    """Return the annotations in a file, in no order; most formats have none.

    Errors call it by its name, or by another one.
    """
    module = existing(path).annotations
    if module is None:
        return ()
    with naming(Path(name or path.name), "read"):
        found: tuple[Annotation, ...] = import_module(f"serving.formats.{module}").read_annotations(
            path
        )
    return found


def _check_kind(path: Path, known: Format) -> None:
    if known.kind is None:
        return
    with path.open("rb") as file:
        found = kinds.kind_of(file.read(kinds.HEAD_BYTES))
    if found in (None, known.kind):
        return
    suffix = next((suffix for suffix, each in FORMATS.items() if each.kind == found), None)
    advice = f"read from {', '.join(FORMATS)}" if suffix is None else f"named {suffix}"
    what = "recordings are" if suffix is None else "such a file is"
    raise SignalError(f"it is not {known.kind}, but {found}; {what} {advice}")


@contextmanager
def naming(path: Path, done: str) -> Iterator[None]:
    """Say which file an error is about."""
    try:
        yield
    except SignalError as error:
        raise SignalError(f"{path.name}: {error}") from error
    except OSError as error:
        raise SignalError(f"{path.name} cannot be {done}: {error.strerror or error}") from error
