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
Index = NDArray[np.int32]

_LOSS = 1.5
_GAP = 2.5
_EVEN_WITHIN_S = 0.02
_LONGEST_GAP_S = 3600.0
_LEAST_ROWS = 3
_LAG = 64
"""Intervals over which the first guess at the period is averaged, which shrinks the jitter."""
_AROUND = 16
"""Samples on either side of a long interval whose medians tell a loss from jitter."""
_AT_A_TIME = 2**16


@dataclass(frozen=True, eq=False)
class _Stretch:
    """Rows ``start`` up to ``stop``, between which there is no gap, and where they go."""

    start: int
    stop: int
    begin: int
    """Place on the grid of the first sample."""
    length: int
    """Samples on the grid."""
    slots: Index | None = None
    """Place of each row from ``begin``, where samples were lost; None: one after the other."""
    places: Array | None = None
    """The same in fractions of a sample, where the sensor did not sample evenly."""

    def put(self, samples: Array) -> Array:
        """Return the samples of the stretch on the grid."""
        if self.places is not None:
            return np.interp(np.arange(self.begin, self.begin + self.length), self.places, samples)
        if self.slots is None:
            return samples
        filled = np.full(self.length, np.nan)
        filled[self.slots] = samples
        # Those left over are interpolated from their neighbours.
        left_over = np.setdiff1d(np.arange(self.length), self.slots)
        filled[left_over] = np.interp(left_over, self.slots, samples)
        return filled


@dataclass(frozen=True, eq=False)
class EvenGrid:
    """An even grid that begins with the first sample, and where samples of uneven times go on it.

    Attributes
    ----------
    rate_hz : float
        Places of the grid a second.
    n_samples : int
        Places of the grid, gaps included.
    """

    rate_hz: float
    n_samples: int
    stretches: tuple[_Stretch, ...]

    def put(self, samples: Array) -> Array:
        """Put the samples of a channel on the grid, NaN where the times leave a gap.

        Parameters
        ----------
        samples : ndarray, shape (n_rows,)

        Returns
        -------
        ndarray, shape (n_samples,)
        """
        even = np.full(self.n_samples, np.nan)
        origin = self.stretches[0].begin
        for stretch in self.stretches:
            end = stretch.begin - origin + stretch.length
            # Rounding may put the first sample of a stretch on the last of the one before.
            first = max(stretch.begin - origin, 0)
            part = stretch.put(samples[stretch.start : stretch.stop])
            even[first:end] = part[stretch.length - (end - first) :]
        return even


def even_grid(times_s: Array) -> EvenGrid:
    """Find the even grid of samples that were taken at these times.

    Parameters
    ----------
    times_s : ndarray, shape (n_rows,)
        Seconds from the first.

    Raises
    ------
    SignalError
        If a time is missing, goes back or stands still, naming its row; if two are over an hour
        apart.
    """
    _check_times(times_s)
    lag = max(2, min(_LAG, (len(times_s) - 1) // 2))
    spans_s = times_s[lag:] - times_s[:-lag]
    guess_s = float(np.median(spans_s, overwrite_input=True)) / lag
    del spans_s  # of a day, each array takes 70 MB
    place = times_s / guess_s
    is_gap = np.diff(place) > _GAP
    steps = _lost(place, is_gap) + np.int8(1)
    # Over what is no gap: intervals by the sensor's count, over the time that they took.
    rate_hz = float(steps[~is_gap].sum() / np.diff(times_s)[~is_gap].sum())
    np.multiply(times_s, rate_hz, out=place)
    starts = np.concatenate([[0], np.flatnonzero(is_gap) + 1])
    stops = np.append(starts[1:], len(place))
    stretches = tuple(
        _stretch(int(start), int(stop), place[start:stop], steps[start : stop - 1], rate_hz)
        for start, stop in zip(starts, stops, strict=True)
    )
    end = max(stretch.begin + stretch.length for stretch in stretches)
    return EvenGrid(rate_hz, end - stretches[0].begin, stretches)


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


def _lost(place: Array, is_gap: NDArray[np.bool_]) -> NDArray[np.int8]:
    """Return how many samples were lost in each interval that is no gap: 0 or 1."""
    lost = np.zeros(len(place) - 1, dtype=np.int8)
    all_suspects = np.flatnonzero((np.diff(place) > _LOSS) & ~is_gap)
    for first in range(0, len(all_suspects), _AT_A_TIME):
        suspects = all_suspects[first : first + _AT_A_TIME]
        before = np.clip(suspects[:, None] - np.arange(_AROUND), 0, None)
        after = np.clip(suspects[:, None] + 1 + np.arange(_AROUND), None, len(place) - 1)
        late_before = np.median(place[before] - before, axis=1)
        late_after = np.median(place[after] - after, axis=1)
        lost[suspects] = late_after - late_before > _LOSS - 1
    return lost


def _stretch(
    start: int, stop: int, place: Array, steps: NDArray[np.int8], rate_hz: float
) -> _Stretch:
    """Return where on the grid rows without a gap go."""
    slots = np.zeros(stop - start, dtype=np.int32)
    np.cumsum(steps, out=slots[1:])
    late = place - slots
    lowest, highest = float(late.min()), float(late.max())
    if (highest - lowest) / 2 <= max(0.5, _EVEN_WITHIN_S * rate_hz):
        begin, length = round((highest + lowest) / 2), int(slots[-1]) + 1
        return _Stretch(start, stop, begin, length, None if length == stop - start else slots)
    first, last = int(np.ceil(place[0])), int(np.floor(place[-1]))
    return _Stretch(start, stop, first, last + 1 - first, places=place)
