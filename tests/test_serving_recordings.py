"""Recordings from files and back: what survives, and what is no recording."""

import subprocess
import sys
from datetime import datetime

import numpy as np
import pytest

from features import Recording, SignalError
from serving.recordings import (
    Annotation,
    SignalMapping,
    read_annotations,
    read_recording,
    write_recording,
)

EMG = SignalMapping(modality="emg", unit="uV", sampling_rate_hz=1000.0)
ACCELEROMETER = SignalMapping(modality="accelerometer", unit="g", sampling_rate_hz=100.0)
TIMED = SignalMapping(modality="accelerometer", unit="g", time_column="time_s", time_unit="s")

RATE_TOLERANCE = 1e-9  # of a rate found from times that are written to the nanosecond
SIXTEEN_BITS = 2.0**16 - 2


@pytest.fixture
def recording(rng):
    """Return three axes of 12.34 s at 100 Hz that began at a fraction of a second."""
    return Recording(
        rng.normal(size=(3, 1234)).cumsum(axis=1) / 10,
        sampling_rate_hz=100.0,
        modality="accelerometer",
        unit="g",
        channel_names=("x", "y", "z"),
        start_time=datetime(2024, 5, 1, 10, 0, 0, 250000),  # noqa: DTZ001 (files hold none)
    )


def test_parquet_keeps_a_recording_whole(tmp_path, recording):
    """What is written as Parquet is read as the same recording, from the modality alone."""
    path = tmp_path / "a.parquet"
    write_recording(recording, path)

    back = read_recording(path, SignalMapping(modality="accelerometer"))

    np.testing.assert_array_equal(back.samples, recording.samples)
    assert (back.unit, back.sampling_rate_hz) == ("g", 100.0)
    assert back.channel_names == recording.channel_names
    assert back.start_time == recording.start_time


def test_csv_keeps_the_samples_and_their_times(tmp_path, recording):
    """What is written as CSV has the same samples, and the same rate from its times."""
    path = tmp_path / "a.csv"
    write_recording(recording, path)

    back = read_recording(path, TIMED)

    np.testing.assert_array_equal(back.samples, recording.samples)
    assert back.sampling_rate_hz == pytest.approx(100.0, rel=RATE_TOLERANCE)
    assert back.channel_names == recording.channel_names


def test_csv_that_was_written_here_is_read_by_its_rate_alone(tmp_path, recording):
    """The column of times is not taken for a channel when only the rate is given."""
    path = tmp_path / "a.csv"
    write_recording(recording, path)

    back = read_recording(path, ACCELEROMETER)

    assert back.channel_names == ("x", "y", "z")


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_gaps_survive_a_table(tmp_path, recording, suffix):
    """Missing samples are empty cells, and missing samples again."""
    samples = np.array(recording.samples)
    samples[:, 100:150] = np.nan
    samples[1, 700] = np.nan
    path = tmp_path / f"a{suffix}"
    gappy = Recording(samples, sampling_rate_hz=100.0, modality="accelerometer", unit="g")
    write_recording(gappy, path)

    back = read_recording(path, ACCELEROMETER)

    np.testing.assert_array_equal(back.samples, samples)
    assert back.gaps == gappy.gaps


@pytest.mark.parametrize(
    ("rate_hz", "n_samples"),
    [(100.0, 1234), (1000.0, 4000), (1000.0, 4001), (2148.1481, 9973), (62.5, 777), (99.98732, 99)],
)
def test_edf_keeps_samples_within_sixteen_bits(tmp_path, rng, rate_hz, n_samples):
    """What is written as EDF is read with the error of 16 bits, at any rate and length."""
    modality, unit = ("emg", "uV") if rate_hz >= 500 else ("gyroscope", "deg/s")
    samples = rng.normal(scale=50.0, size=(2, n_samples))
    original = Recording(samples, sampling_rate_hz=rate_hz, modality=modality, unit=unit)
    path = tmp_path / "a.edf"
    write_recording(original, path)

    back = read_recording(path, SignalMapping(modality=modality))

    step = np.ptp(samples) / SIXTEEN_BITS
    np.testing.assert_allclose(back.samples, samples, rtol=0, atol=1.01 * step)
    assert back.sampling_rate_hz == pytest.approx(rate_hz, rel=1e-6)
    assert (back.unit, back.start_time) == (unit, None)


def test_edf_keeps_start_and_annotations(tmp_path, recording):
    """Start time to the microsecond, and annotations with and without duration, come back."""
    notes = (Annotation(1.5, 2.25, "tremor"), Annotation(7.0, 0.0, "cough"))
    path = tmp_path / "a.edf"
    write_recording(recording, path, notes)

    back = read_recording(path, SignalMapping(modality="accelerometer"))

    assert back.start_time == recording.start_time
    assert read_annotations(path) == notes


def test_small_signals_in_volts_survive_edf(tmp_path, rng):
    """The eight characters that EDF has for a range do not swallow a signal of microvolts."""
    samples = rng.normal(scale=2e-5, size=(1, 4000))
    path = tmp_path / "a.edf"
    write_recording(Recording(samples, sampling_rate_hz=1000.0, modality="emg", unit="V"), path)

    back = read_recording(path, SignalMapping(modality="emg"))

    np.testing.assert_allclose(back.samples, samples, rtol=0, atol=1e-8)


def test_writing_says_what_it_can_write(tmp_path, recording):
    """WFDB is read only, annotations go into EDF only, and a missing folder is named."""
    with pytest.raises(SignalError, match=r"a\.hea cannot be written; write one of \.csv"):
        write_recording(recording, tmp_path / "a.hea")
    with pytest.raises(SignalError, match=r"a\.csv cannot hold annotations; write \.edf"):
        write_recording(recording, tmp_path / "a.csv", [Annotation(0.0, 1.0, "tremor")])
    with pytest.raises(SignalError, match=r"a\.csv cannot be written: .*[Nn]o such file"):
        write_recording(recording, tmp_path / "nowhere" / "a.csv")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.csv", b"", r"a\.csv: it is empty"),
        ("a.csv", b"\n# nothing\n", r"a\.csv: it is empty"),
        ("a.csv", b"PK\x03\x04\x00\x00\x08", r"a\.csv: it is not a text file"),
        ("a.parquet", b"x,y\n1,2\n", r"a\.parquet: it is no readable Parquet file"),
        ("a.parquet", b"", r"a\.parquet: it is no readable Parquet file"),
        ("a.edf", b"", r"a\.edf: it is not an EDF file"),
        ("a.edf", b"x,y\n1,2\n" * 100, r"a\.edf: it is not an EDF file"),
        ("a.edf", b"0       " + b"?" * 400, r"a\.edf: its EDF header is damaged or cut short"),
        ("a.hea", b"", r"a\.hea: it is no readable WFDB record"),
        ("a.hea", b"a 1 1000 10\na.dat 16\n", r"a\.hea: its signal file a\.dat is missing"),
        ("a.hea", b"hello\n", r"a\.hea: it is no readable WFDB record"),
        ("a.dat", b"1234", r"a\.dat: its header a\.hea is missing"),
        ("a.docx", b"1234", r"a\.docx is of no known format; .*\.csv, \.tsv, \.txt, \.parquet"),
    ],
)
def test_files_of_another_kind_are_refused(tmp_path, name, content, sentence):
    """Empty and foreign files get one sentence that begins with their name."""
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(SignalError, match=f"^{sentence}"):
        read_recording(path, EMG)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    """A missing file and a folder are named with their whole path."""
    with pytest.raises(SignalError, match=r"there is no file .*nowhere\.csv"):
        read_recording(tmp_path / "nowhere.csv", EMG)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(SignalError, match=r"folder\.csv is a folder; give one file in it"):
        read_recording(tmp_path / "folder.csv", EMG)


def test_tables_have_no_annotations(tmp_path):
    """Only EDF+ and WFDB carry annotations."""
    path = tmp_path / "a.csv"
    path.write_text("x\n1\n", encoding="utf-8")

    assert read_annotations(path) == ()


def test_importing_is_cheap():
    """The libraries behind the formats are imported when a file of theirs is met, not before."""
    code = (
        "import sys, serving.recordings;"
        "print([m for m in ('pyarrow', 'edfio', 'wfdb', 'pandas') if m in sys.modules])"
    )

    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert printed.stdout.strip() == "[]"
