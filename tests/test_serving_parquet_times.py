"""Columns of times in Parquet: of any type of number, and dates that are out of reach."""

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from features import SignalError
from serving.recordings import SignalMapping, read_recording

SAMPLES = np.sin(np.arange(200) / 3)


def written(folder, times, **more):
    """Write samples beside their times."""
    path = folder / "a.parquet"
    parquet.write_table(pa.table({"t": times, "x": SAMPLES, **more}), path)
    return path


def mapping(**more):
    """Say which column is which."""
    fields = {"modality": "accelerometer", "unit": "g", "time_column": "t", "columns": ("x",)}
    return SignalMapping(**(fields | more))


@pytest.mark.parametrize(
    "times",
    [
        pa.array(10 * np.arange(200.0), pa.float16()),
        pa.array(10 * np.arange(200), pa.uint64()),
        pa.array([Decimal(10 * i) for i in range(200)], pa.decimal128(38, 0)),
        pa.array([Decimal(10 * i) for i in range(200)], pa.decimal256(76, 3)),
    ],
    ids=lambda times: str(times.type),
)
def test_times_of_any_type_of_number_are_read(tmp_path, times):
    """Also of those in which Arrow cannot subtract."""
    back = read_recording(written(tmp_path, times), mapping(time_unit="ms"))

    assert back.sampling_rate_hz == pytest.approx(100)
    np.testing.assert_array_equal(back.samples[0], SAMPLES)


def test_times_from_below_zero_do_not_overflow(tmp_path):
    """A small type holds each of them, but not the longest difference."""
    times = pa.array((320 * np.arange(200) - 32_000).astype(np.int16))

    back = read_recording(written(tmp_path, times), mapping(time_unit="us"))

    assert back.sampling_rate_hz == pytest.approx(1e6 / 320)
    np.testing.assert_array_equal(back.samples[0], SAMPLES)


def test_unsigned_times_that_go_back_are_told_as_they_are(tmp_path):
    """Not as a jump of millions of years."""
    times = pa.array([10, *range(5, 204)], pa.uint64())

    with pytest.raises(SignalError, match=r"row 2 is before that of row 1 \(-0\.005000 s after"):
        read_recording(written(tmp_path, times), mapping(time_unit="ms"))


@pytest.mark.parametrize(("unit", "first"), [("s", 253402300000), ("ms", -62135596800000)])
def test_dates_out_of_reach_are_refused(tmp_path, unit, first):
    """A year of 9999, as some write what they do not know, or of 1."""
    times = pa.array([first + i for i in range(200)], pa.timestamp(unit))

    with pytest.raises(SignalError, match="column 't' holds a date beyond the years 1678 to 2261"):
        read_recording(written(tmp_path, times), mapping())


@pytest.mark.parametrize("kind", [pa.timestamp("us"), pa.duration("us")])
def test_what_has_no_room_in_python_can_be_spoken_of(tmp_path, kind):
    """Where it is taken for a channel, or for times, the refusal says its type."""
    late = pa.array([2**62] * 200).cast(kind)
    path = written(tmp_path, pa.array(range(200)), late=late)

    with pytest.raises(
        SignalError, match=r"column 'late' holds .* in data row 1; it must hold num"
    ):
        read_recording(path, mapping(time_unit="ms", columns=("late",)))
    with pytest.raises(SignalError, match="column 'late' holds"):
        read_recording(path, mapping(time_column="late"))
