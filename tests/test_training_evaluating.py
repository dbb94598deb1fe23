"""Evaluating: what is said of sets and what a run keeps of them, and whose answers they are."""

import json
from dataclasses import replace

import mlflow
import pandas as pd
import pytest
from made_sets import MODALITY, labelled, own
from tiny_models import tiny_config

from features import ConfigError, SignalError
from training import evaluation_stage, tracking
from training.commands import evaluate
from training.commands.evaluate import evaluate_run, evaluate_sets
from training.evaluation_stage import OfRun, last_model
from training.layout import Layout
from training.run_content import Content


@pytest.fixture
def layout(own_registry):
    """A project with a configuration and a database of the test's own."""
    layout = Layout(own_registry)
    layout.configs.mkdir()
    layout.config(MODALITY).write_text(tiny_config(MODALITY).model_dump_json())
    return layout


@pytest.fixture
def model(layout, tiny_of, monkeypatch):
    """A model and its run; it has seen one person of one set."""
    assert layout
    run = tracking.log_benchmark(Content("a run", "", {}, {}, {}, {}), "quaver-accelerometer")
    model = OfRun(tiny_of(MODALITY), run, frozenset({"queue/seen"}))
    monkeypatch.setattr(evaluate, "last_model", lambda *_: model)
    return model


@pytest.fixture
def folders(tmp_path):
    """Two folders of one name: of a person and somebody seen, and of two people."""
    first = [labelled("v1", "ada", seed=1), labelled("v2", "seen", seed=2)]
    second = [labelled("v3", "bo", seed=3), labelled("v4", "ada", seed=4)]
    return own(tmp_path / "a", "queue", first), own(tmp_path / "b", "queue", second)


def kept(model, place):
    """Return the names of files in a folder of the run."""
    return {
        f.path.rpartition("/")[2] for f in mlflow.MlflowClient().list_artifacts(model.run_id, place)
    }


def answered(model, tmp_path):
    """Return the names of the windows that the run has kept answers to."""
    path = tracking.fetch_file(model.run_id, "predictions/real_queue.parquet", tmp_path / "fetched")
    return pd.read_parquet(path)["window_id"].tolist()


def test_folders_of_one_name_are_judged_as_one(layout, model, folders, tmp_path):
    """One table, one row and one file, of the people of both but those trained on."""
    told = list(evaluate_sets(MODALITY, layout, folders))

    assert "queue (real): 2 people, 9 windows" in told[0]
    assert "without 1 people" in told[1]
    assert len(told) == 3
    assert kept(model, "predictions") == {"real_queue.parquet"}
    windows = [f"{name}@{start:.3f}" for name in ("v1", "v3", "v4") for start in (0, 2, 4)]
    assert sorted(answered(model, tmp_path)) == windows


def test_other_windows_of_a_name_take_the_place_of_the_first_and_it_is_said(
    layout, model, folders, tmp_path
):
    """The same windows again are no news."""
    first, second = folders
    replacing = "this takes the place of other windows of that name: 3 windows of 1 people"
    assert replacing not in "".join(evaluate_sets(MODALITY, layout, (first,)))
    assert replacing not in "".join(evaluate_sets(MODALITY, layout, (first,)))
    assert replacing in "".join(evaluate_sets(MODALITY, layout, (second,)))
    assert {name[:2] for name in answered(model, tmp_path)} == {"v3", "v4"}


def test_files_of_many_sets_have_names_that_every_system_takes(layout, model, tmp_path):
    """However deep the folders lie and however many they are; other sets, another name."""
    deep = tmp_path / ("d" * 200)
    deep.mkdir()
    names = [
        own(deep / f"set{i}", f"set-{'s' * 40}-{i}", [labelled("v", "ada", seed=i)])
        for i in range(6)
    ]
    list(evaluate_sets(MODALITY, layout, tuple(names)))
    files = kept(model, "evaluation")
    assert max(map(len, files)) < 100

    list(evaluate_sets(MODALITY, layout, tuple(names[:-1])))
    assert len(kept(model, "evaluation") - files) == 2


def test_who_was_trained_on_is_known_under_another_name_too(layout, model, tmp_path):
    """A copy of a folder, called otherwise, would be answered as if by strangers."""
    assert model
    seen = [labelled("v1", "seen", seed=1), labelled("v2", "unseen", seed=2)]
    trained, copy = own(tmp_path / "a", "queue", seen), own(tmp_path / "b", "other", seen)
    data = {"train": [trained, str(tmp_path / "gone")], "test": ["simulated/test"]}
    config = tiny_config(MODALITY).model_dump(mode="json") | {"data": data}
    layout.config(MODALITY).write_text(json.dumps(config))

    with pytest.raises(
        SignalError, match="'v1' of other/seen holds the same samples as 'v1' of queue/seen; give"
    ):
        list(evaluate_sets(MODALITY, layout, (copy,)))
    assert "queue (real): 1 people" in "".join(evaluate_sets(MODALITY, layout, (trained,)))

    others = own(tmp_path / "c", "third", seen[1:])
    assert "third (real): 1 people" in "".join(evaluate_sets(MODALITY, layout, (others,)))


def test_a_set_of_another_modality_is_called_so(layout, model, tmp_path):
    assert model
    name = own(tmp_path / "arm", "arm", [labelled("v", "ada")], "gyroscope")
    (told,) = evaluate_sets(MODALITY, layout, (name,))
    assert told == "accelerometer model on arm (real): it is a set of gyroscope\n"


def test_a_run_of_another_modality_than_is_asked_for_is_refused(layout, tiny_models):
    """Who asks for the gyroscope's figures is not given those of the accelerometer."""
    what = Content(name="a run", description="", params={}, figures={}, tags={}, files={})
    logged = tracking.log_training(what, tiny_models[MODALITY], f"quaver-{MODALITY}")

    with pytest.raises(ConfigError, match="is a model for accelerometer, and gyroscope is asked"):
        list(evaluate_run(logged.run_id, layout, (), ("gyroscope",)))


def test_a_model_that_is_not_that_of_its_run_is_not_asked(layout, tiny_of, monkeypatch):
    """What is left by a training that was interrupted would answer in the name of another."""
    classifier = tiny_of(MODALITY)
    content = Content("a run", "", {}, {}, {"model_fingerprint": classifier.fingerprint}, {})
    run = tracking.log_benchmark(content, "quaver-accelerometer")
    path = layout.reports(MODALITY) / "run.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"run_id": run, "model_version": "1"}))
    monkeypatch.setattr(evaluation_stage, "trained_on", lambda _: frozenset())
    layout.model(MODALITY).mkdir(parents=True)
    monkeypatch.setattr(evaluation_stage, "load", lambda _: classifier)
    assert last_model(MODALITY, layout).run_id == run

    other = replace(classifier, card=classifier.card.model_copy(update={"classes": ("a",)}))
    monkeypatch.setattr(evaluation_stage, "load", lambda _: other)
    with pytest.raises(ConfigError, match=f"is not the model of run {run} .*run.json names; run"):
        last_model(MODALITY, layout)
