"""The label command on files: simulated ones of known truth, and real ones where there are."""

import csv
import io
import json

import numpy as np
import pytest
from real_recordings import by_id, needs_data
from typer.testing import CliRunner

from features import QuaverError, Recording
from serving.analysis import RecordingReport
from serving.recordings import write_recording
from training.cli import app

PD_RECORDING = "811_1"
"""A recording with rest tremor of 5.5 Hz by its table, between 20 s and 36 s."""


def told(path, model, *options):
    """Return what label prints for a file."""
    done = CliRunner().invoke(app, ["label", str(path), "--model", str(model), *options])
    assert done.exit_code == 0, done.output
    return done.stdout


def labelled(path, model, *options):
    """Return the rows that label prints for the windows of a file, side by side unless said."""
    hop = () if "--hop" in options else ("--hop", "4")
    text = told(path, model, "--format", "windows", *hop, *options)
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture(scope="module")
def wrist(tmp_path_factory):
    """Twenty seconds of an accelerometer with a rhythm of 5.2 Hz in the second half, as a file."""
    times = np.arange(2000) / 100.0
    rng = np.random.default_rng(2)
    samples = 0.002 * rng.standard_normal((3, 2000)) + np.array([[0.0], [0.0], [1.0]])
    samples[0] += 0.1 * np.sin(2 * np.pi * 5.2 * times) * (times >= 10)
    recording = Recording(samples, sampling_rate_hz=100.0, modality="accelerometer", unit="g")
    folder = tmp_path_factory.mktemp("wrist")
    for suffix in ("csv", "parquet", "edf"):
        write_recording(recording, folder / f"wrist.{suffix}")
    return folder


CSV = ("--modality", "accelerometer", "--unit", "g", "--time-column", "time_s")


def test_each_window_has_a_row(wrist, tiny_models):
    """Windows cover the recording side by side, each with label, candidates and chances."""
    rows = labelled(wrist / "wrist.csv", tiny_models["accelerometer"], *CSV)

    assert [float(row["start_s"]) for row in rows] == [0, 4, 8, 12, 16]
    assert [float(row["end_s"]) for row in rows] == [4, 8, 12, 16, 20]
    for row in rows:
        chances = [float(value) for key, value in row.items() if key.startswith("probability_")]
        assert sum(chances) == pytest.approx(1.0, abs=1e-3)
        assert (row["label"] == "undecided") == bool(row["reason"])
    assert float(rows[-1]["dominant_frequency_hz"]) == pytest.approx(5.2, abs=0.02)


@pytest.mark.parametrize("suffix", ["parquet", "edf"])
def test_the_format_of_the_file_does_not_matter(wrist, tiny_models, suffix):
    """Parquet gives the same rows as CSV; EDF, whose samples are rounded, nearly the same."""
    model = tiny_models["accelerometer"]
    expected = labelled(wrist / "wrist.csv", model, *CSV)
    rows = labelled(wrist / f"wrist.{suffix}", model, "--modality", "accelerometer")

    assert [row["label"] for row in rows] == [row["label"] for row in expected]
    frequencies = [float(row["dominant_frequency_hz"]) for row in rows[3:]]
    assert frequencies == pytest.approx([5.2, 5.2], abs=0.02)


@pytest.mark.parametrize("form", ["csv", "windows", "json"])
def test_a_unit_that_cannot_be_is_said_beside_the_rows(wrist, tiny_models, form):
    """Whoever takes g for m/s² is told so on the terminal, whatever form the record has."""
    for unit in ("g", "m/s^2"):
        words = ["label", str(wrist / "wrist.csv"), "--model", str(tiny_models["accelerometer"])]
        words += ["--modality", "accelerometer", "--unit", unit, "--time-column", "time_s"]
        done = CliRunner().invoke(app, [*words, "--format", form])
        doubt = "quaver: wrist.csv: the unit of the signal may be another: its steady part"

        assert done.exit_code == 0
        assert (doubt in done.stderr) == (unit == "m/s^2")


def test_a_hop_makes_windows_overlap(wrist, tiny_models):
    """With a hop of a second there is a window a second."""
    rows = labelled(wrist / "wrist.csv", tiny_models["accelerometer"], *CSV, "--hop", "1")

    assert [float(row["start_s"]) for row in rows] == list(range(17))


def test_the_record_is_the_same_in_every_form(wrist, tiny_models, tmp_path):
    """JSON, CSV, FHIR and the page tell of the same model and the same episodes."""
    model, path = tiny_models["accelerometer"], wrist / "wrist.csv"
    page = tmp_path / "wrist.html"
    record = RecordingReport.model_validate_json(
        told(path, model, *CSV, "--format", "json", "--report", str(page))
    )
    rows = list(csv.DictReader(io.StringIO(told(path, model, *CSV))))
    resources = json.loads(told(path, model, *CSV, "--format", "fhir"))["entry"]

    assert record.model.name == "quaver-accelerometer"
    assert record.recording.duration_s == pytest.approx(20)
    episodes = [row for row in rows if row["kind"] == "episode"]
    assert [float(row["start_s"]) for row in episodes] == [e.start_s for e in record.episodes]
    assert resources[0]["resource"]["deviceName"][0]["name"] == "quaver-accelerometer"
    html = page.read_text(encoding="utf-8")
    assert "<title>Record of wrist.csv: " in html
    assert "not a medical device" in html
    assert record.model.fingerprint in html


def test_an_earlier_record_is_compared_with(wrist, tiny_models, tmp_path):
    """A record compared with that of the same file has not changed."""
    model, path = tiny_models["accelerometer"], wrist / "wrist.csv"
    earlier = tmp_path / "earlier.json"
    earlier.write_text(told(path, model, *CSV, "--format", "json"), encoding="utf-8")

    text = told(path, model, *CSV, "--format", "json", "--earlier", str(earlier))

    verdicts = {change["verdict"] for change in json.loads(text)["comparison"]}
    assert verdicts == {"cannot tell"}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--format", "xml"), "--format is 'xml'; it must be one of csv, json, fhir, windows"),
        (("--earlier", "nowhere.json"), "nowhere.json cannot be read"),
        (("--hop", "9"), "--hop is 9; it must be 0.1 to 4 s"),
        (("--from", "30"), "the recording lasts 20 s"),
        (("--channel", "1"), "the axes of motion are judged together"),
        (("--report", "no-such-folder/page.html"), "page.html cannot be written"),
    ],
)
def test_what_cannot_be_is_one_sentence(wrist, tiny_models, options, sentence):
    """The status is 2, and nothing is printed but what is wrong."""
    model = str(tiny_models["accelerometer"])
    words = ["label", str(wrist / "wrist.csv"), "--model", model, *CSV, *options]
    done = CliRunner().invoke(app, words)
    assert isinstance(done.exception, QuaverError)
    assert sentence in str(done.exception)
    assert done.stdout == ""


@needs_data
@pytest.mark.parametrize("suffix", ["csv", "edf"])
def test_a_real_tremor_has_the_frequency_of_its_table(tiny_models, tmp_path, suffix):
    """Rest tremor of a person with Parkinson's, exported: every rhythmic window within 0.3 Hz."""
    found = by_id("pd-rest-hand-accel-500hz")[PD_RECORDING]
    path = tmp_path / f"hand.{suffix}"
    write_recording(found.recording, path)
    options = CSV if suffix == "csv" else ("--modality", "accelerometer")

    rows = labelled(path, tiny_models["accelerometer"], *options)

    rhythmic = {w["start_s"] for w in found.details["windows"] if w["derived_state"] == "rhythmic"}
    frequencies = [
        float(row["dominant_frequency_hz"]) for row in rows if float(row["start_s"]) in rhythmic
    ]
    assert len(frequencies) == 4
    assert frequencies == pytest.approx([found.details["tremor_hz"]] * 4, abs=0.3)


@needs_data
def test_a_real_resting_muscle_is_not_called_involuntary(tiny_models, tmp_path):
    """An armband on a resting forearm, its gain unknown: no window is tremor or clonus."""
    found = by_id("threedc-semg-gestures")["participant1/class0/channel0"]
    path = tmp_path / "forearm.parquet"
    write_recording(found.recording, path)

    rows = labelled(path, tiny_models["emg"], "--modality", "emg")

    assert len(rows) >= 1
    assert not {row["label"] for row in rows} & {"tremor", "clonus"}
