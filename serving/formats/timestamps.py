"""From samples with a time each to evenly spaced samples with gaps.

A sensor samples by its own, steady clock; the times that are written beside the samples are what a
host saw of it, with jitter, rounding and losses. So the samples themselves are kept wherever the
times allow it: interpolating between samples is a low-pass filter that weakens EMG and fast tremor.

1. Times must not go back. Two samples may share a time, as hosts see them; where three do, the
   times are those of packets, and say nothing about samples.
2. An interval that is too long has lost samples if all that follow stay late
   (:mod:`serving.formats.lost_samples`); if they come in time again, the host was late. One lost
   sample is interpolated from its neighbours, several are a gap: NaN.
3. The sampling rate is that of a line through the times of samples, lost ones counted, each run of
   samples between gaps by itself. (The median interval would be wrong by several percent where
   times are rounded to milliseconds.)
4. Samples between two gaps stay as they are, however late single ones came, if the earliest of some
   dozen in a row depart from even spacing by no more than half an interval, or 20 ms. Otherwise the
   sensor did not sample evenly, and they are interpolated linearly at even times.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features import SignalError
from serving.formats.lost_samples import Counts, lost_samples, periods_of

Array = NDArray[np.float64]
Index = NDArray[np.int32]

_GAP = 2
"""Samples lost in a row that are a gap."""
_EVEN_WITHIN_S = 0.02
_LONGEST_GAP_S = 3600.0
_LEAST_ROWS = 3
_LAG = 64
"""Intervals over which the first guess at the period is averaged, which shrinks the jitter."""
_ROUNDS = 2
"""How often losses are sought, the second time with a period that the first has found."""
_TOGETHER = 64
"""Of so many samples in a row the earliest says when they were taken."""
_MOST = (5.0, 95.0)
"""Percentiles of these that must be even: a host may have stalled for longer."""
_DIGITS = 10
"""Digits of a rate that times can tell; a sum of decimal fractions has more."""


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
    period_s = guess_s
    for _ in range(_ROUNDS):
        place = times_s / period_s
        lost = lost_samples(place)
        found = float(periods_of(place, lost, _GAP))
        period_s *= found if np.isfinite(found) else 1.0
    rate_hz = float(f"{1 / period_s:.{_DIGITS}g}")
    np.multiply(times_s, rate_hz, out=place)
    starts = np.concatenate([[0], np.flatnonzero(lost >= _GAP) + 1])
    stops = np.append(starts[1:], len(place))
    stretches = tuple(
        _stretch(int(start), int(stop), place[start:stop], lost[start : stop - 1], rate_hz)
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


def _stretch(start: int, stop: int, place: Array, lost: Counts, rate_hz: float) -> _Stretch:
    """Return where on the grid rows without a gap go."""
    slots = np.arange(stop - start, dtype=np.int32)
    slots[1:] += np.cumsum(lost, dtype=np.int32)
    earliest = np.minimum.reduceat(place - slots, np.arange(0, len(place), _TOGETHER))
    lowest, highest = np.percentile(earliest, _MOST).tolist()
    if (highest - lowest) / 2 <= max(0.5, _EVEN_WITHIN_S * rate_hz):
        begin, length = round((highest + lowest) / 2), int(slots[-1]) + 1
        return _Stretch(start, stop, begin, length, None if length == stop - start else slots)
    first, last = int(np.ceil(place[0])), int(np.floor(place[-1]))
    return _Stretch(start, stop, first, last + 1 - first, places=place)
