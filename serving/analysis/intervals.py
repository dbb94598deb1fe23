"""Intervals: what counts and stretches of time leave open, at 95 %.

A rate rests on a count, and its interval is exact if events come at random. A share rests on cells
of time (a hop each, a second as a rule), which are not independent of their neighbours: an hour of
tremor in two episodes says much less than an hour of it in two hundred. So the interval of a share
is that of as many independent observations as the cells are worth.
"""

import math

import numpy as np
import scipy.fft
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincinv, ndtri

from serving.analysis.report import Percentiles, Rate, Share

LEVEL = 0.95
"""Of every interval in a record."""

TAIL = (1 - LEVEL) / 2
"""What an interval leaves out on either side."""

LEAST_MINUTES = 1e-9
"""Less is no time at all, but what rounding leaves of a sum; no sample is as short."""

_UNSEEN_S = 20.0
"""How long the stretches of something are taken to last, of which no stretch has been seen: in the
order of a run of clonus or a bout of tremor."""

_UNSEEN_WEIGHT = 0.5
"""Stretches that this assumption weighs as much as."""


def rate(count: int, minutes: float) -> Rate:
    """Return how often something was seen in ``minutes``, with the exact Poisson interval.

    In no time at all, to a rounding, nothing is told: only the count.

    References
    ----------
    Garwood F, Fiducial limits for the Poisson distribution, Biometrika 28 (1936) 437-442; by the
    gamma distribution, of which his chi-square is a form.
    """
    if minutes < LEAST_MINUTES:
        return Rate(count=count, minutes=0.0, per_minute=None, low=None, high=None)
    low = float(gammaincinv(count, TAIL)) if count else 0.0
    high = float(gammaincinv(count + 1, 1 - TAIL))
    return Rate(
        count=count,
        minutes=minutes,
        per_minute=count / minutes,
        low=low / minutes,
        high=high / minutes,
    )


def share(has_label: NDArray[np.bool_], durations_s: ArrayLike) -> Share:
    """Return the share of usable time that has a label, with its interval.

    The interval is Wilson's for ``effective_n`` observations. It is never empty: a record in which
    a label was never seen leaves open that it is rare, the more so the shorter the record. Of no
    usable time there is no share.

    Parameters
    ----------
    has_label : ndarray of bool, shape (n_cells,)
        For each usable cell in order of time. Cells on either side of a gap count as neighbours:
        what is asked for is how much one tells of the next that there is.
    durations_s : float or ndarray, shape (n_cells,)
        How long each is: the last before a gap or the end may be shorter or longer than the others.

    References
    ----------
    Wilson EB, Probable inference, the law of succession, and statistical inference, J Am Stat Assoc
    22 (1927) 209-212. Klotz J, Statistical inference in Bernoulli trials with dependence, Ann Stat
    1 (1973) 373-379. Geyer CJ, Practical Markov chain Monte Carlo, Stat Sci 7 (1992) 473-483.
    """
    n = len(has_label)
    if n == 0:
        return Share(seconds=0.0, share=None, low=None, high=None, effective_n=0.0)
    durations = np.broadcast_to(np.asarray(durations_s, dtype=np.float64), n)
    seconds = float(durations[has_label].sum())
    part = min(seconds / float(durations.sum()), 1.0)
    effective_n = n / _cells_of_one(has_label, _UNSEEN_S / float(np.median(durations)))
    low, high = _wilson(part, effective_n)
    return Share(
        seconds=seconds,
        share=part,
        low=low,
        high=high,
        effective_n=effective_n,
    )


def percentiles(values: ArrayLike) -> Percentiles | None:
    """Return the percentiles of sizes, shape (n_values,), None when there is none."""
    sizes = np.asarray(values, dtype=np.float64)
    if sizes.size == 0:
        return None
    p5, p25, p50, p75, p95 = (float(p) for p in np.percentile(sizes, (5, 25, 50, 75, 95)))
    return Percentiles(p5=p5, p25=p25, p50=p50, p75=p75, p95=p95, count=sizes.size)


def _wilson(part: float, n: float) -> tuple[float, float]:
    z2 = float(ndtri(TAIL)) ** 2
    centre = (part + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2 * (part * (1 - part) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    # Rounding may take the ends past what is seen: 0 when nothing has the label, 1 when all has.
    return max(min(centre - half, part), 0.0), min(max(centre + half, part), 1.0)


def _cells_of_one(has: NDArray[np.bool_], unseen: float) -> float:
    """Return how many cells are worth one independent observation, at least 1.

    The sum of all autocorrelations, judged in two ways of which the larger holds. How often the
    label comes and goes says it well from few stretches, if these end at random; the
    autocorrelations themselves say it whatever the stretches are like, but come out too small in a
    short record.
    """
    return max(1.0, _by_comings_and_goings(has, unseen), _by_correlations(has))


def _by_comings_and_goings(has: NDArray[np.bool_], unseen: float) -> float:
    """Return the sum of autocorrelations of a two-state Markov chain that comes and goes as often.

    Those of such a chain fall by one factor from each cell to the next (Klotz 1973). ``unseen`` is
    how many cells a state is taken to last that has not been seen to end.
    """
    chances = []
    for state in (False, True):
        seen = np.count_nonzero(has[:-1] == state)
        left = np.count_nonzero((has[:-1] == state) & (has[1:] != state))
        chances.append((left + _UNSEEN_WEIGHT) / (seen + _UNSEEN_WEIGHT * unseen))
    factor = 1 - sum(chances)
    return (1 + factor) / (1 - factor)


def _by_correlations(has: NDArray[np.bool_]) -> float:
    """Return the sum of the autocorrelations that stand out: Geyer's initial monotone sequence."""
    n = len(has)
    centred = has - np.mean(has)
    size = scipy.fft.next_fast_len(2 * n, real=True)
    power = np.abs(scipy.fft.rfft(centred, size)) ** 2
    products = scipy.fft.irfft(power, size)[: n // 2 * 2]
    in_pairs = products.reshape(-1, 2).sum(axis=1)
    negative = np.flatnonzero(in_pairs <= 0)
    positive = in_pairs[: negative[0]] if len(negative) else in_pairs
    if len(positive) == 0:
        return 1.0
    return float(2 * np.minimum.accumulate(positive).sum() / products[0] - 1)
