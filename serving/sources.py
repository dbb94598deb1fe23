"""Recordings of any length from files, read a stretch at a time.

Memory does not grow with the length of a file, except where a column of times has to be looked at
(:attr:`Limits.samples_in_memory`). CSV and Parquet files are read once, when they are opened, into
a temporary file that is gone when they are closed; EDF, WAV and WFDB files are read where they are.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PureWindowsPath

from serving.analysis.source import SampleSource
from serving.formats.known import format_of, opened
from serving.formats.limits import Limits
from serving.formats.mapping import SignalMapping

__all__ = ["Limits", "open_source", "stored_name"]


@contextmanager
def open_source(
    path: Path, mapping: SignalMapping, *, limits: Limits | None = None
) -> Iterator[SampleSource]:
    """Open a recording of any supported format.

    The samples are those of :func:`serving.recordings.read_recording`. A source is for one thread.

    Parameters
    ----------
    path : Path
        The format is that of the suffix, see :data:`serving.recordings.FORMATS`, and the content
        must agree. Of a WFDB record, either the header or the signal file.
    mapping : SignalMapping
        What the file does not say itself.
    limits : Limits, optional
        What is read at the most; default: ``Limits()``.

    Raises
    ------
    SignalError
        Naming the file, what is wrong with it, and what is needed; also from ``read``, where a
        sample is infinite or the file is damaged.
    """
    with opened(path, mapping, limits or Limits()) as source:
        yield source


def stored_name(given: str) -> str:
    """Return the name under which a file that was sent may be stored: only the suffix is its own.

    Raises
    ------
    SignalError
        If the suffix is that of no known format.
    """
    # A Windows path also knows the slash of all others.
    name = PureWindowsPath(given).name
    format_of(name)
    return f"recording{Path(name).suffix.lower()}"
