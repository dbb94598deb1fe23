"""Clumping: counts in bouts are told from counts at random, and change what two records say."""

from collections.abc import Callable

import numpy as np
import pytest
import scipy.stats
from numpy.typing import NDArray
from records import made_episode, made_span, motion_record

from serving.analysis.comparing import compare
from serving.analysis.dispersion import dispersion, in_blocks
from serving.analysis.intervals import rate
from serving.analysis.report import Change, RecordingReport

Array = NDArray[np.float64]
Rng = np.random.Generator

PAIRS = 300
# Verdicts of so many pairs, when 5 % and 8 % have one: all but one experiment in a thousand.
MOST_AT_RANDOM = float(scipy.stats.binom(PAIRS, 0.05).ppf(0.999)) / PAIRS
MOST_IN_BOUTS = float(scipy.stats.binom(PAIRS, 0.08).ppf(0.999)) / PAIRS


def at_random(rng: Rng, seconds: float, per_minute: float) -> Array:
    """Times of things of which none knows of another."""
    return np.sort(rng.uniform(0, seconds, rng.poisson(per_minute * seconds / 60)))


def in_bouts(rng: Rng, seconds: float, per_minute: float) -> Array:
    """Times of runs 3.5 s apart, eight in a bout on average, of bouts at random."""
    bouts = rng.uniform(-60, seconds, rng.poisson(per_minute / 8 * (seconds + 60) / 60))
    times = [start + 3.5 * np.arange(1 + rng.poisson(7)) for start in bouts]
    every = np.sort(np.concatenate([np.zeros(0), *times]))
    return every[(every >= 0) & (every < seconds)]


def record(times: Array, seconds: float) -> RecordingReport:
    """A record of episodes of clonus that begin at these times, and of nothing else."""
    return motion_record(
        usable_s=seconds,
        shares={},
        rates={"clonus_episodes": rate(len(times), seconds / 60)},
        episodes=tuple(made_episode("clonus", float(each), 1.2) for each in times),
        timeline=(made_span("rest", 0.0, seconds),),
    )


def changes(
    rng: Rng, process: Callable[..., Array], seconds: float, now: float, earlier: float
) -> list[Change]:
    """Compare pairs of records of one process at two rates a minute."""
    found = []
    for _ in range(PAIRS):
        times = [process(rng, seconds, each) for each in (now, earlier)]
        (change,) = compare(*(record(each, seconds) for each in times))
        found.append(change)
    return found


def told(found: list[Change]) -> float:
    """Return the share of changes with a verdict."""
    return float(np.mean([change.verdict != "cannot tell" for change in found]))


@pytest.mark.parametrize(("seconds", "per_minute"), [(600, 2.0), (3600, 0.5), (360, 20.0)])
def test_counts_at_random_are_seldom_said_to_have_changed(
    seconds: float, per_minute: float, rng: Rng
) -> None:
    """The exact interval is hardly touched: most ratios have it, and few verdicts are lost."""
    found = changes(rng, at_random, seconds, per_minute, per_minute)
    assert 0 < told(found) <= MOST_AT_RANDOM


@pytest.mark.parametrize("seconds", [600, 1800, 7200])
def test_counts_in_bouts_are_seldom_said_to_have_changed(seconds: float, rng: Rng) -> None:
    """The same process compared with itself has a verdict in 5 to 8 % of pairs, not in half."""
    assert told(changes(rng, in_bouts, seconds, 2.4, 2.4)) <= MOST_IN_BOUTS


def test_a_change_is_still_seen_through_clumps(rng: Rng) -> None:
    """Of counts at random a doubled rate, of bouts a fourfold one, in an hour."""
    doubled = changes(rng, at_random, 3600, 2.4, 1.2)
    fourfold = changes(rng, in_bouts, 3600, 9.6, 2.4)
    for found in (doubled, fourfold):
        assert 0.95 < np.mean([change.verdict == "rose" for change in found])


@pytest.mark.parametrize("n", [1, 2, 5, 400])
def test_events_at_random_do_not_clump_on_average(n: int, rng: Rng) -> None:
    """However few they are: by all ways in which they may fall, variance over mean is 1."""
    blocks = rng.multinomial(n, np.full(10, 0.1), size=4000)
    # What is below 1 is set to it, so that the mean is asked for with a record in many clumps.
    beside = np.array([64, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    alone = dispersion([beside])
    found = np.array([dispersion([counts, beside]) for counts in blocks])
    own = ((n + 64) * (found - 1) - 64 * (alone - 1)) / n + 1
    assert own.mean() == pytest.approx(1.0, abs=0.04)


def test_the_dispersion_of_pairs_and_of_eights_is_their_number(rng: Rng) -> None:
    """Of clumps at random, each within a block, variance over mean is how many are in one."""
    for size in (2, 8):
        counts = [size * rng.poisson(6.0, 10) for _ in range(400)]
        assert dispersion(counts) == pytest.approx(size, rel=0.05)


def test_an_event_alone_does_not_say_that_others_come_alone() -> None:
    """A record with one event beside one in bouts takes nothing from how these clump."""
    bouts, one = np.array([8, 0, 0, 16, 0, 0, 8, 0, 0, 0]), np.array([0, 1, 0, 0, 0, 0, 0, 0, 0, 0])
    both = dispersion([bouts, one])
    assert both == pytest.approx(dispersion([bouts]), rel=0.05)
    assert 8 < both


def test_too_few_blocks_tell_nothing() -> None:
    """Of less than five minutes every count is taken as one at random."""
    assert in_blocks([10.0, 11.0, 12.0], [(0.0, 299.0)]).tolist() == []
    assert dispersion([in_blocks([10.0, 11.0, 12.0], [(0.0, 299.0)])]) == 1.0
    assert 2.5 < dispersion([in_blocks([10.0, 11.0, 12.0], [(0.0, 300.0)])])
    assert in_blocks([], []).tolist() == []


def test_blocks_are_of_time_that_was_seen() -> None:
    """What lies in between is passed over: an hour in which nothing could be seen is no block."""
    seen = [(0.0, 150.0), (4000.0, 4150.0)]
    assert in_blocks([10.0, 100.0, 4100.0, 4149.0], seen).tolist() == [1, 1, 0, 0, 2]
    assert in_blocks([70.0, 7.0], [(0.0, 7200.0)]).tolist() == [2] + [0] * 9


def test_clumps_widen_an_interval_about_the_same_ratio() -> None:
    """As do counts and times that are so many times smaller; a rate's own interval stays exact."""
    times = np.concatenate([np.arange(10.0), 200 + np.arange(10.0)])
    clumped, spread = record(times, 600), record(np.linspace(1, 599, 20), 600)
    (of_clumps,), (of_spread,) = compare(clumped, spread), compare(spread, spread)
    assert clumped.rates == spread.rates
    assert of_clumps.value == of_spread.value == 1.0
    assert of_clumps.low < of_spread.low < 1 < of_spread.high < of_clumps.high


def test_an_end_beyond_all_numbers_is_none() -> None:
    """One event against ten thousand in a single block is worth next to nothing."""
    (change,) = compare(record(np.full(10_000, 70.0), 600), record(np.array([1.0]), 600))
    assert (change.high, change.verdict) == (None, "cannot tell")
