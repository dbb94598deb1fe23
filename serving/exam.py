"""Exam: a model is opened only when this code still computes what it was trained on.

Some windows travel with the model, with their features and scores. At every load the features are
computed afresh and must equal those of training, and the trees must give exactly the same scores.
A silent change of a band edge, of a library or of one byte of a file ends the process before a
port is open, with a sentence that names what differs and by how much.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from features import ContractError, Windows, columns, extract
from serving.card import Card
from serving.classifier import Classifier
from serving.novelty import Reference
from serving.trees import read_trees

Array = NDArray[np.float64]

FILES = ("booster.txt", "card.json", "detector.txt", "exam.npz", "novelty.npz")
"""Those of every classifier; beside them lie the trees of its checks, one file a kind."""
SUMS = "SHA256SUMS"

_RELATIVE_TOLERANCE = 1e-6
"""Features may differ by the rounding of another processor's vector instructions, not by more."""

_ARRAYS = ("values", "scores", "probabilities", "distances", "oddness", "classes")
_CHECKS = "checks"


@dataclass(frozen=True, eq=False)
class Exam:
    """Windows with what was computed from them in training.

    ``batches`` are windows of several rates and units, so that conditioning is examined too;
    ``values`` (n_windows, n_features), ``scores`` and ``probabilities`` (n_windows, n_classes) and
    ``distances`` and ``oddness`` (n_windows,) follow their order, as do the scores of the checks,
    ``checks`` (n_windows, n_checks); ``classes`` (n_classes,) names the scores.
    """

    batches: tuple[Windows, ...]
    values: Array
    scores: Array
    probabilities: Array
    distances: Array
    oddness: Array
    classes: NDArray[np.str_]
    checks: Array

    @classmethod
    def set(cls, batches: Sequence[Windows], classifier: Classifier) -> "Exam":
        """Write an exam from windows: what this code computes now is what is right."""
        card = classifier.card
        stored = tuple(_as_stored(windows) for windows in batches)
        values = _features(stored, card)
        scores = classifier.scores(values)
        return cls(
            stored,
            values,
            scores,
            classifier.probabilities(scores),
            classifier.reference.distance(values, card.novelty.neighbours),
            classifier.oddness(values),
            np.array(card.classes),
            classifier.check_scores(values),
        )

    def sit(self, classifier: Classifier) -> None:
        """Compute everything afresh and compare.

        Raises
        ------
        ContractError
            Naming the column, or the class, and the size of the difference.
        """
        card = classifier.card
        trained: list[str] = self.classes.tolist()
        if list(card.classes) != trained:
            raise ContractError(
                f"{card.name} fails its exam: card.json names the classes {', '.join(card.classes)}"
                f" where the trees were trained on {', '.join(trained)}"
            )
        _compare_features(_features(self.batches, card), self.values, card)
        scores = classifier.scores(self.values)
        if not np.array_equal(scores, self.scores):
            raise ContractError(
                f"{card.name} fails its exam: the trees give other scores than in training"
                f" (by up to {_largest(scores, self.scores)}); booster.txt or LightGBM has changed"
            )
        self._compare_answers(classifier)

    def _compare_answers(self, classifier: Classifier) -> None:
        """Compare what calibration and novelty make of scores and features."""
        name = classifier.card.name
        probabilities = classifier.probabilities(self.scores)
        if not np.allclose(probabilities, self.probabilities, rtol=_RELATIVE_TOLERANCE, atol=0):
            raise ContractError(
                f"{name} fails its exam: probabilities are others than in training (by up to"
                f" {_largest(probabilities, self.probabilities)}); the calibration has changed"
            )
        neighbours = classifier.card.novelty.neighbours
        distances = classifier.reference.distance(self.values, neighbours)
        # Distances are differences of large squares, of which rounding leaves more behind.
        if not np.allclose(distances, self.distances, rtol=1e-5, atol=1e-5):
            raise ContractError(
                f"{name} fails its exam: distances from training are others than they were (by up"
                f" to {_largest(distances, self.distances)}); novelty.npz or its code has changed"
            )
        oddness = classifier.oddness(self.values)
        if not np.array_equal(oddness, self.oddness):
            raise ContractError(
                f"{name} fails its exam: the detector finds windows odder than it did (by up to"
                f" {_largest(oddness, self.oddness)}); detector.txt or LightGBM has changed"
            )
        self._compare_checks(classifier)

    def _compare_checks(self, classifier: Classifier) -> None:
        found = classifier.check_scores(self.values)
        for i, check in enumerate(classifier.card.checks):
            if not np.array_equal(found[:, i], self.checks[:, i]):
                raise ContractError(
                    f"{classifier.card.name} fails its exam: the check for {check.kind} gives other"
                    f" scores than in training (by up to"
                    f" {_largest(found[:, i], self.checks[:, i])}); {_check_file(check.kind)} or"
                    " LightGBM has changed"
                )

    def save(self, path: Path) -> None:
        """Write everything into one file of arrays."""
        arrays: dict[str, Any] = {name: getattr(self, name) for name in (*_ARRAYS, _CHECKS)}
        for i, windows in enumerate(self.batches):
            arrays[f"samples_{i}"] = windows.samples
            arrays[f"sampling_rate_hz_{i}"] = windows.sampling_rate_hz
            arrays[f"unit_{i}"] = windows.unit
        np.savez_compressed(path, **arrays)

    @classmethod
    def load(cls, path: Path, card: Card) -> "Exam":
        """Read what :meth:`save` wrote."""
        with np.load(path, allow_pickle=False) as arrays:
            count = sum(name.startswith("samples_") for name in arrays)
            batches = tuple(
                Windows(
                    arrays[f"samples_{i}"],
                    sampling_rate_hz=float(arrays[f"sampling_rate_hz_{i}"]),
                    modality=card.modality,
                    unit=str(arrays[f"unit_{i}"]),
                )
                for i in range(count)
            )
            # A classifier written before there were checks has none.
            none = np.zeros((len(arrays["values"]), 0))
            checks = arrays.get(_CHECKS, none)
            known = {name: arrays[name] for name in _ARRAYS}
            return cls(batches, checks=checks, **known)


def _as_stored(windows: Windows) -> Windows:
    """Return windows in single precision, which is what an exam keeps."""
    return Windows(
        windows.samples.astype(np.float32),
        sampling_rate_hz=windows.sampling_rate_hz,
        modality=windows.modality,
        unit=windows.unit,
    )


def _largest(values: Array, expected: Array) -> str:
    return f"{np.max(np.abs(values - expected)):.3g}"


def _features(batches: Sequence[Windows], card: Card) -> Array:
    return np.concatenate([extract(windows, card.spec).values for windows in batches])


def _compare_features(values: Array, expected: Array, card: Card) -> None:
    scale = np.nanmax(np.abs(expected), axis=0, initial=0.0)
    close = np.isclose(values, expected, rtol=_RELATIVE_TOLERANCE, atol=0, equal_nan=True)
    close |= np.abs(values - expected) < _RELATIVE_TOLERANCE * 1e-3 * scale
    if close.all():
        return
    window, column = (int(i) for i in np.argwhere(~close)[0])
    raise ContractError(
        f"{card.name} fails its exam: column {card.columns[column]!r} is"
        f" {values[window, column]:.9g} now and was {expected[window, column]:.9g} in training"
        f" (window {window}); the features of this code are not those the model was trained on"
    )


def save(classifier: Classifier, exam: Exam, directory: Path) -> None:
    """Write a classifier into a directory that must not exist yet."""
    directory.mkdir(parents=True)
    card = json.dumps(classifier.card.model_dump(mode="json"), indent=1, ensure_ascii=False)
    (directory / "card.json").write_text(_in_rows(card) + "\n", encoding="utf-8")
    texts = {"booster.txt": classifier.booster, "detector.txt": classifier.detector}
    names = [_check_file(check.kind) for check in classifier.card.checks]
    texts |= dict(zip(names, classifier.checks, strict=True))
    for name, trees in texts.items():
        (directory / name).write_text(trees.model_to_string(), encoding="utf-8")
    classifier.reference.save(directory / "novelty.npz")
    exam.save(directory / "exam.npz")
    (directory / SUMS).write_text(_checksums(directory), encoding="utf-8")


def _in_rows(text: str) -> str:
    """Put lists of numbers on one line each; no string of JSON holds a line's end."""
    return re.sub(r"\[\n[\d\s.,eE+-]*\]", lambda row: " ".join(row[0].split()), text)


def load(directory: Path) -> Classifier:
    """Read a classifier and let it sit its exam.

    Raises
    ------
    ContractError
        When a file is missing or altered, when the card is not in order, or the exam is failed.
    """
    _check_files(directory)
    text = (directory / "card.json").read_text(encoding="utf-8")
    try:
        card = Card.model_validate_json(text)
    except ValidationError as error:
        detail = error.errors()[0]
        where = ".".join(str(part) for part in detail["loc"])
        raise ContractError(f"{directory}/card.json: {where}: {detail['msg']}") from error
    if card.fingerprint != card.spec.fingerprint or card.columns != columns(card.spec):
        raise ContractError(
            f"{directory}: the model was trained with other features than this code has"
            f" (fingerprint {card.fingerprint[:12]}, here {card.spec.fingerprint[:12]})"
        )
    classifier = Classifier(
        card=card,
        booster=read_trees(directory, "booster.txt", card),
        detector=read_trees(directory, "detector.txt", card),
        reference=Reference.load(directory / "novelty.npz"),
        checks=tuple(read_trees(directory, _check_file(c.kind), card) for c in card.checks),
    )
    Exam.load(directory / "exam.npz", card).sit(classifier)
    return classifier


def _check_file(kind: str) -> str:
    return f"check-{kind}.txt"


def _checksums(directory: Path) -> str:
    lines: list[str] = []
    for name in (*FILES, *sorted(path.name for path in directory.glob(_check_file("*")))):
        digest = hashlib.sha256((directory / name).read_bytes()).hexdigest()
        lines.append(f"{digest}  {name}\n")
    return "".join(lines)


def _check_files(directory: Path) -> None:
    missing = [name for name in (*FILES, SUMS) if not (directory / name).is_file()]
    if missing:
        raise ContractError(f"{directory} is no classifier: {', '.join(missing)} is missing")
    if (directory / SUMS).read_bytes() != _checksums(directory).encode():
        stated = (directory / SUMS).read_text(encoding="utf-8", errors="replace").splitlines()
        actual = _checksums(directory).splitlines()
        changed = [a.split()[-1] for a in actual if a not in stated]
        raise ContractError(
            f"{directory}: {', '.join(changed) or 'what lies here'} has not the checksum that"
            f" {SUMS} states; one of them was altered after training"
        )
