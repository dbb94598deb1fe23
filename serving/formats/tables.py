"""Tables, whatever their file format: from named columns to a recording.

Rows are read once, a batch at a time, into a spool. Where they have a column of times, this column
is held in memory, and each channel while it is put on the even grid of these times.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features import Recording, SignalError
from serving.formats.channels import Channel, agree, find, listed, source_of
from serving.formats.columns import is_numeric, numbers, times
from serving.formats.file_source import FileSource
from serving.formats.limits import Limits
from serving.formats.mapping import SignalMapping
from serving.formats.spool import Spool, spooled
from serving.formats.timestamps import EvenGrid, even_grid

_TIME_NAME = re.compile(r"(t|time|timestamp|date|datetime)([\s_(\[].*)?", re.IGNORECASE)
"""Names of columns that are taken for times, and so for no channel unless it is named."""
_INDEX_NAME = re.compile(r"__index_level_\d+__")
_ENOUGH_ROWS = 20
"""From so many rows on, a column that rises with each of them is no signal."""


class TableFile(Protocol):
    """Columns of a file, by their places from 0.

    ``unit`` is empty and ``rate_hz`` NaN where the file does not say.
    """

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""

    @property
    def types(self) -> tuple[pa.DataType, ...]:
        """Types of the columns."""

    @property
    def unit(self) -> str:
        """Unit of all channels."""

    @property
    def rate_hz(self) -> float:
        """Sampling rate."""

    def batches(self, places: Sequence[int]) -> Iterator[pa.RecordBatch]:
        """Read the columns at these places, some rows at a time."""

    def whole(self, place: int, most_rows: int) -> pa.ChunkedArray:
        """Read a column of any type whole."""


@contextmanager
def opened(table: TableFile, mapping: SignalMapping, limits: Limits) -> Iterator[FileSource]:
    """Make a recording of the wanted columns; empty cells become gaps."""
    time = None if mapping.time_column is None else find([mapping.time_column], table.names)[0]
    chosen = _chosen(table, mapping, time)
    limits.check_channels(len(chosen))
    for place in chosen:
        if pa.types.is_nested(table.types[place]):  # which may hold anything in a few bytes
            raise SignalError(
                f"column {table.names[place]!r} holds several values in each row; it must hold"
                " numbers (name the columns that are channels under columns)"
            )
    if time is not None:
        with _timed(table, time, chosen, mapping, limits) as source:
            yield source
        return
    if mapping.sampling_rate_hz is None and np.isnan(table.rate_hz):
        raise SignalError(_rate_is_missing(table))
    channels = [Channel(table.names[place], table.unit, table.rate_hz) for place in chosen]
    rate_hz = agree(channels, mapping, limits).rate_hz
    single = all(table.types[place] == pa.float32() for place in chosen)
    with spooled(len(chosen), np.float32 if single else np.float64) as spool:
        for block in _blocks(table, chosen):
            spool.append(block)
            limits.check_length(len(chosen), spool.n_samples, rate_hz)
        _check_rows(spool.n_samples)
        yield source_of(channels, mapping, limits, n_samples=spool.n_samples, load=spool.read)


def _blocks(table: TableFile, places: Sequence[int]) -> Iterator[NDArray[np.floating]]:
    """Read columns of numbers, shape (n_channels, n_rows) each."""
    names = [table.names[place] for place in places]
    first_row = 1
    for batch in table.batches(places):
        columns = zip(names, batch.columns, strict=True)
        yield np.stack([numbers(column, name, first_row) for name, column in columns])
        first_row += len(batch)


@contextmanager
def _timed(
    table: TableFile, time: int, chosen: Sequence[int], mapping: SignalMapping, limits: Limits
) -> Iterator[FileSource]:
    """Put rows on an even grid by their times, one channel after the other."""
    column = table.whole(time, limits.samples_in_memory)
    _check_rows(len(column))
    times_s, start_time = times(column, table.names[time], mapping)
    del column
    pa.default_memory_pool().release_unused()  # what reading it took
    grid = even_grid(times_s)
    del times_s
    _check_grid(grid, limits)
    if mapping.start_time is None:
        mapping = mapping.model_copy(update={"start_time": start_time})
    channels = [Channel(table.names[place], table.unit, grid.rate_hz) for place in chosen]
    agree(channels, mapping, limits)
    limits.check_length(len(channels), grid.n_samples, grid.rate_hz)
    with ExitStack() as stack:
        even = _spools(stack, len(chosen))
        with ExitStack() as while_reading:
            rows = _spools(while_reading, len(chosen))
            for block in _blocks(table, chosen):
                for spool, samples in zip(rows, block, strict=True):
                    spool.append(samples[None])
            for spool, target in zip(rows, even, strict=True):
                target.append(grid.put(spool.read(0, spool.n_samples)[0])[None])

        def load(start: int, stop: int) -> NDArray[np.floating]:
            return np.concatenate([spool.read(start, stop) for spool in even])

        yield source_of(channels, mapping, limits, n_samples=grid.n_samples, load=load)


def _spools(stack: ExitStack, n_channels: int) -> list[Spool]:
    """Make a spool for each channel, so that it can be read by itself."""
    return [stack.enter_context(spooled(1, np.float64)) for _ in range(n_channels)]


def _check_grid(grid: EvenGrid, limits: Limits) -> None:
    """Refuse a few rows with gaps that make them a recording of gigabytes."""
    if grid.n_samples > limits.samples_in_memory:
        raise SignalError(
            f"its times make it {grid.n_samples} samples long, gaps included; up to"
            f" {limits.samples_in_memory} are read by their times: cut it into parts"
        )


def _check_rows(n_rows: int) -> None:
    if n_rows == 0:
        raise SignalError("it has no rows of data")


def check_most_rows(n_rows: int, most_rows: int) -> None:
    """Refuse a table that is too long to be read whole."""
    if n_rows > most_rows:
        raise SignalError(
            f"it has over {most_rows} rows, the most that are read by their times; give"
            " sampling_rate_hz instead of time_column, or cut it into parts"
        )


def _rate_is_missing(table: TableFile) -> str:
    hint = ", ".join(repr(name) for name in table.names if _TIME_NAME.fullmatch(name))
    column = f" (such as {hint})" if hint else ""
    return (
        "its sampling rate is not known; give sampling_rate_hz, or the column of times"
        f"{column} as time_column"
    )


def _chosen(table: TableFile, mapping: SignalMapping, time: int | None) -> list[int]:
    if mapping.columns is not None:
        chosen = find(mapping.columns, table.names)
        if time in chosen:
            raise SignalError(f"column {table.names[time]!r} is both a channel and the times")
        return chosen
    likely = [
        place
        for place, name in enumerate(table.names)
        if place != time
        and not _TIME_NAME.fullmatch(name)
        and not _INDEX_NAME.fullmatch(name)
        and not pa.types.is_null(table.types[place])
    ]
    if not likely:
        raise SignalError(f"it has no column of numbers; it has {listed(table.names)}")
    chosen = [place for place in likely if is_numeric(table.types[place])]
    if len(chosen) > 1:
        _check_rising(table, chosen[0])
    # Without any numbers, reading will say where the first text is.
    return chosen or likely


def _check_rising(table: TableFile, place: int) -> None:
    """Refuse a first column that counts rows or tells the time under a name of its own."""
    rows = next(table.batches([place]), None)
    if rows is None:
        return
    values = numbers(rows.column(0), table.names[place])
    values = values[~np.isnan(values)]
    if len(values) >= _ENOUGH_ROWS and bool((np.diff(values) > 0).all()):
        raise SignalError(
            f"column {table.names[place]!r} rises with every row, as a counter or a time does;"
            " give it as time_column, or name the columns that are channels under columns"
        )


def channel_arrays(recording: Recording) -> tuple[Sequence[str], list[pa.Array]]:
    """Return the channels of a recording as Arrow columns, empty where they have gaps."""
    arrays = [pa.array(channel, from_pandas=True) for channel in recording.samples]
    return recording.channel_names, arrays
