"""Thigh muscles while the knee moves, in the download of its authors: surface EMG in mV, 1 kHz.

Layout, as published: ``SEMG_DB1/N_TXT`` (11 healthy people) and ``A_TXT`` (11 with an abnormal
knee) with files such as ``3Npie.txt``: person, group, and ``sen`` (sitting, leg extension), ``pie``
(standing, knee flexion) or ``mar`` (walking). A header that names channels, units and rate, an
empty line, then tabs between four muscles and the angle of the knee. A file that repeats another
is left out: copies are known where two people have the same recording. Labels are those of
:mod:`training.datasets.real.uci_lower_limb`.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd

from features import SignalError
from training.datasets.labelled import LabelledRecording
from training.datasets.real import uci_lower_limb
from training.datasets.real.files import Array, opened
from training.datasets.real.uci_lower_limb import thigh_recording

NAME = "uci-semg-lower-limb"
MUSCLES = ("rectus femoris", "biceps femoris", "vastus medialis", "semitendinosus")
CHANNELS = ("RF", "BF", "VM", "ST", "FX")
ACTIVITIES = {"sen": "sitting", "pie": "standing", "mar": "walking"}
KNEES = {"N": "normal", "A": "abnormal"}

_FILE = re.compile(r"(?P<number>\d+)(?P<knee>[NA])(?P<activity>sen|pie|mar)", re.IGNORECASE)
_CHANNEL = re.compile(r"Channel \d+: '(?P<name>\w+)', \d+ values, engineering units: (?P<unit>\w+)")


def read(folder: Path) -> Iterator[LabelledRecording]:
    """Read each muscle of each file as a recording."""
    paths = sorted(path for knee in KNEES for path in folder.glob(f"**/{knee}_TXT/*.txt"))
    if not paths:
        raise SignalError(
            f"{folder} holds no N_TXT/*.txt or A_TXT/*.txt; unpack SEMG_DB1 of the download"
        )
    contents: set[bytes] = set()
    for path in paths:
        match = _FILE.fullmatch(path.stem)
        if match is None:
            raise SignalError(f"{path} is not named as the set is, such as 3Npie.txt")
        knee = KNEES[match["knee"].upper()]
        columns = _columns(path)
        content = hashlib.sha256(columns.tobytes()).digest()
        if content in contents:
            continue
        contents.add(content)
        for samples, muscle in zip(columns, MUSCLES, strict=True):
            yield thigh_recording(
                path.stem,
                samples,
                person=f"{knee}{match['number']}",
                source=NAME,
                details={
                    "knee": knee,
                    "muscle": muscle,
                    "activity": ACTIVITIES[match["activity"].lower()],
                },
            )


def _columns(path: Path) -> Array:
    """Return the four muscles, shape (4, n_samples), after checking what the header says."""
    with opened(path):
        with path.open(encoding="latin-1") as file:
            header = list(iter(lambda: file.readline().strip(), ""))
            channels = [match for line in header if (match := _CHANNEL.match(line))]
            names = tuple(match["name"] for match in channels)
            units = {match["unit"] for match in channels[: len(MUSCLES)]}
            if names != CHANNELS or units != {"mV"}:
                raise SignalError(
                    f"{path} states the channels {', '.join(names) or '(none)'} in"
                    f" {', '.join(sorted(units)) or 'no unit'}; the set has {', '.join(CHANNELS)},"
                    " muscles in mV"
                )
            table = pd.read_csv(file, sep="\t", header=None, dtype=float)
        columns: Array = table.to_numpy().T
        if len(columns) != len(CHANNELS):
            raise SignalError(f"{path} has {len(columns)} columns; it should have {len(CHANNELS)}")
        return columns[: len(MUSCLES)]


SOURCE = replace(
    uci_lower_limb.SOURCE,
    name=NAME,
    licence="CC BY 4.0",
    reason="contractions are found by amplitude",
    read=read,
)
