"""Noisy people: simulated single potentials in noise that drifts between 1 and 100 uV."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.signal
from tqdm import tqdm

from benchmarks.records.figures import Array
from features import MODALITIES, Recording
from training.config import load_config
from training.layout import Layout
from training.simulate.blocks import band, clear_of
from training.simulate.config import Simulation
from training.simulate.parameters import Draws, Physiology
from training.simulate.people import Person
from training.simulate.population import people
from training.simulate.twitches import fasciculation

BAND_HZ = (20.0, 450.0)
SITES, SECONDS = 24, 90.0
NOISE_UV, PERIOD_S = (1.0, 100.0), (20.0, 120.0)


@dataclass(frozen=True, eq=False)
class NoisyPerson:
    """A recording, and the potentials in it, shape (n_events,) each.

    ``ratios`` are peaks to local noise; 0 of a potential of another unit, which nobody asks for.
    """

    group: str
    recording: Recording
    events_s: Array
    ratios: Array


def noisy_people(layout: Layout) -> Iterator[NoisyPerson]:
    """Yield people of the test population, whom nothing was trained on."""
    simulation = with_sites(layout, SITES)
    physiology = Physiology.load(layout.config("physiology"))
    everybody = list(people("test", "emg", simulation, physiology))
    for number, person in enumerate(tqdm(everybody, desc="people with potentials", leave=False)):
        yield _noisy(person, physiology, np.random.default_rng([2, number]))


def with_sites(layout: Layout, sites: int) -> Simulation:
    """Return the simulator's configuration with another number of test sites."""
    simulation = load_config(layout.config("simulate"), Simulation)
    test = simulation.populations["test"].model_copy(update={"sites": sites})
    return simulation.model_copy(update={"populations": {**simulation.populations, "test": test}})


def _noisy(person: Person, physiology: Physiology, rng: np.random.Generator) -> NoisyPerson:
    site, rate_hz = person.site, person.site.sampling_rate_hz
    draws = Draws(
        physiology,
        person_seed=person.seed,
        recording_seed=int(rng.integers(2**31)),
        between_share=person.simulation.between_share,
        electrode_share=person.simulation.electrode_share,
    )
    scene = fasciculation(draws, SECONDS, draws.level("body.lever"))
    recorded = person.recorded(scene, draws)
    noise_uv = drifting(recorded.samples.shape[1], rate_hz, rng)
    factor = MODALITIES["emg"].factors.get(site.unit, 1.0)
    added = noise_uv * site.counts_per_unit if site.unit == "relative" else noise_uv / factor
    ground = band(recorded.ground + noise_uv, rate_hz, BAND_HZ)
    shown = band(recorded.phenomenon, rate_hz, BAND_HZ)
    events_s, strays_s = np.array(scene.events_s), np.array(scene.strays_s)
    ratios = [ratio(shown, ground, at_s, rate_hz) for at_s in events_s]
    recording = Recording(
        recorded.samples + added, sampling_rate_hz=rate_hz, modality="emg", unit=site.unit
    )
    return NoisyPerson(
        person.name,
        recording,
        np.concatenate((events_s, strays_s)),
        np.concatenate((ratios, np.zeros(len(strays_s)))),
    )


def drifting(n: int, rate_hz: float, rng: np.random.Generator) -> Array:
    """Return noise in the band of EMG whose deviation drifts between two limits, in uV."""
    upper_hz = min(BAND_HZ[1], 0.45 * rate_hz)
    sos = scipy.signal.butter(2, (BAND_HZ[0], upper_hz), "bandpass", fs=rate_hz, output="sos")
    noise = scipy.signal.sosfiltfilt(sos, rng.standard_normal(n))
    period_s = np.exp(rng.uniform(*np.log(PERIOD_S)))
    phase = 2 * np.pi * (np.arange(n) / rate_hz / period_s + rng.random())
    low, high = NOISE_UV
    level: Array = low * (high / low) ** (0.5 - 0.5 * np.cos(phase))
    noisy: Array = level * noise / noise.std()
    return noisy


def ratio(shown: Array, ground: Array, at_s: float, rate_hz: float) -> float:
    """Return how far a potential stands out of the second before and after it."""
    first, last = max(0, int((at_s - 0.01) * rate_hz)), int((at_s + 0.03) * rate_hz)
    around = ground[max(0, first - int(rate_hz)) : last + int(rate_hz)]
    return float(shown[first : max(last, first + 1)].max() / clear_of(around))
