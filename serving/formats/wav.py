"""WAV: sound files, as amplifiers of surface EMG and phones write them.

The header states the sampling rate and no unit: full scale is 1 of the unit that is given. PCM of
16, 24 and 32 bits and floating point are read.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from features import MODALITIES, Recording, SignalError
from serving.formats.channels import Channel, find, source_of
from serving.formats.file_source import FileSource, Samples
from serving.formats.limits import Limits
from serving.formats.mapping import SignalMapping

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_OTHER_CODES: Final = {2: "ADPCM", 6: "A-law", 7: "mu-law", 17: "ADPCM", 85: "MP3"}
_UNTIL_THE_END = 0xFFFFFFFF
"""Length of data that a program wrote which could not go back to say how much it was."""
_MOST_CHUNKS = 1000
_FORMAT_BYTES = 40
_LARGEST_BYTES = 2**32 - 1024

_TYPES: Final = {
    (_PCM, 16): np.dtype("<i2"),
    (_PCM, 24): np.dtype(("u1", 3)),
    (_PCM, 32): np.dtype("<i4"),
    (_FLOAT, 32): np.dtype("<f4"),
    (_FLOAT, 64): np.dtype("<f8"),
}


@dataclass(frozen=True)
class _Layout:
    """What a header states, and where the data begin."""

    n_channels: int
    rate_hz: int
    type: "np.dtype[np.generic]"
    begin: int
    n_samples: int


@contextmanager
def opened(path: Path, mapping: SignalMapping, limits: Limits) -> Iterator[FileSource]:
    """Open the wanted channels of a WAV file."""
    if mapping.time_column is not None:
        raise SignalError("a WAV file has no column of times; leave time_column out")
    if mapping.unit is None:
        accepted = ", ".join(MODALITIES[mapping.modality].factors)
        raise SignalError(
            f"a WAV file states no unit; give the one that its full scale is 1 of: {accepted}"
        )
    with path.open("rb") as file:
        layout = _layout(file, path.stat().st_size)
        names = [f"channel_{n}" for n in range(layout.n_channels)]
        wanted = mapping.columns if mapping.columns is not None else range(layout.n_channels)
        chosen = find(list(wanted), names, "channel")

        def load(start: int, stop: int) -> Samples:
            return _read(file, layout, start, stop)[chosen]

        channels = [Channel(names[place], "", float(layout.rate_hz)) for place in chosen]
        yield source_of(channels, mapping, limits, n_samples=layout.n_samples, load=load)


def _read(file: BinaryIO, layout: _Layout, start: int, stop: int) -> Samples:
    frame = layout.n_channels * layout.type.itemsize
    file.seek(layout.begin + start * frame)
    raw = file.read((stop - start) * frame)
    values = np.frombuffer(raw, dtype=layout.type)
    return _full_scale(values).reshape(-1, layout.n_channels).T


def _full_scale(values: NDArray[np.generic]) -> Samples:
    """Return stored values as fractions of full scale, in a precision that holds them exactly."""
    if np.issubdtype(values.dtype, np.floating):
        floats: Samples = values.astype(values.dtype.newbyteorder("="), copy=False)
        return floats
    if values.ndim == 2:  # three bytes each, which become the upper three of four
        padded = np.zeros((len(values), 4), dtype=np.uint8)
        padded[:, 1:] = values
        return padded.view("<i4")[:, 0].astype(np.float32) / np.float32(2**31)
    if values.itemsize == 2:
        return values.astype(np.float32) / np.float32(2**15)
    return values.astype(np.float64) / 2**31


def _layout(file: BinaryIO, size: int) -> _Layout:
    """Go through the chunks of a file up to its data."""
    if len(file.read(12)) < 12:
        raise SignalError("it is empty or cut short within its header")
    stated: tuple[int, int, np.dtype[np.generic]] | None = None
    for _ in range(_MOST_CHUNKS):
        head = file.read(8)
        if len(head) < 8:
            break
        name, length = head[:4], int.from_bytes(head[4:], "little")
        if name == b"data" and stated is not None:
            return _with_data(stated, file.tell(), length, size)
        begin = file.tell()
        if name == b"fmt ":
            stated = _stated(file.read(min(length, _FORMAT_BYTES)))
        file.seek(begin + length + length % 2)
    raise SignalError("it is damaged or cut short: it has no format and data")


def _stated(chunk: bytes) -> tuple[int, int, "np.dtype[np.generic]"]:
    """Return channels, sampling rate and type of the samples."""
    if len(chunk) < 16:
        raise SignalError("its header is cut short")
    code, n_channels, rate_hz, _, block, bits = struct.unpack("<HHIIHH", chunk[:16])
    if code == _EXTENSIBLE and len(chunk) >= 26:
        code = int.from_bytes(chunk[24:26], "little")
    found = _TYPES.get((code, bits))
    if found is None:
        what = "PCM" if code == _PCM else _OTHER_CODES.get(code, f"code {code}")
        raise SignalError(
            f"its samples are {what} of {bits} bits; PCM of 16, 24 or 32 bits and floating point"
            " of 32 or 64 are read"
        )
    if n_channels == 0 or block != n_channels * found.itemsize:
        raise SignalError(
            f"its header is damaged: it states {n_channels} channels of {bits} bits in {block}"
            " bytes"
        )
    return n_channels, rate_hz, found


def _with_data(
    stated: tuple[int, int, "np.dtype[np.generic]"], begin: int, length: int, size: int
) -> _Layout:
    n_channels, rate_hz, kind = stated
    frame = n_channels * kind.itemsize
    held = (size - begin) // frame
    announced = held if length == _UNTIL_THE_END else length // frame
    if held < announced:
        raise SignalError(
            f"it is cut short: its header announces {announced} samples of {n_channels} channels,"
            f" and the file holds {held}"
        )
    return _Layout(n_channels, rate_hz, kind, begin, announced)


def write(recording: Recording, path: Path) -> None:
    """Write a recording as WAV of floating point: 1 of its unit is full scale, NaN a gap."""
    from scipy.io import wavfile  # noqa: PLC0415  (only to write)

    rate_hz = recording.sampling_rate_hz
    if rate_hz != round(rate_hz):
        raise SignalError(f"WAV holds whole sampling rates, not {rate_hz!r} Hz; write .parquet")
    if recording.samples.nbytes > _LARGEST_BYTES:
        raise SignalError("WAV holds up to 4 GB; write .parquet")
    wavfile.write(path, int(rate_hz), recording.samples.T)
