"""A dystonic hand tremor tracked in a video, 30 frames/s: no signal of any modality.

The tracks are positions in pixels. Without the scale of the picture they have no acceleration in g,
and the size of a tremor is part of what is judged; so :func:`read` yields nothing.
"""

from collections.abc import Iterator
from pathlib import Path

from training.datasets.labelled import LabelledRecording
from training.datasets.real.files import opened
from training.datasets.source import Source

NAME = "dystonic-tremor-video-30hz"


def read(folder: Path) -> Iterator[LabelledRecording]:
    """Yield nothing: pixels are no unit of a modality."""
    with opened(folder):
        yield from ()


SOURCE = Source(
    name=NAME,
    title="Dystonic hand tremor, positions tracked in a video",
    modalities=(),
    kind="real",
    licence="none stated",
    for_training=False,
    reason="positions in pixels without a scale: no unit of a modality, so there are no windows",
    read=read,
)
