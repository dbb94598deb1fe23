"""Feedback: windows with the labels of people, kept in a folder of the operator's.

::

    <folder>/<modality>/20260401T101500.123456Z-5f0c2a91.parquet    one request, whole or absent

A service keeps nothing unless the folder is named, and no window without its subject's consent.
What is kept is signal of people: it goes into these files and nowhere else.
"""

import os
import secrets
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from features import ConfigError
from serving.counting import counter
from serving.feedback_request import FeedbackBody, FeedbackResponse
from serving.responses import PredictionBody
from serving.selection import FEEDBACK_VARIABLE

SCHEMA = pa.schema(
    {
        "id": pa.string(),
        "subject": pa.string(),
        "label": pa.string(),
        "rater": pa.string(),
        "modality": pa.string(),
        "unit": pa.string(),
        "sampling_rate_hz": pa.float64(),
        "samples": pa.list_(pa.list_(pa.float32())),
        "answer": pa.string(),
        "candidates": pa.list_(pa.string()),
        "model_name": pa.string(),
        "model_version": pa.string(),
        "model_fingerprint": pa.string(),
        "received_at": pa.timestamp("us", tz="UTC"),
    }
)
"""Columns of a file: the window, what a person and what the model says of it, and when it came."""

LEAVE_FREE_BYTES = 256 * 1024**2
"""Room that is left on the disk: a full one would harm more than this service."""

PART = ".part"
"""Ends the name of a file that is being written."""


class StorageError(Exception):
    """Feedback cannot be kept: there is no room, or the folder cannot be written."""


def feedback_folder() -> Path | None:
    """Return the folder in which feedback is kept, None when the operator has named none."""
    value = os.environ.get(FEEDBACK_VARIABLE, "")
    return Path(value) if value else None


def check_folder() -> None:
    """See that the folder can be written where one is named; make it, for its owner alone.

    Raises
    ------
    ConfigError
        When it cannot.
    """
    folder = feedback_folder()
    if folder is None:
        return
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = folder / f".{secrets.token_hex(4)}{PART}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise ConfigError(
            f"feedback cannot be kept in {folder}: {error.strerror}; name a folder that can be"
            " written"
        ) from error


def store(
    given: Sequence[FeedbackBody], answers: Sequence[PredictionBody], folder: Path
) -> FeedbackResponse:
    """Keep the windows of one request, of one modality, with what the model says of them.

    Raises
    ------
    StorageError
        When they cannot be kept; then none of them is.
    """
    now = datetime.now(UTC)
    name = f"{now:%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(4)}.parquet"
    path = folder / given[0].window.modality / name
    part = path.with_suffix(PART)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if shutil.disk_usage(path.parent).free < LEAVE_FREE_BYTES:
            raise StorageError(f"less than {LEAVE_FREE_BYTES // 2**20} MiB are free")
        try:
            with part.open("xb") as file:
                parquet.write_table(_table(given, answers, now), file, compression="zstd")
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(error.strerror or str(error)) from error
    _count(given, answers)
    agreed = sum(one.label == other.label for one, other in zip(given, answers, strict=True))
    return FeedbackResponse(stored=len(given), agreed=agreed)


def _table(
    given: Sequence[FeedbackBody], answers: Sequence[PredictionBody], now: datetime
) -> pa.Table:
    rows = [
        {
            "id": each.window.id,
            "subject": each.subject,
            "label": each.label,
            "rater": each.rater,
            "modality": each.window.modality,
            "unit": each.window.unit,
            "sampling_rate_hz": each.window.sampling_rate_hz,
            "samples": list(each.window.samples.astype(np.float32)),
            "answer": answer.label,
            "candidates": answer.candidates,
            "model_name": answer.model.name,
            "model_version": answer.model.version,
            "model_fingerprint": answer.model.fingerprint,
            "received_at": now,
        }
        for each, answer in zip(given, answers, strict=True)
    ]
    return pa.Table.from_pylist(rows, SCHEMA)


def _count(given: Sequence[FeedbackBody], answers: Sequence[PredictionBody]) -> None:
    kept = counter(
        "quaver_feedback_windows",
        "Windows kept with the label of a person, by label and what the model says",
        "modality",
        "label",
        "answer",
    )
    for each, answer in zip(given, answers, strict=True):
        kept.labels(each.window.modality, each.label, answer.label).inc()
