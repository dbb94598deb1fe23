"""Caution: what is answered from less than a model has learnt from says so, in every form."""

import json
from dataclasses import replace

import numpy as np
import pytest

from features import Recording
from serving.analysis import analyze
from serving.analysis.fhir import bundle
from serving.analysis.tabular import record_csv

ONE_AXIS = "answers rest on one axis of motion, and the model has learnt from several"


def at_rest(rng, n_channels, modality="accelerometer", unit="g"):
    """A quiet recording."""
    samples = 0.02 * rng.standard_normal((n_channels, 2000))
    return Recording(samples, sampling_rate_hz=100.0, modality=modality, unit=unit)


def taught(classifier, share):
    """The model, had so large a share of its windows had one axis."""
    card = classifier.card
    provenance = card.provenance.model_copy(update={"one_axis_share": share})
    return replace(classifier, card=card.model_copy(update={"provenance": provenance}))


@pytest.mark.parametrize(("modality", "unit"), [("accelerometer", "g"), ("gyroscope", "deg/s")])
def test_one_axis_is_less_than_a_model_has_learnt_from(tiny_of, rng, modality, unit):
    """Simulated devices have three axes; who has one is told what that does to the answers."""
    tiny = tiny_of(modality)
    assert tiny.card.provenance.one_axis_share == 0.0
    records = [analyze(at_rest(rng, n, modality, unit), tiny) for n in (1, 2, 3)]

    assert [record.caution is None for record in records] == [False, True, True]
    assert records[0].caution.startswith(ONE_AXIS)


def test_a_muscle_has_one_channel_and_no_caution(tiny_of, rng):
    """Each channel of an EMG is judged by itself, and was learnt so."""
    tiny = tiny_of("emg")
    samples = 5 * rng.standard_normal((1, 10_000))
    record = analyze(Recording(samples, sampling_rate_hz=1000, modality="emg", unit="uV"), tiny)
    assert tiny.card.provenance.one_axis_share is None
    assert record.caution is None


@pytest.mark.parametrize(("share", "is_warned"), [(0.0, True), (0.04, True), (0.3, False)])
def test_who_has_learnt_from_one_axis_needs_no_caution(tiny_of, share, is_warned):
    """Whoever trains on recordings of one axis has a model that knows what they are worth."""
    assert (taught(tiny_of("accelerometer"), share).caution(1) is not None) == is_warned


def test_a_model_of_before_says_nothing_that_it_does_not_know(tiny_of):
    """Its card does not tell what it was trained on."""
    assert taught(tiny_of("accelerometer"), None).caution(1) is None


def test_every_form_of_a_record_has_the_caution(tiny_of, rng):
    """A caution that is left out in one form is no caution."""
    record = analyze(at_rest(rng, 1), tiny_of("accelerometer"))
    whole = analyze(at_rest(rng, 3), tiny_of("accelerometer"))

    for text in (json.dumps(bundle(record)), record_csv(record), record.model_dump_json()):
        assert ONE_AXIS in text
    for text in (json.dumps(bundle(whole)), record_csv(whole), whole.model_dump_json()):
        assert ONE_AXIS not in text
    assert np.isfinite(record.usable_s)
