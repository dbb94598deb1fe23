"""FeatureSpec: what it refuses, its round trip, and what changes its fingerprint."""

import importlib
import json
import re

import numpy as np
import pytest
from pydantic import ValidationError

from features import MODALITIES, Feature, FeatureSpec, Windows, catalogue, columns, extract

each_modality = pytest.mark.parametrize("modality", MODALITIES)


def leaves(content, path=()):
    """Yield the path of every number in nested mappings and lists."""
    if isinstance(content, dict):
        for key, value in content.items():
            yield from leaves(value, (*path, key))
    elif isinstance(content, list):
        for i, value in enumerate(content):
            yield from leaves(value, (*path, i))
    elif isinstance(content, (int, float)):
        yield path


def replaced(content, path, value):
    """Return a copy of nested mappings and lists with one leaf replaced."""
    copy = json.loads(json.dumps(content))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return copy


def value_at(content, path):
    for key in path:
        content = content[key]
    return content


def load(content):
    return FeatureSpec.model_validate_json(json.dumps(content))


@pytest.fixture
def content_of(spec_of):
    """The frozen spec of a modality as nested mappings and lists."""
    return lambda modality: spec_of(modality).model_dump(mode="json")


@each_modality
def test_a_shipped_spec_loads_and_extracts(modality, shipped_spec_of, mixture_of):
    """The features section of configs/ is a spec, and yields the columns it says."""
    spec = shipped_spec_of(modality)
    rate = spec.sampling_rate_hz
    unit = MODALITIES[modality].unit
    windows = Windows(
        mixture_of(modality, rate), sampling_rate_hz=rate, modality=modality, unit=unit
    )
    table = extract(windows, spec)

    assert modality == spec.modality
    assert columns(spec) == table.columns
    assert spec.fingerprint == table.fingerprint
    assert not np.isinf(table.values).any()


@each_modality
def test_a_spec_survives_a_round_trip(modality, spec_of):
    """JSON and back gives an equal spec with an equal fingerprint."""
    spec = spec_of(modality)
    again = FeatureSpec.model_validate_json(spec.model_dump_json())

    assert spec == again
    assert spec.fingerprint == again.fingerprint


@each_modality
def test_every_number_changes_the_fingerprint(modality, content_of):
    """There is no number in a spec that may be altered unnoticed."""
    content = content_of(modality)
    before = load(content).fingerprint
    paths = list(leaves(content))

    assert len(paths) > 40
    for path in paths:
        number = value_at(content, path)
        changed = number - 1 if isinstance(number, int) else number * (1 - 1e-9) or 1e-9
        if path in {("sampling_rate_hz",), ("rhythm", "rate_hz"), ("window_s",)}:
            continue  # these must fit one another: see the next test

        assert before != load(replaced(content, path, changed)).fingerprint, path


@each_modality
def test_rates_and_length_change_the_fingerprint(modality, content_of):
    """Rates and the length of a window, changed so that they still fit, are noticed."""
    content = content_of(modality)
    before = load(content).fingerprint
    longer = replaced(content, ("window_s",), 2 * content["window_s"])
    faster = replaced(content, ("sampling_rate_hz",), 2 * content["sampling_rate_hz"])
    if modality != "emg":
        faster = replaced(faster, ("rhythm", "rate_hz"), 2 * content["rhythm"]["rate_hz"])

    assert len({before, load(longer).fingerprint, load(faster).fingerprint}) == 3


@each_modality
def test_the_order_and_names_of_bands_change_the_fingerprint(modality, content_of):
    """A booster takes columns by their place, so their order is part of the contract."""
    content = content_of(modality)
    before = load(content)
    reordered = load(content | {"bands_hz": dict(reversed(content["bands_hz"].items()))})
    renamed = load(content | {"bands_hz": {f"{k}r": v for k, v in content["bands_hz"].items()}})

    assert sorted(columns(before)) == sorted(columns(reordered))
    assert columns(before) != columns(reordered)
    assert len({before.fingerprint, reordered.fingerprint, renamed.fingerprint}) == 3


def test_specs_of_two_modalities_differ(spec_of):
    """Accelerometer and gyroscope share numbers, and still are not the same."""
    prints = {spec_of(modality).fingerprint for modality in MODALITIES}

    assert len(prints) == 3


@each_modality
def test_a_version_changes_the_fingerprint(modality, spec_of, monkeypatch):
    """Raising the version of any one feature is a change of the spec."""
    module = importlib.import_module("features.catalogue")  # features.catalogue is its function
    entries = catalogue(modality)
    seen = {spec_of(modality).fingerprint}
    for raised in entries:
        fields = vars(raised) | {"version": raised.version + 1}
        versions = tuple(Feature(**fields) if e is raised else e for e in entries)
        monkeypatch.setattr(module, "catalogue", lambda _, v=versions: v)
        seen.add(spec_of(modality).fingerprint)

    assert len(entries) + 1 == len(seen)


def test_a_changed_copy_has_its_own_fingerprint(spec_of):
    """Nothing that was computed before is carried along into a copy."""
    spec = spec_of("emg")
    before = spec.fingerprint
    copy = spec.model_copy(update={"spectrum_segment_s": 0.25})

    assert before != copy.fingerprint
    assert before == spec.fingerprint


def test_a_fingerprint_is_the_same_in_any_process(spec_of):
    """It is made of the content alone: 64 hexadecimal digits, equal for equal specs."""
    spec = spec_of("gyroscope")
    same = FeatureSpec.model_validate(spec.model_dump())

    assert re.fullmatch("[0-9a-f]{64}", spec.fingerprint)
    assert spec.fingerprint == same.fingerprint


UNKNOWN = [(), ("conditioning",), ("rhythm",), ("bursts",), ("events",), ("quality",)]


@pytest.mark.parametrize("section", UNKNOWN)
def test_an_unknown_key_is_refused(section, content_of):
    """A misspelt key is no silent default."""
    content = replaced(content_of("emg"), (*section, "smothing_s"), 1.0)

    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        load(content)


@pytest.mark.parametrize("path", [("events", "merge_s"), ("rhythm",), ("modality",)])
def test_a_missing_key_is_refused(path, content_of):
    """There are no hidden defaults."""
    content = content_of("emg")
    inner = value_at(content, path[:-1])
    del inner[path[-1]]

    with pytest.raises(ValidationError, match="Field required"):
        load(content)


EMG_WRONG = [
    (("bands_hz", "high"), [200.0, 501.0], "bands_hz.high reaches 501 Hz, above the Nyquist"),
    (("bands_hz", "low"), [100.0, 50.0], "bands_hz.low is 100-50 Hz; the lower edge must come"),
    (("bands_hz", "low"), [0.0, 50.0], "Input should be greater than 0"),
    (("bands_hz",), {}, "Dictionary should have at least 1 item"),
    (("bands_hz",), {"a__b": [1.0, 2.0]}, "String should match pattern"),
    (("bands_hz",), {"5-8 Hz": [5.0, 8.0]}, "String should match pattern"),
    (("rhythm_bands_hz",), {}, "rhythm_bands_hz must name at least one band"),
    (("rhythm_bands_hz", "fast"), [8.0, 51.0], "rhythm_bands_hz.fast reaches 51 Hz, above"),
    (("rhythm", "band_hz"), [2.0, 60.0], "rhythm.band_hz reaches 60 Hz, above the Nyquist"),
    (("conditioning", "lowpass_hz"), 600.0, "conditioning.highpass_hz/lowpass_hz reaches 600"),
    (("conditioning", "highpass_hz"), 450.0, "is 450-450 Hz; the lower edge must come first"),
    (("conditioning", "order"), 0, "greater than or equal to 1"),
    (("conditioning", "order"), 2.5, "Input should be a valid integer"),
    (("conditioning", "padding_s"), -1.0, "greater than 0"),
    (("spectrum_segment_s",), 2.1, "spectrum_segment_s must be at most half of window_s"),
    (("tonality_band_hz",), 0.4, "tonality_band_hz must lie between 0.5 Hz, two lines of the"),
    (("tonality_band_hz",), 451.0, "and 450 Hz, where the low-pass begins"),
    (("tonality_band_hz",), None, "tonality_band_hz must lie between"),
    (("sampling_rate_hz",), 1050.0, "sampling_rate_hz must be a multiple of rhythm.rate_hz"),
    (("rhythm", "rate_hz"), 2000.0, "sampling_rate_hz must be a multiple of rhythm.rate_hz"),
    (("window_s",), 4.005, "and a window a whole number of its samples"),
    (("bursts", "floor_percentile"), 95.0, "floor_percentile must be below top_percentile"),
    (("bursts", "off_fraction"), 0.5, "off_fraction must not exceed on_fraction"),
    (("bursts", "minimum_contrast"), 0.5, "greater than or equal to 1"),
    (("events", "off_ratio"), 31.0, "off_ratio must not exceed on_ratio"),
    (("events", "doublet_s"), [0.11, 0.01], "doublet_s: the shorter interval must come first"),
    (("quality", "flat_fraction"), 1.5, "less than or equal to 1"),
    (("window_s",), "4", "Input should be a valid number"),
    (("modality",), "ecg", "Input should be 'emg', 'accelerometer' or 'gyroscope'"),
]


@pytest.mark.parametrize(("path", "value", "sentence"), EMG_WRONG)
def test_a_spec_that_cannot_work_is_refused(path, value, sentence, content_of):
    """Values of the wrong type, size or order are named where they are written."""
    content = replaced(content_of("emg"), path, value)

    with pytest.raises(ValidationError, match=re.escape(sentence)):
        load(content)


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (("rhythm", "rate_hz"), 50.0, "rhythm.rate_hz must equal sampling_rate_hz"),
        (("conditioning", "mains_hz"), [50.0], "conditioning.mains_hz is for emg only"),
        (("tonality_band_hz",), 2.0, "tonality_band_hz is for emg only"),
        (("bands_hz", "shock"), [20.0, 51.0], "bands_hz.shock reaches 51 Hz, above the Nyquist"),
    ],
)
def test_a_spec_of_motion_that_cannot_work_is_refused(path, value, sentence, content_of):
    """Motion has no envelope of another rate and no mains."""
    content = replaced(content_of("gyroscope"), path, value)

    with pytest.raises(ValidationError, match=re.escape(sentence)):
        load(content)


def test_a_spec_is_frozen(spec_of):
    """A spec cannot be altered after it has been checked."""
    with pytest.raises(ValidationError, match="Instance is frozen"):
        spec_of("emg").window_s = 8.0
