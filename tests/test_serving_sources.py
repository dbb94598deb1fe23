"""Sources: files of any length a stretch at a time, and what people upload by mistake."""

import tempfile
import tracemalloc
import warnings
import zipfile
from pathlib import Path

import edfio
import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from features import Recording, SignalError
from serving.formats import delimited, edf_records, wfdb_record
from serving.formats.wfdb_record import wfdb  # imported there without its warning
from serving.recordings import SignalMapping, read_recording, write_recording
from serving.sources import Limits, open_source, stored_name

RATE_HZ = 1000.0
N_SAMPLES = 3210
EMG = SignalMapping(modality="emg", unit="uV", sampling_rate_hz=RATE_HZ)
STATED = SignalMapping(modality="emg")
TIMED = SignalMapping(modality="emg", unit="uV", time_column="time_s", time_unit="s")


def emg(rng, *, gaps=True):
    samples = rng.normal(scale=20.0, size=(2, N_SAMPLES))
    if gaps:
        samples[:, 400:900] = np.nan
        samples[1, 2000] = np.nan
    names = ("soleus", "tibialis")
    return Recording(
        samples, sampling_rate_hz=RATE_HZ, modality="emg", unit="uV", channel_names=names
    )


def write_table(folder, rng, suffix):
    write_recording(emg(rng), folder / f"a{suffix}")
    return folder / f"a{suffix}", EMG


def write_timed(folder, rng, suffix):
    """Write rows with losses, pauses and jitter, so that every rule about times is needed."""
    times = np.arange(N_SAMPLES) / RATE_HZ + rng.uniform(-2e-4, 2e-4, N_SAMPLES)
    times[2000:] += 0.7
    kept = np.delete(np.arange(N_SAMPLES), [100, 1500, *range(2500, 2600)])
    columns = {"time_s": times[kept], "x": rng.normal(size=N_SAMPLES)[kept]}
    path = folder / f"a{suffix}"
    if suffix == ".parquet":
        parquet.write_table(pa.table(columns), path)
    else:
        rows = zip(*(each.tolist() for each in columns.values()), strict=True)
        path.write_text("time_s,x\n" + "\n".join(f"{t!r},{x!r}" for t, x in rows))
    return path, TIMED


def write_single_precision(folder, rng, suffix):
    columns = {name: rng.normal(size=N_SAMPLES).astype(np.float32) for name in ("x", "y")}
    parquet.write_table(pa.table(columns), folder / f"a{suffix}", row_group_size=500)
    return folder / f"a{suffix}", EMG


def write_edf(folder, rng, suffix):
    signals = [
        edfio.EdfSignal(rng.normal(size=4000), RATE_HZ, label=label, physical_dimension=unit)
        for label, unit in (("EMG a", "mV"), ("Temp", "degC"), ("EMG b", "uV"))
    ]
    edfio.Edf(signals, data_record_duration=0.5).write(folder / f"a{suffix}")
    return folder / f"a{suffix}", STATED


def write_edf_with_pauses(folder, rng, suffix):
    path = folder / f"a{suffix}"
    signal = edfio.EdfSignal(rng.normal(size=4000), RATE_HZ, label="EMG", physical_dimension="uV")
    edfio.Edf([signal], data_record_duration=1, annotations=[]).write(path)
    raw = path.read_bytes().replace(b"EDF+C", b"EDF+D")
    path.write_bytes(
        raw.replace(b"+2\x14\x14", b"+4\x14\x14").replace(b"+3\x14\x14", b"+7\x14\x14")
    )
    return path, STATED


def write_edf_of_one_record(folder, rng, suffix):
    signal = edfio.EdfSignal(rng.normal(size=4001), RATE_HZ, label="EMG", physical_dimension="uV")
    edfio.Edf([signal], data_record_duration=4.001).write(folder / f"a{suffix}")
    return folder / f"a{suffix}", STATED


def write_wav(folder, rng, suffix):
    write_recording(emg(rng), folder / f"a{suffix}")
    return folder / f"a{suffix}", SignalMapping(modality="emg", unit="relative")


def write_wfdb(folder, rng, suffix, fmt="16"):
    with warnings.catch_warnings():
        # What pandas says of how wfdb writes; how it reads is not silenced.
        warnings.filterwarnings("ignore", "The inplace keyword", DeprecationWarning)
        wfdb.wrsamp(
            "a",
            fs=RATE_HZ,
            units=["uV", "mV", "uV"],
            sig_name=["soleus", "tibialis", "gastrocnemius"],
            p_signal=rng.normal(size=(N_SAMPLES, 3)).cumsum(axis=0),
            fmt=[fmt] * 3,
            write_dir=str(folder),
        )
    columns = ("gastrocnemius", "tibialis")
    return folder / f"a{suffix}", SignalMapping(modality="emg", columns=columns)


def write_wfdb_of_bytes_and_a_half(folder, rng, suffix):
    return write_wfdb(folder, rng, suffix, fmt="212")


def write_wfdb_of_differences(folder, rng, suffix):
    path, mapping = write_wfdb(folder, rng, suffix, fmt="80")
    path.write_text(path.read_text().replace(".dat 80 ", ".dat 8 "))
    return path, mapping


def write_wfdb_of_segments(folder, rng, suffix):
    for name in ("b", "c"):
        write_wfdb(folder, rng, suffix)
        for file in (folder / "a.hea", folder / "a.dat"):
            file.rename(file.with_stem(name))
        header = folder / f"{name}.hea"
        header.write_text(header.read_text().replace("a ", f"{name} ").replace("a.", f"{name}."))
    path = folder / f"a{suffix}"
    path.write_text(f"a/2 3 {RATE_HZ:g} {2 * N_SAMPLES}\nb {N_SAMPLES}\nc {N_SAMPLES}\n")
    return path, SignalMapping(modality="emg", columns=("gastrocnemius", "tibialis"))


def write_wfdb_of_two_rates(folder, rng, suffix):
    """Write EMG at ten times the rate of what lies between its samples."""
    rows = rng.integers(-3000, 3000, (400, 11)).astype("<i2")
    rows.tofile(folder / "a.dat")
    path = folder / f"a{suffix}"
    path.write_text("a 2 100 400\na.dat 16x10 100/uV 16 0 0 0 0 EMG\na.dat 16 100/g 16 0 0 0 0 x\n")
    return path, STATED


def write_zipped_wfdb(folder, rng, suffix):
    _, mapping = write_wfdb(folder, rng, ".hea")
    with zipfile.ZipFile(folder / f"a{suffix}", "w") as archive:
        for name in ("a.hea", "a.dat"):
            archive.write(folder / name, f"walk/{name}")
    return folder / f"a{suffix}", mapping


KINDS = [
    (write_table, ".csv"),
    (write_table, ".parquet"),
    (write_timed, ".csv"),
    (write_timed, ".parquet"),
    (write_single_precision, ".parquet"),
    (write_edf, ".edf"),
    (write_edf_with_pauses, ".edf"),
    (write_edf_of_one_record, ".edf"),
    (write_wav, ".wav"),
    (write_wfdb, ".hea"),
    (write_wfdb_of_bytes_and_a_half, ".hea"),
    (write_wfdb_of_differences, ".hea"),
    (write_wfdb_of_segments, ".hea"),
    (write_wfdb_of_two_rates, ".hea"),
    (write_zipped_wfdb, ".zip"),
]


@pytest.mark.parametrize("small_steps", [False, True])
@pytest.mark.parametrize(("write", "suffix"), KINDS)
def test_blocks_of_any_length_are_the_whole(tmp_path, rng, monkeypatch, write, suffix, small_steps):
    """Read in blocks, of any length and in any order, a file is what it is as a whole."""
    path, mapping = write(tmp_path, rng, suffix)
    whole = read_recording(path, mapping)
    if small_steps:
        monkeypatch.setattr(delimited, "_BLOCK_BYTES", 1000)
        monkeypatch.setattr(edf_records, "_SCAN_BYTES", 1)
        monkeypatch.setattr(wfdb_record, "_AHEAD", 300)

    with open_source(path, mapping) as source:
        n_samples = source.n_samples
        for length in (97, 1000, n_samples):
            starts = range(0, n_samples, length)
            blocks = [source.read(start, min(start + length, n_samples)) for start in starts]
            np.testing.assert_array_equal(np.concatenate(blocks, axis=1), whole.samples)
            assert all(block.dtype == whole.samples.dtype for block in blocks)
        for start, stop in np.sort(rng.integers(0, n_samples + 1, (40, 2)), axis=1).tolist():
            np.testing.assert_array_equal(source.read(start, stop), whole.samples[:, start:stop])
        stated = (source.sampling_rate_hz, source.unit, source.channel_names, source.start_time)

    assert stated == (
        whole.sampling_rate_hz,
        whole.unit,
        whole.channel_names,
        whole.start_time,
    )


def test_edf_is_calibrated_as_edfio_does(tmp_path, rng):
    """Samples of an EDF file are, to the last bit, those of another reader of it."""
    path, _ = write_edf(tmp_path, rng, ".edf")

    with open_source(path, SignalMapping(modality="emg", columns=("EMG b",))) as source:
        samples = source.read(0, source.n_samples)

    np.testing.assert_array_equal(samples[0], edfio.read_edf(path).signals[2].data)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".edf", ".wav"])
def test_memory_is_that_of_a_block(tmp_path, rng, suffix):
    """Going through a file in blocks takes a fraction of what its samples would take."""
    n_samples = 1_500_000
    path = tmp_path / f"a{suffix}"
    samples = rng.integers(-999, 999, (1, n_samples)) / 8
    write_recording(Recording(samples, sampling_rate_hz=1e3, modality="emg", unit="uV"), path)
    read_recording(path, EMG)  # imports
    tracemalloc.start()

    with open_source(path, EMG) as source:
        for start in range(0, n_samples, 10_000):
            source.read(start, start + 10_000)

    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < samples.nbytes / 3


@pytest.mark.parametrize(("write", "suffix"), [KINDS[0], KINDS[2], KINDS[-1]])
def test_nothing_is_left_behind(tmp_path, rng, monkeypatch, write, suffix):
    """Temporary files are gone when a source is closed, also when it is closed by an error."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    path, mapping = write(tmp_path, rng, suffix)

    with pytest.raises(RuntimeError, match="stop"), open_source(path, mapping):
        raise RuntimeError("stop")

    assert list(temporary.iterdir()) == []


def test_an_error_of_the_caller_stays_what_it_is(tmp_path, rng):
    """What goes wrong while a source is open is not taken for a fault of its file."""
    path, mapping = write_table(tmp_path, rng, ".csv")

    with pytest.raises(OSError, match=r"^disk$"), open_source(path, mapping):
        raise OSError("disk")


def test_a_stretch_lies_within_the_recording(tmp_path, rng):
    """Samples that are not there are refused, not made up."""
    path, mapping = write_wav(tmp_path, rng, ".wav")

    with (
        open_source(path, mapping) as source,
        pytest.raises(SignalError, match=r"samples 3000 to 3211 do not lie .* it has 3210"),
    ):
        source.read(3000, 3211)


def test_times_that_become_fractions_late_are_read(tmp_path, monkeypatch):
    """Whole milliseconds may be followed by fractions much later."""
    monkeypatch.setattr(delimited, "_BLOCK_BYTES", 1000)
    times = np.arange(2000.0)
    times[1500:] += 0.25
    rows = [f"{t:g},1" for t in times]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["ms,x", *rows]))
    mapping = SignalMapping(modality="emg", unit="uV", time_column="ms", time_unit="ms")

    with open_source(path, mapping) as source:
        line = np.polyfit(np.arange(2000.0), times / 1000, 1)
        assert source.sampling_rate_hz == pytest.approx(1 / line[0], rel=1e-9)


def test_columns_that_share_a_name_are_told_apart(tmp_path):
    """By their numbers, columns of one name can be read in tables of any kind, each once."""
    table = pa.Table.from_arrays(
        [pa.array([1.0, 2.0]), pa.array([3.0, 4.0]), pa.array([5.0, 6.0])], names=["y", "y", "z"]
    )
    parquet.write_table(table, tmp_path / "a.parquet")
    (tmp_path / "a.csv").write_text("y,y,z\n1,3,5\n2,4,6\n")
    mapping = SignalMapping(modality="emg", unit="uV", sampling_rate_hz=RATE_HZ, columns=(2, 1))

    for name in ("a.parquet", "a.csv"):
        back = read_recording(tmp_path / name, mapping)
        np.testing.assert_array_equal(back.samples, [[5.0, 6.0], [3.0, 4.0]])
        with pytest.raises(SignalError, match="column 'y' is named twice"):
            read_recording(tmp_path / name, mapping.model_copy(update={"columns": (2, 1, 1)}))


def wide(folder, suffix, n_channels):
    names = tuple(f"c{n}" for n in range(n_channels))
    samples = np.arange(1000.0) % 7 * np.ones((n_channels, 1))
    path = folder / f"a{suffix}"
    recording = Recording(
        samples, sampling_rate_hz=RATE_HZ, modality="emg", unit="uV", channel_names=names
    )
    write_recording(recording, path)
    return path


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".edf", ".wav"])
def test_channels_are_limited(tmp_path, suffix):
    """Of 65 channels some have to be named; 64 are read."""
    with (
        pytest.raises(
            SignalError,
            match=r"^a\.\w+: it has 65 channels, and up to 64 are read; name those that are meant"
            " under columns$",
        ),
        open_source(wide(tmp_path, suffix, 65), EMG),
    ):
        pass
    named = EMG.model_copy(update={"columns": (64, 0)})
    with open_source(tmp_path / f"a{suffix}", named) as source:
        assert len(source.channel_names) == 2
    with open_source(wide(tmp_path, suffix, 64), EMG) as source:
        assert len(source.channel_names) == 64


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        ({"duration_s": 2.5}, r"it lasts over 2\.5 s, the longest that is read; cut it into parts"),
        ({"samples": 5000}, r"it has over 5000 samples in 2 channels, .*cut it into parts"),
    ],
)
@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".edf", ".wav"])
def test_length_is_limited(tmp_path, rng, suffix, limits, sentence):
    """A recording that is too long is refused with what to do."""
    path = tmp_path / f"a{suffix}"
    write_recording(emg(rng, gaps=False), path)

    with (
        pytest.raises(SignalError, match=rf"^a\.\w+: {sentence}"),
        open_source(path, EMG, limits=Limits(**limits)),
    ):
        pass


@pytest.mark.parametrize(
    ("write", "suffix", "sentence"),
    [
        (write_timed, ".csv", "it has over 1000 rows, the most that are read by their t"),
        (write_timed, ".parquet", "it has over 1000 rows, the most that are read by their t"),
        (write_wfdb_of_differences, ".hea", "it has about 9630 samples; a record of several"),
    ],
)
def test_what_is_held_in_memory_is_limited(tmp_path, rng, write, suffix, sentence):
    """What cannot be read a stretch at a time is refused when it is long."""
    path, mapping = write(tmp_path, rng, suffix)

    with (
        pytest.raises(SignalError, match=rf"^a\.\w+: {sentence}"),
        open_source(path, mapping, limits=Limits(samples_in_memory=1000)),
    ):
        pass


def test_gaps_cannot_fill_the_memory(tmp_path):
    """A few rows with an hour between them are refused before the gaps are filled in."""
    times = [3000 * k + i / 1000 for k in range(50) for i in range(200)]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["time_s,x", *(f"{t},1" for t in times)]))

    with (
        pytest.raises(SignalError, match=r"its times make it 147\d{6} samples long, gaps included"),
        open_source(path, TIMED),
    ):
        pass


def whole_edf(rng):
    with tempfile.TemporaryDirectory() as folder:
        path, _ = write_edf(Path(folder), rng, ".edf")
        return path.read_bytes()


PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
LONG_LINE = b"x\n" + b"1.25" * 2_000_000 + b"\n"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.csv", PNG, r"it is not a text file, but a PNG image; recordings are read from \.csv"),
        ("a.edf", PNG, "it is not an EDF file, but a PNG image"),
        ("a.wav", PNG, "it is not a WAV file, but a PNG image"),
        ("a.zip", PNG, "it is not a zip archive .*, but a PNG image"),
        ("a.parquet", PNG, "it is not a Parquet file, but a PNG image"),
        ("a.hea", PNG, "it is not a WFDB header, but a PNG image"),
        ("a.csv", b"%PDF-1.7\n%\xe2\xe3", "it is not a text file, but a PDF"),
        ("a.csv", b"\n <!DOCTYPE html><p>not found", "it is not a text file, but a web page"),
        ("a.txt", b'{"x": [1, 2]}', "it is not a text file, but a JSON file"),
        ("a.csv", whole_edf, r"it is not a text file, but an EDF file; such a file is named \.edf"),
        ("a.csv", b"", "it is empty; it needs a line with the names of the columns, and data"),
        ("a.wav", b"", "it is empty or cut short"),
        ("a.zip", b"", "it is no readable zip archive"),
        (
            "a.edf",
            lambda rng: whole_edf(rng)[:-3001],
            "its header announces 8 data records of 3000 bytes, and the file holds 6 whole ones",
        ),
        ("a.csv", b"x,y\n1,2\n3,abc\n", "column 'y' holds 'abc' in data row 2; it must hold num"),
        ("a.csv", b"x,y\n1,2\n3,\xff\n", "column 'y' holds 'ÿ' in data row 2; it must hold num"),
        ("a.csv", b"x\n1\n\x81\n", "it holds bytes that are neither UTF-8 nor Windows text"),
        (
            "a.csv",
            b"x\n" + b"1\n" * 40000 + b"\xff\n",
            "column 'x' holds '\ufffd' in data row 40001",
        ),
        ("a.csv", LONG_LINE, "it has a line of over 1048576 bytes; a table has one line for each"),
        ("a.csv", LONG_LINE[2:], "its first line is over 65536 bytes long; a table has one line"),
        ("a.csv", b"x,y", "it has no rows of data"),
        ("a.csv", b"x\n1\ninf\n", "recording: samples hold an infinite value"),
    ],
)
def test_uploads_by_mistake_get_a_sentence(tmp_path, rng, name, content, sentence):
    """What is no recording, or half of one, is refused with what was given and what is needed."""
    path = tmp_path / name
    path.write_bytes(content(rng) if callable(content) else content)

    with (
        pytest.raises(SignalError, match=f"{sentence}"),
        open_source(path, EMG) as source,
    ):
        source.read(0, source.n_samples)


@pytest.mark.parametrize("n_samples", [1, 500])
def test_short_and_constant_recordings_are_read(tmp_path, n_samples):
    """Half a second that is constant is a recording; whether it says anything is asked later."""
    path = tmp_path / "a.csv"
    path.write_text("x\n" + "5\n" * n_samples)

    with open_source(path, EMG) as source:
        np.testing.assert_array_equal(source.read(0, n_samples), np.full((1, n_samples), 5.0))


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("visit 1.CSV", "recording.csv"),
        ("../../etc/cron.d/x.edf", "recording.edf"),
        ("C:\\secret\\..\\x.wav", "recording.wav"),
        ("/x.parquet", "recording.parquet"),
        ("a.csv/b.zip", "recording.zip"),
        ("Übung\n\0.hea", "recording.hea"),
    ],
)
def test_only_the_suffix_of_a_name_is_used(given, stored):
    """Where a file that was sent is stored is not up to its name."""
    assert stored_name(given) == stored


@pytest.mark.parametrize("given", ["", "..", "x", "x.exe", ".csv", "a.csv/../x"])
def test_a_name_without_a_known_suffix_is_refused(given):
    """What is sent must say by its suffix what it is."""
    with pytest.raises(SignalError, match=r"is of no known format; recordings are read from \.csv"):
        stored_name(given)
