"""Beats: runs are told apart, read to their end, and not cut where reading is."""

from collections.abc import Sequence

import numpy as np
import pytest
from conftest import shipped_spec

from features import Recording
from features.beat_tracking import noise_around
from features.rhythm_runs import _Spectrum
from serving.analysis import source
from serving.analysis.beats import clonus_runs
from serving.analysis.rhythm_run import Run
from serving.analysis.slow_signal import slow_signal
from serving.analysis.source import RecordingSource

RATE_HZ = 100.0
LENGTH_S = 60.0


def runs(times_s: Sequence[float], start_s: float, stop_s: float) -> list[Run]:
    """Return the runs of a rough episode in a recording with a pulse at each time."""
    times = np.arange(round(LENGTH_S * RATE_HZ)) / RATE_HZ
    pulses = np.exp(-0.5 * ((times - np.asarray(times_s)[:, None]) / 0.035) ** 2)
    noise = np.random.default_rng(3).standard_normal(len(times))
    samples = (pulses.sum(axis=0) + 1e-4 * noise)[None]
    recording = Recording(
        samples=samples, sampling_rate_hz=RATE_HZ, modality="accelerometer", unit="g"
    )
    source = RecordingSource(recording)
    spec = shipped_spec("accelerometer")
    return clonus_runs(source, [0], start_s, stop_s, spec, (0.0, LENGTH_S))


@pytest.mark.parametrize(("pause_s", "expected"), [(0.6, [16]), (1.5, [8, 8]), (3.0, [8, 8])])
def test_runs_are_several_when_the_pause_is_longer_than_a_second(
    pause_s: float, expected: list[int]
) -> None:
    first = 10 + np.arange(8) / 5
    times = np.append(first, first[-1] + pause_s + np.arange(8) / 5)
    found = [run.cycles for run in runs(times.tolist(), 9.0, 18.0)]
    # What lies in a short pause may be counted: at most its one or two missing beats.
    assert len(found) == len(expected)
    assert found == pytest.approx(expected, abs=2 if pause_s < 1 else 0)


def test_a_run_is_read_to_its_end_however_far_that_is_from_the_rough_episode() -> None:
    times = 10 + np.arange(180) / 5
    (run,) = runs(times.tolist(), 20.0, 26.0)
    assert (run.start_s, run.stop_s) == pytest.approx((9.9, 45.9), abs=0.1)
    assert run.cycles == pytest.approx(180, abs=1)


def test_where_a_long_episode_is_cut_for_reading_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    times = (5 + np.arange(250) / 5).tolist()
    (whole,) = runs(times, 6.0, 54.0)
    monkeypatch.setattr(source, "_LONGEST_PIECE_S", 12.0)
    (pieces,) = runs(times, 6.0, 54.0)
    assert pieces.cycles == whole.cycles == 250
    assert pieces.start_s == pytest.approx(whole.start_s, abs=0.02)
    assert pieces.stop_s == pytest.approx(whole.stop_s, abs=0.02)
    assert pieces.dominant_frequency_hz == pytest.approx(whole.dominant_frequency_hz, abs=0.01)
    assert pieces.amplitude == pytest.approx(whole.amplitude, rel=0.01)


@pytest.mark.parametrize("rate_hz", [20.0, 31.25, 62.5, 100.7, 128.0, 333.3])
@pytest.mark.parametrize("missing", [0, 1, 2])
def test_beats_are_counted_up_to_the_end_of_a_recording_of_any_rate(
    rate_hz: float, missing: int
) -> None:
    n = round(20 * rate_hz) - missing
    times = np.arange(n) / rate_hz
    pulses = np.exp(-0.5 * ((times - np.arange(10, 25, 0.25)[:, None]) / 0.035) ** 2)
    noise = 1e-4 * np.random.default_rng(3).standard_normal(n)
    recording = Recording(
        (pulses.sum(axis=0) + noise)[None],
        sampling_rate_hz=rate_hz,
        modality="accelerometer",
        unit="g",
    )
    end_s = n / rate_hz
    spec = shipped_spec("accelerometer")
    (run,) = clonus_runs(RecordingSource(recording), [0], 10.0, end_s, spec, (0.0, end_s))
    assert run.cycles == pytest.approx(40, abs=2)


@pytest.mark.parametrize("mains_hz", [50.0, 60.0])
def test_hum_ten_times_as_large_as_the_bursts_of_a_muscle_hides_none(mains_hz: float) -> None:
    rate_hz, rng = 1000.0, np.random.default_rng(3)
    times = np.arange(round(20 * rate_hz)) / rate_hz
    bursts = np.exp(-0.5 * ((times - (6 + np.arange(40) / 5)[:, None]) / 0.0125) ** 2).sum(axis=0)
    emg = (1 + 15 * bursts) * rng.standard_normal(len(times))
    counted = []
    for hum in (0.0, 150.0):
        whole = emg + sum(
            hum / k * np.sin(2 * np.pi * k * mains_hz * times + k) for k in (1, 2, 3, 4)
        )
        recording = Recording(whole[None], sampling_rate_hz=rate_hz, modality="emg", unit="uV")
        spec = shipped_spec("emg")
        (run,) = clonus_runs(RecordingSource(recording), [0], 6.0, 14.0, spec, (0.0, 20.0))
        counted.append(run.cycles)
    assert counted == pytest.approx([40, 40], abs=1)


@pytest.mark.parametrize("rate_hz", [500.0, 1000.0, 1259.259, 4000.0])
@pytest.mark.parametrize("frequency_hz", [4.0, 8.0])
def test_the_size_of_noise_around_a_frequency_is_known(rate_hz: float, frequency_hz: float) -> None:
    samples = np.random.default_rng(3).standard_normal((1, round(100 * rate_hz)))
    recording = Recording(samples, sampling_rate_hz=rate_hz, modality="emg", unit="uV")
    source = RecordingSource(recording)
    magnitude = slow_signal(source, [0], 0.0, 100.0, shipped_spec("emg"))
    noise = noise_around(magnitude.samples, magnitude.rate_hz)
    spectrum = _Spectrum(magnitude.samples - magnitude.samples.mean(), magnitude.rate_hz, noise)
    measured = spectrum.around(frequency_hz).real.std()
    assert np.median(noise) * np.sqrt(frequency_hz) == pytest.approx(measured, rel=0.15)


@pytest.mark.parametrize("rate_hz", [99.9, 100.1, 1259.259])
def test_times_are_those_of_the_recording_at_any_rate(rate_hz: float) -> None:
    times = np.arange(round(300 * rate_hz)) / rate_hz
    beats_s = 290 + np.arange(20) / 5
    pulses = np.exp(-0.5 * ((times - beats_s[:, None]) / 0.035) ** 2).sum(axis=0)
    noise = 1e-4 * np.random.default_rng(3).standard_normal(len(times))
    recording = Recording(
        (pulses + noise)[None], sampling_rate_hz=rate_hz, modality="accelerometer", unit="g"
    )
    spec = shipped_spec("accelerometer")
    (run,) = clonus_runs(RecordingSource(recording), [0], 2.0, 298.0, spec, (0.0, 300.0))
    assert run.start_s == pytest.approx(beats_s[0] - 0.1, abs=0.03)
    assert run.dominant_frequency_hz == pytest.approx(5.0, abs=0.005)


@pytest.mark.parametrize("start_s", [19.0, 20.0, 22.0])
def test_beats_are_where_they_are_though_reading_begins_between_two_samples(start_s: float) -> None:
    """At 20.5 Hz, half of the seconds begin half-way from a sample to the next."""
    rate_hz = 20.5
    times = np.arange(round(60 * rate_hz)) / rate_hz
    beats_s = 5 + np.arange(200) / 4
    pulses = np.exp(-0.5 * ((times - beats_s[:, None]) / 0.05) ** 2).sum(axis=0)
    noise = 1e-4 * np.random.default_rng(3).standard_normal(len(times))
    recording = Recording(
        (pulses + noise)[None], sampling_rate_hz=rate_hz, modality="accelerometer", unit="g"
    )
    bounds_s = (start_s - 1, start_s + 9)
    spec = shipped_spec("accelerometer")
    (run,) = clonus_runs(RecordingSource(recording), [0], start_s, start_s + 6, spec, bounds_s)
    inner = run.times_s[2:-2]
    apart = np.abs(inner[:, None] - beats_s).min(axis=1)
    assert apart.max() < 0.002
