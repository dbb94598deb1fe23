"""The datasets command: every set that can be read, and what it holds."""

import os
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from features import MODALITIES, Modality
from serving.feedback import feedback_folder
from serving.selection import FEEDBACK_VARIABLE
from training.config import ModelConfig, load_config
from training.datasets.feedback import feedback_source
from training.datasets.labelling import Labelling
from training.datasets.opening import simulated_source
from training.datasets.own import FILE_NAME, unlabelled
from training.datasets.public import PUBLIC
from training.datasets.registry import DATA_VARIABLE, REAL, Summary, data_folder, summary
from training.datasets.source import Source
from training.layout import Layout
from training.semireal.opening import open_set
from training.semireal.sources import semireal_sources

_MOST_NAMES = 5


def list_datasets(layout: Layout) -> Iterator[str]:
    """Yield a paragraph for each set."""
    yield "SIMULATED (made by `quaver simulate`)\n"
    for modality in MODALITIES:
        yield from _simulated(modality, layout)
    yield f"SEMI-REAL (made of sets in the folder that {DATA_VARIABLE} names)\n"
    for source in semireal_sources(layout):
        yield _counted_below("", source, layout)
    yield f"REAL (in the folder that {DATA_VARIABLE} names; windows of 4 s by label)\n"
    for source in REAL:
        yield _counted_below(source.name, source, layout)
    yield "PUBLIC (download one, then name it as <name>=<folder>)\n"
    for source in PUBLIC:
        yield _about(source) + f"\n  get it: {source.where}\n"
    yield "FEEDBACK (of `quaver serve --feedback`; name it as feedback=<folder>)\n"
    yield _feedback(layout)
    yield "YOUR OWN (a folder with a dataset.yaml; see `quaver schema dataset`)\n"


def list_named(names: list[str], layout: Layout) -> Iterator[str]:
    """Yield a paragraph for each named set; one of the simulator for each of its sensors."""
    for name in names:
        for modality in _made_for(name, layout) or ["emg"]:
            opened = open_set(name, modality, layout)
            text = _counted(replace(opened.source, name=opened.name), opened.folder, layout)
            if (opened.folder / FILE_NAME).is_file() and (left_out := unlabelled(opened.folder)):
                text += f"  left out (no row says whose or what they are): {_listed(left_out)}\n"
            yield text


def _made_for(name: str, layout: Layout) -> list[Modality]:
    """Return the modalities that a set of the simulator was made for, none for any other set."""
    kind, _, part = name.partition("/")
    return [m for m in MODALITIES if kind == "simulated" and (layout.simulated(m) / part).is_dir()]


def _simulated(modality: Modality, layout: Layout) -> Iterator[str]:
    source = simulated_source(modality)
    for folder in sorted(layout.simulated(modality).glob("*/")):
        counted = summary(source, folder, _rules(source, layout))
        yield f"simulated/{folder.name} ({modality})\n{_counts(counted)}\n"


def _feedback(layout: Layout) -> str:
    source, folder = feedback_source(), feedback_folder()
    if folder is None or not folder.is_dir():
        return _about(source) + f"\n  {FEEDBACK_VARIABLE} names no folder: not counted\n"
    return _counted(source, folder, layout)


def _counted_below(name: str, source: Source, layout: Layout) -> str:
    """Count a set in a folder of the data folder, where there is one."""
    if not os.environ.get(DATA_VARIABLE):
        return _about(source) + f"\n  {DATA_VARIABLE} is not set: not counted\n"
    return _counted(source, data_folder() / name, layout)


def _counted(source: Source, folder: Path, layout: Layout) -> str:
    return f"{_about(source)}\n{_counts(summary(source, folder, _rules(source, layout)))}\n"


def _rules(source: Source, layout: Layout) -> Labelling:
    """Return the rules by which windows of a set are labelled when a model is asked about it."""
    modality = next(iter(source.modalities), "emg")
    return load_config(layout.config(modality), ModelConfig).labelling


def _about(source: Source) -> str:
    usable = "yes" if source.for_training else "no"
    reason = textwrap.fill(
        f"for training: {usable}. {source.reason}",
        96,
        initial_indent="  ",
        subsequent_indent="    ",
    )
    return (
        f"{source.name} ({source.kind}; {', '.join(source.modalities)})\n"
        f"  {source.title}\n"
        f"  licence: {source.licence}\n"
        f"{reason}"
    )


def _counts(counted: Summary) -> str:
    windows = ", ".join(f"{label} {n}" for label, n in counted.windows.items()) or "none"
    text = (
        f"  {counted.n_groups} people, {counted.n_recordings} recordings,"
        f" {counted.duration_s / 60:.0f} min; windows: {windows}"
    )
    for why, names in counted.barren.items():
        text += f"\n  no window in {len(names)} of them ({why}): {_listed(names)}"
    return text


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_MOST_NAMES]) + (", …" if len(names) > _MOST_NAMES else "")
