"""The same signals of a gyroscope through quaver and through paradigma, the nearest open peer.

Run by ``make bench-peers``. paradigma (Radboudumc) finds Parkinson tremor in wrist gyroscopes of
people who are known to have it, and is right for that; as it is asked here, whether a movement is
tremor at all, it was not made to be asked. The signals are those of
:mod:`benchmarks.gyroscope_signals`.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.gyroscope_signals import (
    PEAKS_DEG_S,
    RATE_HZ,
    SIGNALS,
    WINDOW_S,
    WINDOWS,
    Group,
    Signal,
    recorded,
)
from benchmarks.paradigma_environment import PeerAnswers, PeerUnavailableError, ask_paradigma
from features import QuaverError, Windows
from serving.classifier import UNDECIDED, Classifier
from serving.exam import load
from training.layout import Layout
from training.tables import table

Array = NDArray[np.float64]
Peer = Callable[[Array, float], PeerAnswers]

REPOSITORY = Path(__file__).parents[1]


@dataclass(frozen=True)
class Figure:
    """A number that a reader takes home: a share of windows, and what it should be.

    ``peer`` is None where paradigma was not asked or cannot give such an answer. ``target`` is
    None where none was set; ``at_most`` says on which side of it is right. ``undecided`` is the
    share of the same ``n_windows`` windows that quaver left undecided.
    """

    name: str
    quaver: float
    peer: float | None
    target: float | None = None
    at_most: bool = True
    undecided: float = field(default=np.nan, compare=False)
    n_windows: int = field(default=0, compare=False)

    @property
    def met(self) -> bool:
        """Whether quaver is on the right side of the target."""
        if self.target is None:
            return True
        return self.quaver <= self.target if self.at_most else self.quaver >= self.target


@dataclass(frozen=True, eq=False)
class Comparison:
    """Shares of windows by answer, each of shape (n_signals, n_peaks).

    ``quaver`` has one array for each class of the model and for ``undecided``. Where paradigma
    could not be asked, ``peer`` is None and ``peer_missing`` says why.
    """

    signals: tuple[Signal, ...]
    peaks_deg_s: tuple[float, ...]
    quaver: dict[str, Array]
    peer: PeerAnswers | None
    peer_missing: str | None

    @property
    def figures(self) -> tuple[Figure, ...]:
        """The numbers to take home, over all peaks."""
        return (
            self._figure("clonus called tremor", "clonus", target=0.03),
            self._figure("tapping called tremor", "tapping", target=0.05),
            self._figure(
                "tremor 4-12 Hz called tremor", "tremor", (4, 12), target=0.92, at_most=False
            ),
            self._figure(
                "tremor 12-15 Hz called tremor", "tremor", (12, 15), target=0.90, at_most=False
            ),
            self._figure("clonus called clonus", "clonus", answer="clonus"),
            self._figure("tapping called clonus", "tapping", answer="clonus"),
            self._figure("tremor called clonus", "tremor", answer="clonus"),
            self._figure("fasciculation called tremor", "fasciculation"),
            self._figure("fasciculation called clonus", "fasciculation", answer="clonus"),
            self._figure("undecided, all windows", None, answer=UNDECIDED),
        )

    def _figure(
        self,
        name: str,
        group: Group | None,
        between_hz: tuple[float, float] = (-np.inf, np.inf),
        *,
        answer: str = "tremor",
        target: float | None = None,
        at_most: bool = True,
    ) -> Figure:
        low, high = between_hz
        rows = [
            group is None or (signal.group == group and low <= (signal.frequency_hz or 0.0) <= high)
            for signal in self.signals
        ]
        is_asked = self.peer is not None and answer == "tremor"
        peer = float(self.peer.checked[rows].mean()) if self.peer and is_asked else None
        return Figure(
            name,
            float(self.quaver[answer][rows].mean()),
            peer,
            target,
            at_most,
            undecided=float(self.quaver[UNDECIDED][rows].mean()),
            n_windows=sum(rows) * len(self.peaks_deg_s) * WINDOWS,
        )


def compare(classifier: Classifier, peer: Peer = ask_paradigma) -> Comparison:
    """Label every signal by a gyroscope classifier and by the peer.

    Parameters
    ----------
    classifier : Classifier
        Of gyroscope windows of 4 s.
    peer : callable
        Takes windows (n_signals, n_peaks, n_windows, 3, n_samples) in deg/s and their rate in Hz.

    Raises
    ------
    SignalError
        When the classifier is of another modality.
    """
    cells = np.stack([[recorded(s, peak) for peak in PEAKS_DEG_S] for s in SIGNALS])
    quaver = _quaver_shares(classifier, cells)
    answers, missing = None, None
    try:
        answers = peer(cells, RATE_HZ)
    except PeerUnavailableError as error:
        missing = str(error)
    return Comparison(SIGNALS, PEAKS_DEG_S, quaver, answers, missing)


def _quaver_shares(classifier: Classifier, cells: Array) -> dict[str, Array]:
    windows = Windows(
        cells.reshape(-1, *cells.shape[-2:]),
        sampling_rate_hz=RATE_HZ,
        modality="gyroscope",
        unit="deg/s",
    )
    labels = classifier.predict(windows).labels.reshape(cells.shape[:-2])
    return {
        answer: (labels == answer).mean(axis=-1) for answer in (*classifier.card.classes, UNDECIDED)
    }


def comparison_table(comparison: Comparison) -> str:
    """Return both tables side by side and the figures below, as a person reads them."""
    peaks = "/".join(f"{peak:g}" for peak in comparison.peaks_deg_s)
    heading = f"percent of {WINDOWS} windows of {WINDOW_S:g} s, peaking at {peaks} deg/s"
    lines = [f"{heading} (rest: at one size, in other noise)", ""]
    names = [signal.name for signal in comparison.signals]
    ours = _side(names, {"tremor": comparison.quaver["tremor"]} | comparison.quaver)
    blocks = [["quaver", *ours]]
    if comparison.peer is not None:
        called = {"tremor": comparison.peer.checked, "before checks": comparison.peer.unchecked}
        theirs = _side(names, called)
        blocks.insert(0, [f"paradigma {comparison.peer.version}", *theirs])
    lines += [*_beside(blocks), "", _figures_table(comparison)]
    if comparison.peer_missing is not None:
        lines += ["", f"quaver alone: {comparison.peer_missing}."]
    return "\n".join(lines)


def _side(names: Sequence[str], shares: dict[str, Array]) -> list[str]:
    rows = [
        [name, *(_percents(share[i]) for share in shares.values())] for i, name in enumerate(names)
    ]
    return table(["signal", *shares], rows).splitlines()


def _percents(shares: Array) -> str:
    return " ".join(f"{100 * share:3.0f}" for share in shares)


def _beside(blocks: Sequence[Sequence[str]]) -> list[str]:
    """Return blocks of lines set side by side."""
    widths = [max(len(line) for line in block) for block in blocks]
    return [
        "  |  ".join(line.ljust(width) for line, width in zip(row, widths, strict=True)).rstrip()
        for row in zip_longest(*blocks, fillvalue="")
    ]


def _figures_table(comparison: Comparison) -> str:
    rows = []
    for figure in comparison.figures:
        target = ""
        if figure.target is not None:
            side = "at most" if figure.at_most else "at least"
            target = f"{side} {100 * figure.target:.0f} %{'' if figure.met else ', missed'}"
        peer = "" if figure.peer is None else f"{100 * figure.peer:.1f} %"
        rows.append([figure.name, peer, f"{100 * figure.quaver:.1f} %", target])
    return table(["figure", "paradigma", "quaver", "target for quaver"], rows)


def main() -> None:
    """Compare the gyroscope model that was trained last, and print the tables."""
    try:
        classifier = load(Layout(REPOSITORY).model("gyroscope"))
    except QuaverError as error:
        sys.exit(f"{error}")
    print(comparison_table(compare(classifier)))


if __name__ == "__main__":
    main()
