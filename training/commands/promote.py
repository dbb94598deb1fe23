"""The promote command: which run, which gate, and what is said about it."""

from collections.abc import Iterator

from features import Modality
from training import tracking
from training.config import load_config
from training.evaluation_stage import logged_run
from training.layout import Layout
from training.promote import Gate, promote


def promote_run(modality: Modality | None, run: str | None, layout: Layout) -> Iterator[str]:
    """Promote a run, by default the last training of a modality; yield lines about it."""
    gate = load_config(layout.config("promote"), Gate)
    tracking.connect()
    if run is None:
        if modality is None:
            raise ValueError("neither a run nor a modality was given")
        run = logged_run(modality, layout)
    promoted = promote(tracking.find_run(run), gate)
    logged = promoted.logged
    yield f"{logged.model_name} version {logged.model_version}, run {logged.run_id}"
    yield from (f"  {check}" for check in promoted.checks)
    yield f"  serves as {promoted.tag}"
