"""Events of a long EMG, read in blocks: where blocks meet, in which unit and where one looks."""

import numpy as np
import pytest
from conftest import shipped_spec

from features import Recording
from serving.analysis.events import ISOLATED_S, find_events
from serving.analysis.source import RecordingSource

RATE_HZ = 1000.0
SECONDS = 75
GAP_S = (30.0, 31.5)


def emg(seed=5, rate_hz=RATE_HZ):
    """Return hum, drifting noise, a heart and two units that fire irregularly, in uV; a gap."""
    rng = np.random.default_rng(seed)
    times = np.arange(round(SECONDS * rate_hz)) / rate_hz
    level = 3 * 10 ** (0.5 - 0.5 * np.cos(2 * np.pi * times / 50))
    samples = level * rng.standard_normal(len(times)) + 5 * np.sin(2 * np.pi * 50 * times)
    fired = np.cumsum(0.2 + rng.exponential(0.9, size=SECONDS))
    fired = np.concatenate((fired, fired[::9] + 0.03))
    for at in fired[fired < SECONDS - 1]:
        samples += _wave(times - at, 500.0, 0.003 if at % 2 < 1 else 0.004)
    for at in np.cumsum(rng.normal(0.9, 0.03, size=90)):
        samples += _wave(times - at, 250.0, 0.008)
    samples[(times >= GAP_S[0]) & (times < GAP_S[1])] = np.nan
    return samples


def _wave(since_s, size, width_s):
    return size * np.exp(-0.5 * (since_s / width_s) ** 2) * np.sin(since_s / width_s + 0.5)


def events_of(samples, excluded=(), unit="uV", rate_hz=RATE_HZ, **how):
    recording = Recording(samples[None], sampling_rate_hz=rate_hz, modality="emg", unit=unit)
    return find_events(RecordingSource(recording), 0, shipped_spec("emg"), excluded, **how)


@pytest.fixture(scope="module")
def events():
    return events_of(emg())


@pytest.mark.parametrize("block_tiles", [1, 4, 7])
@pytest.mark.parametrize("rate_hz", [1000.0, 1259.0])
def test_where_blocks_meet_changes_no_event(rate_hz, block_tiles):
    """A heart, doublets, drifting noise, a gap and an excluded stretch lie across borders."""
    samples, excluded = emg(rate_hz=rate_hz), [(44.0, 47.3)]
    whole = events_of(samples, excluded, rate_hz=rate_hz)
    assert len(whole) > 20
    assert whole == events_of(samples, excluded, rate_hz=rate_hz, block_tiles=block_tiles)


def test_excluding_a_stretch_leaves_out_its_events_and_no_others(events):
    start_s, end_s = 20.0, 28.5
    left = events_of(emg(), [(start_s, 25.0), (24.0, end_s)])
    expected = [event.time_s for event in events if not start_s <= event.time_s < end_s]
    assert [event.time_s for event in left] == expected
    assert len(expected) < len(events)


def test_nothing_is_found_where_all_is_excluded():
    assert events_of(emg(), [(0.0, SECONDS + 1.0)]) == ()


def test_no_event_lies_in_a_gap(events):
    assert all(not GAP_S[0] <= event.time_s < GAP_S[1] for event in events)
    assert any(event.time_s > GAP_S[1] for event in events)


def test_the_unit_changes_nothing_but_the_size_of_what_is_written(events):
    in_mv = events_of(emg() / 1e3, unit="mV")
    np.testing.assert_allclose(
        [event.time_s for event in in_mv], [event.time_s for event in events]
    )
    np.testing.assert_allclose(
        [1e3 * event.amplitude for event in in_mv],
        [event.amplitude for event in events],
        rtol=1e-6,
    )
    assert [event.shape for event in in_mv] == [event.shape for event in events]


def test_an_event_is_isolated_when_no_other_is_close(events):
    times_s = np.array([event.time_s for event in events])
    apart = np.abs(times_s[:, None] - times_s)
    np.fill_diagonal(apart, np.inf)
    assert [event.isolated for event in events] == (apart.min(axis=1) > ISOLATED_S).tolist()
    assert len({event.isolated for event in events}) == 2


def test_what_does_not_stand_out_amid_a_recording_does_not_at_its_end():
    """What is behind the end is nothing, not silence: it does not lower what noise reaches."""
    times = np.arange(round(19 * RATE_HZ)) / RATE_HZ
    found = {9.3: 0, 18.75: 0}
    for seed in range(30):
        noise = 10 * np.random.default_rng(seed).standard_normal(len(times))
        for at in found:
            events = events_of(noise + _wave(times - at, 50.0, 0.004))
            found[at] += any(abs(event.time_s - at) < 0.02 for event in events)
    assert found[9.3] < 8
    assert found[18.75] < 8


def test_a_gap_at_the_end_is_passed_without_a_warning():
    samples = emg()[: round(40 * RATE_HZ)]
    samples[round(37.4 * RATE_HZ) :] = np.nan
    assert max(event.time_s for event in events_of(samples)) < 37.4


@pytest.mark.parametrize("rate_hz", [1000.0, 1259.0, 2048.0])
@pytest.mark.parametrize("seconds", [18.0, 18.7, 19.321])
def test_a_potential_is_found_up_to_either_end_of_a_recording(seconds, rate_hz):
    """Wherever the grid has its tiles: the one at the end is as whole as the one at the start."""
    times = np.arange(round(seconds * rate_hz)) / rate_hz
    noise = 4 * np.random.default_rng(3).standard_normal(len(times))
    put = (0.03, 8.2, seconds - 0.03)
    found = events_of(noise + sum(_wave(times - at, 200.0, 0.004) for at in put), rate_hz=rate_hz)
    assert [event.time_s for event in found] == pytest.approx(put, abs=0.01)


@pytest.mark.parametrize("n_samples", [1, 2, 7, 30, 200])
def test_a_recording_of_a_few_samples_has_no_event(n_samples):
    assert events_of(np.ones(n_samples), rate_hz=2048.0) == ()
