"""The command line: what the caller can put right is one sentence and status 2."""

import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from real_service import free_port
from typer.testing import CliRunner

from features import ConfigError, Recording
from serving.recordings import write_recording
from training.cli import app, main
from training.commands.up import page_of
from training.datasets.opening import open_source
from training.datasets.real import hmp

COMMANDS = (
    "simulate",
    "datasets",
    "features",
    "train",
    "evaluate",
    "promote",
    "label",
    "drift",
    "queue",
    "serve",
    "schema",
)


def refused(monkeypatch, capsys, *words):
    """Run a command that is refused; return its sentence."""
    monkeypatch.setattr(sys, "argv", ["quaver", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr()
    assert ended.value.code == 2
    assert "Traceback" not in told.err
    return told.err


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """An empty folder to be in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_help_teaches_every_command(command):
    """Each command says what it does and what it takes."""
    told = CliRunner().invoke(app, [command, "--help"])
    assert told.exit_code == 0
    assert len(told.output) > 200


def test_help_tells_the_order_of_the_commands():
    """Who begins learns which command comes after which."""
    told = " ".join(CliRunner().invoke(app, ["--help"]).output.split())
    assert "datasets, features, train, evaluate, compare, promote, serve" in told


def test_help_does_not_wait_for_the_laboratory():
    """Asking for help imports neither MLflow nor BentoML nor scikit-learn."""
    code = (
        "import sys; from typer.testing import CliRunner; from training.cli import app;"
        "CliRunner().invoke(app, ['train', '--help']);"
        "print(sorted({'mlflow', 'bentoml', 'sklearn', 'lightgbm'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.usefixtures("empty")
def test_an_unknown_modality_is_named(monkeypatch, capsys):
    """A modality that does not exist is answered with those that do."""
    told = refused(monkeypatch, capsys, "train", "ecg")
    assert "modality is 'ecg'; it must be one of emg, accelerometer, gyroscope" in told


@pytest.mark.parametrize("command", ["simulate", "features", "train", "evaluate", "promote"])
def test_a_folder_without_configuration_is_said_so(monkeypatch, capsys, empty, command):
    """Outside a project every command names the file that it misses."""
    told = refused(monkeypatch, capsys, command, "emg")
    assert ".yaml cannot be read: No such file" in told
    assert [p.name for p in empty.rglob("*") if p.name not in ("mlflow.db", ".bentoml")] == []


def test_an_unknown_set_of_the_simulator_is_named(monkeypatch, capsys):
    """Asking for a population that is not configured lists those that are."""
    told = refused(monkeypatch, capsys, "simulate", "emg", "--only", "everybody")
    assert "there is no set 'everybody' in simulate.yaml; there are train, lookalikes, test" in told


def test_training_without_features_names_the_command(monkeypatch, capsys, empty):
    """Who trains first is told what to type, not which stage is missing."""
    shutil.copytree(Path(__file__).parents[1] / "configs", empty / "configs")
    (empty / "data" / "simulated" / "gyroscope" / "train").mkdir(parents=True)
    told = refused(monkeypatch, capsys, "train", "gyroscope")
    assert "train.parquet does not exist; run `quaver features gyroscope` first" in told


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "mine/dataset.yaml",
            "mine/dataset.yaml is a file; name a folder that holds a dataset.yaml",
        ),
        ("pads", "pads is a public set; download it, and name it as pads=<folder>"),
        ("simulated/tests", "gyroscope/tests does not exist; there are simulated/test"),
        ("simulated", "no data set 'simulated'; there are simulated/<set>, "),
    ],
)
def test_a_set_that_is_named_wrongly_is_told_how(monkeypatch, empty, name, sentence):
    """The sentence says what would have been right."""
    monkeypatch.delenv("QUAVER_DATA", raising=False)
    (empty / "mine").mkdir()
    (empty / "mine" / "dataset.yaml").touch()
    simulated = empty / "data" / "simulated" / "gyroscope"
    (simulated / "test").mkdir(parents=True)
    with pytest.raises(ConfigError, match=sentence):
        open_source(name, "gyroscope", simulated)


def test_a_folder_is_no_recording(monkeypatch, capsys, empty):
    """It is not called a file without a name."""
    assert empty
    told = refused(monkeypatch, capsys, "label", ".", "--modality", "emg")
    assert told == "quaver: . is a folder; give one file in it\n"


def test_schemas_are_listed_and_printed():
    """The list names every schema, and each of them is a JSON schema."""
    listed = CliRunner().invoke(app, ["schema"]).output
    for line in listed.splitlines():
        name = line.split()[0]
        printed = CliRunner().invoke(app, ["schema", name]).output
        assert {"properties", "$ref"} & set(json.loads(printed))


def test_an_unknown_schema_is_named(monkeypatch, capsys):
    """A schema that does not exist is answered with those that do."""
    assert "there is no schema 'x'; there are model," in refused(monkeypatch, capsys, "schema", "x")


@pytest.mark.usefixtures("empty")
def test_labelling_needs_to_know_what_the_signal_is(monkeypatch, capsys):
    """Without a modality the command says which option to give."""
    told = refused(monkeypatch, capsys, "label", "file.csv")
    assert "say what the signal is: --modality emg, accelerometer or gyroscope" in told


@pytest.mark.usefixtures("empty")
def test_labelling_a_file_that_is_not_there_names_it(monkeypatch, capsys):
    """A missing file is one sentence."""
    told = refused(
        monkeypatch, capsys, "label", "no.csv", "--modality", "emg", "--unit", "uV", "--rate", 1000
    )
    assert "no.csv" in told


def test_labelling_without_a_model_says_how_to_get_one(monkeypatch, capsys, empty):
    """With a good file and no model, the way to a model is told."""
    monkeypatch.setenv("BENTOML_HOME", str(empty / "store"))
    recording = Recording(
        np.random.default_rng(0).normal(size=(3, 500)) * 0.01,
        sampling_rate_hz=100.0,
        modality="accelerometer",
        unit="g",
    )
    write_recording(recording, empty / "wrist.csv")
    told = refused(
        monkeypatch,
        capsys,
        *("label", "wrist.csv", "--modality", "accelerometer", "--unit", "g"),
        *("--time-column", "time_s"),
    )
    assert "there is no model for accelerometer" in told
    assert "run `quaver train accelerometer`" in told


@pytest.mark.usefixtures("empty")
def test_the_output_format_must_be_known(monkeypatch, capsys):
    """A format that label does not write is answered with those that it does."""
    told = refused(monkeypatch, capsys, "label", "a.csv", "--modality", "emg", "--format", "xlsx")
    assert "--format is 'xlsx'; it must be one of csv, json, fhir, windows" in told


@pytest.mark.usefixtures("empty")
def test_mapping_and_options_do_not_mix(monkeypatch, capsys):
    """What stands in the mapping is not said twice."""
    told = refused(monkeypatch, capsys, "label", "a.csv", "--mapping", "m.yaml", "--unit", "uV")
    assert "--mapping says it all; leave out --unit" in told


def test_serving_without_models_says_how_to_get_them(monkeypatch, capsys, empty):
    """Before anything was promoted, serve names the command that is missing."""
    monkeypatch.setenv("BENTOML_HOME", str(empty / "store"))
    told = refused(monkeypatch, capsys, "serve", "--port", 39871)
    assert "no model for emg has been promoted; run `quaver promote emg`" in told


@pytest.mark.parametrize(
    ("command", "option"), [("serve", "--port"), ("up", "--port"), ("up", "--mlflow-port")]
)
@pytest.mark.parametrize(("port", "limit"), [(0, "1"), (65536, "65535")])
def test_a_port_that_there_is_not_is_said_so(monkeypatch, capsys, command, option, port, limit):
    """A number beyond those of ports is a slip of the hand, not of ours."""
    told = refused(monkeypatch, capsys, command, option, port)
    assert f"{option} is '{port}'; it must be " in told
    assert f" or equal to {limit}; " in told


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["label", "a.csv", "--rate", "abc"], "--rate is 'abc'; it must be a valid number"),
        (["label"], "missing argument 'file'; see `quaver label --help`"),
        (["feedback", "forget", "x", "--to", "y"], "no such option: --to"),
        (["lable", "a.csv"], "no such command 'lable'"),
    ],
)
def test_wrong_words_are_one_sentence(monkeypatch, capsys, words, sentence):
    """Typer's box of several lines does not say what was given."""
    told = refused(monkeypatch, capsys, *words)
    assert told.startswith(f"quaver: {sentence}")
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--unit", "uV"], "give --rate, or the column of times (such as 'time_unit') as --time-c"),
        (["--unit", "uV", "--rate", 5, "--time-column", 0], "--rate and --time-column are both gi"),
    ],
)
def test_what_a_file_does_not_say_is_asked_for_by_its_option(
    monkeypatch, capsys, empty, options, sentence
):
    """Not by the key of a mapping; a name of somebody's own column stays as it is."""
    (empty / "a.csv").write_text("time_unit,flexor\n0,1\n1,2\n")
    told = refused(monkeypatch, capsys, "label", "a.csv", "--modality", "emg", *options)
    assert sentence in told


def test_of_a_mapping_its_keys_are_told(monkeypatch, capsys, empty):
    """Who wrote YAML reads of sampling_rate_hz."""
    (empty / "a.csv").write_text("flexor\n0\n1\n")
    (empty / "m.yaml").write_text("{modality: emg, unit: uV}")
    told = refused(monkeypatch, capsys, "label", "a.csv", "--mapping", "m.yaml")
    assert "its sampling rate is not known; give sampling_rate_hz" in told


def test_a_tracking_server_without_a_name_is_none(monkeypatch, capsys):
    """Where the variable is empty, `quaver up` starts the MLflow page and needs its port."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        told = refused(
            monkeypatch, capsys, "up", "--check", "--port", free_port(), "--mlflow-port", taken
        )
    assert f"port {taken}, wanted by the MLflow page, is taken" in told


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        ("", None),
        ("http://runs.example:5000/ml", "http://runs.example:5000/ml"),
        ("https://ada:secret@runs.example", "https://runs.example"),
        ("postgresql://ada:secret@db.example/runs", "none: MLFLOW_TRACKING_URI names a database"),
        ("sqlite:///other.db", "none: MLFLOW_TRACKING_URI names a database"),
    ],
)
def test_a_password_of_a_tracking_store_is_not_shown(uri, told):
    """What `quaver up` calls the MLflow page is one, or says why there is none."""
    page = page_of(uri)
    assert page is None if told is None else page.startswith(told)
    assert "secret" not in str(page)


def test_real_data_without_its_folder_is_said_so(monkeypatch, empty):
    """Asking for real data names the variable that is not set."""
    monkeypatch.delenv("QUAVER_DATA", raising=False)
    with pytest.raises(ConfigError, match="QUAVER_DATA is not set"):
        open_source("pd-rest-hand-accel-500hz", "accelerometer", empty)


def test_every_data_set_is_listed(monkeypatch):
    """Each set is named with licence and whether it is for training, also without the data."""
    monkeypatch.delenv("QUAVER_DATA", raising=False)
    listed = CliRunner().invoke(app, ["datasets"]).output
    for part in ("pd-rest-hand-accel-500hz", "licence:", "for training: no", "get it:"):
        assert part in listed


def test_a_set_without_windows_is_listed_by_its_name_too(monkeypatch, tmp_path):
    """Who asks about pixels without a scale is told why there are no windows."""
    (tmp_path / "dystonic-tremor-video-30hz").mkdir()
    monkeypatch.setenv("QUAVER_DATA", str(tmp_path))
    named = CliRunner().invoke(app, ["datasets", "dystonic-tremor-video-30hz"]).output
    assert "for training: no. positions in pixels without a scale" in named
    assert "0 people, 0 recordings, 0 min; windows: none" in named


def test_a_recording_without_a_window_is_listed_with_the_reason(tmp_path):
    """Labels that nothing came of are told where the set is looked at before training."""
    (tmp_path / "a.csv").write_text("x\n" + "\n".join(str(i % 7) for i in range(3000)))
    (tmp_path / "labels.csv").write_text("recording,start_s,end_s,label,subject\na,,,rest,p\n")
    (tmp_path / "dataset.yaml").write_text(
        "{name: mine, title: t, licence: l, recordings: a.csv, labels: labels.csv,"
        " signal: {modality: emg, unit: uV, sampling_rate_hz: 1000}}"
    )
    told = CliRunner().invoke(app, ["datasets", str(tmp_path)]).output
    assert "windows: none\n  no window in 1 of them (shorter than a window, 4 s): a\n" in told


def test_a_recording_without_a_row_is_listed_as_left_out(tmp_path):
    """A file that was forgotten in the table of labels is not passed over in silence."""
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("x\n" + "\n".join(str(i % 7) for i in range(3000)))
    (tmp_path / "labels.csv").write_text("recording,start_s,end_s,label,subject\na,,,rest,p\n")
    (tmp_path / "dataset.yaml").write_text(
        "{name: mine, title: t, licence: l, recordings: '*.csv', labels: labels.csv,"
        " signal: {modality: emg, unit: uV, sampling_rate_hz: 1000}}"
    )
    told = CliRunner().invoke(app, ["datasets", str(tmp_path)]).output
    assert "  left out (no row says whose or what they are): b\n" in told


def test_a_real_set_is_counted_alike_in_the_list_and_by_its_name(monkeypatch, tmp_path):
    """By the rules of the configuration, as an evaluation labels its windows."""
    folder = tmp_path / "hmp-wrist-adl-32hz" / "Climb_stairs"
    folder.mkdir(parents=True)
    steps = np.random.default_rng(0).integers(0, 64, size=(10 * 32, 3))
    lines = "\n".join(" ".join(map(str, row)) for row in steps)
    (folder / "Accelerometer-2011-03-24-10-24-39-climb_stairs-f1.txt").write_text(lines)
    monkeypatch.setenv("QUAVER_DATA", str(tmp_path))
    monkeypatch.setattr("training.commands.datasets.REAL", (hmp.SOURCE,))
    monkeypatch.setattr("training.commands.datasets.semireal_sources", lambda _: ())
    named = CliRunner().invoke(app, ["datasets", hmp.NAME]).output
    assert "1 people, 1 recordings, 0 min; windows: voluntary 4" in named
    assert named.strip() in CliRunner().invoke(app, ["datasets"]).output
