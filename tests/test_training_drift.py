"""Drift of a recording or of feedback: what is ordinary, what is not, and which windows say so."""

import re
import sys
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from test_training_feedback import keep
from tiny_models import KINDS, recordings
from typer.testing import CliRunner

from features import ConfigError, Recording, catalogue
from serving.recordings import write_recording
from training.cli import app, main
from training.drift import drift_of, seen_by
from training.drift_text import drift_text
from training.queue.places import Place

ALTERED = range(5, 25)


@pytest.fixture(scope="module")
def person():
    """Samples of a person that the tiny model was trained on, rate and unit.

    The first twelve seconds of each recording, one behind another, so that no window of the whole
    lies in two of them.
    """
    made = [each.recording for each in islice(recordings("train", "accelerometer"), 14)]
    assert len(made) == sum(KINDS.values())
    rate_hz = made[0].sampling_rate_hz
    n = 3 * round(4 * rate_hz)
    return np.concatenate([each.samples[:, :n] for each in made], axis=1), rate_hz, made[0].unit


def recording_of(samples, rate_hz, unit):
    return Recording(samples, sampling_rate_hz=rate_hz, modality="accelerometer", unit=unit)


@pytest.fixture(scope="module")
def drift(tiny_of):
    """Hold a recording against training."""

    def held(*recorded):
        windows = recording_of(*recorded).windows(4.0, 4.0)
        places = [Place("wrist.csv", "x+y+z", 4.0 * i) for i in range(len(windows))]
        model = tiny_of("accelerometer")
        return drift_of(seen_by(model, iter([(places, windows)])), model)

    return held


def test_windows_of_training_people_are_ordinary(drift, person):
    """What was trained on has not drifted."""
    assert not drift(*person).shift.is_unusual


def test_another_gain_shifts_sizes_and_little_else(drift, person, tiny_of):
    """Of a sensor that says thirty times as much, what grows with the signal has shifted.

    Of all else hardly anything: what is expected of it follows the classes that the model sees.
    """
    samples, rate_hz, unit = person
    shifted = drift(30 * samples, rate_hz, unit).shift.shifted
    degrees = np.array(
        [
            entry.degree
            for entry in catalogue("accelerometer")
            for _ in entry.columns(tiny_of("accelerometer").card.spec)
        ]
    )

    assert shifted[degrees == 1].sum() > 3
    assert shifted[degrees == 0].mean() < 0.05
    assert shifted[degrees == 1].mean() > 5 * shifted[degrees == 0].mean()


def test_the_windows_that_were_altered_are_responsible(drift, person, tiny_of):
    """Where a rhythm of 14 Hz was put in, and nowhere else, the shift comes from."""
    samples, rate_hz, unit = person
    n = round(4 * rate_hz)
    altered = samples.copy()
    for w in ALTERED:
        altered[:, w * n : (w + 1) * n] += 2000 * np.sin(2 * np.pi * 14 * np.arange(n) / rate_hz)
    found = drift(altered, rate_hz, unit)

    places = [int(found.seen.usable[w]) for w in found.furthest(len(ALTERED))]
    text = drift_text(found, tiny_of("accelerometer").card)

    assert found.shift.is_unusual
    assert "features have shifted, which is more than is ordinary" in text
    assert sorted(places) == list(ALTERED)
    named = re.findall(r"^x\+y\+z, from (\S+) s", text, re.MULTILINE)
    assert [float(start_s) for start_s in named] == [4.0 * w for w in places[:10]]


def test_the_index_is_that_of_its_definition(drift, person, tiny_of):
    """Counted by hand: the sum of (seen - expected) ln(seen / expected) over the bins."""
    found = drift(*person)
    card = tiny_of("accelerometer").card
    chances = found.seen.probabilities.sum(axis=0)
    for j, column in enumerate(card.columns):
        known = card.distribution.features[column]
        expected, n_bins = 0.0, 13
        for weight, counts in zip(chances / chances.sum(), known.counts, strict=True):
            expected += weight * (np.array(counts) + 1 / n_bins) / (sum(counts) + 1)
        seen = expected.copy()  # one more window, just as expected
        for value in found.seen.values[:, j]:
            place = 12 if np.isnan(value) else sum(value > edge for edge in known.edges)
            seen[place] += 1
        seen /= len(found.seen.values) + 1
        index = sum((s - e) * np.log(s / e) for s, e in zip(seen, expected, strict=True))

        assert found.shift.index[j] == pytest.approx(index, rel=1e-9)


def test_what_is_said_of_shares_is_what_was_answered(drift, person, tiny_of):
    """Each answer's share here is in the table, beside that of held-out people."""
    found = drift(*person)
    card = tiny_of("accelerometer").card
    text = drift_text(found, card)

    for answer, known in card.distribution.answers.items():
        here = (found.seen.labels == answer).mean()
        assert re.search(rf"^{answer} +{known.mean:.1%} .* {here:.1%} ", text, re.MULTILINE)


# The command


CSV = ("--modality", "accelerometer", "--unit", "mg", "--time-column", "time_s")


@pytest.fixture
def wrist(person, tmp_path, monkeypatch):
    """A file of the person, in the folder that we are in."""
    monkeypatch.chdir(tmp_path)
    write_recording(recording_of(*person), tmp_path / "wrist.csv")
    return tmp_path


def told(tiny_models, *words):
    model = tiny_models["accelerometer"]
    done = CliRunner().invoke(app, ["drift", *map(str, words), "--model", str(model)])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_file_is_held_against_the_model(wrist, tiny_models, drift, person, tiny_of):
    """The command says of a file what is to be said of its samples; a stretch has fewer windows."""
    text = told(tiny_models, wrist / "wrist.csv", *CSV)
    part = told(tiny_models, wrist / "wrist.csv", *CSV, "--from", 20, "--to", 60)

    expected = drift_text(drift(*person), tiny_of("accelerometer").card)
    assert text.splitlines()[:2] == expected.splitlines()[:2]
    assert "usable windows of 10, held against" in part


def test_feedback_is_held_against_the_model(tiny_models, tmp_path):
    """Windows that people have labelled are named by subject and by the id that they came with."""
    keep(tmp_path, *((seed, "p1", "rest") for seed in range(8)))
    keep(tmp_path, (9, "p2", "rest"), modality="emg")

    text = told(tiny_models, tmp_path, *CSV[:2])

    assert text.startswith("8 usable windows of 8, held against the ")
    assert re.search(r"^p1, w1  \w+  ", text, re.MULTILINE)


def refused(monkeypatch, capsys, *words):
    """Run a command that is refused; return its sentence."""
    monkeypatch.setattr(sys, "argv", ["quaver", "drift", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        main()
    error = capsys.readouterr().err
    assert ended.value.code == 2
    assert "Traceback" not in error
    return error


@pytest.mark.usefixtures("wrist")
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("wrist.csv",), "say what the signal is: --modality emg, accelerometer or gyroscope"),
        (("no.csv", *CSV), "there is no file no.csv"),
        (("wrist.xlsx", *CSV), "wrist.xlsx is of no known format"),
        (("wrist.csv", *CSV, "--to", 11), "2 of 2 windows are usable; to say how far they have"),
        (("wrist.csv", *CSV, "--from", 999), "the stretch from 999 s to 168 s is empty"),
        (("wrist.csv", *CSV, "--channel", "x"), "the axes of motion are judged together"),
        ((".",), "say what the signal is: --modality emg, accelerometer or gyroscope"),
        ((".", *CSV[:2]), ". holds no feedback of accelerometer"),
        ((".", *CSV[:2], "--from", 0, "--channel", 1), "--channel and --from would say how a file"),
    ],
)
def test_what_cannot_be_held_against_training_is_said(
    monkeypatch, capsys, tiny_models, words, sentence
):
    """Each is one sentence: what was given, what is needed."""
    model = tiny_models["accelerometer"]

    assert sentence in refused(monkeypatch, capsys, *words, "--model", model)


def test_a_card_of_before_says_how_to_get_one_that_knows(tiny_of, drift, person):
    """A model whose card says nothing of its training windows is named, with what to run."""
    model = tiny_of("accelerometer")
    card = model.card.model_copy(update={"distribution": None})
    seen = drift(*person).seen
    with pytest.raises(ConfigError, match=r"train it again with `quaver train accelerometer`"):
        drift_of(seen, replace(model, card=card))
