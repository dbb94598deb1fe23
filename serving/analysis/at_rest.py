"""At rest: where in a record of EMG a single potential would have been noticed.

A rate is of the time in which what it counts could have been seen. That is where windows are called
rest or fasciculation, and not where there is other activity. But which windows are called so may
depend on the potentials themselves: of a muscle so silent that it is nearly all hum, or noise such
as no training had, only windows around potentials are judged. If the others did not count, the rate
would be of the time around potentials alone. So they do where they are as quiet as those: a
potential like those would have made itself seen there, too. An electrode that has come off is
louder, or silent.
"""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from serving.classifier import UNDECIDED, Reason

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

EVENTS = "fasciculation"
"""What events are called: the class that they stand for."""

_AS_QUIET = 2.0
"""Magnitudes that differ by less than this factor are of one ground."""


Told = tuple[str, Collection[str], Reason | None]
"""The label of a cell, its candidates, and why it is undecided or unusable."""


def is_at_rest(told: Sequence[Told], magnitudes: Array) -> Flags:
    """Return where a potential of a single unit would have been noticed, cell by cell.

    Parameters
    ----------
    magnitudes : ndarray, shape (n_cells,)
        How large the signal is but for what is brief, NaN where samples are missing.
    """
    plain = np.array([may_hold_events(*each) for each in told], dtype=np.bool_)
    known = magnitudes[plain & np.isfinite(magnitudes)]
    if known.size == 0:
        return plain
    usual = np.median(known)
    alike = (magnitudes < _AS_QUIET * usual) & (magnitudes > usual / _AS_QUIET)
    silent = np.array([_may_be_silence(names, reason) for _, names, reason in told], dtype=np.bool_)
    found: Flags = plain | (silent & alike)
    return found


def may_hold_events(label: str, candidates: Collection[str], reason: Reason | None) -> bool:
    """Tell whether a potential of a single unit would be noticed: not within other activity."""
    if label == UNDECIDED:
        at_rest = {"rest", EVENTS} & set(candidates)
        return bool(at_rest) and reason not in ("unlike_training", "look_alike")
    return label in ("rest", EVENTS)


def _may_be_silence(candidates: Collection[str], reason: Reason | None) -> bool:
    """Tell whether what could not be judged may be a muscle at rest."""
    if reason == "unlike_training":
        return set(candidates) <= {"rest", EVENTS}
    return reason == "mains"
