"""Timing: how long a model takes to answer one window, here and now."""

import time
from pathlib import Path

from serving.classifier import Classifier
from serving.exam import Exam


def one_window_ms(classifier: Classifier, directory: Path) -> float:
    """Return how long a classifier takes to answer one window of its exam, once."""
    one = Exam.load(directory / "exam.npz", classifier.card).batches[0][:1]
    begun_s = time.perf_counter()
    classifier.predict(one)
    return 1000 * (time.perf_counter() - begun_s)
