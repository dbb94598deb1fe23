"""What holds for every set of real recordings, and what happens when one is damaged."""

import re

import numpy as np
import pytest
from real_recordings import folder, needs_data, read

from features import SignalError
from training.datasets import registry
from training.datasets.labelled import CLASSES, UNCLEAR
from training.datasets.labelling import Labelling, label_windows
from training.datasets.real import hreflex
from training.datasets.real.stand_ins import STAND_INS

pytestmark = needs_data


@pytest.mark.parametrize("source", registry.REAL, ids=lambda source: source.name)
def test_set_is_what_its_source_says(source):
    """Modality, unit, source, group and labels are as declared; no id comes twice."""
    recordings = read(source.name)

    assert {r.recording.modality for r in recordings} == set(source.modalities)
    assert {r.source for r in recordings} <= {source.name}
    assert all(r.group.startswith(f"{source.name}/") for r in recordings)
    assert len({r.id for r in recordings}) == len(recordings)
    labels = {span.label for r in recordings for span in r.spans}
    assert labels <= {*CLASSES, UNCLEAR, *STAND_INS}


@pytest.mark.parametrize("source", registry.REAL, ids=lambda source: source.name)
def test_summary_counts_the_windows_of_each_label(source):
    """The table of data sets counts what cutting the recordings gives."""
    row = registry.summary(source, folder(source.name), Labelling())
    windows = [label_windows(r, Labelling()).labels for r in read(source.name)]
    labels, counts = np.unique(
        np.concatenate([np.array([], dtype=str), *windows]), return_counts=True
    )

    assert dict(zip(labels.tolist(), counts.tolist(), strict=True)) == row.windows
    assert row.n_recordings == len(windows)


@pytest.mark.parametrize(
    "name", [s.name for s in registry.REAL if s.name != "physionet-emgdb-needle" and s.modalities]
)
def test_no_sample_is_missing(name):
    """Only the set with damaged lines has gaps."""
    assert all(np.isfinite(r.recording.samples).all() for r in read(name))


def files_read(source):
    """Return one file of each kind that the reader needs."""
    kinds = {}
    for path in sorted(folder(source.name).rglob("*")):
        unread = path.suffix in {".md", ".xlsx"} or "ep_visualizer" in path.parts
        unread |= path.name in {"Event_45781_rawData.json", "classification_clinical.csv"}
        unread |= path.name.isupper() or path.stem in {
            "README",
            "MANUAL",
            "Info",
            "MEDICATION_ENTRY",
        }
        unread |= path.name.endswith("_info.json") or "LICEN" in path.name
        unread |= source.name == hreflex.NAME and path.suffix == ".csv"
        if path.is_file() and not unread:
            kinds.setdefault(path.suffix, path)
    return list(kinds.values())


@pytest.mark.parametrize(
    "source", [s for s in registry.REAL if s.modalities], ids=lambda source: source.name
)
def test_damaged_file_is_refused_by_name(source, tmp_path):
    """A file of each kind, replaced by something else, gives one sentence that names it."""
    for damaged in files_read(source):
        copy = tmp_path / damaged.suffix / source.name
        for path in folder(source.name).rglob("*"):
            if path.is_file():
                link = copy / path.relative_to(folder(source.name))
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(path.resolve())
        link = copy / damaged.relative_to(folder(source.name))
        link.unlink()
        link.write_text("this is not what it was\n" * 4)

        with pytest.raises(SignalError, match=re.escape(damaged.name)):
            list(source.read(copy))
