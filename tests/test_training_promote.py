"""Promotion: exam, gate, store and alias, in this order, and nothing changed when one says no."""

import bentoml
import pytest
from in_process import bentoml_store

from features import ContractError, GateError
from serving.exam import load
from training import promote as promoting
from training import tracking
from training.promote import Gate, pass_gate, promote, served_directory
from training.tracking import Content

OPEN = Gate(
    minimum_macro_f1=0.0,
    maximum_undecided=1.0,
    maximum_calibration_error=1.0,
    minimum_mean_coverage=0.0,
)


@pytest.fixture
def logged(tiny_models, tmp_path, monkeypatch):
    """A tiny model that was logged and registered, with stores of the test's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    tracking.connect()
    what = Content(name="a run", description="", params={}, figures={}, tags={}, files={})
    with bentoml_store(tmp_path / "bentoml"):
        yield tracking.log_training(what, tiny_models["accelerometer"], "quaver-accelerometer")


def test_a_promoted_model_is_served_and_is_the_champion(logged, tiny_models):
    """The store holds the registered files byte by byte, and the alias points at the version."""
    assert served_directory("quaver-accelerometer") is None

    promoted = promote(logged, OPEN)

    served = served_directory("quaver-accelerometer")
    for file in tiny_models["accelerometer"].iterdir():
        assert file.read_bytes() == (served / file.name).read_bytes()
    labels = bentoml.models.get(promoted.tag).info.labels
    assert labels["run_id"] == logged.run_id
    assert labels["version"] == logged.model_version
    assert tracking.champion("quaver-accelerometer") == logged


def test_promoting_twice_stores_once(logged):
    """What is served already is not stored again."""
    assert promote(logged, OPEN).tag == promote(logged, OPEN).tag
    assert len(bentoml.models.list("quaver-accelerometer")) == 1


def test_a_stored_model_that_was_altered_is_stored_anew(logged):
    """A damaged copy in the store does not pass for the model."""
    before = promote(logged, OPEN).tag
    path = served_directory("quaver-accelerometer") / "card.json"
    path.chmod(0o644)
    path.write_text(path.read_text() + " ")

    assert before != promote(logged, OPEN).tag
    load(served_directory("quaver-accelerometer"))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"minimum_macro_f1": 1.0}, r"not macro F1 of decided windows 0\.\d+ >= 1"),
        ({"maximum_undecided": 0.0}, r"not share undecided 0\.\d+ <= 0"),
        ({"maximum_calibration_error": 0.0}, r"not expected calibration error 0\.\d+ <= 0"),
        ({"minimum_mean_coverage": 1.0}, r"not mean coverage 0\.\d+ >= 1"),
    ],
)
def test_a_model_that_fails_the_gate_changes_nothing(logged, change, sentence):
    """Each limit can refuse, with status 3, and neither store nor alias has moved."""
    with pytest.raises(GateError, match=sentence) as refused:
        promote(logged, OPEN.model_copy(update=change))

    assert refused.value.exit_code == 3
    assert served_directory("quaver-accelerometer") is None
    assert tracking.champion("quaver-accelerometer") is None


def test_every_limit_that_failed_is_named(tiny_of):
    """One refusal names all that is missing."""
    gate = OPEN.model_copy(update={"minimum_macro_f1": 1.0, "minimum_mean_coverage": 1.0})
    with pytest.raises(GateError, match=r"not macro F1 .*; not mean coverage"):
        pass_gate(tiny_of("accelerometer").card, gate)


def test_a_model_that_fails_its_exam_changes_nothing(logged, monkeypatch):
    """An altered registered model is refused before the store is touched."""
    fetch = tracking.fetch_classifier

    def damaged(logged, folder):
        directory = fetch(logged, folder)
        path = directory / "booster.txt"
        path.write_text(path.read_text().replace("leaf_value=", "leaf_value=9", 1))
        return directory

    monkeypatch.setattr(promoting.tracking, "fetch_classifier", damaged)
    with pytest.raises(ContractError, match=r"booster\.txt has not the checksum"):
        promote(logged, OPEN)

    assert served_directory("quaver-accelerometer") is None
    assert tracking.champion("quaver-accelerometer") is None
