"""The Bento: built from the project, carried elsewhere, examined there, and asked over HTTP."""

import re
import subprocess
import sys
import tarfile

import pytest
from project import REPOSITORY, copy_project, run
from real_service import environment, free_port, started

from serving.requests import EXAMPLE

MARK = "Built from a copy."
"""Stands in the copy's own description: an answer that holds it comes from the built code."""


@pytest.fixture(scope="module")
def exported(promoted, tmp_path_factory):
    """The Bento as one file, built from a copy of the project with the tiny models."""
    folder = copy_project(tmp_path_factory.mktemp("bento") / "a project")
    (folder / "data").mkdir()
    (folder / "data" / "secret.csv").write_text("not for the image")
    # Nor what is called as a document of the project is, whether of data or of another build.
    for place in ("data", ".bentoml/tmp/bentoml_bento_quaver/src"):
        (folder / place).mkdir(parents=True, exist_ok=True)
        (folder / place / "README.md").write_text("not for the image")
    document = folder / "serving" / "api_document.py"
    text = document.read_text()
    assert "Labels short windows" in text
    document.write_text(text.replace("Labels short windows", f"{MARK} Labels short windows"))
    environ = {"BENTOML_HOME": str(promoted), "BENTOML_DO_NOT_TRACK": "True"}
    built = run(folder, "bentoml", "build", "--version", "tested", **environ)
    assert built.returncode == 0, built.stdout + built.stderr
    path = folder.parent / "quaver.bento"
    done = run(folder, "bentoml", "export", "quaver:tested", str(path), **environ)
    assert done.returncode == 0, done.stdout + done.stderr
    return path


def test_the_bento_holds_the_service_and_its_models_and_nothing_else(exported):
    """Code of two floors and three models travel; data, laboratory and tests do not."""
    with tarfile.open(exported) as archive:
        files = {member.name.removeprefix("./"): member for member in archive if member.isfile()}
        described = archive.extractfile(files["README.md"]).read().decode()

    assert described == (REPOSITORY / "README.md").read_text()
    names = set(files)
    code = {name.split("/")[1] for name in names if name.startswith("src/")}
    assert {"features", "serving"} <= code
    assert code <= {"features", "serving", "pyproject.toml", "bentofile.yaml", *TEXTS}
    assert {name.split("/")[1] for name in names if name.endswith("booster.txt")} == {
        "quaver-emg",
        "quaver-accelerometer",
        "quaver-gyroscope",
    }
    assert not [name for name in names if name.endswith((".db", ".csv", ".pkl", ".pickle"))]


TEXTS = ("README.md", "LICENSE")


def test_the_image_installs_exact_versions_and_no_laboratory(exported):
    """What the image installs is pinned, and MLflow is not among it."""
    with tarfile.open(exported) as archive:
        names = [m.name for m in archive if m.name.endswith("env/python/requirements.txt")]
        text = archive.extractfile(names[0]).read().decode()

    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert all(re.match(r"[\w.-]+==", line) for line in lines)
    assert {line.partition("==")[0] for line in lines} & {"mlflow", "dvc", "scikit-learn"} == set()


def test_the_bento_answers_in_another_place(exported, tmp_path):
    """Carried to an empty store, its models pass their exam and a window is answered."""
    home = tmp_path / "another place"
    done = run(tmp_path, "bentoml", "import", str(exported), BENTOML_HOME=str(home))
    assert done.returncode == 0, done.stdout + done.stderr
    port = free_port()
    words = ["serve", "quaver:tested", "--host", "127.0.0.1", "--port", str(port)]

    with started([sys.executable, "-m", "bentoml", *words], port, environment(home), tmp_path) as r:
        document = r.http.get("/docs.json").json()
        response = r.http.post("/predict", json=EXAMPLE)

    assert MARK in document["info"]["description"]
    assert response.status_code == 200
    assert response.json()["predictions"][0]["model"]["name"] == "quaver-accelerometer"


def test_a_bento_with_an_altered_model_does_not_start(exported, tmp_path):
    """The exam is held wherever the Bento is started."""
    home = tmp_path / "home"
    assert run(tmp_path, "bentoml", "import", str(exported), BENTOML_HOME=str(home)).returncode == 0
    (path,) = home.glob("models/quaver-emg/*/card.json")
    path.chmod(0o644)
    path.write_text(path.read_text().replace('"temperature"', '"temperatura"'))

    done = subprocess.run(
        [sys.executable, "-m", "bentoml", "serve", "quaver:tested", "--port", str(free_port())],
        env=environment(home),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 2
    assert "card.json has not the checksum that SHA256SUMS states" in done.stderr
