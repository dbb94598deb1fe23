"""Rhythms: known trains give their frequency and cycles; what does not matter changes nothing."""

import numpy as np
import pytest
from conftest import shipped_spec
from numpy.typing import NDArray

from features import MODALITIES, Modality, Recording
from serving.analysis.rhythm_run import Run
from serving.analysis.rhythms import runs_of_rhythm
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


def runs(modality: Modality, samples: NDArray[np.float64]) -> list[Run]:
    """Return the runs found from bounds a second too wide."""
    recording = Recording(
        samples=samples[None],
        sampling_rate_hz=RATE_HZ[modality],
        modality=modality,
        unit=MODALITIES[modality].unit,
    )
    rough_s, bounds_s = (START_S - 1, STOP_S + 1), (0.0, LENGTH_S)
    return runs_of_rhythm(
        RecordingSource(recording), [0], rough_s, shipped_spec(modality), bounds_s
    )


def run(modality: Modality, samples: NDArray[np.float64]) -> Run:
    """Return the only run found."""
    (found,) = runs(modality, samples)
    return found


def sized(modality: Modality, sizes: dict[tuple[float, float], float]) -> NDArray[np.float64]:
    """Return the rhythm of 5.3 Hz with other sizes between some times."""
    samples = signal(modality, 5.3)
    noise = signal(modality, 0.0)
    times = np.arange(len(samples)) / RATE_HZ[modality]
    for (start, stop), size in sizes.items():
        within = (times >= start) & (times < stop)
        samples[within] = noise[within] + size * (samples - noise)[within]
    return samples


@pytest.mark.parametrize("modality", ["emg", "accelerometer"])
@pytest.mark.parametrize("frequency_hz", [2.2, 4.0, 5.3, 7.1, 17.5])
def test_a_train_gives_its_frequency_its_cycles_and_its_edges(
    modality: Modality, frequency_hz: float
) -> None:
    found = run(modality, signal(modality, frequency_hz))
    assert found.dominant_frequency_hz == pytest.approx(frequency_hz, abs=0.05)
    assert found.cycles == pytest.approx(frequency_hz * (STOP_S - START_S), abs=2)
    assert found.start_s == pytest.approx(START_S, abs=0.5)
    assert found.stop_s == pytest.approx(STOP_S, abs=0.5)


def test_silence_has_no_rhythm() -> None:
    assert runs("accelerometer", np.zeros(3000)) == []


@pytest.mark.parametrize("frequency_hz", [4.0, 5.3, 7.1])
def test_cycles_are_counted_across_the_pieces_of_a_long_rhythm(
    monkeypatch: pytest.MonkeyPatch, frequency_hz: float
) -> None:
    """Where a piece ends within a cycle, the next one has the rest of it."""
    samples = signal("accelerometer", frequency_hz)
    whole = run("accelerometer", samples)
    monkeypatch.setattr("serving.analysis.source._LONGEST_PIECE_S", 2.9)
    cut = run("accelerometer", samples)
    assert cut.cycles == whole.cycles
    assert cut.start_s == pytest.approx(whole.start_s, abs=0.1)
    assert cut.stop_s == pytest.approx(whole.stop_s, abs=0.1)


@pytest.mark.parametrize("modality", ["emg", "accelerometer"])
def test_scale_and_polarity_change_only_the_amplitude(modality: Modality) -> None:
    samples = signal(modality, 5.3)
    plain, changed = run(modality, samples), run(modality, -4.0 * samples)
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
    (found,) = runs_of_rhythm(
        RecordingSource(recording), [0], (1.0, 19.0), shipped_spec("accelerometer"), bounds
    )
    assert bounds[0] <= found.start_s < 0.5
    assert 19.5 < found.stop_s <= bounds[1]


@pytest.mark.parametrize("modality", ["emg", "accelerometer"])
def test_a_rhythm_that_pauses_is_two_runs(modality: Modality) -> None:
    """Windows of four seconds bridge a pause of three and a half; the samples do not."""
    first, second = runs(modality, sized(modality, {(13.0, 16.5): 0.0}))
    assert first.start_s == pytest.approx(START_S, abs=0.3)
    assert first.stop_s == pytest.approx(13.0, abs=0.3)
    assert second.start_s == pytest.approx(16.5, abs=0.3)
    assert second.stop_s == pytest.approx(STOP_S, abs=0.3)
    assert first.cycles == pytest.approx(5.3 * 3, abs=1)
    assert second.cycles == pytest.approx(5.3 * 3.5, abs=1)


@pytest.mark.parametrize("modality", ["emg", "accelerometer"])
@pytest.mark.parametrize(
    "sizes", [{(13.0, 15.0): 0.0}, {(13.0, 16.5): 0.4}], ids=["for two seconds", "to two fifths"]
)
def test_a_rhythm_that_hardly_fails_is_one_run(
    modality: Modality, sizes: dict[tuple[float, float], float]
) -> None:
    """Neither a short pause nor a rhythm that wanes for a while ends a run."""
    found = run(modality, sized(modality, sizes))
    assert found.stop_s - found.start_s == pytest.approx(STOP_S - START_S, abs=0.6)


def test_a_rhythm_that_wanes_and_comes_back_smaller_is_one_run() -> None:
    """Beside what follows, what is left in between is no pause."""
    samples = sized("accelerometer", {(13.0, 16.5): 0.06, (16.5, 20.0): 0.3})
    found = run("accelerometer", samples)
    assert found.start_s == pytest.approx(START_S, abs=0.3)
    assert found.stop_s == pytest.approx(STOP_S, abs=0.3)


def test_silence_before_a_rhythm_is_no_part_of_it() -> None:
    """Where windows call a rhythm what begins seconds later, the run begins where it does."""
    found = run("accelerometer", sized("accelerometer", {(10.0, 13.5): 0.0}))
    assert found.start_s == pytest.approx(13.5, abs=0.3)


@pytest.mark.parametrize("longest_s", [2.9, 6.0])
def test_a_pause_is_one_wherever_pieces_of_a_long_rhythm_end(
    monkeypatch: pytest.MonkeyPatch, longest_s: float
) -> None:
    """A border between pieces within a pause makes no run and loses none."""
    samples = sized("accelerometer", {(13.0, 16.5): 0.0})
    whole = runs("accelerometer", samples)
    monkeypatch.setattr("serving.analysis.source._LONGEST_PIECE_S", longest_s)
    cut = runs("accelerometer", samples)
    assert [(each.start_s, each.stop_s) for each in cut] == [
        (pytest.approx(each.start_s, abs=0.3), pytest.approx(each.stop_s, abs=0.3))
        for each in whole
    ]


def test_a_slow_movement_beneath_a_short_tremor_is_not_its_frequency() -> None:
    """In a second of signal it reaches up to the edge of the band, and stands higher there."""
    times = np.arange(30 * 100) / 100.0
    slow, wave = 2.0 * np.sin(2 * np.pi * 0.9 * times), 0.1 * np.sin(2 * np.pi * 5 * times)
    source = RecordingSource(
        Recording((slow + wave)[None], sampling_rate_hz=100.0, modality="accelerometer", unit="g")
    )
    spec = shipped_spec("accelerometer")
    (found,) = runs_of_rhythm(source, [0], (15.0, 16.0), spec, (0.0, 30.0))
    assert found.dominant_frequency_hz == pytest.approx(5.0, abs=0.1)


@pytest.mark.parametrize(
    ("modality", "share", "frequency_hz"),
    [
        ("accelerometer", 1.0, 8.8),
        ("accelerometer", 1.7, 4.4),
        ("accelerometer", 3.5, 4.4),
        ("accelerometer", 5.0, 8.8),
        ("gyroscope", 1.7, 4.4),
        ("gyroscope", 3.0, 8.8),
        ("emg", 1.7, 8.8),
    ],
)
def test_a_harmonic_that_a_derivative_raised_is_not_the_frequency(
    modality: Modality, share: float, frequency_hz: float
) -> None:
    """A limb goes at 4.4 Hz while its second harmonic is the smaller of the two in its path."""
    rate_hz = 1000.0 if modality == "emg" else 100.0
    times = np.arange(round(LENGTH_S * rate_hz)) / rate_hz
    inside = (times >= START_S) & (times < STOP_S)
    slow, fast = (np.sin(2 * np.pi * hz * times + 1) for hz in (4.4, 8.8))
    noise = np.random.default_rng(3).standard_normal(len(times))
    both = (share == 1.0) * fast + (share != 1.0) * (slow + share * fast)
    if modality == "emg":
        samples = noise * (1.0 + 5.0 * inside * (4.0 + both))
    else:
        samples = 0.001 * noise + 0.1 * inside * both
    recording = Recording(
        samples=samples[None],
        sampling_rate_hz=rate_hz,
        modality=modality,
        unit=MODALITIES[modality].unit,
    )
    spec, bounds = shipped_spec(modality), (0.0, LENGTH_S)
    (found,) = runs_of_rhythm(RecordingSource(recording), [0], (START_S, STOP_S), spec, bounds)
    assert found.dominant_frequency_hz == pytest.approx(frequency_hz, abs=0.2)
    assert found.cycles == pytest.approx(frequency_hz * (STOP_S - START_S), abs=3)


def test_a_sensor_that_is_turned_amid_a_tremor_sees_as_much_of_it() -> None:
    """The limb turns by a right angle; size, cycles and edges are those of the tremor."""
    times = np.arange(60 * 100) / 100.0
    wave = 0.1 * ((times >= 5) & (times < 55)) * np.sin(2 * np.pi * 5 * times)
    before = times < 22
    noise = 0.001 * np.random.default_rng(3).standard_normal((3, len(times)))
    samples = np.stack((before * wave, ~before * wave, np.zeros(len(times)))) + noise
    source = RecordingSource(
        Recording(samples, sampling_rate_hz=100.0, modality="accelerometer", unit="g")
    )
    spec = shipped_spec("accelerometer")
    (found,) = runs_of_rhythm(source, [0, 1, 2], (6.0, 54.0), spec, (0.0, 60.0))
    assert np.percentile(found.sizes, 5) == pytest.approx(0.2, rel=0.2)
    assert found.cycles == pytest.approx(250, abs=2)
    assert (found.start_s, found.stop_s) == pytest.approx((5.0, 55.0), abs=0.3)
