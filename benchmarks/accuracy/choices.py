"""Choices: which windows of a data set a question is about, and which of them count."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.answers import Answered
from benchmarks.accuracy.estimates import Mask
from training.datasets.real import hand_mouse, pd_rest

Array = NDArray[np.float64]
Which = Callable[[Answered], Mask]

FREQUENCY_TOLERANCE_HZ = 0.3
CLEAR_RATIO = 6.0
"""Peak over the deviation around it, from which on an event counts as plain."""

_ROUNDING = 1e-9


def labelled(*labels: str) -> Which:
    """Return the choice of windows by their label."""
    return lambda answered: answered.labelled(*labels)


def answers(*names: str) -> Which:
    """Return the count of windows by what they were called."""
    return lambda answered: answered.called(*names)


def told(key: str, *values: str) -> Which:
    """Return the choice of windows by what their recording says of itself."""
    return lambda answered: np.isin(answered.detail(key), values)


def everything(answered: Answered) -> Mask:
    """Choose every labelled window, also those of which it is unclear what they show."""
    return np.ones(len(answered), dtype=np.bool_)


def controls(answered: Answered) -> Mask:
    """Choose the windows of people without Parkinson's disease (pd-rest)."""
    numbers = np.array([int(name.rpartition("/")[2]) for name in answered.table.groups])
    chosen: Mask = numbers >= pd_rest.FIRST_CONTROL
    return chosen


def rhythmic(answered: Answered) -> Mask:
    """Choose windows of tremulous people that the table of pd-rest calls rhythmic."""
    people = [f"{pd_rest.NAME}/{number}" for number in pd_rest.TREMULOUS]
    found: Mask = np.isfinite(table_frequency_hz(answered))
    return found & np.isin(answered.table.groups, people)


def table_frequency_hz(answered: Answered) -> Array:
    """Return the frequency that the table of pd-rest states of rhythmic windows, else NaN.

    The table knows windows from 0, 4, 8 ... s; what begins between has no entry. Its frequencies
    are multiples of 0.5 Hz.
    """
    stated = {
        (recording, round(float(row["start_s"]), 3)): float(row["peak_hz"])
        for recording, details in answered.data.details.items()
        for row in details.get("windows", ())
        if row["derived_state"] == "rhythmic"
    }
    keys = zip(answered.recordings.tolist(), answered.starts_s.round(3).tolist(), strict=True)
    return np.array([stated.get(key, np.nan) for key in keys])


def near_table_frequency(answered: Answered) -> Mask:
    """Tell which windows have a dominant frequency within 0.3 Hz of the table's."""
    found = answered.table.features.column("dominant_frequency")
    limit = FREQUENCY_TOLERANCE_HZ + _ROUNDING
    near: Mask = np.abs(found - table_frequency_hz(answered)) <= limit
    return near


def first_participant(answered: Answered) -> Mask:
    """Choose the one person of hand-mouse who says that the hand never trembles."""
    return np.isin(answered.table.groups, f"{hand_mouse.NAME}/1")


def plain_events(answered: Answered) -> Mask:
    """Choose windows with a whole potential of at least six deviations."""
    chosen: Mask = answered.largest_ratios >= CLEAR_RATIO
    return chosen
