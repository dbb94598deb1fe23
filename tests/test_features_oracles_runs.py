"""Kernels that scan samples, against plain Python on random input."""

from itertools import pairwise

import numpy as np
import scipy.ndimage
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from features import ragged
from features.bursts import hysteresis, moving_average, row_percentile
from features.events import find_events, teager_kaiser
from features.moments import moments
from features.similarity import neighbour_similarity

# Running sums against plain ones.
ROUNDING = 1e-9

# Kernels are compiled on their first call, which no deadline should count. Every run is the same.
patient = settings(deadline=None, max_examples=100, derandomize=True)

small = st.integers(0, 6).map(float)
signs = st.integers(-3, 3).map(float)


def rows(elements, least=1):
    shapes = st.tuples(st.integers(1, 3), st.integers(least, 40))
    return shapes.flatmap(lambda shape: arrays(np.float64, shape, elements=elements))


def runs_of(row, upper, lower, min_on, min_off):
    """Find runs of one row the slow way: label, select, join, drop."""
    labels, n_labels = scipy.ndimage.label(row > lower)
    found = []
    for label in range(1, n_labels + 1):
        at = np.flatnonzero(labels == label)
        if row[at].max() <= upper:
            continue
        if found and at[0] - found[-1][1] < min_off:
            found[-1] = (found[-1][0], at[-1] + 1)
        else:
            found.append((at[0], at[-1] + 1))
    return [(start, stop) for start, stop in found if stop - start >= min_on]


@patient
@given(
    envelope=rows(small),
    thresholds=st.tuples(st.integers(0, 6), st.integers(0, 6)),
    min_on=st.integers(1, 5),
    min_off=st.integers(1, 5),
)
def test_hysteresis_equals_plain_python(envelope, thresholds, min_on, min_off):
    """Starts, stops, peaks and counts on any mask, with any minimum."""
    lower, upper = sorted(thresholds)
    n = len(envelope)
    runs = hysteresis(
        envelope,
        np.full(n, float(upper)),
        np.full(n, float(lower)),
        1.0,
        min_on=min_on,
        min_off=min_off,
    )
    expected = [
        (w, start, stop)
        for w, row in enumerate(envelope)
        for start, stop in runs_of(row, upper, lower, min_on, min_off)
    ]
    found = zip(runs.window.tolist(), runs.start.tolist(), runs.stop.tolist(), strict=True)

    assert expected == list(found)
    for w, start, stop, peak_at, peak in zip(
        runs.window, runs.start, runs.stop, runs.peak_at, runs.peak, strict=True
    ):
        assert start <= peak_at < stop
        assert envelope[w, start:stop].max() == peak == envelope[w, peak_at]
    np.testing.assert_array_equal(np.bincount(runs.window, minlength=n), runs.count)


@patient
@given(samples=rows(small), length=st.integers(1, 50))
def test_moving_average_equals_plain_python(samples, length):
    """The mean of what there is of each centred stretch."""
    before = length // 2
    expected = [
        [row[max(0, t - before) : t - before + length].mean() for t in range(len(row))]
        for row in samples
    ]

    np.testing.assert_allclose(moving_average(samples, length), expected, atol=ROUNDING)


@patient
@given(samples=rows(small), stride=st.integers(1, 5), percent=st.floats(0, 100))
def test_row_percentile_equals_numpy(samples, stride, percent):
    """NumPy's method "lower" of every so many samples."""
    place = int(percent / 100 * (len(samples[0, ::stride]) - 1))
    expected = np.sort(samples[:, ::stride], axis=1)[:, place]

    np.testing.assert_array_equal(expected, row_percentile(samples, stride, percent))


@patient
@given(samples=rows(signs, least=3))
def test_teager_kaiser_equals_plain_python(samples):
    """Rows taken as the channels of one window."""
    inner = samples[:, 1:-1] ** 2 - samples[:, :-2] * samples[:, 2:]
    energy = np.abs(inner.sum(axis=0))
    expected = np.concatenate((energy[:1], energy, energy[-1:]))

    np.testing.assert_array_equal(expected, teager_kaiser(samples[None])[0])


@patient
@given(samples=rows(signs, least=3))
def test_counts_equal_plain_python(samples):
    """Crossings skip zeros; turns and large steps are as NumPy writes them."""
    found = moments(samples)
    n = samples.shape[1]
    for w, row in enumerate(samples):
        sides = np.sign(row[row != 0])
        steps = np.diff(row)

        assert round(found.zero_crossings[w] * (n - 1)) == np.count_nonzero(np.diff(sides))
        assert round(found.turns[w] * (n - 2)) == np.count_nonzero(steps[1:] * steps[:-1] < 0)
        large = np.abs(steps) > 0.5 * np.sqrt(found.m2[w])
        assert round(found.jumps[w] * (n - 1)) == np.count_nonzero(large)


@patient
@given(groups=st.lists(st.lists(st.integers(1, 50).map(float), max_size=6), max_size=5))
def test_ragged_statistics_equal_numpy(groups):
    """Each window's items are summed up as if alone."""
    values = np.array([item for group in groups for item in group])
    first = np.concatenate(([0], np.cumsum([len(group) for group in groups]))).astype(np.int64)

    def each(statistic, least):
        return [statistic(g) if len(g) >= least else np.nan for g in groups]

    expected = {
        ragged.mean: each(np.mean, 1),
        ragged.median: each(np.median, 1),
        ragged.maximum: each(np.max, 1),
        ragged.variation: each(lambda g: np.std(g) / np.mean(g), 2),
    }
    for statistic, wanted in expected.items():
        np.testing.assert_allclose(statistic(values, first), wanted, rtol=ROUNDING)
    intervals, starts = ragged.intervals(values, first)
    np.testing.assert_array_equal(
        intervals, [d for group in groups for d in np.diff(group).tolist()]
    )
    assert [max(0, len(group) - 1) for group in groups] == np.diff(starts).tolist()


def best_correlation(row, a, b, half, lag):
    """Correlate the surroundings of two places at the best lag of the second."""
    shape = row[a - half : a + half + 1]
    best = -1.0
    for k in range(-lag, lag + 1):
        start = b + k - half
        if start < 0 or b + k + half >= len(row):
            continue
        other = row[start : start + 2 * half + 1]
        best = max(best, shape @ other / np.sqrt((shape @ shape) * (other @ other)))
    return best


def test_similarity_equals_plain_python(rng, spec_of):
    """The median over pairs of the highest correlation within a third of the snippet."""
    spec = spec_of("emg").events
    row = rng.standard_normal(4000)
    for at in (300, 1100, 1900, 2600, 3500):
        row[at - 6 : at + 7] += rng.uniform(80, 120) * np.hanning(13) * rng.standard_normal(13)
    found = find_events(row[None, None], row[None], 1000.0, spec)
    half = round(spec.snippet_s * 1000)
    order = np.argsort(-found.runs.peak, kind="stable")
    at = found.runs.peak_at[order]
    pairs = [
        best_correlation(row, at[i], at[j], half, half // 3)
        for i in range(len(at))
        for j in range(i)
    ]

    assert len(at) == 5
    np.testing.assert_allclose(found.similarity[0], np.median(pairs), rtol=ROUNDING)


def test_similarity_of_neighbours_equals_plain_python(rng):
    """The median over neighbours that lie within, moved or not; NaN where there are not two."""
    half, lag = 35, 20
    traces = rng.standard_normal((3, 4000))
    middles = ([30, 400, 760, 1500, 2100, 3960], [54, 3944], [55, 3944])
    first = np.cumsum([0, *(len(each) for each in middles)])
    found = neighbour_similarity(traces, first, np.concatenate(middles), half, lag)
    expected = []
    for row, at in zip(traces, middles, strict=True):
        inside = [t for t in at if half + lag <= t < 4000 - half - lag]
        pairs = [best_correlation(row, a, b, half, lag) for a, b in pairwise(inside)]
        expected.append(np.median(pairs) if pairs else np.nan)

    assert np.isnan(expected).tolist() == [False, True, False]
    np.testing.assert_allclose(found, expected, rtol=ROUNDING)


def test_the_ground_is_what_lies_outside_events(rng, spec_of):
    """Noise is the root mean square of the samples that no event covers."""
    trace = rng.standard_normal((3, 4000))
    trace[0, 1000:1010] += 100
    trace[2, [0, 3999]] += 100
    found = find_events(trace[:, None], trace, 1000.0, spec_of("emg").events)
    for w in range(3):
        mine = found.runs.window == w
        outside = np.ones(4000, dtype=bool)
        for start, stop in zip(found.runs.start[mine], found.runs.stop[mine], strict=True):
            outside[start:stop] = False

        expected = np.sqrt(np.mean(trace[w, outside] ** 2))
        np.testing.assert_allclose(found.noise[w], expected, rtol=ROUNDING)
    assert found.runs.count.tolist() == [1.0, 0.0, 2.0]
