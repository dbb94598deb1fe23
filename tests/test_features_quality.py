"""Quality: gaps, flat lines, clipping and hum are told from coarse but sound signals."""

import numpy as np
import pytest

from features import FLAGS, Windows
from features.quality import assess


@pytest.fixture
def quality_of(spec_of):
    """Assess one window of a modality, given as its axes."""

    def of(axes, modality="accelerometer", mains_share=0.0, unit=None):
        unit = unit or {"emg": "uV", "accelerometer": "g", "gyroscope": "deg/s"}[modality]
        rate = 1000.0 if modality == "emg" else 100.0
        windows = Windows(
            np.atleast_2d(axes)[None], sampling_rate_hz=rate, modality=modality, unit=unit
        )
        return assess(windows, np.array([mains_share]), spec_of(modality))

    return of


TIMES = np.arange(400) / 100


def converted(signal, n_levels):
    """Return a signal of amplitude 1 as a converter of so many levels gives it."""
    return np.round(signal * n_levels / 2)


def test_a_sound_window_has_no_flags(quality_of, rng):
    """Nothing speaks against noise."""
    quality = quality_of(rng.standard_normal((3, 400)))

    assert quality.flags(0) == ()
    assert quality.usable.tolist() == [True]


def test_the_share_of_a_gap_counts_any_axis(quality_of, rng):
    """Samples that one axis lacks are lacking: 10 and 20 of 400, of which 5 are the same."""
    axes = rng.standard_normal((3, 400))
    axes[0, :10] = np.nan
    axes[2, 5:25] = np.nan
    quality = quality_of(axes)

    assert quality.gap_fraction.tolist() == [25 / 400]
    assert quality.flags(0) == ("gap",)
    assert quality.usable.tolist() == [False]


@pytest.mark.parametrize(("n_changes", "flagged"), [(0, True), (10, True), (30, False)])
def test_a_channel_that_hardly_changes_is_flat(n_changes, flagged, quality_of):
    """Flat is 95 % of steps without a change: of 399, 10 or 30 changes lie on either side."""
    samples = np.zeros(400)
    samples[10 : 10 + n_changes] = np.arange(n_changes) % 5 + 1
    quality = quality_of(samples)

    changes = n_changes + (n_changes > 0)
    assert [(399 - changes) / 399] == quality.flat_fraction.tolist()
    assert flagged == ("flat" in quality.flags(0))


def test_one_axis_may_lie_still(quality_of, rng):
    """A window is flat when all of its axes are."""
    axes = np.zeros((3, 400))
    assert quality_of(axes).flags(0) == ("flat",)

    axes[1] = rng.standard_normal(400)
    assert quality_of(axes).flags(0) == ()


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("limit", [0.5, 0.8, 0.9])
@pytest.mark.parametrize("n_levels", [100, 1000, 1e6])
def test_a_clipped_movement_is_clipped(sign, limit, n_levels, quality_of):
    """A sine that is cut on one side, as a converter cuts it, spends acos(limit) / pi there."""
    wave = np.minimum(np.sin(2 * np.pi * 1.3 * TIMES + 1), limit)
    quality = quality_of(sign * converted(wave, n_levels))

    assert quality.flags(0) == ("clipped",)
    assert pytest.approx(np.arccos(limit) / np.pi, abs=0.05) == quality.clipped_fraction[0]


def test_the_worst_axis_counts(quality_of, rng):
    """One axis that is clipped spoils the vector."""
    axes = rng.standard_normal((3, 400))
    axes[1] = np.clip(3 * np.sin(2 * np.pi * 2 * TIMES), -1, 1) + 0.0

    assert quality_of(axes).flags(0) == ("clipped",)


@pytest.mark.parametrize("n_levels", [3, 5, 10, 20, 50, 100, 500])
@pytest.mark.parametrize("hz", [0.31, 0.83, 2.13, 5.37])
def test_a_coarse_converter_is_not_clipping(n_levels, hz, quality_of, rng):
    """The crests of a movement that was converted coarsely are plateaus, and sound."""
    for phase in rng.uniform(0, 2 * np.pi, 20):
        for size in (0.9, 1.0, 1.1):
            wave = size * np.sin(2 * np.pi * hz * TIMES + phase)

            assert "clipped" not in quality_of(converted(wave, n_levels)).flags(0)


@pytest.mark.parametrize("deviation", [0.2, 0.4, 0.7, 1.0, 3.0])
def test_the_flicker_of_the_last_bit_is_not_clipping(deviation, quality_of, rng):
    """A sensor at rest repeats a few levels, of which the outermost are rare."""
    for _ in range(30):
        samples = np.round(deviation * rng.standard_normal((3, 400)) + rng.uniform(-0.5, 0.5))

        assert "clipped" not in quality_of(samples).flags(0)


def test_two_levels_are_no_clipping(quality_of):
    """Between two levels there is nothing that could have been cut."""
    samples = (TIMES % 1 < 0.5).astype(float)

    assert quality_of(samples).clipped_fraction[0] == 0.0


@pytest.mark.parametrize(("modality", "step"), [("accelerometer", 0.01), ("gyroscope", 1.0)])
def test_a_coarse_sensor_whose_times_are_uneven_is_not_clipping(modality, step, quality_of, rng):
    """Interpolation hides the steps of a converter, and leaves plateaus where a sensor rests."""
    for deviation in (0.3, 0.7, 1.5):
        levels = np.round(deviation * rng.standard_normal((3, 400)) + rng.uniform(-0.5, 0.5))
        late = np.arange(400) + rng.uniform(-0.4, 0.4, 400)
        even = [np.interp(np.arange(400), late, axis) for axis in step * levels]

        assert "clipped" not in quality_of(np.array(even), modality).flags(0)


@pytest.mark.parametrize(
    ("modality", "unit", "one_g_or_half_a_turn"),
    [
        ("accelerometer", "g", 1.0),
        ("accelerometer", "mg", 1000.0),
        ("accelerometer", "m/s^2", 9.80665),
        ("gyroscope", "deg/s", 180.0),
        ("gyroscope", "rad/s", np.pi),
    ],
)
def test_a_small_movement_reaches_no_limit(modality, unit, one_g_or_half_a_turn, quality_of):
    """Sensors of motion end at 1.5 g or 125 deg/s at the least, whatever the unit."""
    cut = one_g_or_half_a_turn * np.minimum(np.sin(2 * np.pi * 1.3 * TIMES + 1), 0.8)

    assert quality_of(cut, modality, unit=unit).flags(0) == ("clipped",)
    assert quality_of(cut / 15, modality, unit=unit).flags(0) == ()


@pytest.mark.parametrize("unit", ["uV", "mV", "V", "relative"])
@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
def test_an_amplifier_may_end_anywhere(unit, size, quality_of, rng):
    """An EMG is clipped at whatever size, for nobody knows the gain before the converter."""
    cut = size * np.minimum(rng.standard_normal(4000), 0.5)

    assert quality_of(cut, "emg", unit=unit).flags(0) == ("clipped",)


def test_an_amplifier_at_its_rail_is_clipped(quality_of, rng):
    """An EMG that is driven to its limit for a second, by a movement, cannot be used."""
    samples = np.round(100 * rng.standard_normal(4000))
    samples[1000:2000] = 2047
    quality = quality_of(samples, "emg")

    assert quality.clipped_fraction.tolist() == [0.25]
    assert quality.flags(0) == ("clipped",)


@pytest.mark.parametrize(("share", "flagged"), [(0.0, False), (0.97, False), (0.99, True)])
def test_hum_is_flagged_when_it_is_nearly_all(share, flagged, quality_of, rng):
    """Hum that can be subtracted does not matter until little else is left."""
    quality = quality_of(rng.standard_normal(4000), "emg", mains_share=share)

    assert [share] == quality.mains_fraction.tolist()
    assert flagged == ("mains" in quality.flags(0))


def test_flags_come_in_the_order_of_reasons(quality_of):
    """Several flags are given in one order, whatever the window."""
    samples = np.zeros(4000)
    samples[5] = np.nan
    quality = quality_of(samples, "emg", mains_share=1.0)

    assert quality.flags(0) == ("gap", "flat", "mains")
    assert FLAGS == ("gap", "flat", "clipped", "mains")


def test_quality_comes_with_the_features(extract_from, mixture_of):
    """Extract reports hum, and lets a window that it cannot use pass with its flag."""
    samples = mixture_of("emg", 1000.0).copy()
    times = np.arange(4000) / 1000
    samples[0] = 5e3 * np.sin(2 * np.pi * 50 * times) + samples[1]
    samples[3] = 7.0
    table = extract_from(samples, "emg", 1000.0)

    assert table.quality.flags(0) == ("mains",)
    assert table.quality.flags(3) == ("flat",)
    assert table.quality.usable.tolist() == [False, True, True, False, True, True, True, True]
    np.testing.assert_array_equal(table.quality.mains_fraction, table.column("mains_share"))
