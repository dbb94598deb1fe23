"""Queue: which windows are chosen, the folder that a person fills in, and what is refused."""

import csv
import io
import re
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from in_process import bentoml_store
from test_training_feedback import keep
from typer.testing import CliRunner

from serving.card import DISCLAIMER
from serving.recordings import SignalMapping, read_recording, write_recording
from training.cli import app, main
from training.datasets.labelling import Labelling
from training.datasets.opening import labelled_batches, open_source
from training.queue.choice import APART_S, DISAGREE, OTHERWISE, UNLIKE, UNSURE, choose, distance
from training.queue.places import Place, windows_of_files
from training.queue.windows import judge
from training.simulate import store
from training.table import tabulate

ANSWERS = ("fasciculation", "clonus", "tremor", "voluntary", "rest", "undecided")


# A slow machine is no mistake.
patient = settings(deadline=None, max_examples=60)


# Choice


@st.composite
def offers(draw):
    """Return recordings, starts and worth of windows, of two reasons."""
    n = draw(st.integers(0, 40))
    names = draw(st.lists(st.sampled_from("abc"), min_size=n, max_size=n))
    starts_s = 4.0 * np.array(draw(st.permutations(range(n))))
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    worth = rng.uniform(size=(n, 2))
    worth[rng.uniform(size=(n, 2)) < 0.5] = np.nan
    return names, starts_s, worth


@patient
@given(offers(), st.integers(1, 50))
def test_each_is_chosen_once_and_none_that_nothing_speaks_for(offer, most):
    """As many are chosen as were asked for, or all that there are."""
    names, starts_s, worth = offer
    is_worth = ~np.isnan(worth).all(axis=1)

    chosen = choose(names, starts_s, worth, most)

    assert len(set(chosen)) == len(chosen) == min(most, is_worth.sum())
    assert is_worth[chosen].all()


@patient
@given(offers(), st.integers(1, 50), st.randoms(use_true_random=False))
def test_the_order_of_the_windows_does_not_matter(offer, most, random):
    """The same windows are chosen, in the same order, however they are listed."""
    names, starts_s, worth = offer
    order = random.sample(range(len(names)), len(names))

    chosen = choose(names, starts_s, worth, most)
    again = choose([names[i] for i in order], starts_s[order], worth[order], most)

    assert [order[i] for i in again] == chosen


@patient
@given(offers(), st.integers(1, 50))
def test_recordings_have_equal_shares(offer, most):
    """Whatever the reasons, no recording has two more than one that has windows left."""
    names, starts_s, worth = offer
    is_worth = ~np.isnan(worth).all(axis=1)

    taken = Counter(names[i] for i in choose(names, starts_s, worth, most))

    offered = Counter(name for name, is_offered in zip(names, is_worth, strict=True) if is_offered)
    for name, n in offered.items():
        assert taken[name] == n or taken[name] >= max(taken.values()) - 1


def test_reasons_take_turns():
    """Each reason has its best, then each its second best, until one has none left."""
    nan = np.nan
    worth = np.array([[0.1, nan], [0.3, nan], [0.2, nan], [nan, -5.0], [nan, -4.0]])

    chosen = choose(["a"] * 5, np.arange(5) * APART_S, worth, 9)

    assert chosen == [1, 4, 2, 3, 0]


def test_windows_of_a_recording_are_apart_while_they_can_be():
    """Of a minute of doubt, one window is taken before any that begins within half a minute."""
    starts_s = np.arange(0.0, 120.0, 4.0)
    worth = np.linspace(1, 0, 30)[:, None]

    chosen = choose(["a"] * 30, starts_s, worth, 30)

    first = starts_s[chosen[:4]]
    assert first.tolist() == [0, 32, 64, 96]
    assert sorted(chosen) == list(range(30))


def test_windows_of_no_time_are_never_near():
    """Feedback has no times: of one subject, the best come first."""
    chosen = choose(["p1"] * 3, np.full(3, np.nan), np.array([[0.2], [0.9], [0.5]]), 3)

    assert chosen == [1, 2, 0]


def test_the_distance_of_two_models_is_the_largest_difference_of_any_event():
    """It is 0 for the same, 1 for what has nothing in common; classes need not be the same."""
    one = {"rest": 0.7, "tremor": 0.3}

    assert distance(one, one) == 0
    assert distance({"rest": 1.0}, {"tremor": 1.0}) == 1
    assert distance(one, {"rest": 0.4, "clonus": 0.6}) == pytest.approx(0.6)


# What speaks for windows


@pytest.fixture(scope="module")
def kept(tiny_models):
    """Simulated recordings of two people that the tiny model has not seen."""
    return list(store.read(tiny_models["accelerometer"].parent / "unseen.parquet"))


@pytest.fixture(scope="module")
def files(kept, tmp_path_factory):
    """The same as files."""
    folder = tmp_path_factory.mktemp("recordings")
    paths = [folder / f"{i:02d}.parquet" for i in range(len(kept))]
    for path, one in zip(paths, kept, strict=True):
        write_recording(one.recording, path)
    return paths


def judged(files, champion, challenger=None, label=""):
    mapping = SignalMapping(modality="accelerometer")
    return [
        one
        for places, windows in windows_of_files(files, mapping)
        for one in judge([replace(p, label=label) for p in places], windows, champion, challenger)
    ]


def test_a_reason_is_given_for_each_window_that_is_undecided_and_no_other(files, tiny_of):
    """Undecided and unlike training are what the answer's own reasons say."""
    model = tiny_of("accelerometer")
    expected = {}
    for places, windows in windows_of_files(files, SignalMapping(modality="accelerometer")):
        answers = model.predict(windows)
        known = {"several_candidates": UNSURE, "unlike_training": UNLIKE}
        for place, reason in zip(places, answers.reasons, strict=True):
            if reason in known:
                expected[place] = {known[reason]}

    found = {one.place: set(one.worth) for one in judged(files, model)}

    assert found == expected
    assert len(found) > 5


def test_models_disagree_where_their_answers_differ(files, tiny_of):
    """Against itself a model never does; against one that is surer it does, here and there."""
    model = tiny_of("accelerometer")
    card = model.card
    surer = replace(
        model,
        card=card.model_copy(
            update={"calibration": card.calibration.model_copy(update={"temperature": 0.2})}
        ),
    )

    assert not any(DISAGREE in one.worth for one in judged(files, model, model))
    differing = [one for one in judged(files, model, surer) if DISAGREE in one.worth]
    assert differing
    assert all(one.answer != one.challenger for one in differing)


def test_a_person_disagrees_where_the_model_rules_the_label_out(files, tiny_of):
    """The less probable the label, the more it weighs."""
    found = judged(files, tiny_of("accelerometer"), label="clonus")
    disputed = [one for one in found if OTHERWISE in one.worth]

    assert disputed
    for one in disputed:
        assert "clonus" not in one.candidates
        assert one.worth[OTHERWISE] == pytest.approx(1 - one.chances["clonus"])


# The command and its folder


def queue(*words):
    """Return what queue prints."""
    done = CliRunner().invoke(app, ["queue", *map(str, words)])
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture(scope="module")
def options(tiny_models, tmp_path_factory):
    """Modality and model, in a store without any other."""
    with bentoml_store(tmp_path_factory.mktemp("home")):
        yield "--modality", "accelerometer", "--model", tiny_models["accelerometer"]


@pytest.fixture(scope="module")
def made(files, options, tmp_path_factory):
    """A queue of six windows."""
    out = tmp_path_factory.mktemp("made") / "queue"
    return queue(*files, *options, "--out", out, "--most", 6), out


def rows_of(path):
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


def fill_in(out, labels):
    """Write labels and subjects into a queue, as a person does."""
    rows = rows_of(out / "queue.csv")
    for i, (row, label) in enumerate(zip(rows, labels, strict=True)):
        row |= {"label": label, "subject": f"p{i % 2}" if label else ""}
    with (out / "queue.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def test_the_windows_are_those_of_the_recordings(made):
    """Each row names file and second, and the window's file holds just those samples."""
    told, out = made
    rows = rows_of(out / "queue.csv")

    assert told.startswith("6 windows (")
    assert len(rows) == 6
    for row in rows:
        cut = read_recording(
            out / f"{row['recording']}.parquet", SignalMapping(modality="accelerometer")
        )
        whole = read_recording(Path(row["file"]), SignalMapping(modality="accelerometer"))
        start = round(float(row["file_start_s"]) * whole.sampling_rate_hz)
        part = whole.samples[:, start : start + cut.samples.shape[1]]
        np.testing.assert_array_equal(cut.samples, part)
        assert cut.duration_s == pytest.approx(4, abs=0.02)
        assert (cut.unit, cut.sampling_rate_hz) == (whole.unit, whole.sampling_rate_hz)


def test_the_same_recordings_give_the_same_queue(made, files, options, tmp_path):
    """Every file is the same to the byte, and a file that is named twice is read once."""
    _, out = made
    queue(*reversed(files), files[0], *options, "--out", tmp_path / "again", "--most", 6)

    assert contents(tmp_path / "again") == contents(out)


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_what_was_filled_in_is_a_data_set(files, options, tiny_of, tmp_path):
    """Labelled windows are trained on as they were cut; rows without a label are left out."""
    out = tmp_path / "queue"
    queue(*files, *options, "--out", out, "--most", 6)
    fill_in(out, ["tremor", "", "rest", "", "voluntary", "unclear"])

    opened = open_source(str(out), "accelerometer", tmp_path)
    (batch, *more) = labelled_batches(opened.recordings("accelerometer"), Labelling(hop_s=2.0), 4.0)
    table = tabulate([batch, *more], tiny_of("accelerometer").card.spec)

    assert opened.name == "queue"
    assert sorted(table.labels) == ["rest", "tremor", "unclear", "voluntary"]
    assert set(table.groups) == {"queue/p0", "queue/p1"}
    names = [row["recording"] for row in rows_of(out / "queue.csv") if row["label"]]
    assert sorted(table.ids) == [f"{name}@0.000" for name in names]


def test_the_page_shows_signals_and_folds_answers_away(made):
    """Each window has its picture; what models say of it is not seen before it is asked for."""
    _, out = made
    text = (out / "index.html").read_text(encoding="utf-8")
    shown = re.sub("<details>.*?</details>", "", text.partition(DISCLAIMER.capitalize())[2])
    pictures = re.findall('<img src="([^"]*)"', text)

    assert len(pictures) == len(set(pictures)) == 6
    for at in pictures:
        assert (out / at).read_bytes().startswith(b"\x89PNG")
    assert "6. " in shown
    assert not re.search("|".join(ANSWERS), shown)
    assert text.count("The model: undecided") == 6


def test_the_table_to_fill_in_does_not_say_what_models_answer(made):
    """Answers are in a table of their own, a row for each window."""
    _, out = made
    rows = rows_of(out / "answers.csv")

    assert not {"answer", "candidates", "chances"} & set(rows_of(out / "queue.csv")[0])
    assert [row["recording"] for row in rows] == [
        row["recording"] for row in rows_of(out / "queue.csv")
    ]
    for row in rows:
        chances = [float(part.partition("=")[2]) for part in row["chances"].split()]
        assert sum(chances) == pytest.approx(1, abs=0.01)


def test_feedback_keeps_its_subjects_and_its_labels_apart(options, tmp_path):
    """Windows that people have labelled come with the subject, and without the label to fill in."""
    folder, out = tmp_path / "feedback", tmp_path / "queue"
    keep(folder, (1, "p1", "tremor"), (2, "p2", "rest"), (3, "p1", "clonus"))
    queue("--feedback", folder, *options, "--out", out)
    rows = rows_of(out / "queue.csv")
    fill_in(out, ["tremor"] * len(rows))

    assert {row["subject"] for row in rows} == {"p1", "p2"}
    assert {row["label"] for row in rows} == {""}
    assert {row["person"] for row in rows_of(out / "answers.csv")} <= {"tremor", "rest", "clonus"}
    assert open_source(str(out), "accelerometer", tmp_path).name == "feedback"


def test_where_nothing_is_in_doubt_nothing_is_written(options, tmp_path):
    """A signal that nobody could label is no work for anybody."""
    path = tmp_path / "flat.csv"
    np.savetxt(path, np.ones((900, 3)), delimiter=",", header="x,y,z", comments="")

    told = queue(path, *options, "--unit", "g", "--rate", 100, "--out", tmp_path / "new")

    assert told.startswith("none of 2 windows is in doubt")
    assert not (tmp_path / "new").exists()


def test_channels_of_one_name_are_told_apart(tmp_path):
    """Windows of two channels that are called alike have two places."""
    path = tmp_path / "arm.csv"
    np.savetxt(path, np.eye(4000, 2), delimiter=",", header="emg,emg", comments="")
    mapping = SignalMapping(modality="emg", unit="uV", sampling_rate_hz=1000.0)

    found = [place.channel for places, _ in windows_of_files([path], mapping) for place in places]

    assert found == ["emg (channel 0)", "emg (channel 1)"]


@pytest.mark.parametrize(
    "place",
    [
        Place("a/b/über mäßig lang " * 20 + ".csv", "flexor carpi / " * 30, 12.0),
        Place("p1/abc", subject="p-1_" * 60, id="../../w1"),
    ],
)
def test_names_of_files_are_safe(place):
    """However long and whatever letters: a name of few plain ones."""
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,100}", place.name)


# Refusals


def refused(monkeypatch, capsys, *words):
    """Run a command that is refused; return its sentence."""
    monkeypatch.setattr(sys, "argv", ["quaver", "queue", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert "Traceback" not in told
    return told


@pytest.fixture
def short(tmp_path, monkeypatch):
    """Three seconds, what is sampled too slowly, four axes, in the folder that we are in."""
    monkeypatch.chdir(tmp_path)
    for name, rate_hz, n_axes in (("short", 100, 3), ("slow", 10, 3), ("four", 100, 4)):
        times = np.arange(300)[:, None] / rate_hz
        values = np.random.default_rng(1).normal(size=(300, n_axes))
        header = ",".join(("time_s", *"wxyz"[:n_axes]))
        table = np.hstack((times, values))
        np.savetxt(tmp_path / f"{name}.csv", table, delimiter=",", header=header, comments="")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "queue.csv").write_text("of yesterday")
    return tmp_path


CSV = ("--modality", "accelerometer", "--unit", "g", "--time-column", "time_s")


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "name either recordings or, with --feedback, a folder of feedback"),
        (("short.csv", "--feedback", "full"), "name either recordings or, with --feedback"),
        (("short.csv", "--out", "full", *CSV), "full is not empty; name a new folder"),
        (("short.csv", "--out", "short.csv", *CSV), "short.csv is not empty; name a new folder"),
        (("short.csv",), "say what the signal is: --modality emg, accelerometer or gyroscope"),
        (("--feedback", "full"), "say what the signal is: --modality"),
        (("--feedback", "no", *CSV[:2]), "no is not a folder; name the one that `quaver serve"),
        (("--feedback", "full", *CSV[:2]), "full holds no feedback of accelerometer"),
        (("--feedback", "full", *CSV[:4]), "--unit would say how a file is read; leave out"),
        (("no.csv", *CSV), "no.csv"),
        (("short.csv", *CSV), "no recording is as long as a window, 4 s"),
        (("slow.csv", *CSV), "slow.csv: its sampling rate is 10; accelerometer needs at least 20"),
        (("four.csv", *CSV), "four.csv: 4 signals would be axes of one accelerometer"),
    ],
)
def test_what_cannot_be_queued_is_said(monkeypatch, capsys, options, words, sentence):
    """Each is one sentence, and nothing is written."""
    out = () if "--out" in words else ("--out", "new")
    told = refused(monkeypatch, capsys, *words, *out, *options[2:])

    assert sentence in told


def test_a_model_that_is_none_is_named(monkeypatch, capsys, short):
    """A directory that does not exist is named, and how one that does is asked for."""
    told = refused(monkeypatch, capsys, "short.csv", "--out", "new", *CSV, "--model", "nowhere")

    assert "nowhere is not the directory of a classifier; see --model" in told
    assert not (short / "new").exists()
