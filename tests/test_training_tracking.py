"""Tracking: a run is complete or absent, and what MLflow cannot do is said in a sentence."""

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import mlflow
import mlflow.pyfunc  # a stand-in until its first use, which a test must not break instead
import pytest

from features import ConfigError
from training import tracking
from training.run_content import Content, DataUsed
from training.tracking import Logged

CARD = '{"classes": ["tremor", "rest"]}'


@pytest.fixture
def store(own_registry):
    """A tracking database of the test's own."""
    assert own_registry
    return mlflow.MlflowClient()


@pytest.fixture
def content(tmp_path):
    """What a run may hold, with a directory that stands for a classifier."""
    classifier = tmp_path / "classifier"
    classifier.mkdir()
    (classifier / "card.json").write_text(CARD)
    note = tmp_path / "note.md"
    note.write_text("a note")
    return classifier, Content(
        name="a run",
        description="about it",
        params={"training.seed": 1},
        figures={"macro_f1": 0.9},
        tags={"modality": "emg"},
        files={"notes/note.md": note},
    )


def test_a_run_holds_what_it_was_given(store, content):
    """Parameters, figures, tags and files are found again, and the model is registered."""
    classifier, what = content
    logged = tracking.log_training(what, classifier, "quaver-emg")
    run = store.get_run(logged.run_id)
    assert (run.data.params, run.data.metrics) == ({"training.seed": "1"}, {"macro_f1": 0.9})
    assert run.data.tags["modality"] == "emg"
    assert [f.path for f in store.list_artifacts(logged.run_id, "notes")] == ["notes/note.md"]
    assert logged == tracking.find_run(logged.run_id)


def test_data_of_many_folders_have_a_name_that_the_server_takes(store, content):
    """A training on many sets is not refused for it when all is computed."""
    _, what = content
    name = ", ".join(f"a set of the clinic {i}" for i in range(50))
    data = DataUsed(name, "a" * 64, "folders", "training", {})
    run = store.get_run(tracking.log_benchmark(replace(what, data=[data]), "quaver-accuracy"))
    (used,) = run.inputs.dataset_inputs
    assert name.startswith(used.dataset.name)
    assert len(used.dataset.name) == 500


def test_a_benchmark_is_a_run_without_a_model(store, content):
    """Figures and files are found again, and no model is registered."""
    _, what = content
    run = store.get_run(tracking.log_benchmark(what, "quaver-accuracy"))
    assert run.data.metrics == {"macro_f1": 0.9}
    assert [f.path for f in store.list_artifacts(run.info.run_id, "notes")] == ["notes/note.md"]
    assert store.search_registered_models() == []


@pytest.mark.usefixtures("store")
def test_the_registered_model_is_the_directory_that_was_logged(content, tmp_path):
    """Fetching gives the classifier's files back, byte by byte."""
    classifier, what = content
    logged = tracking.log_training(what, classifier, "quaver-emg")
    fetched = tracking.fetch_classifier(logged, tmp_path / "fetched")
    assert (fetched / "card.json").read_text() == CARD


@pytest.mark.parametrize(
    "step", ["MlflowClient.log_batch", "MlflowClient.log_artifact", "pyfunc.log_model"]
)
def test_a_run_whose_logging_fails_is_gone(store, content, monkeypatch, step):
    """Whatever step of the logging fails, no run is left that could be taken for a whole one."""
    classifier, what = content

    def broken(*_, **__):
        raise OSError("no space left")

    target, _, name = ("mlflow." + step).rpartition(".")
    monkeypatch.setattr(f"{target}.{name}", broken)
    with pytest.raises(OSError, match="no space left"):
        tracking.log_training(what, classifier, "quaver-emg")
    experiment = store.get_experiment_by_name("quaver-emg")
    assert store.search_runs([experiment.experiment_id]) == []


@pytest.mark.usefixtures("store")
def test_the_champion_is_the_model_that_was_made_so(content):
    """There is no champion before, and exactly the named version after."""
    classifier, what = content
    first = tracking.log_training(what, classifier, "quaver-emg")
    assert tracking.version_of("quaver-emg", "champion") is None
    tracking.log_training(what, classifier, "quaver-emg")
    tracking.set_alias("quaver-emg", "champion", first.model_version)
    assert first == tracking.version_of("quaver-emg", "champion")


@pytest.mark.parametrize(
    "ask",
    [
        lambda: tracking.version_of("quaver-emg", "champion"),
        lambda: tracking.version_of("quaver-emg", "3"),
        lambda: tracking.find_run("abc"),
    ],
)
def test_a_server_that_is_gone_is_not_taken_for_one_that_knows_of_no_model(ask, monkeypatch):
    """Nobody may be sent to look for a mistake in a name."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri("http://127.0.0.1:9")
    try:
        with pytest.raises(ConfigError, match=r"server http://127\.0\.0\.1:9 stopped answering"):
            ask()
    finally:
        mlflow.set_tracking_uri(before)


@pytest.mark.usefixtures("store")
def test_an_unknown_run_is_named():
    """A run id that MLflow does not know is refused with the question whether it is right."""
    with pytest.raises(ConfigError, match="no registered model belongs to the run 'abc'"):
        tracking.find_run("abc")


def test_the_model_of_a_run_that_is_not_whole_is_not_found(store, content, monkeypatch):
    """Until a run is closed the next training may remove it, with a model that would be served."""
    classifier, what = content
    seen = []

    def look(_, run_id, name):
        seen.extend(store.search_model_versions(f"run_id = '{run_id}'"))
        assert name == "quaver.writer"
        with pytest.raises(ConfigError, match=f"{run_id}' is not whole: its training is still"):
            tracking.find_run(run_id)

    monkeypatch.setattr("mlflow.MlflowClient.delete_tag", look)
    logged = tracking.log_training(what, classifier, "quaver-emg")

    assert [logged.model_version] == [str(version.version) for version in seen]
    assert tracking.find_run(logged.run_id) == logged


def test_the_model_of_a_run_that_was_deleted_is_not_found(store, content):
    """What a reviewer has thrown away is not promoted by its version, which MLflow leaves there."""
    classifier, what = content
    logged = tracking.log_training(what, classifier, "quaver-emg")
    store.delete_run(logged.run_id)

    with pytest.raises(ConfigError, match=f"{logged.run_id}' was deleted in MLflow; restore it"):
        tracking.find_run(logged.run_id)


@pytest.mark.usefixtures("store")
def test_a_missing_model_is_one_sentence(tmp_path):
    """What MLflow refuses becomes a sentence of ours, with where it was asked."""
    with pytest.raises(ConfigError, match=r"MLflow at sqlite:.* refused: "):
        tracking.fetch_classifier(Logged("abc", "quaver-emg", "7"), tmp_path)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "http://nowhere.invalid:5000"])
def test_a_server_that_does_not_answer_is_named(monkeypatch, address):
    """Unreachable, whatever the reason, is one sentence with the address and the way out."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    with pytest.raises(ConfigError, match=f"the MLflow server {address} does not answer"):
        tracking.connect()


@pytest.mark.parametrize(
    "address",
    [
        "nowhere",
        "nosuch://user:secret@host/x",
        "postgresql://user:secret@host:port/x",
        "sqlite:////dev/null/x/mlflow.db",
    ],
)
def test_a_store_that_cannot_be_opened_is_one_sentence_without_its_password(
    address, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    with pytest.raises(ConfigError, match="MLFLOW_TRACKING_URI names cannot be opened") as refused:
        tracking.connect()
    assert "secret" not in str(refused.value)


def test_configuration_becomes_dotted_parameters():
    """Nested values are flattened by dots, lists kept as they are."""
    nested = {"training": {"booster": {"num_leaves": 15}}, "classes": ["a", "b"]}
    assert tracking.flatten(nested) == {"training.booster.num_leaves": 15, "classes": ["a", "b"]}


def test_processes_that_begin_together_in_a_new_folder_share_one_store(tmp_path):
    environment = os.environ | {
        "MLFLOW_TRACKING_URI": "",
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }
    command = [sys.executable, "-c", "from training.tracking import connect; connect()"]
    started = [
        subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = [process.communicate()[1] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], said
    assert (tmp_path / "mlflow.db").exists()


def test_a_process_that_is_killed_while_it_makes_a_store_leaves_none(tmp_path):
    """The next one makes it anew: tables half made would be in its way for ever."""
    environment = os.environ | {
        "MLFLOW_TRACKING_URI": "",
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }
    command = [sys.executable, "-c", "from training.tracking import connect; connect()"]
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE) as first:
        while not any(file.stat().st_size for file in tmp_path.glob("mlflow.db*")):
            assert first.poll() is None
            time.sleep(0.01)
        first.kill()

    assert not (tmp_path / "mlflow.db").exists()
    second = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert second.returncode == 0, second.stderr
    assert [file.name for file in tmp_path.glob("mlflow.db*")] == ["mlflow.db"]
