"""Dispersion: how far from random in time things are that a rate counts.

Runs of clonus come in bouts, and so do potentials of a muscle. A count of things in clumps varies
like the number of clumps, far more than one of as many things that come at random. Of records of
one process, half are said to differ when that is forgotten; when it is not, 5 to 8 %, but more
where a bout is longer than a block.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]

_MOST_BLOCKS: Final = 10
"""Few and long: a clump that reaches over many blocks is told only in part."""

_FEWEST_BLOCKS: Final = 5
"""From fewer nothing is told: by chance alone they differ as much as by clumps."""

_SHORTEST_S: Final = 60.0
"""Length of a block, at the least."""


def in_blocks(times_s: Sequence[float], seen_s: Sequence[tuple[float, float]]) -> Counts:
    """Count what was seen in blocks of equal length.

    Blocks are a tenth of the time in which it could have been seen, whatever lies between, or a
    minute where that is longer. In less than five minutes there is none.

    Parameters
    ----------
    times_s : sequence of float
        When it was seen.
    seen_s : sequence of (start_s, stop_s)
        In which stretches it could have been, in order and apart.
    """
    edges = np.array(seen_s, dtype=np.float64).reshape(-1, 2)
    ends = np.cumsum(edges[:, 1] - edges[:, 0])
    total_s = float(ends[-1]) if len(ends) else 0.0
    n_blocks = min(_MOST_BLOCKS, int(total_s / _SHORTEST_S + 1e-6))
    if n_blocks < _FEWEST_BLOCKS:
        return np.zeros(0, dtype=np.int64)
    begins = np.concatenate([[0.0], ends[:-1]])
    places = np.interp(times_s, edges.ravel(), np.stack([begins, ends], axis=1).ravel())
    return np.histogram(places, n_blocks, (0.0, total_s))[0].astype(np.int64)


def dispersion(records: Sequence[Counts]) -> float:
    """Return the index of dispersion of counts, of several records together: 1 without clumps.

    It is variance over mean. In other words, one more than the others of an event's own block that
    chance does not explain, given how many there are in its record. So it is 1 on average for
    events at random, however few they are; every event weighs the same, whichever record it is in,
    for one alone has no others.

    Parameters
    ----------
    records : sequence of ndarray, shape (n_blocks,)
        Of :func:`in_blocks`. Where none has blocks and events, 1 is returned.
    """
    beyond = events = 0.0
    for counts in records:
        blocks, n = len(counts), float(counts.sum())
        if n == 0:
            continue
        beside = float(np.sum(counts * (counts - 1.0))) - n * (n - 1) / blocks
        beyond += beside * blocks / (blocks - 1)
        events += n
    return max(1.0, 1.0 + beyond / events) if events else 1.0
