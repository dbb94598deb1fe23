"""Semi-real tremor: of made-up and of real contractions, what was put in is in the signal."""

from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
import scipy.signal
from real_recordings import folder, needs_data

from features import FeatureSpec, extract
from training.config import ModelConfig, load_config
from training.datasets.labelled import Span
from training.datasets.labelling import label_windows
from training.layout import Layout
from training.semireal.config import PARTS, SemiReal
from training.semireal.opening import open_set
from training.semireal.real_stretches import sets_of
from training.semireal.tremor import drawn_modulation, tremor

ROOT = Path(__file__).parents[1]
LAYOUT = Layout(ROOT)
CONFIG = load_config(ROOT / "configs" / "semireal.yaml", SemiReal)
MODEL = load_config(ROOT / "configs" / "emg.yaml", ModelConfig)
RATE_HZ = 1000.0
N = 10_000

STEADY = CONFIG.tremor.model_copy(
    update={
        "cycle_frequency_sd_hz": (0.0, 0.0),
        "burst_size_cv": (0.0, 0.0),
        "envelope_cv": (0.0, 0.0),
        "burst_s": (0.05, 0.05),
    }
)


def settings(**changes):
    return STEADY.model_copy(update=changes)


@pytest.mark.parametrize("between", [0.0, 0.3])
def test_a_contraction_ebbs_to_what_was_asked(rng, between):
    """Steady, it swells to its whole size and ebbs to the share that is left between bursts."""
    modulation = drawn_modulation(N, RATE_HZ, settings(between=(between, between)), rng)

    assert modulation.gain.max() == pytest.approx(1.0, abs=1e-3)
    assert modulation.gain.min() == pytest.approx(between, abs=1e-3)
    assert modulation.between == pytest.approx(between)


@pytest.mark.parametrize("frequency_hz", [4.0, 7.3, 12.0])
def test_a_contraction_swells_at_the_frequency_that_was_asked(rng, frequency_hz):
    """Its highest moments are one period apart, and are where the truth says."""
    modulation = drawn_modulation(
        N, RATE_HZ, settings(frequency_hz=(frequency_hz, frequency_hz), between=(0, 0)), rng
    )
    peaks, _ = scipy.signal.find_peaks(modulation.gain)
    inside = (modulation.cycles_s > 0) & (modulation.cycles_s < N / RATE_HZ - 0.01)

    assert np.diff(peaks) / RATE_HZ == pytest.approx(1 / frequency_hz, abs=0.0025)
    np.testing.assert_allclose(peaks / RATE_HZ, modulation.cycles_s[inside], atol=0.002)


def test_bursts_end_before_their_cycle_does(rng):
    """At 12 Hz a burst of 100 ms is cut to nine tenths of its cycle, and there is a pause."""
    asked = settings(burst_s=(0.1, 0.1), frequency_hz=(12.0, 12.0), between=(0, 0))
    modulation = drawn_modulation(N, RATE_HZ, asked, rng)

    assert (modulation.gain == 0.0).mean() == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize("cv", [0.1, 0.4])
def test_a_tremor_waxes_and_wanes_by_what_was_asked(rng, cv):
    """Over many recordings the heights of bursts vary as was put in."""
    asked = settings(envelope_cv=(cv, cv), between=(0, 0), envelope_period_s=(2.0, 2.0))
    heights = np.concatenate(
        [
            np.interp(m.cycles_s, np.arange(N) / RATE_HZ, m.gain)[5:-5]
            for m in (drawn_modulation(N, RATE_HZ, asked, rng) for _ in range(40))
        ]
    )

    assert heights.std() / heights.mean() == pytest.approx(cv, rel=0.15)


@pytest.mark.parametrize("burst_s", [0.05, 0.1])
def test_bursts_last_as_long_as_was_asked(rng, burst_s):
    """The middle 90 % of a burst's energy take the time that was asked."""
    asked = settings(burst_s=(burst_s, burst_s), frequency_hz=(4.0, 4.0), between=(0, 0))
    modulation = drawn_modulation(N, RATE_HZ, asked, rng)
    middle = round(modulation.cycles_s[10] * RATE_HZ)
    energy = np.cumsum(modulation.gain[middle - 120 : middle + 120] ** 2)
    share = energy / energy[-1]

    assert ((share > 0.05) & (share < 0.95)).sum() / RATE_HZ == pytest.approx(burst_s, rel=0.08)


def test_a_tremor_is_the_contraction_times_its_gain(rng):
    """Beside the noise of a device, there is the contraction and no more, all of it a tremor."""
    contraction = 3.0 + rng.standard_normal(N)
    modulation = drawn_modulation(N, RATE_HZ, CONFIG.tremor, rng)
    quiet = settings(noise_share=(1e-9, 1e-9))
    contents = tremor(contraction, N / RATE_HZ, modulation, quiet, rng)
    force = contraction - np.median(contraction)

    np.testing.assert_allclose(force + contents.added, modulation.gain * force, atol=1e-6)
    assert contents.events == (Span(0.0, N / RATE_HZ, "tremor"),)
    assert all(0 <= at_s < N / RATE_HZ for at_s in contents.details["cycles_s"])


@lru_cache(maxsize=2)
def made(part):
    for name in sets_of(CONFIG.tremor.contraction.people.of(part)):
        folder(name)
    return tuple(open_set(f"semireal-tremor-{part}", "emg", LAYOUT).recordings("emg"))


@needs_data
@pytest.mark.parametrize("part", PARTS)
def test_a_set_is_what_its_source_says(part):
    """Groups and labels are as declared, no id comes twice, and no sample is missing."""
    recordings = made(part)

    assert {r.source for r in recordings} == {f"semireal-tremor-{part}"}
    assert {r.group for r in recordings} == set(CONFIG.tremor.contraction.people.of(part))
    assert len({r.id for r in recordings}) == len(recordings)
    assert {span.label for r in recordings for span in r.spans} == {"tremor"}
    assert all(np.isfinite(r.recording.samples).all() for r in recordings)


@needs_data
def test_the_same_recordings_come_every_time():
    """Reading a set again gives the same samples, spans and truth."""
    again = open_set("semireal-tremor-test", "emg", LAYOUT).recordings("emg")
    for first, second in zip(made("test"), again, strict=True):
        np.testing.assert_array_equal(first.recording.samples, second.recording.samples)
        assert (first.id, first.spans, first.details) == (second.id, second.spans, second.details)


@needs_data
def test_the_frequency_of_a_tremor_is_seen_by_a_feature():
    """In most windows of deep swelling the dominant frequency is that which was put in."""
    spec = FeatureSpec.model_validate(MODEL.features)
    near = []
    for labelled in made("test"):
        if labelled.details["between"] < 0.2:
            table = extract(label_windows(labelled, MODEL.labelling).windows, spec)
            found = table.values[:, table.columns.index("dominant_frequency")]
            near += (np.abs(found / labelled.details["frequency_hz"] - 1) < 0.12).tolist()

    assert len(near) > 50
    assert np.mean(near) > 0.8
