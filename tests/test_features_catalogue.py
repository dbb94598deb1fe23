"""The catalogue: what a declaration must say, and how columns are named."""

import re

import numpy as np
import pytest

from features import FAMILIES, MODALITIES, Feature, catalogue, columns, title_of
from features.feature import ratio
from features.signals import Signals

ENTRIES = sorted({entry.name: entry for m in MODALITIES for entry in catalogue(m)}.items())
each_entry = pytest.mark.parametrize("entry", [e for _, e in ENTRIES], ids=[n for n, _ in ENTRIES])
each_modality = pytest.mark.parametrize("modality", MODALITIES)


def test_every_feature_that_is_declared_is_in_the_catalogue():
    """A family's features are in it once, under the name of their function."""
    declared = [
        entry
        for module in FAMILIES.values()
        for entry in vars(module).values()
        if isinstance(entry, Feature)
    ]

    assert len(declared) == len({entry.name for entry in declared}) == len(ENTRIES)


@each_entry
def test_a_declaration_is_complete(entry):
    """A feature says what it is, in which unit, and from what it is computed."""
    assert re.fullmatch("[a-z0-9]+(_[a-z0-9]+)*", entry.name)
    assert entry.title
    assert entry.title[0].islower()
    assert entry.definition.endswith((".", ")"))
    assert entry.version >= 1
    assert entry.modalities
    assert all(hasattr(Signals, need) or need in {"windows", "spec"} for need in entry.needs)


@each_entry
def test_the_degree_agrees_with_the_unit(entry):
    """What is measured in the unit of the signal grows with it, and nothing else does."""
    assert (1 if "{signal}" in entry.unit else 0) == entry.degree


def test_titles_tell_features_apart():
    """No two features are called the same in an explanation."""
    titles = [entry.title for _, entry in ENTRIES]

    assert len(set(titles)) == len(titles)


@each_modality
def test_columns_are_unique_and_plain(modality, spec_of):
    """Names hold letters, digits and underscores only: LightGBM refuses others."""
    names = columns(spec_of(modality))

    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[a-z0-9_]+", name) for name in names)


@each_modality
def test_an_argument_gives_a_column_each(modality, spec_of):
    """A feature of bands has a column for every band, in the order of the spec."""
    spec = spec_of(modality)
    shares = [name for name in columns(spec) if name.startswith("band_share__")]

    assert [f"band_share__{name}" for name in spec.bands_hz] == shares


def test_titles_name_the_argument(spec_of):
    """A person reads the title, and in brackets which band."""
    spec = spec_of("accelerometer")

    assert title_of("band_share__slow", spec) == "share of power (slow)"
    assert title_of("kurtosis", spec) == "kurtosis"


@pytest.mark.parametrize(
    ("modality", "expected"), [("emg", "uV/s"), ("accelerometer", "g/s"), ("gyroscope", "deg/s/s")]
)
def test_units_are_those_of_the_modality(modality, expected):
    """The unit of the signal is filled in."""
    entry = next(e for e in catalogue(modality) if e.name == "waveform_length")

    assert expected == entry.signal_unit(modality)


@each_modality
def test_a_table_gives_its_columns_by_name(modality, mixture_of, extract_from):
    """A value is asked for by name, and belongs to the row of its window; nobody can alter it."""
    table = extract_from(mixture_of(modality, 500.0), modality, 500.0)

    assert (len(table), len(table.columns)) == table.values.shape == (8, len(table.columns))
    for i, name in enumerate(table.columns):
        np.testing.assert_array_equal(table.values[:, i], table.column(name))
    assert not table.values.flags.writeable


def test_a_ratio_is_undefined_without_a_denominator():
    """Zero, negative or undefined denominators give NaN without a warning; shapes broadcast."""
    top = np.array([1.0, 1.0, 0.0, np.nan, 1.0, 6.0])
    bottom = np.array([0.0, np.nan, 0.0, 1.0, -1.0, 3.0])

    np.testing.assert_array_equal([np.nan] * 5 + [2.0], ratio(top, bottom))
    assert ratio(np.ones((3, 4)), np.ones((3, 1))).shape == (3, 4)
