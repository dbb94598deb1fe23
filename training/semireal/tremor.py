"""Semi-real tremor: real contractions that swell and ebb at the pace of a tremor.

The contraction is a person's own, as a tremor would be made of it: its potentials, electrodes and
spectrum are real. When it swells, how far it ebbs, and the device's noise are made up, by rules
that are not the simulator's. ``details`` hold the truth under the simulator's names, ``scene``,
``stretches_s`` and ``cycles_s`` (where each burst is the highest); and ``frequency_hz`` and
``between``, what is left between bursts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.datasets.labelled import LabelledRecording, Span
from training.semireal.config import Part, SemiReal, TremorSet
from training.semireal.drawing import generator, log_uniform
from training.semireal.real_stretches import real_stretches
from training.semireal.recording import Contents, labelled_recording
from training.semireal.visible import Visible

Array = NDArray[np.float64]

_MIDDLE_OF_HALF_SINE = 0.6
"""Share of half a sine that holds the middle 90 % of its energy."""


@dataclass(frozen=True, eq=False)
class Modulation:
    """How a contraction swells and ebbs: ``gain`` (n_samples,), and when it is the highest."""

    gain: Array
    cycles_s: Array
    frequency_hz: float
    between: float


def read_tremor(
    data: Path, config: SemiReal, _visible: Visible, part: Part, source: str
) -> Iterator[LabelledRecording]:
    """Make the recordings of a part, from the folder of all data sets."""
    settings = config.tremor
    for stretch in real_stretches(data, "voluntary", settings.contraction, part):
        for variant in range(settings.recordings_per_stretch):
            rng = generator(config.seed, f"{source}/{stretch.id}/{variant}")
            modulation = drawn_modulation(len(stretch.samples), stretch.rate_hz, settings, rng)
            contents = tremor(stretch.samples, stretch.duration_s, modulation, settings, rng)
            yield labelled_recording(stretch, contents, source, variant)


def tremor(
    contraction: Array,
    duration_s: float,
    modulation: Modulation,
    settings: TremorSet,
    rng: np.random.Generator,
) -> Contents:
    """Return what makes a tremor of a whole contraction, shape (n_samples,)."""
    steady = float(np.median(contraction))
    force = contraction - steady
    noise = log_uniform(settings.noise_share, rng) * force.std() * rng.standard_normal(len(force))
    inside = (modulation.cycles_s >= 0) & (modulation.cycles_s < duration_s)
    return Contents(
        (modulation.gain - 1.0) * force + noise,
        (Span(0.0, duration_s, "tremor"),),
        {
            "scene": "tremor",
            "stretches_s": [[0.0, duration_s]],
            "cycles_s": modulation.cycles_s[inside].tolist(),
            "frequency_hz": modulation.frequency_hz,
            "between": modulation.between,
        },
    )


def drawn_modulation(
    n: int, rate_hz: float, settings: TremorSet, rng: np.random.Generator
) -> Modulation:
    """Draw a frequency, and bursts at it, over ``n`` samples."""
    frequency_hz = log_uniform(settings.frequency_hz, rng)
    between = float(rng.uniform(*settings.between))
    starts_s = _cycle_starts(n / rate_hz, frequency_hz, settings, rng)
    sizes = 1 + rng.uniform(*settings.burst_size_cv) * rng.standard_normal(len(starts_s))
    base_s = rng.uniform(*settings.burst_s) / _MIDDLE_OF_HALF_SINE
    times_s = np.arange(n) / rate_hz
    bursts = np.zeros(n)
    middles_s = []
    for at_s, until_s, size in zip(starts_s, starts_s[1:], np.clip(sizes, 0.1, None), strict=False):
        width_s = min(base_s, 0.9 * (until_s - at_s))
        into = (times_s - at_s) / width_s
        bursts += size * np.sin(np.pi * into) * ((into > 0) & (into < 1))
        middles_s.append(at_s + width_s / 2)
    gain = _waxing(times_s, settings, rng) * (between + (1 - between) * bursts)
    return Modulation(gain, np.array(middles_s), frequency_hz, between)


def _cycle_starts(
    duration_s: float, frequency_hz: float, settings: TremorSet, rng: np.random.Generator
) -> Array:
    """Return where cycles begin, from before the first sample to beyond the last."""
    spread_hz = rng.uniform(*settings.cycle_frequency_sd_hz)
    count = int(2 * frequency_hz * duration_s) + 20
    # Neighbours are alike: the mean of three, brought back to its size.
    wander = np.convolve(rng.standard_normal(count + 2), np.ones(3) / np.sqrt(3), "valid")
    slowest, quickest = 0.6 * frequency_hz, 1.6 * frequency_hz
    periods = 1 / np.clip(frequency_hz + spread_hz * wander, slowest, quickest)
    starts_s: Array = np.cumsum(periods) - rng.uniform(1.0, 2.0) * periods[0]
    return starts_s[starts_s < duration_s + 2 / frequency_hz]


def _waxing(times_s: Array, settings: TremorSet, rng: np.random.Generator) -> Array:
    """Return how it waxes and wanes, shape (n_samples,), around 1."""
    period_s = log_uniform(settings.envelope_period_s, rng)
    # Straight lines between independent knots deviate by two thirds of their variance.
    spread = np.sqrt(np.log1p(rng.uniform(*settings.envelope_cv) ** 2) * 1.5)
    knots_s = np.arange(-rng.uniform(0, period_s), times_s[-1] + period_s, period_s / 2)
    waxing: Array = np.exp(spread * np.interp(times_s, knots_s, rng.standard_normal(len(knots_s))))
    return waxing
