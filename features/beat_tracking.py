"""Beats amid noise: which crests of a wave are beats, where the size of the noise is known.

Noise that is band-passed has crests too, about a period apart. What tells beats from those is a
little of everything: they stand out, keep their pace and keep their size. Each crest, and each step
from one to the next, pays or costs by that. Runs are the paths that pay most, found by dynamic
programming (Ellis 2007, Journal of New Music Research 36:51), where a beginning has its price.
"""

from typing import Final

import numpy as np
import scipy.ndimage
from numpy.typing import NDArray

from features.kernels import kernel

Array = NDArray[np.float64]
Index = NDArray[np.intp]

_NOISE: Final = 0.165
"""Deviation of a magnitude around a frequency, over the size of its changes from sample to sample
at 100 Hz and the root of the frequency (Hz).

Of white noise between 60 and 200 Hz, whatever its rate was (measured; a test measures it again).
"""

_MEAN_S: Final = 0.1
_AROUND_S: Final = 2.0
_QUIET_PERCENTILE: Final = 20
"""Changes of noise alone are those that a fifth of the time this far around a moment lies below."""

STANDS_OUT: Final = 2.0
"""A crest of so many deviations of the noise neither pays nor costs."""
_LOSS: Final = -1.5
_GAIN: Final = 1.0
"""What a crest pays is the logarithm of its size over that, between these limits."""

_STEADY: Final = 0.5
_UNSTEADY: Final = 12.0
_ALIKE: Final = 0.2
_UNLIKE: Final = 0.8
"""A step pays so much if its length, and its size, are those of the step before; less so many times
the square of the change in their logarithms."""
_DEAREST: Final = -3.0
_DEAREST_SIZE: Final = -2.0
"""A step costs no more than this, however it changes."""

_BEGINNING: Final = 2.5
"""What the beginning of a run costs."""

_PERIOD: Final = 0.45
"""A step may be longer or shorter than a period by so much, in the logarithm."""

_STEPS: Final = 2
"""A step goes to the next crest, or over one that is none of the run."""


def noise_around(magnitude: Array, rate_hz: float) -> Array:
    """Return the deviation of the noise per root of hertz at each moment of a magnitude of EMG.

    It is told from how much the magnitude changes from sample to sample: beats are slow, and its
    level would count a steady hum as noise.

    Parameters
    ----------
    magnitude : ndarray, shape (n_channels, n_samples)
        Magnitude of EMG between 60 and 200 Hz, at about 100 Hz.

    Returns
    -------
    noise : ndarray, shape (n_channels, n_samples)
        Times the root of a frequency in hertz, the deviation of the wave around it.
    """
    changes = np.abs(np.diff(magnitude, axis=1, prepend=magnitude[:, :1]))
    step = round(_MEAN_S * rate_hz)
    means = scipy.ndimage.uniform_filter1d(changes, step, axis=1)[:, ::step]
    around = 2 * round(_AROUND_S / _MEAN_S) + 1
    quiet = scipy.ndimage.percentile_filter(means, _QUIET_PERCENTILE, size=(1, around))
    noise: Array = _NOISE * np.repeat(quiet, step, axis=1)[:, : magnitude.shape[1]]
    return noise


def tracked(times: Array, sizes: Array, noise: Array, period: float) -> list[Index]:
    """Return which crests are beats, run by run.

    Parameters
    ----------
    times, sizes, noise : ndarray, shape (n_crests,)
        When each crest is, how large, and the deviation of the noise there.
    period : float
        Of the rhythm, in the unit of ``times``.
    """
    if len(times) == 0:
        return []
    tiny = np.finfo(np.float64).tiny
    sizes = np.maximum(sizes, tiny)
    pays = np.clip(np.log(sizes / np.maximum(STANDS_OUT * noise, tiny)), _LOSS, _GAIN)
    before, ending = _best_steps(times, pays, np.log(sizes), period)
    return _traced(before, ending)


def _traced(before: Index, ending: Index) -> list[Index]:
    """Return the crests of each run, from the steps that pay most."""
    runs: list[Index] = []
    last = len(before)
    while last > 0:
        step = int(ending[last])
        last -= 1
        if step == 0:
            continue
        run = [last]
        while step > 0:
            last, step = last - step, int(before[last, step])
            run.append(last)
        runs.append(np.array(run[::-1], dtype=np.intp))
    return runs[::-1]


@kernel
def _best_steps(
    times: Array, pays: Array, sizes: Array, period: float
) -> tuple[Index, Index]:  # pragma: no cover (compiled)
    """Return how far the step before each step went, and with which step a run ends at a crest.

    ``score[k, m]`` is the most that a run pays whose last step goes from crest k - m to crest k;
    ``before[k, m]`` how far the step before that went, 0 where the run begins. ``paid[k]`` is what
    all runs among the first k crests pay at most; ``ending[k]`` the last step of one that ends with
    the last of them, 0 where none does.
    """
    n = len(times)
    score = np.full((n, _STEPS + 1), -np.inf)
    before = np.zeros((n, _STEPS + 1), dtype=np.intp)
    paid = np.zeros(n + 1)
    ending = np.zeros(n + 1, dtype=np.intp)
    for k in range(n):
        paid[k + 1] = paid[k]
        for m in range(1, min(_STEPS, k) + 1):
            i = k - m
            length = times[k] - times[i]
            if abs(np.log(length / period)) > _PERIOD:
                continue
            best = paid[i] - _BEGINNING + pays[i]
            for earlier in range(1, min(_STEPS, i) + 1):
                if score[i, earlier] > -np.inf:
                    change = np.log(length / (times[i] - times[i - earlier]))
                    steady = max(_STEADY - _UNSTEADY * change**2, _DEAREST)
                    if score[i, earlier] + steady > best:
                        best, before[k, m] = score[i, earlier] + steady, earlier
            alike = max(_ALIKE - _UNLIKE * (sizes[k] - sizes[i]) ** 2, _DEAREST_SIZE)
            score[k, m] = best + pays[k] + alike
            if score[k, m] > paid[k + 1]:
                paid[k + 1], ending[k + 1] = score[k, m], m
    return before, ending
