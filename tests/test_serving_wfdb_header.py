"""Headers of WFDB records that do not hold together: refused before anything believes them."""

import time
import tracemalloc
import zipfile

import numpy as np
import pytest

from features import SignalError
from serving.formats.wfdb_record import wfdb  # noqa: F401  (imported there without its warning)
from serving.recordings import SignalMapping, read_recording

MOTION = SignalMapping(modality="accelerometer")

STORED = np.round(100 * np.sin(np.arange(500) / 4)).astype("<i2")


def record(folder, *lines, **segments):
    """Write a record of 500 samples with a header of these lines, and those of its segments."""
    STORED.tofile(folder / "r.dat")
    (folder / "r.hea").write_text("\n".join(lines) + "\n")
    for name, header in segments.items():
        (folder / f"{name}.hea").write_text(header)
    return folder / "r.hea"


@pytest.mark.parametrize(
    ("lines", "segments", "sentence"),
    [
        (
            ["r 299999999 50 500", "r.dat 16 100/g 16 0 0 0 0 x"],
            {},
            r"r\.hea is damaged: it announces 299999999 signals, and lists 1",
        ),
        (
            ["r 1 50 250", *["r.dat 16 100/g 16 0 0 0 0 x"] * 2],
            {},
            r"r\.hea is damaged: it announces 1 signals, and lists 2",
        ),
        (
            ["r 1x 50 250", *["r.dat 16 100/g 16 0 0 0 0 x"] * 2],
            {},
            r"r\.hea is damaged: it announces 1x signals, and lists 2",
        ),
        (
            ["r/299999999 1 50 500", "a 500"],
            {"a": "a 1 50 500\nr.dat 16 100/g 16 0 0 0 0 x\n"},
            r"r\.hea is damaged: it announces 299999999 segments, and lists 1",
        ),
        (
            ["r/1 1 50 500", "a 500"],
            {"a": "a 299999999 50 500\nr.dat 16 100/g 16 0 0 0 0 x\n"},
            r"a\.hea is damaged: it announces 299999999 signals, and lists 1",
        ),
        (
            ["r 1 50 500", "r.dat 16:999999999 100/g 16 0 0 0 0 x"],
            {},
            "it states a signal as '16:999999999', a skew of over a million samples",
        ),
        (["r/1 1 50 500", "r 500"], {}, "its segment r has segments itself"),
        (["r/1 1 50 500", "a 500"], {"a": "a/1 1 50 500\nr 500\n"}, "segment a has segments"),
        (["a" * 200_000], {}, r"r\.hea has a line of over 1000 characters, as no header of WFDB"),
        (["# remark"], {}, r"its header r\.hea is empty"),
    ],
)
def test_a_header_that_announces_what_it_does_not_hold_is_refused(
    tmp_path, lines, segments, sentence
):
    """At once and without room for it: a few bytes must not take minutes or gigabytes."""
    path = record(tmp_path, *lines, **segments)
    tracemalloc.start()
    began = time.monotonic()

    with pytest.raises(SignalError, match=sentence):
        read_recording(path, MOTION)

    assert time.monotonic() - began < 5
    assert tracemalloc.get_traced_memory()[1] < 50e6
    tracemalloc.stop()


def test_a_record_that_is_its_own_segment_is_refused_in_a_zip(tmp_path):
    """As it is uploaded."""
    path = record(tmp_path, "r/1 1 50 500", "r 500")
    with zipfile.ZipFile(tmp_path / "r.zip", "w") as archive:
        archive.write(path, "r.hea")
        archive.write(tmp_path / "r.dat", "r.dat")

    with pytest.raises(SignalError, match="its segment r has segments itself"):
        read_recording(tmp_path / "r.zip", MOTION)


@pytest.mark.parametrize(
    "lines",
    [
        ["r 1 0 500", "r.dat 16 100/g 16 0 0 0 0 x"],
        ["r 1 50 500", "~ 0 100/g 16 0 0 0 0 x"],
        ["r 1 50 500", "r.dat 999 100/g 16 0 0 0 0 x"],
    ],
)
def test_no_words_of_a_programming_language_are_answered(tmp_path, lines):
    """What wfdb stumbles over is its own affair."""
    with pytest.raises(SignalError, match=r"its header and its signals do not belong together$"):
        read_recording(record(tmp_path, *lines), MOTION)


NO_GAIN = ["r.dat 16", "r.dat 16 0", "r.dat 16 0/mV 16 0 0 0 0 x", "r.dat 16 0.0(5)/uV 16 0"]


@pytest.mark.parametrize("signal", NO_GAIN)
@pytest.mark.parametrize("segments", [False, True])
def test_an_emg_without_a_gain_is_relative(tmp_path, signal, segments):
    """Its header says that amplitudes are not calibrated; they must not come out as millivolts."""
    if segments:
        path = record(tmp_path, "r/1 1 1000 500", "a 500", a=f"a 1 1000 500\n{signal}\n")
    else:
        path = record(tmp_path, "r 1 1000 500", signal)

    back = read_recording(path, SignalMapping(modality="emg"))

    assert back.unit == "relative"
    assert read_recording(path, SignalMapping(modality="emg", unit="relative")).unit == "relative"
    assert np.corrcoef(back.samples[0], STORED)[0, 1] == pytest.approx(1)
    with pytest.raises(SignalError, match="unit is given as 'mV', the file states 'relative' for"):
        read_recording(path, SignalMapping(modality="emg", unit="mV"))


@pytest.mark.parametrize("signal", NO_GAIN)
def test_a_motion_without_a_gain_is_refused(tmp_path, signal):
    """Its size counts."""
    path = record(tmp_path, "r 1 50 500", signal.replace("mV", "g").replace("uV", "g"))

    with pytest.raises(SignalError, match=r"no signal has a unit of acc.* in relative: name"):
        read_recording(path, MOTION)
    for unit in (None, "g"):
        mapping = SignalMapping(modality="accelerometer", columns=(0,), unit=unit)
        with pytest.raises(SignalError, match="is not calibrated: its file does not say how large"):
            read_recording(path, mapping)


@pytest.mark.parametrize("gain", ["100", "0.5", "05", "1e2", "-20.0(3)", "10(0)/mV"])
def test_a_gain_without_a_unit_is_one_of_millivolts(tmp_path, gain):
    """As WFDB has it."""
    path = record(tmp_path, "r 1 1000 500", f"r.dat 16 {gain}")

    back = read_recording(path, SignalMapping(modality="emg"))

    assert back.unit == "mV"
