"""Parquet: columns with types; a file written here also states rate, unit and start."""

import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet
from pydantic import ValidationError

from features import Modality, Recording, Section, SignalError
from features.spec import PositiveFloat
from serving.formats import tables
from serving.formats.columns import is_text, is_text_or_bytes, type_of_text
from serving.formats.file_source import FileSource
from serving.formats.limits import Limits
from serving.formats.mapping import SignalMapping

_KEY = b"quaver"
_BUFFER_BYTES = 1024**2
_WIDEST_BYTES = 32
"""Of a number in a row."""


class Stated(Section):
    """What a file that was written here says of its columns, in the metadata of its schema."""

    modality: Modality
    unit: str
    sampling_rate_hz: PositiveFloat
    start_time: datetime | None = None


@dataclass(frozen=True, eq=False)
class _Columns:
    """Columns of a Parquet file, see :class:`serving.formats.tables.TableFile`."""

    file: parquet.ParquetFile
    names: tuple[str, ...]
    types: tuple[pa.DataType, ...]
    unit: str = ""
    rate_hz: float = math.nan

    def batches(self, places: Sequence[int]) -> Iterator[pa.RecordBatch]:
        """Read columns some rows at a time."""
        names, selected = self._selected(places)
        n_rows = 0
        with _reading():
            for batch in self.file.iter_batches(columns=names, use_threads=False):
                n_rows += len(batch)
                yield batch.select(selected)
        announced = self.file.metadata.num_rows
        if n_rows != announced:  # pages that are damaged end a column early, without an error
            raise SignalError(
                f"it is damaged: it announces {announced} rows, and {n_rows} can be read"
            )

    def whole(self, place: int, most_rows: int) -> pa.ChunkedArray:
        """Read a column whole."""
        tables.check_most_rows(self.file.metadata.num_rows, most_rows)
        names, selected = self._selected([place])
        with _reading():
            return self.file.read(columns=names, use_threads=False).column(selected[0])

    def _selected(self, places: Sequence[int]) -> tuple[list[str] | None, list[str] | list[int]]:
        """Return the names to read, and what of it is meant: by place where names repeat."""
        if len(set(self.names)) < len(self.names):
            return None, list(places)
        names = [self.names[place] for place in places]
        return list(dict.fromkeys(names)), names


@contextmanager
def opened(path: Path, mapping: SignalMapping, limits: Limits) -> Iterator[FileSource]:
    """Open the wanted columns of a Parquet file."""
    with ExitStack() as stack:
        with _reading():
            file = stack.enter_context(_file(path))
            schema = file.schema_arrow
            if texts := [field.name for field in schema if is_text_or_bytes(field.type)]:
                # A text that is stored once for all rows is held once.
                file = stack.enter_context(_file(path, read_dictionary=texts))
                schema = file.schema_arrow
        _check_texts(file, len(texts), limits)
        columns = _Columns(file, tuple(schema.names), tuple(schema.types))
        if mapping.columns is None:
            columns = replace(columns, types=_meant_types(columns))
        stated = _stated(schema.metadata)
        if stated is not None and mapping.time_column is None:
            if stated.modality != mapping.modality:
                raise SignalError(
                    f"it states {stated.modality}; the mapping says {mapping.modality}"
                )
            if mapping.start_time is None:
                mapping = mapping.model_copy(update={"start_time": stated.start_time})
            columns = replace(columns, unit=stated.unit, rate_hz=stated.sampling_rate_hz)
        yield stack.enter_context(tables.opened(columns, mapping, limits))


def _file(path: Path, read_dictionary: Sequence[str] | None = None) -> parquet.ParquetFile:
    # Without these, whole columns of a row group are read at once.
    return parquet.ParquetFile(
        path, read_dictionary=read_dictionary, buffer_size=_BUFFER_BYTES, pre_buffer=False
    )


def _check_texts(file: parquet.ParquetFile, n_texts: int, limits: Limits) -> None:
    """Refuse a few bytes that become gigabytes of text.

    Row groups say what they unpack to. What columns say by themselves is not asked for: Arrow ends
    the process where that is damaged.
    """
    held = file.metadata
    groups = map(held.row_group, range(held.num_row_groups))
    others = held.num_rows * _WIDEST_BYTES * (held.num_columns - n_texts)
    n_bytes = sum(group.total_byte_size for group in groups) - others
    if n_texts and n_bytes > limits.unpacked_bytes:
        raise SignalError(
            f"its texts unpack to over {limits.unpacked_bytes} bytes, the most that is read; leave"
            " them out"
        )


def _meant_types(columns: _Columns) -> tuple[pa.DataType, ...]:
    """Return the types of the columns; of text in which numbers stand, that of numbers."""
    types = list(columns.types)
    for place, kind in enumerate(types):
        if not is_text(kind):
            continue
        for batch in columns.batches([place]):
            if cells := batch.column(0).dictionary.drop_null().to_pylist():
                types[place] = type_of_text(cells)
                break
    return tuple(types)


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeError) as error:
        raise SignalError(f"it is no readable Parquet file: {error}") from error


def _stated(metadata: dict[bytes, bytes] | None) -> Stated | None:
    text = (metadata or {}).get(_KEY)
    if text is None:
        return None
    try:
        return Stated.model_validate_json(text)
    except ValidationError as error:
        raise SignalError(
            f"its metadata {_KEY.decode()!r} cannot be read: {error.errors()[0]['msg']}"
        ) from error


def write(recording: Recording, path: Path) -> None:
    """Write a recording as Parquet: one column a channel, gaps are null."""
    names, arrays = tables.channel_arrays(recording)
    stated = Stated(
        modality=recording.modality,
        unit=recording.unit,
        sampling_rate_hz=recording.sampling_rate_hz,
        start_time=recording.start_time,
    )
    schema = pa.schema(
        [pa.field(name, array.type) for name, array in zip(names, arrays, strict=True)],
        metadata={_KEY: stated.model_dump_json().encode()},
    )
    parquet.write_table(pa.Table.from_arrays(arrays, schema=schema), path)
