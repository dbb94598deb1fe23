"""Tables: how they are written, what their times say, and what is refused in them."""

import re
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from features import SignalError
from serving.recordings import SignalMapping, read_recording

EMG = SignalMapping(modality="emg", unit="uV", sampling_rate_hz=1000.0)
ACCELEROMETER = SignalMapping(modality="accelerometer", unit="g", sampling_rate_hz=100.0)
TIMED = SignalMapping(modality="accelerometer", unit="g", time_column="time_s", time_unit="s")

RATE_TOLERANCE = 1e-9  # of a rate found from times that are written to the nanosecond


def write_text(path, *lines):
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_columns(path, times, values):
    return write_text(
        path, "time_s,x", *(f"{t!r},{v!r}" for t, v in zip(times, values, strict=True))
    )


@pytest.mark.parametrize(
    ("separator", "decimal"), [(",", "."), (";", "."), (";", ","), ("\t", "."), ("\t", ",")]
)
def test_separators_and_decimal_commas_are_understood(tmp_path, separator, decimal):
    """Tables from other countries and programs are read as what they mean."""
    rows = [f"0.25{separator}{i}.5".replace(".", decimal) for i in range(30)]
    path = write_text(tmp_path / "a.txt", separator.join(["x", "y"]), *rows)

    back = read_recording(path, ACCELEROMETER)

    np.testing.assert_array_equal(back.samples, [[0.25] * 30, np.arange(30) + 0.5])


@pytest.mark.parametrize("separator", [";", "\t"])
@pytest.mark.parametrize("whole", [50, 40_000])
@pytest.mark.parametrize("timed", [False, True])
def test_a_table_may_begin_with_whole_numbers(tmp_path, separator, whole, timed):
    """The first decimal comma tells what all are, wherever it stands, in samples and in times."""
    rows = [separator.join([str(2 * i), "0", str(i % 7)]) for i in range(whole)]
    rows += [separator.join([f"{2 * i},0", "0,63", "5"]) for i in range(whole, whole + 100)]
    path = write_text(tmp_path / "a.csv", separator.join(["t", "x", "y"]), *rows)
    mapping = ACCELEROMETER.model_copy(update={"columns": ("x", "y")})
    if timed:
        times = {"sampling_rate_hz": None, "time_column": "t", "time_unit": "ms"}
        mapping = mapping.model_copy(update=times)

    back = read_recording(path, mapping)

    assert back.sampling_rate_hz == pytest.approx(500.0 if timed else 100.0)
    np.testing.assert_array_equal(back.samples[0], [0.0] * whole + [0.63] * 100)


def test_one_cell_with_a_comma_does_not_make_points_of_commas(tmp_path):
    """Where most fractions have a point, the other cell is named, first in the table or last."""
    rows = ["0.25;0.5"] * 30
    for place in (0, 29):
        lines = [*rows[:place], "0.25;1,5", *rows[place + 1 :]]
        path = write_text(tmp_path / "a.csv", "x;y", *lines)

        with pytest.raises(SignalError, match=rf"'y' holds '1,5' in data row {place + 1}; it must"):
            read_recording(path, ACCELEROMETER)


def test_remarks_before_the_table_and_foreign_letters_are_left_out(tmp_path):
    """Lines with # go, and an old encoding does not matter."""
    path = tmp_path / "a.csv"
    path.write_bytes("# Gerät: ünbekannt\n\n# µV\nmuskel µ\n1\n2\n3\n".encode("cp1252"))

    back = read_recording(path, EMG)

    assert back.channel_names == ("muskel µ",)
    np.testing.assert_array_equal(back.samples, [[1.0, 2.0, 3.0]])


def test_a_table_without_names_is_addressed_by_number(tmp_path):
    """When the first line is numbers it is data, and columns are counted from 0."""
    path = write_text(tmp_path / "a.txt", *(f"{i},{-i},9" for i in range(5)))
    mapping = SignalMapping(modality="emg", unit="uV", sampling_rate_hz=1000.0, columns=(1, 0))

    back = read_recording(path, mapping)

    assert back.channel_names == ("column_1", "column_0")
    np.testing.assert_array_equal(back.samples, [-np.arange(5.0), np.arange(5.0)])


@pytest.mark.parametrize("first", [",-0.3885,NA", "NA,-0.3885,", "nan,-0.3885,N/A"])
def test_a_first_row_that_misses_samples_is_no_names(tmp_path, first):
    """Numbers beside empty cells are data: the first sample is there, and columns have numbers."""
    path = write_text(tmp_path / "a.csv", first, *(f"{i % 3},0.5,1" for i in range(50)))

    back = read_recording(path, ACCELEROMETER)

    assert back.channel_names == ("column_0", "column_1", "column_2")
    np.testing.assert_array_equal(back.samples[:, 0], [np.nan, -0.3885, np.nan])
    assert back.samples.shape == (3, 51)


def test_numbers_over_a_table_beside_an_index_are_names(tmp_path):
    """Columns without names, as pandas writes them, begin with an empty cell over the index."""
    path = write_text(tmp_path / "a.csv", ",0,1", *(f"{i},{i % 3},0.5" for i in range(50)))
    mapping = ACCELEROMETER.model_copy(update={"columns": ("0", "1")})

    np.testing.assert_array_equal(read_recording(path, mapping).samples[:, 1], [1.0, 0.5])
    with pytest.raises(SignalError, match="column '' rises with every row, as a counter"):
        read_recording(path, ACCELEROMETER)


@pytest.mark.parametrize("line", ["sep=;", "SEP=;", '"sep=;"', "sep=;;"])
def test_a_line_for_excel_tells_the_separator(tmp_path, line):
    """A table whose names hold more commas than semicolons is still one of semicolons."""
    path = write_text(tmp_path / "a.csv", line, "x,y,z;a,b", *["0,5;1,5"] * 30)

    back = read_recording(path, ACCELEROMETER)

    assert back.channel_names == ("x,y,z", "a,b")
    np.testing.assert_array_equal(back.samples[:, 0], [0.5, 1.5])


def test_a_line_for_excel_alone_is_no_table(tmp_path):
    """What it tells the separator of is missing."""
    with pytest.raises(SignalError, match="it is empty; it needs a line with the names"):
        read_recording(write_text(tmp_path / "a.csv", "sep=;"), EMG)


def test_empty_cells_become_gaps(tmp_path):
    """Empty cells, NaN and NA are missing samples, also in a column of their own."""
    path = write_text(tmp_path / "a.csv", "x,y", "1,2", ",3", "nan,4", "NA,5", "5,6")

    back = read_recording(path, ACCELEROMETER)

    np.testing.assert_array_equal(np.isnan(back.samples[0]), [False, True, True, True, False])
    assert back.gaps == ((0.01, 0.04),)


def test_an_empty_line_is_a_missing_sample_of_a_single_column(tmp_path):
    """In a table of one column nothing else says that a sample is missing."""
    path = write_text(tmp_path / "a.csv", "x", "1", "", "3")

    back = read_recording(path, EMG)

    np.testing.assert_array_equal(back.samples, [[1.0, np.nan, 3.0]])


def test_columns_of_a_parquet_table_need_rate_and_unit(tmp_path):
    """A Parquet file from elsewhere is a table; its precision is kept, its index is no channel."""
    path = tmp_path / "a.parquet"
    columns = {"x": pa.array(np.arange(6.0, dtype=np.float32)), "__index_level_0__": [*range(6)]}
    parquet.write_table(pa.table(columns), path)

    back = read_recording(path, EMG)

    assert back.samples.dtype == np.float32
    assert back.channel_names == ("x",)


def test_jitter_leaves_the_samples_as_they_are(tmp_path, rng):
    """Times that jitter about an even clock say its rate, and change no sample."""
    times = np.arange(2000) / 100 + rng.uniform(-0.004, 0.004, 2000)
    values = rng.normal(size=2000)
    path = write_columns(tmp_path / "a.csv", times.tolist(), values.tolist())

    back = read_recording(path, TIMED)

    np.testing.assert_array_equal(back.samples[0], values)
    assert back.sampling_rate_hz == pytest.approx(100.0, rel=1e-3)


def test_two_samples_may_share_a_time(tmp_path, rng):
    """A host that hands over a sample late, with the time of the next, loses nothing."""
    times = np.arange(2000) / 64
    times[100:1900:50] = times[101:1901:50]
    values = rng.normal(size=2000)
    path = write_columns(tmp_path / "a.csv", times.tolist(), values.tolist())

    back = read_recording(path, TIMED)

    np.testing.assert_array_equal(back.samples[0], values)
    assert back.sampling_rate_hz == pytest.approx(64.0, rel=1e-3)


def test_times_in_whole_milliseconds_give_the_true_rate(tmp_path):
    """The rate is 64 Hz, though every single interval is 15 or 16 ms."""
    times = np.round(np.arange(6400) / 64 * 1000).astype(int)
    path = write_columns(tmp_path / "a.csv", times.tolist(), [0.5] * 6400)
    mapping = SignalMapping(
        modality="accelerometer", unit="g", time_column="time_s", time_unit="ms"
    )

    back = read_recording(path, mapping)

    assert back.sampling_rate_hz == pytest.approx(64.0, rel=1e-5)
    assert back.samples.shape == (1, 6400)


def test_a_jump_in_time_is_a_gap(tmp_path):
    """Where half a second is missing there are fifty missing samples."""
    times = np.concatenate([np.arange(300), np.arange(350, 600)]) / 100
    path = write_columns(tmp_path / "a.csv", times.tolist(), times.tolist())

    back = read_recording(path, TIMED)

    assert back.gaps == (pytest.approx((3.0, 3.5)),)
    np.testing.assert_allclose(back.samples[0, 350:], times[300:])


def test_a_single_lost_sample_is_interpolated(tmp_path):
    """One lost sample does not cost the window around it."""
    times = np.delete(np.arange(500), 123) / 100
    path = write_columns(tmp_path / "a.csv", times.tolist(), times.tolist())

    back = read_recording(path, TIMED)

    assert back.gaps == ()
    np.testing.assert_allclose(back.samples[0], np.arange(500) / 100)


def test_uneven_sampling_is_interpolated(tmp_path, rng):
    """A sensor that samples when it likes is brought onto an even grid."""
    times = np.cumsum(rng.uniform(0.008, 0.0155, 3000))
    path = write_columns(tmp_path / "a.csv", times.tolist(), np.sin(2 * np.pi * 2 * times).tolist())

    back = read_recording(path, TIMED)

    grid = times[0] + np.arange(back.samples.shape[1]) / back.sampling_rate_hz
    np.testing.assert_allclose(back.samples[0], np.sin(2 * np.pi * 2 * grid), atol=0.02)


def test_dates_say_the_rate_and_the_start(tmp_path):
    """Dates with a zone are read exactly, and the first is the start of the recording."""
    rows = [f"2024-05-01T10:00:00.{10 * i:03d}+02:00,{i}" for i in range(60)]
    path = write_text(tmp_path / "a.csv", "when,x", *rows)
    mapping = SignalMapping(modality="accelerometer", unit="g", time_column="when")

    back = read_recording(path, mapping)

    assert back.sampling_rate_hz == pytest.approx(100.0, rel=RATE_TOLERANCE)
    assert back.start_time == datetime(2024, 5, 1, 8, tzinfo=UTC)


def test_nanoseconds_since_1970_keep_their_digits(tmp_path):
    """Whole numbers too large for a float are subtracted before they become one."""
    first = 1_714_557_600_123_456_789
    rows = [f"{first + i * 500_000},{i}" for i in range(4000)]
    path = write_text(tmp_path / "a.csv", "time_s,x", *rows)
    mapping = SignalMapping(modality="emg", unit="uV", time_column="time_s", time_unit="ns")

    back = read_recording(path, mapping)

    assert back.sampling_rate_hz == pytest.approx(2000.0, rel=RATE_TOLERANCE)


@pytest.mark.parametrize(
    ("times", "sentence"),
    [
        ([0.0, 0.01, 0.02, 0.015, 0.03], r"data row 4 is before that of row 3 \(0\.015000 s"),
        ([0.0, 0.01, 0.01, 0.01, 0.04], r"stands still in data rows 2 to 4; times must increase"),
        ([0.0, 0.01, 0.02, 7200.0], r"jumps by 7199\.98 s after data row 3; cut the file there"),
        ([0.0, 0.01], r"it has 2 rows; finding the sampling rate from times takes 3"),
        ([0.0, 1.0, 2.0, 3.0], r"sampling_rate_hz is 1; accelerometer needs at least 20 Hz"),
    ],
)
def test_times_that_cannot_be_are_refused(tmp_path, times, sentence):
    """Times that go back, stand still, leap or come too seldom are refused with their row."""
    path = write_columns(tmp_path / "a.csv", times, [0.5] * len(times))

    with pytest.raises(SignalError, match=rf"^a\.csv: .*{sentence}"):
        read_recording(path, TIMED)


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["x,y", "1,2", "3,abc"], r"column 'y' holds 'abc' in data row 2; it must hold numbers"),
        (["x,y", "1,2", "3"], r"no regular table.*Row #3: Expected 2 columns, got 1"),
        (["x,y"], r"it has no rows of data"),
        (["y", "1", "inf"], r"samples hold an infinite value"),
        (["time,when", "1,2"], r"there is no column 'y'; it has time, when"),
        (["y,y", "1,2"], r"column 'y' is there 2 times; say which by its number from 0 \(0, 1\)"),
    ],
)
def test_tables_that_cannot_be_used_are_refused(tmp_path, lines, sentence):
    """Text, ragged rows, no rows and unknown columns each get their sentence."""
    path = write_text(tmp_path / "a.csv", *lines)
    mapping = SignalMapping(modality="emg", unit="uV", sampling_rate_hz=1e3, columns=("y",))

    with pytest.raises(SignalError, match=sentence):
        read_recording(path, mapping)


def test_text_is_found_far_down_a_long_table(tmp_path):
    """The row of a single word among a hundred thousand numbers is named."""
    rows = ["0.125,0.25"] * 100_000
    rows[70_000] = "0.125,artefact"
    path = write_text(tmp_path / "a.csv", "x,y", *rows)
    mapping = SignalMapping(modality="emg", unit="uV", sampling_rate_hz=1e3, columns=("x", "y"))

    with pytest.raises(SignalError, match="column 'y' holds 'artefact' in data row 70001"):
        read_recording(path, mapping)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"sampling_rate_hz": None}, r"rate is not known; give sampling_rate_hz, or .*'time_s'"),
        ({"unit": None}, r"x is stored without a unit; give its unit: uV, mV, V, relative for emg"),
        ({"columns": (7,)}, r"there is no column 7: it has 2, counted from 0 \(time_s, x\)"),
        ({"columns": (-1,)}, r"there is no column -1"),
        (
            {"sampling_rate_hz": None, "time_column": "time_s"},
            r"time_unit is not given; column 'time_s' holds numbers",
        ),
        (
            {"sampling_rate_hz": None, "time_column": "t", "time_unit": "s"},
            r"there is no column 't'; it has time_s, x",
        ),
        (
            {"sampling_rate_hz": None, "time_column": "x", "time_unit": "s", "columns": ("x",)},
            r"column 'x' is both a channel and the times",
        ),
    ],
)
def test_what_the_mapping_leaves_out_is_asked_for(tmp_path, change, sentence):
    """A missing rate, unit, column or unit of time is named, with what there is."""
    path = write_columns(tmp_path / "a.csv", [0.0, 0.001, 0.002], [1.0, 2.0, 3.0])
    mapping = SignalMapping(**(EMG.model_dump() | change))

    with pytest.raises(SignalError, match=sentence):
        read_recording(path, mapping)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"modality": "emg", "unit": "g"}, "unit is 'g', which is not a unit of emg"),
        ({"modality": "emg", "time_unit": "s"}, "time_unit is given without time_column"),
        ({"modality": "emg", "columns": ()}, "columns is empty"),
        (
            {"modality": "emg", "sampling_rate_hz": 1e3, "time_column": "t"},
            "sampling_rate_hz and time_column are both given",
        ),
    ],
)
def test_a_mapping_that_contradicts_itself_is_refused(fields, sentence):
    """Parts of a mapping that do not go together are refused before any file is opened."""
    with pytest.raises(SignalError, match=sentence):
        SignalMapping(**fields)


def test_four_columns_are_no_accelerometer(tmp_path):
    """More axes than a sensor has are refused with their names."""
    path = write_text(tmp_path / "a.csv", "x,y,z,battery", "1,2,3,4", "1,2,3,4")

    with pytest.raises(SignalError, match=r"4 signals would be axes of one .*x, y, z, battery"):
        read_recording(path, ACCELEROMETER)


@pytest.mark.parametrize("names", ["", "x y z\n"])
def test_columns_may_be_set_apart_by_a_blank(tmp_path, names):
    """As many programs of laboratories write them, with and without a line of names."""
    rows = "\n".join(f"{i % 7} {-i} 0.5" for i in range(100))
    (tmp_path / "a.txt").write_text(names + rows)
    mapping = SignalMapping(modality="accelerometer", unit="g", sampling_rate_hz=50.0)

    back = read_recording(tmp_path / "a.txt", mapping)

    np.testing.assert_array_equal(back.samples[:, 8], [1.0, -8.0, 0.5])


def test_columns_set_apart_by_several_blanks_are_refused_with_the_way_out(tmp_path):
    """Numbers under one another look like a table, but where a cell is empty nobody can tell."""
    (tmp_path / "a.txt").write_text("\n".join(f"  {i:5d}  {-i:5d}" for i in range(100)))
    mapping = SignalMapping(modality="emg", unit="uV", sampling_rate_hz=1000.0)

    with pytest.raises(SignalError, match=r"several blanks .*; put one comma, semicolon, tab"):
        read_recording(tmp_path / "a.txt", mapping)


def test_one_column_under_a_name_of_two_words_is_one_column(tmp_path):
    """A blank in a name sets nothing apart."""
    (tmp_path / "a.csv").write_text("\n".join(["left biceps", *map(str, range(100, 0, -1))]))
    mapping = SignalMapping(modality="emg", unit="uV", sampling_rate_hz=1000.0)

    assert read_recording(tmp_path / "a.csv", mapping).channel_names == ("left biceps",)


@pytest.mark.parametrize(
    ("zone", "row", "cell"),
    [
        ("", 7, "2024-05-01T10:00:60"),
        ("Z", 1, "2024-05-01T10:00:00.010"),
        ("+02:00", 299, "10:00:02.990"),
    ],
)
def test_the_date_that_is_none_is_named(tmp_path, zone, row, cell):
    """Not the first of all, which is one."""
    rows = [f"2024-05-01T10:00:{i / 100:06.3f}{zone},{i % 5}" for i in range(300)]
    rows[row] = f"{cell},0"
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["t,x", *rows]))
    mapping = SignalMapping(modality="accelerometer", unit="g", time_column="t")

    sentence = f"'t' holds '{cell}' in data row {row + 1}, which is no date like those above it"
    with pytest.raises(SignalError, match=re.escape(sentence)):
        read_recording(path, mapping)
