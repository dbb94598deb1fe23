"""Fingerprint: a record names its model by everything that decides an answer, and nothing else."""

from dataclasses import replace

import pytest

from serving.card import Check
from serving.novelty import Reference

MODALITY = "accelerometer"


def changed(classifier, **fields):
    return replace(classifier, card=classifier.card.model_copy(update=fields))


def test_what_a_card_only_tells_leaves_the_fingerprint_alone(tiny_of):
    """The same model trained again from another commit is the same model."""
    tiny = tiny_of(MODALITY)
    provenance = tiny.card.provenance.model_copy(update={"git_commit": "0" * 40, "data": "other"})
    told = changed(
        tiny, provenance=provenance, metrics={"macro_f1": 1.0}, intended_use="-", distribution=None
    )
    assert told.card != tiny.card
    assert told.fingerprint == tiny.fingerprint


@pytest.mark.parametrize("part", ["calibration", "conformal", "novelty", "rate_limits", "checks"])
def test_any_part_of_a_card_that_decides_changes_the_fingerprint(tiny_of, part):
    """Temperature, thresholds of candidates and of novelty, limits and checks all count."""
    tiny = tiny_of(MODALITY)
    card = tiny.card
    other = {
        "calibration": card.calibration.model_copy(update={"temperature": 1.25}),
        "conformal": card.conformal.model_copy(update={"thresholds": (0.31,) * 4}),
        "novelty": card.novelty.model_copy(update={"oddness_threshold": -1.0}),
        "rate_limits": (),
        "checks": (
            Check(kind="shivering", marks=(), limits={}, thresholds={}, false_alarm_rates={}),
        ),
    }[part]
    assert other != getattr(card, part)
    assert changed(tiny, **{part: other}).fingerprint != tiny.fingerprint


@pytest.mark.parametrize("part", ["booster", "detector", "checks"])
def test_other_trees_change_the_fingerprint(tiny_of, part):
    """Models of the same features and thresholds, but of other trees, are told apart."""
    tiny, other = tiny_of(MODALITY), tiny_of("gyroscope")
    assert replace(tiny, **{part: getattr(other, part)}).fingerprint != tiny.fingerprint


def test_other_prototypes_change_the_fingerprint(tiny_of):
    """What training windows looked like decides what is unlike them."""
    tiny = tiny_of(MODALITY)
    reference = tiny.reference
    for moved in (
        Reference(reference.centre + 1e-9, reference.scale, reference.prototypes),
        Reference(reference.centre, reference.scale * 2, reference.prototypes),
        Reference(reference.centre, reference.scale, reference.prototypes[:-1]),
    ):
        assert replace(tiny, reference=moved).fingerprint != tiny.fingerprint
