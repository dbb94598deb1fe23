"""What kind of file something is, by its first bytes: a suffix may be wrong."""

from typing import Final

HEAD_BYTES = 512

EDF: Final = "an EDF file"
PARQUET: Final = "a Parquet file"
TEXT: Final = "a text file"
WAV: Final = "a WAV file"
WFDB_HEADER: Final = "a WFDB header"
ZIP: Final = "a zip archive (as Excel and Word files are)"

_EDF_VERSION = b"0       "
_EDF_HEADER_BYTES = 256

_BEGINNINGS: Final = (
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"PAR1", PARQUET),
    (b"\xffBIOSEMI", "a BDF file"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a gzip file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x89HDF", "an HDF5 or MATLAB file"),
    (b"MATLAB 5.0", "a MATLAB file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file"),
    (b"RF64", "an RF64 file"),
    (b"OggS", "an Ogg file"),
    (b"fLaC", "a FLAC file"),
    (b"ID3", "an MP3 file"),
)
_TEXT_BEGINNINGS: Final = (
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
    (b"<", "an XML file"),
    (b"{", "a JSON file"),
    (b"[", "a JSON file"),
)


def kind_of(head: bytes) -> str | None:
    """Return what a file is that begins with these bytes, or None for text and what is unknown."""
    for beginning, kind in _BEGINNINGS:
        if head.startswith(beginning):
            return kind
    if head.startswith(b"RIFF"):
        return WAV if head[8:12] == b"WAVE" else "a RIFF file"
    # A table of text may begin with a padded 0 as well, but has its first line end soon.
    if head.startswith(_EDF_VERSION) and b"\n" not in head[:_EDF_HEADER_BYTES]:
        return EDF
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return next((kind for beginning, kind in _TEXT_BEGINNINGS if text.startswith(beginning)), None)
