"""The registry of data sets, and files that are missing or damaged: no data folder is needed."""

import numpy as np
import pytest

from features import ConfigError, Recording, SignalError
from training.datasets import registry
from training.datasets.labelled import UNCLEAR, LabelledRecording, Span
from training.datasets.labelling import Labelling
from training.datasets.real import pd_rest
from training.datasets.real.files import read_matlab, read_numbers, read_table
from training.datasets.source import Source


def test_names_of_sources_are_unique():
    """No two sets share a name, or one would hide the other."""
    names = [source.name for source in registry.SOURCES]

    assert len(set(names)) == len(names)


@pytest.mark.parametrize("source", registry.REAL, ids=lambda source: source.name)
def test_every_source_says_what_it_is(source):
    """Title, licence and reason are one line each, and what is trained on names a licence."""
    assert source.kind == "real"
    for text in (source.title, source.licence, source.reason):
        assert text
        assert "\n" not in text
    assert not (source.for_training and "none" in source.licence)


def test_source_is_found_by_name():
    """The name of a set leads to its source."""
    assert registry.source("hmp-wrist-adl-32hz").modalities == ("accelerometer",)


def test_unknown_source_is_refused_with_the_known_ones():
    """A misspelt name gets a list of the right ones."""
    with pytest.raises(ConfigError, match=r"no data set 'hmp'; there are .*hmp-wrist-adl-32hz"):
        registry.source("hmp")


def test_data_folder_that_is_not_set_is_refused(monkeypatch):
    """Without the environment variable the sentence says what it must name."""
    monkeypatch.delenv("QUAVER_DATA", raising=False)

    with pytest.raises(ConfigError, match="QUAVER_DATA is not set; it must name the folder"):
        registry.data_folder()


def test_data_folder_that_does_not_exist_is_refused(monkeypatch, tmp_path):
    """A folder that is not there is named."""
    monkeypatch.setenv("QUAVER_DATA", str(tmp_path / "gone"))

    with pytest.raises(ConfigError, match=r"QUAVER_DATA is '.*gone', which is not a folder"):
        registry.data_folder()


def test_data_folder_comes_from_the_environment(monkeypatch, tmp_path):
    """The folder that the variable names is the data folder."""
    monkeypatch.setenv("QUAVER_DATA", str(tmp_path))

    assert registry.data_folder() == tmp_path


@pytest.mark.parametrize("source", registry.REAL, ids=lambda source: source.name)
def test_missing_set_is_refused_by_name(source, tmp_path):
    """Reading a set that is not there gives one sentence with its folder."""
    with pytest.raises(SignalError, match=source.name):
        list(source.read(tmp_path / source.name))


def test_summary_counts_people_recordings_and_windows(tmp_path):
    """Two recordings of one person, 8 s of rest and 4 s of tremor, are three windows."""

    def read(folder):
        for name, duration_s, label in (("a", 8.0, "rest"), ("b", 5.0, "tremor")):
            yield LabelledRecording(
                id=name,
                recording=Recording(
                    np.zeros((1, round(100 * duration_s))),
                    sampling_rate_hz=100.0,
                    modality="accelerometer",
                    unit="g",
                ),
                spans=(Span(0.0, duration_s, label),),
                group=folder.name,
                site="s",
                source="made",
            )

    source = Source("made", "t", ("accelerometer",), "real", "l", False, "r", read)  # noqa: FBT003
    row = registry.summary(source, tmp_path, Labelling())

    assert (row.n_groups, row.n_recordings, row.duration_s) == (1, 2, 13.0)
    assert row.windows == {"rest": 2, "tremor": 1}


@pytest.mark.parametrize(
    ("duration_s", "spans", "why"),
    [
        (3.0, (Span(0.0, 3.0, "rest"),), "shorter than a window, 4 s"),
        (9.0, (), "nothing in it has a label"),
        (9.0, (Span(0.0, 2.0, "rest"),), "no window holds enough of a label: rest 4 s, tremor 1.5"),
    ],
)
def test_a_recording_without_windows_is_named_with_the_reason(tmp_path, duration_s, spans, why):
    """Who gets no window from a recording learns whether it is short or badly labelled."""

    def read(_folder):
        samples = np.zeros((1, round(1000 * duration_s)))
        emg = Recording(samples, sampling_rate_hz=1000.0, modality="emg", unit="uV")
        yield LabelledRecording("night", emg, spans, "p", "s", "made")

    source = Source("made", "t", ("emg",), "real", "l", False, "r", read)  # noqa: FBT003
    ((reason, names),) = registry.summary(source, tmp_path, Labelling()).barren.items()

    assert reason.startswith(why)
    assert names == ("night",)


# Files


def test_missing_file_is_named(tmp_path):
    """A file that is not there is named, not its parser's trouble."""
    with pytest.raises(SignalError, match=r"labels\.csv is missing"):
        read_table(tmp_path / "labels.csv", ("file",))


def test_missing_column_is_named(tmp_path):
    """A table without a column that is needed says which."""
    path = tmp_path / "labels.csv"
    path.write_text("file,task\na,b\n")

    with pytest.raises(SignalError, match=r"labels\.csv has no column side"):
        read_table(path, ("file", "side"))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1 2\n3 4\n", "shape .2, 2.; it should have 3 columns"),
        ("1 2 3\n3 4\n", "a line with too few numbers"),
        ("1 2 3\n4 5 6 7\n", "cannot be read as it is documented"),
        ("1 2 x\n", "cannot be read as it is documented"),
        ("", "cannot be read as it is documented"),
    ],
)
def test_damaged_numbers_are_refused(tmp_path, text, sentence):
    """Each kind of damage in a file of numbers gives one sentence with its name."""
    path = tmp_path / "emg.txt"
    path.write_text(text)

    with pytest.raises(SignalError, match=rf"emg\.txt .*{sentence}"):
        read_numbers(path, 3)


def test_numbers_are_read_as_they_stand(tmp_path):
    """Spaces, tabs and a comment line do not matter."""
    path = tmp_path / "emg.txt"
    path.write_text("# made\n1 2\n3\t4\n")

    assert read_numbers(path, 2, comment="#").tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_damaged_matlab_file_is_refused(tmp_path):
    """A MATLAB file that is none gives one sentence with its name."""
    path = tmp_path / "a.mat"
    path.write_bytes(b"not a MATLAB file at all" * 20)

    with pytest.raises(SignalError, match=r"a\.mat cannot be read as it is documented"):
        read_matlab(path, "x")


def made_pd_rest(folder, subject, samples):
    name = f"{subject}_1.npy"
    np.save(folder / name, samples)
    (folder / "recordings.csv").write_text(
        "file,subject,session,group,tremor_hz,tremor_band_rms_g\n"
        f"{name},{subject},1,group,5.0,0.02\n"
    )
    (folder / "windows_4s.csv").write_text(
        "file,start_s,end_s,peak_hz_3_8,band_fraction,band_rms_g,derived_state\n"
        + "".join(
            f"{name},{4 * i},{4 * i + 4},5.0,0.6,0.02,{state}\n"
            for i, state in enumerate(("quiet", "rhythmic", "other"))
        )
    )


@pytest.mark.parametrize(
    ("subject", "labels"),
    [(811, ["rest", "tremor", UNCLEAR]), (816, ["rest", UNCLEAR]), (891, ["rest"])],
)
def test_pd_rest_labels_follow_the_group(tmp_path, subject, labels):
    """Rhythmic is tremor in a tremulous person, unclear in another; a control rests all along."""
    made_pd_rest(tmp_path, subject, np.zeros((3, 6000)))

    (labelled,) = pd_rest.read(tmp_path)

    assert [span.label for span in labelled.spans] == labels


def test_pd_rest_counts_become_g():
    """Offset is 0 g on every axis, and one scale above it is 1 g."""
    raw = pd_rest.OFFSET + pd_rest.UNITS_PER_G * np.array([[0.0, 1.0]])

    assert pd_rest.in_g(raw).tolist() == [[0.0, 1.0]] * 3


def test_pd_rest_refuses_two_axes(tmp_path):
    """An array of another shape is refused with both shapes."""
    made_pd_rest(tmp_path, 891, np.zeros((2, 100)))

    with pytest.raises(SignalError, match=r"891_1\.npy holds an array of shape \(2, 100\), not"):
        list(pd_rest.read(tmp_path))


def test_pd_rest_refuses_a_pickle(tmp_path):
    """An array of objects would run code when it is loaded: it is refused."""
    made_pd_rest(tmp_path, 891, np.array([{}, {}], dtype=object))

    with pytest.raises(SignalError, match=r"891_1\.npy cannot be read as it is documented"):
        list(pd_rest.read(tmp_path))
