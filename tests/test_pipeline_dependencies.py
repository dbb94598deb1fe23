"""dvc.yaml: what decides a model is something its stage depends on."""

import ast
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]

# Parts that cannot change a model: how a configuration is read (its values are parameters), what a
# table and a run look like, threads, and what is written down of data and commit.
NO_PART_OF_A_MODEL = {
    "serving/threads.py",
    "training/config.py",
    "training/foreign.py",  # decides the features of a table, where it is a dependency
    "training/provenance.py",
    "training/table.py",
}


def imported_by(path: str) -> set[str]:
    """The project's own modules of models that a module imports, as paths."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    names = {
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for name in (node.module, *(f"{node.module}.{each.name}" for each in node.names))
    }
    paths = {f"{name.replace('.', '/')}.py" for name in names}
    return {each for each in paths if each.split("/")[0] in ("serving", "training")} & {
        str(each.relative_to(ROOT)) for part in ("serving", "training") for each in part_of(part)
    }


def part_of(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


@pytest.mark.parametrize(
    "path",
    ["serving/classifier.py", "training/fit.py", "training/train.py", "training/evaluate.py"],
)
def test_whatever_decides_a_model_makes_training_run_again(path):
    known = set(STAGES["train"]["deps"])
    assert path in known
    assert imported_by(path) - known - NO_PART_OF_A_MODEL == set()


@pytest.mark.parametrize("stage", ["features", "evaluate"])
def test_whatever_decides_the_labels_of_windows_makes_them_read_again(stage):
    """Of people who are judged as of those who are trained on: a label is what is counted."""
    known = set(STAGES[stage]["deps"])
    assert {"training/datasets", "training/features_stage.py", "training/semireal"} <= known


@pytest.mark.parametrize("stage", STAGES)
def test_every_dependency_on_code_is_there(stage):
    for path in STAGES[stage]["deps"]:
        if "$" not in path:
            assert (ROOT / path).exists(), path
