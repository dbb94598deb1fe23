"""A user's own recordings: what is read from them, and what is refused in their tables."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from features import ConfigError, Recording, SignalError
from serving.recordings import Annotation, write_recording
from training.datasets.labelled import Span
from training.datasets.own import OwnDataset, own_source

DATASET = """
name: my-clinic
title: Forearm of the spasticity clinic
licence: internal
signal: {modality: emg, unit: uV, sampling_rate_hz: 1000}
recordings: "**/*.csv"
labels: labels.csv
"""
LABELS = """recording,start_s,end_s,label,subject
walk,0,2.5,rest,p1
walk,2.5,5,clonus,p1
old/visit,,,tremor,p2
"""


def emg(channel_names=("flexor", "extensor"), seconds=5.0, rate_hz=1000.0, seed=5):
    """Return noise on named channels."""
    shape = (len(channel_names), int(seconds * rate_hz))
    return Recording(
        np.random.default_rng(seed).normal(size=shape),
        sampling_rate_hz=rate_hz,
        modality="emg",
        unit="uV",
        channel_names=channel_names,
    )


@pytest.fixture
def folder(tmp_path):
    """Write a set of two recordings, one of them in a folder of its own."""
    (tmp_path / "old").mkdir()
    (tmp_path / "dataset.yaml").write_text(DATASET, encoding="utf-8")
    (tmp_path / "labels.csv").write_text(LABELS, encoding="utf-8")
    write_recording(emg(), tmp_path / "walk.csv")
    write_recording(emg(seed=6), tmp_path / "old" / "visit.csv")
    return tmp_path


def everything(folder):
    return list(own_source(folder).read(folder))


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_each_column_of_an_emg_is_a_recording(folder):
    """Channels share labels and person, and have names of their own."""
    read = everything(folder)

    assert [each.id for each in read] == [
        "walk/flexor",
        "walk/extensor",
        "old/visit/flexor",
        "old/visit/extensor",
    ]
    assert {each.group for each in read} == {"my-clinic/p1", "my-clinic/p2"}
    assert {each.recording.n_channels for each in read} == {1}
    assert read[1].spans == (Span(0.0, 2.5, "rest"), Span(2.5, 5.0, "clonus"))
    assert (read[0].site, read[0].source) == ("my-clinic", "my-clinic")


def test_channels_of_one_name_are_told_apart_by_their_places(folder):
    """A recorder may call every channel EMG; a window's name still tells which it is of."""
    path = folder / "walk.edf"
    write_recording(emg(("EMG", "EMG", "1-EMG")), path)
    (folder / "walk.csv").unlink()
    change(folder / "dataset.yaml", "**/*.csv", "**/*.*")
    change(folder / "dataset.yaml", ", sampling_rate_hz: 1000", "")
    change(folder / "labels.csv", "old/visit,,,tremor,p2\n", "")
    change(folder / "labels.csv", "walk,", "walk.edf,")

    assert [each.id for each in everything(folder)] == ["walk/1-EMG", "walk/2-EMG", "walk/3-1-EMG"]


def test_one_signal_under_two_people_is_refused(folder):
    """It would be held out and trained on; copies of one person, or of nothing, are no mistake."""
    shutil.copy(folder / "walk.csv", folder / "old" / "visit.csv")
    with pytest.raises(
        SignalError,
        match=r"'old/visit/flexor' of my-clinic/p2 holds the same samples as 'walk/flexor' of"
        r" my-clinic/p1; give both one subject",
    ):
        everything(folder)

    change(folder / "labels.csv", "tremor,p2", "tremor,p1")
    assert len(everything(folder)) == 4

    change(folder / "labels.csv", "tremor,p1", "tremor,p2")
    for name in ("walk.csv", "old/visit.csv"):
        write_recording(replace(emg(), samples=np.zeros((2, 5000))), folder / name)
    assert len(everything(folder)) == 4


def test_a_row_without_times_labels_the_whole_recording(folder):
    """Empty start and end stand for all there is."""
    assert everything(folder)[-1].spans == (Span(0.0, 5.0, "tremor"),)


def test_the_axes_of_a_sensor_stay_together(tmp_path):
    """An accelerometer with three axes is one recording."""
    samples = np.random.default_rng(5).normal(size=(3, 500))
    write_recording(
        Recording(samples, sampling_rate_hz=100.0, modality="accelerometer", unit="g"),
        tmp_path / "a.parquet",
    )
    (tmp_path / "dataset.yaml").write_text(
        "{name: mine, title: t, licence: l, signal: {modality: accelerometer},"
        " recordings: '*.parquet', labels: l.csv}",
        encoding="utf-8",
    )
    (tmp_path / "l.csv").write_text(
        "recording,subject,label,start_s,end_s\na,p,rest,1,3\n", encoding="utf-8"
    )

    (read,) = everything(tmp_path)

    assert read.recording.n_channels == 3
    assert (read.recording.unit, read.recording.sampling_rate_hz) == ("g", 100.0)


def test_the_source_says_what_the_owner_says(folder):
    """Name, title, licence and modality are those of the description."""
    source = own_source(folder)

    assert (source.name, source.title) == ("my-clinic", "Forearm of the spasticity clinic")
    assert (source.licence, source.modalities) == ("internal", ("emg",))
    assert (source.kind, source.for_training) == ("real", True)


def test_one_recording_may_differ(folder):
    """An override changes rate, columns and site of the recording that it names, and no other."""
    change(folder / "dataset.yaml", "labels: labels.csv", "labels: labels.csv\noverrides:")
    with (folder / "dataset.yaml").open("a", encoding="utf-8") as file:
        file.write("  old/visit: {sampling_rate_hz: 500, columns: [extensor], site: noraxon}\n")

    read = everything(folder)

    assert [each.id for each in read] == ["walk/flexor", "walk/extensor", "old/visit"]
    assert [each.recording.sampling_rate_hz for each in read] == [1000.0, 1000.0, 500.0]
    assert [each.site for each in read] == ["my-clinic", "my-clinic", "noraxon"]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_tables_of_other_programs_are_read(folder, separator):
    """Semicolons or tabs, a byte-order mark and Windows line ends make no other table."""
    path = folder / "labels.csv"
    text = LABELS.replace(",", separator).replace("\n", "\r\n")
    path.write_bytes(text.encode("utf-8-sig"))

    assert len(everything(folder)) == 4


def test_decimals_may_begin_with_a_comma_where_cells_do_not(folder):
    """As programs write them that set cells apart by semicolons; else 1,234 may be a thousand."""
    text = LABELS.replace(",", ";").replace("2.5", "2,5")
    (folder / "labels.csv").write_text(text, encoding="utf-8")
    assert everything(folder)[0].spans[0] == Span(0.0, 2.5, "rest")

    (folder / "labels.csv").write_text(LABELS.replace("2.5", '"2,5"'), encoding="utf-8")
    with pytest.raises(SignalError, match=r"line 2: end_s is '2,5'; it must be a number"):
        everything(folder)


def test_notes_are_passed_over_and_rows_without_a_label_left_out(folder):
    """Further columns may say anything; a row that nobody has labelled needs no subject either."""
    rows = [f"{line},by Ines" for line in LABELS.splitlines()[1:3]]
    text = "\n".join((LABELS.splitlines()[0] + ",note", *rows, "old/visit,,,,,later"))
    (folder / "labels.csv").write_text(text, encoding="utf-8")

    assert [each.id for each in everything(folder)] == ["walk/flexor", "walk/extensor"]


def test_a_name_is_one_however_its_letters_are_written(folder):
    """A Mac writes ö in the name of a file as two signs, and a person in a table as one."""
    (folder / "walk.csv").rename(folder / "Jo\u0308rg.csv")
    rows = "J\u00f6rg,0,2,rest,Zo\u00eb\nold/visit,,,tremor,Zoe\u0308\n"
    text = LABELS.splitlines()[0] + "\n" + rows
    (folder / "labels.csv").write_text(text, encoding="utf-8")
    with (folder / "dataset.yaml").open("a", encoding="utf-8") as file:
        file.write("overrides: {J\u00f6rg: {site: noraxon}}\n")

    read = everything(folder)

    assert [each.site for each in read] == ["noraxon", "noraxon", "my-clinic", "my-clinic"]
    assert {each.group for each in read} == {"my-clinic/Zo\u00eb"}


def test_a_note_may_hold_a_line_break(folder):
    """Of another alphabet, or within quotes: neither begins a row."""
    first, *rows = LABELS.splitlines()
    rows[0] += ",one\u2028two"
    rows[1] += ',"one\ntwo"'
    text = "\n".join((first + ",note", *rows[:2]))
    (folder / "labels.csv").write_text(text, encoding="utf-8")

    assert [each.id for each in everything(folder)] == ["walk/flexor", "walk/extensor"]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "clonus",
            "spasm",
            r"line 3: label is 'spasm'; it must be one of fasciculation, .*unclear",
        ),
        (
            "2.5,5,clonus",
            "2.5,6,clonus",
            r"labels\.csv, line 3: .* 2\.5-6 s \(clonus\) of recording 'walk' .*lasts 5 s",
        ),
        (
            "2.5,5,clonus",
            "2,5,clonus",
            r"line 3: .* 2-5 s \(clonus\) of .* overlaps 0-2\.5 s \(rest\)",
        ),
        ("2.5,5,clonus", "5,2.5,clonus", r"line 3: span 5-2\.5 s .* is empty"),
        ("0,2.5,rest", "-1,2.5,rest", r"line 2: span -1-2\.5 s .* lies outside the recording"),
        ("0,2.5,rest,p1", "0,2.5,rest,", r"line 2: subject is missing"),
        ("walk,0", ",0", r"line 2: recording is missing"),
        ("2.5,5,clonus,p1", "2.5,5,clonus,p3", r"line 3: .*'walk' is of 'p3' here, and of 'p1'"),
        ("old/visit", "old/visti", r"line 4: recording 'old/visti' has no file; there are old/v"),
        ("0,2.5", "zero,2.5", r"line 2: start_s is 'zero'; it must be a number of seconds"),
        ("0,2.5", "nan,2.5", r"line 2: start_s is 'nan'"),
        ("0,2.5", ",2.5", r"line 2: only one of start_s and end_s is given"),
        ("rest,p1", "rest,p1,extra", r"line 2: 6 cells; the header has 5"),
        (",subject", ",patient", r"header recording,.*,patient; needed: recording,start_s,end_s"),
        (LABELS, "", r"labels\.csv has the header \(none\); needed"),
        (LABELS, "recording,start_s,end_s,label,subject\n", r"labels nothing; it needs"),
        ("old/visit,", "walk.csv,", r"line 4: .*'walk\.csv' has rows under another name too"),
    ],
)
def test_labels_that_cannot_be_are_refused(folder, old, new, sentence):
    """Each mistake in the table of labels is named with where it is and what is needed."""
    change(folder / "labels.csv", old, new)

    with pytest.raises(SignalError, match=sentence):
        everything(folder)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("licence: internal", "license: internal", r"dataset\.yaml: .*licen[cs]e"),
        ("unit: uV", "units: uV", r"signal\.units is not a known key; known are columns"),
        ("unit: uV", "unit: g", r"dataset\.yaml: unit is 'g', which is not a unit of emg"),
        ("sampling_rate_hz: 1000", "sampling_rate_hz: 0", r"signal\.sampling_rate_hz"),
        ("name: my-clinic", "name: My Clinic", r"dataset\.yaml: name"),
        ("**/*.csv", "*.edf", r"recordings is '\*\.edf', and no file in the folder is named so"),
        ("**/*.csv", "/*.csv", r"it must be a pattern below the folder"),
        ("labels: labels.csv", "", r"give either labels, a table, or annotations"),
        (
            "labels: labels.csv",
            "annotations: {a: tremor}",
            r"annotations do not say whose they are",
        ),
        (
            "labels: labels.csv",
            "annotations: {a: shaking}\nsubjects: s.csv",
            r"annotations has the label shaking; labels are fasciculation",
        ),
        (
            "labels: labels.csv",
            "labels: labels.csv\nsubjects: s.csv",
            r"subjects and point_s belong to annotations",
        ),
        (
            "labels: labels.csv",
            "labels: labels.csv\noverrides: {visit: {unit: mV}}",
            r"overrides speaks of 'visit', .* those are old/visit, walk",
        ),
        (
            "labels: labels.csv",
            "labels: labels.csv\noverrides: {walk: {unit: g}}",
            r"unit is 'g', which is not a unit of emg",
        ),
    ],
)
def test_descriptions_that_cannot_be_are_refused(folder, old, new, sentence):
    """Each mistake in dataset.yaml is named before any signal is read."""
    change(folder / "dataset.yaml", old, new)

    with pytest.raises(ConfigError, match=sentence):
        own_source(folder)


def test_missing_files_are_named(folder):
    """A folder without description and a description without table say what is needed."""
    (folder / "labels.csv").unlink()
    with pytest.raises(SignalError, match=r"labels\.csv does not exist; it needs the header rec"):
        own_source(folder)
    (folder / "dataset.yaml").unlink()
    with pytest.raises(ConfigError, match=r"dataset\.yaml cannot be read: No such file"):
        own_source(folder)


def test_a_name_that_may_mean_two_files_is_refused(folder):
    """When two folders hold a file of one name, its path is asked for."""
    write_recording(emg(), folder / "old" / "stairs.csv")
    (folder / "new").mkdir()
    write_recording(emg(), folder / "new" / "stairs.csv")
    change(folder / "labels.csv", "walk,2.5", "stairs,2.5")

    with pytest.raises(SignalError, match=r"'stairs' may be new/stairs or old/stairs; give its"):
        own_source(folder)


def test_a_damaged_recording_is_named(folder):
    """What is wrong with a file of signals is said when it is read."""
    (folder / "walk.csv").write_text("flexor\n1\ncough\n", encoding="utf-8")

    with pytest.raises(
        SignalError, match=f"^{folder}/walk\\.csv: column 'flexor' holds 'cough' in"
    ):
        everything(folder)


@pytest.fixture
def annotated(tmp_path):
    """Write a set of one EDF+ file whose annotations are its labels."""
    (tmp_path / "dataset.yaml").write_text(
        "{name: edf, title: t, licence: l, signal: {modality: emg}, recordings: '*.edf',"
        " annotations: {quiet: rest, twitch: fasciculation, cough: null}, point_s: 0.1,"
        " subjects: subjects.csv}",
        encoding="utf-8",
    )
    (tmp_path / "subjects.csv").write_text("recording,subject\nnight,p7\n", encoding="utf-8")
    notes = [
        Annotation(4.0, 0.0, "twitch"),
        Annotation(0.5, 2.0, "quiet"),
        Annotation(3.0, 0.0, "cough"),
    ]
    write_recording(emg(("soleus",)), tmp_path / "night.edf", notes)
    return tmp_path


def test_annotations_become_spans(annotated):
    """Texts become labels in order of time, moments become short spans, and null is left out."""
    (read,) = everything(annotated)

    assert read.spans == (Span(0.5, 2.5, "rest"), Span(3.95, 4.05, "fasciculation"))
    assert read.group == "edf/p7"


def test_moments_near_an_end_or_one_another_keep_what_room_there_is(annotated):
    """Two twitches of a doublet stay two, and one at the very beginning is cut to the recording."""
    change(annotated / "dataset.yaml", "point_s: 0.1", "point_s: 0.4")
    notes = [Annotation(at_s, 0.0, "twitch") for at_s in (0.1, 4.0, 4.25)]
    write_recording(emg(("soleus",)), annotated / "night.edf", notes)

    (read,) = everything(annotated)

    times = [(round(span.start_s, 3), round(span.end_s, 3)) for span in read.spans]
    assert times == [(0.0, 0.3), (3.8, 4.125), (4.125, 4.45)]


def test_a_moment_within_a_long_annotation_holds_where_it_lies(annotated):
    """As a clinician annotates: a long rest, and the twitches that were seen in it."""
    notes = [Annotation(0.0, 5.0, "quiet"), Annotation(4.0, 0.0, "twitch")]
    write_recording(emg(("soleus",)), annotated / "night.edf", notes)

    (read,) = everything(annotated)

    assert read.spans == (
        Span(0.0, 3.95, "rest"),
        Span(3.95, 4.05, "fasciculation"),
        Span(4.05, 5.0, "rest"),
    )


def test_a_row_within_the_whole_recording_holds_where_it_lies(folder):
    """A recording may be said to be rest, and then what of it is not."""
    change(folder / "labels.csv", "walk,0,2.5,rest,p1", "walk,,,rest,p1")

    assert everything(folder)[0].spans == (Span(0.0, 2.5, "rest"), Span(2.5, 5.0, "clonus"))


@pytest.mark.parametrize("text", ["on", "1.0", "01", "2024-05-01"])
def test_a_text_in_an_annotation_is_what_stands_there(annotated, text):
    """A key that YAML takes for a truth value, a number or a date is the text of an annotation."""
    change(annotated / "dataset.yaml", "cough: null", f"{text}: tremor, cough: null")
    write_recording(emg(("soleus",)), annotated / "night.edf", [Annotation(1.0, 2.0, text)])

    (read,) = everything(annotated)

    assert read.spans == (Span(1.0, 3.0, "tremor"),)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            ", cough: null",
            "",
            r"night\.edf has the annotation 'cough' at 3 s; annotations knows quiet",
        ),
        (" point_s: 0.1,", "", r"'twitch' at 4 s without a duration; give point_s"),
    ],
)
def test_annotations_that_are_not_understood_are_refused(annotated, old, new, sentence):
    """No annotation is passed over in silence."""
    change(annotated / "dataset.yaml", old, new)

    with pytest.raises(SignalError, match=sentence):
        everything(annotated)


@pytest.mark.parametrize(
    ("note", "sentence"),
    [
        (Annotation(9.0, 0.0, "twitch"), r"'twitch' at 9 s, after its end; it lasts 5 s"),
        (Annotation(4.0, 2.0, "quiet"), r"4-6 s \(rest\) of recording 'night' lies outside"),
        (Annotation(1.0, 2.0, "quiet"), r"1-3 s \(rest\) .* overlaps 0\.5-2\.5 s \(rest\)"),
    ],
)
def test_annotations_that_cannot_be_name_the_file(annotated, note, sentence):
    """Beyond the end, or over one another: which file of which folder is told, and what it says."""
    notes = [Annotation(0.5, 2.0, "quiet"), note]
    write_recording(emg(("soleus",)), annotated / "night.edf", notes)

    with pytest.raises(SignalError, match=f"^{annotated}/night\\.edf.*{sentence}"):
        everything(annotated)


def test_a_recording_without_annotations_is_no_set_of_annotations(annotated):
    """A file whose annotations were left behind is not passed over in silence."""
    write_recording(emg(("soleus",)), annotated / "night.edf")

    with pytest.raises(SignalError, match=r"night\.edf holds no annotations .*leave it out of"):
        everything(annotated)


def test_a_table_of_nobody_is_said_so(annotated):
    """The labels are not missing: who the recordings are of is."""
    (annotated / "subjects.csv").write_text("recording,subject\n")

    with pytest.raises(SignalError, match=r"subjects\.csv names nobody; it needs a row with a sub"):
        own_source(annotated)


def test_a_repeated_subject_is_refused(annotated):
    """A recording belongs to one person."""
    change(annotated / "subjects.csv", "night,p7", "night,p7\nnight,p8")

    with pytest.raises(SignalError, match=r"subjects\.csv, line 3: recording 'night' is repeated"):
        own_source(annotated)


def test_the_schema_says_what_each_key_of_labels_is():
    """Who reads `quaver schema dataset` learns how labels, annotations and people are given."""
    keys = OwnDataset.model_json_schema()["properties"]

    assert "recording,start_s,end_s,label,subject" in keys["labels"]["description"]
    assert "recording,subject" in keys["subjects"]["description"]
    explained = {name for name, each in keys.items() if "description" in each}
    assert {"annotations", "point_s", "site", "overrides", "for_training"} <= explained
