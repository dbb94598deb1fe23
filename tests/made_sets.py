"""Sets of recordings that are noise: for what is said of a set, not for what is learnt from it."""

import numpy as np

from features import Recording
from serving.recordings import write_recording
from training.datasets.labelled import LabelledRecording, Span

MODALITY = "accelerometer"
RATE_HZ = 100.0


def labelled(name, group, label="rest", seed=0, seconds=8.0):
    """Return a simulated recording of noise."""
    samples = np.random.default_rng(seed).normal(size=(3, round(seconds * RATE_HZ)))
    recording = Recording(samples, sampling_rate_hz=RATE_HZ, modality=MODALITY, unit="g")
    return LabelledRecording(
        name, recording, (Span(0.0, seconds, label),), group, "site", "simulated"
    )


def own(folder, name, recordings, modality=MODALITY):
    """Write a folder of recordings, each of a person of its own name."""
    folder.mkdir()
    (folder / "dataset.yaml").write_text(
        f"{{name: {name}, title: t, licence: l of {folder.name}, signal: {{modality: {modality}}},"
        " recordings: '*.parquet', labels: labels.csv}",
        encoding="utf-8",
    )
    rows = [f"{each.id},,,rest,{each.group}" for each in recordings]
    text = "\n".join(("recording,start_s,end_s,label,subject", *rows))
    (folder / "labels.csv").write_text(text, encoding="utf-8")
    for each in recordings:
        write_recording(each.recording, folder / f"{each.id}.parquet")
    return str(folder)
