"""Parquet files that are damaged: refused, never read in part."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from features import SignalError
from serving.recordings import SignalMapping, read_recording

MOTION = SignalMapping(modality="accelerometer", unit="g", sampling_rate_hz=100.0, columns=("x",))
TIMED = SignalMapping(
    modality="accelerometer", unit="g", time_column="t", time_unit="ms", columns=("x",)
)

ROWS, ROWS_OF_A_PAGE = b"\x90\x03", b"\x90\x00"
"""200 and 8 rows, as the head of a page writes them."""


def damaged(path, old, new):
    """Write 200 rows, and replace the first occurrence of something."""
    columns = {"x": np.arange(200.0), "t": 10 * np.arange(200), "remark": ["still"] * 200}
    table = pa.table(columns)
    parquet.write_table(table, path, use_dictionary=False, compression="none")
    raw = path.read_bytes()
    assert old in raw
    path.write_bytes(raw.replace(old, new, 1))
    return path


@pytest.mark.parametrize("mapping", [MOTION, TIMED])
def test_a_page_that_ends_early_is_no_short_recording(tmp_path, mapping):
    """Arrow reads 8 of 200 rows without a word."""
    path = damaged(tmp_path / "a.parquet", ROWS, ROWS_OF_A_PAGE)

    with pytest.raises(SignalError, match="is damaged: it announces 200 rows, and 8 can be read"):
        read_recording(path, mapping)


def test_a_name_that_is_no_text_is_refused(tmp_path):
    """In a sentence: it is no error of ours."""
    path = damaged(tmp_path / "a.parquet", b"\x18\x01x", b"\x18\x01\xff")

    with pytest.raises(SignalError, match=r"^a\.parquet: it is no readable Parquet file"):
        read_recording(path, MOTION)


OPTIONAL, REQUIRED = b"\x15\x0a\x25\x02\x18\x01x", b"\x15\x0a\x25\x00\x18\x01x"
"""The column x, in which cells may be missing or not, as the schema has it."""


OPENING = f"""
import sys
from pathlib import Path
from features import SignalError
from serving.recordings import SignalMapping, read_recording

try:
    read_recording(Path(sys.argv[1]), SignalMapping.model_validate({MOTION.model_dump()!r}))
except SignalError:
    pass
"""


def test_a_schema_that_contradicts_the_statistics_ends_no_process(tmp_path):
    """Arrow ends it when it is asked for the statistics, and a service would be gone."""
    path = damaged(tmp_path / "a.parquet", OPTIONAL, REQUIRED)

    done = subprocess.run([sys.executable, "-c", OPENING, path], capture_output=True, check=False)

    assert (done.returncode, done.stderr) == (0, b"")
