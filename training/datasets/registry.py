"""Every data set that can be read, and what each holds.

A set is added by one module with a ``SOURCE`` and one line here.
"""

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from features import ConfigError
from serving.requests import WINDOW_S
from training.datasets.labelled import LabelledRecording
from training.datasets.labelling import Labelling, label_windows
from training.datasets.public import PUBLIC
from training.datasets.real import (
    biosppy,
    cloudupdrs,
    contraction_intensity,
    dystonic_video,
    emglab,
    hand_mouse,
    hmp,
    hreflex,
    imu_disorders,
    openhdemg,
    osdb,
    pd_rest,
    physionet_emgdb,
    plux,
    psyc9080,
    threedc,
    tms_continuous,
    tms_epochs,
    uci_lower_limb,
)
from training.datasets.source import Source

DATA_VARIABLE = "QUAVER_DATA"

REAL: tuple[Source, ...] = (
    pd_rest.SOURCE,
    imu_disorders.SOURCE,
    cloudupdrs.SOURCE,
    hand_mouse.SOURCE,
    hmp.SOURCE,
    osdb.SOURCE,
    dystonic_video.SOURCE,
    threedc.SOURCE,
    contraction_intensity.SOURCE,
    plux.SOURCE,
    biosppy.SOURCE,
    psyc9080.SOURCE,
    uci_lower_limb.SOURCE,
    openhdemg.SOURCE,
    tms_continuous.SOURCE,
    tms_epochs.SOURCE,
    hreflex.SOURCE,
    emglab.SOURCE,
    physionet_emgdb.SOURCE,
)

SOURCES: tuple[Source, ...] = (*REAL, *PUBLIC)
"""Sets with a name of their own; what is simulated or a user's own is named by its folder."""


def source(name: str) -> Source:
    """Return the source of a name, or say which there are."""
    for candidate in SOURCES:
        if candidate.name == name:
            return candidate
    known = ", ".join(candidate.name for candidate in SOURCES)
    raise ConfigError(
        f"there is no folder and no data set {name!r}; there are simulated/<set>, {known}"
    )


def data_folder() -> Path:
    """Return the folder that holds the sets, one folder each, from the environment."""
    value = os.environ.get(DATA_VARIABLE, "")
    if not value:
        raise ConfigError(
            f"{DATA_VARIABLE} is not set; it must name the folder that holds the real data sets"
        )
    folder = Path(value)
    if not folder.is_dir():
        raise ConfigError(
            f"{DATA_VARIABLE} is {value!r}, which is not a folder; it must name the one that holds"
            " the real data sets"
        )
    return folder


@dataclass(frozen=True)
class Summary:
    """What a set holds: one row of the table of data sets.

    ``windows`` counts the windows of each label, in order of the label's name; ``barren`` names the
    recordings that give none, by the reason.
    """

    source: Source
    n_groups: int
    n_recordings: int
    duration_s: float
    windows: Mapping[str, int]
    barren: Mapping[str, tuple[str, ...]]


def summary(source: Source, folder: Path, rules: Labelling) -> Summary:
    """Read a set and count what is in it.

    Parameters
    ----------
    source : Source
    folder : Path
        Of the set itself: ``data_folder() / source.name`` for a real one.
    rules : Labelling
    """
    groups: set[str] = set()
    windows: Counter[str] = Counter()
    barren: dict[str, tuple[str, ...]] = {}
    n_recordings = 0
    duration_s = 0.0
    for labelled in source.read(folder):
        n_recordings += 1
        groups.add(labelled.group)
        duration_s += labelled.recording.duration_s
        labels = label_windows(labelled, rules).labels.tolist()
        windows.update(labels)
        if not labels:
            why = _why_barren(labelled, rules)
            barren[why] = (*barren.get(why, ()), labelled.id)
    counts = dict(sorted(windows.items()))
    return Summary(source, len(groups), n_recordings, duration_s, counts, barren)


def _why_barren(labelled: LabelledRecording, rules: Labelling) -> str:
    """Say why a recording gives no window."""
    if len(labelled.recording.window_starts(WINDOW_S, rules.hop_s)) == 0:
        return f"shorter than a window, {WINDOW_S:g} s"
    if not labelled.spans:
        return "nothing in it has a label"
    minima = ", ".join(f"{label} {seconds:g} s" for label, seconds in rules.minimum_s.items())
    return f"no window holds enough of a label: rest {WINDOW_S:g} s, {minima}"
