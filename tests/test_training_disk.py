"""A disk that is full, or shut: one sentence and status 2, whatever wanted to write."""

import resource
import shutil

import pandas as pd
import pytest

from training import bento_store, cli
from training.layout import write_json

LARGEST_BYTES = 4096


@pytest.fixture
def full():
    """A disk that takes no file of more than 4 KiB, until the test has ended."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill():
        resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_BYTES, before[1]))

    yield fill
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def json_file(folder):
    """Write what a stage writes about itself."""
    return lambda: write_json(folder / "report.json", {"numbers": list(range(9999))})


def table(folder):
    """Write what a stage hands on."""
    frame = pd.DataFrame({"x": range(9999)})
    return lambda: frame.to_parquet(folder / "features.parquet")


def many_files(folder):
    """Copy a folder, which tells all its errors at once."""
    (folder / "model").mkdir()
    (folder / "model" / "booster.txt").write_text("tree" * LARGEST_BYTES)
    return lambda: shutil.copytree(folder / "model", folder / "copy")


def told(monkeypatch, capsys, command):
    """Run a command that ends with status 2; return its sentence."""
    monkeypatch.setattr(cli, "app", command)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    return capsys.readouterr().err


@pytest.mark.parametrize("what", [json_file, table, many_files])
def test_a_full_disk_is_told_in_one_sentence(monkeypatch, capsys, tmp_path, full, what):
    """No traceback: the caller can put this right."""
    monkeypatch.chdir(tmp_path)
    command = what(tmp_path)
    full()
    said = told(monkeypatch, capsys, command)

    assert said.startswith("quaver: ")
    assert said.endswith("File too large; make room, and run the same command again\n")
    if what is many_files:
        assert f"{tmp_path}/copy/booster.txt: " in said


@pytest.mark.parametrize("error", [PermissionError, OSError])
def test_a_folder_that_is_shut_is_named(monkeypatch, capsys, tmp_path, error):
    """Where nobody may write, the place is told."""
    monkeypatch.chdir(tmp_path)

    def command():
        raise error(13 if error is PermissionError else 30, "no", "models/emg")

    said = told(monkeypatch, capsys, command)
    assert said.startswith("quaver: models/emg: ")
    assert "see that this user may read and write there" in said


def test_another_error_of_the_system_is_not_explained_away(monkeypatch, tmp_path):
    """What the caller cannot put right stays an error of ours."""
    monkeypatch.chdir(tmp_path)

    def command():
        raise OSError(5, "Input/output error", "models/emg")

    monkeypatch.setattr(cli, "app", command)
    with pytest.raises(OSError, match="Input/output"):
        cli.main()


def test_what_a_promotion_that_died_has_left_aside_is_removed_by_the_next(
    monkeypatch, tmp_path, tiny_models, tiny_of
):
    """It would lie in the store for ever, and take the room that is missing."""
    from in_process import bentoml_store  # noqa: PLC0415  (BentoML takes seconds)

    monkeypatch.chdir(tmp_path)
    arguments = (tiny_models["emg"], tiny_of("emg").card, {}, "quaver-emg")
    with bentoml_store(tmp_path / "bentoml"):
        died = bento_store.stage(*arguments)
        place = bento_store.stage(*arguments)
        aside = bento_store.own_folder() / "aside" / "quaver-emg"

        assert place != died
        assert [place] == [each.name for each in aside.iterdir() if each.is_dir()]
