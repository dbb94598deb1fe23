"""Mistakes: for each kind of wrong or withheld answer, a window that shows it, and why.

An example is explained by the model that answered it: that of its fold, which had not seen its
subject.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from features import Windows
from serving.classifier import UNDECIDED
from serving.explaining import explained_class, largest_contributions
from serving.responses import Contribution
from training.config import ModelConfig
from training.datasets.labelled import LabelledRecording
from training.datasets.labelling import label_windows, recording_of
from training.evaluate import Judged
from training.train import Trained

_REASONS = 5
"""Features that are named for an example."""

_Name = tuple[str, str]
"""Data set and window."""


@dataclass(frozen=True)
class Kind:
    """A kind of mistake, and the window that stands for it.

    ``answer`` is a wrong class, or ``undecided: <reason>``; ``n_windows`` are of this kind;
    ``row`` is that of the example among the judged windows.
    """

    label: str
    answer: str
    n_windows: int
    row: int


@dataclass(frozen=True, eq=False)
class Example:
    """The window of a kind of mistake: its signal, and what its answer rests on."""

    kind: Kind
    window_id: str
    group: str
    windows: Windows
    explained: str
    """Class that the contributions speak of."""
    chances: dict[str, float]
    contributions: list[Contribution]


def kinds_of(judged: Judged, most: int) -> list[Kind]:
    """Return the commonest kinds of wrong answers, then of undecided ones, up to ``most`` each.

    The example of a wrong answer is the one that was given most surely; of an undecided one, that
    whose own label seemed most likely.
    """
    keys = [_key(judged, i) for i in range(len(judged))]
    counts = Counter(key for key in keys if key[0] != key[1])
    chances = np.nan_to_num(judged.probabilities)
    found: list[Kind] = []
    for withheld in (False, True):
        common = [
            key
            for key, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
            if key[1].startswith(UNDECIDED) == withheld
        ]
        for label, answer in common[:most]:
            rows = [i for i, key in enumerate(keys) if key == (label, answer)]
            column = judged.classes.index(label if withheld else answer)
            row = max(rows, key=lambda i: (chances[i, column], -i))
            found.append(Kind(label, answer, counts[label, answer], row))
    return found


def examples_of(
    trained: Trained, recordings: Iterable[LabelledRecording], config: ModelConfig, most: int
) -> list[Example]:
    """Find the window of each kind of mistake in the recordings it was cut from, and explain it."""
    kinds = kinds_of(trained.judged, most)
    # Two sets may have recordings of one name.
    names = [(str(trained.judged.sources[k.row]), str(trained.ids[k.row])) for k in kinds]
    found = dict(_cut(recordings, set(names), config))
    return [
        _explained(trained, kind, found[name])
        for kind, name in zip(kinds, names, strict=True)
        if name in found
    ]


def _key(judged: Judged, row: int) -> tuple[str, str]:
    label, answer, reason = str(judged.labels[row]), str(judged.answers[row]), judged.reasons[row]
    return label, f"{answer}: {reason}" if answer == UNDECIDED else answer


def _cut(
    recordings: Iterable[LabelledRecording], wanted: set[_Name], config: ModelConfig
) -> Iterator[tuple[_Name, Windows]]:
    """Yield name and samples of the wanted windows; stops reading when all are found."""
    left = set(wanted)
    holders = {(data_set, recording_of(name)) for data_set, name in wanted}
    for labelled in recordings:
        if (labelled.source, labelled.id) not in holders:
            continue
        cut = label_windows(labelled, config.labelling, config.features.window_s)
        for i, name in enumerate(zip(cut.sources.tolist(), cut.ids.tolist(), strict=True)):
            if name in left:
                yield name, cut.windows[i : i + 1]
                left.discard(name)
        if not left:
            return


def _explained(trained: Trained, kind: Kind, windows: Windows) -> Example:
    classifier = trained.fold_models[trained.folds[kind.row]]
    predictions, contributions = classifier.contributions(windows)
    card, chances = classifier.card, predictions.probabilities[0]
    explained = explained_class(card, kind.answer.partition(":")[0], chances)
    values = np.zeros(0) if predictions.features is None else predictions.features.values[0]
    return Example(
        kind,
        str(trained.ids[kind.row]),
        str(trained.judged.groups[kind.row]),
        windows,
        explained,
        dict(zip(card.classes, chances.tolist(), strict=True)),
        largest_contributions(card, explained, contributions[0], values, _REASONS),
    )
