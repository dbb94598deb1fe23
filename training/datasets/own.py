"""A user's own recordings: a folder with ``dataset.yaml``, the files, and what is known of them.

::

    name: my-clinic
    title: Forearm EMG of the spasticity clinic
    licence: internal
    signal: {modality: emg, unit: uV, sampling_rate_hz: 2000, columns: [flexor, extensor]}
    recordings: "**/*.csv"
    labels: labels.csv          # or: annotations, with subjects
    site: delsys                # device and place; default: the name
    overrides:                  # by path below the folder, without suffix
      old/visit1: {sampling_rate_hz: 1000, site: noraxon}

``labels.csv`` has the header ``recording,start_s,end_s,label,subject``; times are seconds from the
first sample, whatever a column of times begins with. A recording is named by its path below the
folder, with or without suffix, or by its file name when there is only one such; a row without start
and end labels the whole of it. Where a span lies within a longer one, the shorter holds and the
longer one around it; edges may overlap by rounding (5 ms, or a sample). Files without a row, and
rows without a label, are left out. Further columns are notes. A folder that ``quaver queue`` wrote
is such a set.

Labels inside EDF+ or WFDB files are used when ``annotations`` maps each text to a label, or to null
to take no notice of it, and ``subjects`` names a table ``recording,subject``. An annotation of one
moment becomes a span of ``point_s`` seconds around it. Of a surface EMG, each column becomes a
recording of its own, under the same labels; where two columns have one name, their places tell them
apart.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from features import ConfigError, Recording, Section, SignalError
from features.spec import PositiveFloat
from serving.formats.mapping import TimeUnit
from serving.recordings import SignalMapping, read_recording
from training.config import load_config
from training.datasets.copies import Copies
from training.datasets.labelled import LabelledRecording
from training.datasets.labels_table import (
    LABELS,
    Labels,
    composed,
    read_labels,
    read_subjects,
)
from training.datasets.own_spans import in_folder, spans_of_annotations, spans_of_rows
from training.datasets.source import Source

FILE_NAME = "dataset.yaml"

Name = Annotated[str, AfterValidator(composed)]


class Override(Section):
    """What is different about one recording; what is not said is as for all others."""

    unit: str | None = None
    sampling_rate_hz: PositiveFloat | None = None
    time_column: str | int | None = None
    time_unit: TimeUnit | None = None
    columns: tuple[str | int, ...] | None = None
    start_time: datetime | None = None
    site: str | None = None


class OwnDataset(Section):
    """The content of ``dataset.yaml``."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    name: Annotated[str, Field(pattern="^[a-z0-9][a-z0-9_-]*$", max_length=60)]
    """What the set is called in tables and runs; folders of one name are one set."""
    title: str
    licence: str
    signal: SignalMapping
    """What the files do not say themselves."""
    recordings: str
    """Pattern of the files below the folder, such as ``*.edf`` or ``**/*.csv``."""
    labels: str | None = None
    """Table ``recording,start_s,end_s,label,subject``, in seconds from the first sample; of a span
    within a longer one, the shorter holds."""
    annotations: Mapping[Name, str | None] | None = None
    """Instead of labels: each text of the annotations inside the files, and the label that it
    means, or null to take no notice of it. Of one within a longer one, the shorter holds."""
    subjects: str | None = None
    """With annotations: table ``recording,subject``."""
    point_s: PositiveFloat | None = None
    """With annotations: how many seconds around its moment one without a duration stands for."""
    site: str | None = None
    """Device and place; default: the name."""
    for_training: bool = True
    """Whether models that are trained on it may be passed on."""
    overrides: Mapping[Name, Override] = Field(default_factory=dict)
    """What is different about a recording, by its path below the folder without suffix."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.labels is None) == (self.annotations is None):
            raise ValueError("give either labels, a table, or annotations, a map of their texts")
        if self.annotations is not None and self.subjects is None:
            raise ValueError("annotations do not say whose they are; name a table under subjects")
        if self.labels is not None and (self.subjects or self.point_s):
            raise ValueError("subjects and point_s belong to annotations; labels has its own")
        unknown = set((self.annotations or {}).values()) - {*LABELS, None}
        if unknown:
            raise ValueError(
                f"annotations has the label {', '.join(sorted(map(str, unknown)))};"
                f" labels are {', '.join(LABELS)}"
            )
        return self

    def mapping(self, key: str) -> SignalMapping:
        """Return how the recording of a key is read."""
        override = self.overrides.get(key)
        if override is None:
            return self.signal
        changes = override.model_dump(exclude_unset=True, exclude={"site"})
        return SignalMapping(**(self.signal.model_dump() | changes))

    def site_of(self, key: str) -> str:
        """Return device and place of the recording of a key."""
        override = self.overrides.get(key)
        return (override and override.site) or self.site or self.name


@dataclass(frozen=True)
class _Contents:
    """Everything about a folder but the signals: checked, and cheap to find out."""

    dataset: OwnDataset
    files: Mapping[str, Path]
    """Key of a recording (its path below the folder without suffix) → file."""
    labels: Mapping[str, Labels]


def own_source(folder: Path) -> Source:
    """Return the source of a user's folder; its description and tables are checked at once.

    Raises
    ------
    ConfigError
        If ``dataset.yaml`` is missing, or says what it cannot.
    SignalError
        If a table of labels or subjects says what it cannot, naming its line.
    """
    dataset = _contents(folder).dataset
    return Source(
        name=dataset.name,
        title=dataset.title,
        modalities=(dataset.signal.modality,),
        kind="real",
        licence=dataset.licence,
        for_training=dataset.for_training,
        reason="own recordings, labelled by their owner",
        read=read_own,
    )


def read_own(folder: Path) -> Iterator[LabelledRecording]:
    """Read a user's folder, one recording at a time; of EMG, one channel at a time."""
    yield from Copies().refused(_read(folder, _contents(folder)))


def unlabelled(folder: Path) -> tuple[str, ...]:
    """Return the recordings of a user's folder that are left out, for nobody has labelled them."""
    contents = _contents(folder)
    return tuple(key for key in contents.files if key not in contents.labels)


def _read(folder: Path, contents: _Contents) -> Iterator[LabelledRecording]:
    dataset = contents.dataset
    for key, labels in contents.labels.items():
        path = contents.files[key]
        with in_folder(path):
            recording = read_recording(path, dataset.mapping(key))
        if dataset.annotations is None:
            table = folder / str(dataset.labels)
            spans = spans_of_rows(labels, key, table, recording)
        else:
            spans = spans_of_annotations(dataset.annotations, dataset.point_s, path, key, recording)
        for name, part in _parts(key, recording):
            yield LabelledRecording(
                id=name,
                recording=part,
                spans=spans,
                group=f"{dataset.name}/{labels.subject}",
                site=dataset.site_of(key),
                source=dataset.name,
                details={"file": path.relative_to(folder).as_posix()},
            )


def _parts(key: str, recording: Recording) -> Iterator[tuple[str, Recording]]:
    if recording.modality != "emg" or recording.n_channels == 1:
        yield key, recording
        return
    names = recording.channel_names
    if len(set(names)) < len(names):
        # A file may call two channels alike; then their places tell them apart.
        names = tuple(f"{place}-{name}" for place, name in enumerate(names, 1))
    for place, name in enumerate(names):
        yield f"{key}/{name}", recording.channel(place)


def _contents(folder: Path) -> _Contents:
    path = folder / FILE_NAME
    try:
        dataset = load_config(path, OwnDataset)
        tables = {FILE_NAME, dataset.labels, dataset.subjects}
        files = _files(folder, dataset.recordings, tables)
        _check_overrides(dataset, files)
    except SignalError as error:
        raise ConfigError(f"{path}: {error}") from error
    if dataset.labels is not None:
        table, lacks = folder / dataset.labels, "labels nothing; it needs a row with a label"
        labels = _keyed(read_labels(table), files, table)
    else:
        table, lacks = folder / str(dataset.subjects), "names nobody; it needs a row with a subject"
        labels = _keyed(read_subjects(table), files, table)
    if not labels:
        raise SignalError(f"{table} {lacks} for each recording")
    return _Contents(dataset, files, labels)


def _check_overrides(dataset: OwnDataset, files: Mapping[str, Path]) -> None:
    for key in dataset.overrides:
        if key not in files:
            raise SignalError(
                f"overrides speaks of {key!r}, which is none of its recordings;"
                f" those are {_listed(files)}"
            )
        dataset.mapping(key)


def _files(folder: Path, pattern: str, tables: set[str | None]) -> dict[str, Path]:
    try:
        matching = sorted(folder.glob(pattern))
    except (ValueError, NotImplementedError) as error:
        raise SignalError(
            f"recordings is {pattern!r}; it must be a pattern below the folder, such as **/*.csv"
        ) from error
    found = [
        path
        for path in matching
        if path.is_file() and path.relative_to(folder).as_posix() not in tables
    ]
    if not found:
        raise SignalError(f"recordings is {pattern!r}, and no file in the folder is named so")
    files: dict[str, Path] = {}
    for path in found:
        key = composed(path.relative_to(folder).with_suffix("").as_posix())
        if key in files:
            raise SignalError(
                f"recordings is {pattern!r}, which finds {files[key].name} and {path.name};"
                " name one of the two, for instance by its suffix"
            )
        files[key] = path
    return files


def _keyed(rows: Mapping[str, Labels], files: Mapping[str, Path], table: Path) -> dict[str, Labels]:
    """Return labels by the key of their file, or say which recording has none or several."""
    names: dict[str, set[str]] = {}
    for key, path in files.items():
        for name in (key, key + path.suffix, path.stem, path.name):
            names.setdefault(composed(name), set()).add(key)
    keyed: dict[str, Labels] = {}
    for name, labels in rows.items():
        keys = names.get(name, set())
        where = f"{table}, line {labels.line}: recording {name!r}"
        if not keys:
            raise SignalError(f"{where} has no file; there are {_listed(files)}")
        if len(keys) > 1:
            raise SignalError(f"{where} may be {' or '.join(sorted(keys))}; give its path")
        (key,) = keys
        if key in keyed:
            raise SignalError(f"{where} has rows under another name too; use one name for it")
        keyed[key] = labels
    return keyed


def _listed(files: Mapping[str, Path]) -> str:
    shown = list(files)[:10]
    return ", ".join(shown) + (", …" if len(files) > len(shown) else "")
