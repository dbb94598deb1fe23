"""Opening: from the name of a data set, as a configuration or a command gives it, to its source.

``simulated/<set>`` is a set of the simulator; ``<name>=<folder>`` a public set that was downloaded
into that folder, ``feedback=<folder>`` what a service has kept there; a folder that holds
``dataset.yaml`` is somebody's own; any other name is a real set below ``QUAVER_DATA``. Folders of
one name are one set.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import numpy as np

from features import ConfigError, Modality, SignalError, Windows
from training.datasets.feedback import feedback_source
from training.datasets.labelled import LabelledRecording, LabelledWindows
from training.datasets.labelling import Labelling, label_windows
from training.datasets.own import FILE_NAME, own_source
from training.datasets.public import PUBLIC
from training.datasets.registry import DATA_VARIABLE, data_folder, source
from training.datasets.source import Source
from training.simulate import store

BATCH = 256
"""Windows that are handed on together."""


@dataclass(frozen=True)
class Opened:
    """A source and the folder to read it from; a set in several folders has ``others`` beside."""

    source: Source
    folder: Path
    others: "tuple[Opened, ...]" = ()

    @property
    def folders(self) -> tuple[Path, ...]:
        """Every folder of the set."""
        return (self.folder, *(each.folder for each in self.others))

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """What it may hold recordings of."""
        parts = (self, *self.others)
        return tuple(dict.fromkeys(name for part in parts for name in part.source.modalities))

    @property
    def licence(self) -> str:
        """Under which licence it stands; of folders that differ, all of them."""
        parts = (self, *self.others)
        return "; ".join(dict.fromkeys(part.source.licence for part in parts))

    @property
    def name(self) -> str:
        """What the set is called wherever figures of it stand."""
        simulated = self.source.kind == "simulated"
        return f"{self.source.name}/{self.folder.name}" if simulated else self.source.name

    def recordings(self, modality: Modality) -> Iterator[LabelledRecording]:
        """Read the recordings of one modality, each under the name of this set.

        Raises
        ------
        SignalError
            When two are of one name: a window's name would not tell which it is of.
        """
        seen: dict[str, Path] = {}
        for part in (self, *self.others):
            for labelled in part.source.read(part.folder):
                if labelled.recording.modality != modality:
                    continue
                if labelled.id in seen:
                    raise SignalError(
                        f"the recording {labelled.id!r} occurs twice in the set {self.name}, in"
                        f" {seen[labelled.id]} and in {part.folder}; rename one, or leave it out"
                    )
                seen[labelled.id] = part.folder
                yield replace(labelled, source=self.name)


def joined(opened: Iterable[Opened]) -> list[Opened]:
    """Return the sets in their order, folders of one name as one; a folder named twice counts once.

    Sets of one name are of one kind: see :func:`training.semireal.opening.open_set`.
    """
    found: dict[str, Opened] = {}
    for each in opened:
        first = found.setdefault(each.name, each)
        if each.folder.resolve() not in {folder.resolve() for folder in first.folders}:
            found[each.name] = replace(first, others=(*first.others, each))
    return list(found.values())


def open_source(name: str, modality: Modality, simulated: Path) -> Opened:
    """Return the source of a name; ``simulated`` is the folder of the simulator's sets.

    Raises
    ------
    ConfigError
        When nothing of that name is there.
    """
    if name.startswith("simulated/"):
        return Opened(simulated_source(modality), _simulated_set(simulated, name))
    public, separator, folder = name.partition("=")
    if separator:
        known = {candidate.name: candidate for candidate in (*PUBLIC, feedback_source())}
        if public not in known:
            raise ConfigError(f"there is no public set {public!r}; there are {', '.join(known)}")
        return Opened(known[public], Path(folder))
    path = Path(name)
    if (path / FILE_NAME).is_file():
        return Opened(own_source(path), path)
    if path.is_dir():
        raise ConfigError(f"{name} holds no {FILE_NAME}; see `quaver schema dataset`")
    if path.is_file():
        raise ConfigError(f"{name} is a file; name a folder that holds a {FILE_NAME}")
    if not os.environ.get(DATA_VARIABLE) and name in {each.name for each in PUBLIC}:
        raise ConfigError(f"{name} is a public set; download it, and name it as {name}=<folder>")
    return Opened(source(name), data_folder() / name)


def simulated_source(modality: Modality) -> Source:
    """Return the simulator as a source: its folder holds the parts of one set."""
    return Source(
        name="simulated",
        title="quaver's own simulator",
        modalities=(modality,),
        kind="simulated",
        licence="Apache-2.0",
        for_training=True,
        reason="made for training; nobody's data",
        read=_read_parts,
    )


def _simulated_set(simulated: Path, name: str) -> Path:
    folder = simulated / name.removeprefix("simulated/")
    if not folder.is_dir():
        made = ", ".join(f"simulated/{each.name}" for each in sorted(simulated.glob("*/")))
        advice = f"there are {made}" if made else "run `quaver simulate` first"
        raise ConfigError(f"{folder} does not exist; {advice}")
    return folder


def _read_parts(folder: Path) -> Iterator[LabelledRecording]:
    for part in sorted(folder.glob("*.parquet")):
        yield from store.read(part)


def labelled_batches(
    recordings: Iterable[LabelledRecording], rules: Labelling, window_s: float
) -> Iterator[LabelledWindows]:
    """Cut recordings into labelled windows and join those of one device to batches, in order."""
    cut = (label_windows(recording, rules, window_s) for recording in recordings)
    for _, alike in groupby((c for c in cut if len(c)), key=_device):
        waiting: list[LabelledWindows] = []
        for windows in alike:
            waiting.append(windows)
            if sum(len(w) for w in waiting) >= BATCH:
                yield _joined(waiting)
                waiting = []
        if waiting:
            yield _joined(waiting)


def _device(labelled: LabelledWindows) -> tuple[float, str, int]:
    windows = labelled.windows
    return windows.sampling_rate_hz, windows.unit, windows.n_channels


def _joined(parts: list[LabelledWindows]) -> LabelledWindows:
    first = parts[0].windows
    windows = Windows(
        np.concatenate([part.windows.samples for part in parts]),
        sampling_rate_hz=first.sampling_rate_hz,
        modality=first.modality,
        unit=first.unit,
    )
    names = ("labels", "groups", "sites", "sources", "ids")
    return LabelledWindows(
        windows, *(np.concatenate([getattr(part, name) for part in parts]) for name in names)
    )
