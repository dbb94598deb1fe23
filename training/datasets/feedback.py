"""Feedback as a data set: windows that people have labelled through ``POST /feedback``.

The folder is the one that ``quaver serve --feedback`` has kept them in, see
:mod:`serving.feedback`. Groups are subjects. A window that was sent again counts once, with the
label that came last: people correct themselves and each other.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

from features import MODALITIES, ConfigError, Recording
from training.datasets.labelled import LabelledRecording, Span
from training.datasets.source import Source

NAME = "feedback"
"""What the set is called, and its groups begin with: ``feedback=<folder>`` in a configuration."""


def feedback_source() -> Source:
    """Return the source; its folder is one that a service has kept feedback in."""
    return Source(
        name=NAME,
        title="windows that people have labelled through POST /feedback",
        modalities=tuple(MODALITIES),
        kind="real",
        licence="the consent of each subject",
        for_training=True,
        reason="kept for it, with consent",
        read=read_feedback,
    )


def read_feedback(folder: Path) -> Iterator[LabelledRecording]:
    """Read each window as a recording of its own, those that came last first."""
    seen: set[str] = set()
    for path in reversed(feedback_files(folder)):
        table = feedback_table(path)
        samples = table.column("samples")
        rows = table.drop_columns(["samples"]).to_pylist()
        for i in reversed(range(len(rows))):
            labelled = _labelled(
                rows[i], np.stack([c.values.to_numpy() for c in samples[i].values])
            )
            if labelled.id not in seen:
                seen.add(labelled.id)
                yield labelled


def feedback_files(folder: Path) -> list[Path]:
    """Return the files of a folder by modality and time.

    Raises
    ------
    ConfigError
        When there is no such folder.
    """
    if not folder.is_dir():
        raise ConfigError(
            f"{folder} is not a folder; name the one that `quaver serve --feedback` keeps windows"
            " in"
        )
    return [
        path for name in sorted(MODALITIES) for path in sorted((folder / name).glob("*.parquet"))
    ]


def feedback_table(path: Path, columns: list[str] | None = None) -> pa.Table:
    """Read a file, or some columns of it.

    Raises
    ------
    ConfigError
        When it is no file of feedback.
    """
    try:
        return parquet.read_table(path, columns=columns, partitioning=None)
    except (OSError, pa.ArrowException) as error:
        raise ConfigError(f"{path} cannot be read as feedback: {error}") from error


def _labelled(row: dict[str, Any], samples: NDArray[np.float32]) -> LabelledRecording:
    recording = Recording(
        samples,
        sampling_rate_hz=row["sampling_rate_hz"],
        modality=row["modality"],
        unit=row["unit"],
    )
    # Callers may give every window the same id; what a window holds is its own.
    content = f"{row['modality']} {row['unit']} {row['sampling_rate_hz']} {samples.shape}".encode()
    digest = hashlib.sha256(content + samples.tobytes()).hexdigest()
    return LabelledRecording(
        id=f"{row['subject']}/{digest[:16]}",
        recording=recording,
        spans=(Span(0.0, recording.duration_s, row["label"]),),
        group=f"{NAME}/{row['subject']}",
        site=NAME,
        source=NAME,
        details={name: row[name] for name in ("id", "subject", "rater", "answer")},
    )
