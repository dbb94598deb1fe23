"""Pictures of recordings: few numbers that hide no extreme and no rhythm."""

import base64
import tracemalloc
from dataclasses import dataclass

import numpy as np
import pytest
import scipy.signal

from features import Recording
from serving.analysis import picture
from serving.analysis.picture import spectrogram, trace
from serving.analysis.source import RecordingSource

A_STEP_DB = 80 / 254
"""The coarsest step of a level: a picture spans 80 dB at the most."""


def source_of(samples, rate_hz=100.0, modality="accelerometer", unit="g"):
    """Return samples, shape (n_channels, n), as a source."""
    return RecordingSource(
        Recording(samples, sampling_rate_hz=rate_hz, modality=modality, unit=unit)
    )


def drawn(shown, channel=0):
    """Return lowest and highest values of the columns of a trace, NaN where there are none."""
    values = []
    for text in (shown.low[channel], shown.high[channel]):
        integers = np.frombuffer(base64.b64decode(text), dtype="<i2").astype(float)
        integers[integers == -32768] = np.nan
        values.append(shown.offset[channel] + shown.scale[channel] * integers)
    return values


def levels_db(shown):
    """Return the levels of a spectrogram, shape (n_columns, n_rows), NaN where there are none."""
    integers = np.frombuffer(base64.b64decode(shown.power), dtype=np.uint8).astype(float)
    integers[integers == 0] = np.nan
    return (shown.low_db + shown.step_db * integers).reshape(shown.n_columns, shown.n_rows)


def sinusoid(frequency_hz, seconds, rate_hz=100.0, amplitude=0.1):
    """Return a wave, shape (n,)."""
    return amplitude * np.sin(2 * np.pi * frequency_hz * np.arange(seconds * rate_hz) / rate_hz)


def test_a_trace_holds_the_extremes_of_every_column(rng):
    """Columns are of equal width, and their extremes are exact to half a step."""
    samples = rng.standard_normal((2, 1003))

    shown = trace(source_of(samples), [1, 0], columns=101)

    assert shown.n_columns == 101
    assert shown.column_s == 0.1
    low, high = drawn(shown)
    for k in range(shown.n_columns):
        piece = samples[1, 10 * k : 10 * k + 10]
        assert abs(low[k] - piece.min()) <= 0.51 * shown.scale[0]
        assert abs(high[k] - piece.max()) <= 0.51 * shown.scale[0]


def test_a_trace_of_few_samples_is_the_samples(rng):
    """No column is wider than it must be."""
    samples = rng.standard_normal((1, 50))

    low, high = drawn(trace(source_of(samples), [0]))

    assert np.array_equal(low, high)
    assert np.allclose(low, samples[0], atol=1e-4)


def test_a_stretch_begins_where_it_was_asked_for(rng):
    """Times are those of the recording, whatever part of it is shown."""
    samples = rng.standard_normal((1, 1000))

    shown = trace(source_of(samples), [0], start_s=2.5, stop_s=4.0)

    assert (shown.start_s, shown.n_columns) == (2.5, 150)
    assert np.allclose(drawn(shown)[0], samples[0, 250:400], atol=1e-4)


def test_missing_samples_leave_columns_out_and_nothing_else(rng):
    """A column that has one sample shows it; one that has none is empty; none is interpolated."""
    samples = rng.standard_normal((1, 100))
    samples[0, 10:20] = np.nan
    samples[0, 21:30] = np.nan

    low, high = drawn(trace(source_of(samples), [0], columns=10))

    assert list(np.flatnonzero(np.isnan(low))) == [1]
    assert low[2] == high[2]
    assert abs(low[2] - samples[0, 20]) < 1e-3


@pytest.mark.parametrize("samples", [np.full((1, 40), 3.0), np.full((1, 40), np.nan)])
def test_a_constant_or_missing_channel_is_drawn_too(samples):
    """Nothing is divided by a range of zero, or by one that is not known."""
    low, high = drawn(trace(source_of(samples), [0]))

    assert np.array_equal(low, samples[0], equal_nan=True)
    assert np.array_equal(high, samples[0], equal_nan=True)
    shown = spectrogram(source_of(samples), [0])
    assert len(base64.b64decode(shown.power)) == shown.n_columns * shown.n_rows


def test_where_a_block_ends_changes_nothing(rng, monkeypatch):
    """A trace and a spectrogram are the same, however little is read at once."""
    samples = rng.standard_normal((1, 21_003))
    samples[0, 7000:9000] = np.nan
    source = source_of(samples, rate_hz=1111.0, modality="emg", unit="uV")
    whole = trace(source, [0], columns=500), spectrogram(source, [0])

    monkeypatch.setattr(picture, "_BLOCK", 977)
    monkeypatch.setattr(picture, "_AT_ONCE_S", 1.1)

    assert (trace(source, [0], columns=500), spectrogram(source, [0])) == whole


def test_a_rhythm_stands_at_its_frequency_and_power():
    """A sinusoid of amplitude A has A^2/2 in 1.5 rows of a Hann-windowed spectrum."""
    shown = spectrogram(source_of(sinusoid(5.0, 30)[None]), [0])

    middle = levels_db(shown)[shown.n_columns // 2]
    assert (shown.row_hz, shown.n_rows, shown.column_s) == (0.25, 81, 0.25)
    assert shown.row_hz * np.argmax(middle) == 5.0
    expected = 10 * np.log10(0.1**2 / 2 / (1.5 * 0.25))
    assert abs(np.max(middle) - expected) <= A_STEP_DB


@pytest.mark.parametrize("rate_hz", [20, 50, 100])
def test_spectra_are_those_of_welch(rng, rate_hz):
    """SciPy's estimate over the same four seconds is the same, from 0 Hz to the last row."""
    samples = rng.standard_normal((1, 30 * rate_hz))

    shown = spectrogram(source_of(samples, float(rate_hz)), [0])

    column = 40  # 10.0 to 10.25 s
    start = round(rate_hz * (column * 0.25 + 0.125) - 2 * rate_hz)
    n = 4 * rate_hz
    piece = samples[0, start : start + n]
    expected = scipy.signal.welch(piece, fs=rate_hz, nperseg=n, window="hann")[1][:81]
    assert np.allclose(levels_db(shown)[column], 10 * np.log10(expected), atol=A_STEP_DB)


def test_turning_the_sensor_changes_no_spectrogram(rng):
    """Power is that of all axes together."""
    samples = np.stack([sinusoid(5.0, 20), sinusoid(7.0, 20), np.zeros(2000)])
    samples += 0.01 * rng.standard_normal(samples.shape)
    turn, _ = np.linalg.qr(rng.standard_normal((3, 3)))

    before = spectrogram(source_of(samples), [0, 1, 2])
    after = spectrogram(source_of(turn @ samples), [0, 1, 2])

    assert np.allclose(levels_db(before), levels_db(after), atol=2 * A_STEP_DB)


@pytest.mark.parametrize("rate_hz", [500.0, 1000.0, 2048.0, 10000.0])
def test_the_rhythm_of_a_muscle_is_that_of_its_bursts(rng, rate_hz):
    """An EMG shows how its envelope goes, at any rate, on a drifting baseline."""
    n = int(20 * rate_hz)
    bursts = np.maximum(sinusoid(6.0, 20, rate_hz, amplitude=1.0), 0)
    samples = 50 * bursts * rng.standard_normal(n) + sinusoid(0.3, 20, rate_hz, amplitude=300.0)

    shown = spectrogram(source_of(samples[None], rate_hz, "emg", "uV"), [0])

    middle = levels_db(shown)[shown.n_columns // 2]
    above_drift = np.arange(shown.n_rows) * shown.row_hz >= 2
    row = np.argmax(np.where(above_drift, middle, -np.inf))
    assert abs(shown.row_hz * row - 6.0) <= 0.25


def test_there_is_no_spectrum_where_less_than_half_was_recorded():
    """Edges and short losses are bridged, longer gaps are empty."""
    samples = sinusoid(5.0, 30)[None].copy()
    samples[0, 1000:1600] = np.nan

    shown = spectrogram(source_of(samples), [0])

    missing_s = np.flatnonzero(np.isnan(levels_db(shown)).any(axis=1)) * shown.column_s
    assert (missing_s.min(), missing_s.max() + shown.column_s) == (10.0, 16.0)


@dataclass(frozen=True)
class LongSource:
    """Noise that is made when it is read."""

    n_samples: int
    sampling_rate_hz: float = 100.0
    modality: str = "accelerometer"
    unit: str = "g"
    channel_names: tuple[str, ...] = ("x",)
    start_time: None = None

    def read(self, start, stop):
        """Return samples that depend on their place alone."""
        return np.sin(np.arange(start, stop, dtype=np.float32))[None]


def test_memory_does_not_grow_with_length():
    """Eight hours take hardly more than one."""
    peaks = []
    for hours in (1, 8):
        source = LongSource(hours * 360_000)
        trace(source, [0], columns=2000)  # what is made once is made before
        tracemalloc.start()
        trace(source, [0], columns=2000)
        spectrogram(source, [0])
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert peaks[1] < 2 * peaks[0]


def test_a_long_recording_has_no_more_columns_than_are_drawn():
    """Spectra of long columns are means: a lasting rhythm keeps its height."""
    short, long = (spectrogram(LongSource(360_000 * hours), [0]) for hours in (1, 6))

    assert max(short.n_columns, long.n_columns) <= 1500
    peaks = [np.max(levels_db(shown)[5]) for shown in (short, long)]
    assert abs(peaks[0] - peaks[1]) < 1.0
