"""Flips: windows that two models answer otherwise, what that does, and why each says so."""

from collections import Counter
from dataclasses import dataclass
from typing import Final

import numpy as np

from serving.classifier import UNDECIDED
from training.comparable import Pair
from training.evaluate import Judged

MENDED: Final = "mended"
"""To the right answer."""
GIVEN_UP: Final = "given up"
"""To undecided."""
BROKEN: Final = "broken"
"""From the right answer to a wrong one."""
TAKEN_UP: Final = "taken up"
"""From undecided to a wrong answer."""
STILL_WRONG: Final = "still wrong"
"""From one wrong answer to another."""


@dataclass(frozen=True)
class Flip:
    """A window with another answer."""

    window_id: str
    group: str
    label: str
    right: str
    """Its label, or undecided where that is no class, as of a look-alike or what is unclear."""
    before: str
    after: str
    why_before: str
    why_after: str
    change: float
    """Of the probability of its own label; NaN where that is no class of both, or not known."""

    @property
    def kind(self) -> str:
        """What the change does."""
        if self.after == self.right:
            return MENDED
        if self.after == UNDECIDED:
            return GIVEN_UP
        if self.before == self.right:
            return BROKEN
        return TAKEN_UP if self.before == UNDECIDED else STILL_WRONG


def flips_of(pair: Pair) -> tuple[Flip, ...]:
    """Return the windows of a pair with another answer, those whose label lost most first."""
    first, second = pair.first, pair.second
    classes = {*first.classes, *second.classes}
    rows = np.flatnonzero(first.answers != second.answers).tolist()
    flips = [
        Flip(
            window_id=str(pair.ids[i]),
            group=str(first.groups[i]),
            label=str(first.labels[i]),
            right=str(first.labels[i]) if first.labels[i] in classes else UNDECIDED,
            before=str(first.answers[i]),
            after=str(second.answers[i]),
            why_before=_why(first, i),
            why_after=_why(second, i),
            change=_chance(second, i) - _chance(first, i),
        )
        for i in rows
    ]
    return tuple(sorted(flips, key=lambda flip: (np.isnan(flip.change), flip.change)))


def counted(flips: tuple[Flip, ...]) -> Counter[tuple[str, str, str, str]]:
    """Count flips by label, answer before, answer after, and kind."""
    return Counter((flip.label, flip.before, flip.after, flip.kind) for flip in flips)


def _chance(judged: Judged, row: int) -> float:
    """Return the probability of a window's own label, NaN where it is no class."""
    label = judged.labels[row]
    if label not in judged.classes:
        return float("nan")
    return float(judged.probabilities[row, judged.classes.index(label)])


def _why(judged: Judged, row: int) -> str:
    """Return the reason of an answer: what it could not rule out, and how sure it is."""
    reason = judged.reasons[row]
    chances = judged.probabilities[row]
    if np.isnan(chances).any():
        return reason or ""
    top = int(chances.argmax())
    told = f"{judged.classes[top]} {chances[top]:.2f}"
    if reason == "several_candidates":
        return f"{' or '.join(judged.candidates[row])}; {told}"
    return f"{reason}; {told}" if reason else told
