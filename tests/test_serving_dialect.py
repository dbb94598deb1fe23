"""How a table of text is written: found out from its first lines, or asked about."""

import numpy as np
import pytest

from serving.recordings import SignalMapping, read_recording

MOTION = SignalMapping(modality="accelerometer", unit="g", sampling_rate_hz=50.0)

AXES = np.round(0.5 * np.sin(np.arange(3 * 60).reshape(3, 60)), 3)


def table(separator: str, decimal: str, names: str = "", axes: np.ndarray = AXES) -> str:
    """Write axes as a table of text, below a first line of names if there are any."""
    rows = [separator.join(f"{sample:.3f}" for sample in row) for row in axes.T]
    return names + "".join(f"{row}\n" for row in rows).replace(".", decimal)


@pytest.mark.parametrize("odd", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028"])
@pytest.mark.parametrize("above", ["# remark{}\nx,y,z\n", "# one{}# two\nx,y,z\n", "x{},y,z\n"])
def test_only_ends_of_lines_end_a_line(tmp_path, odd, above):
    """A form feed in a remark or a name, or its like, costs no row of data."""
    path = tmp_path / "a.csv"
    path.write_text(table(",", ".", above.format(odd)), encoding="utf-8")

    back = read_recording(path, MOTION)

    np.testing.assert_array_equal(back.samples, AXES)


@pytest.mark.parametrize("separator", [";", "\t"])
@pytest.mark.parametrize(
    "names", ["", "x{0}y{0}z\n", "acc x, g{0}acc y, g{0}acc z, g\n", '"x, g"{0}"y, g"{0}"z, g"\n']
)
@pytest.mark.parametrize("decimal", [".", ","])
def test_commas_in_numbers_and_names_separate_no_columns(tmp_path, separator, names, decimal):
    """Three axes stay three: what is before a decimal comma, or behind it, is no axis."""
    path = tmp_path / "a.csv"
    path.write_text(table(separator, decimal, names.format(separator)))

    back = read_recording(path, MOTION)

    np.testing.assert_array_equal(back.samples, AXES)


def test_semicolons_in_names_separate_no_columns(tmp_path):
    """What separates the numbers does, however often another one stands in the names."""
    path = tmp_path / "a.csv"
    path.write_text(table(",", ".", "x; g; filtered,y; g; filtered,z\n"))

    back = read_recording(path, MOTION)

    assert back.channel_names == ("x; g; filtered", "y; g; filtered", "z")
    np.testing.assert_array_equal(back.samples, AXES)


@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("n_axes", [2, 3])
def test_numbers_from_0_over_fractions_are_names(tmp_path, separator, n_axes):
    """So pandas writes columns without names: they are no first sample of 0, 1 and 2 g."""
    names = separator.join(map(str, range(n_axes)))
    path = tmp_path / "a.csv"
    path.write_text(table(separator, ".", f"{names}\n", AXES[:n_axes]))

    back = read_recording(path, MOTION)

    assert back.channel_names == ("0", "1", "2")[:n_axes]
    np.testing.assert_array_equal(back.samples, AXES[:n_axes])


@pytest.mark.parametrize(
    ("rows", "first"),
    [("0,1,2\n5,-3,7\n", [0, 1, 2]), ("0,1\n1,0.5\n", [0, 1]), ("0\n0.5\n", [0])],
)
def test_numbers_from_0_that_may_be_samples_are_samples(tmp_path, rows, first):
    """Over whole numbers they may be counts, and a single 0 is as good a sample as a name."""
    path = tmp_path / "a.csv"
    path.write_text(rows)

    assert read_recording(path, MOTION).samples[:, 0].tolist() == first


@pytest.mark.parametrize("names", ["", "acc\n", "acc x\n"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_single_column_may_have_decimal_commas(tmp_path, names, end):
    """What is before the comma and behind it are not two channels."""
    path = tmp_path / "a.csv"
    path.write_bytes(table(";", ",", names, AXES[:1]).replace("\n", end).encode())

    back = read_recording(path, MOTION)

    np.testing.assert_array_equal(back.samples, AXES[:1])


@pytest.mark.parametrize("rows", ["1,5\n-2,10\n0,7\n", "0,0\n1,-1\n", "a,b\n1,05\n2,06\n"])
def test_two_columns_of_whole_numbers_are_two(tmp_path, rows):
    """As long as they may be."""
    path = tmp_path / "a.csv"
    path.write_text(rows)

    assert read_recording(path, MOTION).samples.shape[0] == 2
