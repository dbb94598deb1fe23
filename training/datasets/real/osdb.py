"""Wrist acceleration around epileptic seizures: vector magnitude in milli-g, 25 Hz.

The watch sends blocks of 5 s. Users tagged the seizure; the table beside the data gives each
block's strongest line. ``clonic_jerk`` are the blocks inside a marked tonic-clonic seizure that are
rhythmic: line at 2.4-6 Hz with a quarter of the power, deviation above 100 mg. That is a spectral
rule, and the jerks are epileptic, not spastic. Blocks outside the marked span are ``daily``; the
rest of the seizure has no label.

Overlapping events hold the same blocks, and some blocks came a second time, in part in m/s^2
instead of milli-g: both are left out. A hand that lies still reads 1000-1800 mg, so that the scale
is not to be relied on. The users' remarks are not read.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features import Recording
from training.datasets.labelled import LabelledRecording, Span
from training.datasets.real.files import opened, read_table
from training.datasets.real.stand_ins import CLONIC_JERK, DAILY
from training.datasets.real.stretches import merged
from training.datasets.source import Source

NAME = "osdb-seizure-wrist-accel-25hz"
RATE_HZ = 25.0
BLOCK_S = 5.0
BLOCK_SAMPLES = 125

_MARKED = "inside_marked_seizure"
_COLUMNS = (
    "event_id",
    "subtype",
    "start_s_from_event_time",
    "sd_milli_g",
    "peak_hz",
    "peak_fraction",
    _MARKED,
)
_JERK_HZ = (2.4, 6.0)
_JERK_MG = 100.0
_JERK_FRACTION = 0.25
_SMALLEST_MEDIAN_MG = 100.0
"""Gravity is 1000 mg; what has a median below this is not in milli-g."""
_FOLLOWS_S = (3.5, 6.5)
"""Stamps are whole seconds: blocks this far apart follow upon each other."""


@dataclass(frozen=True, eq=False)
class _Block:
    user: int
    start: datetime
    magnitude_mg: NDArray[np.float64]
    label: str
    event: int


def read(folder: Path) -> Iterator[LabelledRecording]:
    """Read each unbroken run of blocks of a user, once, as a recording of one channel."""
    for run in _runs(_blocks(folder)):
        spans = [
            Span(BLOCK_S * i, BLOCK_S * (i + 1), block.label)
            for i, block in enumerate(run)
            if block.label
        ]
        first = run[0]
        yield LabelledRecording(
            id=f"{first.user}/{first.start:%Y%m%dT%H%M%S}",
            recording=Recording(
                np.concatenate([block.magnitude_mg for block in run])[None],
                sampling_rate_hz=RATE_HZ,
                modality="accelerometer",
                unit="mg",
                channel_names=("magnitude",),
            ),
            spans=merged(spans),
            group=f"{NAME}/{first.user}",
            site="smart watch",
            source=NAME,
            details={"events": sorted({block.event for block in run})},
        )


def _blocks(folder: Path) -> list[_Block]:
    """Return every different block in milli-g, by user and time."""
    path = folder / "testDataVisualisation.json"
    with opened(path):
        events = json.loads(path.read_text(encoding="utf-8"))
    labels = _labels(read_table(folder / "epochs_5s.csv", _COLUMNS))
    blocks: dict[bytes, _Block] = {}
    with opened(path):
        for event in events:
            for point in event["datapoints"]:
                block = _block(event, point, labels)
                key = block.magnitude_mg.tobytes()
                known = blocks.get(key)
                # Of two events that share a block, one may have marked it and the other not.
                better = known is None or _RANKS[block.label] > _RANKS[known.label]
                if better and np.median(block.magnitude_mg) > _SMALLEST_MEDIAN_MG:
                    blocks[key] = block
    return sorted(blocks.values(), key=lambda block: (block.user, block.start))


_RANKS = {DAILY: 0, "": 1, CLONIC_JERK: 2}


def _block(
    event: dict[str, Any], point: dict[str, Any], labels: dict[tuple[int, int], str]
) -> _Block:
    start = _moment(point["dataTime"])
    offset_s = round((start - _moment(event["dataTime"])).total_seconds())
    magnitude = np.asarray(point["rawData"], dtype=np.float64)
    if magnitude.shape != (BLOCK_SAMPLES,):
        raise ValueError(f"a block has {magnitude.shape} samples, not {BLOCK_SAMPLES}")
    return _Block(
        user=int(event["userId"]),
        start=start,
        magnitude_mg=magnitude,
        label=labels.get((int(event["id"]), offset_s), ""),
        event=int(event["id"]),
    )


def _moment(text: str) -> datetime:
    if text.endswith("Z"):
        return datetime.fromisoformat(text).replace(tzinfo=None)
    return datetime.strptime(text, "%d-%m-%Y %H:%M:%S")  # noqa: DTZ007  # local, no zone given


def _labels(table: pd.DataFrame) -> dict[tuple[int, int], str]:
    """Return the label of each block, by event and by seconds from the event."""
    inside = table[_MARKED] == 1
    rhythmic = table["peak_hz"].between(*_JERK_HZ) & (table["peak_fraction"] >= _JERK_FRACTION)
    rhythmic &= table["sd_milli_g"] > _JERK_MG
    label = pd.Series("", index=table.index, dtype=object)
    label[table[_MARKED] == 0] = DAILY
    label[inside & rhythmic & (table["subtype"] == "Tonic-Clonic")] = CLONIC_JERK
    keys = zip(
        table["event_id"].astype(int), table["start_s_from_event_time"].astype(int), strict=True
    )
    return dict(zip(keys, label, strict=True))


def _runs(blocks: list[_Block]) -> Iterator[list[_Block]]:
    """Yield runs of blocks of one user that follow upon each other."""
    run: list[_Block] = []
    for block in blocks:
        if run and run[-1].user == block.user:
            apart_s = (block.start - run[-1].start).total_seconds()
            if apart_s < _FOLLOWS_S[0]:  # a second copy of the same seconds
                continue
            if apart_s <= _FOLLOWS_S[1]:
                run.append(block)
                continue
        if run:
            yield run
        run = [block]
    if run:
        yield run


SOURCE = Source(
    name=NAME,
    title="Wrist around epileptic seizures, accelerometer magnitude",
    modalities=("accelerometer",),
    kind="real",
    licence="CC BY 4.0 with a clause of the Open Seizure Database (3b)",
    for_training=False,
    reason="stand-in for clonus, labelled by a spectral rule; the clause asks for publications",
    read=read,
    where="Open Seizure Database, on request",
)
