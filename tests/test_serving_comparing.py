"""Comparing: what may be said of two records, and which two may be compared at all."""

from datetime import timedelta

import numpy as np
import pytest
import scipy.stats
from records import START, emg_record, motion_record, with_recording

from features import SignalError
from serving.analysis.comparing import compare, with_comparison
from serving.analysis.intervals import rate, share
from serving.analysis.report import Share

ROUNDING = 1e-9
SIMULATIONS = 200
# Intervals that hold their truth, of so many, when 95 % do: all but one experiment in a thousand.
LEAST_COVERED = float(scipy.stats.binom(SIMULATIONS, 0.95).ppf(0.001)) / SIMULATIONS


def change_of_rates(now, earlier):
    """The change between records that hold one rate and nothing else."""
    records = [motion_record(rates={"tremor_episodes": each}, shares={}) for each in (now, earlier)]
    (change,) = compare(*records)
    return change


def change_of_shares(now, earlier):
    """The change between records that hold one share and nothing else."""
    records = [motion_record(rates={}, shares={"tremor": each}) for each in (now, earlier)]
    (change,) = compare(*records)
    return change


def as_wilson(count, n):
    """A share of independent seconds."""
    interval = scipy.stats.binomtest(count, n).proportion_ci(method="wilson")
    return Share(
        seconds=float(count),
        share=count / n,
        low=interval.low,
        high=interval.high,
        effective_n=float(n),
    )


@pytest.mark.parametrize(("now", "earlier"), [(5, 9), (30, 3), (1, 1), (0, 4), (400, 380)])
def test_a_rate_ratio_has_the_exact_conditional_interval(now, earlier):
    """Against the binomial interval of SciPy, turned into odds."""
    change = change_of_rates(rate(now, 8.0), rate(earlier, 2.0))
    interval = scipy.stats.binomtest(now, now + earlier).proportion_ci(method="exact")
    odds = [end / (1 - end) / 4 for end in (interval.low, interval.high)]

    assert (change.what, change.kind) == ("rates.tremor_episodes", "rate_ratio")
    assert change.value == pytest.approx(now / earlier / 4, rel=ROUNDING)
    assert (change.low, change.high) == pytest.approx(odds, rel=ROUNDING)


@pytest.mark.parametrize(("ratio", "expected"), [(0.3, 6.0), (1.0, 2.0), (2.5, 4.0)])
def test_a_rate_ratios_interval_holds_the_truth_at_least_95_times_in_100(ratio, expected):
    """Summed over every pair of counts that may come of two rates, not simulated."""
    rates = [rate(count, 1.0) for count in range(24)]
    changes = [[change_of_rates(now, earlier) for earlier in rates] for now in rates]
    low = np.array([[change.low or 0.0 for change in row] for row in changes])
    high = np.array([[change.high or np.inf for change in row] for row in changes])
    chances = [
        scipy.stats.poisson(each).pmf(np.arange(24)) for each in (expected * ratio, expected)
    ]

    assert 0.95 <= np.outer(*chances)[(low <= ratio) & (ratio <= high)].sum()


def test_nothing_before_and_something_now_has_a_lower_end_alone():
    """The ratio to nothing is endless, yet it may be said that it rose."""
    rose = change_of_rates(rate(20, 10.0), rate(0, 10.0))
    unclear = change_of_rates(rate(2, 10.0), rate(0, 10.0))
    never = change_of_rates(rate(0, 10.0), rate(0, 10.0))

    assert (rose.value, rose.high, rose.verdict) == (None, None, "rose")
    assert rose.low > 1
    assert unclear.verdict == "cannot tell"
    assert (never.value, never.low, never.high, never.verdict) == (None, None, None, "cannot tell")


def test_a_share_difference_is_that_of_newcombes_paper():
    """The first example of the paper's table II: 56 of 70 against 48 of 80, by method 10."""
    change = change_of_shares(as_wilson(56, 70), as_wilson(48, 80))

    assert change.kind == "share_difference"
    assert change.value == pytest.approx(0.2, rel=ROUNDING)
    assert (change.low, change.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert change.verdict == "rose"


@pytest.mark.parametrize(("now", "earlier"), [(0.3, 0.3), (0.6, 0.2), (0.05, 0.4)])
def test_a_share_differences_interval_holds_the_truth_19_times_in_20(now, earlier, rng):
    """Of records in which a label comes and goes at random, in stretches of ten seconds."""
    held = 0
    for _ in range(SIMULATIONS):
        shares = []
        for part in (now, earlier):
            begins = 0.1 * part / (1 - part)
            lengths = np.stack([rng.geometric(begins, 60), rng.geometric(0.1, 60)], axis=1)
            if rng.random() < part:
                lengths[0, 0] = 0
            states = np.repeat(np.tile([False, True], 60), lengths.ravel())
            shares.append(share(states[:600], 1.0))
        change = change_of_shares(*shares)
        held += change.low <= now - earlier <= change.high

    assert LEAST_COVERED <= held / SIMULATIONS


def test_a_record_compared_with_itself_cannot_tell():
    """Nothing rose and nothing fell: every ratio is 1 and every difference 0."""
    for record in (emg_record(), motion_record()):
        changes = compare(record, record)

        assert len(changes) == len(record.rates) + len(record.shares)
        assert {change.verdict for change in changes} == {"cannot tell"}
        assert {change.value for change in changes} <= {None, 0.0, 1.0}


def test_exchanged_records_give_reciprocal_ratios_and_negative_differences(rng):
    """What rose one way fell the other, and the ends of an interval change places."""
    opposite = {"rose": "fell", "fell": "rose", "cannot tell": "cannot tell"}
    for _ in range(50):
        records = [
            motion_record(
                rates={"tremor_episodes": rate(int(rng.poisson(9)) + 1, rng.uniform(1, 9))},
                shares={"tremor": share(rng.random(50) < rng.random(), 1.0)},
            )
            for _ in range(2)
        ]
        ratio, difference = compare(*records)
        other_ratio, other_difference = compare(*records[::-1])

        assert (other_ratio.earlier, other_ratio.now) == (ratio.now, ratio.earlier)
        assert (1 / other_ratio.value, 1 / other_ratio.high, 1 / other_ratio.low) == pytest.approx(
            (ratio.value, ratio.low, ratio.high), rel=ROUNDING
        )
        assert (-other_difference.high, -other_difference.low) == pytest.approx(
            (difference.low, difference.high), rel=ROUNDING, abs=ROUNDING
        )
        assert opposite[other_ratio.verdict] == ratio.verdict
        assert opposite[other_difference.verdict] == difference.verdict


def test_what_one_record_does_not_have_cannot_be_told():
    """A rate or a share on one side alone, or seen in no time at all, is listed without a value."""
    now = motion_record(rates={"a": rate(3, 1.0), "b": rate(0, 0.0)}, shares={})
    earlier = motion_record(
        rates={"b": rate(3, 1.0)}, shares={"tremor": share(np.zeros(0, dtype=bool), 1.0)}
    )
    changes = {change.what: change for change in compare(now, earlier)}

    assert list(changes) == ["rates.a", "rates.b", "shares.tremor"]
    assert (changes["rates.a"].now, changes["rates.a"].earlier) == (3.0, None)
    for change in changes.values():
        assert (change.value, change.low, change.high) == (None, None, None)
        assert change.verdict == "cannot tell"


def test_channels_are_compared_with_those_of_their_name():
    """Each muscle with itself, in whatever order; one that is new is left without."""
    few, many = {"fasciculation": rate(2, 9.0)}, {"fasciculation": rate(90, 9.0)}

    def of(name, rates):
        return with_recording(emg_record(rates=rates), channels=(name,))

    earlier = of("calf", many).model_copy(update={"further_channels": (of("biceps", few),)})
    others = (of("calf", few), of("neck", few))
    found = with_comparison(
        of("biceps", few).model_copy(update={"further_channels": others}), earlier
    )

    calf, neck = found.further_channels
    assert found.comparison[0].verdict == "cannot tell"
    assert calf.comparison[0].verdict == "fell"
    assert neck.comparison is None
    assert compare(of("calf", few), earlier) == calf.comparison


def test_channels_of_one_name_are_told_apart_by_their_order():
    """Two channels called EMG, one busy and one quiet: neither has changed when nothing has."""

    def of(*counts):
        first, *others = (
            with_recording(emg_record(rates={"fasciculation": rate(count, 9.0)}), channels=("EMG",))
            for count in counts
        )
        return first.model_copy(update={"further_channels": tuple(others)})

    found = with_comparison(of(5, 200), of(5, 200))
    (second,) = found.further_channels
    assert found.comparison[0].value == second.comparison[0].value == 1.0
    with pytest.raises(SignalError, match="channels with the same names"):
        with_comparison(of(5, 200), of(5))


def test_the_names_of_a_motion_sensors_axes_do_not_matter():
    """A sensor that was turned, or read by another program, is the same sensor."""
    renamed = with_recording(motion_record(), channels=("acc_z", "acc_x", "acc_y"))

    assert {change.verdict for change in compare(motion_record(), renamed)} == {"cannot tell"}


@pytest.mark.parametrize("size", [1e308, -1e308])
def test_numbers_that_say_nothing_are_left_out(size):
    """An earlier record may come from anywhere: a change without end is none that can be told."""
    record = emg_record()
    shares = {"rest": record.shares["rest"].model_copy(update={"share": size, "low": -size})}
    rates = {"fasciculation": record.rates["fasciculation"].model_copy(update={"minutes": 1e308})}
    strange = record.model_copy(update={"shares": record.shares | shares, "rates": rates})

    for change in compare(record, strange):
        for value in (change.value, change.low, change.high):
            assert value is None or abs(value) <= 1e12


def of_other(part, **changes):
    record = emg_record()
    return record.model_copy(update={part: getattr(record, part).model_copy(update=changes)})


@pytest.mark.parametrize(
    ("now", "earlier", "sentence"),
    [
        (emg_record(), motion_record(), "of accelerometer, this one of emg; only .* one modality"),
        (
            emg_record(),
            of_other("model", fingerprint="77aa" * 16),
            "made by model 77aa77aa77aa, this one by 9f2c9f2c9f2c",
        ),
        (
            emg_record(),
            of_other("settings", hop_s=2.0),
            "windows of 4 s every 2 s, this one of 4 s every 1 s",
        ),
        (emg_record(), of_other("recording", unit="relative"), "in relative, this one in uV"),
        (
            emg_record(),
            of_other("recording", channels=("calf",)),
            "of calf, this one of biceps; .* same names",
        ),
        (
            motion_record(),
            with_recording(motion_record(), channels=("x",)),
            "of 1 axes, this one of 3",
        ),
        (
            emg_record(),
            of_other("recording", start_time=START + timedelta(days=1)),
            "after this one .* exchanged",
        ),
    ],
)
def test_what_counts_differently_is_refused(now, earlier, sentence):
    """A difference that is not one of the subject is not reported as one."""
    with pytest.raises(SignalError, match=sentence):
        compare(now, earlier)


def test_records_in_units_that_convert_can_be_compared():
    """Millivolts and microvolts are the same signal, and times without a zone say no order."""
    earlier = of_other("recording", unit="mV", start_time=START.replace(tzinfo=None, year=2030))

    assert {change.verdict for change in compare(emg_record(), earlier)} == {"cannot tell"}
