"""Flavor: how MLflow opens a logged classifier, without a pickle.

``mlflow.pyfunc`` calls :func:`_load_pyfunc` with the directory of the classifier. What is returned
takes a table with the columns ``samples`` (channels x samples), ``sampling_rate_hz`` and ``unit``,
one row a window, and answers with a list of one dictionary a row.
"""

from pathlib import Path
from typing import Any

from features import Windows
from serving.classifier import Classifier
from serving.exam import load


class LoadedClassifier:
    """A classifier as MLflow calls it."""

    def __init__(self, classifier: Classifier) -> None:
        self.classifier = classifier

    def predict(
        self,
        model_input: Any,  # noqa: ANN401  (a table of MLflow's making)
        params: dict[str, Any] | None = None,
    ) -> list[dict[str, Any]]:
        """Answer each row."""
        del params
        return [self._answer(row) for row in model_input.to_dict("records")]

    def _answer(self, row: dict[str, Any]) -> dict[str, Any]:
        card = self.classifier.card
        windows = Windows(
            [[list(channel) for channel in row["samples"]]],
            sampling_rate_hz=row["sampling_rate_hz"],
            modality=card.modality,
            unit=row["unit"],
        )
        predictions = self.classifier.predict(windows)
        chances = zip(card.classes, predictions.probabilities[0].tolist(), strict=True)
        return {
            "label": str(predictions.labels[0]),
            "candidates": list(predictions.candidates[0]),
            "reason": predictions.reasons[0] or "",
            **{f"probability__{name}": chance for name, chance in chances},
        }


def _load_pyfunc(path: str) -> LoadedClassifier:
    """Open the classifier that MLflow has stored below ``path``."""
    root = Path(path)
    inside = [root, *sorted(p for p in root.iterdir() if p.is_dir())]
    directory = next((p for p in inside if (p / "card.json").is_file()), root)
    return LoadedClassifier(load(directory))
