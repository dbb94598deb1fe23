"""Rhythms: known trains give their frequency and cycles; what does not matter changes nothing."""

import numpy as np
import pytest
from conftest import shipped_spec
from numpy.typing import NDArray

from features import MODALITIES, Modality, Recording
from serving.analysis.rhythms import Run, refine
from serving.analysis.source import RecordingSource

RATE_HZ = {"emg": 1000.0, "accelerometer": 100.0}
START_S, STOP_S, LENGTH_S = 10.0, 20.0, 30.0


def signal(modality: Modality, frequency_hz: float) -> NDArray[np.float64]:
    """Return a rhythm of ten seconds in faint noise: bursts of EMG, or a swing of motion."""
    rng = np.random.default_rng(3)
    times = np.arange(round(LENGTH_S * RATE_HZ[modality])) / RATE_HZ[modality]
    inside = (times >= START_S) & (times < STOP_S)
    noise = rng.standard_normal(len(times))
    phase = 2 * np.pi * frequency_hz * (times - START_S)
    if modality == "emg":
        return noise * (1.0 + 40.0 * inside * np.sin(phase / 2) ** 8)
    return 0.001 * noise + 0.1 * inside * np.sin(phase)


def run(modality: Modality, samples: NDArray[np.float64]) -> Run | None:
    """Return the run found from bounds a second too wide."""
    recording = Recording(
        samples=samples[None],
        sampling_rate_hz=RATE_HZ[modality],
        modality=modality,
        unit=MODALITIES[modality].unit,
    )
    bounds = (0.0, LENGTH_S)
    spec = shipped_spec(modality)
    source = RecordingSource(recording)
    return refine(source, [0], START_S - 1, STOP_S + 1, spec, bounds)


@pytest.mark.parametrize("modality", ["emg", "accelerometer"])
@pytest.mark.parametrize("frequency_hz", [2.2, 4.0, 5.3, 7.1, 17.5])
def test_a_train_gives_its_frequency_its_cycles_and_its_edges(
    modality: Modality, frequency_hz: float
) -> None:
    found = run(modality, signal(modality, frequency_hz))
    assert found is not None
    assert found.dominant_frequency_hz == pytest.approx(frequency_hz, abs=0.05)
    assert found.cycles == pytest.approx(frequency_hz * (STOP_S - START_S), abs=2)
    assert found.start_s == pytest.approx(START_S, abs=0.5)
    assert found.stop_s == pytest.approx(STOP_S, abs=0.5)


def test_silence_has_no_rhythm() -> None:
    assert run("accelerometer", np.zeros(3000)) is None


@pytest.mark.parametrize("frequency_hz", [4.0, 5.3, 7.1])
def test_cycles_are_counted_across_the_pieces_of_a_long_rhythm(
    monkeypatch: pytest.MonkeyPatch, frequency_hz: float
) -> None:
    """Where a piece ends within a cycle, the next one has the rest of it."""
    samples = signal("accelerometer", frequency_hz)
    whole = run("accelerometer", samples)
    monkeypatch.setattr("serving.analysis.rhythms._LONGEST_S", 2.9)
    cut = run("accelerometer", samples)
    assert whole is not None
    assert cut is not None
    assert cut.cycles == whole.cycles
    assert cut.start_s == pytest.approx(whole.start_s, abs=0.1)
    assert cut.stop_s == pytest.approx(whole.stop_s, abs=0.1)


@pytest.mark.parametrize("modality", ["emg", "accelerometer"])
def test_scale_and_polarity_change_only_the_amplitude(modality: Modality) -> None:
    samples = signal(modality, 5.3)
    plain, changed = run(modality, samples), run(modality, -4.0 * samples)
    assert plain is not None
    assert changed is not None
    assert changed.amplitude == pytest.approx(4.0 * plain.amplitude, rel=1e-6)
    assert abs(changed.cycles - plain.cycles) <= 1
    assert changed.start_s == pytest.approx(plain.start_s)
    assert changed.stop_s == pytest.approx(plain.stop_s)
    assert changed.dominant_frequency_hz == pytest.approx(plain.dominant_frequency_hz, abs=0.02)


@pytest.mark.parametrize("rate_hz", [31.25, 119.7, 100.0])
def test_a_run_ends_no_later_than_it_may(rate_hz: float) -> None:
    """The slow signal's last sample may reach beyond the recording; the run does not."""
    times = np.arange(round(20.007 * rate_hz)) / rate_hz
    wave = 0.1 * np.sin(2 * np.pi * 5 * times)[None]
    recording = Recording(wave, sampling_rate_hz=rate_hz, modality="accelerometer", unit="g")
    bounds = (1 / 3, len(times) / rate_hz)
    found = refine(
        RecordingSource(recording), [0], 1.0, 19.0, shipped_spec("accelerometer"), bounds
    )
    assert found is not None
    assert bounds[0] <= found.start_s < 0.5
    assert 19.5 < found.stop_s <= bounds[1]
