"""How far the largest potential of each window stands out: the truth behind its label.

A label knows three steps: it shows, it may show, it does not.
"""

import numpy as np

from training.datasets.labelled import LabelledRecording
from training.datasets.labelling import Labelling, window_id


def largest_peak_ratios(
    labelled: LabelledRecording, rules: Labelling, window_s: float = 4.0
) -> dict[str, float]:
    """Return, by id of window, the largest ratio of the potentials wholly within it, or 0."""
    starts = labelled.recording.window_starts(window_s, rules.hop_s)
    places_s = np.array(labelled.details["places_s"], dtype=np.float64).reshape(-1, 2)
    ratios = np.array(labelled.details["peak_ratios"], dtype=np.float64)
    result: dict[str, float] = {}
    for start_s in starts / labelled.recording.sampling_rate_hz:
        inside = (places_s[:, 0] >= start_s) & (places_s[:, 1] <= start_s + window_s)
        result[window_id(labelled.id, start_s)] = float(ratios[inside].max(initial=0.0))
    return result
