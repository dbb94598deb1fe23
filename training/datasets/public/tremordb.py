"""Effect of deep brain stimulation on Parkinsonian tremor: finger velocity by laser, 100 Hz.

Layout, as published: a folder for each condition and group, such as ``rofh``, with one file a
person (``g1rof.let``, left, or ``.rit``, right) of one velocity a line. In the name of a folder, e
or o means stimulation on or off; then n or f, medication on or off; then h or l, people of high or
low tremor amplitude. ``r15ofh`` to ``r60ofh`` are minutes after stimulation stopped, without
medication. ``file_description.txt`` gives the unit of each file, m/s or mm/s.

None of our sensors measures velocity, so it is differentiated: the acceleration that a sensor on
the finger would show along the beam, without gravity. That makes it ``semi-real``. Of people with
high amplitude, untreated, the authors say that they tremble at rest: ``tremor``. All else is rest
during an examination of tremor, under the name of that.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from features import Recording, SignalError
from training.datasets.labelled import LabelledRecording, Span
from training.datasets.real.files import opened, read_numbers
from training.datasets.real.stand_ins import REST_TREMOR_TASK
from training.datasets.source import Source

NAME = "tremordb"
RATE_HZ = 100.0
UNTREATED_HIGH = "rofh"
DESCRIPTION = "file_description.txt"
METRES = {"m/s": 1.0, "mm/s": 1e-3}

_CONDITION = re.compile(r"r(en|ef|on|of|\d\dof)[hl]")
_FILE = re.compile(r"(?P<person>[gsv]\d+)r.*\.(?P<side>let|rit)")
_SIDES = {"let": "left", "rit": "right"}


def read(folder: Path) -> Iterator[LabelledRecording]:
    """Read each file as acceleration in m/s^2."""
    units = _units(folder / DESCRIPTION)
    files = [
        (path, match)
        for path in sorted(folder.glob("r*/*"))
        if _CONDITION.fullmatch(path.parent.name) and (match := _FILE.fullmatch(path.name))
    ]
    if not files:
        raise SignalError(
            f"{folder} holds no rofh/*.let or *.rit; the set is incomplete or lies elsewhere"
        )
    for path, match in files:
        if path.stem not in units:
            raise SignalError(f"{folder / DESCRIPTION} does not give the unit of {path.name}")
        velocity = read_numbers(path, 1)[:, 0] * METRES[units[path.stem]]
        recording = Recording(
            np.gradient(velocity, 1 / RATE_HZ)[None],
            sampling_rate_hz=RATE_HZ,
            modality="accelerometer",
            unit="m/s^2",
            channel_names=("along the beam",),
        )
        condition = path.parent.name
        label = "tremor" if condition == UNTREATED_HIGH else REST_TREMOR_TASK
        yield LabelledRecording(
            id=f"{condition}/{path.name}",
            recording=recording,
            spans=(Span(0.0, recording.duration_s, label),),
            group=f"{NAME}/{match['person']}",
            site="velocity laser",
            source=NAME,
            details={"condition": condition, "side": _SIDES[match["side"]]},
        )


def _units(path: Path) -> Mapping[str, str]:
    """Return the unit of each file, by its name without suffix.

    Without, because the suffixes in the set's own lists are not always those of the files.
    """
    units: dict[str, str] = {}
    with opened(path):
        for line in path.read_text(encoding="latin-1").splitlines():
            words = line.split()
            names = [word for word in words if _FILE.fullmatch(word)]
            stated = [word for word in words if word in METRES]
            if len(names) == len(stated) == 1:
                units[names[0].rsplit(".", 1)[0]] = stated[0]
    return units


SOURCE = Source(
    name=NAME,
    title="Rest tremor of the finger under deep brain stimulation, from velocity",
    modalities=("accelerometer",),
    kind="semi-real",
    licence="Open Data Commons Attribution 1.0, not verified",
    for_training=False,
    reason="acceleration is computed from velocity; tremor is known for a person, not a stretch",
    read=read,
    where="PhysioNet, tremordb 1.0.0",
)
