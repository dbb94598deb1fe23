"""What a card says of its training windows: counts, what is ordinary, and old cards."""

import json
import re

import numpy as np
import pytest
from feature_tables import separable_table, small_config

from serving.card import Card
from serving.drift import Baseline, Tally, bins_of, counts_of, shares_of, stability_index
from training.distribution import answer_shares, distribution_of, stretch_indices
from training.evaluate import Judged


def judged_of(table, config, answers=None):
    """Return a table as if models were sure, and right unless answers are given."""
    targets = np.array([config.classes.index(label) for label in table.labels])
    return Judged(
        table.labels,
        table.groups,
        table.sources,
        config.classes,
        table.labels if answers is None else answers,
        np.eye(len(config.classes))[targets],
        tuple((label,) for label in table.labels),
        (None,) * len(table),
    )


@pytest.fixture(scope="module")
def made():
    """A table of nine people, and its distribution."""
    config = small_config()
    table = separable_table(config)
    judged = judged_of(table, config)
    found = distribution_of(table.features.values, table.features.columns, judged)
    return config, table, found


def test_every_window_is_counted_once_in_every_feature(made):
    """The counts of a class sum to its windows, those without a value to the NaN there are."""
    config, table, found = made
    missing = np.isnan(table.features.values)

    assert tuple(found.features) == table.features.columns
    for j, feature in enumerate(found.features.values()):
        for counts, name in zip(feature.counts, config.classes, strict=True):
            assert sum(counts) == (table.labels == name).sum()
            assert counts[-1] == missing[table.labels == name, j].sum()


def test_stretches_are_those_there_are_windows_for(made):
    """Thirty windows of each person make stretches of 4 and 16, none of 64."""
    _, _, found = made

    assert found.stretches == (4, 16)
    assert {len(feature.ordinary) for feature in found.features.values()} == {2}


def test_a_stretch_is_held_against_all_others(made):
    """Its index is that of its windows and everybody else's, written down one by one."""
    config, table, found = made
    baseline = Baseline.of(found, table.features.columns)
    own = table.groups == "person03"
    bins = bins_of(table.features.values, baseline.edges)
    others = np.stack([counts_of(bins[~own & (table.labels == c)]) for c in config.classes])
    certain = judged_of(table, config).probabilities

    (index,) = stretch_indices(bins[own], certain[own], others, 16)

    rows = np.flatnonzero(own)[:16]
    mixture = certain[rows].mean(axis=0)
    expected = sum(m * s for m, s in zip(mixture, shares_of(others), strict=True))
    np.testing.assert_allclose(index, stability_index(counts_of(bins[rows]), expected))


def test_another_person_of_the_kind_is_ordinary_and_another_gain_is_not(made):
    """Somebody drawn in the same way shifts no more features than is ordinary; scaled, many."""
    config, table, found = made
    other = separable_table(config, n_groups=1, seed=2)
    likely = judged_of(other, config).probabilities
    shifts = []
    for gain in (1, 8):
        tally = Tally(Baseline.of(found, table.features.columns))
        tally.add(gain * other.features.values, likely)
        shifts.append(tally.shift())

    assert not shifts[0].is_unusual
    assert shifts[1].is_unusual
    assert shifts[1].shifted.sum() > 0.9 * len(shifts[1].shifted)


def test_about_a_twentieth_of_the_own_stretches_lies_beyond(made):
    """The limit of a feature is the 95th percentile of its stretches."""
    config, table, found = made
    baseline = Baseline.of(found, table.features.columns)
    bins, certain = bins_of(table.features.values, baseline.edges), judged_of(table, config)
    counts = np.stack([counts_of(bins[table.labels == c]) for c in config.classes])
    parts = []
    for group in np.unique(table.groups):
        own = table.groups == group
        mine = np.stack([counts_of(bins[own & (table.labels == c)]) for c in config.classes])
        parts.append(stretch_indices(bins[own], certain.probabilities[own], counts - mine, 4))
    indices = np.concatenate(parts)

    beyond = (indices > baseline.ordinary[:, 0] * (1 + 1e-3)).mean()

    assert 0.03 < beyond < 0.07


def test_of_too_few_windows_nothing_is_said():
    """With three windows a person there is no distribution."""
    config = small_config()
    table = separable_table(config, windows_each=1)[np.arange(0, 45, 2)]
    kept = table[np.concatenate([np.flatnonzero(table.groups == g)[:3] for g in set(table.groups)])]

    assert (
        distribution_of(kept.features.values, kept.features.columns, judged_of(kept, config))
        is None
    )


def test_every_subject_weighs_the_same():
    """One person of two windows, one tremor; another of three, all tremor: three quarters."""
    config = small_config()
    rows = separable_table(config, n_groups=2, windows_each=1)[np.array([0, 1, 5, 6, 7])]
    answers = np.array(["tremor", "undecided", "tremor", "tremor", "tremor"])

    shares = answer_shares(judged_of(rows, config, answers))

    assert shares["tremor"].mean == 0.75
    assert shares["undecided"].mean == 0.25
    assert (shares["tremor"].low, shares["tremor"].high) == (0.5125, 0.9875)
    assert shares["rest"].mean == 0


def test_a_trained_model_carries_it(tiny_of):
    """The card that was saved and loaded has every feature and every answer."""
    card = tiny_of("accelerometer").card

    assert tuple(card.distribution.features) == card.columns
    assert tuple(card.distribution.answers) == (*card.classes, "undecided")


def test_a_card_from_before_still_loads(tiny_of):
    """Without the section a card is read as it was, and says that it has none."""
    content = tiny_of("accelerometer").card.model_dump(mode="json")
    del content["distribution"]

    assert Card.model_validate_json(json.dumps(content)).distribution is None


def test_numbers_stand_in_rows_in_the_file(tiny_models):
    """A list of numbers takes one line of card.json, so that a person can read it."""
    text = (tiny_models["accelerometer"] / "card.json").read_text()

    assert re.search(r'"stretches": \[ 4, 16.* \],\n', text)
    assert len(text.splitlines()) < 2000
