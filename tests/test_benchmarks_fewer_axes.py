"""What is left of a motion sensor's axes is one channel, of the same people and labels."""

import numpy as np
import pytest

from benchmarks.accuracy.fewer_axes import KEPT, Fewer
from features import Recording
from training.datasets.labelled import LabelledRecording, Span
from training.datasets.source import Source


@pytest.fixture
def whole(rng):
    """A recording of three axes."""
    return LabelledRecording(
        id="a",
        recording=Recording(
            rng.normal(size=(3, 500)), sampling_rate_hz=100.0, modality="gyroscope", unit="deg/s"
        ),
        spans=(Span(0.0, 5.0, "rest"),),
        group="p",
        site="s",
        source="made up",
        details={},
    )


@pytest.mark.parametrize("name", KEPT)
def test_one_channel_is_left_and_everything_else_stays(whole, tmp_path, name):
    """A device that keeps less changes no label, no person and no rate."""
    source = Source(
        name="made up",
        title="made up",
        kind="simulated",
        modalities=("gyroscope",),
        licence="-",
        for_training=True,
        reason="",
        read=lambda _: iter([whole]),
    )

    (kept,) = Fewer(source, tmp_path, keep=KEPT[name]).recordings("gyroscope")

    samples = kept.recording.samples
    assert samples.shape == (1, 500)
    assert (kept.spans, kept.group, kept.recording.unit) == (whole.spans, "p", "deg/s")
    expected = {
        "one axis": whole.recording.samples[0],
        "length of the vector": np.linalg.norm(whole.recording.samples, axis=0),
    }
    np.testing.assert_allclose(samples[0], expected[name])
