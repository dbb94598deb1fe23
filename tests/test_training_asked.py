"""What options of a command say of a file and of a model."""

from types import SimpleNamespace

import pytest

from features import ConfigError, SignalError
from serving.recordings import read_recording
from training import tracking
from training.commands import asked
from training.layout import Layout
from training.tracking import Logged


def given(**options):
    return {"modality": "emg", **{name.replace("_", "-"): each for name, each in options.items()}}


@pytest.mark.parametrize("option", ["columns", "time_column"])
def test_a_column_of_digits_is_a_name_before_it_is_a_number(tmp_path, option):
    """The column that is called 1 is meant by 1, wherever it stands; digits that are no name count.

    The second column here is called 2, the third 1.
    """
    rows = (f"{i % 3},{i % 5},{i / 1000},7" for i in range(100))
    (tmp_path / "a.csv").write_text("\n".join(["0,2,1,ref", *rows]))
    said = {"columns": "1,3", "rate": 1000.0} if option == "columns" else {"columns": "0,3"}
    mapping = asked.mapping_of(None, given(unit="uV", **{option: "1"} | said))

    back = read_recording(tmp_path / "a.csv", mapping)

    assert back.channel_names == (("1", "ref") if option == "columns" else ("0", "ref"))
    assert back.sampling_rate_hz == pytest.approx(1000.0)


@pytest.mark.parametrize(("unit", "expected"), [(None, "s"), ("ms", "ms"), ("iso", "iso")])
def test_times_count_in_seconds_unless_another_unit_is_given(unit, expected):
    mapping = asked.mapping_of(None, given(time_column="t", time_unit=unit))
    assert (mapping.time_column, mapping.time_unit) == ("t", expected)


def test_a_unit_of_times_needs_a_column_of_times():
    with pytest.raises(ConfigError, match="--time-unit is of a column of times"):
        asked.mapping_of(None, given(time_unit="ms"))


def test_a_unit_of_times_that_is_none_is_refused():
    with pytest.raises(SignalError, match=r"time_unit: .*'ms'"):
        asked.mapping_of(None, given(time_column="t", time_unit="weeks"))


def test_the_version_is_that_of_the_model_that_answers(monkeypatch, tiny_models):
    """The served model says which it is; one named by its folder has no version."""
    folder = tiny_models["emg"]
    stored = SimpleNamespace(labels={"version": "7"}, directory=folder)
    monkeypatch.setattr(asked.bento_store, "served", {"quaver-emg": stored}.get)
    layout = Layout(folder / "nowhere")

    assert asked.chosen_for("emg", None, layout).version == "7"
    assert asked.chosen_for("emg", folder, layout).version == ""
    with pytest.raises(ConfigError, match="there is no model for gyroscope: none is promoted"):
        asked.chosen_for("gyroscope", None, layout)


def test_a_model_whose_files_are_gone_is_named(monkeypatch, tmp_path):
    """What was deleted or moved by hand is told in a sentence, not by a traceback."""
    monkeypatch.setattr(
        tracking.mlflow.artifacts, "download_artifacts", lambda *_, dst_path: dst_path
    )
    with pytest.raises(ConfigError, match=r"files of quaver-emg version 7 are gone .*run abc"):
        tracking.fetch_classifier(Logged("abc", "quaver-emg", "7"), tmp_path)
