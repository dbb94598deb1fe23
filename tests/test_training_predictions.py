"""Predictions: what was answered is kept so that it can be judged again, window by window."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from feature_tables import separable_table, small_config

from training.comparable import judged as judged_again
from training.predictions import frame_of, write
from training.train import report_by_source, train


@pytest.fixture(scope="module")
def trained():
    """A training of a table that can be learnt."""
    config = small_config()
    return train(separable_table(config), config, "made up")


def test_answers_are_read_as_they_were_written(trained, tmp_path):
    """Through the file and back, every answer, reason, candidate and probability is the same."""
    path = tmp_path / "a folder" / "answers.parquet"
    write(frame_of(trained.judged, trained.ids), path)
    again, first = judged_again(pd.read_parquet(path)), trained.judged
    assert again.classes == first.classes
    assert (again.candidates, again.reasons) == (first.candidates, first.reasons)
    for name in ("labels", "groups", "answers", "probabilities"):
        np.testing.assert_array_equal(getattr(again, name), getattr(first, name))


def test_each_window_is_named_beside_its_own_label(trained):
    """Names follow the order of the answers, which is that of the folds, not of the table."""
    table = separable_table(small_config())
    label_of = dict(zip(table.ids.tolist(), table.labels.tolist(), strict=True))
    group_of = dict(zip(table.ids.tolist(), table.groups.tolist(), strict=True))
    frame = frame_of(trained.judged, trained.ids)
    assert sorted(frame["window_id"]) == sorted(label_of)
    assert frame["label"].tolist() == [label_of[name] for name in frame["window_id"]]
    assert frame["group"].tolist() == [group_of[name] for name in frame["window_id"]]


def test_where_a_window_begins_is_told_where_its_name_tells(trained):
    """A window's name ends in its start; of another name, the start is not known."""
    names = np.array(["a@b@12.500", *trained.ids[1:]])
    seconds = frame_of(trained.judged, names)["seconds"]
    assert seconds[0] == 12.5
    assert math.isnan(seconds[1])


def test_each_window_keeps_the_name_of_its_set_through_training():
    """Of two sets in one training, answers and reports name for each person their own."""
    config = small_config()
    table = separable_table(config)
    is_small = table.groups < "person04"
    names = np.where(is_small, "simulated/small", "simulated/extra")
    trained = train(replace(table, sources=names), config, "made up")

    frame = frame_of(trained.judged, trained.ids)
    assert {name: set(part["group"]) for name, part in frame.groupby("data_set")} == {
        "simulated/small": set(table.groups[is_small]),
        "simulated/extra": set(table.groups[~is_small]),
    }
    reports = report_by_source(trained.judged, config)
    assert {name: report["n_groups"] for name, report in reports.items()} == {
        "simulated/small": 4,
        "simulated/extra": 5,
    }
