"""Comparing: how rates and shares have changed since an earlier record of the same subject.

An interval says what the two records leave open by chance. It knows nothing of the hour of the day,
of where a sensor sat, or of how much a person changes from day to day.
"""

import math
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from scipy.special import betaincinv

from features import RELATIVE, SignalError
from serving.analysis.dispersion import dispersion, in_blocks
from serving.analysis.intervals import LEAST_MINUTES, TAIL
from serving.analysis.rate_counts import counted_s
from serving.analysis.report import Change, Rate, RecordingReport, Share, Verdict

_ENDLESS = 1e12
"""A larger ratio is none: it is what precision leaves of a count that is worth next to nothing."""


def with_comparison(now: RecordingReport, earlier: RecordingReport) -> RecordingReport:
    """Return ``now``, each channel with its comparison with the same channel of ``earlier``.

    A channel that ``earlier`` does not have is left without.

    Raises
    ------
    SignalError
        When the records cannot be compared, or have no channel in common.
    """
    _check_alike(now, earlier)
    compared = []
    for record in _channels_of(now):
        before = _counterpart(record, now, earlier)
        changes = None if before is None else tuple(_changes(record, before))
        compared.append(record.model_copy(update={"comparison": changes}))
    if all(record.comparison is None for record in compared):
        raise SignalError(
            f"the earlier record is of {_names(earlier)}, this one of {_names(now)}; only records"
            " of channels with the same names can be compared"
        )
    first, *others = compared
    return first.model_copy(update={"further_channels": tuple(others)})


def compare(now: RecordingReport, earlier: RecordingReport) -> tuple[Change, ...]:
    """Return how every rate and every share of the first channel has changed.

    A rate has risen or fallen when 1 lies outside the interval of its ratio, a share when 0 lies
    outside the interval of its difference. What one of the records does not have, or had no time
    to see, is listed without a value: "cannot tell".

    The interval of a ratio is wider than those of the two rates suggest where counts clump in
    either record, as bouts of clonus do: by how much more counts in blocks of a minute or more
    vary than at random. Where neither record has five such blocks, it is that of random counts.

    Raises
    ------
    SignalError
        When the records cannot be compared.
    """
    return with_comparison(now, earlier).comparison or ()


def _changes(now: RecordingReport, earlier: RecordingReport) -> Iterator[Change]:
    for name in dict.fromkeys((*now.rates, *earlier.rates)):
        varies = dispersion([in_blocks(*counted_s(record, name)) for record in (now, earlier)])
        rates = now.rates.get(name), earlier.rates.get(name)
        yield _rate_change(f"rates.{name}", *rates, varies)
    for name in dict.fromkeys((*now.shares, *earlier.shares)):
        yield _share_change(f"shares.{name}", now.shares.get(name), earlier.shares.get(name))


def _rate_change(what: str, now: Rate | None, earlier: Rate | None, varies: float) -> Change:
    """Compare two rates by their ratio.

    Given both counts together, how many of them fall into this record is binomial: its exact
    interval (Clopper and Pearson) is one of the ratio. That holds for counts at random. Those whose
    variance is ``varies`` times their mean tell as much as so many times fewer in so many times
    less time, whose interval it then is. An end that is endless is None.

    References
    ----------
    Przyborowski J, Wilenski H, Homogeneity of results in testing samples from Poisson series,
    Biometrika 31 (1940) 313-323. Clopper CJ, Pearson ES, Biometrika 26 (1934) 404-413. McCullagh P,
    Nelder JA, Generalized Linear Models, 2nd ed. (1989), ch. 6: counts that vary more.
    """
    value = low = high = None
    now, earlier = _with_time(now), _with_time(earlier)
    if now and earlier and now.count + earlier.count:
        times = earlier.minutes / now.minutes
        value = now.count / earlier.count * times if earlier.count else None
        worth, before = now.count / varies, earlier.count / varies
        low = _odds(worth, before + 1, TAIL) * times if now.count else 0.0
        high = _odds(worth + 1, before, 1 - TAIL) * times if earlier.count else math.inf
    return Change(
        what=what,
        kind="rate_ratio",
        earlier=earlier.per_minute if earlier else None,
        now=now.per_minute if now else None,
        value=_told(value),
        low=_told(low),
        high=_told(high),
        verdict=_verdict(low, high, 1.0),
    )


def _told(value: float | None) -> float | None:
    """Return a number that says something."""
    return None if value is None or not abs(value) <= _ENDLESS else value


def _with_time(rate: Rate | None) -> Rate | None:
    return rate if rate and rate.minutes >= LEAST_MINUTES else None


def _odds(a: float, b: float, level: float) -> float:
    """Return the odds at a quantile of a beta distribution; infinite where b is next to nothing."""
    chance, rest = float(betaincinv(a, b, level)), float(betaincinv(b, a, 1 - level))
    return chance / rest if rest * _ENDLESS > chance else math.inf


def _share_change(what: str, now: Share | None, earlier: Share | None) -> Change:
    """Compare two shares by their difference, with the hybrid score interval.

    References
    ----------
    Newcombe RG, Interval estimation for the difference between independent proportions: comparison
    of eleven methods, Stat Med 17 (1998) 873-890: method 10.
    """
    value = low = high = None
    one, other = _ends(now), _ends(earlier)
    if one and other:
        value = one.share - other.share
        low = value - math.hypot(one.share - one.low, other.high - other.share)
        high = value + math.hypot(one.high - one.share, other.share - other.low)
    return Change(
        what=what,
        kind="share_difference",
        earlier=other.share if other else None,
        now=one.share if one else None,
        value=_told(value),
        low=_told(low),
        high=_told(high),
        verdict=_verdict(low, high, 0.0),
    )


class _Ends(NamedTuple):
    """A share that there is, with its interval."""

    share: float
    low: float
    high: float


def _ends(share: Share | None) -> _Ends | None:
    """Return a share with its interval; None when nothing was usable."""
    if share is None or share.share is None or share.low is None or share.high is None:
        return None
    # Records used to tell of nothing that its share was 0, and might be anything.
    return _Ends(share.share, share.low, share.high) if share.effective_n > 0 else None


def _verdict(low: float | None, high: float | None, unchanged: float) -> Verdict:
    if low is not None and low > unchanged:
        return "rose"
    if high is not None and high < unchanged:
        return "fell"
    return "cannot tell"


def _check_alike(now: RecordingReport, earlier: RecordingReport) -> None:
    """Refuse records of which a difference would not be one of the subject."""
    info, before = now.recording, earlier.recording
    if before.modality != info.modality:
        raise SignalError(
            f"the earlier record is of {before.modality}, this one of {info.modality}; only records"
            " of one modality can be compared"
        )
    if info.modality != "emg" and len(before.channels) != len(info.channels):
        raise SignalError(
            f"the earlier record is of {len(before.channels)} axes, this one of"
            f" {len(info.channels)}; a sensor that sees fewer directions sees less"
        )
    if earlier.model.fingerprint != now.model.fingerprint:
        raise SignalError(
            f"the earlier record was made by model {earlier.model.fingerprint[:12]}, this one by"
            f" {now.model.fingerprint[:12]}, which may count differently; analyse the earlier"
            " recording again with this model"
        )
    if earlier.settings != now.settings:
        raise SignalError(
            f"the earlier record was made with windows of {_settings(earlier)}, this one of"
            f" {_settings(now)}; analyse one of them again with the settings of the other"
        )
    if (before.unit == RELATIVE) != (info.unit == RELATIVE):
        raise SignalError(
            f"the earlier record is in {before.unit}, this one in {info.unit}; what has no known"
            " size can only be compared with its like"
        )
    if _is_later(before.start_time, info.start_time):
        raise SignalError(
            f"the earlier record begins at {before.start_time}, after this one at"
            f" {info.start_time}; the two may have been exchanged"
        )


def _is_later(one: datetime | None, other: datetime | None) -> bool:
    """Tell whether a time is after another, as far as the two can be compared."""
    if one is None or other is None or (one.tzinfo is None) != (other.tzinfo is None):
        return False
    return one > other


def _settings(report: RecordingReport) -> str:
    return f"{report.settings.window_s:g} s every {report.settings.hop_s:g} s"


def _channels_of(report: RecordingReport) -> tuple[RecordingReport, ...]:
    return (report, *report.further_channels)


def _names(report: RecordingReport) -> str:
    return ", ".join(name for each in _channels_of(report) for name in each.recording.channels)


def _counterpart(
    record: RecordingReport, now: RecordingReport, earlier: RecordingReport
) -> RecordingReport | None:
    """Return the earlier record of the same muscle, or of the same motion sensor.

    The names of a motion sensor's axes mean nothing: turning it changes nothing.
    """
    if record.recording.modality != "emg":
        return earlier
    channels = record.recording.channels
    own, others = (
        [each for each in _channels_of(report) if each.recording.channels == channels]
        for report in (now, earlier)
    )
    # Channels of one name are told apart by their order, where there are as many of them.
    place = next(k for k, each in enumerate(own) if each is record)
    return others[place] if len(others) == len(own) else None
