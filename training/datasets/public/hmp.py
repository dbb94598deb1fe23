"""Daily activities with an accelerometer on the wrist, in the download of its authors: 32 Hz.

Layout, as published: a folder for each activity, with files such as
``Accelerometer-2011-03-24-10-24-39-climb_stairs-f1.txt`` of three numbers from 0 to 63 a line. The
folders that end in ``_MODEL`` repeat files of the others and are left out. All else is as in
:mod:`training.datasets.real.hmp`.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from training.datasets.labelled import LabelledRecording
from training.datasets.real import hmp

NAME = "uci-hmp-wrist-adl"

_REPEATED = "_MODEL"


def read(folder: Path) -> Iterator[LabelledRecording]:
    """Read each file that is not a repetition, in g."""
    for labelled in hmp.read(folder):
        if not labelled.details["activity"].upper().endswith(_REPEATED):
            person = labelled.group.rsplit("/", 1)[-1]
            yield replace(labelled, group=f"{NAME}/{person}", source=NAME)


SOURCE = replace(hmp.SOURCE, name=NAME, read=read)
