"""Recording: what it refuses, where its windows begin, and where it has gaps."""

import re
from datetime import UTC, datetime

import numpy as np
import pytest

from features import Recording, SignalError


def recording(samples=None, *, sampling_rate_hz=100.0, modality="accelerometer", unit="g", **more):
    if samples is None:
        samples = np.arange(3000.0).reshape(3, 1000)
    return Recording(
        samples, sampling_rate_hz=sampling_rate_hz, modality=modality, unit=unit, **more
    )


@pytest.mark.parametrize(
    ("samples", "sentence"),
    [
        (
            np.zeros(100),
            "recording: samples have shape (100,); they must be (n_channels, n_samples)",
        ),
        (np.zeros((1, 1, 9)), "recording: samples have shape (1, 1, 9); they must be (n_channels"),
        (np.zeros((2, 0)), "recording: samples are empty (shape (2, 0))"),
        (np.zeros((0, 100)), "recording: there is no channel; at least one is needed"),
        ([[1.0, 2.0], [1.0]], "recording: channels differ in length; they must be equally long"),
        ([["a"]], "recording: samples must be numbers, not str"),
        ([[np.inf]], "recording: samples hold an infinite value"),
    ],
)
def test_samples_that_cannot_be_used_are_refused(samples, sentence):
    """A recording checks what windows check, and speaks of itself."""
    with pytest.raises(SignalError, match=re.escape(sentence)):
        recording(samples)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"modality": "ecg"}, "modality is 'ecg'; it must be one of"),
        ({"unit": "V"}, "unit is 'V', which is not a unit of accelerometer"),
        ({"sampling_rate_hz": 10}, "sampling_rate_hz is 10; accelerometer needs at least 20 Hz"),
        ({"channel_names": ("x", "y")}, "2 channel names were given for 3 channels"),
    ],
)
def test_what_is_said_about_samples_is_checked(wrong, sentence):
    """Modality, unit, rate and names must fit."""
    with pytest.raises(SignalError, match=re.escape(sentence)):
        recording(**wrong)


def test_a_recording_keeps_what_it_is_told():
    """Samples are a read-only view; names, start and length are at hand."""
    samples = np.zeros((2, 250), dtype=np.float32)
    start = datetime(2024, 11, 22, tzinfo=UTC)
    kept = recording(samples, channel_names=("x", "y"), start_time=start)

    assert np.shares_memory(samples, kept.samples)
    assert not kept.samples.flags.writeable
    assert (("x", "y"), start) == (kept.channel_names, kept.start_time)
    assert (kept.n_channels, kept.duration_s) == (2, 2.5)
    assert recording(samples).channel_names == ("channel_0", "channel_1")


def test_a_channel_is_a_recording_of_its_own():
    """One of several channels keeps its name, rate, unit and start."""
    start = datetime(2024, 11, 22, tzinfo=UTC)
    both = recording(
        np.arange(20.0).reshape(2, 10),
        sampling_rate_hz=1000,
        modality="emg",
        unit="mV",
        channel_names=("left", "right"),
        start_time=start,
    )
    right = both.channel(1)

    assert np.arange(10.0, 20.0).tolist() == right.samples[0].tolist()
    assert (("right",), "mV", 1000.0, start) == (
        right.channel_names,
        right.unit,
        right.sampling_rate_hz,
        right.start_time,
    )


@pytest.mark.parametrize("index", [-1, 3])
def test_a_channel_that_is_not_there_is_refused(index):
    """Channels are counted from 0, and not from the end."""
    with pytest.raises(SignalError, match=f"there is no channel {index}; the recording has 3"):
        recording().channel(index)


@pytest.mark.parametrize(
    ("n_samples", "length_s", "hop_s", "expected"),
    [
        (1000, 4.0, None, [0, 400]),
        (800, 4.0, None, [0, 400]),
        (799, 4.0, None, [0]),
        (400, 4.0, None, [0]),
        (399, 4.0, None, []),
        (1000, 4.0, 2.0, [0, 200, 400, 600]),
        (1000, 4.0, 0.01, list(range(601))),
        (1000, 1.0, 3.0, [0, 300, 600, 900]),
    ],
)
def test_windows_begin_at_multiples_of_the_hop(n_samples, length_s, hop_s, expected):
    """Only whole windows count, and the last one may end with the recording."""
    starts = recording(np.zeros((1, n_samples))).window_starts(length_s, hop_s)

    assert expected == starts.tolist()


@pytest.mark.parametrize(
    ("rate", "hop_s", "expected"),
    [
        (31.25, 1.0, [0, 31, 62, 94, 125, 156, 188]),
        (31.25, 4.0, [0, 125]),
        (33.3, 1.3, [0, 43, 87, 130, 173]),
        (1926.0, 0.5, [0, 963, 1926, 2889, 3852, 4815, 5778, 6741, 7704]),
        (1925.926, 4.0, [0, 7704]),
        (33.3, 4.0, [0, 133]),
    ],
)
def test_starts_do_not_drift_at_odd_rates(rate, hop_s, expected):
    """Starts are rounded from exact multiples, so the hundredth is as right as the first."""
    emg = rate > 1000
    samples = np.zeros((1, expected[-1] + round(4 * rate)))
    modality, unit = ("emg", "uV") if emg else ("gyroscope", "deg/s")
    odd = recording(samples, sampling_rate_hz=rate, modality=modality, unit=unit)

    assert expected == odd.window_starts(4.0, hop_s).tolist()
    assert (len(expected), 1, round(4 * rate)) == odd.windows(4.0, hop_s).samples.shape


@pytest.mark.parametrize("hop_s", [0.0, -1.0, 0.0099, np.nan, np.inf])
def test_a_hop_shorter_than_a_sample_is_refused(hop_s):
    """No two windows begin at one sample, and time does not stand still."""
    with pytest.raises(
        SignalError, match=r"hop is .* s; it must be a sample, 0\.01 s, at the least"
    ):
        recording().window_starts(4.0, hop_s)


@pytest.mark.parametrize("length_s", [0.0, -4.0, np.nan, np.inf])
def test_a_length_that_is_none_is_refused(length_s):
    """A window has a length."""
    with pytest.raises(SignalError, match=r"window length is .* s; it must be positive"):
        recording().window_starts(length_s, 1.0)


def test_a_regular_hop_copies_nothing():
    """Windows of a regular hop are a view of the recording, channel by channel."""
    whole = recording()
    cut = whole.windows(4.0, 2.0)

    assert cut.samples.shape == (4, 3, 400)
    assert np.shares_memory(whole.samples, cut.samples)
    for i, start in enumerate((0, 200, 400, 600)):
        np.testing.assert_array_equal(whole.samples[:, start : start + 400], cut.samples[i])
    assert (cut.modality, cut.unit, cut.sampling_rate_hz) == ("accelerometer", "g", 100.0)


@pytest.mark.parametrize(
    "starts", [[0], [600], [5, 6, 300], [600, 300, 0], [7, 7, 7], [0, 300, 600], []]
)
def test_windows_may_begin_anywhere_in_any_order(starts):
    """Given starts are taken as they come: late ones first, and twice the same."""
    whole = recording()
    cut = whole.windows_at(np.array(starts, dtype=np.intp))

    assert (len(starts), 3, 400) == cut.samples.shape
    for i, start in enumerate(starts):
        np.testing.assert_array_equal(whole.samples[:, start : start + 400], cut.samples[i])


@pytest.mark.parametrize("starts", [[-1], [601], [0, 1000], [-400, 0]])
def test_windows_beyond_the_recording_are_refused(starts):
    """A window lies within the recording, or there is none."""
    with pytest.raises(SignalError, match=r"do not lie within the recording; .* begins at 600"):
        recording().windows_at(np.array(starts))


def test_windows_of_several_channels_of_a_muscle_are_refused():
    """Each channel of a surface EMG is a signal of its own."""
    both = recording(np.zeros((2, 4000)), sampling_rate_hz=1000, modality="emg", unit="uV")

    with pytest.raises(SignalError, match="a window of emg has 2 channels; it must have one chann"):
        both.windows()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_windows_keep_the_precision_of_the_recording(dtype):
    """Cutting changes no type, also when there is nothing to cut."""
    for n_samples in (1000, 100):
        cut = recording(np.zeros((1, n_samples), dtype=dtype)).windows()

        assert dtype == cut.samples.dtype


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ([], ()),
        ([(0, 5, 10)], ((0.05, 0.1),)),
        ([(1, 0, 1), (2, 999, 1000)], ((0.0, 0.01), (9.99, 10.0))),
        ([(0, 100, 200), (1, 150, 300)], ((1.0, 3.0),)),
        ([(0, 0, 1000)], ((0.0, 10.0),)),
    ],
)
def test_gaps_are_where_any_channel_is_missing(missing, expected):
    """Gaps come in seconds; what overlaps is one gap; the ends may be missing."""
    samples = np.zeros((3, 1000))
    for channel, start, stop in missing:
        samples[channel, start:stop] = np.nan

    assert expected == recording(samples).gaps
