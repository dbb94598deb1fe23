"""Bursts of EMG: how large they are, whatever is beside them."""

import numpy as np
import pytest
from conftest import shipped_spec
from numpy.typing import NDArray

from features import Recording
from serving.analysis import emg_bursts
from serving.analysis.emg_bursts import burst_sizes
from serving.analysis.rhythm_run import Run
from serving.analysis.source import RecordingSource

BEATS_S = 2.0 + np.arange(100) / 5.0
SIZES = 200.0 * np.linspace(1.0, 0.5, len(BEATS_S))
RUN = Run(1.9, 22.0, 5.0, 0.1, len(BEATS_S), BEATS_S, np.zeros(len(BEATS_S)))


def muscle(rate_hz: float) -> NDArray[np.float64]:
    """Return five beats a second, each a sine wave of three periods at 100 Hz, for 24 s."""
    times = np.arange(round(24 * rate_hz)) / rate_hz
    apart = times - BEATS_S[:, None]
    waves = np.where(np.abs(apart) < 0.015, np.sin(2 * np.pi * 100 * apart), 0.0)
    return (0.5 * SIZES) @ waves


def sizes(samples: NDArray[np.float64], rate_hz: float = 1000.0) -> NDArray[np.float64]:
    """Return what is measured around the beats."""
    recording = Recording(samples[None], sampling_rate_hz=rate_hz, modality="emg", unit="uV")
    return burst_sizes(RecordingSource(recording), [0], RUN, shipped_spec("emg"))


@pytest.mark.parametrize("rate_hz", [1000.0, 2048.0, 5000.0])
def test_a_burst_is_as_large_as_its_potentials_peak_to_peak(rate_hz: float) -> None:
    """Beat by beat: the largest first, the last half as large."""
    assert sizes(muscle(rate_hz), rate_hz) == pytest.approx(SIZES, rel=0.1)


def test_neither_drift_nor_hum_makes_a_burst_larger() -> None:
    """What windows are freed of is no size of a muscle."""
    times = np.arange(24000) / 1000.0
    beside = 500.0 * np.sin(2 * np.pi * 0.5 * times) + 150.0 * np.sin(2 * np.pi * 50 * times)
    assert sizes(muscle(1000.0) + beside) == pytest.approx(SIZES, rel=0.15)


def test_sizes_do_not_depend_on_the_pieces_that_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour is measured a minute at a time."""
    whole = sizes(muscle(1000.0))
    monkeypatch.setattr(emg_bursts, "_LONGEST_S", 1.7)
    assert sizes(muscle(1000.0)) == pytest.approx(whole, rel=0.01)
