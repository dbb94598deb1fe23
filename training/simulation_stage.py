"""The simulate stage: sets of simulated recordings, made by two processes side by side."""

import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import IO

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
    """Make every set of the configuration (or ``only`` some); return their folders.

    This process makes the first shard, others, started for it, the rest.
    """
    simulation = load_config(layout.config("simulate"), Simulation)
    unknown = sorted(set(only) - set(simulation.populations))
    if unknown:
        known = ", ".join(simulation.populations)
        raise ConfigError(f"there is no set {unknown[0]!r} in simulate.yaml; there are {known}")
    # What is wrong with this file is said once, before others start.
    Physiology.load(layout.config("physiology"))
    names = only or tuple(simulation.populations)
    sizes = (simulation.populations[name] for name in names)
    total = sum(size.sites * size.people_per_site for size in sizes)
    command = [sys.executable, "-m", "training", "simulate", modality, "--root", str(layout.root)]
    for name in names:
        command += ["--only", name]
    with tqdm(total=total, desc=f"simulate {modality}", unit="person") as bar:
        others = ([*command, "--shard", str(shard)] for shard in range(1, SHARDS))
        with running(others, lambda _: bar.update()):
            simulate_shard(modality, names, 0, layout, lambda _: bar.update())
    return [layout.simulated(modality) / name for name in names]


def _say(name: str) -> None:
    print(name, flush=True)  # noqa: T201  (the process that has started this one counts lines)


def simulate_shard(
    modality: Modality,
    names: tuple[str, ...],
    shard: int,
    layout: Layout,
    told: Callable[[str], object] = _say,
) -> None:
    """Make one shard of sets, every :data:`SHARDS`-th person; tell the name of each."""
    simulation = load_config(layout.config("simulate"), Simulation)
    physiology = Physiology.load(layout.config("physiology"))

    def recordings(name: str) -> Iterator[LabelledRecording]:
        kinds = recording_kinds(simulation.populations[name], modality)
        for person in list(people(name, modality, simulation, physiology))[shard::SHARDS]:
            yield from person.recordings(kinds)
            told(person.name)

    for name in names:
        store.write(recordings(name), layout.simulated(modality) / name / f"part-{shard}.parquet")


@contextmanager
def running(commands: Iterable[list[str]], told: Callable[[str], object]) -> Iterator[None]:
    """Run commands meanwhile and tell each line that they print; all must have gone well."""
    started = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603  (our own)
        for command in commands
    ]
    listeners = [Thread(target=_listen, args=(process.stdout, told)) for process in started]
    for listener in listeners:
        listener.start()
    try:
        yield
        if any(process.wait() for process in started):
            raise RuntimeError("a process that made a part of the recordings failed; see above")
    finally:
        for process in started:
            process.kill()
            process.wait()
        for listener in listeners:
            listener.join()


def _listen(lines: IO[str], told: Callable[[str], object]) -> None:
    with lines:
        for line in lines:
            told(line)
