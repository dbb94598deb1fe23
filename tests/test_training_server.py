"""A real tracking server with PostgreSQL: trainings at once, and a server that dies half-way."""

import json
import multiprocessing
import os
import shutil
import sys
import time
import warnings

import mlflow
import pytest
import yaml
from feature_tables import CONFIGS, separable_table, small_config
from mlflow_server import Server, postgres

import training.training_stage  # noqa: F401  (so that no process has to)
from training.cli import main
from training.features_stage import made_from, opened_sources
from training.layout import Layout

MODALITY = "accelerometer"
NAME = f"quaver-{MODALITY}"
PATIENCE_S = 300.0
FORK = multiprocessing.get_context("fork")
TRAININGS = "tags.kind = 'training'"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """An MLflow server with PostgreSQL and a folder for artifacts."""
    with postgres() as database:
        running = Server(database, tmp_path_factory.mktemp("server") / "artifacts")
        try:
            running.start()
            yield running
        finally:
            running.kill()


@pytest.fixture(scope="module")
def a_project(tmp_path_factory):
    """Make projects that have features to train on, and nothing else."""
    config = small_config(MODALITY, bootstrap_samples=10)
    table = separable_table(config, n_groups=6, windows_each=4)

    def make(name):
        folder = tmp_path_factory.mktemp(name)
        shutil.copytree(CONFIGS, folder / "configs")
        text = yaml.safe_dump(json.loads(config.model_dump_json()), sort_keys=False)
        (folder / "configs" / f"{MODALITY}.yaml").write_text(text)
        layout = Layout(folder)
        (layout.simulated(MODALITY) / "train").mkdir(parents=True)
        told = made_from(config, opened_sources(config.data.train, MODALITY, layout))
        table.write(layout.features(MODALITY), told)
        return folder

    return make


class Training:
    """`quaver train` in a process of its own, forked so that nothing is imported again."""

    def __init__(self, folder, server):
        self._folder = folder
        self._process = FORK.Process(target=self._run, args=(folder, server.address))
        self._process.start()

    @property
    def is_running(self):
        """Whether it has not ended yet."""
        return self._process.is_alive()

    def end(self):
        """Wait for its end; return status, standard output and standard error."""
        self._process.join(PATIENCE_S)
        return self._process.exitcode, *((self._folder / f).read_text() for f in ("said", "told"))

    @staticmethod
    def _run(folder, address):
        os.chdir(folder)
        for name, number in (("said", 1), ("told", 2)):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT), number)
        sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
        os.environ |= {"MLFLOW_TRACKING_URI": address, "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "0"}
        warnings.resetwarnings()
        sys.argv = ["quaver", "train", MODALITY]
        main()


def experiment(server):
    """Return a client of the server, and the experiment of the trainings."""
    client = mlflow.MlflowClient(server.address)
    return client, [client.get_experiment_by_name(NAME).experiment_id]


def test_trainings_that_log_at_once_are_both_whole(server, a_project):
    """Two first trainings at the same moment: two runs, two versions, each with its own parts."""
    folders = [a_project("one"), a_project("two")]
    for begun in [Training(folder, server) for folder in folders]:
        status, said, told = begun.end()
        assert status == 0, told
        assert said.startswith(f"{NAME} version ")
        assert "http" not in said

    client, where = experiment(server)
    runs = client.search_runs(where, TRAININGS)
    logged = [json.loads((f / "reports" / MODALITY / "run.json").read_text()) for f in folders]
    assert {run.info.run_id for run in runs} == {each["run_id"] for each in logged}
    assert {each["model_version"] for each in logged} == {"1", "2"}
    for run in runs:
        assert run.info.status == "FINISHED"
        parts = client.search_runs(where, f"tags.`mlflow.parentRunId` = '{run.info.run_id}'")
        assert sorted(part.info.run_name for part in parts) == [f"fold {k} of 3" for k in (1, 2, 3)]
        assert {part.info.status for part in parts} == {"FINISHED"}
        (data,) = run.inputs.dataset_inputs
        assert run.data.tags["data_sha256"].startswith(data.dataset.digest)
    assert len({run.data.metrics["macro_f1"] for run in runs}) == 1
    assert any(server.artifacts.rglob("held_out_folds.parquet"))
    assert not any((folder / "mlruns").exists() for folder in folders)


def test_a_server_that_dies_half_way_leaves_nothing_that_looks_whole(server, a_project):
    """The command says what to do and ends with status 2; done again, it is as if never begun."""
    client, where = experiment(server)
    before = {run.info.run_id for run in client.search_runs(where)}
    versions = versions_of(client)
    folder = a_project("interrupted")
    seen = set(server.artifacts.rglob("card.json"))
    training = Training(folder, server)
    while set(server.artifacts.rglob("card.json")) == seen:
        assert training.is_running, training.end()
        time.sleep(0.01)
    server.kill()
    status, said, told = training.end()
    assert status == 2, told
    assert "Traceback" not in told
    assert (
        f"quaver: the MLflow server {server.address} stopped answering or failed; nothing of this"
        " run counts: see that the server runs and run the same command again"
    ) in told
    assert not said
    assert not (folder / "models").exists()

    server.start()
    half = [run for run in client.search_runs(where) if run.info.run_id not in before]
    assert {run.info.status for run in half} <= {"RUNNING", "FAILED"}
    status, _, told = Training(folder, server).end()
    assert status == 0, told
    left = {run.info.run_id for run in client.search_runs(where)} - before
    assert not left & {run.info.run_id for run in half}
    assert {client.get_run(run).info.status for run in left} == {"FINISHED"}
    (added,) = versions_of(client) - versions
    logged = json.loads((folder / "reports" / MODALITY / "run.json").read_text())
    assert logged["model_version"] == added


def versions_of(client):
    """Return the registered versions of the model."""
    return {each.version for each in client.search_model_versions(f"name = '{NAME}'")}
