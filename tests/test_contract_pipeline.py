"""From simulation to a judged model, as DVC runs it, in a folder with a space in its path."""

import json
import shutil
import subprocess

import mlflow
import numpy as np
import pandas as pd
import pytest
from dvc.repo import Repo
from project import REPOSITORY, change_yaml, run

from features import ContractError
from serving.exam import load
from training.config import ModelConfig, load_config
from training.table import LabelledTable

MODALITY = "accelerometer"
TRAININGS = "tags.kind = 'training'"


def client(project):
    """Return MLflow's client for the project's database."""
    return mlflow.MlflowClient(f"sqlite:///{project}/mlflow.db")


def the_run(project):
    """Return the run of the project's model."""
    told = json.loads((project / "reports" / MODALITY / "run.json").read_text())
    return client(project).get_run(told["run_id"])


def stages_to_run(project):
    """Return the stages that DVC would run again."""
    with Repo(str(project)) as repo:
        status = repo.status()
    # Where the tests run, DVC names the file of a stage too.
    return {name.rpartition(":")[2] for name in status if name.endswith(f"@{MODALITY}")}


def test_the_pipeline_leaves_a_classifier_that_passes_its_exam(project):
    """What DVC calls models/<modality> is a whole classifier."""
    classifier = load(project / "models" / MODALITY)
    assert classifier.card.modality == MODALITY
    assert classifier.card.provenance.data == "simulated: simulated"


def test_nothing_is_done_twice(project):
    """With nothing changed, DVC has nothing to do."""
    done = run(project, "dvc", "repro", f"evaluate@{MODALITY}")
    assert "Running stage" not in done.stdout
    assert set() == stages_to_run(project)


def test_people_whom_a_model_was_trained_on_are_not_judged_again(project):
    """Answers to them would flatter; who asks for them is told why there are none."""
    done = run(project, "training", "evaluate", MODALITY, "--data", "simulated/train")
    assert "simulated/train (simulated): no labelled window of other people than" in done.stdout


@pytest.mark.parametrize(
    ("file", "change", "stages"),
    [
        (
            "simulate.yaml",
            lambda c: c["visibility"][MODALITY].update(rest_ceiling=0.031),
            {"simulate"},
        ),
        ("simulate.yaml", lambda c: c["visibility"]["emg"].update(rest_ceiling=0.5), set()),
        (
            f"{MODALITY}.yaml",
            lambda c: c["features"]["bursts"].update(on_fraction=0.41),
            {"features", "train"},
        ),
        (f"{MODALITY}.yaml", lambda c: c["training"]["booster"].update(lambda_l2=4.0), {"train"}),
        (f"{MODALITY}.yaml", lambda c: c["labelling"].update(hop_s=3.0), {"features", "evaluate"}),
        ("gyroscope.yaml", lambda c: c["training"].update(seed=1), set()),
        ("promote.yaml", lambda c: c.update(minimum_macro_f1=0.5), set()),
    ],
)
def test_a_changed_value_reruns_only_what_depends_on_it(project, file, change, stages):
    """One value in one YAML makes stale the stages that read it, and no others."""
    path = project / "configs" / file
    before = path.read_text()
    try:
        change_yaml(path, change)
        assert {f"{stage}@{MODALITY}" for stage in stages} == stages_to_run(project)
    finally:
        path.write_text(before)


def test_the_run_holds_what_a_reviewer_needs(project):
    """Parameters, figures, plots, the card, the hash and the commit are in one run."""
    logged = the_run(project)
    assert logged.data.params["training.booster.learning_rate"] == "0.12"
    assert {"macro_f1", "f1/tremor", "coverage/mean"} <= set(logged.data.metrics)
    assert "simulated_test/macro_f1" in logged.data.metrics
    assert {"data_sha256", "fingerprint", "git_commit", "validation"} <= set(logged.data.tags)
    files = {
        f.path
        for folder in (None, "plots", "evaluation")
        for f in client(project).list_artifacts(logged.info.run_id, folder)
    }
    assert {
        "model_card.md",
        "report.json",
        "plots/confusion.png",
        "plots/reliability_and_abstention.png",
        "plots/subjects.png",
        "plots/importances.png",
        "evaluation/test.json",
    } <= files


def test_the_logged_model_is_the_classifier_itself(project, tmp_path, monkeypatch):
    """MLflow opens the registered model without a pickle, and it answers as the classifier does."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{project}/mlflow.db")
    loaded = mlflow.pyfunc.load_model(f"models:/quaver-{MODALITY}/1", dst_path=str(tmp_path))
    samples = [(np.sin(np.arange(400) / 3) / 10).tolist(), [0.0] * 400, [1.0] * 400]
    frame = pd.DataFrame({"samples": [samples], "sampling_rate_hz": [100.0], "unit": ["g"]})
    (answer,) = loaded.predict(frame)
    classifier = load(project / "models" / MODALITY)
    chances = [answer[f"probability__{name}"] for name in classifier.card.classes]
    assert pytest.approx(sum(chances)) == 1.0
    assert set() == {p.suffix for p in tmp_path.rglob("*")} & {".pkl", ".pickle", ".joblib"}
    assert set(answer) == set(loaded.metadata.signature.outputs.input_names())
    (needed,) = tmp_path.rglob("requirements.txt")
    lines = needed.read_text().splitlines()
    assert "lightgbm" in {line.partition("==")[0] for line in lines}
    assert not [line for line in lines if line.startswith("quaver")]


def test_training_again_gives_the_same_text_and_a_new_run(project, tmp_path):
    """The same data, configuration and seed: the same trees byte by byte, and one more run."""
    before = (project / "models" / MODALITY / "booster.txt").read_bytes()
    experiments = [client(project).get_experiment_by_name(f"quaver-{MODALITY}").experiment_id]
    runs = len(client(project).search_runs(experiments, TRAININGS))
    copy = tmp_path / "again"
    shutil.copytree(project, copy)
    done = run(copy, "training", "train", MODALITY)
    assert done.returncode == 0, done.stderr
    assert before == (copy / "models" / MODALITY / "booster.txt").read_bytes()
    assert runs + 1 == len(client(copy).search_runs(experiments, TRAININGS))


def test_an_unreachable_server_is_said_so_at_once(project):
    """A tracking server that does not answer is one sentence and status 2, before any work."""
    done = run(project, "training", "train", MODALITY, MLFLOW_TRACKING_URI="http://127.0.0.1:9")
    assert done.returncode == 2
    assert "the MLflow server http://127.0.0.1:9 does not answer" in done.stderr
    assert "Traceback" not in done.stderr
    assert "fit" not in done.stderr


def test_features_of_another_spec_are_not_trained_on(project, tmp_path):
    """A table whose fingerprint is not the configuration's is refused with what to do."""
    copy = tmp_path / "stale"
    shutil.copytree(project / "configs", copy / "configs")
    shutil.copytree(project / "data", copy / "data")
    change_yaml(
        copy / "configs" / f"{MODALITY}.yaml",
        lambda c: c["features"]["bursts"].update(on_fraction=0.42),
    )
    done = run(copy, "training", "train", MODALITY)
    assert done.returncode == 2
    assert "was computed with other features" in done.stderr
    assert f"run `quaver features {MODALITY}` again" in done.stderr
    assert not (copy / "mlflow.db").exists()


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (lambda c: c["data"].update(train=["simulated/test"]), "data.train"),
        (lambda c: c["labelling"].update(hop_s=3.0), "labelling"),
        (lambda c: c["outliers"].update(sets=[]), "outliers"),
        (lambda c: c["checks"].update(kinds={}), "checks.kinds"),
    ],
)
def test_features_of_other_windows_are_not_trained_on(project, tmp_path, change, key):
    """A run would name sets that no window of it is from."""
    copy = tmp_path / "stale"
    shutil.copytree(project / "configs", copy / "configs")
    shutil.copytree(project / "data", copy / "data")
    change_yaml(copy / "configs" / f"{MODALITY}.yaml", change)
    done = run(copy, "training", "train", MODALITY)
    assert done.returncode == 2
    assert f"was computed from other windows ({key} was" in done.stderr
    assert f"run `quaver features {MODALITY}` again" in done.stderr


def test_a_table_that_does_not_tell_its_windows_is_not_trained_on(project, tmp_path):
    """One of an earlier version may be of any."""
    spec = load_config(project / "configs" / f"{MODALITY}.yaml", ModelConfig).features
    path = project / "data" / "features" / MODALITY / "train.parquet"
    LabelledTable.read(path, spec).write(tmp_path / "old.parquet")
    with pytest.raises(ContractError, match=r"other windows \(data.train was not noted, here"):
        LabelledTable.read(tmp_path / "old.parquet", spec, {"data.train": ["simulated/train"]})


def test_a_table_survives_the_disk(project, tmp_path):
    """What is written as Parquet is read as it was."""
    spec = load_config(project / "configs" / f"{MODALITY}.yaml", ModelConfig).features
    path = project / "data" / "features" / MODALITY / "train.parquet"
    table = LabelledTable.read(path, spec)
    table.write(tmp_path / "again.parquet")
    again = LabelledTable.read(tmp_path / "again.parquet", spec)
    assert np.array_equal(table.features.values, again.features.values, equal_nan=True)
    assert np.array_equal(table.labels, again.labels)
    assert np.array_equal(table.features.quality.flagged, again.features.quality.flagged)
    assert list(tmp_path.glob("*.part")) == []


def test_an_experiment_is_set_beside_what_was_there(project, tmp_path):
    """Under Git, `dvc exp run` trains with another value; DVC shows figures and plots of both."""
    folder = under_git(project, tmp_path / "an experiment")
    value = f"configs/{MODALITY}.yaml:training.booster.learning_rate=0.3"
    done = run(folder, "dvc", "exp", "run", "--set-param", value, f"evaluate@{MODALITY}")
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stdout.splitlines() if line.startswith("Running stage")] == [
        f"Running stage 'train@{MODALITY}':",
        f"Running stage 'evaluate@{MODALITY}':",
    ]

    told = json.loads(run(folder, "dvc", "metrics", "diff", "--json").stdout)
    changed = told[f"reports/{MODALITY}/train.json"]
    assert {"macro_f1", "undecided", "accuracy"} & changed.keys()
    assert all({"old", "new", "diff"} == each.keys() for each in changed.values())

    done = run(folder, "dvc", "plots", "diff", "--out", "page")
    assert done.returncode == 0, done.stderr
    drawn = {path.name for path in (folder / "page").rglob(f"*{MODALITY}*.png")}
    assert {name[:4] for name in drawn} == {"HEAD", "work"}


def under_git(project, folder):
    """Return a copy of the project in a Git repository of its own, committed as it is."""
    shutil.copytree(project, folder, symlinks=True)
    shutil.copy(REPOSITORY / ".gitignore", folder)
    (folder / ".dvc" / "config").write_text("[core]\n    analytics = false\n")
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@b.c")
    for words in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "-m", "before")):
        subprocess.run((*git, *words), cwd=folder, check=True)
    return folder
