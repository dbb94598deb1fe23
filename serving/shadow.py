"""Shadow: a challenger answers what the champion has answered; only the counts are told.

It works in a thread of its own after the answer was given, so that it cannot fail a request; when
it cannot keep up, windows are passed over and counted.
"""

import logging
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from features import Modality, Windows
from serving.classifier import Predictions
from serving.counting import counter

if TYPE_CHECKING:
    from serving.answering import Models

MOST_WAITING_BYTES = 64 * 1024**2
"""Samples that may wait for the challenger: while there are more, none are added to them."""

Labels = NDArray[np.str_]

_LOG = logging.getLogger("bentoml.quaver")


class Shadow:
    """Lets challengers answer, and counts where they differ from the champions."""

    def __init__(self) -> None:
        self.models: Models = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="shadow")
        self._waiting_bytes = 0
        self._lock = Lock()

    def watch(self, modality: Modality, windows: Windows, answered: Predictions) -> None:
        """Let the challenger of a modality answer windows too, some time."""
        if modality not in self.models:
            return
        with self._lock:
            full = self._waiting_bytes >= MOST_WAITING_BYTES
            if not full:
                self._waiting_bytes += windows.samples.nbytes
        if full:
            _passed_over(modality, len(windows))
        else:  # without the table of features, which may be as large as the windows
            self._thread.submit(self._answer, modality, windows, answered.labels)

    def wait(self) -> None:
        """Wait until everything that was shown so far has been answered."""
        self._thread.submit(lambda: None).result()

    def _answer(self, modality: Modality, windows: Windows, champion: Labels) -> None:
        try:
            challenger = self.models.get(modality)
            if challenger is not None:
                _count(modality, champion, challenger.classifier.predict(windows).labels)
        except Exception:  # noqa: BLE001  (whatever it is, the champion has answered)
            _LOG.exception("the challenger for %s has failed", modality)
            _passed_over(modality, len(windows))
        finally:
            with self._lock:
                self._waiting_bytes -= windows.samples.nbytes


def _count(modality: Modality, champion: Labels, challenger: Labels) -> None:
    answers = counter(
        "quaver_shadow_windows",
        "Windows that champion and challenger have answered, by their answers",
        "modality",
        "champion",
        "challenger",
    )
    differ = counter(
        "quaver_shadow_disagreements",
        "Windows that champion and challenger have answered otherwise",
        "modality",
    )
    differ.labels(modality).inc(int((champion != challenger).sum()))
    for one, other in zip(champion, challenger, strict=True):
        answers.labels(modality, one, other).inc()


def _passed_over(modality: Modality, number: int) -> None:
    counter(
        "quaver_shadow_passed_over", "Windows that the challenger has not answered", "modality"
    ).labels(modality).inc(number)
