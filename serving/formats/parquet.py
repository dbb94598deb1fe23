"""Parquet: columns with types; a file written here also states rate, unit and start."""

from datetime import datetime
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet
from pydantic import ValidationError

from features import Modality, Recording, Section, SignalError
from features.spec import PositiveFloat
from serving.formats.mapping import SignalMapping
from serving.formats.tables import Table, channel_arrays, recording_of

_KEY = b"quaver"


class Stated(Section):
    """What a file that was written here says of its columns, in the metadata of its schema."""

    modality: Modality
    unit: str
    sampling_rate_hz: PositiveFloat
    start_time: datetime | None = None


def read(path: Path, mapping: SignalMapping) -> Recording:
    """Read a Parquet file into a recording."""
    try:
        with parquet.ParquetFile(path) as file:
            table = file.read()
    except (pa.ArrowException, OSError) as error:
        raise SignalError(f"it is no readable Parquet file: {error}") from error
    stated = _stated(table.schema.metadata)
    names, columns = tuple(table.column_names), tuple(table.columns)
    if stated is None or mapping.time_column is not None:
        return recording_of(Table(names, columns), mapping)
    if stated.modality != mapping.modality:
        raise SignalError(f"it states {stated.modality}; the mapping says {mapping.modality}")
    if mapping.start_time is None:
        mapping = mapping.model_copy(update={"start_time": stated.start_time})
    return recording_of(Table(names, columns, stated.unit, stated.sampling_rate_hz), mapping)


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
    names, arrays = channel_arrays(recording)
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
