"""Floors: what each may import, seen by import-linter and by a fresh interpreter."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]


def imported(statement):
    """Return the top-level modules that a fresh interpreter holds after a statement."""
    code = f"{statement}; import sys; print(*sorted({{m.partition('.')[0] for m in sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_the_contracts_of_import_linter_hold():
    """Three floors, one direction."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "4 kept, 0 broken" in done.stdout


def test_a_broken_floor_is_noticed(tmp_path):
    """An import upwards fails the check: the check itself works."""
    for package in ("features", "serving", "training"):
        shutil.copytree(REPOSITORY / package, tmp_path / package)
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    spectrum = tmp_path / "features" / "spectrum.py"
    spectrum.write_text(spectrum.read_text() + "\nimport serving.card\n")
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "Three floors, one direction BROKEN" in done.stdout


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import features", {"serving", "training", "pandas", "sklearn", "lightgbm", "mlflow"}),
        (
            "import serving.classifier, serving.exam, serving.recordings",
            {"training", "mlflow", "dvc", "optuna", "bentoml"},
        ),
        ("import training.cli", {"mlflow", "bentoml", "sklearn", "lightgbm", "matplotlib"}),
        ("import training.features_stage", {"mlflow", "bentoml", "matplotlib", "lightgbm"}),
    ],
)
def test_a_floor_does_not_bring_what_it_must_not_know(statement, absent):
    """Whatever is imported on the way, these are not."""
    assert set() == imported(statement) & absent


@pytest.mark.parametrize(
    ("package", "only"),
    [
        ("mlflow", {"training/tracking.py", "training/tracking_run.py"}),
        ("optuna", {"training/search.py"}),
    ],
)
def test_few_modules_of_the_laboratory_know_each_tool(package, only):
    """Optuna stands behind one module, MLflow behind what writes runs and what finds them."""
    users = {
        str(path.relative_to(REPOSITORY))
        for floor in ("features", "serving", "training")
        for path in (REPOSITORY / floor).rglob("*.py")
        if any(
            line.strip().startswith((f"import {package}", f"from {package}"))
            for line in path.read_text(encoding="utf-8").splitlines()
        )
    }
    assert only == users
