"""Other devices: a change does what its name says, and what is told of it adds up."""

from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.accuracy import devices
from benchmarks.accuracy.devices import (
    CHANGES,
    HEADER,
    along_lines,
    at_rate,
    compared,
    filtered,
    in_steps,
    of_unknown_gain,
    turned,
    without_gravity,
)
from features import MODALITIES, Windows

N = 256
TIMES = np.arange(N) / 64


def moving(samples, unit="g", rate_hz=64.0, modality="accelerometer"):
    return Windows(samples, sampling_rate_hz=rate_hz, modality=modality, unit=unit)


@pytest.fixture
def vibrating():
    """Two windows of a limb that trembles at 5 Hz, on three axes beside gravity."""
    wave = np.sin(2 * np.pi * 5 * TIMES)
    axes = np.stack((0.3 * wave, 0.1 * wave + 1.0, 0.05 * wave))
    return moving(np.stack((axes, 0.5 * axes)))


def test_a_low_pass_takes_half_of_the_power_at_its_corner_and_leaves_gravity(vibrating):
    """Of a wave at the corner 0.71 is left; what does not change stays."""
    made = filtered(5.0)(vibrating).samples
    late = made[0, 0, N // 2 :]

    assert np.ptp(late) / np.ptp(vibrating.samples[0, 0]) == pytest.approx(np.sqrt(0.5), rel=0.02)
    assert made[0, 1, N // 2 :].mean() == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("change", [at_rate(100.0), along_lines(100.0), at_rate(25.0)])
def test_another_rate_keeps_the_wave_and_its_length(change, vibrating):
    """Four seconds stay four seconds, and 5 Hz stays 5 Hz."""
    made = change(vibrating)
    at = np.arange(made.samples.shape[-1]) / made.sampling_rate_hz

    assert made.duration_s == vibrating.duration_s
    error = made.samples[0, 0] - 0.3 * np.sin(2 * np.pi * 5 * at)
    assert np.abs(error[5:-5]).max() < 0.02


def test_along_lines_every_sample_of_the_device_is_kept(vibrating):
    """At twice the rate, every other sample is one that was measured."""
    made = along_lines(128.0)(vibrating).samples

    np.testing.assert_allclose(made[..., ::2], vibrating.samples)


def test_steps_are_in_the_modalitys_own_unit(vibrating):
    """In milligravities the same steps are a thousand times as many."""
    in_g = in_steps(0.016)(vibrating)
    in_mg = in_steps(0.016)(moving(1000 * vibrating.samples, "mg"))

    np.testing.assert_allclose(in_mg.samples, 1000 * in_g.samples)
    np.testing.assert_allclose(in_g.samples / 0.016, np.round(in_g.samples / 0.016), atol=1e-9)


def test_another_mounting_keeps_the_length_of_the_vector(vibrating):
    """No axis is what it was, and the whole is."""
    made = turned(vibrating).samples

    np.testing.assert_allclose(
        np.linalg.norm(made, axis=1), np.linalg.norm(vibrating.samples, axis=1)
    )
    assert np.abs(made - vibrating.samples).max() > 0.1


def test_without_gravity_no_axis_has_a_level(vibrating):
    """What trembles stays as it is."""
    made = without_gravity(vibrating).samples

    np.testing.assert_allclose(made.mean(axis=-1), 0, atol=1e-12)
    np.testing.assert_allclose(np.ptp(made, axis=-1), np.ptp(vibrating.samples, axis=-1))


def test_a_gain_that_is_unknown_already_is_not_lost_again():
    """Of a set in counts, the change would be no more than rounding."""
    (change,) = (each for each in CHANGES if each.name == "of unknown gain")
    samples = np.zeros((1, 1, 4000))

    assert change.meant_for(moving(samples, "mV", 1000.0, "emg"))
    assert not change.meant_for(moving(samples, "relative", 1000.0, "emg"))


def test_counts_of_unknown_gain_are_whole_numbers():
    """A converter gives no fraction, and nobody knows what one is worth."""
    windows = moving(np.linspace(-0.1, 0.1, 4000).reshape(1, 1, -1), "mV", 1000.0, "emg")
    made = of_unknown_gain(windows)

    assert made.unit == "relative"
    assert (made.samples == np.round(made.samples)).all()
    assert np.ptp(made.samples) == pytest.approx(3.7 * 200, abs=1)


@pytest.mark.parametrize("modality", sorted(MODALITIES))
def test_what_becomes_of_the_windows_adds_up_to_all_of_them(modality, tiny_of, mixture_of):
    """Each comparable window stays, changes, is in doubt, unlike training or flagged."""
    traits = MODALITIES[modality]
    batches = [
        moving(mixture_of(modality, rate), traits.unit, rate, modality)
        for rate in {traits.rate_hz, 50.0 if modality != "emg" else 2000.0}
    ]
    rows = list(compared(tiny_of(modality), batches))

    assert {row[0] for row in rows} <= {change.name for change in CHANGES}
    assert len(rows) >= 6
    for row in rows:
        assert len(row) == len(HEADER)
        assert sum(map(float, row[2:])) == pytest.approx(100.0, abs=0.3)


def test_a_change_that_the_features_do_not_see_changes_no_answer(tiny_of, mixture_of):
    """Without its gravity, which conditioning takes away, an acceleration is answered alike."""
    windows = moving(mixture_of("accelerometer", 100.0), "g", 100.0)
    rows = {row[0]: row for row in compared(tiny_of("accelerometer"), [windows])}

    assert rows["without gravity"][2] == "100.0"


def test_of_a_set_in_two_parts_the_test_part_is_answered(monkeypatch):
    """Real and semi-real sets are asked for once each; what may be trained on says nothing new."""
    names = ("threedc-semg-gestures", "semireal-tremor-test", "semireal-tremor-train")
    bench = SimpleNamespace(real=dict.fromkeys(names), modality="emg", layout=None)
    monkeypatch.setattr(devices, "open_set", lambda name, *_: name)

    assert list(devices._sets(bench)) == list(names[:2])  # noqa: SLF001
