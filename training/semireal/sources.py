"""The semi-real sets as sources: what each is made of, and what that allows."""

from collections.abc import Callable, Iterator
from pathlib import Path

from training.config import ModelConfig, load_config
from training.datasets import registry
from training.datasets.labelled import LabelledRecording
from training.datasets.real import openhdemg
from training.datasets.source import Source
from training.layout import Layout
from training.semireal.clonus import read_clonus
from training.semireal.config import PARTS, Part, SemiReal
from training.semireal.fasciculation import read_fasciculation
from training.semireal.real_stretches import sets_of
from training.semireal.tremor import read_tremor
from training.semireal.visible import Visible
from training.simulate.config import Simulation

PREFIX = "semireal-"

PERMISSIVE = frozenset({"Apache-2.0", "BSD-3", "CC BY 4.0", "CC0", "MIT"})
"""Licences under which a model that was trained on a set may be passed on."""

_TITLES = {
    "fasciculation": "Potentials of real motor units at irregular times on real resting EMG",
    "clonus": "Real evoked responses, repeated at 4-8 Hz, on real resting EMG",
    "tremor": "Real contractions that are made to swell and ebb at 4-12 Hz",
}

Reader = Callable[[Path, SemiReal, Visible, Part, str], Iterator[LabelledRecording]]
_READERS: dict[str, Reader] = {
    "fasciculation": read_fasciculation,
    "clonus": read_clonus,
    "tremor": read_tremor,
}


def semireal_sources(layout: Layout) -> tuple[Source, ...]:
    """Return a source for each phenomenon and part; each reads from the folder of all data sets.

    Raises
    ------
    ConfigError
        When a configuration of the project cannot be used.
    """
    config = load_config(layout.config("semireal"), SemiReal)
    visible = what_shows(layout)
    return tuple(
        _source(phenomenon, part, config, visible) for phenomenon in _READERS for part in PARTS
    )


def what_shows(layout: Layout) -> Visible:
    """Return the rule of the simulator for what shows in surface EMG, mains taken out."""
    limits = load_config(layout.config("simulate"), Simulation).visibility["emg"]
    conditioning = load_config(layout.config("emg"), ModelConfig).features.conditioning
    return Visible(
        band_hz=limits.band_hz,
        event_ratio=limits.event_ratio,
        mains_hz=conditioning.mains_hz,
        mains_prominence=conditioning.mains_prominence,
    )


def ingredients(phenomenon: str, part: Part, config: SemiReal) -> tuple[Source, ...]:
    """Return the real sets that a semi-real one is made of."""
    resting = sets_of(config.rest.people.of(part))
    names = {
        "fasciculation": (*resting, openhdemg.NAME),
        "clonus": (*resting, *sets_of(config.clonus.people.of(part))),
        "tremor": sets_of(config.tremor.contraction.people.of(part)),
    }[phenomenon]
    return tuple(registry.source(name) for name in dict.fromkeys(names))


def _source(phenomenon: str, part: Part, config: SemiReal, visible: Visible) -> Source:
    name = f"{PREFIX}{phenomenon}-{part}"

    def read(data: Path) -> Iterator[LabelledRecording]:
        return _READERS[phenomenon](data, config, visible, part, name)

    made_of = ingredients(phenomenon, part, config)
    forbidding = [each.name for each in made_of if each.licence not in PERMISSIVE]
    if part == "test":
        reason = "for checks: people, motor units and electrodes are none of the train part"
    elif forbidding:
        reason = f"for checks: no licence that allows more for {', '.join(forbidding)}"
    else:
        reason = "all that it is made of may be passed on"
    return Source(
        name=name,
        title=f"{_TITLES[phenomenon]}, {part} part",
        modalities=("emg",),
        kind="semi-real",
        licence="; ".join(dict.fromkeys(each.licence for each in made_of)),
        for_training=part == "train" and not forbidding,
        reason=reason,
        read=read,
    )
