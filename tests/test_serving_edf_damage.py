"""EDF and EDF+ files with a field that says nothing: refused, or read without it."""

import edfio
import numpy as np
import pytest

from features import SignalError
from serving.recordings import SignalMapping, read_recording

EMG = SignalMapping(modality="emg")

SAMPLES = np.round(100 * np.sin(np.arange(4000) / 9), 3)


def discontinuous(path, second="+1"):
    """Write four data records of a second each, of which the second begins when this says."""
    signal = edfio.EdfSignal(SAMPLES, 1000.0, label="EMG", physical_dimension="uV")
    notes = [edfio.EdfAnnotation(0.5, None, "arm on a cushion")]  # leaves room in all data records
    edfio.Edf([signal], data_record_duration=1, annotations=notes).write(path)
    told = f"{second}\x14\x14".encode().ljust(4, b"\0")
    plain = b"+1\x14\x14".ljust(len(told), b"\0")
    raw = path.read_bytes().replace(b"EDF+C", b"EDF+D")
    assert raw.count(plain) == 1
    path.write_bytes(raw.replace(plain, told))
    return path


@pytest.mark.parametrize("second", ["", "\0\0", "one", "nan", "+inf", "+1e300", "+9999999999"])
def test_a_data_record_that_tells_no_time_is_refused(tmp_path, second):
    """In one sentence, and without a warning."""
    path = discontinuous(tmp_path / "a.edf", second)

    with pytest.raises(SignalError, match="its data record 2 does not begin with its time, as it"):
        read_recording(path, EMG)


def test_times_are_read_with_and_without_a_fraction(tmp_path):
    """As EDF+ writes them."""
    back = read_recording(discontinuous(tmp_path / "a.edf", "+1.000"), EMG)

    assert back.gaps == ()
    np.testing.assert_allclose(back.samples[0], SAMPLES, atol=0.01)


def test_a_discontinuous_file_without_times_is_refused(tmp_path):
    """Nothing says where its data records lie."""
    path = discontinuous(tmp_path / "a.edf")
    path.write_bytes(path.read_bytes().replace(b"EDF Annotations ", b"remarks         "))

    with pytest.raises(SignalError, match="is discontinuous, and has no annotations with its time"):
        read_recording(path, EMG)


@pytest.mark.parametrize("range_", [b"nan     100     ", b"-100    nan     "])
def test_a_range_that_is_no_number_is_no_calibration(tmp_path, range_):
    """Its samples would all be missing, and the record an honest one of nothing."""
    path = discontinuous(tmp_path / "a.edf")
    raw = bytearray(path.read_bytes())
    begin = 256 + 2 * 104
    raw[begin : begin + 8], raw[begin + 16 : begin + 24] = range_[:8], range_[8:]
    path.write_bytes(bytes(raw))

    with pytest.raises(SignalError, match="signal 'EMG' has no calibration"):
        read_recording(path, EMG)


def test_a_date_beyond_all_years_is_none(tmp_path):
    """The samples are none the worse for it."""
    path = discontinuous(tmp_path / "a.edf")
    raw = path.read_bytes()
    raw = raw[:88] + b"Startdate 01-MAY-4294967296 X X X".ljust(80) + raw[168:]
    path.write_bytes(raw)

    assert read_recording(path, EMG).start_time is None
