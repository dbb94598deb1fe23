"""Recordings as they are sent to the service, and what comes back when they cannot be used."""

import io
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from features import Recording
from serving.analysis_request import EXAMPLE
from serving.recordings import write_recording

SENT = EXAMPLE["recording"]
"""A recording in JSON."""

MOTION = {"modality": "accelerometer", "unit": "g"}
TABLE = MOTION | {"sampling_rate_hz": "25"}
"""Fields of an upload: of a file that knows its rate, and of a table that does not."""


def wrist():
    """Half a minute of an accelerometer with a rhythm of 5.2 Hz in the second half."""
    times = np.arange(3000) / 100.0
    rng = np.random.default_rng(2)
    samples = 0.002 * rng.standard_normal((3, 3000)) + np.array([[0.0], [0.0], [1.0]])
    samples[0] += 0.1 * np.sin(2 * np.pi * 5.2 * times) * (times >= 15)
    return Recording(samples, sampling_rate_hz=100.0, modality="accelerometer", unit="g")


def muscles():
    """Eight seconds of two muscles at rest."""
    samples = 5 * np.random.default_rng(3).standard_normal((2, 8000))
    names = ("flexor", "extensor")
    return Recording(
        samples, sampling_rate_hz=1000.0, modality="emg", unit="uV", channel_names=names
    )


def body_of(recording, **options):
    """Return a recording as it is sent in JSON."""
    sent = {
        "modality": recording.modality,
        "unit": recording.unit,
        "sampling_rate_hz": recording.sampling_rate_hz,
        "samples": recording.samples.tolist(),
        "channel_names": recording.channel_names,
    }
    return {"recording": sent, "options": options}


def file_of(recording, suffix):
    """Return a recording as the bytes of a file."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"whole{suffix}"
        write_recording(recording, path)
        return path.read_bytes()


def upload(client, name, content, **fields):
    """Upload a file with fields."""
    return client.post("/analyze", files={"file": (name, content)}, data=fields)


def zipped(**members):
    """Return a zip of members, in whose names an underscore stands for a dot."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_", "."), content)
    return packed.getvalue()


def refused(response, status=400):
    """Return the sentence of a refusal, whose shape is the same for all."""
    assert response.status_code == status, response.text
    content = response.json()
    assert set(content) == {"error", "detail"}
    assert all(set(detail) == {"where", "message"} for detail in content["detail"])
    return content["error"]
