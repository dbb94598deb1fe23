"""Page examples: the short simulated recordings that the page of the service offers to try.

``python -m training.page_examples`` writes them to ``serving/page/examples``: for each sensor one
recording in which several things happen, compressed, and a list of them that the page reads.
"""

import gzip
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from features import Modality, Recording
from serving.recordings import write_recording
from training.config import load_config
from training.layout import Layout
from training.simulate.config import Simulation
from training.simulate.parameters import Physiology
from training.simulate.people import Person
from training.simulate.sites import draw_site

FOLDER = Path(__file__).parents[1] / "serving" / "page" / "examples"
PART_S = 20.0
_BLEND_S = 1.0
"""From one part to the next a limb is brought from posture to posture."""


@dataclass(frozen=True)
class Example:
    """One recording: who, on which device, and what happens in it, part by part."""

    file: str
    title: str
    what: str
    modality: Modality
    unit: str
    rate_hz: float
    step: float
    """Of the converter, in the unit."""
    channels: tuple[str, ...]
    seed: int
    parts: tuple[tuple[str, int], ...]
    """Kind of recording, and which of that kind."""


EXAMPLES = (
    Example(
        file="simulated-wrist.csv",
        title="Tremor at the wrist",
        what="Accelerometer, 50 Hz, 80 s: rest, tremor, movement",
        modality="accelerometer",
        unit="g",
        rate_hz=50.0,
        step=0.001,
        channels=("acc_x", "acc_y", "acc_z"),
        seed=10,
        parts=(("rest", 0), ("tremor", 0), ("voluntary", 0), ("tremor", 1)),
    ),
    Example(
        file="simulated-calf.edf",
        title="Twitches of the calf",
        what="Surface EMG, 1000 Hz, 80 s: fasciculations and a contraction",
        modality="emg",
        unit="uV",
        rate_hz=1000.0,
        step=1.0,
        channels=("calf",),
        seed=2,
        parts=(("rest", 0), ("fasciculation", 0), ("contraction", 0), ("fasciculation", 1)),
    ),
    Example(
        file="simulated-foot.csv",
        title="Clonus of the foot",
        what="Gyroscope, 50 Hz, 60 s: rest and clonus",
        modality="gyroscope",
        unit="deg/s",
        rate_hz=50.0,
        step=0.1,
        channels=("gyr_x", "gyr_y", "gyr_z"),
        seed=11,
        parts=(("rest", 0), ("clonus_sustained", 0), ("clonus_unsustained", 0)),
    ),
)


def recording_of(example: Example, layout: Layout) -> Recording:
    """Simulate an example on a device without losses."""
    simulation = load_config(layout.config("simulate"), Simulation)
    simulation = simulation.model_copy(update={"duration_s": PART_S})
    physiology = Physiology.load(layout.config("physiology"))
    site = replace(
        draw_site("page", example.modality, physiology, example.seed),
        sampling_rate_hz=example.rate_hz,
        unit=example.unit,
        step=example.step,
        analog_highpass_hz=10.0 if example.modality == "emg" else 0.0,
    )
    person = Person("page", example.seed, site, simulation, physiology)
    parts = [person.recording(kind, number).recording.samples for kind, number in example.parts]
    samples = _joined(parts, round(_BLEND_S * example.rate_hz))
    return Recording(
        np.round(np.round(samples / example.step) * example.step, 6),
        sampling_rate_hz=example.rate_hz,
        modality=example.modality,
        unit=example.unit,
        channel_names=example.channels,
    )


def _joined(parts: Sequence[NDArray[np.floating]], n_blend: int) -> NDArray[np.floating]:
    """Return parts one after the other, the end of each blended into the beginning of the next."""
    joined = parts[0]
    weight = np.sin(np.linspace(0, np.pi / 2, n_blend)) ** 2
    for part in parts[1:]:
        blended = (1 - weight) * joined[:, -n_blend:] + weight * part[:, :n_blend]
        joined = np.concatenate([joined[:, :-n_blend], blended, part[:, n_blend:]], axis=1)
    return joined


def write(folder: Path, layout: Layout) -> None:
    """Write all examples and the list of them."""
    folder.mkdir(parents=True, exist_ok=True)
    for example in EXAMPLES:
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / example.file
            write_recording(recording_of(example, layout), path)
            content = gzip.compress(path.read_bytes(), mtime=0)
        (folder / f"{example.file}.gz").write_bytes(content)
    listed = json.dumps([_known(example) for example in EXAMPLES], indent=2)
    (folder / "examples.json").write_text(listed + "\n", encoding="utf-8")


def _known(example: Example) -> dict[str, object]:
    """Return what the page says of an example, and fills into its form."""
    known: dict[str, object] = {
        "modality": example.modality,
        "unit": example.unit,
        "columns": example.channels,
        "chosen": example.channels,
    }
    if example.file.endswith(".csv"):  # an EDF file states its rate
        known["rate"] = example.rate_hz
    return {"file": example.file, "title": example.title, "what": example.what, "known": known}


if __name__ == "__main__":
    write(FOLDER, Layout(Path.cwd()))
