"""Potentials in a long EMG: what is found, what is told apart, and what is none.

Signals are made at 1000 Hz in the band of surface EMG, so that they need no conditioning; sizes are
in deviations of the noise.
"""

import numpy as np
import pytest
import scipy.signal
from conftest import frozen_spec
from pydantic import ValidationError

from features.potentials import GATES, POTENTIAL_SPEC, find_potentials, shape_lag
from features.potentials_artefacts import artefact_shapes
from features.potentials_heart import _powers, _products
from features.potentials_repeats import MOST_SHAPES, Shapes
from features.potentials_spec import Finding, PotentialSpec

RATE_HZ = 1000.0
NEAR = 4
"""Samples by which noise may move a peak."""
BAND = scipy.signal.butter(2, (20.0, 450.0), "bandpass", fs=RATE_HZ, output="sos")
ARTEFACTS = artefact_shapes(
    frozen_spec("emg").conditioning, RATE_HZ, RATE_HZ, POTENTIAL_SPEC.refusing.artefact_half_s
)


def in_band(samples):
    return scipy.signal.sosfiltfilt(BAND, samples)


def noise(rng, seconds):
    white = in_band(rng.standard_normal(round(seconds * RATE_HZ)))
    return white / white.std()


def potential(size, width_s=0.003, phases=2):
    """Return a potential of two or three phases and some 10 ms, its largest peak of a size."""
    times = np.arange(-25, 26) / RATE_HZ / width_s
    hermite = (0.0, 0.0, 1.0) if phases == 3 else (0.0, 1.0)
    shape = np.polynomial.hermite_e.hermeval(times, hermite) * np.exp(-(times**2) / 2)
    return size * shape / np.abs(shape).max()


def with_potentials(ground, times_s, shape):
    samples = ground.copy()
    for time_s in times_s:
        first = round(time_s * RATE_HZ) - len(shape) // 2
        samples[first : first + len(shape)] += shape
    return samples


def found(samples, spec=POTENTIAL_SPEC):
    nothing = np.zeros(len(samples), dtype=bool)
    return find_potentials(samples, nothing, RATE_HZ, ARTEFACTS, spec)


def peaks(samples):
    result = found(samples)
    return result.candidates.peak[result.passed]


def refused_by(samples, start_s, end_s):
    """Return the gates that refused what stands out between two times."""
    result = found(samples)
    at_s = result.candidates.peak / RATE_HZ
    inside = (at_s >= start_s) & (at_s < end_s)
    return {GATES[gate] if gate >= 0 else "passed" for gate in result.gate[inside]} - {"faint"}


def irregular_times(rng, rate_hz, seconds):
    intervals = 0.15 + rng.exponential(1 / rate_hz - 0.15, size=round(2 * rate_hz * seconds))
    times_s = np.cumsum(intervals)
    return times_s[times_s < seconds - 1]


def test_a_potential_is_found_where_it_is_and_as_large_as_it_is(rng):
    samples = with_potentials(noise(rng, 10), [5.0], potential(30.0))
    result = found(samples)
    assert result.passed.sum() == 1
    candidates = result.candidates
    at = int(np.flatnonzero(result.passed)[0])
    assert abs(candidates.peak[at] - 5000) <= NEAR
    assert candidates.amplitude[at] == pytest.approx(np.ptp(potential(30.0)), rel=0.1)
    above = np.flatnonzero(np.abs(potential(30.0)) >= 3.0)
    assert candidates.stop[at] - candidates.start[at] == pytest.approx(np.ptp(above) + 1, abs=4)


def test_the_shape_of_a_potential_lies_around_its_peak(rng):
    samples = with_potentials(noise(rng, 10), [5.0], potential(30.0))
    result = found(samples)
    at = int(np.flatnonzero(result.passed)[0])
    peak = int(result.candidates.peak[at])
    half = result.shapes.shape[1] // 2
    np.testing.assert_array_equal(samples[peak - half : peak + half + 1], result.shapes[at])


def test_noise_alone_gives_next_to_nothing(rng):
    assert len(peaks(noise(rng, 600))) <= 1


def test_the_threshold_follows_noise_that_drifts_a_hundredfold(rng):
    seconds = 240
    times = np.arange(seconds * RATE_HZ) / RATE_HZ
    level = 10 ** (1 - np.cos(2 * np.pi * times / 40))
    times_s = np.arange(2.3, seconds - 2, 3.37)
    times_s += rng.uniform(-1, 1, size=len(times_s))
    unit = with_potentials(np.zeros(len(times)), times_s, potential(8.0, phases=3))
    at = peaks(level * (noise(rng, seconds) + unit))
    distance = np.abs(at[:, None] - RATE_HZ * times_s).min(axis=0)
    assert (distance <= NEAR).mean() >= 0.97
    assert len(at) <= len(times_s) + 1


@pytest.mark.parametrize("interval_ms", [12, 16, 20, 34, 60, 110])
def test_a_doublet_is_two(rng, interval_ms):
    times_s = [5.0, 5.0 + interval_ms / 1e3]
    at = peaks(with_potentials(noise(rng, 10), times_s, potential(30.0, width_s=0.002)))
    np.testing.assert_allclose(at / RATE_HZ, times_s, atol=NEAR / RATE_HZ)


@pytest.mark.parametrize("width_s", [0.002, 0.003, 0.005])
@pytest.mark.parametrize("phases", [2, 3])
def test_the_phases_of_one_potential_are_one(rng, width_s, phases):
    samples = with_potentials(noise(rng, 10), [5.0], potential(40.0, width_s, phases))
    assert len(peaks(samples)) == 1


def test_a_step_with_its_slow_return_is_an_artefact(rng):
    raw = np.zeros(10_000)
    raw[5000:] = 300.0 * np.exp(-np.arange(5000) / RATE_HZ / 0.1)
    assert refused_by(noise(rng, 10) + in_band(raw), 4.9, 5.1) == {"artefact"}


def test_a_single_deviant_sample_is_an_artefact(rng):
    raw = np.zeros(10_000)
    raw[5000] = 100.0
    assert "passed" not in refused_by(noise(rng, 10) + in_band(raw), 4.9, 5.1)


def test_the_heartbeat_is_a_train(rng):
    beats_s = np.cumsum(rng.normal(0.85, 0.04, size=32)) + 1
    beat = potential(25.0, width_s=0.006, phases=3)
    samples = with_potentials(noise(rng, 32), beats_s[beats_s < 31], beat)
    assert refused_by(samples, 0, 32) == {"train"}


def test_a_missed_beat_does_not_hide_the_heart(rng):
    beats_s = np.delete(np.cumsum(rng.normal(0.85, 0.02, size=30)) + 1, [9, 19])
    samples = with_potentials(noise(rng, 30), beats_s, potential(25.0, phases=3))
    assert refused_by(samples, 0, 30) == {"train"}


def test_a_fasciculation_between_heartbeats_is_kept(rng):
    beats_s = np.cumsum(rng.normal(0.85, 0.04, size=30)) + 1
    samples = with_potentials(noise(rng, 30), beats_s, potential(25.0, width_s=0.006, phases=3))
    between_s = beats_s[[7, 19]] + 0.3
    at = peaks(with_potentials(samples, between_s, potential(20.0)))
    np.testing.assert_allclose(at / RATE_HZ, between_s, atol=NEAR / RATE_HZ)


@pytest.mark.parametrize("variation", [0.03, 0.2])
def test_a_motor_unit_at_work_is_a_train(rng, variation):
    """Regular or not: above 4/s nothing fasciculates."""
    times_s = np.cumsum(rng.normal(1, variation, size=160)) / 8
    samples = with_potentials(noise(rng, 24), times_s[times_s < 23] + 0.2, potential(20.0))
    at = found(samples)
    assert at.passed.sum() <= 0.02 * len(times_s)


def test_a_heart_of_which_beats_are_hidden_is_known_amid_events(rng):
    """No row is long enough where every fourth is; an event in time with it may be lost."""
    seconds = 60
    beats_s = np.cumsum(rng.normal(0.85, 0.02, size=90)) + 1
    beats_s = np.delete(beats_s[beats_s < seconds - 1], slice(3, None, 4))
    beat = potential(12.0, width_s=0.002)
    times_s = irregular_times(rng, 0.5, seconds)
    times_s = times_s[np.abs(times_s[:, None] - beats_s).min(axis=1) > 0.15]
    ground = with_potentials(noise(rng, seconds), beats_s, beat)
    at_s = peaks(with_potentials(ground, times_s, potential(20.0, phases=3))) / RATE_HZ
    near = np.abs(at_s[:, None] - times_s).min(axis=1) < 0.02
    assert near.sum() >= 0.7 * len(times_s)
    assert (~near).sum() <= 0.05 * len(beats_s)


def test_what_is_unlike_a_group_is_kept_among_groups(rng):
    """A device fires in threes; a unit of about its size and of another shape fires alone."""
    seconds = 30
    threes_s = np.concatenate([at_s + np.array([0, 0.04, 0.08]) for at_s in np.arange(1, 29, 1.7)])
    times_s = np.array([4.1, 9.7, 14.9, 19.5, 25.2])
    ground = with_potentials(noise(rng, seconds), threes_s, potential(20.0, width_s=0.002))
    at_s = peaks(with_potentials(ground, times_s, potential(24.0, 0.005, phases=3))) / RATE_HZ
    np.testing.assert_allclose(at_s, times_s, atol=0.02)


def test_a_unit_that_fires_irregularly_is_kept(rng):
    times_s = irregular_times(rng, 1.0, 120)
    at = peaks(with_potentials(noise(rng, 120), times_s, potential(20.0)))
    assert len(at) >= 0.97 * len(times_s)


def test_what_runs_with_the_mains_is_none(rng):
    times_s = np.arange(5.0, 7.0, 0.02)
    samples = with_potentials(noise(rng, 15), times_s, potential(20.0, width_s=0.0015))
    assert "passed" not in refused_by(samples, 4.8, 7.2)


def test_a_hum_that_sets_in_is_activity(rng):
    hum = 20.0 * np.sin(2 * np.pi * 100 * np.arange(4000) / RATE_HZ) * np.hanning(4000)
    ground = noise(rng, 15)
    ground[6000:10_000] += hum
    assert "passed" not in refused_by(ground, 5.9, 10.1)


def test_a_contraction_is_activity(rng):
    """All the muscle's units at once, for two seconds that rise and fall."""
    ground = noise(rng, 15)
    ground[6000:8000] += 40.0 * np.hanning(2000) * noise(rng, 2)
    assert len(peaks(ground)) <= 3


def test_slow_waves_are_none(rng):
    times = np.arange(-100, 101) / RATE_HZ
    wave = 40.0 * np.cos(2 * np.pi * 22 * times) * np.exp(-0.5 * (times / 0.02) ** 2)
    samples = with_potentials(noise(rng, 10), [5.0], wave)
    assert refused_by(samples, 4.8, 5.2) <= {"slow", "duration"}
    assert refused_by(samples, 4.8, 5.2)


def test_bursts_of_potentials_are_groups(rng):
    starts_s = np.cumsum(rng.uniform(0.6, 1.4, size=20)) + 1
    within_s = [rng.uniform(0.02, 0.04, size=4).cumsum() for _ in starts_s]
    times_s = (starts_s[:, None] + np.array(within_s)).ravel()
    assert peaks(with_potentials(noise(rng, 30), times_s, potential(20.0))).size == 0


def test_what_is_close_to_a_gap_is_left_out(rng):
    samples = with_potentials(noise(rng, 10), [3.0, 5.0], potential(30.0))
    missing = np.zeros(len(samples), dtype=bool)
    missing[5020:5500] = True
    result = find_potentials(samples, missing, RATE_HZ, ARTEFACTS, POTENTIAL_SPEC)
    assert [GATES.index("missing")] == result.gate[result.candidates.peak > 4500].tolist()
    assert 1 == result.passed.sum()


def test_where_too_little_is_there_nothing_is_said(rng):
    samples = with_potentials(noise(rng, 10), [5.0], potential(30.0))
    missing = np.ones(len(samples), dtype=bool)
    missing[4700:5300] = False
    result = find_potentials(samples, missing, RATE_HZ, ARTEFACTS, POTENTIAL_SPEC)
    assert 0 == len(result)


def test_silence_holds_nothing():
    assert 0 == len(found(np.zeros(5000)))


def test_a_potential_in_silence_is_found_once():
    at = peaks(with_potentials(np.zeros(10_000), [5.0], potential(1.0)))
    assert [5000] == pytest.approx(at, abs=NEAR)


@pytest.mark.parametrize("factor", [1e-6, -1.0, 1e3])
def test_size_and_side_change_nothing_but_the_amplitude(rng, factor):
    samples = with_potentials(noise(rng, 30), irregular_times(rng, 1.0, 30), potential(15.0))
    plain, scaled = found(samples), found(factor * samples)
    np.testing.assert_array_equal(plain.gate, scaled.gate)
    for name in ("peak", "start", "stop"):
        np.testing.assert_array_equal(
            getattr(plain.candidates, name), getattr(scaled.candidates, name)
        )
    np.testing.assert_allclose(
        abs(factor) * plain.candidates.amplitude, scaled.candidates.amplitude, rtol=1e-9
    )


def test_nothing_beyond_the_context_decides(rng):
    """A potential is told the same whatever stands before and after its context."""
    reach = round(POTENTIAL_SPEC.context_s * RATE_HZ)
    beats_s = np.cumsum(rng.normal(0.9, 0.05, size=66)) + 0.5
    samples = with_potentials(noise(rng, 60), beats_s[beats_s < 59], potential(8.0, phases=3))
    samples = with_potentials(samples, irregular_times(rng, 1.0, 59), potential(12.0))
    inner = slice(reach, len(samples) - reach)
    other = samples.copy()
    other[: inner.start - reach + 500] *= 50.0
    other[inner.stop + reach - 500 :] = 0.0
    results = []
    for signal in (samples, other):
        result = found(signal)
        peak = result.candidates.peak
        kept = (peak >= inner.start + 500) & (peak < inner.stop - 500)
        results.append(np.stack((peak[kept], result.gate[kept])))
    assert results[0].shape[1] > 5
    np.testing.assert_array_equal(*results)


def test_two_motor_units_have_two_shapes(rng):
    lag = shape_lag(RATE_HZ, POTENTIAL_SPEC)
    units = (potential(12.0, phases=3), potential(12.0, width_s=0.004))
    owner = rng.integers(2, size=60)
    shapes = Shapes(lag, POTENTIAL_SPEC.repeating)
    numbers = []
    for which in owner:
        moved = np.roll(units[which], int(rng.integers(-3, 4)))
        numbers.append(shapes.add(moved + rng.standard_normal(len(moved)), 1.0))
    assert 2 == len(shapes.counts)
    assert len(set(zip(owner.tolist(), numbers, strict=True))) == 2


def test_when_a_unit_fires_between_two_samples_its_shape_is_the_same(rng):
    """Half a sample is a sixth of a short wave: at whole lags alone it would be another shape."""
    half = round(POTENTIAL_SPEC.measuring.snippet_s * RATE_HZ)
    lag = shape_lag(RATE_HZ, POTENTIAL_SPEC)
    shapes = Shapes(lag, POTENTIAL_SPEC.repeating)
    for shift in rng.uniform(-0.5, 0.5, 40):
        times = (np.arange(-half - lag, half + lag + 1) - shift) / RATE_HZ
        wave = np.exp(-0.5 * (times / 0.0025) ** 2) * np.cos(2 * np.pi * 180 * times + 0.7)
        shapes.add(100 * wave + rng.standard_normal(len(wave)), 1.0)
    assert shapes.counts == [40]


def test_a_unit_with_two_equal_phases_has_one_shape_whichever_is_the_larger(rng):
    """Noise decides which of the two the shape lies around."""
    at_s = np.arange(1.0, 81.0, 2.0)
    samples = with_potentials(noise(rng, 82), at_s, potential(40.0, width_s=0.004))
    result = found(samples)
    apart = result.candidates.peak[result.passed] - at_s * RATE_HZ
    shapes = Shapes(shape_lag(RATE_HZ, POTENTIAL_SPEC), POTENTIAL_SPEC.repeating)
    for place in np.flatnonzero(result.passed):
        shapes.add(result.shapes[place], float(result.candidates.noise[place]))
    assert np.ptp(apart) > 6
    assert shapes.counts == [len(at_s)]


def test_the_commonest_shape_comes_first():
    shapes = Shapes(2, POTENTIAL_SPEC.repeating)
    one, other = np.sin(np.arange(30.0)), np.cos(np.arange(30.0) * 0.4)
    numbers = [shapes.add(shape, 0.0) for shape in (one, other, other, one, other)]
    assert [1, 0, 0, 1, 0] == [shapes.by_commonness()[number] for number in numbers]


def test_shapes_are_remembered_within_bounds(rng):
    """The one met longest ago is forgotten; one met again in between is not."""
    shapes = Shapes(2, POTENTIAL_SPEC.repeating)
    known = rng.standard_normal((MOST_SHAPES + 1, 400))
    first = [shapes.add(shape, 0.0) for shape in known[:-1]]
    assert first[0] == shapes.add(known[0], 0.0)
    shapes.add(known[-1], 0.0)
    assert first[0] == shapes.add(known[0], 0.0)
    assert first[1] != shapes.add(known[1], 0.0)


def test_the_level_is_computed_at_whole_blocks():
    with pytest.raises(ValidationError, match=r"whole number of finding\.block_s"):
        PotentialSpec(finding=Finding(step_s=0.12))


def test_a_piece_is_compared_with_all_that_may_be_like_it(rng):
    """Where the other's power allows it to be like, the product is that of each with each."""
    x = rng.standard_normal(3000) * (1 + 3 * (rng.random(3000) < 0.05))
    half, at, reach, alike = 16, 1500, (40, 2960), np.array([0.5, 0.6, 2.5])
    power = _powers(x, half)
    told = _products(x, power, at, reach, half, alike)
    everything = scipy.signal.correlate(x, x[at - half : at + half + 1], mode="same")

    middle = slice(*reach)
    np.testing.assert_allclose(
        power[middle], scipy.signal.correlate(x**2, np.ones(2 * half + 1), mode="same")[middle]
    )
    like = everything[middle] >= 0.6 * np.sqrt(power[at] * power[middle])
    like &= (everything[middle] >= 0.5 * power[at]) & (0.5 * everything[middle] <= power[at])
    assert like.any()
    for beside in (-1, 0, 1):
        near = np.flatnonzero(like[1:-1]) + 1 + beside
        np.testing.assert_allclose(told[near], everything[middle][near])
