"""The real recordings, as tests ask for them: read once, skipped where there are none."""

import os
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
import scipy.signal

from training.datasets import registry

DATA = os.environ.get("QUAVER_DATA", "")

needs_data = pytest.mark.skipif(
    not Path(DATA or "/nowhere").is_dir(),
    reason="QUAVER_DATA does not name the folder that holds the real recordings",
)


def folder(name):
    path = Path(DATA) / name
    if not path.is_dir():
        pytest.skip(f"{name} is not in the data folder")
    return path


@lru_cache(maxsize=32)
def read(name):
    return tuple(registry.source(name).read(folder(name)))


def by_id(name):
    return {labelled.id: labelled for labelled in read(name)}


def strongest_line(samples, rate_hz, band_hz, segment_s=8.0):
    """Return the frequency of the highest Welch peak, the axes taken together."""
    n = min(samples.shape[1], round(segment_s * rate_hz))
    freqs, psd = scipy.signal.welch(samples, rate_hz, nperseg=n, nfft=8 * n, detrend="linear")
    inside = (freqs >= band_hz[0]) & (freqs <= band_hz[1])
    return float(freqs[inside][psd.sum(axis=0)[inside].argmax()])


def between(labelled, start_s, end_s):
    recording = labelled.recording
    rate = recording.sampling_rate_hz
    samples = recording.samples[:, round(start_s * rate) : round(end_s * rate)]
    return np.asarray(samples, dtype=float)
