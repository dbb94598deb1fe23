"""Uploads: a multipart body, as it comes in, to a file on disk and fields in memory."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from features import SignalError
from serving.formats.known import FORMATS
from serving.sources import stored_name

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MOST_UPLOAD_BYTES = 512 * 1024 * 1024
"""Size of an uploaded file with its fields."""

MOST_FIELD_BYTES = 32 * 1024 * 1024
"""Size of all fields but the file together; an earlier record is the only one that is long."""

MOST_PARTS = 50

FILE = "file"
"""The field that holds the recording."""

_AT_ONCE = 1024 * 1024
"""Bytes that are written to disk together."""

_OF_WFDB = (".hea", ".dat")
"""A header names the files that it needs, which must not be files of this machine."""

SUFFIXES = tuple(suffix for suffix in FORMATS if suffix not in _OF_WFDB)
"""Of files that may be uploaded."""


class Upload:
    """What a multipart body holds.

    Parameters
    ----------
    folder : Path
        Where the file is written. Of the name that the client gives it only the suffix is used.

    Attributes
    ----------
    fields : dict of str to list of str
        The texts of each field.
    path : Path or None
        The file; None until one has begun.
    """

    def __init__(self, folder: Path) -> None:
        self.fields: dict[str, list[str]] = {}
        self.path: Path | None = None
        self.ended = False
        self._folder = folder
        self._parts = 0
        self._field_bytes = 0
        self._header = bytearray()
        self._value = bytearray()
        self._disposition = b""
        self._name = ""
        self._text: bytearray | None = None
        self._unwritten = bytearray()

    async def receive(self, body: AsyncIterator[bytes], content_type: bytes) -> None:
        """Read a whole body.

        Raises
        ------
        SignalError
            When it is no multipart body, ends early, or holds what is not asked for; when the
            file is of no known format, before it has come in.
        """
        _, options = parse_options_header(content_type)
        if b"boundary" not in options:
            raise SignalError("the content type multipart/form-data needs a boundary")
        try:
            parser = MultipartParser(options[b"boundary"], self._callbacks())
            async for piece in body:
                parser.write(piece)
                if len(self._unwritten) >= _AT_ONCE:
                    await self._write()
        except FormParserError:
            raise SignalError("the body is not well-formed multipart/form-data") from None
        if not self.ended:
            raise SignalError("the upload ends early: its closing boundary is missing")
        await self._write()

    async def _write(self) -> None:
        """Append what has come in to the file, beside the loop that serves other requests."""
        if self.path is not None:
            piece, self._unwritten = self._unwritten, bytearray()
            await asyncio.to_thread(_append, self.path, piece)

    def _callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._header.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._end_header,
            "on_headers_finished": self._open,
            "on_part_data": self._take,
            "on_part_end": self._close,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise SignalError(f"the body has more than {MOST_PARTS} parts; send one file at once")
        self._disposition = b""

    def _end_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._header.clear()
        self._value.clear()

    def _open(self) -> None:
        """Begin a part whose headers are known."""
        _, options = parse_options_header(self._disposition)
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        if self._name != FILE:
            self._text = bytearray()
            return
        if self.path is not None:
            raise SignalError(f"the field {FILE!r} is there twice; send one recording at once")
        self._text = None
        name = stored_name(options.get(b"filename", b"").decode("utf-8", "replace"))
        self.path = self._folder / name
        if self.path.suffix in _OF_WFDB:
            raise SignalError(
                f"a {self.path.suffix} file is part of a WFDB record; upload a zip of its files"
            )

    def _take(self, data: bytes, start: int, end: int) -> None:
        if self._text is None:
            self._unwritten += data[start:end]
            return
        self._field_bytes += end - start
        if self._field_bytes > MOST_FIELD_BYTES:
            most = MOST_FIELD_BYTES // 2**20
            raise SignalError(f"the fields hold more than {most} MiB; send the recording as a file")
        self._text += data[start:end]

    def _close(self) -> None:
        if self._text is None:
            return
        try:
            text = self._text.decode()
        except UnicodeDecodeError:
            raise SignalError(f"the field {self._name[:60]!r} is no text in UTF-8") from None
        self.fields.setdefault(self._name, []).append(text)

    def _end(self) -> None:
        self.ended = True


def _append(path: Path, piece: bytearray) -> None:
    with path.open("ab") as file:
        file.write(piece)
