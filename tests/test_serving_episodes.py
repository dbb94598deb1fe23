"""Episodes: a tremor that goes on through doubt is one, and what stops or changes is two."""

import numpy as np
import pytest
from conftest import shipped_spec
from numpy.typing import NDArray

from features import Recording
from serving.analysis.answers import Answers
from serving.analysis.cells import Cells
from serving.analysis.episodes import episodes_of
from serving.analysis.report import Episode
from serving.analysis.signal import signals_of
from serving.analysis.source import RecordingSource

RATE_HZ = 100.0
LENGTH_S = 60
CLASSES = ("clonus", "tremor", "voluntary", "rest")
DOUBT_S = (28, 33)


def told(before_hz: float, after_hz: float, *, goes_on: bool) -> tuple[Episode, ...]:
    """Return the episodes of a tremor from 10 to 50 s, about which windows are in doubt midway.

    From the middle of the doubt on it has another frequency; there it stops when it does not go on.
    """
    times = np.arange(round(LENGTH_S * RATE_HZ)) / RATE_HZ
    frequency = np.where(times < 30.5, before_hz, after_hz)
    trembling = (times >= 10) & (times < 50)
    if not goes_on:
        trembling &= (times < DOUBT_S[0]) | (times >= DOUBT_S[1])
    wave = 0.1 * trembling * np.sin(2 * np.pi * np.cumsum(frequency) / RATE_HZ)
    return episodes("tremor", wave)


def episodes(label: str, wave: NDArray[np.float64]) -> tuple[Episode, ...]:
    """Return the episodes of a rhythm whose windows say so from 10 to 50 s, but for the doubt."""
    labels = np.full(LENGTH_S, "rest", dtype=object)
    labels[10:50] = label
    labels[slice(*DOUBT_S)] = "undecided"
    return of_labels(label, wave, labels, 1.0)


def of_labels(
    label: str, wave: NDArray[np.float64], labels: NDArray[np.object_], hop_s: float
) -> tuple[Episode, ...]:
    """Return the episodes of a recording in noise, whose cells of a hop have labels."""
    noise = 0.001 * np.random.default_rng(3).standard_normal(len(wave))
    recording = Recording(
        (wave + noise)[None], sampling_rate_hz=RATE_HZ, modality="accelerometer", unit="g"
    )
    (signal,) = signals_of(RecordingSource(recording), None, None, None)
    n = len(labels)
    chances = tuple(0.8 if each == label else 0.2 / 3 for each in CLASSES)
    cells = Cells(
        classes=CLASSES,
        edges_s=np.minimum(np.arange(n + 1) * hop_s, len(wave) / RATE_HZ),
        labels=tuple(labels),
        candidates=tuple((each,) for each in labels),
        reasons=(None,) * n,
        probabilities=np.tile(chances, (n, 1)),
        at_rest=np.zeros(n, dtype=np.bool_),
    )
    starts_s = np.arange(LENGTH_S - 3.0)
    answers = Answers(
        classes=CLASSES,
        window_s=4.0,
        starts_s=starts_s,
        probabilities=np.tile(chances, (len(starts_s), 1)),
        reasons=(None,) * len(starts_s),
        flagged=np.zeros(len(starts_s), dtype=np.bool_),
        frequencies_hz=np.full(len(starts_s), 5.0),
        magnitudes=np.ones(len(starts_s)),
        levels=np.ones((len(starts_s), 2)),
    )
    return episodes_of(signal, cells, answers, (), shipped_spec("accelerometer")).episodes


def test_a_tremor_that_goes_on_through_doubt_is_one_episode() -> None:
    (episode,) = told(5.0, 5.0, goes_on=True)
    assert episode.start_s == pytest.approx(10, abs=0.5)
    assert episode.duration_s == pytest.approx(40, abs=1)
    assert episode.cycles == pytest.approx(200, abs=3)
    assert episode.probability == pytest.approx(0.8)


def test_a_tremor_that_stops_where_windows_are_in_doubt_is_two() -> None:
    first, second = told(5.0, 5.0, goes_on=False)
    assert first.start_s + first.duration_s == pytest.approx(DOUBT_S[0], abs=0.7)
    assert second.start_s == pytest.approx(DOUBT_S[1], abs=0.7)


def test_two_tremors_of_different_frequency_are_two_though_they_meet() -> None:
    first, second = told(4.0, 7.0, goes_on=True)
    assert first.dominant_frequency_hz == pytest.approx(4.0, abs=0.2)
    assert second.dominant_frequency_hz == pytest.approx(7.0, abs=0.2)


def test_a_clonus_that_goes_on_through_doubt_is_told_once() -> None:
    times = np.arange(round(LENGTH_S * RATE_HZ)) / RATE_HZ
    beats_s = 11 + np.arange(190) / 5
    pulses = np.exp(-0.5 * ((times - beats_s[:, None]) / 0.035) ** 2).sum(axis=0)
    (episode,) = episodes("clonus", pulses)
    assert episode.cycles == pytest.approx(190, abs=1)
    assert episode.start_s == pytest.approx(beats_s[0], abs=0.2)
    assert episode.duration_s == pytest.approx(38, abs=0.3)
    assert episode.probability == pytest.approx(0.8)


def test_a_tremor_is_two_where_nothing_can_be_used_between() -> None:
    """However short that is, and though the rhythm itself goes on."""
    times = np.arange(round(LENGTH_S * RATE_HZ)) / RATE_HZ
    wave = 0.1 * ((times >= 10) & (times < 50)) * np.sin(2 * np.pi * 5 * times)
    wave[3010:3040] = np.nan
    labels = np.full(10 * LENGTH_S, "rest", dtype=object)
    labels[100:500] = "tremor"
    labels[301:304] = "unusable"
    first, second = of_labels("tremor", wave, labels, 0.1)
    assert first.start_s + first.duration_s == pytest.approx(30.1, abs=1e-6)
    assert second.start_s == pytest.approx(30.4, abs=1e-6)


def test_a_tremor_has_the_frequency_of_the_windows_that_are_called_so() -> None:
    """A larger movement at less than half its pace goes on beside it, and is not the tremor."""
    times = np.arange(round(LENGTH_S * RATE_HZ)) / RATE_HZ
    wave = 0.1 * ((times >= 10) & (times < 50)) * np.sin(2 * np.pi * 5 * times)
    (episode,) = episodes("tremor", wave + 0.15 * np.sin(2 * np.pi * 2.1 * times))
    assert episode.dominant_frequency_hz == pytest.approx(5.0, abs=0.1)
    assert episode.cycles == pytest.approx(200, abs=5)


def test_cycles_that_two_episodes_reach_for_are_told_by_one_of_them() -> None:
    """Both find the rhythm that goes on through the doubt between them; each has its own part."""
    times = np.arange(round(LENGTH_S * RATE_HZ)) / RATE_HZ
    wave = 0.1 * ((times >= 10) & (times < 50)) * np.sin(2 * np.pi * 5 * times)
    labels = np.full(LENGTH_S, "rest", dtype=object)
    labels[10:28], labels[28:33], labels[33:50] = "clonus", "undecided", "tremor"
    clonus, tremor = of_labels("tremor", wave, labels, 1.0)
    assert tremor.start_s == pytest.approx(clonus.start_s + clonus.duration_s, abs=0.01)
    for episode in (clonus, tremor):
        assert episode.cycles == pytest.approx(5 * episode.duration_s, abs=1.5)


def test_edges_are_rounded_inwards() -> None:
    """An episode reaches by no half of a millisecond beyond where its cells end."""
    labels = np.array(["rest", *["voluntary"] * 5], dtype=object)
    (episode,) = of_labels("voluntary", np.zeros(1800), labels, 2.9998)
    assert 2.9998 <= episode.start_s < 3.0001
    assert 17.9977 < episode.start_s + episode.duration_s <= 17.9988
