"""WFDB records of several segments: units, gaps and layouts, on disk and in a zip."""

import zipfile

import numpy as np
import pytest

from features import SignalError
from serving.formats.wfdb_record import wfdb
from serving.recordings import SignalMapping, read_recording

EMG = SignalMapping(modality="emg")
GAIN = 10
"""Steps of the stored numbers a unit."""


def segment(folder, name, units, *signals, fs=1000, per_frame=1):
    """Write whole samples of signals, each name with its samples, as one segment."""
    stored = np.array([np.multiply(samples, GAIN) for samples in signals], dtype="<i2")
    names = list(units)
    lines = [f"{name} {len(names)} {fs} {stored.shape[1] // per_frame}"]
    lines += [
        f"{name}.dat 16x{per_frame} {GAIN}/{units[each]} 16 0 {first} 0 0 {each}"
        for each, first in zip(names, stored[:, 0], strict=True)
    ]
    (folder / f"{name}.hea").write_text("\n".join(lines) + "\n")
    frames = stored.reshape(len(names), -1, per_frame).swapaxes(0, 1)
    frames.tofile(folder / f"{name}.dat")


def layout(folder, *names):
    """Write the list of signals of a record of variable layout."""
    lines = [f"layout {len(names)} 1000 0", *(f"~ 0 {GAIN}/uV 16 0 0 0 0 {each}" for each in names)]
    (folder / "layout.hea").write_text("\n".join(lines) + "\n")


def master(folder, n_signals, *segments, fs=1000):
    """Write the header of the whole: names of segments, each with its frames."""
    n_frames = sum(length for _, length in segments)
    lines = [f"walk/{len(segments)} {n_signals} {fs} {n_frames}"]
    lines += [f"{name} {length}" for name, length in segments]
    (folder / "walk.hea").write_text("\n".join(lines) + "\n")
    return folder / "walk.hea"


def test_segments_in_other_units_are_converted(tmp_path):
    """One signal in uV and then in mV is one signal, in the unit of the first segment."""
    segment(tmp_path, "a", {"EMG": "uV", "x": "g"}, [1, 2], [5, 6])
    segment(tmp_path, "b", {"EMG": "mV", "x": "g"}, [3, 4, 5], [7, 8, 9])
    path = master(tmp_path, 2, ("a", 2), ("b", 3))

    back = read_recording(path, EMG)

    assert (back.unit, back.channel_names) == ("uV", ("EMG",))
    np.testing.assert_allclose(back.samples, [[1, 2, 3000, 4000, 5000]])


def test_a_variable_layout_in_other_units_is_converted(tmp_path):
    """Signals come and go by name, in the order and unit of each segment; the rest is missing."""
    layout(tmp_path, "EMG", "soleus")
    segment(tmp_path, "a", {"soleus": "mV", "EMG": "mV"}, [5, 6], [1, 2])
    segment(tmp_path, "b", {"EMG": "uV"}, [3000, 3000])
    path = master(tmp_path, 2, ("layout", 0), ("a", 2), ("~", 1), ("b", 2))

    back = read_recording(path, EMG)

    assert (back.unit, back.channel_names) == ("mV", ("EMG", "soleus"))
    expected = [[1, 2, np.nan, 3, 3], [5, 6, np.nan, np.nan, np.nan]]
    np.testing.assert_allclose(back.samples, expected)


@pytest.mark.parametrize("kind", ["fixed", "variable"])
def test_units_that_cannot_be_converted_are_refused(tmp_path, kind):
    """A signal that changes from a voltage to something else is none; others are read."""
    segment(tmp_path, "a", {"EMG": "uV", "soleus": "uV"}, [1, 2], [5, 6])
    segment(tmp_path, "b", {"EMG": "g", "soleus": "uV"}, [3, 4], [7, 8])
    layout(tmp_path, "EMG", "soleus")
    first = [("layout", 0)] if kind == "variable" else []
    path = master(tmp_path, 2, *first, ("a", 2), ("b", 2))

    with pytest.raises(SignalError, match=r"^walk\.hea: its segments state EMG in 'uV' and in 'g'"):
        read_recording(path, EMG)
    other = read_recording(path, SignalMapping(modality="emg", columns=("soleus",)))
    np.testing.assert_allclose(other.samples, [[5, 6, 7, 8]])


@pytest.mark.parametrize("order", ["~ab", "a~b", "ab~"])
def test_a_null_segment_is_a_gap(tmp_path, order):
    """In a fixed layout as well, wherever it stands."""
    segment(tmp_path, "a", {"EMG": "uV"}, [1, 2])
    segment(tmp_path, "b", {"EMG": "uV"}, [3, 4])
    path = master(tmp_path, 1, *((name, 2) for name in order))

    back = read_recording(path, EMG)

    held = {"a": [1, 2], "b": [3, 4], "~": [np.nan, np.nan]}
    np.testing.assert_allclose(back.samples[0], np.concatenate([held[name] for name in order]))


def test_segments_keep_the_rate_of_each_signal(tmp_path):
    """Ten samples a frame are ten times the rate, beyond a gap as well."""
    ramp = np.arange(20)
    segment(tmp_path, "a", {"EMG": "uV"}, ramp, fs=100, per_frame=10)
    segment(tmp_path, "b", {"EMG": "uV"}, ramp[::-1], fs=100, per_frame=10)
    path = master(tmp_path, 1, ("a", 2), ("~", 1), ("b", 2), fs=100)

    back = read_recording(path, EMG)

    assert back.sampling_rate_hz == 1000.0
    np.testing.assert_allclose(back.samples, [[*ramp, *[np.nan] * 10, *ramp[::-1]]])


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"fs": 500}, "its segment b has 500 Hz, the record 1000 Hz; all must have one sampling"),
        ({"per_frame": 2}, "its segments differ in the sampling rate of EMG; all must have one"),
    ],
)
def test_segments_of_other_rates_are_refused(tmp_path, changed, sentence):
    """Their samples would lie at wrong times."""
    segment(tmp_path, "a", {"EMG": "uV"}, [1, 2])
    segment(tmp_path, "b", {"EMG": "uV"}, [3, 4] * changed.get("per_frame", 1), **changed)

    with pytest.raises(SignalError, match=sentence):
        read_recording(master(tmp_path, 1, ("a", 2), ("b", 2)), EMG)


@pytest.mark.parametrize(
    ("segments", "sentence"),
    [
        ([("~", 2), ("~", 2)], "it holds no signals"),
        ([("a", 2), ("b", 2)], r"its signal file b\.hea is missing; it must lie beside the header"),
        ([("a", 9)], "it is no readable WFDB record"),
    ],
)
def test_segments_that_are_not_there_are_refused(tmp_path, segments, sentence):
    """Nothing but gaps, a missing file, a segment that is too short."""
    segment(tmp_path, "a", {"EMG": "uV"}, [1, 2])

    with pytest.raises(SignalError, match=sentence):
        read_recording(master(tmp_path, 1, *segments), EMG)


def test_joining_agrees_with_wfdb(tmp_path, rng):
    """Where all segments have one unit, the library joins them to the same samples."""
    samples = rng.integers(-3000, 3000, (3, 2, 40))
    layout(tmp_path, "EMG", "soleus", "other")
    segment(tmp_path, "a", {"soleus": "uV", "EMG": "uV"}, *samples[0])
    segment(tmp_path, "b", {"other": "uV", "EMG": "uV"}, *samples[1])
    segment(tmp_path, "c", {"EMG": "uV"}, samples[2][0])
    path = master(tmp_path, 3, ("layout", 0), ("a", 40), ("~", 5), ("b", 40), ("c", 40))

    theirs = wfdb.rdrecord(str(path.with_suffix("")))

    np.testing.assert_allclose(read_recording(path, EMG).samples, theirs.p_signal.T)


def zipped(folder, *names, inside=""):
    """Zip files of a folder."""
    path = folder / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.write(folder / name, inside + name)
    return path


@pytest.mark.parametrize("inside", ["", "visit 1/"])
@pytest.mark.parametrize("kind", ["fixed", "variable"])
def test_a_zip_of_a_record_of_segments_is_read(tmp_path, inside, kind):
    """The headers of its segments are no recordings beside it, in whatever order they come."""
    segment(tmp_path, "a", {"EMG": "uV"}, [1, 2])
    segment(tmp_path, "b", {"EMG": "uV"}, [3, 4])
    layout(tmp_path, "EMG")
    first = [("layout", 0)] if kind == "variable" else []
    master(tmp_path, 1, *first, ("a", 2), ("~", 1), ("b", 2))
    names = ["a.hea", "a.dat", "walk.hea", "b.dat", "b.hea"]
    names += ["layout.hea"] if kind == "variable" else []

    back = read_recording(zipped(tmp_path, *names, inside=inside), EMG)

    np.testing.assert_allclose(back.samples, [[1, 2, np.nan, 3, 4]])


def test_a_zip_of_two_records_is_refused(tmp_path):
    """A record that is no segment of the other is one too many, and segments are not counted."""
    for name in "abc":
        segment(tmp_path, name, {"EMG": "uV"}, [1, 2])
    master(tmp_path, 1, ("a", 2), ("b", 2))
    files = [f"{name}{suffix}" for name in "abc" for suffix in (".hea", ".dat")]

    with pytest.raises(SignalError, match=r"^a\.zip: it holds 2 recordings \(c\.hea, walk\.hea\)"):
        read_recording(zipped(tmp_path, *files, "walk.hea"), EMG)
    with pytest.raises(SignalError, match=r"it holds 2 recordings \(a\.hea, c\.hea\); zip one"):
        read_recording(zipped(tmp_path, "a.hea", "a.dat", "c.hea", "c.dat"), EMG)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
@pytest.mark.parametrize("in_segment", [False, True])
def test_a_unit_that_wfdb_would_shorten_is_refused(tmp_path, encoding, in_segment):
    """Without it µV would be read as V, a million times as much; a comment may have any letter."""
    segment(tmp_path, "a", {"EMG": "uV"}, [1, 2])
    path = master(tmp_path, 1, ("a", 2)) if in_segment else tmp_path / "a.hea"
    header = tmp_path / "a.hea"
    text = header.read_text()
    header.write_text(f"{text}# Größe\n", encoding="utf-8")
    assert read_recording(path, EMG).unit == "uV"

    header.write_text(text.replace("uV", "µV"), encoding=encoding)

    with pytest.raises(SignalError, match=r"its header a\.hea has a letter beyond ASCII in '10/"):
        read_recording(path, EMG)
