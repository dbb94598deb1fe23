"""Events: brief transients over a quiet ground, and how they follow one another."""

import numpy as np
from numpy.typing import NDArray

from features import ragged
from features.events import Events
from features.feature import feature, ratio
from features.kernels import kernel
from features.spec import FeatureSpec

Array = NDArray[np.float64]


@feature("events per second", unit="1/s")
def event_rate(events: Events) -> Array:
    """Events over the length of the window. Silent: 0."""
    runs = events.runs
    rate: Array = runs.count * runs.rate_hz / runs.envelope.shape[1]
    return rate


@feature("brief events per second", unit="1/s")
def brief_event_rate(events: Events, spec: FeatureSpec) -> Array:
    """Events no longer than a twitch, over the length of the window. Silent: 0."""
    runs = events.runs
    is_brief = (events.duration_s <= spec.events.brief_s).astype(np.float64)
    count = np.bincount(runs.window, weights=is_brief, minlength=runs.n_windows)
    rate: Array = count * runs.rate_hz / runs.envelope.shape[1]
    return rate


@feature("duration of events", unit="ms")
def event_duration(events: Events) -> Array:
    """Median duration above a hundredth of the event's energy; NaN without events."""
    return ragged.median(events.duration_s * 1e3, events.runs.first)


@feature("longest event", unit="ms")
def longest_event(events: Events) -> Array:
    """Duration of the longest event; 0 without events."""
    return np.nan_to_num(ragged.maximum(events.duration_s * 1e3, events.runs.first))


@feature("irregularity of events")
def event_interval_variation(events: Events) -> Array:
    """Standard deviation over mean of the intervals: 0 regular, about 1 for a Poisson process."""
    return ragged.variation(*ragged.intervals(_times(events), events.runs.first))


@feature("share of isolated events")
def isolated_share(events: Events, spec: FeatureSpec) -> Array:
    """Share of events with no neighbour within 250 ms. Sleutjes 2016, doi:10.1002/mus.24712."""
    before, after = _neighbour_distances(events)
    limit = spec.events.isolation_s
    return ragged.mean(((before > limit) & (after > limit)).astype(np.float64), events.runs.first)


@feature("share of doublets")
def doublet_share(events: Events, spec: FeatureSpec) -> Array:
    """Share of events that follow another within 10-110 ms. Kleine 2012."""
    before, _ = _neighbour_distances(events)
    low, high = spec.events.doublet_s
    return ragged.mean(((before >= low) & (before <= high)).astype(np.float64), events.runs.first)


@feature("size of the largest event")
def largest_event_ratio(events: Events) -> Array:
    """Largest peak-to-peak amplitude over the deviation outside events; NaN without events."""
    return ratio(ragged.maximum(events.amplitude, events.runs.first), events.noise)


@feature("size of events")
def event_amplitude_ratio(events: Events) -> Array:
    """Median peak-to-peak amplitude over the deviation outside events; NaN without events."""
    return ratio(ragged.median(events.amplitude, events.runs.first), events.noise)


@feature("variation of event size")
def event_amplitude_variation(events: Events) -> Array:
    """Standard deviation over mean of the amplitudes; two events at the least."""
    return ragged.variation(events.amplitude, events.runs.first)


@feature("amplitude of the largest event", unit="{signal}", degree=1)
def largest_event(events: Events) -> Array:
    """Largest peak-to-peak amplitude; 0 without events."""
    return np.nan_to_num(ragged.maximum(events.amplitude, events.runs.first))


@feature("level between events", unit="{signal}", degree=1)
def ground_level(events: Events) -> Array:
    """Deviation of the signal outside events. Silent: 0; NaN when an event fills the window."""
    return events.noise


@feature("half waves of an event")
def event_phases(events: Events) -> Array:
    """Median number of half waves above a tenth of the amplitude; NaN without events."""
    return ragged.median(events.phases, events.runs.first)


@feature("likeness of events")
def event_similarity(events: Events) -> Array:
    """Median correlation between the shapes of the strongest events; two at the least."""
    return events.similarity


@feature("share of energy in events")
def event_energy_share(events: Events) -> Array:
    """Share of the Teager-Kaiser energy that lies in events. Silent: NaN."""
    runs = events.runs
    return _share_inside(runs.envelope, runs.first, runs.start, runs.stop)


def _times(events: Events) -> Array:
    times: Array = events.runs.peak_at / events.runs.rate_hz
    return times


def _neighbour_distances(events: Events) -> tuple[Array, Array]:
    """Return the time to the event before and after in the same window, infinite where none is."""
    peak_at, window = events.runs.peak_at, events.runs.window
    before = np.full(len(peak_at), np.inf)
    same = window[1:] == window[:-1]
    # Whole samples are subtracted: of seconds, the rounding would decide at a limit.
    before[1:][same] = np.diff(peak_at)[same] / events.runs.rate_hz
    after = np.full(len(peak_at), np.inf)
    after[:-1] = before[1:]
    return before, after


@kernel
def _share_inside(
    energy: Array, first: NDArray[np.int64], start: NDArray[np.int64], stop: NDArray[np.int64]
) -> Array:  # pragma: no cover (compiled)
    result = np.full(len(energy), np.nan)
    for w in range(len(energy)):
        inside = 0.0
        for i in range(first[w], first[w + 1]):
            for t in range(start[i], stop[i]):
                inside += energy[w, t]
        total = np.sum(energy[w])
        if total > 0:
            result[w] = min(1.0, inside / total)
    return result
