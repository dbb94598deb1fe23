"""Losses: a sample that comes late is not a sample lost, and one that is lost is not late."""

import numpy as np
import pytest

from serving.formats.lost_samples import periods_of
from serving.formats.timestamps import even_grid

N = 12000


def arrivals(rng, rate_hz, latency, n=N):
    """When samples come whose latencies (in periods) are exponential, in their order."""
    ideal_s = (np.arange(n) + rng.exponential(latency, n)) / rate_hz
    apart_s = np.arange(n) * 1e-6
    times_s = np.maximum.accumulate(ideal_s - apart_s) + apart_s
    return times_s - times_s[0]


def assert_untouched(times_s, rate_hz, within):
    """The rate is the sensor's, nothing is missing, and every sample is as it was."""
    grid = even_grid(times_s)
    values = np.arange(float(len(times_s)))
    assert grid.rate_hz == pytest.approx(rate_hz, rel=within)
    np.testing.assert_array_equal(grid.put(values), values)


@pytest.mark.parametrize("rate_hz", [50.0, 100.0, 1000.0, 2048.0])
@pytest.mark.parametrize("latency", [0.1, 0.3, 0.5, 0.8])
def test_latency_is_no_loss(rng, rate_hz, latency):
    """A host that takes most of a period, and sometimes several, changes no sample and no rate."""
    assert_untouched(arrivals(rng, rate_hz, latency), rate_hz, 1e-4)


@pytest.mark.parametrize("jitter", [0.5, 1.0, 2.0])
def test_jitter_of_more_than_a_period_is_no_loss(rng, jitter):
    """Times that go to both sides and pass one another say the rate all the same."""
    times_s = np.sort(np.arange(N) + rng.uniform(-jitter, jitter, N)) / 100
    assert_untouched(times_s - times_s[0], 100.0, 1e-4)


def test_packets_are_no_losses():
    """Ten samples that come at once, a tenth of a second after the ten before, are even ones."""
    packet, within = np.divmod(np.arange(N), 10)
    assert_untouched(packet * 0.1 + within * 1e-4, 100.0, 1e-3)


@pytest.mark.parametrize("stall_s", [0.1, 0.5, 2.0])
def test_a_host_that_stalls_and_catches_up_loses_nothing(stall_s):
    """What it hands over at once when it wakes up was taken while it slept."""
    ideal_s = np.arange(N) / 100
    late_s = np.where((ideal_s > 50.0) & (ideal_s < 50.0 + stall_s), 50.0 + stall_s, ideal_s)
    apart_s = np.arange(N) * 1e-4
    assert_untouched(np.maximum.accumulate(late_s - apart_s) + apart_s, 100.0, 3e-4)


@pytest.mark.parametrize("latency", [0.0, 0.2, 0.5])
@pytest.mark.parametrize("length", [3, 10, 120])
def test_a_gap_amid_latency_is_found_with_its_length(rng, latency, length):
    """What follows a gap lies where it was taken, to a sample; every other place has its sample."""
    times_s = arrivals(rng, 100.0, latency)
    kept = np.r_[:5000, 5000 + length : N]

    grid = even_grid(times_s[kept])
    samples = grid.put(kept.astype(float))

    assert abs(np.isnan(samples).sum() - length) <= 1
    ahead = samples - np.arange(len(samples))
    assert np.nanmax(np.abs(ahead)) <= 1
    assert np.isnan(samples[4999 : 5002 + length]).sum() == np.isnan(samples).sum()


def test_a_gap_is_as_long_as_what_is_lost_though_the_next_sample_is_late():
    """The host slept when the sensor came back: what it then hands over at once is not lost."""
    kept = np.r_[:5000, 5010:N]
    times_s = kept / 100
    times_s[5000] += 0.04
    apart_s = np.arange(len(kept)) * 1e-4
    times_s = np.maximum.accumulate(times_s - apart_s) + apart_s

    samples = even_grid(times_s).put(kept.astype(float))

    np.testing.assert_array_equal(np.flatnonzero(np.isnan(samples)), np.arange(5000, 5010))
    np.testing.assert_array_equal(samples[5010:], np.arange(5010, N))


def test_one_lost_sample_is_one_though_the_next_is_late():
    """It is interpolated, as one is: no gap of two."""
    kept = np.r_[:5000, 5001:N]
    times_s = kept / 100
    times_s[5000] += 0.007

    samples = even_grid(times_s).put(kept.astype(float))

    np.testing.assert_allclose(samples, np.arange(N))


def test_single_losses_are_counted_however_many(rng):
    """One sample in a hundred is lost; times that jitter a little leave no doubt which."""
    lost = np.arange(500, 11500, 97)
    times_s = (np.arange(N) + rng.normal(0, 0.1, N)) / 100
    times_s = np.delete(times_s - times_s[0], lost)

    grid = even_grid(times_s)

    assert grid.n_samples == N
    assert grid.rate_hz == pytest.approx(100.0, rel=1e-4)
    kept = np.delete(np.arange(N), lost)
    np.testing.assert_array_equal(grid.put(kept.astype(float))[kept], kept)


def test_the_period_is_that_of_a_line_through_the_times(rng):
    """Without a loss it is numpy's straight line; a pause of any length leaves it as it is."""
    place = np.cumsum(rng.uniform(0.8, 1.2, 400))
    lost = np.zeros(399, dtype=np.int32)
    slope, _ = np.polyfit(np.arange(400), place, 1)
    assert periods_of(place, lost, 2) == pytest.approx(slope, rel=1e-9)

    lost[199] = 5
    paused = [np.polyfit(np.arange(200), part, 1)[0] for part in (place[:200], place[200:])]
    place[200:] += 37.3
    assert periods_of(place, lost, 2) == pytest.approx(np.mean(paused), rel=1e-9)
    assert np.isnan(periods_of(place[:2], np.array([9], dtype=np.int32), 2))
