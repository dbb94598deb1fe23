"""Promotion: exam, gate, store and alias, in this order, and nothing changed when one says no."""

import multiprocessing
import shutil
import signal
from pathlib import Path

import bentoml
import mlflow
import numpy as np
import pandas as pd
import pytest
from in_process import bentoml_store
from killed_promotion import promote_until

from features import ConfigError, ContractError, GateError
from serving.exam import load
from training import bento_store as store
from training import promote as promoting
from training import tracking
from training.commands.compare import run_of
from training.gate import Gate, checks
from training.layout import Layout
from training.promote import challenge, promote, rollback, settle
from training.tracking import CHALLENGER, CHAMPION, Content

NAME = "quaver-accelerometer"
OPEN = Gate(
    minimum_macro_f1=0.0,
    maximum_undecided=1.0,
    maximum_calibration_error=1.0,
    minimum_mean_coverage=0.0,
)


@pytest.fixture
def home(own_registry):
    """A registry and a BentoML store of the test's own."""
    with bentoml_store(own_registry / "bentoml"):
        yield own_registry / "bentoml"


@pytest.fixture
def log(home, tiny_models):
    """Log and register the tiny model once more, with answers when some are given."""
    assert home

    def logged(answers=None):
        files = {}
        if answers is not None:
            path = home / "held_out_folds.parquet"
            answers.to_parquet(path)
            files["predictions/held_out_folds.parquet"] = path
        what = Content(name="a run", description="", params={}, figures={}, tags={}, files=files)
        return tracking.log_training(what, tiny_models["accelerometer"], NAME)

    return logged


@pytest.fixture
def logged(log):
    """A registered model."""
    return log()


def agreed():
    """Return the version that is served, which the registry calls its champion too."""
    served, champion = store.served(NAME), tracking.version_of(NAME, CHAMPION)
    assert champion == (None if served is None else served.logged)
    return None if champion is None else champion.model_version


def test_a_promoted_model_is_served_and_is_the_champion(logged, tiny_models):
    """The store holds the registered files byte by byte, and the alias points at the version."""
    assert agreed() is None

    promoted = promote(logged, OPEN)

    served = store.served(NAME)
    for file in tiny_models["accelerometer"].iterdir():
        assert file.read_bytes() == (served.directory / file.name).read_bytes()
    assert served.tag == promoted.tag == str(bentoml.models.get(f"{NAME}:latest").tag)
    assert served.logged == logged
    assert agreed() == logged.model_version


def test_promoting_twice_stores_once(logged):
    """What is served already is not stored again."""
    assert promote(logged, OPEN).tag == promote(logged, OPEN).tag
    assert len(bentoml.models.list(NAME)) == 1


def test_an_alias_that_was_moved_by_hand_is_told_and_put_right(log, capsys):
    """It moves no model: who compares with the champion is told which one serves."""
    first, second = log(), log()
    promote(first, OPEN)
    assert run_of("accelerometer:champion", Layout()) == first.run_id
    assert "the registry calls" not in capsys.readouterr().err

    tracking.set_alias(NAME, "champion", second.model_version)
    assert run_of("accelerometer:champion", Layout()) == second.run_id
    told = capsys.readouterr().err
    assert f"calls version 2 of {NAME} champion, but what serves here is version 1: " in told

    promote(first, OPEN)
    assert agreed() == first.model_version


def test_a_champion_that_there_is_not_is_said_to_be_missing(logged):
    """Before the first promotion nothing can be compared, and `champion` is no run's id."""
    sentence = f"{NAME} has no version and no alias 'champion'; run `quaver promote"
    with pytest.raises(ConfigError, match=sentence):
        run_of("champion", Layout(), beside=logged.run_id)
    with pytest.raises(ConfigError, match=sentence):
        run_of("accelerometer:champion", Layout())


def test_a_stored_model_that_was_altered_is_stored_anew(logged):
    """A damaged copy in the store does not pass for the model."""
    before = promote(logged, OPEN).tag
    path = store.served(NAME).directory / "card.json"
    path.chmod(0o644)
    path.write_text(path.read_text() + " ")

    assert before != promote(logged, OPEN).tag
    load(store.served(NAME).directory)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"minimum_macro_f1": 1.0}, r"not macro F1 of decided windows 0\.\d+ >= 1"),
        ({"minimum_f1": {"tremor": 1.0}}, r"not F1 of tremor 0\.\d+ >= 1"),
        ({"maximum_undecided": 0.0}, r"not share undecided 0\.\d+ <= 0"),
        ({"maximum_calibration_error": 0.0}, r"not expected calibration error 0\.\d+ <= 0"),
        ({"minimum_mean_coverage": 1.0}, r"not mean coverage 0\.\d+ >= 1"),
        ({"maximum_window_ms": 1e-6}, r"not one window in \d+\.\d ms <= 1e-06 ms"),
    ],
)
def test_a_model_that_fails_the_gate_changes_nothing(logged, change, sentence):
    """Each limit can refuse, with status 3, and neither store nor alias has moved."""
    with pytest.raises(GateError, match=sentence) as refused:
        promote(logged, OPEN.model_copy(update=change))

    assert refused.value.exit_code == 3
    assert agreed() is None
    assert bentoml.models.list() == []


def test_every_check_is_told_and_every_one_that_failed_is_named(logged):
    """One refusal names all that is missing; what passed was said too."""
    gate = OPEN.model_copy(update={"minimum_macro_f1": 1.0, "minimum_mean_coverage": 1.0})
    lines = []
    with pytest.raises(GateError, match=r"not macro F1 .*; not mean coverage"):
        promote(logged, gate, lambda check: lines.append(str(check)))

    assert lines[0] == "passed  exam"
    assert ["passed", "FAILED", "passed", "passed", "FAILED"] == [line[:6] for line in lines]


def test_a_class_that_the_model_does_not_have_is_not_asked_for(tiny_of, tiny_models):
    """One gate serves all modalities, of which some know fewer classes."""
    gate = OPEN.model_copy(update={"minimum_f1": {"fasciculation": 1.0}})
    directory = tiny_models["accelerometer"]

    assert all(check.passed for check in checks(tiny_of("accelerometer"), directory, gate))


def answers(share, group="a", n=60):
    """Answers of which a share of those to tremor is right, the rest of them rest."""
    labels = np.array(["tremor", "rest"] * (n // 2))
    right = np.arange(n) < share * n
    given = np.where(right, labels, "rest")
    frame = {
        "window_id": [f"w{i}" for i in range(n)], "data_set": "simulated",
        "group": [f"{group}{i % 6}" for i in range(n)], "label": labels, "answer": given,
        "reason": "", "candidates": given,
        "p_tremor": np.where(given == "tremor", 0.9, 0.1),
        "p_rest": np.where(given == "tremor", 0.1, 0.9),
    }  # fmt: skip
    return pd.DataFrame(frame)


def test_a_model_that_is_worse_than_the_champion_is_refused(log):
    """A class that loses more than the margin on the champion's own windows keeps it in service."""
    margin = OPEN.model_copy(update={"maximum_loss": 0.05})
    first = log(answers(1.0))
    promote(first, margin)

    worse = r"not F1 of tremor against the champion's, simulated: -0\.\d+ \(.* to .*\) >= -0\.05"
    with pytest.raises(GateError, match=worse):
        promote(log(answers(0.7)), margin)
    assert agreed() == first.model_version

    as_good = log(answers(0.98))
    promote(as_good, margin)
    assert agreed() == as_good.model_version


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        (None, "has kept no answers to held-out windows"),
        (answers(1.0, group="b"), "0 subjects in common of 6 and 6"),
    ],
)
def test_a_model_that_cannot_be_compared_is_refused(log, other, sentence):
    """Where champion and candidate share no held-out subjects, nobody knows who is better."""
    margin = OPEN.model_copy(update={"maximum_loss": 0.05})
    first = log(answers(1.0))
    promote(first, margin)

    with pytest.raises(GateError, match=f"not compared with the champion: .*{sentence}"):
        promote(log(other), margin)
    assert agreed() == first.model_version


def test_a_model_that_is_compared_on_look_alikes_alone_is_refused(log):
    """Where no answer can be right, nobody knows who is better either."""
    margin = OPEN.model_copy(update={"maximum_loss": 0.05})
    alike = answers(1.0).assign(label="cramp")
    first = log(alike)
    promote(first, margin)

    with pytest.raises(GateError, match="not compared with the champion: no window that both"):
        promote(log(alike), margin)
    assert agreed() == first.model_version


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

    assert agreed() is None


def test_a_promotion_that_dies_leaves_the_old_champion_served(log, home, monkeypatch):
    """Killed after any step, it is taken back by the next command; after the last, it holds."""
    first, second = log(), log()
    promote(first, OPEN)
    uri = tracking.connect()
    # The server of forks imports what takes long once; it finds it by the environment alone.
    here = Path(__file__).parent
    monkeypatch.setenv("PYTHONPATH", f"{here}:{here.parent}")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["killed_promotion"])
    for step in ("announced", "stored", "registered", "served"):
        arguments = (step, second, OPEN, uri, home)
        dying = context.Process(target=promote_until, args=arguments)
        dying.start()
        dying.join(120)

        assert dying.exitcode == -signal.SIGKILL
        served = store.served(NAME).logged.model_version
        assert served == (second if step == "served" else first).model_version
        said = settle(NAME)
        assert agreed() == served
        assert (said is None) == (step == "served")
        assert len(bentoml.models.list(NAME)) == (2 if step == "served" else 1)
    assert settle(NAME) is None


def test_a_first_promotion_that_dies_leaves_nothing_served(log, monkeypatch):
    """With no champion before it, there is none after it, in registry and store."""

    def dying(change):
        for name in whole(change):
            if name == "registered":
                raise KeyboardInterrupt
            yield name

    whole = promoting.steps
    monkeypatch.setattr(promoting, "steps", dying)
    with pytest.raises(KeyboardInterrupt):
        promote(log(), OPEN)

    assert settle(NAME).endswith("none is served, as before it")
    assert agreed() is None
    assert bentoml.models.list() == []


def test_two_promotions_at_once_are_one_too_many(logged):
    """The second is told that another one is at work."""
    with store.alone(), pytest.raises(ConfigError, match="another promotion is at work"):
        promote(logged, OPEN)

    assert agreed() is None


def test_rolling_back_goes_from_champion_to_champion(log):
    """Each rollback goes one further back, to the first, and the registry goes with it."""
    versions = [log() for _ in range(3)]
    for logged in versions:
        promote(logged, OPEN)

    for logged in versions[1::-1]:
        assert rollback("accelerometer").logged == logged
        assert agreed() == logged.model_version
    with pytest.raises(ConfigError, match="is the first model served for accelerometer; there is"):
        rollback("accelerometer")
    assert agreed() == versions[0].model_version


def test_what_is_promoted_after_a_rollback_goes_back_to_where_it_was(log):
    """A rollback is forgotten by the next promotion: back goes to what that replaced."""
    first, second, third = log(), log(), log()
    promote(first, OPEN)
    promote(second, OPEN)
    rollback("accelerometer")
    promote(third, OPEN)

    assert rollback("accelerometer").logged == first


def test_a_version_that_was_deleted_is_passed_over(log):
    """Back goes to the one before it; where there is none, nothing changes and nothing is left."""
    first, second, third = log(), log(), log()
    for logged in (first, second, third):
        promote(logged, OPEN)
    client = mlflow.MlflowClient()

    client.delete_model_version(NAME, second.model_version)
    back = rollback("accelerometer")
    assert (back.logged, back.passed_over) == (first, (f"version {second.model_version}",))
    assert agreed() == first.model_version

    promote(third, OPEN)
    client.delete_model_version(NAME, first.model_version)
    with pytest.raises(ConfigError, match="version 1 is not in the registry any more; there"):
        rollback("accelerometer")
    assert agreed() == third.model_version
    assert settle(NAME) is None


def another_registry(monkeypatch, own_registry, empty_registry):
    """From now on, track in another database, as when a server takes the place of a file."""
    other = shutil.copy(empty_registry, own_registry / "other.db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{other}")
    tracking.connect()


def test_versions_of_another_registry_are_not_gone_back_to(
    log, monkeypatch, own_registry, empty_registry
):
    """Its version 1 is another model, which the alias would name while the older one served."""
    promote(log(), OPEN)
    another_registry(monkeypatch, own_registry, empty_registry)
    second = log()
    promote(second, OPEN)

    assert second.model_version == "1"
    with pytest.raises(ConfigError, match="version 1 is not in the registry any more; there is"):
        rollback("accelerometer")
    assert store.served(NAME).logged == tracking.version_of(NAME, CHAMPION) == second


def test_a_promotion_that_dies_after_a_change_of_registry_is_taken_back(
    log, monkeypatch, own_registry, empty_registry
):
    """What served goes on; the new registry, which does not know it, has no champion."""
    first, _ = log(), log()
    promote(first, OPEN)
    another_registry(monkeypatch, own_registry, empty_registry)
    second = log()
    whole = promoting.steps

    def dying(change):
        for name in whole(change):
            if name == "registered":
                raise KeyboardInterrupt
            yield name

    monkeypatch.setattr(promoting, "steps", dying)
    with pytest.raises(KeyboardInterrupt):
        promote(second, OPEN)

    assert settle(NAME).endswith("version 1 serves, as before it")
    assert store.served(NAME).logged == first
    assert tracking.version_of(NAME, CHAMPION) is None


def test_a_promotion_that_the_registry_refuses_is_taken_back_at_once(log, monkeypatch):
    """The next command does not find it as one that was interrupted."""
    first, second = log(), log()
    promote(first, OPEN)
    kept, was_deleted = tracking.set_alias, []

    def deleted_meanwhile(name, alias, version):
        if not was_deleted:
            was_deleted.append(version)
            mlflow.MlflowClient().delete_model_version(name, version)
        kept(name, alias, version)

    monkeypatch.setattr(tracking, "set_alias", deleted_meanwhile)
    with pytest.raises(ConfigError, match="refused"):
        promote(second, OPEN)
    assert was_deleted == [second.model_version]
    assert settle(NAME) is None
    assert agreed() == first.model_version


def test_nothing_served_cannot_be_rolled_back(home):
    """The sentence says what to do first."""
    assert home
    with pytest.raises(ConfigError, match="no model for emg is served; run `quaver promote emg`"):
        rollback("emg")


def test_a_challenger_waits_beside_the_champion(log):
    """It has its own alias and its own place in the store, and changes nothing for the champion."""
    champion, other, last = log(), log(), log()
    promote(champion, OPEN)
    challenge(other)
    challenge(last)

    assert agreed() == champion.model_version
    assert tracking.version_of(NAME, CHALLENGER) == last
    assert store.served(NAME, f"{NAME}-challenger").logged == last
    assert len(bentoml.models.list(f"{NAME}-challenger")) == 1


def test_a_challenger_that_is_promoted_is_one_no_longer(log):
    """As champion it does not answer beside itself."""
    logged = log()
    challenge(logged)
    promote(logged, OPEN)

    assert tracking.version_of(NAME, CHALLENGER) is None
    assert store.served(NAME, f"{NAME}-challenger") is None
    assert agreed() == logged.model_version
