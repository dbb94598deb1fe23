"""Golden values: twelve frozen windows, and what every column has said of them ever since."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from features import MODALITIES

HERE = Path(__file__).parent / "golden"
HOW = "then run `python tests/golden/regenerate.py`"


def load_regenerate():
    """Import the script that writes the files, which is in no package."""
    described = importlib.util.spec_from_file_location("regenerate", HERE / "regenerate.py")
    module = importlib.util.module_from_spec(described)
    described.loader.exec_module(module)
    return module


regenerate = load_regenerate()
each_modality = pytest.mark.parametrize("modality", MODALITIES)


@each_modality
def test_no_value_moves_without_a_raised_version(modality):
    """A column that says something else than before is another column: its version tells so."""
    moved = sorted(regenerate.moved(modality))

    assert moved == [], f"{modality}: raise `version` where these are declared, {HOW}: {moved}"


@each_modality
def test_the_golden_file_is_that_of_the_catalogue(modality):
    """Columns and versions on file are those of the code, in their order."""
    now = {column: version for column, (version, _) in regenerate.current(modality).items()}
    before = {column: version for column, (version, _) in regenerate.stored(modality).items()}

    assert list(before.items()) == list(now.items()), f"columns or versions changed: {HOW}"


@each_modality
def test_golden_values_say_something(modality):
    """No column is undefined throughout, and few are the same for every window."""
    values = np.stack([values for _, values in regenerate.stored(modality).values()])

    assert values.shape[1] == 4
    assert np.isfinite(values).any(axis=1).all()
    constant = np.ptp(np.nan_to_num(values), axis=1) == 0
    assert constant.mean() < 0.1


def test_a_moved_value_is_noticed(monkeypatch):
    """The comparison would see a change of a hundred-thousandth, and a NaN that came or went."""
    before = regenerate.stored("emg")
    name = "mean_frequency"
    for change in (1 + 1e-5, np.nan):
        version, values = before[name]
        changed = before | {name: (version, values * change)}
        monkeypatch.setattr(regenerate, "stored", lambda _, c=changed: c)

        assert [name] == regenerate.moved("emg")
        raised = before | {name: (version - 1, values * change)}
        monkeypatch.setattr(regenerate, "stored", lambda _, r=raised: r)
        assert regenerate.moved("emg") == []


def test_golden_windows_are_small_and_finite():
    """Twelve windows in single precision, four of each modality, without a pickle."""
    with np.load(HERE / "windows.npz", allow_pickle=False) as frozen:
        kinds = [tuple(key.split("|")[:2]) for key in frozen.files]
        for key in frozen.files:
            assert np.float32 == frozen[key].dtype
            assert np.isfinite(frozen[key]).all()

    assert len(set(kinds)) == 12
    assert (HERE / "windows.npz").stat().st_size < 200_000
