"""The simulate stage: a set of simulated recordings, made by two processes side by side."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

from features import ConfigError, Modality
from training.config import load_config
from training.datasets.labelled import LabelledRecording
from training.layout import Layout
from training.simulate import store
from training.simulate.config import Simulation
from training.simulate.parameters import Physiology
from training.simulate.population import people, recording_kinds

SHARDS = 2
"""Processes, and files, that a set is divided into; fixed, so that files do not depend on cores."""


def simulate_sets(modality: Modality, layout: Layout, only: tuple[str, ...] = ()) -> list[Path]:
    """Make every set of the configuration (or ``only`` some); return their folders."""
    simulation = load_config(layout.config("simulate"), Simulation)
    unknown = sorted(set(only) - set(simulation.populations))
    if unknown:
        known = ", ".join(simulation.populations)
        raise ConfigError(f"there is no set {unknown[0]!r} in simulate.yaml; there are {known}")
    folders: list[Path] = []
    for name in only or tuple(simulation.populations):
        folders.append(layout.simulated(modality) / name)
        _run_shards(modality, name, layout, simulation)
    return folders


def simulate_shard(modality: Modality, name: str, shard: int, layout: Layout) -> None:
    """Make one shard of a set: every :data:`SHARDS`-th person. Prints a line for each person."""
    simulation = load_config(layout.config("simulate"), Simulation)
    physiology = Physiology.load(layout.config("physiology"))
    kinds = recording_kinds(simulation.populations[name], modality)
    chosen = list(people(name, modality, simulation, physiology))[shard::SHARDS]

    def recordings() -> Iterator[LabelledRecording]:
        for person in chosen:
            yield from person.recordings(kinds)
            print(person.name, flush=True)  # noqa: T201  (the parent counts lines)

    store.write(recordings(), layout.simulated(modality) / name / f"part-{shard}.parquet")


def _run_shards(modality: Modality, name: str, layout: Layout, simulation: Simulation) -> None:
    population = simulation.populations[name]
    command = [sys.executable, "-m", "training", "simulate", modality, "--only", name]
    running = [
        subprocess.Popen(  # noqa: S603  (our own command)
            [*command, "--shard", str(shard), "--root", str(layout.root)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for shard in range(SHARDS)
    ]
    total = population.sites * population.people_per_site
    try:
        with tqdm(total=total, desc=f"simulate {modality}/{name}", unit="person") as bar:
            for process in running:
                for _ in process.stdout or ():
                    bar.update()
        failed = [process for process in running if process.wait() != 0]
    finally:
        for process in running:
            process.kill()
            process.wait()
    if failed:
        raise RuntimeError(f"simulating {modality}/{name} failed; see above")
