"""Feedback as a data set: what a service has kept is read, listed, and forgotten again."""

import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet
from typer.testing import CliRunner

from features import ConfigError
from serving import feedback
from serving.feedback_request import FeedbackRequest
from serving.responses import ModelInfo, PredictionBody
from training.cli import app, main
from training.datasets.feedback import read_feedback
from training.datasets.labelling import Labelling, label_windows
from training.datasets.opening import labelled_batches, open_source

RATES_HZ = {"emg": 500.0, "accelerometer": 33.3}
UNITS = {"emg": "uV", "accelerometer": "g"}


def samples_of(seed, modality):
    """Return four seconds of noise."""
    channels = 1 if modality == "emg" else 3
    shape = (channels, round(4 * RATES_HZ[modality]))
    return np.random.default_rng(seed).normal(size=shape).round(4).tolist()


def keep(folder, *given, modality="accelerometer"):
    """Keep windows as the service does: seed, subject and label of each; all have one id."""
    request = FeedbackRequest.model_validate(
        {
            "feedback": [
                {
                    "window": {
                        "id": "w1",
                        "modality": modality,
                        "unit": UNITS[modality],
                        "sampling_rate_hz": RATES_HZ[modality],
                        "samples": samples_of(seed, modality),
                    },
                    "subject": subject,
                    "label": label,
                    "consent": True,
                }
                for seed, subject, label in given
            ]
        }
    )
    model = ModelInfo(name=f"quaver-{modality}", version="1", fingerprint="")
    answer = PredictionBody.model_construct(label="rest", candidates=["rest"], model=model)
    feedback.store(request.feedback, [answer] * len(given), folder)


@pytest.fixture
def folder(tmp_path):
    """What three requests have left: two subjects, two modalities."""
    keep(tmp_path, (1, "p1", "tremor"), (2, "p2", "rest"), (3, "p1", "rest"))
    keep(tmp_path, (4, "p2", "clonus"))
    keep(tmp_path, (5, "p1", "fasciculation"), (6, "p1", "unclear"), modality="emg")
    return tmp_path


def test_each_window_is_read_as_it_was_sent_with_its_label(folder):
    """A window stays one window of four seconds, whatever its rate; groups are subjects."""
    opened = open_source(f"feedback={folder}", "accelerometer", folder)
    cut = [label_windows(one, Labelling(hop_s=2.0)) for one in opened.recordings("accelerometer")]
    found = {
        (str(each.groups[0]), str(each.labels[0])): each.windows.samples[0].tolist() for each in cut
    }
    sent = {
        ("feedback/p1", "tremor"): 1,
        ("feedback/p2", "rest"): 2,
        ("feedback/p1", "rest"): 3,
        ("feedback/p2", "clonus"): 4,
    }

    assert [len(each) for each in cut] == [1] * 4
    assert len({str(each.ids[0]) for each in cut}) == 4
    assert found == {
        key: np.float32(samples_of(seed, "accelerometer")).tolist() for key, seed in sent.items()
    }


def test_the_next_training_reads_it_in_batches_and_keeps_subjects_apart(folder):
    """As any other set it is cut into labelled windows, and no subject is on both sides."""
    rules = Labelling(hop_s=2.0)
    (muscle,) = labelled_batches(
        open_source(f"feedback={folder}", "emg", folder).recordings("emg"), rules, 4.0
    )
    (motion,) = labelled_batches(
        open_source(f"feedback={folder}", "gyroscope", folder).recordings("accelerometer"),
        rules,
        4.0,
    )

    assert Counter(muscle.labels.tolist()) == {"fasciculation": 1, "unclear": 1}
    assert Counter(motion.groups.tolist()) == {"feedback/p1": 2, "feedback/p2": 2}


def test_a_window_that_is_sent_again_counts_once_with_its_last_label(folder):
    """People correct themselves; the same samples of another subject are another window."""
    keep(folder, (1, "p1", "clonus"), (1, "p1", "voluntary"), (1, "p2", "rest"))

    read = [one for one in read_feedback(folder) if one.recording.modality == "accelerometer"]

    assert len(read) == 5
    assert [one.spans[0].label for one in read if one.group == "feedback/p1"] == [
        "voluntary",
        "rest",
    ]


def test_a_subject_is_forgotten_everywhere_and_nobody_else_is(folder):
    """All windows of a subject go, from every file, also what was being written; others stay."""
    others = [one.id for one in read_feedback(folder) if one.group != "feedback/p1"]
    left_over = folder / "emg" / "20260401T101500.000000Z-00000000.part"
    left_over.write_bytes(b"half a window of p1")
    told = CliRunner().invoke(app, ["feedback", "forget", "p1", "--folder", str(folder)])

    assert "windows of p1 removed" in told.output
    assert ": 4; features, models" in told.output
    assert others == [one.id for one in read_feedback(folder)]
    kept = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.parent.name for path in kept} == {"accelerometer"}
    assert all(parquet.read_schema(path) == feedback.SCHEMA for path in kept)
    assert not any(b"p1" in path.read_bytes() for path in kept)


def test_what_is_kept_is_listed(folder):
    """A row for each subject and modality, with labels and how often the model agrees."""
    told = CliRunner().invoke(app, ["feedback", "list"], env={"QUAVER_FEEDBACK": str(folder)})
    rows = [line.split() for line in told.output.splitlines()[2:]]

    assert rows == [
        ["p1", "accelerometer", "2", "1", "rest", "1,", "tremor", "1"],
        ["p1", "emg", "2", "0", "fasciculation", "1,", "unclear", "1"],
        ["p2", "accelerometer", "2", "1", "clonus", "1,", "rest", "1"],
    ]


def test_it_is_among_the_data_sets(folder, monkeypatch, tmp_path_factory):
    """`quaver datasets` counts it by name, and in the list when the environment names it."""
    root = tmp_path_factory.mktemp("project")
    (root / "configs").symlink_to(Path(__file__).parents[1] / "configs")
    monkeypatch.delenv("QUAVER_DATA", raising=False)
    monkeypatch.setenv("QUAVER_FEEDBACK", str(folder))
    named = CliRunner().invoke(app, ["datasets", f"feedback={folder}", "--root", str(root)]).output
    listed = CliRunner().invoke(app, ["datasets", "--root", str(root)]).output

    assert "2 people, 6 recordings" in named
    assert "clonus 1, fasciculation 1, rest 2, tremor 1, unclear 1" in named
    assert named.strip() in listed


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("forget", "p9"), "holds no window of 'p9'; see `quaver feedback list`"),
        (("list", "--folder", "nowhere"), "nowhere is not a folder; name the one"),
    ],
)
def test_what_is_not_there_is_said_so(folder, monkeypatch, capsys, words, sentence):
    """A subject or a folder that does not exist is one sentence, and nothing has changed."""
    monkeypatch.setenv("QUAVER_FEEDBACK", str(folder))
    monkeypatch.setattr(sys, "argv", ["quaver", "feedback", *words])
    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err
    assert len(list(read_feedback(folder))) == 6


def test_a_file_that_is_none_is_named(folder):
    """A damaged file is not passed over: a subject in it would not be forgotten."""
    (path, *_) = (folder / "emg").iterdir()
    path.write_bytes(path.read_bytes()[:-20])

    with pytest.raises(ConfigError, match=rf"{path.name} cannot be read as feedback"):
        list(read_feedback(folder))
