"""Population: the people of a set, site by site, and the kinds of recording that each gives."""

from collections.abc import Iterator

import numpy as np

from features import Modality
from training.simulate.config import Population, Simulation
from training.simulate.lookalikes import LOOKALIKES_IN_EMG, LOOKALIKES_IN_MOTION
from training.simulate.parameters import Physiology
from training.simulate.people import Person
from training.simulate.sites import draw_site


def people(
    name: str, modality: Modality, simulation: Simulation, physiology: Physiology
) -> Iterator[Person]:
    """Draw the people of a set.

    A person's body depends on the set's seed and the person's number alone, so that the same
    people wear every kind of sensor; a site's device depends on the modality too.
    """
    population = simulation.populations[name]
    for s in range(population.sites):
        site_seed = _seed(population.seed, s, len(modality))
        site = draw_site(f"{name}-site{s:02d}", modality, physiology, site_seed)
        for p in range(population.people_per_site):
            seed = _seed(population.seed, s, 1000 + p)
            yield Person(f"{name}-s{s:02d}p{p:02d}", seed, site, simulation, physiology)


def recording_kinds(population: Population, modality: Modality) -> dict[str, int]:
    """Return the kinds of recording that make sense for a modality."""
    other = set(LOOKALIKES_IN_MOTION if modality == "emg" else (*LOOKALIKES_IN_EMG, "contraction"))
    return {kind: n for kind, n in population.recordings.items() if kind not in other}


def _seed(*parts: int) -> int:
    return int(np.random.SeedSequence(parts).generate_state(1)[0])
