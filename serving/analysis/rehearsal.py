"""Rehearsal: a record of nothing in particular, so that nobody's first one waits for a compiler.

Windows are rehearsed by the exam of a model (:mod:`serving.exam`); single potentials and beats of a
muscle are looked for in records alone, and lost samples in files with times.
"""

import numpy as np

from features import FeatureSpec, Recording
from serving.analysis.beats import clonus_runs
from serving.analysis.events import find_events
from serving.analysis.source import RecordingSource
from serving.formats.timestamps import even_grid

_RATE_HZ = 1000.0
_SECONDS = 24.0
_BEATING_S = (12.0, 20.0)


def rehearse(spec: FeatureSpec) -> None:
    """Look for losses in times; in an EMG for potentials and beats, amid hum and bursts at 5 Hz.

    What is compiled on the way is kept on disk, so that another time this takes no time.
    """
    even_grid(np.delete(np.arange(300) / 100.0, [100, 200, 201]))
    if spec.modality != "emg":
        return
    rng = np.random.default_rng(0)
    times = np.arange(round(_SECONDS * _RATE_HZ)) / _RATE_HZ
    bursts = np.exp(-0.5 * ((times - np.arange(*_BEATING_S, 0.2)[:, None]) / 0.012) ** 2).sum(
        axis=0
    )
    emg = (1 + 15 * bursts) * rng.standard_normal(len(times)) + np.sin(2 * np.pi * 50 * times)
    for at in (1.0, 2.7, 3.4, 5.9, 7.1, 9.8):
        phase = (times - at) / 0.004
        emg += 60 * phase * np.exp(-(phase**2))
    source = RecordingSource(
        Recording(emg[None], sampling_rate_hz=_RATE_HZ, modality="emg", unit="uV")
    )
    find_events(source, 0, spec, [_BEATING_S])
    clonus_runs(source, [0], *_BEATING_S, spec, (0.0, _SECONDS))
