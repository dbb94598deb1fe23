"""Which stretches of a voluntary activity show any movement at all.

A person who is asked to eat or to point also pauses. Nobody could see the activity in a window of
stillness, and whether the hand rested or held something is not known. So long stillness is
``unclear`` but for its first and last two seconds, which have no label: a window that moves for
more than half of its time remains ``voluntary``.
"""

import numpy as np
from numpy.typing import NDArray

from features import Recording
from features.windows import Samples
from training.datasets.labelled import UNCLEAR, Span
from training.datasets.real.stretches import runs, without_short_runs

Array = NDArray[np.float64]

_SMOOTHING_S = 0.5
_MARGIN_S = 2.0
_SHORTEST_STILLNESS_S = 1.0


def deviation(samples: Samples, length: int) -> Array:
    """Return the moving standard deviation, the axes taken together, shape (n_samples,)."""
    centred = np.asarray(samples, dtype=np.float64)
    centred = centred - centred.mean(axis=1, keepdims=True)
    return np.sqrt(np.maximum(_variance(centred, length), 0.0))


def _variance(centred: Array, length: int) -> Array:
    n = centred.shape[1]
    half = length // 2
    low = np.clip(np.arange(n) - half, 0, n)
    high = np.clip(np.arange(n) - half + length, 0, n)
    count = high - low

    def mean(values: Array) -> Array:
        total = np.concatenate((np.zeros((len(values), 1)), np.cumsum(values, axis=1)), axis=1)
        result: Array = (total[:, high] - total[:, low]) / count
        return result

    variance: Array = (mean(centred**2) - mean(centred) ** 2).sum(axis=0)
    return variance


def voluntary_spans(recording: Recording, still_below: float) -> tuple[Span, ...]:
    """Return ``voluntary`` where a recording moves, ``unclear`` inside long stillness.

    Parameters
    ----------
    recording : Recording
        Of movement, without gaps.
    still_below : float
        Deviation within half a second, in the unit of the recording, that is only noise.
    """
    rate = recording.sampling_rate_hz
    still = deviation(recording.samples, max(2, round(_SMOOTHING_S * rate))) < still_below
    still = without_short_runs(still, round(_SHORTEST_STILLNESS_S * rate))
    spans = [Span(float(a / rate), float(b / rate), "voluntary") for a, b in runs(~still)]
    for start, stop in runs(still) / rate:
        if stop - start > 2 * _MARGIN_S:
            spans.append(Span(float(start + _MARGIN_S), float(stop - _MARGIN_S), UNCLEAR))
    return tuple(sorted(spans, key=lambda span: span.start_s))
