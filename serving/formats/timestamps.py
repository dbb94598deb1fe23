"""From samples with a time each to evenly spaced samples with gaps.

A sensor samples by its own, steady clock; the times that are written beside the samples are what a
host saw of it, with jitter, rounding and losses. So the samples themselves are kept wherever the
times allow it: interpolating between samples is a low-pass filter that weakens EMG and fast tremor.

1. Times must not go back. Two samples may share a time, as hosts see them; where three do, the
   times are those of packets, and say nothing about samples.
2. Two samples further apart than 2.5 intervals have a gap between them: NaN.
3. One further apart than 1.5 intervals has lost a sample before it if all that follow are late by
   as much, which tells a loss from jitter; the lost sample is interpolated from its neighbours.
4. The sampling rate is the number of intervals, lost ones counted, over the time they took. (The
   median interval would be wrong by several percent where times are rounded to milliseconds.)
5. Samples between two gaps stay as they are if their times depart from even spacing by no more than
   half an interval, or 20 ms. Otherwise the sensor did not sample evenly, and they are interpolated
   linearly at even times.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features import SignalError

Array = NDArray[np.float64]
Index = NDArray[np.intp]

_LOSS = 1.5
_GAP = 2.5
_EVEN_WITHIN_S = 0.02
_LONGEST_GAP_S = 3600.0
_LEAST_ROWS = 3
_LAG = 64
"""Intervals over which the first guess at the period is averaged, which shrinks the jitter."""
_AROUND = 16
"""Samples on either side of a long interval whose medians tell a loss from jitter."""


@dataclass(frozen=True, eq=False)
class EvenSamples:
    """Samples on an even grid that begins with the first: ``samples`` (n_channels, n_samples)."""

    samples: Array
    rate_hz: float


def regularise(times_s: Array, samples: Array) -> EvenSamples:
    """Put samples on an even grid, NaN where the times leave a gap.

    Parameters
    ----------
    times_s : ndarray, shape (n_rows,)
    samples : ndarray, shape (n_channels, n_rows)

    Raises
    ------
    SignalError
        If a time is missing, goes back or stands still, naming its row; if two are over an hour
        apart.
    """
    _check_times(times_s)
    elapsed_s = times_s - times_s[0]
    lag = max(2, min(_LAG, (len(times_s) - 1) // 2))
    guess_s = float(np.median(elapsed_s[lag:] - elapsed_s[:-lag])) / lag
    place = elapsed_s / guess_s
    is_gap = np.diff(place) > _GAP
    steps = 1 + _lost(place, is_gap)
    # Over what is no gap: intervals by the sensor's count, over the time that they took.
    rate_hz = float(steps[~is_gap].sum() / np.diff(elapsed_s)[~is_gap].sum())
    place = elapsed_s * rate_hz
    starts = np.concatenate([[0], np.flatnonzero(is_gap) + 1])
    stops = np.append(starts[1:], len(place))
    stretches = [
        _even_stretch(place[start:stop], steps[start : stop - 1], samples[:, start:stop], rate_hz)
        for start, stop in zip(starts, stops, strict=True)
    ]
    return EvenSamples(_join(stretches), rate_hz)


def _check_times(times_s: Array) -> None:
    if len(times_s) < _LEAST_ROWS:
        raise SignalError(
            f"it has {len(times_s)} rows; finding the sampling rate from times takes {_LEAST_ROWS}"
        )
    missing = np.flatnonzero(~np.isfinite(times_s))
    if missing.size:
        raise SignalError(f"the time in data row {missing[0] + 1} is missing; each row needs one")
    intervals = np.diff(times_s)
    advice = "for evenly sampled rows, give sampling_rate_hz instead of time_column"
    back = np.flatnonzero(intervals < 0)
    if back.size:
        row = int(back[0]) + 1
        raise SignalError(
            f"the time in data row {row + 1} is before that of row {row}"
            f" ({times_s[row] - times_s[0]:.6f} s after {times_s[row - 1] - times_s[0]:.6f} s from"
            f" the start); times must increase ({advice})"
        )
    still = np.flatnonzero((intervals[:-1] == 0) & (intervals[1:] == 0))
    if still.size:
        row = int(still[0]) + 1
        raise SignalError(
            f"the time stands still in data rows {row} to {row + 2}; times must increase ({advice})"
        )
    longest = int(np.argmax(intervals))
    if intervals[longest] > _LONGEST_GAP_S:
        raise SignalError(
            f"the time jumps by {intervals[longest]:g} s after data row {longest + 1};"
            " cut the file there, or correct time_unit"
        )


def _lost(place: Array, is_gap: NDArray[np.bool_]) -> Index:
    """Return how many samples were lost in each interval that is no gap: 0 or 1."""
    lost = np.zeros(len(place) - 1, dtype=np.intp)
    late = place - np.arange(len(place))
    suspects = np.flatnonzero((np.diff(place) > _LOSS) & ~is_gap)
    nearby = np.arange(_AROUND)
    before = late[np.clip(suspects[:, None] - nearby, 0, None)]
    after = late[np.clip(suspects[:, None] + 1 + nearby, None, len(late) - 1)]
    lost[suspects] = np.median(after, axis=1) - np.median(before, axis=1) > _LOSS - 1
    return lost


def _even_stretch(place: Array, steps: Index, samples: Array, rate_hz: float) -> tuple[int, Array]:
    """Return where on the grid a stretch without a gap begins, and its samples there."""
    slots = np.concatenate([[0], np.cumsum(steps)]).astype(np.intp)
    late = place - slots
    if np.ptp(late) / 2 <= max(0.5, _EVEN_WITHIN_S * rate_hz):
        return round(float(late.max() + late.min()) / 2), _fill(slots, samples)
    first, last = int(np.ceil(place[0])), int(np.floor(place[-1]))
    grid = np.arange(first, last + 1, dtype=np.float64)
    return first, np.stack([np.interp(grid, place, channel) for channel in samples])


def _fill(slots: Index, samples: Array) -> Array:
    """Put samples into their slots; those left over are interpolated from their neighbours."""
    if slots[-1] == len(slots) - 1:
        return samples
    filled = np.full((len(samples), int(slots[-1]) + 1), np.nan)
    filled[:, slots] = samples
    left_over = np.setdiff1d(np.arange(filled.shape[1]), slots)
    filled[:, left_over] = [np.interp(left_over, slots, channel) for channel in samples]
    return filled


def _join(stretches: list[tuple[int, Array]]) -> Array:
    origin = stretches[0][0]
    ends = [start - origin + part.shape[1] for start, part in stretches]
    joined = np.full((len(stretches[0][1]), max(ends)), np.nan)
    for (start, part), end in zip(stretches, ends, strict=True):
        # Rounding may put the first sample of a stretch on the last of the one before.
        first = max(start - origin, 0)
        joined[:, first:end] = part[:, part.shape[1] - (end - first) :]
    return joined
