"""Where a muscle that is said to rest does not: discharges of its own between stimuli.

A resting hand twitches, tightens for a second, or is stimulated by a pulse that no table has. What
a stretch of a tenth of a second swings is compared with the median of its surroundings; where it
swings clearly further, nobody would call it rest, and what it is nobody knows.
"""

from collections.abc import Sequence

import numpy as np
import scipy.ndimage
from numpy.typing import NDArray

from training.datasets.labelled import UNCLEAR, Span
from training.datasets.real.stretches import runs

Array = NDArray[np.float64]

_BLOCK_S = 0.1
_SURROUNDINGS_S = 10.1
RESTLESS_RATIO = 1.5
_TAIL_S = 0.25
"""What follows this soon upon a known event is its own."""


def restless(samples: Array, rate_hz: float) -> NDArray[np.bool_]:
    """Tell which samples, shape (n_samples,), lie in a block that swings further than others."""
    length = round(_BLOCK_S * rate_hz)
    n_blocks = max(1, len(samples) // length)
    blocks = np.array_split(samples[: n_blocks * length], n_blocks)
    swings = np.array([np.ptp(block) for block in blocks])
    usual = scipy.ndimage.median_filter(swings, round(_SURROUNDINGS_S / _BLOCK_S), mode="nearest")
    mask = np.zeros(len(samples), dtype=np.bool_)
    mask[: n_blocks * length] = np.repeat(swings > RESTLESS_RATIO * usual, length)
    return mask


def unclear_between(
    mask: NDArray[np.bool_], events: Sequence[Span], rate_hz: float
) -> tuple[Span, ...]:
    """Return the events, in order of time, and what the mask holds away from them."""
    kept = mask.copy()
    for event in events:
        start = max(0, round((event.start_s - _BLOCK_S) * rate_hz))
        kept[start : round((event.end_s + _TAIL_S) * rate_hz)] = False
    spans = [Span(float(a / rate_hz), float(b / rate_hz), UNCLEAR) for a, b in runs(kept)]
    return tuple(sorted((*events, *spans), key=lambda span: span.start_s))
