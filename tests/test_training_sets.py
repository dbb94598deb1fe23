"""Sets: what a data set is called, and what counts as one set."""

import numpy as np
import pytest
from feature_tables import small_config

from features import Recording
from training.datasets.labelled import LabelledRecording, Span
from training.features_stage import labelled_windows, opened_sources
from training.layout import Layout
from training.simulate import store

MODALITY = "accelerometer"
RATE_HZ = 100.0


def labelled(name, group, label="rest", seed=0, seconds=8.0):
    """Return a simulated recording of noise."""
    samples = np.random.default_rng(seed).normal(size=(3, round(seconds * RATE_HZ)))
    recording = Recording(samples, sampling_rate_hz=RATE_HZ, modality=MODALITY, unit="g")
    return LabelledRecording(
        name, recording, (Span(0.0, seconds, label),), group, "site", "simulated"
    )


@pytest.fixture
def layout(tmp_path):
    """A project with two simulated sets, of two people and of one."""
    layout = Layout(tmp_path)
    people = {"small": ("ada", "bo"), "extra": ("cy",)}
    for name, groups in people.items():
        recordings = [labelled(f"{g}-rest", g, seed=i) for i, g in enumerate(groups, len(name))]
        store.write(recordings, layout.simulated(MODALITY) / name / "part-0.parquet")
    return layout


def people_of(batches):
    """Return whose windows there are, by the name of their set."""
    found = {}
    for batch in batches:
        for name, group in zip(batch.sources.tolist(), batch.groups.tolist(), strict=True):
            found.setdefault(name, set()).add(group)
    return found


def test_windows_of_two_simulated_sets_are_called_by_their_own(layout):
    opened = opened_sources(("simulated/small", "simulated/extra"), MODALITY, layout)
    windows = labelled_windows(opened, small_config(MODALITY), "features")
    assert people_of(windows) == {"simulated/small": {"ada", "bo"}, "simulated/extra": {"cy"}}
