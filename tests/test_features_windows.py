"""Windows: what they refuse, in which words, and what they keep."""

import re

import numpy as np
import pytest

from features import MODALITIES, RELATIVE, SignalError, Windows, check_modality, check_unit
from features.windows import LARGEST


def windows(samples=None, *, sampling_rate_hz=100.0, modality="accelerometer", unit="g"):
    if samples is None:
        samples = np.zeros((2, 3, 400))
    return Windows(samples, sampling_rate_hz=sampling_rate_hz, modality=modality, unit=unit)


REFUSED_SAMPLES = {
    "no batch": (
        np.zeros((3, 400)),
        "windows: samples have shape (3, 400); they must be (n_windows",
    ),
    "flat": (np.zeros(400), "windows: samples have shape (400,); they must be"),
    "a number": (1.0, "windows: samples have shape (); they must be"),
    "ragged": ([[[1.0, 2.0], [1.0]]], "windows: channels differ in length; they must be equally"),
    "words": ([[["a", "b"]]], "windows: samples must be numbers, not str"),
    "nothing": (None, "windows: samples must be numbers, not object"),
    "truth": (np.ones((1, 1, 4), dtype=bool), "windows: samples must be numbers, not bool"),
    "complex": (np.ones((1, 1, 4), dtype=complex), "windows: samples must be numbers, not complex"),
    "dates": (np.zeros((1, 1, 4), dtype="M8[s]"), "windows: samples must be numbers, not datetime"),
    "no samples": (np.zeros((2, 3, 0)), "windows: samples are empty (shape (2, 3, 0))"),
    "no channels": (np.zeros((2, 0, 400)), "windows: samples are empty (shape (2, 0, 400))"),
    "infinite": (np.full((1, 1, 4), np.inf), "windows: samples hold an infinite value"),
    "minus infinite": (np.full((1, 1, 4), -np.inf), "use NaN for a gap"),
    "huge": (np.full((1, 1, 4), 2 * LARGEST), "or one beyond 1e+30; use NaN for a gap"),
}


@pytest.mark.parametrize("case", REFUSED_SAMPLES)
def test_samples_that_cannot_be_used_are_refused(case):
    """Shape, type and values are checked at construction, each in a sentence of its own."""
    samples, sentence = REFUSED_SAMPLES[case]
    if samples is None:
        samples = [[[None, 1.0]]]

    with pytest.raises(SignalError, match=re.escape(sentence)):
        windows(samples)


@pytest.mark.parametrize(
    ("rate", "sentence"),
    [
        (0.0, "sampling_rate_hz is 0.0; it must be a positive number of hertz"),
        (-100, "sampling_rate_hz is -100; it must be a positive number of hertz"),
        (np.nan, "sampling_rate_hz is nan; it must be a positive number of hertz"),
        (np.inf, "sampling_rate_hz is inf; it must be a positive number of hertz"),
        ("fast", "sampling_rate_hz is 'fast'; it must be a positive number of hertz"),
        (None, "sampling_rate_hz is None; it must be a positive number of hertz"),
        (10**400, "it must be a positive number of hertz"),
        (19.99, "sampling_rate_hz is 19.99; accelerometer needs at least 20 Hz"),
        (200_001.0, "sampling_rate_hz is 200001; up to 200000 Hz can be used (if it comes from a"),
        (1e308, "sampling_rate_hz is 1e+308; up to 200000 Hz can be used"),
    ],
)
def test_a_rate_that_cannot_be_used_is_refused(rate, sentence):
    """A rate is a positive number, and fast enough for the modality."""
    with pytest.raises(SignalError, match=re.escape(sentence)):
        windows(sampling_rate_hz=rate)


@pytest.mark.parametrize("modality", MODALITIES)
def test_the_slowest_rate_is_accepted(modality):
    """The minimum itself is fast enough."""
    traits = MODALITIES[modality]
    slowest = windows(
        np.zeros((1, 1, 4)),
        sampling_rate_hz=traits.minimum_rate_hz,
        modality=modality,
        unit=traits.unit,
    )

    assert traits.minimum_rate_hz == slowest.sampling_rate_hz


def test_an_unknown_modality_is_refused():
    """The message lists the modalities there are."""
    sentence = "modality is 'ecg'; it must be one of emg, accelerometer, gyroscope"
    with pytest.raises(SignalError, match=sentence):
        windows(modality="ecg")


@pytest.mark.parametrize(
    ("modality", "unit", "known"),
    [
        ("emg", "g", "uV, mV, V, relative"),
        ("accelerometer", "mV", "g, mg, m/s^2"),
        ("gyroscope", "relative", "deg/s, rad/s"),
        ("gyroscope", "", "deg/s, rad/s"),
    ],
)
def test_a_unit_of_another_modality_is_refused(modality, unit, known):
    """The message lists the units of the modality."""
    sentence = f"unit is {unit!r}, which is not a unit of {modality}; use one of {known}"
    with pytest.raises(SignalError, match=re.escape(sentence)):
        windows(np.zeros((1, 1, 4)), sampling_rate_hz=1000, modality=modality, unit=unit)


@pytest.mark.parametrize(
    ("modality", "n_channels", "wanted"),
    [("emg", 2, "one channel"), ("accelerometer", 4, "one to 3 axes"), ("gyroscope", 6, "axes")],
)
def test_too_many_channels_are_refused(modality, n_channels, wanted):
    """A window of EMG is one channel; a sensor has three axes at the most."""
    sentence = f"a window of {modality} has {n_channels} channels; it must have .*{wanted}"
    with pytest.raises(SignalError, match=sentence):
        windows(
            np.zeros((1, n_channels, 4)),
            sampling_rate_hz=1000,
            modality=modality,
            unit=MODALITIES[modality].unit,
        )


@pytest.mark.parametrize(
    ("spelling", "unit", "modality"),
    [
        ("\u00b5V", "uV", "emg"),
        ("\u00b5V".encode().decode("latin-1"), "uV", "emg"),
        ("\u03bcV".encode().decode("latin-1"), "uV", "emg"),
        ("\u03bcV", "uV", "emg"),
        ("m/s2", "m/s^2", "accelerometer"),
        ("m/s\u00b2", "m/s^2", "accelerometer"),
        ("dps", "deg/s", "gyroscope"),
        ("\u00b0/s", "deg/s", "gyroscope"),
        ("mv", "mV", "emg"),
        ("microvolts", "uV", "emg"),
        ("G", "g", "accelerometer"),
        ("deg/sec", "deg/s", "gyroscope"),
        ("rad/sec", "rad/s", "gyroscope"),
    ],
)
def test_a_unit_has_one_spelling(spelling, unit, modality):
    """Usual spellings are accepted and come out as one."""
    assert unit == check_unit(spelling, modality)


@pytest.mark.parametrize(
    ("modality", "unit", "factor"),
    [
        ("emg", "uV", 1.0),
        ("emg", "mV", 1e3),
        ("emg", "V", 1e6),
        ("emg", RELATIVE, 1.0),
        ("accelerometer", "mg", 1e-3),
        ("accelerometer", "m/s^2", 1 / 9.80665),
        ("gyroscope", "rad/s", 180 / np.pi),
    ],
)
def test_units_are_converted_by_their_factor(modality, unit, factor):
    """A value times the factor is in the modality's own unit."""
    batch = windows(np.zeros((1, 1, 9)), sampling_rate_hz=1e3, modality=modality, unit=unit)

    assert pytest.approx(factor, rel=1e-15) == batch.unit_factor
    assert (unit != RELATIVE) == batch.scale_is_known


def test_a_modality_is_returned_as_it_is_known():
    """The check gives back what it was given."""
    assert check_modality("emg") == "emg"


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floating_samples_are_a_read_only_view(dtype):
    """Nothing is copied, the caller's array stays writeable, ours does not."""
    samples = np.zeros((2, 3, 400), dtype=dtype)
    batch = windows(samples)

    assert np.shares_memory(samples, batch.samples)
    assert dtype == batch.samples.dtype
    assert samples.flags.writeable
    assert not batch.samples.flags.writeable


@pytest.mark.parametrize("dtype", [np.int16, np.uint8, np.int64, np.float16, ">f8", ">f4"])
def test_other_numbers_become_double_precision(dtype):
    """Counts, halves and foreign byte orders keep their values."""
    samples = np.arange(24).reshape(2, 3, 4).astype(dtype)
    batch = windows(samples)

    assert np.dtype(np.float64) == batch.samples.dtype
    np.testing.assert_array_equal(samples, batch.samples)


def test_nested_lists_are_samples():
    """What JSON gives is accepted."""
    batch = windows([[[0.0, 1, 2]], [[3, 4, 5]]])

    assert batch.samples.shape == (2, 1, 3)


def test_nan_marks_a_gap_and_is_accepted():
    """A missing sample is no error."""
    batch = windows(np.full((1, 1, 4), np.nan))

    assert np.isnan(batch.samples).all()


def test_length_channels_and_duration():
    """A batch tells its size; the duration is in seconds, at odd rates as well."""
    batch = windows(np.zeros((5, 2, 125)), sampling_rate_hz=31.25)

    assert len(batch) == 5
    assert batch.n_channels == 2
    assert batch.duration_s == 4.0


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        (slice(1, 3), [1, 2]),
        (slice(None, None, -1), [3, 2, 1, 0]),
        (slice(9, None), []),
        (np.array([2, 0, 2]), [2, 0, 2]),
        (np.array([True, False, False, True]), [0, 3]),
    ],
)
def test_windows_are_chosen_by_slice_index_or_mask(index, expected):
    """What is chosen is a batch of its own, of the same kind."""
    samples = np.arange(4.0)[:, None, None] * np.ones((4, 1, 500))
    batch = windows(samples, sampling_rate_hz=500, modality="emg", unit="mV")
    chosen = batch[index]

    assert expected == chosen.samples[:, 0, 0].tolist()
    assert (chosen.modality, chosen.unit, chosen.sampling_rate_hz) == ("emg", "mV", 500.0)


def test_one_window_is_no_batch():
    """A single index would drop the first dimension, and says so."""
    with pytest.raises(SignalError, match=re.escape("samples have shape (3, 400)")):
        windows()[0]


def test_windows_are_frozen():
    """Nothing can be set once it has been checked."""
    batch = windows()

    with pytest.raises(AttributeError, match="cannot assign to field 'unit'"):
        batch.unit = "mg"
