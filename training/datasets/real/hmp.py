"""Daily activities of volunteers, accelerometer on the right wrist: 32 Hz, 6 bits.

A file is one voluntary activity, named in ``details``. Its converter has steps of 48 mg over a
range of 1.5 g, and noise as large as that: brisk movement clips, and a hand that holds a fork
still shows noise. Stillness that fills a window is ``unclear``, see :mod:`.movement`.
"""

from collections.abc import Iterator
from pathlib import Path

from features import Recording
from training.datasets.labelled import LabelledRecording
from training.datasets.real.files import found, read_numbers
from training.datasets.real.movement import voluntary_spans
from training.datasets.source import Source

NAME = "hmp-wrist-adl-32hz"
RATE_HZ = 32.0

_RANGE_G = 3.0
_LEVELS = 63
_STILL_BELOW_G = 0.08
"""Noise alone deviates by 50-60 mg in half a second; the valley before movement is here."""


def read(folder: Path) -> Iterator[LabelledRecording]:
    """Read each file, in g."""
    for path in found(folder, "*/Accelerometer-*.txt"):
        coded = read_numbers(path, 3)
        recording = Recording(
            (-_RANGE_G / 2 + coded / _LEVELS * _RANGE_G).T,
            sampling_rate_hz=RATE_HZ,
            modality="accelerometer",
            unit="g",
            channel_names=("x", "y", "z"),
        )
        yield LabelledRecording(
            id=path.stem,
            recording=recording,
            spans=voluntary_spans(recording, _STILL_BELOW_G),
            group=f"{NAME}/{path.stem.rsplit('-', 1)[-1]}",
            site="genova, wrist, 6 bit",
            source=NAME,
            details={"activity": path.parent.name.lower()},
        )


SOURCE = Source(
    name=NAME,
    title="Daily activities, accelerometer on the wrist",
    modalities=("accelerometer",),
    kind="real",
    licence="own research only (authors' README); UCI today says CC BY 4.0, not verified",
    for_training=False,
    reason="the authors ask to be asked about commercial use and redistribution; for false alarms",
    read=read,
    where="UCI Machine Learning Repository, ADL Recognition with Wrist-worn Accelerometer",
)
