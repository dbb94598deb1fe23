"""EDF and WFDB: what their headers say, what is put right, and what is refused."""

import warnings
import zipfile
from contextlib import contextmanager
from datetime import UTC, datetime

import edfio
import numpy as np
import pytest

from features import Recording, SignalError
from serving.formats.wfdb_record import wfdb  # imported there without its warning
from serving.recordings import (
    FORMATS,
    Annotation,
    SignalMapping,
    read_annotations,
    read_recording,
    write_recording,
)

EMG = SignalMapping(modality="emg", unit="uV", sampling_rate_hz=1000.0)


def edf_signal(rng, label, unit, rate_hz=1000.0, seconds=4):
    return edfio.EdfSignal(
        rng.normal(size=int(rate_hz * seconds)), rate_hz, label=label, physical_dimension=unit
    )


def test_edf_takes_the_signals_of_the_modality(tmp_path, rng):
    """Of a mixed file, EMG is what is in volts and does not say that it is something else."""
    path = tmp_path / "a.edf"
    signals = [
        edf_signal(rng, "EEG C3-A2", "uV", 500.0),
        edf_signal(rng, "EMG tibialis", "mV"),
        edf_signal(rng, "x", "g", 100.0),
        edf_signal(rng, "soleus", "uV"),
    ]
    edfio.Edf(signals).write(path)

    back = read_recording(path, SignalMapping(modality="emg"))

    assert back.channel_names == ("EMG tibialis", "soleus")
    assert back.unit == "uV"
    np.testing.assert_allclose(back.samples[0], signals[1].data * 1e3)
    np.testing.assert_allclose(back.samples[1], signals[3].data)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"columns": ("EMG", "x")}, r"differ in sampling rate \(EMG 1000 Hz, x 100 Hz\)"),
        ({"columns": ("x",)}, r"x is stored in 'g'; give its unit: uV, mV, V, relative for emg"),
        ({"unit": "mV"}, r"unit is given as 'mV', the file states 'uV' for EMG"),
        ({"sampling_rate_hz": 500.0}, r"given as 500, the file states 1000"),
        ({"time_column": "t"}, r"has no column of times"),
        ({"columns": ("emg",)}, r"there is no signal 'emg'; it has EMG, x"),
        ({"modality": "gyroscope"}, r"no signal has a unit of gyroscope.*EMG in uV, x in g"),
    ],
)
def test_edf_and_mapping_must_agree(tmp_path, rng, fields, sentence):
    """What a header states and what a person says are not weighed against each other."""
    path = tmp_path / "a.edf"
    edfio.Edf([edf_signal(rng, "EMG", "uV"), edf_signal(rng, "x", "g", 100.0)]).write(path)
    mapping = SignalMapping(**({"modality": "emg"} | fields))

    with pytest.raises(SignalError, match=sentence):
        read_recording(path, mapping)


@pytest.mark.parametrize("kept", [100, 300, 512, 600, 4000, -2, -1])
def test_a_truncated_edf_is_refused(tmp_path, rng, kept):
    """Wherever an EDF file is cut off, in its header or its data, it is refused."""
    path = tmp_path / "a.edf"
    edfio.Edf([edf_signal(rng, "EMG", "uV")]).write(path)
    path.write_bytes(path.read_bytes()[:kept])

    with pytest.raises(SignalError, match=r"^a\.edf: it.*(cut short|not an EDF file)"):
        read_recording(path, SignalMapping(modality="emg"))


def test_a_discontinuous_edf_has_gaps(tmp_path, rng):
    """Each data record of an EDF+D file lies where its time says; annotations agree with that."""
    path = tmp_path / "a.edf"
    signal = edf_signal(rng, "EMG", "uV", seconds=4)
    notes = [edfio.EdfAnnotation(2.5, None, "cough")]
    edfio.Edf([signal], data_record_duration=1, annotations=notes).write(path)
    raw = path.read_bytes().replace(b"EDF+C", b"EDF+D")
    # The last two seconds begin two seconds later.
    raw = raw.replace(b"+2\x14\x14\x00+2.5\x14", b"+4\x14\x14\x00+4.5\x14")
    raw = raw.replace(b"+3\x14\x14", b"+5\x14\x14")
    path.write_bytes(raw)

    back = read_recording(path, SignalMapping(modality="emg"))

    assert back.gaps == ((2.0, 4.0),)
    np.testing.assert_allclose(back.samples[0, 4000:], signal.data[2000:])
    assert read_annotations(path) == (Annotation(4.5, 0.0, "cough"),)


@pytest.mark.parametrize("drift_s", [0.0009, -0.0009])
def test_clocks_that_differ_a_little_make_no_gaps(tmp_path, rng, drift_s):
    """A recorder's seconds are not quite a sensor's: no sample is lost, and none is there twice."""
    path = tmp_path / "a.edf"
    signal = edf_signal(rng, "EMG", "uV", seconds=4)
    # A note leaves room for digits in all data records.
    notes = [edfio.EdfAnnotation(0.5, None, "arm on a cushion")]
    edfio.Edf([signal], data_record_duration=1, annotations=notes).write(path)
    raw = path.read_bytes().replace(b"EDF+C", b"EDF+D")
    for second in range(1, 4):
        told = f"+{second * (1 + drift_s):.4f}\x14\x14".encode()
        plain = f"+{second}\x14\x14".encode().ljust(len(told), b"\0")
        assert raw.count(plain) == 1
        raw = raw.replace(plain, told)
    path.write_bytes(raw)

    back = read_recording(path, SignalMapping(modality="emg"))

    assert back.gaps == ()
    np.testing.assert_allclose(back.samples[0], signal.data)


def test_an_uncalibrated_edf_signal_is_refused(tmp_path, rng):
    """A signal whose physical range is empty has no unit that could be trusted."""
    path = tmp_path / "a.edf"
    signal = edf_signal(rng, "EMG", "uV")
    edfio.Edf([signal]).write(path)
    raw = bytearray(path.read_bytes())
    raw[256 + 104 : 256 + 120] = b"0       0       "
    path.write_bytes(bytes(raw))

    with pytest.raises(SignalError, match="signal 'EMG' has no calibration"):
        read_recording(path, SignalMapping(modality="emg"))


def test_an_edf_of_annotations_only_is_refused(tmp_path):
    """Annotations without signals are no recording, but can be read as annotations."""
    path = tmp_path / "a.edf"
    edfio.Edf([], annotations=[edfio.EdfAnnotation(1.0, 2.0, "clonus")]).write(path)

    with pytest.raises(SignalError, match="it holds annotations, but no signals"):
        read_recording(path, EMG)
    assert read_annotations(path) == (Annotation(1.0, 2.0, "clonus"),)


def test_an_edf_of_no_duration_is_refused(tmp_path, rng):
    """A header that gives a signal data records of zero seconds has no sampling rate."""
    path = tmp_path / "a.edf"
    edfio.Edf([edf_signal(rng, "EMG", "uV")]).write(path)
    raw = bytearray(path.read_bytes())
    raw[244:252] = b"0       "
    path.write_bytes(bytes(raw))

    with pytest.raises(SignalError, match="no valid EDF file: its data records last 0 s"):
        read_recording(path, SignalMapping(modality="emg"))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"samples": [[1.0, np.nan, 2.0]]}, r"EDF cannot hold a gap \(NaN\); write \.parquet"),
        ({"channel_names": ("a name of many letters",)}, "is no EDF label: up to 16"),
        ({"channel_names": ("µ",)}, "is no EDF label"),
        ({"start_time": datetime(1970, 1, 1, tzinfo=UTC)}, "EDF holds years from 1985 to 2084"),
    ],
)
def test_what_edf_cannot_hold_is_not_written(tmp_path, change, sentence):
    """A recording that EDF would distort is refused, and no file is left."""
    fields = {"samples": [[1.0, 2.0, 3.0]], "sampling_rate_hz": 1e3, "modality": "emg"}
    recording = Recording(**(fields | {"unit": "uV"} | change))

    with pytest.raises(SignalError, match=sentence):
        write_recording(recording, tmp_path / "a.edf")
    assert list(tmp_path.iterdir()) == []


@contextmanager
def wfdb_writing():
    """Silence what pandas says of how wfdb writes; how it reads is not silenced."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The inplace keyword", DeprecationWarning)
        yield


@pytest.fixture
def wfdb_record(tmp_path, rng):
    """Write a record of two EMG signals, of which the first misses 50 samples, with notes."""
    samples = rng.normal(size=(5000, 2)).cumsum(axis=0)
    samples[100:150, 0] = np.nan
    with wfdb_writing():
        wfdb.wrsamp(
            "walk",
            fs=1000,
            units=["uV", "uV"],
            sig_name=["tibialis", "soleus"],
            p_signal=samples,
            fmt=["16", "16"],
            base_datetime=datetime(2024, 5, 1, 10),  # noqa: DTZ001 (the format has no zone)
            write_dir=str(tmp_path),
        )
        wfdb.wrann(
            "walk",
            "atr",
            np.array([500, 1000, 3000, 4000]),
            symbol=["N", "+", '"', "+"],
            aux_note=["", "(TREMOR", "cough", "(N"],
            write_dir=str(tmp_path),
        )
    return tmp_path, samples


@pytest.mark.parametrize("suffix", [".hea", ".dat"])
def test_wfdb_is_read_with_gaps_and_start(wfdb_record, suffix):
    """Either file of a record gives its signals, units, rate, gaps and start."""
    folder, samples = wfdb_record

    back = read_recording(folder / f"walk{suffix}", SignalMapping(modality="emg"))

    step = np.nanmax(np.ptp(samples, axis=0)) / 2**15
    np.testing.assert_allclose(back.samples, samples.T, rtol=0, atol=100 * step, equal_nan=True)
    np.testing.assert_array_equal(np.isnan(back.samples), np.isnan(samples.T))
    assert (back.sampling_rate_hz, back.unit) == (1000.0, "uV")
    assert back.channel_names == ("tibialis", "soleus")
    assert back.start_time == datetime(2024, 5, 1, 10)  # noqa: DTZ001


def test_wfdb_states_last_until_the_next(wfdb_record):
    """A rhythm note lasts until the next or the end; other notes are moments."""
    folder, _ = wfdb_record

    assert read_annotations(folder / "walk.hea") == (
        Annotation(0.5, 0.0, "N"),
        Annotation(1.0, 3.0, "TREMOR"),
        Annotation(3.0, 0.0, "cough"),
        Annotation(4.0, 1.0, "N"),
    )


def test_wfdb_annotations_may_count_in_steps_of_their_own(wfdb_record):
    """An annotation file that states a time resolution is read by it, not by the record's rate."""
    folder, _ = wfdb_record
    with wfdb_writing():
        wfdb.wrann(
            "walk",
            "atr",
            np.array([250, 750]),
            symbol=["+", "+"],
            aux_note=["(TREMOR", "(N"],
            fs=250,
            write_dir=str(folder),
        )

    assert read_annotations(folder / "walk.hea") == (
        Annotation(1.0, 2.0, "TREMOR"),
        Annotation(3.0, 2.0, "N"),
    )


def test_wfdb_signals_keep_their_own_rates(tmp_path, rng):
    """In a record of two rates, EMG is not averaged down to that of the acceleration."""
    emg, acceleration = rng.normal(size=5000), rng.normal(size=500)
    record = wfdb.Record(
        record_name="mixed",
        n_sig=2,
        fs=100,
        sig_len=500,
        e_p_signal=[emg, acceleration],
        samps_per_frame=[10, 1],
        fmt=["16", "16"],
        units=["uV", "g"],
        sig_name=["EMG", "x"],
        file_name=["mixed.dat", "mixed.dat"],
        byte_offset=[None, None],
    )
    with wfdb_writing():
        record.set_d_features(do_adc=True, expanded=True)
        record.set_defaults()
        record.wrsamp(expanded=True, write_dir=str(tmp_path))

    back = read_recording(tmp_path / "mixed.hea", SignalMapping(modality="emg"))
    motion = read_recording(tmp_path / "mixed.hea", SignalMapping(modality="accelerometer"))

    assert back.sampling_rate_hz == 1000.0
    np.testing.assert_allclose(back.samples[0], emg, atol=1e-3)
    assert motion.sampling_rate_hz == 100.0


@pytest.mark.parametrize("kept", [0, 5000, -1])
def test_truncated_wfdb_signals_are_refused(wfdb_record, kept):
    """A signal file shorter than its header says is refused."""
    folder, _ = wfdb_record
    path = folder / "walk.dat"
    path.write_bytes(path.read_bytes()[:kept])

    with pytest.raises(SignalError, match=r"walk\.hea: it is no readable WFDB record"):
        read_recording(folder / "walk.hea", SignalMapping(modality="emg"))


def test_damaged_wfdb_annotations_are_refused(wfdb_record):
    """An annotation file of an odd length is refused; a missing one means no annotations."""
    folder, _ = wfdb_record
    (folder / "walk.atr").write_bytes(b"abc")

    with pytest.raises(SignalError, match=r"walk\.hea: its annotations \(\.atr\) cannot be read"):
        read_annotations(folder / "walk.hea")
    (folder / "walk.atr").unlink()
    assert read_annotations(folder / "walk.hea") == ()


@pytest.mark.parametrize("suffix", FORMATS)
def test_no_damage_escapes_as_another_error(wfdb_record, rng, suffix):
    """Bytes changed at random give a recording or a SignalError, never anything else."""
    folder, samples = wfdb_record
    path = folder / f"walk{suffix}"
    if suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(folder / "walk.hea", "walk.hea")
            archive.write(folder / "walk.dat", "walk.dat")
    elif suffix not in {".hea", ".dat"}:
        names = ("tibialis", "soleus")
        filled = np.nan_to_num(samples.T[:, :200])
        recording = Recording(
            filled, sampling_rate_hz=1e3, modality="emg", unit="uV", channel_names=names
        )
        write_recording(recording, path)
    whole = path.read_bytes()
    stated = suffix not in {".csv", ".txt", ".tsv", ".wav"}
    mapping = SignalMapping(modality="emg") if stated else EMG
    outcomes = set()
    for _ in range(60):
        damaged = bytearray(whole)
        for place in rng.integers(0, min(len(whole), 900), 3):
            damaged[place] = rng.integers(0, 256)
        path.write_bytes(bytes(damaged))
        try:
            outcomes.add(type(read_recording(path, mapping)))
        except SignalError as error:
            outcomes.add(type(error))

    assert outcomes <= {Recording, SignalError}
