"""Intervals of rates and shares: as wide as they must be, also of what was never seen."""

import numpy as np
import pytest
import scipy.stats

from serving.analysis.intervals import percentiles, rate, share

ROUNDING = 1e-9
SIMULATIONS = 400
# Records that cover their truth, of so many, when 95 % do: all but one experiment in a thousand.
LEAST_COVERED = float(scipy.stats.binom(SIMULATIONS, 0.95).ppf(0.001)) / SIMULATIONS
# A record with hardly a stretch to learn from covers somewhat less often.
FEW_STRETCHES = 0.88
# Of the number of independent observations, estimated from a day with some hundred stretches.
OF_A_DAY = 0.15


def come_and_go(rng, part, stretch_s, n):
    """Seconds that have a label for ``part`` of the time, in stretches that end at random."""
    lengths = (stretch_s * (1 - part) / part, stretch_s)
    state = bool(rng.random() < part)
    pieces, total = [], 0
    while total < n:
        length = int(rng.geometric(1 / lengths[state]))
        pieces.append(np.full(length, state))
        total += length
        state = not state
    return np.concatenate(pieces)[:n]


def covered(records, part):
    """Share of records whose interval holds the true share."""
    found = [share(record, 1.0) for record in records]
    return np.mean([each.low <= part <= each.high for each in found])


@pytest.mark.parametrize("count", [0, 1, 2, 7, 40, 1000])
def test_a_rates_interval_leaves_out_2_5_percent_on_either_side(count):
    """At its ends a count as extreme as the one seen has exactly that chance."""
    found = rate(count, 4.0)

    assert found.per_minute == count / 4
    assert scipy.stats.poisson(4 * found.high).cdf(count) == pytest.approx(0.025, rel=ROUNDING)
    if count:
        tail = scipy.stats.poisson(4 * found.low).sf(count - 1)
        assert tail == pytest.approx(0.025, rel=ROUNDING)


def test_a_rates_interval_is_the_chi_square_of_garwood():
    """The form in which the interval was published, by another function of SciPy."""
    counts = np.arange(1, 60)
    found = [rate(int(count), 1.0) for count in counts]

    lows, highs = [each.low for each in found], [each.high for each in found]
    np.testing.assert_allclose(lows, scipy.stats.chi2(2 * counts).ppf(0.025) / 2, rtol=ROUNDING)
    np.testing.assert_allclose(
        highs, scipy.stats.chi2(2 * counts + 2).ppf(0.975) / 2, rtol=ROUNDING
    )


@pytest.mark.parametrize("expected", [0.1, 1.0, 3.7, 12.0, 80.0])
def test_a_rates_interval_holds_the_truth_at_least_95_times_in_100(expected):
    """Summed over every count that may come of a rate, not simulated."""
    counts = np.arange(int(expected + 12 * np.sqrt(expected) + 20))
    found = [rate(int(count), 1.0) for count in counts]
    holds = np.array([each.low <= expected <= each.high for each in found])

    assert scipy.stats.poisson(expected).pmf(counts[holds]).sum() >= 0.95


def test_nothing_seen_still_has_an_upper_end():
    """Nothing in ten minutes leaves open 0.37 a minute; in none at all, everything."""
    nothing = rate(0, 10.0)
    no_time = rate(0, 0.0)

    assert (nothing.per_minute, nothing.low) == (0.0, 0.0)
    assert nothing.high == pytest.approx(-np.log(0.025) / 10, rel=ROUNDING)
    assert (no_time.per_minute, no_time.low, no_time.high) == (None, None, None)
    assert rate(0, 1e-16) == rate(0, -1e-16) == no_time


@pytest.mark.parametrize("period", [2, 3, 7])
def test_a_share_of_independent_seconds_has_wilsons_interval(period):
    """Seconds that tell nothing of the next are worth an observation each."""
    has_label = np.arange(period * 60) % period == 0
    found = share(has_label, 1.0)
    expected = scipy.stats.binomtest(60, period * 60).proportion_ci(method="wilson")

    assert found.effective_n == period * 60
    assert (found.share, found.seconds) == (1 / period, 60.0)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=ROUNDING)


@pytest.mark.parametrize(("part", "stretch_s"), [(0.5, 5), (0.2, 20), (0.05, 10), (0.8, 60)])
def test_effective_observations_are_those_of_the_process(part, stretch_s, rng):
    """A label that comes and goes at random is worth what its known autocorrelation says."""
    n = 86400
    factor = 1 - 1 / stretch_s - part / (1 - part) / stretch_s
    found = share(come_and_go(rng, part, stretch_s, n), 1.0)

    expected = n * (1 - factor) / (1 + factor)
    assert found.effective_n == pytest.approx(expected, rel=OF_A_DAY)


@pytest.mark.parametrize(
    ("part", "stretch_s", "n", "least"),
    [
        (0.5, 5, 300, LEAST_COVERED),
        (0.2, 10, 300, LEAST_COVERED),
        (0.05, 10, 600, LEAST_COVERED),
        (0.8, 20, 600, LEAST_COVERED),
        (0.02, 5, 60, LEAST_COVERED),
        (0.5, 40, 300, FEW_STRETCHES),
    ],
)
def test_a_shares_interval_holds_the_truth_19_times_in_20(part, stretch_s, n, least, rng):
    """Also when most records of such a length never see the label, or see nothing else."""
    records = [come_and_go(rng, part, stretch_s, n) for _ in range(SIMULATIONS)]

    assert least <= covered(records, part)


def test_a_shares_interval_holds_the_truth_when_stretches_are_of_all_lengths(rng):
    """Log-normal stretches, most of them short and some very long, end not at random."""
    records = []
    for _ in range(SIMULATIONS):
        lengths = np.ceil(rng.lognormal(1.5, 1.0, (400, 2))).astype(int)
        states = np.tile([False, True], 400)
        start = int(rng.integers(1000))
        records.append(np.repeat(states, lengths.ravel())[start : start + 900])

    assert FEW_STRETCHES <= covered(records, 0.5)


@pytest.mark.parametrize(("stretch_s", "gap_s"), [(10, 3), (10, 600), (60, 5)])
def test_a_shares_interval_holds_the_truth_across_gaps(stretch_s, gap_s, rng):
    """Short gaps and long ones: seconds are judged in the order in which they are left."""
    records = []
    for _ in range(SIMULATIONS // 2):
        whole = come_and_go(rng, 0.3, 8, 20 * (stretch_s + gap_s))
        records.append(whole.reshape(20, -1)[:, :stretch_s].ravel())

    assert LEAST_COVERED - 0.02 <= covered(records, 0.3)


def test_neighbouring_seconds_widen_the_interval(rng):
    """The same seconds in one stretch say less than scattered over the record."""
    together = np.repeat([False, True, False], 200)
    scattered = rng.permutation(together)

    assert share(together, 1.0).effective_n < 20
    assert 300 < share(scattered, 1.0).effective_n
    assert share(scattered, 1.0).high < share(together, 1.0).high


@pytest.mark.parametrize("n", [1, 10, 600, 86400])
@pytest.mark.parametrize("state", [False, True])
def test_what_was_never_or_always_so_has_an_honest_interval(state, n):
    """Its width falls with the length of the record, and is never nothing."""
    found = share(np.full(n, state), 1.0)
    longer = share(np.full(2 * n, state), 1.0)

    assert (found.share, found.low if not state else found.high) == (float(state), float(state))
    assert 0 < longer.high - longer.low < found.high - found.low < 1


def test_never_and_always_are_mirror_images(rng):
    """The interval of what has a label is one minus that of what has not."""
    has_label = come_and_go(rng, 0.3, 15, 300)
    one, other = share(has_label, 1.0), share(~has_label, 1.0)

    expected = (1 - one.high, 1 - one.low, one.effective_n)
    assert (other.low, other.high, other.effective_n) == pytest.approx(expected, rel=ROUNDING)


def test_a_share_is_of_time_and_not_of_parts():
    """Four seconds of one thing and 5.9 of another, cut into parts of unequal length."""
    found = share(np.array([False, True]), np.array([4.0, 5.9]))
    assert found.seconds == 5.9
    assert found.share == pytest.approx(5.9 / 9.9)


def test_seconds_may_be_cut_more_finely(rng):
    """Half seconds that repeat each second are worth as much as the seconds."""
    has_label = come_and_go(rng, 0.3, 30, 3600)
    whole, halves = share(has_label, 1.0), share(np.repeat(has_label, 2), 0.5)

    assert (halves.seconds, halves.share) == (whole.seconds, whole.share)
    assert halves.effective_n == pytest.approx(whole.effective_n, rel=0.03)


def test_of_no_usable_time_there_is_no_share():
    """An empty record tells nothing, as it does of rates: not that a label was absent."""
    found = share(np.zeros(0, dtype=bool), 1.0)

    assert (found.seconds, found.share, found.low, found.high) == (0.0, None, None, None)
    assert found.effective_n == 0.0


def test_percentiles_are_those_of_the_sizes():
    """Of 0 to 100 each is its own name; of one size all are that size; of none there are none."""
    found = percentiles(np.arange(101.0))
    one = percentiles([3.0])

    assert (found.p5, found.p25, found.p50, found.p75, found.p95) == (5.0, 25.0, 50.0, 75.0, 95.0)
    assert found.count == 101
    assert (one.p5, one.p95, one.count) == (3.0, 3.0, 1)
    assert percentiles([]) is None
