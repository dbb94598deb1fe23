"""Trained on: whom a model has seen in training, in whatever part of it, is not asked again."""

import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import mlflow
import numpy as np
import pytest
from feature_tables import separable_table, small_config

from features import ConfigError
from training import evaluation_stage, tracking
from training.evaluation_stage import judge_source
from training.foreign import SIGNALS
from training.run_content import Content
from training.run_tables import write_table
from training.trained_on import TRAINED_ON, trained_on, trained_on_table


@pytest.fixture
def log(own_registry):
    """Log a run with files, in a database of the test's own; return its id."""
    assert own_registry

    def logged(files):
        return tracking.log_benchmark(Content("a run", "", {}, {}, {}, files), "quaver-emg")

    return logged


def table_of(labels, groups, sources):
    """Return a table of features whose first windows are of these people; others have no class."""
    table = separable_table(small_config())
    n = len(labels)
    return replace(
        table,
        labels=np.array([*labels, *["unclear"] * (len(table) - n)]),
        groups=np.array([*groups, *["nobody"] * (len(table) - n)]),
        sources=np.array([*sources, *["a"] * (len(table) - n)]),
    )


def test_people_are_known_in_whatever_set_they_were_trained_in(log, tmp_path):
    """A person has one name in all sets; who taught the checks alone is known too."""
    config = small_config()
    alike = config.outliers.lookalikes[0]
    table = table_of(
        ["rest", "tremor", "rest", alike, alike, next(iter(SIGNALS)), "hiccups"],
        ["001", "001", "p2", "p3", "001", "noise", "p4"],
        ["a", "a", "b", "c", "c", "foreign", "c"],
    )
    path = write_table(trained_on_table(table, config), tmp_path / "trained_on.csv")
    run = log({TRAINED_ON: path})
    assert trained_on(run) == {"001", "p2", "p3"}


@pytest.mark.parametrize("gone", [True, False])
def test_a_run_that_does_not_say_whom_it_was_trained_on_is_refused(log, tmp_path, gone):
    """Not kept by an earlier version, or gone since: nobody of them may pass for unseen."""
    path = tmp_path / ("trained_on.csv" if gone else "by_class.csv")
    path.write_text("data_set,subject,as\na,p1,classes\n")
    run = log({f"tables/{path.name}": path})
    place = mlflow.get_run(run).info.artifact_uri
    if gone:
        assert trained_on(run) == {"p1"}
        shutil.rmtree(tmp_path / "mlruns")
    with pytest.raises(ConfigError, match=f"not known whom the model of run {run} was") as refused:
        trained_on(run)
    assert place in str(refused.value)


def test_who_is_known_is_left_out_and_all_others_are_answered_as_before(
    monkeypatch, tiny_of, unseen_of
):
    """Names, labels and answers of the others stay together when some of a batch are left out."""
    classifier = tiny_of("accelerometer")
    batches = [
        replace(batch, groups=np.resize(["ines", "jan"], len(batch)))
        for batch in unseen_of("accelerometer")
    ]
    monkeypatch.setattr(evaluation_stage, "labelled_windows", lambda *_: iter(batches))
    opened = SimpleNamespace(folder=Path())
    everybody, nobody_left_out = judge_source(classifier, opened, None, frozenset())
    assert nobody_left_out == set()

    others, left_out = judge_source(classifier, opened, None, {"ines", "somebody else"})

    assert left_out == {"ines"}
    kept = everybody.judged.groups == "jan"
    assert 0 < kept.sum() < len(kept)
    assert others.ids.tolist() == everybody.ids[kept].tolist()
    assert others.judged.labels.tolist() == everybody.judged.labels[kept].tolist()
    assert others.judged.answers.tolist() == everybody.judged.answers[kept].tolist()
    assert np.array_equal(
        others.judged.probabilities, everybody.judged.probabilities[kept], equal_nan=True
    )
    assert others.sha256 != everybody.sha256


def test_a_set_of_nobody_else_has_no_answers(monkeypatch, tiny_of, unseen_of):
    batches = unseen_of("accelerometer")
    monkeypatch.setattr(evaluation_stage, "labelled_windows", lambda *_: iter(batches))
    known = {group for batch in batches for group in batch.groups.tolist()}
    opened = SimpleNamespace(folder=Path())
    assert judge_source(tiny_of("accelerometer"), opened, None, known) == (None, known)
