"""Spoiled windows get the reason that they should, foreign ones are foreign, and a run is whole."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from feature_tables import separable_table
from scipy.signal import find_peaks
from tiny_models import tiny_config

from benchmarks.accuracy import running
from benchmarks.accuracy.estimates import Bootstrap
from benchmarks.accuracy.figures import Scheme
from benchmarks.accuracy.foreign_signals import PEAKS, SIGNALS, borrowed, made
from benchmarks.accuracy.spoiling import (
    ANSWERED,
    ARTEFACTS,
    REFUSED,
    Chosen,
    clipped,
    outcomes,
    sampled_at,
)
from benchmarks.accuracy.stress import Foreign, foreign_figures, peer_figures
from benchmarks.gyroscope_signals import PEAKS_DEG_S
from benchmarks.gyroscope_signals import SIGNALS as REFERENCE
from benchmarks.peers import Comparison
from features import MODALITIES, Windows
from serving.classifier import UNDECIDED

REPOSITORY = Path(__file__).parents[1]
BY_NAME = {artefact.name: artefact for artefact in ARTEFACTS}
SCHEME = Scheme("gyroscope", "by hand", Bootstrap(samples=20, seed=3))


def chosen(modality, mixture_of, rate_hz=None):
    """Return realistic windows of one device, called tremor and rest in turn."""
    traits = MODALITIES[modality]
    rate = rate_hz or traits.rate_hz
    windows = Windows(
        mixture_of(modality, rate), sampling_rate_hz=rate, modality=modality, unit=traits.unit
    )
    return Chosen(windows, np.array(["tremor", "rest"] * (len(windows) // 2)))


# Artefacts


@pytest.mark.parametrize("modality", ["emg", "accelerometer"])
@pytest.mark.parametrize(
    "name", ["flat from 0.1 s on", "gap of 0.2 s", "3 s long", "half the lowest rate"]
)
def test_an_artefact_gets_its_reason(tiny_of, mixture_of, modality, name):
    """Whatever the window was, what is wrong with it is said."""
    artefact = BY_NAME[name]
    for counts in outcomes(tiny_of(modality), [chosen(modality, mixture_of)], artefact).values():
        assert set(counts) == {artefact.expected}
        assert counts.total() == 4


@pytest.mark.parametrize("name", ["clipped", "mains, 30 times the signal"])
def test_most_windows_of_muscle_get_the_reason_of_what_was_added(tiny_of, mixture_of, name):
    """Two of the eight windows were silent at their ends, where nothing can be clipped."""
    found = outcomes(tiny_of("emg"), [chosen("emg", mixture_of)], BY_NAME[name])
    hits = sum(counts[BY_NAME[name].expected] for counts in found.values())
    assert hits >= 6


@pytest.mark.parametrize("modality", ["accelerometer", "gyroscope"])
def test_a_small_movement_is_enlarged_until_it_meets_the_limits_of_a_sensor(modality, rng):
    """No sensor ends at a hundredth of a g or of a degree a second."""
    movement = np.sin(2 * np.pi * 2.3 * np.arange(400) / 100) * np.array([[1.0], [0.2], [0.1]])
    traits = MODALITIES[modality]
    small = Windows(
        0.01 * movement[None] + 1e-4 * rng.standard_normal((1, 3, 400)),
        sampling_rate_hz=100.0,
        modality=modality,
        unit=traits.unit,
    )
    cut = clipped(small)
    enlarged = np.ptp(cut.samples, axis=-1).max()
    assert enlarged == pytest.approx({"accelerometer": 1.0, "gyroscope": 125.0}[modality])


def test_windows_as_they_were_are_not_spoiled(tiny_of, mixture_of):
    """The row above the others: what is said of good windows."""
    found = outcomes(tiny_of("emg"), [chosen("emg", mixture_of)], BY_NAME["as it was"])
    assert not {"gap", "too_short", REFUSED} & set().union(*found.values())
    assert sum(counts.total() for counts in found.values()) == 8


def test_only_fast_rhythms_are_sampled_slowly(tiny_of):
    """A rhythm of 9 Hz remains of two; at 20 Hz it is too fast to be told."""
    times = np.arange(400) / 100
    noise = 0.002 * np.random.default_rng(2).standard_normal((2, 3, 400))
    waves = [0.2 * np.sin(2 * np.pi * hz * times) for hz in (5.0, 9.0)]
    samples = np.array(waves)[:, None, :] * np.array([1.0, 0.3, 0.1])[:, None] + noise
    windows = Windows(samples, sampling_rate_hz=100.0, modality="accelerometer", unit="g")
    some = Chosen(windows, np.array(["tremor", "tremor"]))
    artefact = BY_NAME["faster than 8 Hz, sampled at 20 Hz"]
    (counts,) = outcomes(tiny_of("accelerometer"), [some], artefact).values()
    assert counts.total() == 1
    assert ANSWERED not in counts


def test_mains_are_for_electrodes():
    """A motion sensor picks up none."""
    mains = BY_NAME["mains, 30 times the signal"]
    assert mains.meant_for("emg")
    assert not mains.meant_for("gyroscope")


def test_a_slower_device_shows_the_same_slow_wave():
    """Three hertz sampled at 20 instead of 100, its ends included."""
    times = np.arange(400) / 100
    wave = np.cos(2 * np.pi * 3 * times)
    windows = Windows(wave[None, None], sampling_rate_hz=100.0, modality="gyroscope", unit="deg/s")
    slow = sampled_at(windows, 20.0)
    assert (slow.sampling_rate_hz, slow.samples.shape) == (20.0, (1, 1, 80))
    # The mirrored window has a kink at its ends unless the wave turns there.
    np.testing.assert_allclose(slow.samples[0, 0], wave[::5], atol=0.05)


# Foreign signals


@pytest.mark.parametrize("name", list(SIGNALS))
@pytest.mark.parametrize("modality", list(MODALITIES))
def test_foreign_windows_are_sized_as_the_modality_is(name, modality):
    """Peaks lie within the stated range, the mean is taken out, and windows differ."""
    windows = made(name, modality, 6)
    low, high = PEAKS[modality]
    peaks = np.abs(windows.samples).max(axis=(1, 2))
    assert windows.samples.shape == (
        6,
        MODALITIES[modality].max_channels,
        round(4 * MODALITIES[modality].rate_hz),
    )
    assert ((peaks >= 0.999 * low) & (peaks <= 1.001 * high)).all()
    np.testing.assert_allclose(windows.samples.mean(axis=-1), 0.0, atol=1e-9 * high)
    assert len(np.unique(peaks)) == 6


def test_foreign_windows_are_the_same_every_time():
    """Names alone decide."""
    np.testing.assert_array_equal(made("music", "emg", 3).samples, made("music", "emg", 3).samples)


def test_a_ramp_is_a_straight_line():
    """All steps are the same."""
    steps = np.diff(made("ramp", "emg", 4).samples, axis=-1)
    np.testing.assert_allclose(steps, steps[..., :1] * np.ones_like(steps), rtol=1e-6)


def test_a_heart_beats_fifty_to_a_hundred_and_ten_times_a_minute():
    """As many R waves in four seconds as that gives."""
    for window in made("electrocardiogram", "emg", 20).samples[:, 0]:
        beats, _ = find_peaks(window, height=0.6 * window.max(), distance=300)
        assert 3 <= len(beats) <= 8


def test_windows_of_motion_are_resampled_for_a_muscle(mixture_of):
    """One axis, at a rate that electrodes are read at."""
    (windows,) = borrowed([chosen("accelerometer", mixture_of)], "emg")
    assert (windows.modality, windows.sampling_rate_hz) == ("emg", 1000.0)
    assert windows.samples.shape == (8, 1, 4000)


def test_windows_of_a_muscle_keep_their_rate_as_motion(mixture_of):
    """A motion model takes a thousand samples a second."""
    (windows,) = borrowed([chosen("emg", mixture_of)], "gyroscope")
    assert (windows.unit, windows.sampling_rate_hz) == ("deg/s", 1000.0)


def test_foreign_figures_leave_out_flagged_windows():
    """Of three usable windows two are unlike training; kinds come alone and all together."""
    answers = np.array([UNDECIDED, UNDECIDED, "rest", UNDECIDED])
    reasons = np.array(["unlike_training", "unlike_training", "", "flat"])
    one = Foreign(answers, reasons, np.array([True, True, True, False]))
    other = Foreign(answers[:1], reasons[:1], np.array([True]))
    found = foreign_figures({"music": one, "ramp": other}, SCHEME)
    assert [figure.what.split(" called")[0] for figure in found] == [
        "all other kinds of signal",
        "music",
        "ramp",
    ]
    assert [figure.estimate.value for figure in found] == pytest.approx([3 / 4, 2 / 3, 1.0])
    assert [figure.verdict for figure in found] == ["short", "short", "met"]
    assert found[1].flagged == 0.25


def test_figures_of_the_peers_signals_keep_their_targets():
    """Clonus called tremor in half of the windows is short of 3 %, and undecided is told."""
    shape = (len(REFERENCE), len(PEAKS_DEG_S))
    shares = {name: np.zeros(shape) for name in ("clonus", "tremor", "voluntary", "rest")}
    shares["tremor"] += 0.5
    shares[UNDECIDED] = np.full(shape, 0.25)
    found = peer_figures(Comparison(REFERENCE, PEAKS_DEG_S, shares, None, "nobody"), SCHEME)
    assert [figure.verdict for figure in found] == ["short"] * 4
    assert [figure.undecided for figure in found] == [0.25] * 4
    assert found[0].what == "clonus called tremor"
    assert found[0].estimate.n_windows == 5 * 3 * 60


# The whole run


@pytest.fixture
def layout(tiny_models, tmp_path, monkeypatch):
    """A project of a tiny model whose training table is of other windows, without real sets."""
    modality = "accelerometer"
    monkeypatch.delenv("QUAVER_DATA", raising=False)
    config = tiny_config(modality)
    shutil.copytree(REPOSITORY / "configs", tmp_path / "configs")
    path = tmp_path / "configs" / f"{modality}.yaml"
    path.write_text(yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False))
    shutil.copytree(tiny_models[modality], tmp_path / "models" / modality)
    test = tmp_path / "data" / "simulated" / modality / "test"
    test.mkdir(parents=True)
    shutil.copy(tiny_models[modality].parent / "unseen.parquet", test / "part-0.parquet")
    table = separable_table(config, n_groups=6, windows_each=4)
    sites = np.array([f"site{int(name[-2:]) % 3}" for name in table.groups])
    object.__setattr__(table, "sites", sites)
    table.write(tmp_path / "data" / "features" / modality / "train.parquet")
    return tmp_path


@pytest.fixture
def logged(monkeypatch):
    """What would be logged; no server is asked."""
    runs = []
    monkeypatch.setattr(running.tracking, "connect", lambda: "nowhere")

    def log(content, experiment):
        runs.append((content, experiment, {p: f.read_text() for p, f in content.files.items()}))
        return "run-1"

    monkeypatch.setattr(running.tracking, "log_benchmark", log)
    return runs


def test_what_needs_real_recordings_is_said_and_the_rest_runs(layout, logged, capsys):
    """Six protocols, one run, one sentence about what is missing, and no document."""
    running.main(["--quick", "--modality", "accelerometer", "--root", str(layout)])
    told = capsys.readouterr().out
    for letter in "abcdef":
        assert f"\n({letter}) " in f"\n{told}"
    assert told.count("Real and semi-real recordings were not tried: QUAVER_DATA is not set") == 1
    assert "was not trained on the table of features that lies here" in told
    assert "the documents were not written" in told
    assert not (layout / "docs").exists()
    ((content, experiment, files),) = logged
    assert experiment == "quaver-accuracy"
    assert set(files) == {"accuracy/validation.md", "accuracy/validation.json"}
    name = "accelerometer__simulated_train__2_folds_subjects_left_out__macro-F1_of_decided_windows"
    assert name in content.figures
    assert content.params["quick"] is True


def test_a_whole_run_writes_the_documents(monkeypatch, tmp_path, logged, capsys):
    """All modalities, nothing missing: Markdown and JSON lie in docs."""
    monkeypatch.setattr(running, "benchmark", lambda *_, **__: ([], {}))
    running.main(["--root", str(tmp_path)])
    assert "written: validation.md, validation.json" in capsys.readouterr().out
    assert {path.name for path in (tmp_path / "docs").iterdir()} == {
        "validation.md",
        "validation.json",
    }
    assert len(logged) == 1


def test_a_model_that_is_not_there_is_one_sentence(layout, logged):
    """No traceback, and nothing logged."""
    shutil.rmtree(layout / "models")
    with pytest.raises(SystemExit, match="is no classifier"):
        running.main(["--modality", "accelerometer", "--root", str(layout)])
    assert logged == []
