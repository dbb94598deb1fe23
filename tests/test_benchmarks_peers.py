"""The reference signals are what they are called, and the comparison says what was answered."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import find_peaks, welch

from benchmarks import paradigma_environment, peers
from benchmarks.gyroscope_signals import (
    NOISE_DEG_S,
    PEAKS_DEG_S,
    RATE_HZ,
    SIGNALS,
    WINDOW_S,
    WINDOWS,
    movements,
    recorded,
)
from benchmarks.paradigma_environment import PeerAnswers, PeerUnavailableError, ask_paradigma
from benchmarks.peers import Comparison, Figure, compare, comparison_table
from serving.classifier import UNDECIDED

REPOSITORY = Path(__file__).parents[1]
BY_NAME = {signal.name: signal for signal in SIGNALS}
ANSWERS = ("clonus", "tremor", "voluntary", "rest", UNDECIDED)
FEW = SIGNALS[::9]
SHAPE = (len(SIGNALS), len(PEAKS_DEG_S))

# Four seconds of a frequency that wanders by 3 % at most, in bins of 0.25 Hz.
LINE_SHARE = 0.06
BIN_HZ = 0.25
# The shortest windows hold some twenty intervals, whose scatter is known to a sixth.
SCATTER = 1.4


def group(name):
    """Return the signals of one group."""
    return [signal for signal in SIGNALS if signal.group == name]


def principal(windows):
    """Return each window along the axis it moves about most, shape (n_windows, n_samples)."""
    axes = np.linalg.eigh(windows @ windows.transpose(0, 2, 1))[1][:, :, -1]
    return np.einsum("wa,was->ws", axes, windows)


def spectra(windows):
    """Return frequencies and the power of each window summed over axes."""
    freqs, power = welch(windows, RATE_HZ, nperseg=windows.shape[-1], detrend=False)
    return freqs, power.sum(axis=1)


# The signals


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda signal: signal.name)
def test_a_window_peaks_where_it_is_told(signal):
    """Noise aside, angular velocity is largest at the peak asked for; noise is as stated."""
    moved = movements(signal)
    assert moved.shape == (WINDOWS, 3, round(WINDOW_S * RATE_HZ))
    np.testing.assert_allclose(np.linalg.norm(moved, axis=1).max(axis=1), 1.0)
    for peak in PEAKS_DEG_S:
        noise = recorded(signal, peak) - moved * (signal.peak_deg_s or peak)
        assert noise.std() == pytest.approx(NOISE_DEG_S, rel=0.02)


def test_signals_are_the_same_in_every_process():
    """Nothing but names decides: another process, and another order, draw the same."""
    code = (
        "from benchmarks.gyroscope_signals import *\n"
        "print(*(float(abs(recorded(s, 40.0)).sum()) for s in reversed(SIGNALS[-3:])))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    here = [float(abs(recorded(signal, 40.0)).sum()) for signal in reversed(SIGNALS[-3:])]
    assert here == pytest.approx([float(word) for word in done.stdout.split()], rel=1e-12)


def test_windows_differ_from_each_other_and_between_peaks():
    """Sixty windows are sixty drawings, and noise is another at each peak."""
    for signal in SIGNALS:
        first = recorded(signal, PEAKS_DEG_S[0])
        assert len(np.unique(first[:, 0, 0])) == WINDOWS
        assert not np.allclose(first * PEAKS_DEG_S[1] / PEAKS_DEG_S[0], recorded(signal, 40.0))


@pytest.mark.parametrize("signal", group("tremor"), ids=lambda signal: signal.name)
def test_tremor_is_a_line_at_its_frequency(signal):
    """The line stands where the name says, and little of it is elsewhere."""
    freqs, power = spectra(movements(signal))
    np.testing.assert_allclose(
        freqs[power.argmax(axis=1)], signal.frequency_hz, rtol=LINE_SHARE, atol=BIN_HZ
    )
    line = np.abs(freqs - signal.frequency_hz) <= 1.5
    assert (power[:, line].sum(axis=1) / power.sum(axis=1)).min() > 0.9


@pytest.mark.parametrize("signal", group("clonus"), ids=lambda signal: signal.name)
def test_clonus_is_rhythmic_and_quick_one_way(signal):
    """Beats come at the frequency of the name, and one way is faster than the way back."""
    freqs, power = spectra(movements(signal))
    # First cycles are longer, by up to 40 %.
    np.testing.assert_allclose(
        freqs[power.argmax(axis=1)], signal.frequency_hz, rtol=2 * LINE_SHARE, atol=BIN_HZ
    )
    beats = principal(movements(signal))
    skewness = np.abs((beats**3).mean(axis=1)) / beats.std(axis=1) ** 3
    assert skewness.min() > 0.2


def test_some_clonus_goes_on_some_begins_and_some_decays():
    """All three are there, in numbers."""
    size = np.abs(principal(movements(BY_NAME["clonus 6 Hz"])))
    began = np.argmax(size > 0.1, axis=1) / RATE_HZ
    assert 10 < (began < 0.09).sum() < 30
    ends = size[:, -100:].max(axis=1)
    assert 10 < (ends < 0.75).sum() < 30


@pytest.mark.parametrize("signal", group("tapping"), ids=lambda signal: signal.name)
def test_taps_come_as_often_as_said_and_not_evenly(signal):
    """The rate is that of the name; intervals scatter by some percent, as of a person."""
    rates, scatters = [], []
    for window in principal(movements(signal)):
        # The way down is the quicker way, whatever its sign.
        down = window * np.sign((window**3).mean())
        taps, _ = find_peaks(down, height=0.4, distance=0.6 * RATE_HZ / signal.frequency_hz)
        intervals = np.diff(taps) / RATE_HZ
        rates.append(1 / intervals.mean())
        scatters.append(intervals.std(ddof=1) / intervals.mean())
    assert np.median(rates) == pytest.approx(signal.frequency_hz, rel=0.05)
    assert 0.04 / SCATTER < np.median(scatters) < 0.08 * SCATTER


def test_walking_swings_with_the_stride():
    """The arm swings once in two steps of 2.00 ± 0.13 Hz."""
    freqs, power = spectra(movements(BY_NAME["walking"]))
    np.testing.assert_allclose(freqs[power.argmax(axis=1)], 1.0, atol=BIN_HZ)


def test_fasciculation_is_brief_and_at_no_regular_time():
    """Most of a window is silent, and the intervals between twitches are those of chance."""
    norms = np.linalg.norm(movements(BY_NAME["fasciculation"]), axis=1)
    assert np.median((norms > 0.1).mean(axis=1)) < 0.2
    intervals = []
    for window in norms:
        at, _ = find_peaks(window, height=0.2, distance=15)
        intervals += list(np.diff(at) / RATE_HZ)
    # About 1 for chance; below, as twitches that fall together are taken for one.
    assert np.std(intervals) / np.mean(intervals) > 0.5


def test_rest_is_one_size_whatever_is_asked():
    """A resting limb does not rest ten times as much."""
    for peak in PEAKS_DEG_S:
        assert np.abs(recorded(BY_NAME["rest"], peak)).max() < 1.0


# The comparison


def paradigma_says(cells, rate_hz):
    """Answer as a peer that calls everything tremor before its checks, and half of it after."""
    asked = cells.shape[:2]
    assert cells.shape == (*asked, WINDOWS, 3, round(WINDOW_S * rate_hz))
    return PeerAnswers("1.1.2", np.full(asked, 0.5), np.ones(asked))


def nobody(_cells, _rate_hz):
    """Be a peer that is not there."""
    raise PeerUnavailableError("paradigma could not be installed: no index")


@pytest.fixture
def comparison():
    """What a program would give that is right but for the clonus, half of which is tremor to it."""
    shares = {answer: np.zeros(SHAPE) for answer in ANSWERS}
    right = {"walking": "voluntary", "tapping": "voluntary", "fasciculation": UNDECIDED}
    for i, signal in enumerate(SIGNALS):
        shares[right.get(signal.group, signal.group)][i] = 1.0
        if signal.group == "clonus":
            shares["clonus"][i] = shares["tremor"][i] = 0.5
    peer = PeerAnswers("1.1.2", np.full(SHAPE, 0.25), np.ones(SHAPE))
    return Comparison(SIGNALS, PEAKS_DEG_S, shares, peer, None)


def test_figures_are_means_over_their_rows(comparison):
    """Each figure takes its signals and no others, and knows the right side of its target."""
    figures = {figure.name: figure for figure in comparison.figures}
    assert figures["clonus called tremor"] == Figure("clonus called tremor", 0.5, 0.25, 0.03)
    assert not figures["clonus called tremor"].met
    assert figures["tapping called tremor"].quaver == 0.0
    assert figures["tapping called tremor"].met
    assert figures["tremor 4-12 Hz called tremor"].quaver == 1.0
    assert figures["tremor 12-15 Hz called tremor"].met
    assert figures["clonus called clonus"].quaver == 0.5
    assert figures["clonus called clonus"].peer is None
    assert figures["undecided, all windows"].quaver == pytest.approx(1 / len(SIGNALS))


def test_a_figure_at_least_is_missed_below():
    """`at_most` false turns the sides round."""
    assert Figure("", 0.9, None, 0.9, at_most=False).met
    assert not Figure("", 0.89, None, 0.9, at_most=False).met


def test_both_tables_stand_side_by_side(comparison):
    """Every signal is one line with the answers of both; the figures follow."""
    lines = comparison_table(comparison).splitlines()
    (row,) = [line for line in lines if line.startswith("clonus 6 Hz")]
    theirs, ours = row.split("|")
    assert theirs.split() == ["clonus", "6", "Hz", *["25"] * 3, *["100"] * 3]
    assert ours.split() == ["clonus", "6", "Hz", *["50"] * 6, *["0"] * 9]
    (missed,) = [line for line in lines if "missed" in line]
    assert " ".join(missed.split()) == "clonus called tremor 25.0 % 50.0 % at most 3 %, missed"


def test_without_the_peer_our_side_is_printed_with_one_sentence(comparison):
    """What is missing is said once, and nothing of the peer is shown."""
    alone = replace(comparison, peer=None, peer_missing="paradigma could not be installed: why")
    text = comparison_table(alone)
    assert text.endswith("\nquaver alone: paradigma could not be installed: why.")
    assert "|" not in text
    assert "before checks" not in text


@pytest.mark.parametrize("peer", [paradigma_says, nobody])
def test_a_classifier_is_compared(tiny_of, monkeypatch, peer):
    """Shares of a real model add up to one, with the peer and without."""
    monkeypatch.setattr(peers, "SIGNALS", FEW)
    made = compare(tiny_of("gyroscope"), peer)
    assert set(made.quaver) == set(ANSWERS)
    assert made.signals == FEW
    np.testing.assert_allclose(sum(made.quaver.values()), np.ones((len(FEW), len(PEAKS_DEG_S))))
    assert (made.peer is None) == (peer is nobody)
    assert (made.peer_missing is None) == (peer is paradigma_says)


def test_a_peer_that_cannot_be_installed_is_one_sentence(tmp_path, monkeypatch):
    """No index, no traceback."""
    monkeypatch.setattr(paradigma_environment, "ENVIRONMENT", tmp_path / "paradigma")
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_NO_CACHE", "1")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(
        PeerUnavailableError, match=r"^paradigma could not be installed: .*paradigma"
    ):
        ask_paradigma(np.zeros((1, 1, 1, 3, 400)), RATE_HZ)
    assert not (tmp_path / "paradigma" / "ready.txt").exists()


def test_make_help_shows_names_with_a_dash():
    """`make bench-peers` is listed."""
    make = shutil.which("make")
    if make is None:
        pytest.skip("there is no make here")
    done = subprocess.run(
        [make, "help"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert "bench-peers" in {line.split()[0] for line in done.stdout.splitlines()}
