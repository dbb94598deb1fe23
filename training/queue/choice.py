"""Choice: which windows a person should label first, and why each of them.

Four things make a window worth labelling, and they take turns, because what one of them measures
cannot be weighed against another:

``models disagree``
    Champion and challenger answer differently. First where their probabilities differ most (query
    by committee, Seung 1992; here the total variation distance of two).
``undecided``
    Several classes fit. First where the two most probable ones are closest (margin sampling,
    Scheffer 2001).
``unlike training``
    Nothing like it was trained on. First what is nearest to it: what lies farthest is often an
    artefact that nobody can label, and teaches least (information density, Settles & Craven 2008).
``person disagrees``
    Only where there is a label already: the model rules it out. First where the label is least
    probable (confident learning, Northcutt 2021): one of the two is wrong.

The most uncertain windows of one recording are much alike, and fifty of the same minute teach
little more than one (Settles 2009, *Active Learning Literature Survey*, 6.1, on batches). Each turn
therefore takes the recording, or of feedback the subject, of which least has been taken; in it a
window more than :data:`APART_S` from all that were taken, while there is one; and of these the one
most worth it.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from serving.classifier import UNDECIDED

Array = NDArray[np.float64]

DISAGREE = "models disagree"
UNSURE = UNDECIDED
UNLIKE = "unlike training"
OTHERWISE = "person disagrees"
WHYS = (DISAGREE, UNSURE, UNLIKE, OTHERWISE)

APART_S = 30.0
"""Windows of one recording that are nearer than this are much alike."""


def margin(chances: Mapping[str, float]) -> float:
    """Return the lead of the most probable class over the second, 0 to 1."""
    first, second = sorted(chances.values(), reverse=True)[:2]
    return first - second


def distance(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Return the total variation distance of two models' probabilities, 0 to 1."""
    names = one.keys() | other.keys()
    return sum(abs(one.get(name, 0.0) - other.get(name, 0.0)) for name in sorted(names)) / 2


def choose(recordings: Sequence[str], starts_s: Array, worth: Array, most: int) -> list[int]:
    """Choose windows by the rules above.

    Parameters
    ----------
    recordings : sequence of str, length n_windows
        What each window is of; recordings have equal shares.
    starts_s : ndarray, shape (n_windows,)
        Where in it the window begins; NaN where times mean nothing.
    worth : ndarray, shape (n_windows, n_reasons)
        Larger is worth more; NaN where the reason does not apply.
    most : int

    Returns
    -------
    list of int
        The chosen windows, most worth first; those that nothing speaks for are never among them.
    """
    _, recording = np.unique(np.array(recordings, dtype=np.str_), return_inverse=True)
    taken = np.zeros(len(recordings), dtype=np.intp)
    is_near = np.zeros(len(recordings), dtype=np.bool_)
    waiting = ~np.isnan(worth)
    chosen: list[int] = []
    while waiting.any() and len(chosen) < most:
        for reason in range(worth.shape[1]):
            rows = np.flatnonzero(waiting[:, reason])
            if len(rows) == 0 or len(chosen) == most:
                continue
            order = np.lexsort((-worth[rows, reason], is_near[rows], taken[recording[rows]]))
            best = int(rows[order[0]])
            chosen.append(best)
            waiting[best] = False
            same = recording == recording[best]
            taken[recording[best]] += 1
            is_near |= same & (np.abs(starts_s - starts_s[best]) < APART_S)
    return chosen
