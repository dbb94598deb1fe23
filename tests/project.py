"""A project of its own: a copy of the code in a folder with a space, with little to do."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).parents[1]
PACKAGES = ("features", "serving", "training")
FILES = (
    "Makefile",
    "README.md",
    "LICENSE",
    "constraints.txt",
    "dvc.yaml",
    ".dvcignore",
    "pyproject.toml",
)

TINY = {
    "rest": 1,
    "fasciculation": 2,
    "tremor": 1,
    "clonus_sustained": 1,
    "clonus_unsustained": 1,
    "voluntary": 3,
    "contraction": 1,
}


def copy_project(folder: Path) -> Path:
    """Copy the code, compiled kernels included, and configurations made small."""
    folder.mkdir(parents=True)
    for package in PACKAGES:
        # With its times, by which compiled kernels know that they are still of this source.
        shutil.copytree(REPOSITORY / package, folder / package)
    shutil.copytree(REPOSITORY / "configs", folder / "configs")
    for name in FILES:
        shutil.copy2(REPOSITORY / name, folder / name)
    _shrink(folder / "configs")
    (folder / ".dvc").mkdir()
    (folder / ".dvc" / "config").write_text(
        "[core]\n    no_scm = true\n    analytics = false\n    check_update = false\n"
    )
    return folder


def change_yaml(path: Path, change) -> None:
    """Change a YAML file in place."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def _shrink(configs: Path) -> None:
    def fewer_people(content):
        content["duration_s"] = 16.0
        for name, population in content["populations"].items():
            people = {"train": 3, "lookalikes": 1, "test": 1}[name]
            recordings = {"hemifacial_spasm": 1} if name == "lookalikes" else TINY
            population |= {"sites": 2, "people_per_site": people, "recordings": recordings}

    def fewer_trees(content):
        content["training"] |= {
            "folds": 3,
            "novelty_prototypes": 100,
            "bootstrap_samples": 20,
            "conformal_level": 0.9,
        }
        content["training"]["booster"] |= {"num_iterations": 10, "min_data_in_leaf": 5}
        content["outliers"]["foreign_each"] = 2

    change_yaml(configs / "simulate.yaml", fewer_people)
    for modality in ("emg", "accelerometer", "gyroscope"):
        change_yaml(configs / f"{modality}.yaml", fewer_trees)
    gate = {
        "minimum_macro_f1": 0.0,
        "maximum_undecided": 1.0,
        "maximum_calibration_error": 1.0,
        "minimum_mean_coverage": 0.0,
    }
    (configs / "promote.yaml").write_text(yaml.safe_dump(gate), encoding="utf-8")


def run(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a Python module in a project: ``run(folder, "training", "train", "emg")``."""
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder,
        env=clean_environment() | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def clean_environment() -> dict[str, str]:
    """Return the environment without what would lead a project to stores that are not its own."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MLFLOW_", "BENTOML_", "QUAVER_", "MAKE", "MFLAGS"))
    }
    clean["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{clean['PATH']}"
    return clean
