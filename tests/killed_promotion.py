"""A promotion in a process of its own, which ends as by kill -9 after a step."""

import os
import signal
from pathlib import Path

from in_process import bentoml_store

from training import promote as promoting
from training import tracking
from training.gate import Gate
from training.tracking import Logged


def promote_until(step: str, logged: Logged, gate: Gate, uri: str, home: Path) -> None:
    """Promote a model and die after a step."""
    os.environ["MLFLOW_TRACKING_URI"] = uri
    tracking.connect()
    whole = promoting.steps

    def dying(change):
        for name in whole(change):
            if name == step:
                os.kill(os.getpid(), signal.SIGKILL)
            yield name

    promoting.steps = dying
    with bentoml_store(home):
        promoting.promote(logged, gate)
