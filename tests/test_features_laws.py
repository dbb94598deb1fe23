"""Laws that every feature of the catalogue obeys, at every rate, on realistic windows.

A new feature is tested the moment it is declared. Windows come from the ``mixture_of`` fixture; one
of them falls silent half-way. The specs are those of configs/: a law does not depend on a number.
"""

from functools import cache

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from features import MODALITIES, RELATIVE, Windows, catalogue, extract
from features.extract import CHUNK

RATES = {
    "emg": (500.0, 1000.0, 1926.0, 2000.0, 10000.0),
    "accelerometer": (20.0, 31.25, 50.0, 64.0, 100.0, 500.0),
    "gyroscope": (20.0, 31.25, 50.0, 64.0, 100.0, 500.0),
}
MOTION = ("accelerometer", "gyroscope")
FACTORS = (1e-3, 7.0, 1e4)
OFFSETS = {"emg": 2e3, "accelerometer": 3.0, "gyroscope": 300.0}
TURNS = (1, 2, 3)

# A transformed signal differs from the original in the last of its 16 digits, an offset costs three
# more, and spectra, filters and logarithms as many again. Counts do not flip: none of these windows
# lies so close to a threshold.
ROUNDING = 1e-8
# Values that ought to be zero, such as a slope, are compared with the size of their column.
ROUNDING_OF_COLUMN = 1e-9

FEATURES = [(m, entry.name) for m in MODALITIES for entry in catalogue(m)]
MOTION_FEATURES = [(m, name) for m, name in FEATURES if m in MOTION]
per_feature = pytest.mark.parametrize(("modality", "name"), FEATURES)
per_motion_feature = pytest.mark.parametrize(("modality", "name"), MOTION_FEATURES)


@pytest.fixture(scope="module")
def table_of(mixture_of, shipped_spec_of):
    """Extract once from every batch and transformation of it that a test asks for."""

    @cache
    def table(modality, rate, change="none", argument=None):
        samples = mixture_of(modality, rate)
        unit = MODALITIES[modality].unit
        if change == "unit":
            unit = argument
            samples = samples * MODALITIES[modality].factors[MODALITIES[modality].unit]
            samples = samples / MODALITIES[modality].factors[unit]
        elif change != "none":
            samples = CHANGES[change](samples, argument)
        windows = Windows(samples, sampling_rate_hz=rate, modality=modality, unit=unit)
        return extract(windows, shipped_spec_of(modality))

    return table


CHANGES = {
    "scale": lambda samples, factor: samples * factor,
    "offset": lambda samples, size: (
        samples + size * np.array([1.0, -0.5, 0.2])[: samples.shape[1], None]
    ),
    "flip": lambda samples, _: -samples,
    "turn": lambda samples, seed: Rotation.random(rng=seed).as_matrix() @ samples,
    "mirror": lambda samples, axis: samples * np.where(np.arange(3) == axis, -1.0, 1.0)[:, None],
    "order": lambda samples, shift: np.roll(samples, shift, axis=1),
    "reverse batch": lambda samples, _: samples[::-1],
}


def entry_of(modality, name):
    return next(entry for entry in catalogue(modality) if entry.name == name)


@pytest.fixture
def assert_same(table_of, shipped_spec_of):
    """Assert that a feature is the same, times a factor, at every rate of its modality."""

    def check(modality, name, change, argument=None, factor=1.0):
        rows = slice(None, None, -1) if change == "reverse batch" else slice(None)
        for rate in RATES[modality]:
            plain = table_of(modality, rate)
            changed = table_of(modality, rate, change, argument)
            for column in entry_of(modality, name).columns(shipped_spec_of(modality)):
                expected = plain.column(column)[rows] * factor
                actual = changed.column(column)
                slack = ROUNDING_OF_COLUMN * np.nanmax(np.abs(expected), initial=0.0)
                # Compared by hand: assert_allclose takes ten times as long, thousands of times.
                same = np.abs(actual - expected) <= slack + ROUNDING * np.abs(expected)
                same |= np.isnan(actual) & np.isnan(expected)

                assert same.all(), f"{column} at {rate:g} Hz: {expected} became {actual}"

    return check


@pytest.mark.parametrize("factor", FACTORS)
@per_feature
def test_scaling_the_signal_scales_by_the_declared_degree(modality, name, factor, assert_same):
    """A signal k times as large has values k to the declared degree times as large."""
    degree = entry_of(modality, name).degree

    assert_same(modality, name, "scale", factor, factor=factor**degree)


@per_feature
def test_a_constant_offset_changes_nothing(modality, name, assert_same):
    """Neither gravity nor the offset of an amplifier is seen by a feature."""
    assert_same(modality, name, "offset", OFFSETS[modality])


@per_feature
def test_polarity_changes_nothing(modality, name, assert_same):
    """Swapping electrodes or turning an axis round changes no feature."""
    assert_same(modality, name, "flip")


@pytest.mark.parametrize("turn", TURNS)
@per_motion_feature
def test_turning_the_sensor_changes_nothing(modality, name, turn, assert_same):
    """A rotation of the three axes changes no feature of motion."""
    assert_same(modality, name, "turn", turn)


@per_motion_feature
def test_reflecting_an_axis_changes_nothing(modality, name, assert_same):
    """A left-handed sensor, or one with an axis reversed, gives the same features."""
    assert_same(modality, name, "mirror", 1)


@per_motion_feature
def test_the_order_of_axes_changes_nothing(modality, name, assert_same):
    """Axes may come in any order."""
    assert_same(modality, name, "order", 1)


@per_feature
def test_windows_in_another_order_give_rows_in_that_order(modality, name, assert_same):
    """Reversing a batch reverses its rows: no window is influenced by another's place."""
    assert_same(modality, name, "reverse batch")


@pytest.mark.parametrize("unit", ["V", "mV"])
@pytest.mark.parametrize("name", [entry.name for entry in catalogue("emg")])
def test_the_unit_of_a_voltage_changes_nothing(name, unit, assert_same):
    """The same voltage in volt or millivolt gives the same features."""
    assert_same("emg", name, "unit", unit)


@pytest.mark.parametrize("unit", ["mg", "m/s^2"])
@pytest.mark.parametrize("name", [entry.name for entry in catalogue("accelerometer")])
def test_the_unit_of_an_acceleration_changes_nothing(name, unit, assert_same):
    """The same acceleration in mg or m/s^2 gives the same features."""
    assert_same("accelerometer", name, "unit", unit)


@pytest.mark.parametrize("name", [entry.name for entry in catalogue("gyroscope")])
def test_the_unit_of_a_turning_rate_changes_nothing(name, assert_same):
    """The same rate in radians gives the same features."""
    assert_same("gyroscope", name, "unit", "rad/s")


@per_feature
def test_values_are_finite_or_nan(modality, name, table_of, shipped_spec_of):
    """No feature is infinite, and none is undefined for every window at its canonical rate."""
    for rate in RATES[modality]:
        for column in entry_of(modality, name).columns(shipped_spec_of(modality)):
            values = table_of(modality, rate).column(column)

            assert not np.isinf(values).any()
            if rate == shipped_spec_of(modality).sampling_rate_hz:
                assert np.isfinite(values).any()


@pytest.mark.parametrize("name", [entry.name for entry in catalogue("emg")])
def test_of_a_relative_signal_only_sizes_are_unknown(name, table_of, shipped_spec_of):
    """Without a gain, features with a degree are NaN and the others do not change."""
    entry = entry_of("emg", name)
    for column in entry.columns(shipped_spec_of("emg")):
        known = table_of("emg", 1000.0).column(column)
        expected = known if entry.degree == 0 else np.full_like(known, np.nan)

        actual = table_of("emg", 1000.0, "unit", RELATIVE).column(column)
        np.testing.assert_array_equal(actual, expected, err_msg=column)


@pytest.mark.parametrize("modality", RATES)
def test_a_batch_equals_its_windows_one_by_one(modality, table_of, mixture_of, shipped_spec_of):
    """What else is in a batch does not matter."""
    for rate in RATES[modality]:
        batch = table_of(modality, rate)
        unit = MODALITIES[modality].unit
        for i, samples in enumerate(mixture_of(modality, rate)):
            alone = Windows(samples[None], sampling_rate_hz=rate, modality=modality, unit=unit)
            values = extract(alone, shipped_spec_of(modality)).values[0]

            # Sums of products may be added up in another order for another size of batch.
            np.testing.assert_allclose(
                values, batch.values[i], rtol=ROUNDING, atol=ROUNDING_OF_COLUMN
            )


@pytest.mark.parametrize("modality", MOTION)
def test_axes_that_lie_still_change_nothing(modality, mixture_of, shipped_spec_of):
    """One axis alone has the features of three axes of which two are constant."""
    one = mixture_of(modality, 100.0)[:, :1]
    three = np.concatenate((np.ones_like(one), one, np.full_like(one, -2.0)), axis=1)
    unit = MODALITIES[modality].unit
    expected, actual = (
        extract(
            Windows(samples, sampling_rate_hz=100.0, modality=modality, unit=unit),
            shipped_spec_of(modality),
        ).values
        for samples in (one, three)
    )

    np.testing.assert_allclose(actual, expected, rtol=ROUNDING, atol=ROUNDING)


@pytest.mark.parametrize("modality", RATES)
def test_extraction_is_deterministic_whatever_the_workers(modality, mixture_of, shipped_spec_of):
    """Two runs, and any number of threads, give the same bits."""
    samples = np.tile(mixture_of(modality, RATES[modality][1]), (CHUNK // 4 + 1, 1, 1))
    windows = Windows(
        samples,
        sampling_rate_hz=RATES[modality][1],
        modality=modality,
        unit=MODALITIES[modality].unit,
    )
    first = extract(windows, shipped_spec_of(modality))
    again = extract(windows, shipped_spec_of(modality))
    threaded = extract(windows, shipped_spec_of(modality), workers=2)

    assert len(windows) > 2 * CHUNK
    np.testing.assert_array_equal(first.values, again.values)
    np.testing.assert_array_equal(first.values, threaded.values)
    np.testing.assert_array_equal(first.quality.flagged, threaded.quality.flagged)


@pytest.mark.parametrize("modality", RATES)
def test_input_is_left_alone(modality, mixture_of, shipped_spec_of):
    """Neither the samples nor their flags are changed, whatever their layout and type."""
    for rate in RATES[modality]:
        samples = mixture_of(modality, rate).copy()
        before = samples.copy()
        unit = MODALITIES[modality].unit
        windows = Windows(samples, sampling_rate_hz=rate, modality=modality, unit=unit)
        extract(windows, shipped_spec_of(modality))

        np.testing.assert_array_equal(before, samples)
        assert samples.flags.writeable
