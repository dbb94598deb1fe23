"""Hard windows: silent, constant, a spike, clipped, too short, with gaps, in odd layouts."""

import numpy as np
import pytest

from features import MODALITIES, SignalError, Windows, columns, extract
from features.quality import FLAGS

RATES = {"emg": 1000, "accelerometer": 100, "gyroscope": 100}
CHANNELS = {"emg": 1, "accelerometer": 3, "gyroscope": 3}
each_modality = pytest.mark.parametrize("modality", RATES)

# Double precision, after a few thousand additions.
ROUNDING = 1e-9
# One sample in a hundred is there or is not, at the end where a random walk is farthest out.
ONE_SAMPLE = 0.05

SILENT_ZERO = {
    "line_amplitude",
    "cycle_count",
    "mains_share",
    "burst_rate",
    "burst_duty",
    "event_rate",
    "brief_event_rate",
    "longest_event",
    "largest_event",
    "ground_level",
    "root_mean_square",
    "mean_absolute_value",
    "peak",
    "waveform_length",
    "zero_crossing_rate",
    "slope_sign_change_rate",
    "willison_rate",
    "band_amplitude",
    "norm_root_mean_square",
    "slow_excursion",
}
"""Sizes and counts of a silent window are zero; every other value is undefined."""


def silent(modality, n_samples=None):
    return np.zeros((1, CHANNELS[modality], n_samples or 4 * RATES[modality]))


def assert_silent(table, but=()):
    for column, actual in zip(table.columns, table.values[0], strict=True):
        if column not in but:
            expected = 0.0 if column.partition("__")[0] in SILENT_ZERO else np.nan
            np.testing.assert_equal(actual, expected, err_msg=column)


@each_modality
def test_of_silence_sizes_and_counts_are_zero_and_the_rest_is_nan(modality, extract_from):
    """Every column of a silent window has the value that its docstring states."""
    table = extract_from(silent(modality), modality, RATES[modality])

    assert_silent(table)
    assert table.quality.flags(0) == ("flat",)


@each_modality
@pytest.mark.parametrize("constant", [1.0, -12345.678, 1 / 3 * 1e12])
def test_a_constant_is_silence(modality, constant, extract_from):
    """A large offset leaves no rounding behind."""
    table = extract_from(silent(modality) + constant, modality, RATES[modality])

    assert_silent(table)


@each_modality
@pytest.mark.parametrize("rate_factor", [0.8, 1.0, 1.7])
def test_a_straight_drift_is_silence(modality, rate_factor, extract_from):
    """A straight line is drift at any rate, seen as slow excursion of motion alone."""
    rate = RATES[modality] * rate_factor
    ramp = np.linspace(0.0, 8.0, round(4 * rate))
    samples = np.tile(ramp, (1, CHANNELS[modality], 1))
    table = extract_from(samples, modality, rate)

    assert_silent(table, but=("slow_excursion",))
    if modality != "emg":
        # The means of the first and the last of eight pieces lie 7/8 of the way apart, per axis.
        assert pytest.approx(7 * np.sqrt(3), rel=0.01) == table.column("slow_excursion")[0]


def spike_response(modality, spec_of):
    """Return frequency response, by its formula, on the grid of the extended window."""
    spec = spec_of(modality)
    rate, conditioning = RATES[modality], spec.conditioning
    n = 4 * rate + 2 * round(conditioning.padding_s * rate)
    freqs = np.abs(np.fft.fftfreq(n, 1 / rate))
    with np.errstate(divide="ignore"):
        highpass = 1 / (1 + (conditioning.highpass_hz / freqs) ** 4)
    return highpass / (1 + (freqs / conditioning.lowpass_hz) ** 4)


@each_modality
def test_a_single_spike_is_one_isolated_event(modality, extract_from, spec_of):
    """Of one spike there is one event; what needs two events, or a rhythm, is undefined."""
    samples = silent(modality)
    samples[0, 0, 2 * RATES[modality]] = 1.0
    table = extract_from(samples, modality, RATES[modality])
    value = dict(zip(table.columns, table.values[0], strict=True))
    response = spike_response(modality, spec_of)

    # The line that is fitted to the window takes 1/n from the spike.
    near = pytest.approx(response.mean(), rel=2e-3)
    assert near == value["peak"]
    energy = np.mean(response**2) * len(response) / (4 * RATES[modality] * len(response))
    assert pytest.approx(np.sqrt(energy), rel=5e-3) == value["root_mean_square"]
    expected = {
        "event_rate": 0.25,
        "isolated_share": 1.0,
        "doublet_share": 0.0,
        "event_interval_variation": np.nan,
        "event_amplitude_variation": np.nan,
        "event_similarity": np.nan,
        "burst_rate": 0.25,
        "burst_interval": np.nan,
        "burst_interval_variation": np.nan,
        "burst_amplitude_slope": np.nan,
        "bursts_per_cycle": np.nan,
        "period_variation": np.nan,
        "first_to_steady_cycle": np.nan,
    }
    for column, wanted in expected.items():
        np.testing.assert_allclose(value[column], wanted, rtol=ROUNDING, err_msg=column)
    assert pytest.approx(1.0, abs=1e-5) == value["event_energy_share"]
    assert table.quality.flags(0) == ("flat",)


@each_modality
@pytest.mark.parametrize("place", [0, 1, -2, -1])
def test_a_spike_at_an_edge_gives_no_infinite_value(modality, place, extract_from):
    """A spike on the first or last sample is an event as well."""
    samples = silent(modality)
    samples[0, 0, place] = 1.0
    table = extract_from(samples, modality, RATES[modality])

    assert not np.isinf(table.values).any()
    assert table.column("event_rate")[0] >= 0.25


@each_modality
@pytest.mark.parametrize("more", [-1, 0, 1])
@pytest.mark.parametrize("rate", [None, 31.25, 50.0])
def test_a_window_may_be_one_sample_longer_or_shorter(modality, more, rate, extract_from, rng):
    """Cutting at odd rates rounds: a sample more or less is accepted and changes little."""
    rate = rate or RATES[modality]
    rate = 20 * rate if modality == "emg" and rate < 500 else rate
    n = round(4 * rate)
    signal = np.cumsum(rng.standard_normal((1, CHANNELS[modality], n + 1)), axis=2)
    exact = extract_from(signal[..., :n], modality, rate)
    actual = extract_from(signal[..., : n + more], modality, rate)

    for column in ("root_mean_square", "mean_frequency", "spectral_entropy"):
        assert pytest.approx(exact.column(column), rel=ONE_SAMPLE) == actual.column(column)


@each_modality
@pytest.mark.parametrize("more", [-2, 2])
def test_a_window_two_samples_longer_or_shorter_is_refused(modality, more, extract_from):
    """A window of another length than the model's is refused, not padded."""
    samples = silent(modality, 4 * RATES[modality] + more)

    with pytest.raises(SignalError, match=r"windows last .* s; they must last 4 s"):
        extract_from(samples, modality, RATES[modality])


def test_a_window_of_another_modality_is_refused(spec_of):
    """A model of one modality does not speak of another."""
    windows = Windows(silent("gyroscope"), sampling_rate_hz=100, modality="gyroscope", unit="deg/s")

    with pytest.raises(SignalError, match="windows are of gyroscope; this model is for acceler"):
        extract(windows, spec_of("accelerometer"))


@each_modality
def test_an_empty_batch_has_all_columns_and_no_rows(modality, extract_from, spec_of):
    """Nothing in, nothing out, under the same names."""
    table = extract_from(silent(modality)[:0], modality, RATES[modality])

    assert (0, len(columns(spec_of(modality)))) == table.values.shape
    assert (0, len(FLAGS)) == table.quality.flagged.shape
    assert len(table) == 0


@each_modality
@pytest.mark.parametrize("gap", [slice(7, 8), slice(0, 50), slice(None)])
def test_a_missing_sample_makes_its_row_nan_and_no_other(modality, gap, mixture_of, extract_from):
    """A gap in one channel of one window spoils that row, and is flagged."""
    samples = mixture_of(modality, RATES[modality]).copy()
    clean = extract_from(samples, modality, RATES[modality])
    samples[2, -1, gap] = np.nan
    table = extract_from(samples, modality, RATES[modality])
    others = np.arange(len(samples)) != 2

    assert np.isnan(table.values[2]).all()
    np.testing.assert_allclose(table.values[others], clean.values[others], rtol=ROUNDING)
    assert "gap" in table.quality.flags(2)
    share = len(range(*gap.indices(samples.shape[2]))) / samples.shape[2]
    assert share == table.quality.gap_fraction[2]


@each_modality
def test_single_precision_is_taken_for_what_it_says(modality, mixture_of, extract_from):
    """Samples in single precision give what the same numbers in double precision give."""
    samples = mixture_of(modality, RATES[modality]).astype(np.float32)
    expected = extract_from(samples.astype(np.float64), modality, RATES[modality])
    actual = extract_from(samples, modality, RATES[modality])

    np.testing.assert_array_equal(expected.values, actual.values)


@each_modality
def test_whole_numbers_are_samples_too(modality, mixture_of, extract_from):
    """Counts of a converter need not be made floating-point numbers first."""
    counts = np.round(mixture_of(modality, RATES[modality]) * 1000).astype(np.int32)
    expected = extract_from(counts.astype(np.float64), modality, RATES[modality])
    actual = extract_from(counts, modality, RATES[modality])

    np.testing.assert_array_equal(expected.values, actual.values)


@each_modality
def test_strided_views_equal_their_copies(modality, mixture_of, extract_from):
    """The memory layout of samples does not matter."""
    samples = mixture_of(modality, RATES[modality])
    expected = extract_from(samples, modality, RATES[modality]).values
    every_second = np.repeat(samples, 2, axis=2)[:, :, ::2]
    channels_last = np.ascontiguousarray(samples.transpose(0, 2, 1)).transpose(0, 2, 1)
    for view in (every_second, channels_last, np.asfortranarray(samples)):
        actual = extract_from(view, modality, RATES[modality]).values

        np.testing.assert_array_equal(expected, actual)


@each_modality
@pytest.mark.parametrize("size", [1e-300, 1e-150, 1e-40, 1e20])
def test_absurd_sizes_give_finite_values_or_nan(modality, size, mixture_of, extract_from):
    """No power of a value overflows, and what underflows is undefined, without a warning."""
    table = extract_from(mixture_of(modality, RATES[modality]) * size, modality, RATES[modality])

    assert not np.isinf(table.values).any()
    if size == 1e20:
        assert np.isfinite(table.column("kurtosis")).all()


@each_modality
def test_units_of_the_catalogue_exist(modality):
    """The unit that hard windows are given in is the one that values come in."""
    traits = MODALITIES[modality]

    assert traits.factors[traits.unit] == 1.0
