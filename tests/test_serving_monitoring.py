"""Monitoring: answers, shares and shifts as they come into the metrics."""

import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from time import monotonic, sleep
from types import SimpleNamespace

import numpy as np
import pytest
from prometheus_client import REGISTRY

from features import SignalError, Windows
from serving import answering, monitoring
from serving.answering import Served
from serving.drift import Baseline, Tally
from serving.monitoring import HALF_LIFE, Monitor
from serving.requests import EXAMPLE, PredictRequest
from serving.responses import ModelInfo


def value(name, **labels):
    """Return what the metrics of this process say of the accelerometer."""
    return REGISTRY.get_sample_value(f"quaver_{name}", {"modality": "accelerometer", **labels})


@pytest.fixture(scope="module", autouse=True)
def nobody_else_publishes():
    """Wait for services of this process that have something to publish yet."""
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.join()


@pytest.fixture(autouse=True)
def nothing_is_published_unasked(monkeypatch):
    """Let no test see what another one has counted."""
    monkeypatch.setattr(monitoring, "PUBLISH_AFTER_S", 3600)


@pytest.fixture(scope="module")
def classifier(tiny_of):
    """The tiny model of the accelerometer."""
    return tiny_of("accelerometer")


@pytest.fixture(scope="module")
def answered(classifier):
    """Answers to four windows of quiet and four that last too short for any."""
    samples = np.random.default_rng(1).normal(0, 0.001, (4, 3, 400))
    samples[:, 2] += 1
    quiet = Windows(samples, sampling_rate_hz=100.0, modality="accelerometer", unit="g")
    short = Windows(samples[:, :, :200], sampling_rate_hz=100.0, modality="accelerometer", unit="g")
    return classifier.predict(quiet), classifier.predict(short)


def test_answers_are_counted_by_label_and_reason(classifier, answered):
    """Each window once, with an empty reason when it was decided."""
    labels = {"label": "undecided", "reason": "too_short"}
    before = value("answers_total", **labels) or 0

    Monitor().watch(classifier.card, answered[1])

    assert value("answers_total", **labels) == before + 4


def test_of_a_request_that_is_refused_nothing_is_shown(classifier):
    """Where one of its models is not served, none of its windows is answered or counted."""
    (window,) = EXAMPLE["windows"]
    muscle = window | {"modality": "emg", "unit": "uV", "sampling_rate_hz": 500.0}
    muscle |= {"samples": [0.5, -0.5] * 1000}
    request = PredictRequest.model_validate({"windows": [window, muscle]})
    info = ModelInfo(name="quaver-accelerometer", version="1", fingerprint="")
    shown = []

    with pytest.raises(SignalError, match="no model for emg is served here"):
        answering.predict(
            request.windows,
            {"accelerometer": Served(classifier, info)},
            lambda *given: shown.append(given),
        )

    assert shown == []


def test_what_is_published_is_what_was_tallied(classifier, answered):
    """Stability indices are those of the windows' features; too short windows have none."""
    card, monitor = classifier.card, Monitor()
    expected = Tally(Baseline.of(card.distribution, card.columns), HALF_LIFE)
    expected.add(answered[0].features.values, answered[0].probabilities)

    for batch in answered:
        monitor.watch(card, batch)
    monitor.publish()

    shift = expected.shift()
    assert value("drift_windows") == pytest.approx(shift.n_windows)
    assert [value("drift_psi", feature=c) for c in card.columns] == shift.index.tolist()
    assert value("drift_shifted_features") == shift.shifted.sum()
    assert value("drift_ordinary_features") == shift.most_ordinary
    assert value("class_share", label="undecided") >= 0.5


def test_shares_add_up_to_one(classifier, answered):
    """Over the classes and undecided."""
    monitor = Monitor()
    monitor.watch(classifier.card, answered[0])
    monitor.publish()

    names = (*classifier.card.classes, "undecided")
    assert sum(value("class_share", label=name) for name in names) == pytest.approx(1)


def test_a_card_without_a_distribution_has_shares_only(classifier, answered):
    """A model trained before there was one is counted all the same."""
    card = classifier.card.model_copy(update={"distribution": None})
    monitor = Monitor()
    monitor.watch(classifier.card, answered[0])
    monitor.publish()
    before = value("drift_windows")

    monitor.watch(card, answered[1])
    monitor.publish()

    assert value("class_share", label="undecided") == 1
    assert value("drift_windows") == before


def test_another_card_begins_anew(classifier, answered):
    """After a promotion nothing that the former champion was asked about counts."""
    monitor = Monitor()
    monitor.watch(classifier.card, answered[1])
    monitor.watch(classifier.card.model_copy(), answered[0])
    monitor.publish()

    assert value("drift_windows") == pytest.approx(sum(0.5 ** (np.arange(4) / HALF_LIFE)))


def test_a_late_answer_of_the_former_model_is_counted_and_no_more(classifier, answered):
    """What the present model has seen is kept, whenever a long request of before ends."""
    labels = {"label": "undecided", "reason": "too_short"}
    present, monitor = classifier.card.model_copy(), Monitor()
    monitor.watch(classifier.card, answered[0])
    monitor.watch(present, answered[0])
    before = value("answers_total", **labels)
    monitor.watch(classifier.card, answered[1], late=True)
    monitor.watch(present, answered[0])
    monitor.publish()

    assert value("answers_total", **labels) == before + 4
    assert value("drift_windows") == pytest.approx(sum(0.5 ** (np.arange(8) / HALF_LIFE)))


def test_the_service_knows_a_late_answer(classifier, answered):
    """A request keeps the model it began with, which may have been replaced when it is answered."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # BentoML makes types of ours its own
        from serving.service import Quaver  # noqa: PLC0415
    info = ModelInfo(name="quaver-accelerometer", version="1", fingerprint="")
    former, present = Served(classifier, info), Served(classifier, info)
    told = []
    serving = SimpleNamespace(
        models={"accelerometer": present},
        monitor=SimpleNamespace(watch=lambda *_, late: told.append(late)),
        shadow=SimpleNamespace(watch=lambda *_: None),
    )
    for served in (former, present):
        Quaver.inner._watch(serving, served, None, answered[0])  # noqa: SLF001

    assert told == [True, False]


def test_threads_that_answer_at_once_lose_nothing(classifier, answered):
    """Sixty batches from eight threads weigh what 240 windows weigh in a row."""
    monitor = Monitor()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: monitor.watch(classifier.card, answered[0]), range(60)))
    monitor.publish()

    assert value("drift_windows") == pytest.approx(sum(0.5 ** (np.arange(240) / HALF_LIFE)))


def test_it_is_published_without_being_asked(classifier, answered, monkeypatch):
    """A while after a window was answered, what was seen is in the metrics."""
    monkeypatch.setattr(monitoring, "PUBLISH_AFTER_S", 0.01)
    monitor = Monitor()
    monitor.publish()
    before = value("drift_windows")
    until = monotonic() + 30

    for batch in answered[:1] * 3:
        monitor.watch(classifier.card, batch)
    while value("drift_windows") == before:
        assert monotonic() < until
        sleep(0.01)
