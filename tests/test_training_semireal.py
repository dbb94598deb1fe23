"""Semi-real recordings on made-up rest: what happens when, what is said of it, who may use it."""

import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.signal

from features import ConfigError
from training.commands import evaluate
from training.config import ModelConfig, load_config
from training.datasets import registry
from training.datasets.labelled import UNCLEAR, Span
from training.datasets.labelling import Labelling, label_windows
from training.evaluation_stage import Unanswered
from training.layout import Layout
from training.semireal import sources
from training.semireal.clonus import Beats, clonus, drawn_beats, run_spans
from training.semireal.config import SemiReal
from training.semireal.fasciculation import Firings, fasciculations, irregular_firings
from training.semireal.opening import open_set, open_tests
from training.semireal.peak_ratios import largest_peak_ratios
from training.semireal.real_stretches import RealStretch
from training.semireal.recording import Contents, apart, labelled_recording
from training.semireal.shapes import Shape, of_unit_peak
from training.semireal.visible import Backdrop, Visible

ROOT = Path(__file__).parents[1]
CONFIG = load_config(ROOT / "configs" / "semireal.yaml", SemiReal)
VISIBLE = Visible(
    band_hz=(20.0, 450.0), event_ratio=(3.0, 6.0), mains_hz=(50.0, 60.0), mains_prominence=30.0
)
RATE_HZ = 1000.0


def unit():
    times = np.arange(-20, 21) / RATE_HZ
    wave = (1 - (times / 0.004) ** 2) * np.exp(-0.5 * (times / 0.004) ** 2)
    return of_unit_peak(Shape(wave, RATE_HZ, "set/someone", "unit 0"), VISIBLE)


@pytest.fixture
def rest(rng):
    """Ten seconds of white noise that pass for rest."""
    return RealStretch("set/a", rng.standard_normal(10_000), RATE_HZ, "uV", "set/anna", "here")


def backdrop_of(rest):
    return Backdrop.of(rest.samples, rest.rate_hz, VISIBLE)


def firings(times_s):
    n = len(times_s)
    return Firings(np.array(times_s), np.arange(n), np.zeros(n, dtype=bool), 1.0)


def sized(ratio, **changes):
    """The settings with units of one size."""
    settings = CONFIG.fasciculation
    return settings.model_copy(update={"peak_ratio": (ratio, ratio), "size_cv": 0.0, **changes})


# Fasciculation


def test_events_are_found_where_the_truth_says(rest, rng):
    """A detector that knows nothing of the truth finds as many peaks, at the same times."""
    truth_s = [0.7, 2.1, 2.9, 5.5, 9.2]
    contents = fasciculations(backdrop_of(rest), [unit()], firings(truth_s), sized(20.0), rng)
    labelled = labelled_recording(rest, contents, "made", 0)
    samples = np.abs(labelled.recording.samples[0])
    found, _ = scipy.signal.find_peaks(samples, height=10.0, distance=50)

    np.testing.assert_allclose(found / RATE_HZ, truth_s, atol=0.002)
    assert labelled.details["events_s"] == pytest.approx(truth_s, abs=0.001)


def test_sizes_are_what_the_truth_says(rest, rng):
    """The potential alone is as high over the noise around it as is recorded of it."""
    contents = fasciculations(backdrop_of(rest), [unit()], firings([3.0, 7.0]), sized(12.0), rng)
    for at_s, ratio in zip([3.0, 7.0], contents.details["peak_ratios"], strict=True):
        inside = slice(round((at_s - 1) * RATE_HZ), round((at_s + 1) * RATE_HZ))
        band = scipy.signal.butter(2, [20.0, 450.0], "bandpass", fs=RATE_HZ, output="sos")
        alone, around = (scipy.signal.sosfiltfilt(band, x) for x in (contents.added, rest.samples))
        measured = np.abs(alone[inside]).max() / around[inside].std()
        assert ratio == pytest.approx(measured, rel=0.15)
        assert ratio == pytest.approx(12.0, rel=0.15)


@pytest.mark.parametrize(
    ("ratio", "label"), [(1.5, "rest"), (4.3, UNCLEAR), (20.0, "fasciculation")]
)
def test_only_what_shows_is_labelled(rest, rng, ratio, label):
    """What is lost in the rest is rest, what may be seen is unclear, what is seen is named."""
    contents = fasciculations(backdrop_of(rest), [unit()], firings([5.0]), sized(ratio), rng)
    labelled = labelled_recording(rest, contents, "made", 0)
    window = label_windows(labelled, Labelling(hop_s=4.0))

    assert {span.label for span in labelled.spans} == {"rest", label}
    assert window.labels.tolist() == ["rest", label]
    assert contents.added.any()


def test_who_rests_has_one_name_in_every_set(rest):
    """Held out or trained on, a person of a real set is the same one in the sets made of it."""
    silent = Contents(np.zeros_like(rest.samples), (), {})
    names = ("semireal-clonus-train", "semireal-fasciculation-test")
    made = [labelled_recording(rest, silent, name, 0) for name in names]

    assert [each.source for each in made] == list(names)
    assert {each.group for each in made} == {rest.group}


def test_a_unit_keeps_its_size_and_polarity(rest, rng):
    """All events of one unit are alike; another unit has another size."""
    units = [unit(), replace(unit(), name="unit 1")]
    settings = CONFIG.fasciculation.model_copy(update={"size_cv": 0.0})
    contents = fasciculations(
        backdrop_of(rest), units, firings(np.arange(0.5, 9.5, 0.5)), settings, rng
    )
    names = np.array(contents.details["units"])
    peaks = contents.added[np.round(np.array(contents.details["events_s"]) * RATE_HZ).astype(int)]

    assert {np.unique(peaks[names == name].round(6)).size for name in ("unit 0", "unit 1")} == {1}
    assert len(np.unique(peaks.round(6))) == 2


def test_firings_have_their_rate_and_are_irregular(rng):
    """Over long times the rate is the one that was drawn, and intervals scatter as Poisson's do."""
    settings = CONFIG.fasciculation.model_copy(update={"doublet_share": 0.0, "rate_hz": (0.5, 0.5)})
    drawn = irregular_firings(4000.0, settings, rng)
    intervals = np.diff(drawn.times_s)

    assert drawn.rate_hz == pytest.approx(0.5)
    assert len(drawn.times_s) / 4000.0 == pytest.approx(0.5, rel=0.08)
    assert intervals.min() >= settings.shortest_interval_s
    assert intervals.std() / intervals.mean() == pytest.approx(1 - 0.15 * 0.5, abs=0.08)
    assert not drawn.doublet.any()


def test_doublets_follow_at_once(rng):
    """Every second firing of a doublet follows the first of its event within its limits."""
    settings = CONFIG.fasciculation.model_copy(update={"doublet_share": 0.5})
    drawn = irregular_firings(2000.0, settings, rng)
    first = {
        e: t for e, t, d in zip(drawn.event, drawn.times_s, drawn.doublet, strict=True) if not d
    }
    lags = np.array([t - first[e] for e, t, d in zip(*_of(drawn), strict=True) if d and e in first])
    low, high = settings.doublet_interval_s

    assert drawn.doublet.mean() == pytest.approx(1 / 3, abs=0.05)
    assert low <= lags.min() <= lags.max() <= high


def _of(drawn):
    return drawn.event, drawn.times_s, drawn.doublet


# Clonus


def beats(times_s, sizes=None, run=None):
    n = len(times_s)
    run = np.zeros(n, dtype=int) if run is None else np.array(run)
    sizes = np.ones(n) if sizes is None else np.array(sizes)
    return Beats(np.array(times_s), sizes, run, frequency_hz=5.0, sustained=True)


@pytest.mark.parametrize("frequency_hz", [4.0, 5.7, 8.0])
def test_the_rate_of_a_clonus_is_found_in_its_signal(rest, rng, frequency_hz):
    """The autocorrelation of the size of the signal is highest after one period."""
    settings = CONFIG.clonus.model_copy(
        update={"frequency_hz": (frequency_hz, frequency_hz), "sustained_share": 1.0}
    )
    drawn = drawn_beats(10.0, settings, rng)
    contents = clonus(backdrop_of(rest), [unit()] * len(drawn.times_s), drawn, 20.0)
    labelled = labelled_recording(rest, contents, "made", 0)

    assert repetition_hz(labelled.recording.samples[0], RATE_HZ) == pytest.approx(
        frequency_hz, rel=0.06
    )
    assert label_windows(labelled, Labelling(hop_s=4.0)).labels.tolist() == ["clonus", "clonus"]


def repetition_hz(samples, rate_hz):
    """Return the frequency of the strongest repetition between 3 and 9 Hz."""
    low = scipy.signal.butter(2, 15.0, fs=rate_hz, output="sos")
    size = scipy.signal.sosfiltfilt(low, np.abs(samples - samples.mean()))
    size = size - size.mean()
    product = np.correlate(size, size, "full")[len(size) - 1 :]
    lags = np.arange(round(rate_hz / 9), round(rate_hz / 3))
    return rate_hz / lags[product[lags].argmax()]


def test_sustained_clonus_goes_on_and_unsustained_decays(rng):
    """A sustained run has beats to the end; others have three to nine, each smaller in the mean."""
    for share in (0.0, 1.0):
        settings = CONFIG.clonus.model_copy(
            update={"sustained_share": share, "beat_size_cv": (0, 0)}
        )
        for _ in range(20):
            drawn = drawn_beats(12.0, settings, rng)
            assert drawn.sustained == bool(share)
            if share:
                assert drawn.times_s[-1] > 12.0 - 0.1 - 1.5 / drawn.frequency_hz
                assert drawn.sizes.min() > 0.25
            for run in np.unique(drawn.run)[:-1]:
                sizes = drawn.sizes[drawn.run == run]
                assert 2 <= len(sizes) <= 9
                assert (np.diff(sizes) < 0).all()


def test_each_beat_has_the_shape_that_was_given(rest):
    """What is added is the shapes themselves, one a beat, each at its size."""
    other = Shape(np.hanning(31), RATE_HZ, "set/someone", "other")
    contents = clonus(backdrop_of(rest), [unit(), other], beats([2.0, 4.0], [1.0, 0.5]), 10.0)
    gain = 10.0 * backdrop_of(rest).deviation

    np.testing.assert_allclose(contents.added[1980:2021], gain * unit().samples)
    np.testing.assert_allclose(contents.added[3985:4016], 0.5 * gain * other.samples)


def test_a_stretch_reaches_half_a_period_beside_its_beats(rest):
    """Of each run, and no farther than the recording; n beats at 5 Hz last n fifths of a second."""
    drawn = beats([0.05, 0.25, 0.45, 3.0, 3.2], run=[0, 0, 0, 1, 1])
    details = clonus(backdrop_of(rest), [unit()] * 5, drawn, 10.0).details

    np.testing.assert_allclose(details["stretches_s"], [[0.0, 0.55], [2.9, 3.3]])
    assert details["cycles_s"] == [0.05, 0.25, 0.45, 3.0, 3.2]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ("cccc", [(0.0, 3.5, "clonus")]),
        ("ccuu", [(0.0, 1.5, "clonus"), (1.5, 3.5, UNCLEAR)]),
        ("ucuc", [(0.0, 1.0, UNCLEAR), (1.0, 3.5, "clonus")]),
        ("ccrr", [(0.0, 1.5, "clonus")]),
        ("crrr", [(0.0, 0.5, UNCLEAR)]),
        ("rrrr", []),
    ],
)
def test_a_run_lasts_from_its_first_to_its_last_clear_beat(labels, expected):
    """Beats that may show are unclear, those that do not are rest, and one beat is no rhythm."""
    names = {"c": "clonus", "u": UNCLEAR, "r": "rest"}
    where = np.array([(i, i + 0.5) for i in range(4)], dtype=float)

    assert run_spans(where, np.array([names[c] for c in labels])) == [Span(*e) for e in expected]


def test_spans_that_overlap_are_set_apart():
    """A span begins where the one before it ends, and what is then too short is left out."""
    spans = [Span(2.0, 3.0, "a"), Span(0.0, 1.0, "b"), Span(2.5, 4.0, "c"), Span(3.9, 4.001, "d")]

    assert apart([*spans, Span(5.0, 6.0, "rest")], 0.01) == (
        Span(0.0, 1.0, "b"),
        Span(2.0, 3.0, "a"),
        Span(3.0, 4.0, "c"),
    )


# Peak ratios


def test_the_largest_ratio_of_each_window_is_known(rest, rng):
    """Of the potentials wholly within a window the largest counts; what is cut does not."""
    truth_s = [1.0, 2.0, 3.999, 9.0]
    contents = fasciculations(backdrop_of(rest), [unit()], firings(truth_s), sized(10.0), rng)
    contents.details["peak_ratios"] = [5.0, 7.0, 50.0, 9.0]
    labelled = labelled_recording(rest, contents, "made", 0)
    rules = Labelling(hop_s=4.0)

    found = largest_peak_ratios(labelled, rules)
    assert found == {"set/a/0@0.000": 7.0, "set/a/0@4.000": 0.0}
    assert set(label_windows(labelled, rules).ids.tolist()) <= set(found)


# Sources


def semireal(name):
    return {source.name: source for source in sources.semireal_sources(Layout(ROOT))}[name]


@pytest.mark.parametrize("phenomenon", ["fasciculation", "clonus", "tremor"])
@pytest.mark.parametrize("part", ["train", "test"])
def test_every_semireal_set_says_what_it_is(phenomenon, part):
    """Each is semi-real EMG, names the licences of all it is made of, and none may be passed on."""
    source = semireal(f"semireal-{phenomenon}-{part}")
    made_of = sources.ingredients(phenomenon, part, CONFIG)

    assert (source.kind, source.modalities) == ("semi-real", ("emg",))
    assert source.licence == "; ".join(dict.fromkeys(each.licence for each in made_of))
    assert not source.for_training
    assert source.name not in {each.name for each in registry.SOURCES}


def test_training_is_allowed_where_every_licence_allows_it(tmp_path):
    """Made of permissive sets alone, the training part may be trained on; the test part never."""
    for path in (ROOT / "configs").glob("*.yaml"):
        (tmp_path / "configs").mkdir(exist_ok=True)
        text = path.read_text(encoding="utf-8")
        for group in CONFIG.rest.people.train:
            if not group.startswith("biosppy") and path.stem == "semireal":
                text = re.sub(rf"(?m)^ {{6}}- {re.escape(group)}\n", "", text)
        (tmp_path / "configs" / path.name).write_text(text, encoding="utf-8")
    usable = {s.name: s.for_training for s in sources.semireal_sources(Layout(tmp_path))}

    assert [name for name, allowed in usable.items() if allowed] == ["semireal-clonus-train"]


def test_an_unknown_semireal_set_is_refused_with_the_known_ones():
    """A misspelt name gets a list of the right ones."""
    with pytest.raises(ConfigError, match=r"no data set 'semireal-x'; .*semireal-clonus-test"):
        open_set("semireal-x", "emg", Layout(ROOT))


def test_other_names_are_opened_as_before(tmp_path, monkeypatch):
    """The front door of all sets leads to real ones too."""
    monkeypatch.setenv("QUAVER_DATA", str(tmp_path))

    assert open_set("hmp-wrist-adl-32hz", "accelerometer", Layout(ROOT)).source.kind == "real"


def test_evaluation_asks_for_the_test_parts_alone(tmp_path, monkeypatch):
    """`--data semi-real` answers the test sets of EMG, and says when there is none."""
    monkeypatch.setenv("QUAVER_DATA", str(tmp_path))
    nobody = SimpleNamespace(known=frozenset())
    monkeypatch.setattr(evaluate, "last_model", lambda *_: nobody)
    monkeypatch.setattr(evaluate.tracking, "connect", lambda: None)
    monkeypatch.setattr(evaluate, "evaluated", lambda opened, *_: Unanswered(opened, 0))
    layout = Layout(ROOT)

    assert [o.source.name for o in open_tests("emg", layout)] == [
        "semireal-fasciculation-test",
        "semireal-clonus-test",
        "semireal-tremor-test",
    ]
    told = list(evaluate.evaluate_sets("emg", layout, ("semi-real",)))
    assert len(told) == 3
    assert "semireal-clonus-test (semi-real): no labelled window" in told[1]
    (none,) = evaluate.evaluate_sets("accelerometer", layout, ("semi-real",))
    assert "there is no set of accelerometer in semi-real" in none


def test_what_shows_is_the_simulators_rule():
    """Band, limits and mains are those of the project's own configurations."""
    visible = sources.what_shows(Layout(ROOT))
    model = load_config(ROOT / "configs" / "emg.yaml", ModelConfig)

    assert visible.mains_hz == model.features.conditioning.mains_hz
    assert visible.event_ratio[0] < visible.event_ratio[1]
