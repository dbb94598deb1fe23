"""What semi-real signals are made of, on made-up arrays: shapes, rest, what stands out of it."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from features import ConfigError, Recording, SignalError
from training.config import load_config
from training.datasets import registry
from training.datasets.labelled import UNCLEAR, LabelledRecording, Span
from training.datasets.real.stretches import with_rest_between
from training.semireal.config import SemiReal
from training.semireal.drawing import generator, log_uniform
from training.semireal.real_stretches import RealStretch, evenly, real_stretches, stretches_of
from training.semireal.response_shapes import cut_responses
from training.semireal.shapes import Shape, added, at_rate, of_unit_peak, places, tapered
from training.semireal.unit_shapes import check_indices, cut_potential, electrode_pairs
from training.semireal.visible import Backdrop, Visible, ground_of, size_in_band
from training.simulate.blocks import clear_of

ROOT = Path(__file__).parents[1]
CONFIG = load_config(ROOT / "configs" / "semireal.yaml", SemiReal)
VISIBLE = Visible(
    band_hz=(20.0, 450.0), event_ratio=(3.0, 6.0), mains_hz=(50.0, 60.0), mains_prominence=30.0
)
RATE_HZ = 1000.0


def wavelet(rate_hz, width_s=0.004, half_s=0.02):
    """A potential of three phases, whose spectrum lies between some 20 and 150 Hz."""
    times = np.arange(-round(half_s * rate_hz), round(half_s * rate_hz) + 1) / rate_hz
    return (1 - (times / width_s) ** 2) * np.exp(-0.5 * (times / width_s) ** 2)


def shape(rate_hz=RATE_HZ, **how):
    return Shape(wavelet(rate_hz, **how), rate_hz, "set/someone", "one")


def noise(rng, duration_s=10.0, rate_hz=RATE_HZ):
    return rng.standard_normal(round(duration_s * rate_hz))


def resting(rng, duration_s=10.0):
    return RealStretch("set/a+0.0s", noise(rng, duration_s), RATE_HZ, "uV", "set/anna", "here")


# Configuration


def changed(tmp_path, change):
    content = yaml.safe_load((ROOT / "configs" / "semireal.yaml").read_text(encoding="utf-8"))
    change(content)
    path = tmp_path / "semireal.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda c: c["rest"]["people"]["test"].append("biosppy-semg-1000hz/emg_1"),
            "must be apart",
        ),
        (lambda c: c["clonus"]["people"]["test"].append("tms-mep-epochs/ID01"), "must be apart"),
        (lambda c: c["fasciculation"]["units"].update(test=[0]), "0 is in train and in test"),
        (lambda c: c["fasciculation"].update(doublet_interval_s=[0.01, 0.2]), "must lie below"),
        (lambda c: c["fasciculation"].update(rate_hz=[0.1, 9.0]), "leaves no room"),
        (lambda c: c["clonus"].update(frequency_hz=[8.0, 4.0]), "first limit, 8, must not exceed"),
        (lambda c: c["clonus"].update(frequenzy_hz=4.0), "clonus.frequenzy_hz is not a known key"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path, change, sentence):
    """A person, unit or electrode in both parts, or impossible limits, are named."""
    with pytest.raises(ConfigError, match=sentence):
        load_config(changed(tmp_path, change), SemiReal)


def test_what_is_drawn_depends_on_seed_and_name_alone():
    """The same seed and name give the same numbers, another of either gives others."""
    first, again, other, later = (
        generator(seed, name).random() for seed, name in ((1, "a"), (1, "a"), (1, "b"), (2, "a"))
    )

    assert first == again
    assert len({first, other, later}) == 3


def test_sizes_are_spread_evenly_in_the_logarithm(rng):
    """Half of the sizes from 3 to 60 lie below the geometric mean, and none outside."""
    drawn = np.array([log_uniform((3.0, 60.0), rng) for _ in range(2000)])

    assert drawn.min() >= 3.0
    assert drawn.max() <= 60.0
    assert np.mean(drawn < np.sqrt(3.0 * 60.0)) == pytest.approx(0.5, abs=0.04)


# Shapes


@pytest.mark.parametrize("rate_in_hz", [2048.0, 3000.0])
@pytest.mark.parametrize("rate_out_hz", [1000.0, 2000.0, 2500.0])
def test_a_shape_is_the_same_at_any_rate(rate_in_hz, rate_out_hz):
    """A potential that both rates can carry keeps its size and form when it is resampled."""
    result = at_rate(shape(rate_in_hz), rate_out_hz)
    times = (
        np.arange(len(result.samples)) / rate_out_hz - len(wavelet(rate_in_hz)) // 2 / rate_in_hz
    )
    expected = (1 - (times / 0.004) ** 2) * np.exp(-0.5 * (times / 0.004) ** 2)

    np.testing.assert_allclose(result.samples, expected, atol=0.01)


def test_what_a_slower_rate_cannot_carry_is_not_folded_back():
    """800 Hz is taken out on the way from 2048 to 1000 Hz, where it would pass for 200 Hz."""
    times = np.arange(512) / 2048.0
    fast = Shape(np.sin(2 * np.pi * 800.0 * times) * np.hanning(512), 2048.0, "a", "b")

    assert np.abs(at_rate(fast, 1000.0).samples).max() < 0.01


def test_tapering_changes_the_ends_alone():
    """Both ends become zero; what lies between is untouched."""
    result = tapered(np.ones(100), RATE_HZ, 0.01)

    assert result[0] == result[-1] == 0.0
    np.testing.assert_array_equal(result[10:90], 1.0)
    np.testing.assert_allclose(result, result[::-1])


def test_peaks_lie_where_they_are_put():
    """Each shape is added with its peak at its sample, times its gain; what lies outside is cut."""
    one = shape()
    total = added(1000, [one] * 4, [5, 300, 700, 998], [1.0, 2.0, -3.0, 0.5])

    assert total[[5, 300, 700, 998]].tolist() == [1.0, 2.0, -3.0, 0.5]
    np.testing.assert_allclose(total[280:321], 2.0 * one.samples)
    assert not total[330:670].any()


def test_a_potential_lasts_from_a_tenth_of_its_peak():
    """Places enclose what exceeds a tenth of the peak, and end at the end of the signal."""
    where = places([shape(), shape()], [500, 3], 1000)
    outside = np.abs(wavelet(RATE_HZ)) >= 0.1
    n_before = 20 - np.flatnonzero(outside)[0]

    assert where.tolist() == [[500 - n_before, 501 + n_before], [0, 4 + n_before]]


# What shows


def test_the_deviation_of_noise_is_its_own(rng):
    """White noise deviates by what a Butterworth filter of second order, forth and back, leaves."""
    ground = ground_of(noise(rng, 60.0), RATE_HZ, VISIBLE)
    freqs = np.linspace(0.1, 500.0, 5000)
    left = 1 / (1 + (20.0 / freqs) ** 4) / (1 + (freqs / 450.0) ** 4)

    assert clear_of(ground) == pytest.approx(np.sqrt(np.mean(left**2)), rel=0.03)


@pytest.mark.parametrize("mains_hz", [50.0, 60.3])
def test_mains_hides_nothing(rng, mains_hz):
    """A hum that is much larger than the noise leaves the ground as it was."""
    quiet = noise(rng, 9.0)
    times = np.arange(len(quiet)) / RATE_HZ
    hum = 20.0 * np.sin(2 * np.pi * mains_hz * times) + 5.0 * np.sin(
        2 * np.pi * 3 * mains_hz * times
    )
    before, after = (ground_of(x, RATE_HZ, VISIBLE) for x in (quiet, quiet + hum))

    assert clear_of(after) == pytest.approx(clear_of(before), rel=0.05)


def test_tails_raise_what_has_to_be_exceeded(rng):
    """Where rest is full of small spikes, its deviation is that of the spikes."""
    calm = np.abs(noise(rng))
    spiky = calm.copy()
    spiky[::300] = 20.0

    assert clear_of(calm) == pytest.approx(1.0, rel=0.1)
    assert clear_of(spiky) > 3.0


@pytest.mark.parametrize("ratio", [3.0, 12.0, 60.0])
def test_the_ratio_of_a_known_peak_is_found(rng, ratio):
    """A potential made so and so many deviations high is found to be so high."""
    rest = noise(rng)
    backdrop = Backdrop.of(rest, RATE_HZ, VISIBLE)
    one = of_unit_peak(shape(), VISIBLE)
    potentials = added(len(rest), [one], [5000], [ratio * backdrop.deviation])
    (found,) = backdrop.peak_ratios(potentials, places([one], [5000], len(rest)))

    assert size_in_band(potentials, RATE_HZ, VISIBLE).max() == pytest.approx(
        ratio * backdrop.deviation, rel=0.01
    )
    assert found == pytest.approx(ratio, rel=0.2)


@pytest.mark.parametrize(
    ("ratio", "label"), [(2.9, "rest"), (3.0, UNCLEAR), (5.9, UNCLEAR), (6.0, "clonus")]
)
def test_what_is_between_the_limits_is_unclear(ratio, label):
    """Below both limits it is rest, above both it shows."""
    assert VISIBLE.label(ratio, "clonus") == label


# Where shapes come from


def test_a_potential_is_cut_out_of_its_average(rng):
    """What stands clear of the average's noise is kept as it is; noise alone is no potential."""
    settings = CONFIG.fasciculation
    average = 0.01 * rng.standard_normal(103)
    assert cut_potential(average, 2048.0, settings, "unit 0") is None

    average[51 - 20 : 51 + 21] += wavelet(2048.0, half_s=20 / 2048.0)
    found = cut_potential(average, 2048.0, settings, "unit 0")

    middle = slice(found.peak - 12, found.peak + 13)
    np.testing.assert_allclose(found.samples[middle], average[39:64], atol=0.02)
    assert found.samples[0] == found.samples[-1] == 0.0
    assert found.name == "unit 0"


def test_electrodes_of_the_two_parts_are_apart():
    """No electrode is in a pair of both parts, and no pair reaches into another column."""
    pairs = {part: electrode_pairs(CONFIG.fasciculation, part) for part in ("train", "test")}
    edges = np.array([0, 12, 25, 38, 51, 64])

    assert not set(np.ravel(pairs["train"])) & set(np.ravel(pairs["test"]))
    for first, second in (*pairs["train"], *pairs["test"]):
        assert second - first in (1, 2, 3)
        assert np.searchsorted(edges, first, "right") == np.searchsorted(edges, second, "right")


def test_units_that_are_not_there_are_refused():
    """A unit or column beyond those of the set is named."""
    with pytest.raises(ConfigError, match=r"fasciculation\.units names 4; .* has 3"):
        check_indices(CONFIG.fasciculation, 3)


def test_weak_and_noisy_responses_are_left_out(rng):
    """Of a strong, a weak and no response the strong ones are kept, in their own form."""
    whole = np.zeros((6, 400))
    for i, size in enumerate((100.0, 80.0, 90.0, 100.0, 10.0, 0.0)):
        whole[i, 150:191] = size * wavelet(RATE_HZ)
    whole += 0.2 * rng.standard_normal(whole.shape)
    found = cut_responses(whole, RATE_HZ, 130, CONFIG.clonus, "set/someone")

    assert [each.name for each in found] == [f"response {i}" for i in range(4)]
    np.testing.assert_allclose(found[0].samples[20:61], 100.0 * wavelet(RATE_HZ), atol=1.5)
    assert {each.donor for each in found} == {"set/someone"}


def rest_recording(samples, spans):
    return LabelledRecording(
        id="a",
        recording=Recording(samples, sampling_rate_hz=RATE_HZ, modality="emg", unit="uV"),
        spans=spans,
        group="set/anna",
        site="here",
        source="set",
    )


def test_rest_is_taken_as_it_is_without_what_borders_it(rng):
    """Stretches keep their samples, less a margin beside other labels and none at the ends."""
    samples = noise(rng, 20.0)[None]
    spans = with_rest_between([Span(8.0, 8.2, "evoked_twitch")], 0.0, 20.0)
    first, second = stretches_of(rest_recording(samples, spans), "rest", CONFIG.rest)

    np.testing.assert_allclose(first.samples, samples[0, :7700], rtol=1e-6)
    np.testing.assert_allclose(second.samples, samples[0, 8500:], rtol=1e-6)
    assert (second.id, second.group, second.duration_s) == ("set/a+8.5s", "set/anna", 11.5)


def test_rest_that_is_short_spiky_or_broken_is_left_out(rng):
    """Less than a window, a motor unit of its own, and lost samples are no rest to build on."""
    short = noise(rng, 3.9)
    spiky, broken = noise(rng), noise(rng)
    spiky[[2000, 6000]] = 40.0
    broken[3000] = np.nan
    for samples in (short, spiky, broken):
        whole = (Span(0.0, len(samples) / RATE_HZ, "rest"),)
        assert list(stretches_of(rest_recording(samples[None], whole), "rest", CONFIG.rest)) == []


def test_many_stretches_are_thinned_evenly(rng):
    """Of twenty stretches three are first, middle and last; of two both are kept."""
    stretches = [resting(rng) for _ in range(20)]

    assert [stretches.index(s) for s in evenly(stretches, 3)] == [0, 10, 19]
    assert evenly(stretches[:2], 3) == stretches[:2]


def test_people_who_are_not_there_are_named(tmp_path, monkeypatch):
    """When a set has no rest of a person, the sentence says whose and where to change it."""
    monkeypatch.setattr(registry, "source", lambda _: _Nobody)
    with pytest.raises(
        SignalError, match=r"no usable stretch labelled rest of threedc-semg-gestures/5; name other"
    ):
        list(real_stretches(tmp_path, "rest", CONFIG.rest, "train"))


class _Nobody:
    """A set that nobody is in."""

    @staticmethod
    def read(_folder):
        return iter(())
