"""Label: a file of any supported format to a row for each of its windows."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from features import Recording, SignalError
from serving.classifier import Classifier, Predictions

BATCH = 512


def label_recording(
    classifier: Classifier, recording: Recording, hop_s: float
) -> Iterator[dict[str, Any]]:
    """Yield a row for each window of each channel (of motion: of all axes together)."""
    window_s = classifier.card.spec.window_s
    if recording.duration_s < window_s:
        raise SignalError(
            f"the recording lasts {recording.duration_s:g} s; a window needs {window_s:g} s"
        )
    for signal in _signals(recording):
        starts = signal.window_starts(window_s, hop_s)
        for first in range(0, len(starts), BATCH):
            chosen = starts[first : first + BATCH]
            predictions = classifier.predict(signal.windows_at(chosen, window_s), workers=2)
            starts_s = chosen / signal.sampling_rate_hz
            name = "+".join(signal.channel_names)
            for i, start_s in enumerate(starts_s.tolist()):
                yield {
                    "channel": name,
                    "start_s": round(start_s, 4),
                    "end_s": round(start_s + window_s, 4),
                    **_answer(predictions, i, classifier.card.classes),
                }


def to_csv(rows: Iterator[dict[str, Any]]) -> str:
    """Return rows as CSV; candidates are joined by a plus sign."""
    text = io.StringIO()
    writer: csv.DictWriter[str] | None = None
    for row in rows:
        flat = {k: v for k, v in row.items() if k != "probabilities"}
        flat["candidates"] = "+".join(row["candidates"])
        flat |= {f"probability_{name}": p for name, p in row["probabilities"].items()}
        if writer is None:
            writer = csv.DictWriter(text, list(flat), lineterminator="\n")
            writer.writeheader()
        writer.writerow({k: "" if v is None else v for k, v in flat.items()})
    return text.getvalue()


def to_json(rows: Iterator[dict[str, Any]], file: Path, classifier: Classifier) -> str:
    """Return rows as JSON, with the model that they come from."""
    card = classifier.card
    model = {"name": card.name, "fingerprint": card.fingerprint}
    return json.dumps({"file": file.name, "model": model, "windows": list(rows)}, indent=1)


def _signals(recording: Recording) -> list[Recording]:
    if recording.modality != "emg":
        return [recording]
    return [recording.channel(i) for i in range(recording.n_channels)]


def _answer(predictions: Predictions, i: int, classes: tuple[str, ...]) -> dict[str, Any]:
    chances = predictions.probabilities[i]
    return {
        "label": str(predictions.labels[i]),
        "candidates": list(predictions.candidates[i]),
        "reason": predictions.reasons[i],
        "dominant_frequency_hz": predictions.feature(i, "dominant_frequency"),
        "burst_rate_hz": predictions.feature(i, "burst_rate"),
        "probabilities": {
            name: None if np.isnan(p) else round(float(p), 4)
            for name, p in zip(classes, chances, strict=True)
        },
    }
