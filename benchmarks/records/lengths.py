"""Lengths: what the record of an hour of EMG and of a day of a wrist costs, from a file on.

Each is made in a process of its own, on one core, from a Parquet file in which recordings of a
simulated person follow one another: of fifteen, six at rest, six of movements at will, two of
tremor and one of clonus; of EMG, one of fasciculation too.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.records.figures import Figure
from benchmarks.records.noisy_people import with_sites
from features import Modality, Recording
from serving.recordings import write_recording
from training.layout import Layout
from training.simulate.parameters import Physiology
from training.simulate.population import people

KINDS = {"rest": 6, "voluntary": 6, "tremor": 2, "clonus_unsustained": 1}
"""Recordings of a motion sensor that follow one another; EMG has one of fasciculation too."""
HOUR_S = 3600.0


@dataclass(frozen=True)
class Long:
    """A long recording, and the most that its record may cost."""

    what: str
    modality: Modality
    unit: str
    rate_hz: float
    hours: float
    most_s: float
    most_mib: float = 600.0


LONG = (
    Long("an hour of EMG, 1 channel, 1 kHz", "emg", "uV", 1000.0, 1.0, 6.0),
    Long("a day of a wrist, 3 axes, 100 Hz", "accelerometer", "g", 100.0, 24.0, 60.0),
)


def figures(layout: Layout) -> Iterator[Figure]:
    """Yield seconds of processor time and the most memory of each."""
    for each in LONG:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "long.parquet"
            write_recording(long_recording(each, layout), path)
            command = [sys.executable, "-P", "-m", "benchmarks.records.one_record"]
            model = layout.model(each.modality)
            told = subprocess.run(  # noqa: S603  (our own command)
                [*command, str(path), str(model), each.modality],
                check=True,
                capture_output=True,
                text=True,
            )
        taken = json.loads(told.stdout)
        data = "simulated, classes in turn"
        yield Figure(f"{each.what}, s", data, "one core", taken["cpu_s"], most=each.most_s)
        mib = f"{each.what}, MiB at most"
        yield Figure(mib, data, "one process", taken["mib"], most=each.most_mib)


def long_recording(long: Long, layout: Layout) -> Recording:
    """Return the recordings of a person one behind the other, as often as it takes."""
    physiology = Physiology.load(layout.config("physiology"))
    person = next(iter(people("test", long.modality, with_sites(layout, 1), physiology)))
    site = replace(person.site, sampling_rate_hz=long.rate_hz, unit=long.unit)
    person = replace(person, site=site)
    kinds = {**KINDS, "fasciculation": 1} if long.modality == "emg" else KINDS
    parts = np.concatenate([each.recording.samples for each in person.recordings(kinds)], axis=1)
    n = round(long.hours * HOUR_S * long.rate_hz)
    samples = np.tile(parts, -(-n // parts.shape[1]))[:, :n].astype(np.float32)
    return Recording(samples, sampling_rate_hz=long.rate_hz, modality=long.modality, unit=long.unit)
