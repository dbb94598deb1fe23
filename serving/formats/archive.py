"""Zip archives that hold one recording: a WFDB record with its files, or any other single file.

A record may have segments, each a record itself, which are part of it and no recordings beside it.

An archive comes from anywhere, so nothing that it says is believed: names decide nothing about
where files go, and sizes are counted while unpacking.
"""

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path, PureWindowsPath
from tempfile import TemporaryDirectory

from features import SignalError
from serving.formats import known
from serving.formats.annotation import Annotation
from serving.formats.file_source import FileSource
from serving.formats.limits import UNLIMITED, Limits
from serving.formats.mapping import SignalMapping

_HEADER = ".hea"
_HEADER_BYTES = 2**18
"""Of a header that is searched for the names of segments; the number of files is limited, too."""
_OF_SEGMENTS = re.compile(r"[\w-]+/\d+", re.ASCII)
_NO_SEGMENT = "~"
_SIGNALS = ".dat"
_PERHAPS_REMARKS = ".txt"
_ARCHIVES = (".zip", ".gz", ".bz2", ".xz", ".7z", ".rar", ".tar", ".tgz")
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Of the others, a few bytes can unpack to gigabytes in a single step."""
_PLAIN_NAME = re.compile(r"[\w-][\w.-]*", re.ASCII)
_ENTRY = b"PK\x01\x02"
"""How an entry of the directory begins."""
_ENCRYPTED = 0x1
_STEP_BYTES = 1024**2
_MOST_NAMES = 5
_LONGEST_NAME = 255
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    ValueError,
)


@contextmanager
def opened(path: Path, mapping: SignalMapping, limits: Limits) -> Iterator[FileSource]:
    """Open the recording in an archive; what was unpacked is gone when it is closed."""
    with (
        _unpacked(path, limits) as (inner, name),
        known.opened(inner, mapping, limits, name) as source,
    ):
        yield source


def read_annotations(path: Path) -> tuple[Annotation, ...]:
    """Return the annotations of the recording in an archive."""
    with _unpacked(path, UNLIMITED) as (inner, name):
        return known.annotations_of(inner, name)


@contextmanager
def _unpacked(path: Path, limits: Limits) -> Iterator[tuple[Path, str]]:
    """Unpack the one recording of an archive; yield where it is, and what it was called."""
    _check_number(path, limits)
    with ExitStack() as stack:
        with _reading():
            archive = stack.enter_context(zipfile.ZipFile(path))
            entries = archive.infolist()
            for entry in entries:
                _check_entry(entry)
            wanted = _wanted(archive, [entry for entry in entries if _is_meant(entry)])
            _check_size(sum(entry.file_size for entry in wanted.values()), limits)
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="quaver-")))
            unpacked = 0
            for name, entry in wanted.items():
                with archive.open(entry) as packed, (folder / name).open("wb") as file:
                    while piece := packed.read(_STEP_BYTES):
                        unpacked += len(piece)
                        _check_size(unpacked, limits)
                        file.write(piece)
        stored, entry = next(iter(wanted.items()))
        called = _path(entry).name
        plain = called.isprintable() and len(called) <= _LONGEST_NAME
        yield folder / stored, called if plain else stored


def _check_number(path: Path, limits: Limits) -> None:
    """Count entries before their directory is held in memory."""
    n_entries, end = 0, b""
    with path.open("rb") as file:
        while piece := file.read(_STEP_BYTES):
            n_entries += (end + piece).count(_ENTRY)
            end = piece[-len(_ENTRY) + 1 :]
    if n_entries > limits.archive_files:
        raise SignalError(
            f"it holds {n_entries} files; up to {limits.archive_files} are read: zip the recording"
            " alone"
        )


def _check_entry(entry: zipfile.ZipInfo) -> None:
    """Refuse what has no place in an archive of a recording."""
    name = entry.orig_filename
    # A Windows path knows drives and both slashes.
    parts = PureWindowsPath(name)
    if parts.anchor or ".." in parts.parts:
        raise SignalError(f"it holds {name!r}, a name that leads outside; zip the recording alone")
    if not entry.filename:
        raise SignalError("it holds a file without a name; zip the recording alone")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise SignalError(
            f"it holds {name!r}, which is a link or no file; zip the files themselves"
        )
    if entry.flag_bits & _ENCRYPTED:
        raise SignalError("it is encrypted; zip the recording without a password")
    if parts.suffix.lower() in _ARCHIVES:
        raise SignalError(f"it holds {name!r}, an archive in itself; zip the recording alone")
    if entry.compress_type not in _COMPRESSIONS:
        raise SignalError(f"{name!r} is compressed in a rare way; zip it as usual, by deflate")


def _check_size(n_bytes: int, limits: Limits) -> None:
    if n_bytes > limits.unpacked_bytes:
        raise SignalError(
            f"it unpacks to over {limits.unpacked_bytes} bytes, the most that is read; cut the"
            " recording into parts"
        )


def _is_meant(entry: zipfile.ZipInfo) -> bool:
    """Whether an entry is a file that a person put there, not the system."""
    parts = _path(entry).parts
    return not entry.is_dir() and not any(part.startswith((".", "__MACOSX")) for part in parts)


def _wanted(
    archive: zipfile.ZipFile, entries: Sequence[zipfile.ZipInfo]
) -> dict[str, zipfile.ZipInfo]:
    """Return what to unpack, by the names to give it: the recording first."""
    found = _with_suffix(entries, set(known.FORMATS) - {_SIGNALS, _PERHAPS_REMARKS})
    found = _without_segments(archive, found)
    found = found or _with_suffix(entries, {_PERHAPS_REMARKS})
    if len(found) != 1:
        names = ", ".join(_path(entry).name for entry in (found or entries)[:_MOST_NAMES])
        raise SignalError(
            f"it holds {len(found)} recordings{f' ({names})' if names else ''}; zip one: a single"
            " file, or a WFDB header (.hea) with its signals (.dat)"
        )
    recording = _path(found[0])
    if recording.suffix.lower() != _HEADER:
        return {f"recording{recording.suffix.lower()}": found[0]}
    # The files of a record refer to each other by name.
    beside = {
        _path(entry).name: entry
        for entry in entries
        if _path(entry).parent == recording.parent and _PLAIN_NAME.fullmatch(_path(entry).name)
    }
    return {recording.name: found[0]} | beside


def _without_segments(
    archive: zipfile.ZipFile, found: Sequence[zipfile.ZipInfo]
) -> list[zipfile.ZipInfo]:
    """Leave out WFDB headers of which another one, beside them, says that they are its segments."""
    headers = _with_suffix(found, {_HEADER})
    if len(headers) < 2:
        return list(found)
    parts_of = {entry: _segments(archive, entry) for entry in headers}
    segments = {path for paths in parts_of.values() for path in paths}
    # A segment has no segments itself, so that of headers that name each other none is lost.
    return [
        entry
        for entry in found
        if parts_of.get(entry, {""}) or _path(entry).with_suffix("") not in segments
    ]


def _segments(archive: zipfile.ZipFile, header: zipfile.ZipInfo) -> list[PureWindowsPath]:
    """Return the records that a header names as its segments; one of a single record names none."""
    with archive.open(header) as packed:
        text = packed.read(_HEADER_BYTES).decode("ascii", errors="ignore")
    lines = [line.split() for line in text.splitlines() if line.strip() and line.strip()[0] != "#"]
    if not lines or not _OF_SEGMENTS.fullmatch(lines[0][0]):
        return []
    return [_path(header).parent / words[0] for words in lines[1:] if words[0] != _NO_SEGMENT]


def _with_suffix(entries: Sequence[zipfile.ZipInfo], suffixes: set[str]) -> list[zipfile.ZipInfo]:
    return [entry for entry in entries if _path(entry).suffix.lower() in suffixes]


def _path(entry: zipfile.ZipInfo) -> PureWindowsPath:
    return PureWindowsPath(entry.filename)


@contextmanager
def _reading() -> Iterator[None]:
    """Say in other words what is wrong with an archive."""
    try:
        yield
    except _DAMAGE as error:
        raise SignalError(f"it is no readable zip archive: {error}") from error
