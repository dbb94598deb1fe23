"""The train stage: model, report and the name of the run change together."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from training import training_stage
from training.layout import Layout

MODALITY = "emg"


class Ended(BaseException):
    """Stands for a process that is killed."""


@pytest.fixture
def keep(tmp_path):
    """Put a training of a name into a project; each of its folders has two files."""
    layout = Layout(tmp_path / "project")

    def kept(name):
        made = {}
        for part in ("model", "report"):
            made[part] = tmp_path / "made" / name / part
            made[part].mkdir(parents=True, exist_ok=True)
            for file in ("a", "b"):
                (made[part] / file).write_text(name)
        training_stage._keep(made["model"], made["report"], {"run_id": name}, layout, MODALITY)  # noqa: SLF001

    kept.layout = layout
    return kept


def state(layout):
    """Return whose the model is, nobody's when it is not there, and which run is named."""
    files = [path.read_text() for path in sorted(layout.model(MODALITY).glob("*"))]
    assert files in ([], ["one"] * 2, ["two"] * 2), "a model of two, or half of one"
    run = (layout.reports(MODALITY) / "run.json").read_text()
    return files[0] if files else "", "two" if "two" in run else "one"


def test_a_training_leaves_its_own_and_nothing_beside_it(keep):
    for name in ("one", "two"):
        keep(name)
        assert state(keep.layout) == (name, name)
        assert (keep.layout.reports(MODALITY) / "train" / "a").read_text() == name
    files = {path.name for path in keep.layout.root.rglob("*")}
    assert files == {"models", "reports", ".emg.lock", "emg", "train", "run.json", "a", "b"}


def test_of_two_trainings_that_end_at_once_one_is_kept_whole(keep):
    """Whoever comes last; neither finds the other's copies."""
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(keep, ["one", "two"] * 20))
    model, run = state(keep.layout)
    assert model == run


@pytest.mark.parametrize(
    ("step", "after"),
    [*((step, ("one", "one")) for step in range(6)), (6, ("", "one")), (7, ("two", "one"))],
)
def test_whenever_it_ends_no_model_is_taken_for_that_of_another_run(keep, monkeypatch, step, after):
    """Copies and the first renames leave all as it was; then none is there, or one that is seen."""
    keep("one")
    left = [step]
    with monkeypatch.context() as patched:
        for owner, name in ((shutil, "copytree"), (Path, "rename"), (Path, "replace")):
            patched.setattr(owner, name, dying(getattr(owner, name), left))
        with pytest.raises(Ended):
            keep("two")
    assert after == state(keep.layout)

    keep("two")
    assert state(keep.layout) == ("two", "two")


def dying(original, left):
    """Return a call that ends the process instead, when it is its turn."""

    def call(*given, **named):
        if left[0] == 0:
            raise Ended
        left[0] -= 1
        return original(*given, **named)

    return call
