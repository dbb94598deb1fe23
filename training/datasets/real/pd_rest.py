"""Resting hands of people with Parkinson's disease and of controls: accelerometer at 500 Hz.

For people with tremor the 4-s table beside the data says which windows are rhythmic, by a spectral
rule. That is circular for a spectral classifier, so the rule's verdict is kept in ``details`` and
nothing here may be trained on. The controls are at rest by protocol, all the time; fidgets
and twitches of up to some hundred milligrams are part of what a resting hand does.
"""

from collections.abc import Hashable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features import Recording
from features.windows import Samples
from training.datasets.labelled import UNCLEAR, LabelledRecording, Span
from training.datasets.real.files import check_shape, opened, read_table
from training.datasets.real.stretches import merged
from training.datasets.source import Source

NAME = "pd-rest-hand-accel-500hz"
RATE_HZ = 500.0

OFFSET = np.array([[60.0e3], [48.2e3], [-189.6e3]])
UNITS_PER_G = np.array([[1.503e6], [1.462e6], [1.454e6]])
"""Published with the set, from a sphere fitted to quiet blocks: gravity is 1 g within 0.4 %."""

FIRST_CONTROL = 890
TREMULOUS = frozenset({811, 814, 815, 819, 820, 823, 824, 829})
"""Subjects with visible tremor, as the set's description lists them."""

_RECORDING_COLUMNS = ("file", "subject", "session", "group", "tremor_hz", "tremor_band_rms_g")
_WINDOW_COLUMNS = (
    "file",
    "start_s",
    "end_s",
    "peak_hz_3_8",
    "band_fraction",
    "band_rms_g",
    "derived_state",
)
_DETAILS = {"peak_hz_3_8": "peak_hz", "band_fraction": "line_share"}
"""Columns of a window that have a clearer name here."""


def read(folder: Path) -> Iterator[LabelledRecording]:
    """Read each recording, in g, with the spans that its group allows."""
    recordings = read_table(folder / "recordings.csv", _RECORDING_COLUMNS)
    windows = read_table(folder / "windows_4s.csv", _WINDOW_COLUMNS)
    for row in recordings.to_dict("records"):
        path = folder / str(row["file"])
        recording = _read_recording(path)
        subject = int(row["subject"])
        table = windows[windows["file"] == path.name]
        yield LabelledRecording(
            id=path.stem,
            recording=recording,
            spans=_spans(subject, table, recording.duration_s),
            group=f"{NAME}/{subject}",
            site="university of new mexico, eeg amplifier with accelerometer",
            source=NAME,
            details=_details(row, table),
        )


def in_g(raw: Samples) -> NDArray[np.float32]:
    """Convert raw amplifier units, shape (3, n_samples), to g."""
    converted: NDArray[np.float32] = ((raw - OFFSET) / UNITS_PER_G).astype(np.float32)
    return converted


def _read_recording(path: Path) -> Recording:
    with opened(path):
        raw = np.load(path, allow_pickle=False)
    check_shape(raw, (3, None), path)
    return Recording(
        in_g(raw),
        sampling_rate_hz=RATE_HZ,
        modality="accelerometer",
        unit="g",
        channel_names=("x", "y", "z"),
    )


def _spans(subject: int, windows: pd.DataFrame, duration_s: float) -> tuple[Span, ...]:
    if subject >= FIRST_CONTROL:
        return (Span(0.0, duration_s, "rest"),)
    labels = {"quiet": "rest", "rhythmic": "tremor" if subject in TREMULOUS else UNCLEAR}
    return merged(
        Span(float(start), float(end), labels.get(str(state), UNCLEAR))
        for start, end, state in zip(
            windows["start_s"], windows["end_s"], windows["derived_state"], strict=True
        )
        if end <= duration_s
    )


def _details(row: Mapping[Hashable, Any], windows: pd.DataFrame) -> dict[str, Any]:
    return {
        "session": int(row["session"]),
        "group": str(row["group"]),
        "tremor_hz": float(row["tremor_hz"]),
        "tremor_rms_g": float(row["tremor_band_rms_g"]),
        "windows": windows[list(_WINDOW_COLUMNS[1:])].rename(columns=_DETAILS).to_dict("records"),
    }


SOURCE = Source(
    name=NAME,
    title="Resting hand, Parkinson's disease and controls, accelerometer",
    modalities=("accelerometer",),
    kind="real",
    licence="MIT (repository); a mirror of the original says public domain; original page not seen",
    for_training=False,
    reason="windows of tremor are labelled by a spectral rule, which is circular; for false alarms"
    " on controls and for sensitivity in people known to be tremulous",
    read=read,
)
