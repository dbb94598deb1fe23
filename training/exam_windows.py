"""Exam windows: what every model of a modality is examined on.

They are simulated from fixed seeds, whatever the model was trained on, so that nobody's signal
travels inside a model. Their rates differ, so that resampling is examined with everything else.
"""

from dataclasses import replace

import numpy as np

from features import MODALITIES, Modality, Windows
from training.config import load_config
from training.layout import Layout
from training.simulate.config import Simulation
from training.simulate.parameters import Physiology
from training.simulate.people import Person
from training.simulate.sites import draw_site

_SEED = 4711
_RATES_HZ: dict[str, tuple[float, ...]] = {
    "emg": (500.0, 1000.0, 1926.0),
    "accelerometer": (20.0, 64.0, 100.0),
    "gyroscope": (20.0, 64.0, 100.0),
}
_KINDS = ("rest", "fasciculation", "tremor", "clonus_unsustained", "voluntary")
_EACH = 2


def exam_windows(modality: Modality, layout: Layout, window_s: float) -> list[Windows]:
    """Return a batch of windows for each rate."""
    simulation = load_config(layout.config("simulate"), Simulation)
    physiology = Physiology.load(layout.config("physiology"))
    batches: list[Windows] = []
    for i, rate in enumerate(_RATES_HZ[modality]):
        site = draw_site("exam", modality, physiology, _SEED + i)
        site = replace(site, sampling_rate_hz=rate, unit=MODALITIES[modality].unit)
        site = replace(site, counts_per_unit=1.0, counts_offset=0.0)
        person = Person("exam", _SEED + i, site, simulation, physiology)
        parts = []
        for kind in _KINDS:
            windows = person.recording(kind, i).recording.windows(window_s)
            whole = ~np.isnan(windows.samples).any(axis=(1, 2))
            parts.append(windows.samples[whole][1 : 1 + _EACH])
        batches.append(
            Windows(
                np.concatenate(parts).astype(np.float32),
                sampling_rate_hz=rate,
                modality=modality,
                unit=site.unit,
            )
        )
    return batches
