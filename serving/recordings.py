"""Recordings from files and into files, whatever the format."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Final

from features import Recording, SignalError
from serving.formats.annotation import Annotation
from serving.formats.mapping import SignalMapping

__all__ = [
    "FORMATS",
    "Annotation",
    "Format",
    "SignalMapping",
    "read_annotations",
    "read_recording",
    "write_recording",
]


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


_TEXT = Format("table of text", reader="delimited", writer="delimited")
_WFDB = Format("WFDB record", reader="wfdb_record", annotations="wfdb_record")

FORMATS: Final[Mapping[str, Format]] = MappingProxyType(
    {
        ".csv": _TEXT,
        ".tsv": _TEXT,
        ".txt": _TEXT,
        ".parquet": Format("Parquet table", reader="parquet", writer="parquet"),
        ".edf": Format("EDF or EDF+", reader="edf", annotations="edf", writer="edf_writing"),
        ".hea": _WFDB,
        ".dat": _WFDB,
    }
)
"""Suffix of a file → its format; capitals do not matter."""


def read_recording(path: Path, mapping: SignalMapping) -> Recording:
    """Read a file of any supported format.

    Parameters
    ----------
    path : Path
        The format is that of the suffix, see :data:`FORMATS`. Of a WFDB record, either the header
        or the signal file.
    mapping : SignalMapping
        What the file does not say itself.

    Returns
    -------
    Recording
        All channels at one rate and in one unit; empty cells, lost samples and pauses are NaN.

    Raises
    ------
    SignalError
        Naming the file, what is wrong with it, and what is needed.
    """
    reader = _existing(path).reader
    with _naming(path, "read"):
        recording: Recording = import_module(f"serving.formats.{reader}").read(path, mapping)
    return recording


def read_annotations(path: Path) -> tuple[Annotation, ...]:
    """Return the annotations of an EDF+ file or WFDB record in order; other formats have none.

    Raises
    ------
    SignalError
        If the file is missing or damaged.
    """
    module = _existing(path).annotations
    if module is None:
        return ()
    with _naming(path, "read"):
        found = import_module(f"serving.formats.{module}").read_annotations(path)
    return tuple(sorted(found, key=lambda each: each.start_s))


def write_recording(
    recording: Recording, path: Path, annotations: Sequence[Annotation] = ()
) -> None:
    """Write a recording as CSV, Parquet or EDF; reading it again gives the same recording.

    CSV keeps the samples and states their times; the unit has to be said again. Parquet keeps
    everything. EDF stores 16 bits a sample between the lowest and the highest of its channel, and
    has no gaps.

    Parameters
    ----------
    annotations : sequence of Annotation, optional
        For EDF, which becomes EDF+.

    Raises
    ------
    SignalError
        If the format cannot hold the recording.
    """
    module = _format(path).writer
    if module is None:
        writable = ", ".join(suffix for suffix, known in FORMATS.items() if known.writer)
        raise SignalError(f"{path.name} cannot be written; write one of {writable}")
    if annotations and _format(path).annotations is None:
        raise SignalError(f"{path.name} cannot hold annotations; write .edf")
    writer = import_module(f"serving.formats.{module}").write
    # A file is complete or absent.
    part = path.with_name(f".{path.name}.part")
    with _naming(path, "written"):
        try:
            writer(recording, part, annotations) if annotations else writer(recording, part)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def _format(path: Path) -> Format:
    found = FORMATS.get(path.suffix.lower())
    if found is None:
        raise SignalError(
            f"{path.name} is of no known format; recordings are read from {', '.join(FORMATS)}"
        )
    return found


def _existing(path: Path) -> Format:
    found = _format(path)
    if not path.exists():
        raise SignalError(f"there is no file {path}")
    if not path.is_file():
        raise SignalError(f"{path} is a folder; give one file in it")
    return found


@contextmanager
def _naming(path: Path, done: str) -> Iterator[None]:
    """Say which file an error is about."""
    try:
        yield
    except SignalError as error:
        raise SignalError(f"{path.name}: {error}") from error
    except OSError as error:
        raise SignalError(f"{path.name} cannot be {done}: {error.strerror or error}") from error
