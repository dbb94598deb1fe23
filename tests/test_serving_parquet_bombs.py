"""Parquet files of a few bytes that stand for gigabytes: read without room for them, or refused."""

import tracemalloc

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from features import SignalError
from serving.recordings import SignalMapping
from serving.sources import Limits, open_source

MOTION = SignalMapping(modality="accelerometer", unit="g", sampling_rate_hz=100.0)

N_ROWS = 20_000
TEXT = "a" * 20_000
ROOM_BYTES = 100e6
"""The texts of all rows would take four times as much."""


@pytest.fixture
def pool():
    """Count what Arrow takes."""
    usual = pa.default_memory_pool()
    counting = pa.proxy_memory_pool(usual)
    pa.set_memory_pool(counting)
    tracemalloc.start()
    yield counting
    tracemalloc.stop()
    pa.set_memory_pool(usual)


def bomb(path, kind, *, stated):
    """Write a long text in each row, stored once."""
    texts = pa.DictionaryArray.from_arrays(np.zeros(N_ROWS, np.int32), pa.array([TEXT], kind))
    table = pa.table({"s": texts, "x": np.zeros(N_ROWS)})
    parquet.write_table(table, path, compression="zstd", store_schema=stated)
    assert path.stat().st_size < 10_000
    return path


@pytest.mark.parametrize("kind", [pa.string(), pa.binary()])
@pytest.mark.parametrize("stated", [True, False])
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({}, None),
        ({"columns": ("s",)}, r"column 's' holds b?'aaa.{20,60}… in data row 1; it must hold num"),
        ({"time_column": "s", "sampling_rate_hz": None}, r"'s' holds no times .first: b?'aaa.*…"),
    ],
)
def test_a_text_that_is_stored_once_is_held_once(tmp_path, pool, kind, stated, change, sentence):
    """As a column of remarks, of samples and of times."""
    path = bomb(tmp_path / "a.parquet", kind, stated=stated)
    mapping = MOTION.model_copy(update=change)

    if sentence is None:
        with open_source(path, mapping) as source:
            assert source.channel_names == ("x",)
    else:
        with pytest.raises(SignalError, match=sentence), open_source(path, mapping):
            pass

    assert pool.max_memory() < ROOM_BYTES
    assert tracemalloc.get_traced_memory()[1] < ROOM_BYTES


def test_texts_that_unpack_to_too_much_are_refused(tmp_path):
    """They are counted as what a zip holds is."""
    texts = [f"{row}{TEXT}" for row in range(200)]
    path = tmp_path / "a.parquet"
    table = pa.table({"s": texts, "x": np.zeros(200)})
    parquet.write_table(table, path, compression="zstd", use_dictionary=False)
    limits = Limits(unpacked_bytes=1_000_000)

    with (
        pytest.raises(SignalError, match="its texts unpack to over 1000000 bytes, the most that"),
        open_source(path, MOTION, limits=limits),
    ):
        pass


def test_a_list_in_each_row_is_not_looked_at(tmp_path, pool):
    """A number that is stored once may be there a million times."""
    numbers = pa.array(np.zeros(20_000_000))
    lists = pa.ListArray.from_arrays(np.arange(0, 20_000_001, 20_000, dtype=np.int32), numbers)
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table({"l": lists}), path, compression="zstd")
    del numbers, lists
    before = pool.max_memory()

    with (
        pytest.raises(SignalError, match="column 'l' holds several values in each row; it must"),
        open_source(path, MOTION),
    ):
        pass

    assert pool.max_memory() == before
