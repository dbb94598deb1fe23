"""Store: simulated recordings as one Parquet file, a row each, spans and truth included."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from features import Recording
from training.datasets.labelled import LabelledRecording, Span

_SCHEMA = pa.schema(
    {
        "recording": pa.string(),
        "group": pa.string(),
        "site": pa.string(),
        "source": pa.string(),
        "modality": pa.string(),
        "unit": pa.string(),
        "sampling_rate_hz": pa.float64(),
        "n_channels": pa.int32(),
        "samples": pa.list_(pa.float32()),
        "spans": pa.list_(
            pa.struct({"start_s": pa.float64(), "end_s": pa.float64(), "label": pa.string()})
        ),
        "truth": pa.string(),
    }
)
_ROWS_TOGETHER = 16


def write(recordings: Iterable[LabelledRecording], path: Path) -> int:
    """Write recordings as they come, whole file or none; return how many there were."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    count = 0
    try:
        with pq.ParquetWriter(partial, _SCHEMA, compression="zstd", compression_level=1) as writer:
            rows: list[dict[str, object]] = []
            for labelled in recordings:
                rows.append(_row(labelled))
                count += 1
                if len(rows) == _ROWS_TOGETHER:
                    writer.write_table(pa.Table.from_pylist(rows, _SCHEMA))
                    rows = []
            if rows:
                writer.write_table(pa.Table.from_pylist(rows, _SCHEMA))
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return count


def read(path: Path) -> Iterator[LabelledRecording]:
    """Read recordings one after another."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=_ROWS_TOGETHER):
            samples = batch.column("samples")
            for i, row in enumerate(batch.drop_columns(["samples"]).to_pylist()):
                yield _labelled(row, samples[i].values.to_numpy(zero_copy_only=False))


def _row(labelled: LabelledRecording) -> dict[str, object]:
    recording = labelled.recording
    return {
        "recording": labelled.id,
        "group": labelled.group,
        "site": labelled.site,
        "source": labelled.source,
        "modality": recording.modality,
        "unit": recording.unit,
        "sampling_rate_hz": recording.sampling_rate_hz,
        "n_channels": recording.n_channels,
        "samples": np.asarray(recording.samples, dtype=np.float32).ravel(),
        "spans": [
            {"start_s": s.start_s, "end_s": s.end_s, "label": s.label} for s in labelled.spans
        ],
        "truth": json.dumps(labelled.details),
    }


def _labelled(row: dict[str, Any], flat: NDArray[np.float32]) -> LabelledRecording:
    recording = Recording(
        flat.reshape(row["n_channels"], -1),
        sampling_rate_hz=row["sampling_rate_hz"],
        modality=row["modality"],
        unit=row["unit"],
    )
    return LabelledRecording(
        id=row["recording"],
        recording=recording,
        spans=tuple(Span(s["start_s"], s["end_s"], s["label"]) for s in row["spans"]),
        group=row["group"],
        site=row["site"],
        source=row["source"],
        details=json.loads(row["truth"]),
    )
