"""Empty lines in tables of text: missing samples where rows do not tell their time."""

import numpy as np
import pytest

from features import SignalError
from serving.formats import delimited
from serving.recordings import SignalMapping, read_recording

MOTION = SignalMapping(modality="accelerometer", unit="g", sampling_rate_hz=100.0)

each_encoding = pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
each_end = pytest.mark.parametrize("end", ["\n", "\r\n"])


@each_encoding
@each_end
@pytest.mark.parametrize("names", ["", "x µ,y\n", "# remark\n\nx µ,y\n\n\n"])
@pytest.mark.parametrize("below", ["", "\n", "\n\n\n\n"])
def test_an_empty_line_among_rows_is_a_row_of_missing_samples(
    tmp_path, encoding, end, names, below
):
    """Rows keep their places in time; lines below the names and at the end mean nothing."""
    text = f"{names}1,2\n3,4\n\n\n5,6\n,\n7,8{below}"
    path = tmp_path / "a.csv"
    path.write_bytes(text.replace("\n", end).encode(encoding))

    back = read_recording(path, MOTION)

    np.testing.assert_array_equal(back.samples[0], [1, 3, np.nan, np.nan, 5, np.nan, 7])
    np.testing.assert_array_equal(back.samples[1], [2, 4, np.nan, np.nan, 6, np.nan, 8])


@each_end
def test_empty_lines_are_counted_across_blocks(tmp_path, monkeypatch, end):
    """However long the gap, and however long the end of the file."""
    monkeypatch.setattr(delimited, "_BLOCK_BYTES", 1000)
    lines = ["x,y", *["1,2"] * 900, *[""] * 5000, *["3,4"] * 700, *[""] * 200_000]
    path = tmp_path / "a.csv"
    path.write_bytes(end.join(lines).encode())

    back = read_recording(path, MOTION)

    assert back.samples.shape == (2, 6600)
    assert back.gaps == ((9.0, 59.0),)
    np.testing.assert_array_equal(back.samples[1, [0, 899, 5900, 6599]], [2, 2, 4, 4])


@pytest.mark.parametrize("below", ["", "\n", "\n\n\n"])
def test_a_single_column_has_no_samples_below_its_last(tmp_path, below):
    """Among its rows an empty line is a missing sample, as in any table."""
    (tmp_path / "a.csv").write_text(f"x\n1\n\n3{below}")

    back = read_recording(tmp_path / "a.csv", MOTION)

    np.testing.assert_array_equal(back.samples, [[1, np.nan, 3]])


def test_rows_with_times_need_no_empty_lines(tmp_path):
    """Their times say what is missing, and an empty line has no time."""
    rows = [f"{i / 100},{i}" for i in range(50)]
    (tmp_path / "a.csv").write_text("\n".join(["t,x", "", *rows[:20], "", "", *rows[20:], ""]))
    mapping = SignalMapping(modality="accelerometer", unit="g", time_column="t", time_unit="s")

    back = read_recording(tmp_path / "a.csv", mapping)

    np.testing.assert_array_equal(back.samples, [np.arange(50.0)])


def test_text_below_empty_lines_is_named_by_its_row(tmp_path):
    """An empty line is a row of data, as it is a sample."""
    (tmp_path / "a.csv").write_text("# remark\nx,y\n\n1,2\n\n3,much\n")
    mapping = MOTION.model_copy(update={"columns": ("y",)})

    with pytest.raises(SignalError, match="column 'y' holds 'much' in data row 3; it must"):
        read_recording(tmp_path / "a.csv", mapping)


def test_a_counter_beside_empty_lines_is_no_channel(tmp_path):
    """It rises with every row that is there."""
    rows = [f"{i},{i % 3}" for i in range(250)]
    (tmp_path / "a.csv").write_text("\n".join(["n,x", *rows[:99], "", *rows[99:]]))

    with pytest.raises(SignalError, match="column 'n' rises with every row, as a counter"):
        read_recording(tmp_path / "a.csv", MOTION)


@pytest.mark.parametrize("n_lines", [3, 200_000])
def test_names_over_empty_lines_are_no_recording(tmp_path, n_lines):
    """However many they are."""
    (tmp_path / "a.csv").write_text("x,y\n" + "\n" * n_lines)

    with pytest.raises(SignalError, match="it has no rows of data"):
        read_recording(tmp_path / "a.csv", MOTION)


@pytest.mark.parametrize("names", ["", "x,y{}"])
@pytest.mark.parametrize("end", ["\n\n", "\r\r\n", "\r\n\r\n"])
def test_an_empty_line_after_each_row_is_asked_about(tmp_path, names, end):
    """Python writes them on Windows: as missing samples they would leave nothing to be used."""
    rows = [f"{i / 100},{i}{end}" for i in range(50)]
    path = tmp_path / "a.csv"
    path.write_bytes("".join([names.format(end), *rows]).encode())

    with pytest.raises(SignalError, match="an empty line follows each of its rows, and would be"):
        read_recording(path, MOTION)
    timed = {"time_column": 0, "time_unit": "s", "sampling_rate_hz": None}
    back = read_recording(path, MOTION.model_copy(update=timed))
    np.testing.assert_array_equal(back.samples, [np.arange(50.0)])
