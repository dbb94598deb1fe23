"""Columns that nobody has named: which are channels, and which are asked about."""

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from features import SignalError
from serving.formats import delimited
from serving.recordings import SignalMapping, read_recording
from serving.sources import open_source

EMG = SignalMapping(modality="emg", unit="uV", sampling_rate_hz=1000.0)


def test_a_column_that_begins_empty_is_judged_by_what_follows(tmp_path, monkeypatch):
    """An electrode that was put on late is a channel, a column of remarks or of nothing is not."""
    monkeypatch.setattr(delimited, "_BLOCK_BYTES", 1000)
    rows = [f"{i % 9},,,{'' if i < 2000 else -i}" for i in range(4000)]
    rows[3000] = "3,4 coughs,,-3000"
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["early,remark,nothing,late", *rows]))

    with open_source(path, EMG) as source:
        samples = source.read(0, source.n_samples)

    assert source.channel_names == ("early", "late")
    assert np.isnan(samples[1, :2000]).all()
    np.testing.assert_array_equal(samples[1, 2000:], -np.arange(2000.0, 4000.0))


@pytest.mark.parametrize(
    ("header", "row", "sentence"),
    [
        ("index,ax,ay", "{i},{x},0.5", r"column 'index' rises with every row, as a counter"),
        ("Zeit,ax,ay", "{t},{x},0.5", r"column 'Zeit' rises with every row, .* as time_column"),
    ],
)
def test_a_column_that_only_counts_is_no_channel(tmp_path, header, row, sentence):
    """What tells rows or times under a name of its own is asked about, not taken for an axis."""
    rows = [row.format(i=i, t=1714557600 + i / 50, x=(-1) ** i) for i in range(250)]
    path = tmp_path / "a.csv"
    path.write_text("\n".join([header, *rows]))
    mapping = SignalMapping(modality="accelerometer", unit="g", sampling_rate_hz=50.0)

    with pytest.raises(SignalError, match=sentence):
        read_recording(path, mapping)
    named = mapping.model_copy(update={"columns": ("ax", "ay")})
    assert read_recording(path, named).channel_names == ("ax", "ay")


def test_an_axis_in_thousands_is_not_passed_over(tmp_path):
    """A comma between thousands makes text of every cell."""
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["ax,ay,az", *(f'{i % 5},0.5,"1,{i:03}"' for i in range(250))]))

    with pytest.raises(SignalError, match="column 'az' holds '1,000' in data row 1; it must"):
        read_recording(path, EMG)


@pytest.mark.parametrize("cell", ["--", "1,000"])
def test_an_axis_of_which_a_cell_is_text_is_not_passed_over(tmp_path, cell):
    """Wherever in the column the cell stands: two axes of three would be another signal."""
    rows = [f"{(-1) ** i},0.5,{i % 7}" for i in range(250)]
    rows[0] = f'1,0.5,"{cell}"'
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["ax,ay,az", *rows]))
    mapping = SignalMapping(modality="accelerometer", unit="g", sampling_rate_hz=50.0)

    with pytest.raises(SignalError, match=f"column 'az' holds '{cell}' in data row 1; it must"):
        read_recording(path, mapping)


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary("int32", "string")])
@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        (["0.12", "0.13"], "column 'az' holds '0.12' as text in data row 1; it must hold numbers"),
        ([None, "0.12"], "column 'az' holds '0.12' as text in data row 2; it must hold numbers"),
        (["0.12", "--"], "column 'az' holds '--' in data row 2; it must hold numbers"),
        (["--", "0.12"], "column 'az' holds '--' in data row 1; it must hold numbers"),
        (["0,12", "0.13"], "column 'az' holds '0,12' in data row 1; it must hold numbers"),
        ([*[None] * 200_000, "0.12"], "'az' holds '0.12' as text in data row 200001; it must"),
    ],
)
def test_an_axis_of_parquet_that_is_stored_as_text_is_not_passed_over(
    tmp_path, kind, cells, sentence
):
    """Two axes of three would be another signal, as they would be in a table of text."""
    path = tmp_path / "a.parquet"
    axis = [i % 5 / 10 for i in range(len(cells))]
    table = pa.table({"ax": axis, "ay": axis, "az": pa.array(cells, pa.string()).cast(kind)})
    parquet.write_table(table, path)
    mapping = SignalMapping(modality="accelerometer", unit="g", sampling_rate_hz=50.0)

    with pytest.raises(SignalError, match=sentence):
        read_recording(path, mapping)
    named = mapping.model_copy(update={"columns": ("ax", "ay")})
    assert read_recording(path, named).channel_names == ("ax", "ay")


@pytest.mark.parametrize("cells", [["rest", "tremor"], [None, "2024-05-01T10:00:00"], [None, None]])
def test_words_and_dates_of_parquet_are_no_channel(tmp_path, cells):
    """A column of labels or of nothing is passed over."""
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table({"ax": [0.1, 0.2], "label": pa.array(cells, pa.string())}), path)

    assert read_recording(path, EMG).channel_names == ("ax",)


def remarked(folder, late):
    """Return a long table of three axes and a remark, with a row far down, and its mapping."""
    rows = [b"0.5,-0.5,0.98,still"] * 9_000
    rows[8_000] = late
    path = folder / "a.csv"
    path.write_bytes(b"\n".join([b"ax,ay,az,remark", *rows]))
    return path, SignalMapping(modality="accelerometer", unit="g", sampling_rate_hz=50.0)


def test_an_axis_with_a_byte_that_is_no_text_is_not_passed_over(tmp_path):
    """Beyond what is looked at first: a byte that was flipped would leave two axes of three."""
    path, mapping = remarked(tmp_path, b"0.5,-0.\xb5,0.98,M\xfcller")

    with pytest.raises(SignalError, match=r"'ay' holds '-0\.\ufffd' in data row 8001"):
        read_recording(path, mapping)
    named = mapping.model_copy(update={"columns": ("ax", "az")})
    assert read_recording(path, named).channel_names == ("ax", "az")


def test_a_remark_with_a_byte_that_is_no_text_is_passed_over(tmp_path):
    """It is no axis, however its letters are written."""
    path, mapping = remarked(tmp_path, b"0.5,-0.5,0.98,M\xfcller")

    assert read_recording(path, mapping).channel_names == ("ax", "ay", "az")


@pytest.mark.parametrize("column", ["x", 9999])
def test_a_refusal_does_not_list_thousands_of_names(tmp_path, column):
    """Nobody reads them."""
    path = tmp_path / "a.csv"
    path.write_text(",".join(f"c{n}" for n in range(6000)) + "\n" + ",".join("1" * 6000))

    with pytest.raises(SignalError, match="c18, c19 and 5980 more") as caught:
        read_recording(path, EMG.model_copy(update={"columns": (column,)}))

    assert len(str(caught.value)) < 300
