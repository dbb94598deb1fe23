"""Following and shadow: another model serves without a new start, or answers unheard."""

import sys
import threading
import warnings
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from in_process import bentoml_store
from prometheus_client import REGISTRY

from features import ContractError, Windows
from serving import shadow as shadowing
from serving.answering import Served
from serving.following import Follower
from serving.responses import ModelInfo
from serving.shadow import Shadow


@pytest.fixture
def watched(tmp_path):
    """A pointer, what was adopted by it, and the follower that looks at it."""
    pointer, adopted = tmp_path / "latest", []

    def adopt(key):
        named = pointer.read_text(errors="replace")
        if named in ("broken", "\ufffd"):
            raise ContractError("it fails its exam")
        if named == "bug":
            raise ZeroDivisionError
        adopted.append((key, named))

    def drop(key):
        adopted.append((key, None))

    pointer.write_text("one")
    return pointer, adopted, Follower({"emg": pointer}, adopt, drop, {"emg": "one"})


def test_a_pointer_that_stays_is_left_alone(watched):
    """Looking again and again opens nothing."""
    _, adopted, follower = watched
    follower.look()
    follower.look()

    assert adopted == []


def test_what_a_pointer_comes_to_name_is_adopted_once(watched):
    """Each change is adopted at the next look, and only then."""
    pointer, adopted, follower = watched
    for name in ("two", "one"):
        pointer.write_text(name)
        follower.look()
        follower.look()

    assert adopted == [("emg", "two"), ("emg", "one")]


@pytest.mark.parametrize("broken", ["broken", "bug"])
def test_what_cannot_serve_is_passed_over_and_the_next_is_not(watched, caplog, broken):
    """A model that cannot be opened is logged once; the one before it stays until a good one."""
    pointer, adopted, follower = watched
    pointer.write_text(broken)
    follower.look()
    follower.look()
    pointer.write_text("three")
    follower.look()

    assert adopted == [("emg", "three")]
    assert 1 == sum(f"{broken} c" in record.getMessage() for record in caplog.records)


def test_what_is_no_longer_named_is_dropped(watched):
    """A pointer may go, and come back."""
    pointer, adopted, follower = watched
    pointer.unlink()
    follower.look()
    pointer.write_text("one")
    follower.look()

    assert adopted == [("emg", None), ("emg", "one")]


def test_the_log_says_who_answers_and_who_does_not(tmp_path, caplog):
    """A challenger is not taken for a champion, nor one that is gone for a service without any."""
    pointers = {role: tmp_path / role for role in ("champion", "challenger")}
    for role, pointer in pointers.items():
        drop = None if role == "champion" else lambda _: None
        follower = Follower({"emg": pointer}, lambda _: None, drop, {}, role)
        pointer.write_text("one")
        follower.look()
        pointer.unlink()
        follower.look()

    assert [record.getMessage() for record in caplog.records] == [
        "emg: champion one answers from now on",
        "emg: no champion is named any more, the one before it stays",
        "emg: challenger one answers from now on",
        "emg: no challenger answers any more",
    ]


def test_a_pointer_that_cannot_be_read_for_a_moment_changes_nothing(watched, monkeypatch):
    """Where too many files are open, what serves is not dropped and opened anew."""
    _, adopted, follower = watched

    def fail(*_, **__):
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(Path, "read_text", fail)
        follower.look()
    follower.look()

    assert adopted == []


def test_a_pointer_that_is_damaged_does_not_end_the_following(watched):
    """What is no text cannot serve; a later pointer is followed."""
    pointer, adopted, follower = watched
    pointer.write_bytes(b"\xff")
    follower.look()
    pointer.write_text("three")
    follower.look()

    assert adopted == [("emg", "three")]


def test_while_a_champion_is_adopted_requests_may_import_anything(promoted, tiny_of, monkeypatch):
    """What LightGBM is kept from at the start is there for others, as pandas is for WFDB files."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # BentoML makes types of ours its own
        from serving import service  # noqa: PLC0415

    def load_while_a_request_imports(_):
        import_module("tabnanny")
        return tiny_of("accelerometer")

    monkeypatch.delitem(sys.modules, "tabnanny", raising=False)
    monkeypatch.setattr(service, "_COMPANIONS", ("tabnanny",))
    monkeypatch.setattr(service, "load", load_while_a_request_imports)
    monkeypatch.setattr(service, "ANALYSES", SimpleNamespace())
    serving = SimpleNamespace(models={})
    with bentoml_store(promoted):
        service.Quaver.inner._adopt(serving, "accelerometer")  # noqa: SLF001

    assert list(serving.models) == ["accelerometer"]


# Shadow


def counted(name, **labels):
    """Return a count of this process."""
    return REGISTRY.get_sample_value(f"quaver_shadow_{name}_total", labels) or 0.0


def challenged_by(classifier):
    """Return what answers beside the champion."""
    info = ModelInfo(name="quaver-accelerometer", version="2", fingerprint="")
    return {"accelerometer": Served(classifier, info)}


@pytest.fixture
def windows():
    """Four windows of quiet accelerometer."""
    samples = np.random.default_rng(1).normal(0, 0.001, (4, 3, 400))
    samples[:, 2] += 1
    return Windows(samples, sampling_rate_hz=100.0, modality="accelerometer", unit="g")


def test_disagreements_are_counted_and_nothing_else_happens(tiny_of, windows):
    """A challenger that always says the opposite differs in every window; one's self in none."""
    classifier = tiny_of("accelerometer")
    answered = classifier.predict(windows)
    shadow = Shadow()
    shadow.models = challenged_by(classifier)
    before = counted("disagreements", modality="accelerometer")
    shadow.watch("accelerometer", windows, answered)
    shadow.wait()
    label = str(answered.labels[0])
    same = counted("windows", modality="accelerometer", champion=label, challenger=label)

    assert same >= 1
    assert before == counted("disagreements", modality="accelerometer")

    class Otherwise:
        def predict(self, given):
            other = classifier.predict(given)
            other.labels[:] = "clonus"
            return other

    shadow.models = challenged_by(Otherwise())
    shadow.watch("accelerometer", windows, answered)
    shadow.wait()
    differing = int((answered.labels != "clonus").sum())
    assert before + differing == counted("disagreements", modality="accelerometer")


def test_a_challenger_that_fails_harms_nobody(tiny_of, windows, caplog):
    """Its windows are passed over, counted, and the failure is logged."""
    answered = tiny_of("accelerometer").predict(windows)

    class Failing:
        def predict(self, _):
            raise ZeroDivisionError

    shadow = Shadow()
    shadow.models = challenged_by(Failing())
    before = counted("passed_over", modality="accelerometer")
    for _ in range(3):
        shadow.watch("accelerometer", windows, answered)
    shadow.wait()

    assert before + 4 * 3 == counted("passed_over", modality="accelerometer")
    assert "the challenger for accelerometer has failed" in caplog.text


@pytest.mark.parametrize(("room", "n_kept"), [(0, 0), (1, 1), (10, 10), (100, 100)])
def test_what_waits_for_a_challenger_is_limited_by_its_size(
    tiny_of, windows, monkeypatch, room, n_kept
):
    """However many batches there are, as much waits as there is room for, and no more."""
    classifier = tiny_of("accelerometer")
    answered = classifier.predict(windows)
    free = threading.Event()

    class Lagging:
        def predict(self, _):
            assert free.wait(30)
            return answered

    monkeypatch.setattr(shadowing, "MOST_WAITING_BYTES", room * windows.samples.nbytes)
    shadow = Shadow()
    shadow.models = challenged_by(Lagging())
    before = counted("passed_over", modality="accelerometer")
    for _ in range(100):
        shadow.watch("accelerometer", windows, answered)
    passed_over = counted("passed_over", modality="accelerometer") - before
    free.set()
    shadow.wait()

    assert passed_over == 4 * (100 - n_kept)


def test_without_a_challenger_nothing_is_counted(tiny_of, windows):
    """A modality that nobody challenges is left alone."""
    shadow = Shadow()
    shadow.watch("accelerometer", windows, tiny_of("accelerometer").predict(windows))
    shadow.wait()
