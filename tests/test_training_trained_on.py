"""Evaluation: whom a model has seen in training is not asked again."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd

from training import evaluation_stage
from training.evaluation_stage import judge_source, trained_on


def test_people_are_known_by_the_set_they_were_trained_in(monkeypatch, tmp_path):
    """The same name in another set is another person."""
    table = pd.DataFrame({"data_set": ["a", "a", "b"], "group": ["p1", "p1", "p2"], "answer": "x"})
    table.to_parquet(tmp_path / "held_out_folds.parquet")
    table.to_parquet(tmp_path / "simulated_test.parquet")
    files = sorted(tmp_path.glob("*.parquet"))
    monkeypatch.setattr(evaluation_stage.tracking, "fetch_files", lambda *_: files)
    assert trained_on("a run") == {"a": {"p1"}, "b": {"p2"}}


def test_a_run_that_has_kept_no_answers_knows_nobody(monkeypatch):
    monkeypatch.setattr(evaluation_stage.tracking, "fetch_files", lambda *_: [])
    assert trained_on("a run") == {}


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
