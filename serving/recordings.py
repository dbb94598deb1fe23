"""Recordings from files and into files, whatever the format."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from features import Recording, SignalError
from serving.formats.annotation import Annotation
from serving.formats.known import FORMATS, Format, annotations_of, format_of, naming
from serving.formats.limits import UNLIMITED
from serving.formats.mapping import SignalMapping
from serving.sources import open_source

__all__ = [
    "FORMATS",
    "Annotation",
    "Format",
    "SignalMapping",
    "read_annotations",
    "read_recording",
    "write_recording",
]


def read_recording(path: Path, mapping: SignalMapping) -> Recording:
    """Read a whole file of any supported format into memory; see also :mod:`serving.sources`.

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
    with open_source(path, mapping, limits=UNLIMITED) as source, naming(path, "read"):
        return Recording(
            source.read(0, source.n_samples),
            sampling_rate_hz=source.sampling_rate_hz,
            modality=source.modality,
            unit=source.unit,
            channel_names=source.channel_names,
            start_time=source.start_time,
        )


def read_annotations(path: Path) -> tuple[Annotation, ...]:
    """Return the annotations of an EDF+ file or WFDB record in order; other formats have none.

    Raises
    ------
    SignalError
        If the file is missing or damaged.
    """
    return tuple(sorted(annotations_of(path), key=lambda each: each.start_s))


def write_recording(
    recording: Recording, path: Path, annotations: Sequence[Annotation] = ()
) -> None:
    """Write a recording as CSV, Parquet, EDF or WAV; reading it again gives the same recording.

    CSV keeps the samples and states their times; the unit has to be said again. Parquet keeps
    everything. EDF stores 16 bits a sample between the lowest and the highest of its channel, and
    has no gaps. WAV keeps the samples, and neither unit, names nor start.

    Parameters
    ----------
    annotations : sequence of Annotation, optional
        For EDF, which becomes EDF+.

    Raises
    ------
    SignalError
        If the format cannot hold the recording.
    """
    module = format_of(path.name).writer
    if module is None:
        writable = ", ".join(suffix for suffix, known in FORMATS.items() if known.writer)
        raise SignalError(f"{path.name} cannot be written; write one of {writable}")
    if annotations and format_of(path.name).annotations is None:
        raise SignalError(f"{path.name} cannot hold annotations; write .edf")
    writer = import_module(f"serving.formats.{module}").write
    # A file is complete or absent.
    part = path.with_name(f".{path.name}.part")
    with naming(path, "written"):
        try:
            writer(recording, part, annotations) if annotations else writer(recording, part)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
