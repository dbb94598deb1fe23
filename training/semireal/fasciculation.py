"""Semi-real fasciculation: real potentials of single motor units, now and then, on real rest.

``details`` hold the truth about each potential: ``events_s`` (its peak), ``places_s`` (from when to
when it lasts), ``peak_ratios`` (how far it stands out), ``doublet`` (whether it follows another of
its unit at once) and ``units``; and ``electrodes`` and ``rate_hz`` of the recording.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.datasets.labelled import LabelledRecording
from training.semireal.config import FasciculationSet, Part, SemiReal
from training.semireal.drawing import generator, log_uniform
from training.semireal.real_stretches import real_stretches
from training.semireal.recording import Contents, apart, labelled_recording, spans_of
from training.semireal.shapes import Shape, added, at_rate, of_unit_peak, places
from training.semireal.unit_shapes import unit_shapes
from training.semireal.visible import Backdrop, Visible

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Firings:
    """When something fires: arrays of shape (n_firings,), in order of time.

    ``event`` counts what belongs together: a doublet is two firings of one event.
    """

    times_s: Array
    event: NDArray[np.intp]
    doublet: NDArray[np.bool_]
    rate_hz: float


def read_fasciculation(
    data: Path, config: SemiReal, visible: Visible, part: Part, source: str
) -> Iterator[LabelledRecording]:
    """Make the recordings of a part, from the folder of all data sets."""
    settings = config.fasciculation
    pairs = unit_shapes(data, settings, part)
    for rest in real_stretches(data, "rest", config.rest, part):
        backdrop = Backdrop.of(rest.samples, rest.rate_hz, visible)
        for variant in range(settings.recordings_per_stretch):
            rng = generator(config.seed, f"{source}/{rest.id}/{variant}")
            electrodes, shapes = drawn_units(pairs, settings.most_units, rng)
            units = [of_unit_peak(at_rate(shape, rest.rate_hz), visible) for shape in shapes]
            firings = irregular_firings(rest.duration_s, settings, rng)
            contents = fasciculations(backdrop, units, firings, settings, rng)
            contents.details["electrodes"] = electrodes
            yield labelled_recording(rest, contents, source, variant)


def drawn_units(
    pairs: Mapping[str, Sequence[Shape]], most: int, rng: np.random.Generator
) -> tuple[str, list[Shape]]:
    """Draw a pair of electrodes, and one or more of the units that it sees clearly."""
    electrodes = str(rng.choice(list(pairs)))
    seen = pairs[electrodes]
    count = int(rng.integers(1, min(most, len(seen)) + 1))
    return electrodes, [seen[i] for i in rng.choice(len(seen), size=count, replace=False)]


def irregular_firings(
    duration_s: float, settings: FasciculationSet, rng: np.random.Generator
) -> Firings:
    """Draw a rate, and times at that rate: exponential intervals above a shortest one.

    Each potential lies wholly within the recording.
    """
    rate_hz = log_uniform(settings.rate_hz, rng)
    shortest_s = settings.shortest_interval_s
    count = int(2 * duration_s * rate_hz + 20)
    intervals = shortest_s + rng.exponential(1.0 / rate_hz - shortest_s, size=count)
    first = np.cumsum(intervals) - shortest_s
    followed = np.flatnonzero(rng.random(count) < settings.doublet_share)
    lags = [log_uniform(settings.doublet_interval_s, rng) for _ in followed]
    times = np.concatenate((first, first[followed] + np.array(lags)))
    event = np.concatenate((np.arange(count), followed))
    order = np.argsort(times, kind="stable")
    margin_s = 2.0 * settings.half_width_s
    order = order[(times[order] > margin_s) & (times[order] < duration_s - margin_s)]
    return Firings(times[order], event[order], order >= count, rate_hz)


def fasciculations(
    backdrop: Backdrop,
    units: Sequence[Shape],
    firings: Firings,
    settings: FasciculationSet,
    rng: np.random.Generator,
) -> Contents:
    """Let units fire before a backdrop of rest; each keeps its size and its polarity.

    Parameters
    ----------
    units : sequence of Shape
        At the rate of the rest, with a peak of 1 in the band.
    """
    rate_hz, n = backdrop.rate_hz, len(backdrop.ground)
    sizes = [log_uniform(settings.peak_ratio, rng) * backdrop.deviation for _ in units]
    signs = rng.choice((-1.0, 1.0), size=len(units))
    unit_of_event = rng.integers(len(units), size=int(firings.event.max(initial=-1)) + 1)
    which = unit_of_event[firings.event]
    gains = [sizes[u] * signs[u] * (1 + settings.size_cv * rng.standard_normal()) for u in which]
    shapes = [units[u] for u in which]
    peaks = np.round(firings.times_s * rate_hz).astype(int).tolist()
    potentials = added(n, shapes, peaks, gains)
    where = places(shapes, peaks, n)
    ratios = backdrop.peak_ratios(potentials, where)
    labels = [backdrop.visible.label(ratio, "fasciculation") for ratio in ratios]
    return Contents(
        potentials,
        apart(spans_of(where, labels, rate_hz), 2 / rate_hz),
        {
            "events_s": [peak / rate_hz for peak in peaks],
            "places_s": (where / rate_hz).tolist(),
            "peak_ratios": ratios,
            "doublet": firings.doublet.tolist(),
            "units": [units[u].name for u in which],
            "rate_hz": firings.rate_hz,
        },
    )
