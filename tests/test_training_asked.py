"""What options of a command say of a file and of a model."""

from datetime import datetime
from types import SimpleNamespace

import pytest

from features import ConfigError, SignalError
from serving.recordings import read_recording
from training import tracking
from training.commands import asked
from training.layout import Layout
from training.tracking import Logged


def given(**options):
    return {
        "modality": "emg",
        "unit": "uV",
        **{name.replace("_", "-"): each for name, each in options.items()},
    }


@pytest.mark.parametrize("option", ["columns", "time_column"])
def test_a_column_of_digits_is_a_name_before_it_is_a_number(tmp_path, option):
    """The column that is called 1 is meant by 1, wherever it stands; digits that are no name count.

    The second column here is called 2, the third 1.
    """
    rows = (f"{i % 3},{i % 5},{i / 1000},7" for i in range(100))
    (tmp_path / "a.csv").write_text("\n".join(["0,2,1,ref", *rows]))
    said = {"columns": "1,3", "rate": 1000.0} if option == "columns" else {"columns": "0,3"}
    mapping = asked.mapping_of(None, given(**{option: "1"} | said))

    back = read_recording(tmp_path / "a.csv", mapping)

    assert back.channel_names == (("1", "ref") if option == "columns" else ("0", "ref"))
    assert back.sampling_rate_hz == pytest.approx(1000.0)


def test_columns_may_be_a_list_whose_names_hold_commas(tmp_path):
    """A list in JSON is read as the service reads it: texts are names, whole numbers places."""
    (tmp_path / "a.csv").write_text("\n".join(['"EMG, left",0,x', *["1,2,3"] * 100]))
    mapping = asked.mapping_of(None, given(columns='["EMG, left", 2]', rate=1000.0))

    assert read_recording(tmp_path / "a.csv", mapping).channel_names == ("EMG, left", "x")
    with pytest.raises(SignalError, match="begin as a list in JSON and are none"):
        asked.mapping_of(None, given(columns="[0", rate=1000.0))


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("rate", 0.0, "--rate is 0.0; it must be greater than 0"),
        ("time_unit", "min", "--time-unit is 'min'; it must be 's', 'ms'"),
    ],
)
def test_an_option_that_cannot_be_is_told_by_its_own_name(option, value, sentence):
    """Who wrote --rate reads of --rate, and what was written."""
    said = {"time_column": "t"} if option == "time_unit" else {}
    with pytest.raises(SignalError, match=f"^{sentence}"):
        asked.mapping_of(None, given(**said, **{option: value}))


def timed(path, *times):
    """Write a sample for each time."""
    path.write_text("\n".join(["t,x", *(f"{time},{i % 7}" for i, time in enumerate(times))]))
    return path


@pytest.mark.parametrize(("unit", "per_second"), [(None, 1.0), ("s", 1.0), ("ms", 1e3)])
def test_times_count_in_seconds_unless_another_unit_is_given(tmp_path, unit, per_second):
    """Numbers without a unit are seconds on the command line."""
    path = timed(tmp_path / "a.csv", *(i / 1000 * per_second for i in range(100)))

    back = read_recording(path, asked.mapping_of(None, given(time_column="t", time_unit=unit)))

    assert back.sampling_rate_hz == pytest.approx(1000.0)


@pytest.mark.parametrize("unit", [None, "iso"])
def test_dates_need_no_unit(tmp_path, unit):
    """They say what they are; the first is the start of the recording."""
    path = timed(tmp_path / "a.csv", *(f"2024-05-01T10:00:00.{i:03}" for i in range(100)))

    back = read_recording(path, asked.mapping_of(None, given(time_column="t", time_unit=unit)))

    assert back.sampling_rate_hz == pytest.approx(1000.0)
    assert back.start_time == datetime(2024, 5, 1, 10)  # noqa: DTZ001 (the file names no zone)


@pytest.mark.parametrize(
    ("time", "unit", "sentence"),
    [
        ("2024-05-01T10:00:00.{:03}", "s", "time_unit is 's', but column 't' holds no numbers"),
        ("{}", "iso", "time_unit is 'iso'; column 't' holds numbers"),
    ],
)
def test_a_unit_that_the_times_do_not_have_is_refused(tmp_path, time, unit, sentence):
    """What is said must agree with what the column holds."""
    path = timed(tmp_path / "a.csv", *(time.format(i) for i in range(100)))

    with pytest.raises(SignalError, match=sentence):
        read_recording(path, asked.mapping_of(None, given(time_column="t", time_unit=unit)))


def test_a_unit_of_times_needs_a_column_of_times():
    with pytest.raises(ConfigError, match="--time-unit is of a column of times"):
        asked.mapping_of(None, given(time_unit="ms"))


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
