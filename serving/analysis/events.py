"""Events: the potentials of a long EMG that look like fasciculations, one after the other.

The signal is read in blocks on a fixed grid, each with the context that what is found in it depends
on, so memory does not grow with length and where blocks meet changes nothing.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features import MODALITIES, FeatureSpec, Windows
from features.potentials import POTENTIAL_SPEC, find_potentials, shape_lag
from features.potentials_artefacts import artefact_shapes
from features.potentials_conditioning import Tiles, condition_tiles, missing_samples
from features.potentials_repeats import Shapes
from serving.analysis.report import Event
from serving.analysis.source import SampleSource, read_channels
from serving.threads import in_order

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Stretches = Sequence[tuple[float, float]]

CONTEXT_S = POTENTIAL_SPEC.context_s
"""Nothing farther than this from an event decides about it, but for its number of shape."""

ISOLATED_S = 0.25
"""An event is isolated when both neighbours are farther away (Sleutjes 2016)."""

BLOCK_TILES = 80
"""Tiles that are worked on together: four minutes. The events do not depend on it."""

_TILES_READ = 64
"""Tiles that are read and conditioned together..."""
_MOST_READ = 2**22
"""... if the samples of their windows are no more."""


@dataclass(frozen=True, eq=False)
class Stretch:
    """A conditioned stretch of one channel, (n_samples,), from sample ``first`` of the grid."""

    samples: Array
    missing: NDArray[np.bool_]
    first: int


@dataclass(frozen=True, eq=False)
class Found:
    """Potentials of a block; arrays of shape (n_found,), times on the grid of the signal."""

    peak: Index
    duration_s: Array
    amplitude_uv: Array
    noise: Array
    shapes: Array


def find_events(
    source: SampleSource,
    channel: int,
    spec: FeatureSpec,
    excluded: Stretches,
    *,
    block_tiles: int = BLOCK_TILES,
) -> tuple[Event, ...]:
    """Find the events of one channel of an EMG, in order of time.

    Parameters
    ----------
    excluded : sequence of (start_s, end_s)
        Stretches of other activity, or of none that can be judged: an event whose peak lies in one
        is left out.
    block_tiles : int
        See :data:`BLOCK_TILES`.
    """
    tiles = Tiles.of(spec, POTENTIAL_SPEC.finding)
    outside = _Outside(excluded)
    numbers: list[int] = []
    events: list[Event] = []
    shapes = Shapes(shape_lag(tiles.rate_hz, POTENTIAL_SPEC), POTENTIAL_SPEC.repeating)
    unit = MODALITIES[source.modality].factors[source.unit]
    for found in _blocks(source, channel, spec, tiles, outside, block_tiles):
        for i in range(len(found.peak)):
            numbers.append(shapes.add(found.shapes[i], float(found.noise[i])))
            events.append(_event(found, i, tiles.rate_hz, unit))
    places = shapes.by_commonness()
    isolated = _isolated(np.array([event.time_s for event in events]))
    return tuple(
        event.model_copy(update={"shape": places[number], "isolated": bool(alone)})
        for event, number, alone in zip(events, numbers, isolated, strict=True)
    )


def _event(found: Found, i: int, rate_hz: float, unit: float) -> Event:
    """Return an event of which its neighbours and its likes are not known yet."""
    return Event(
        time_s=float(found.peak[i] / rate_hz),
        duration_ms=float(1e3 * found.duration_s[i]),
        amplitude=float(found.amplitude_uv[i] / unit),
        shape=0,
        isolated=False,
    )


class _Outside:
    """Stretches that events are left out of, in order and joined where they meet."""

    def __init__(self, stretches: Stretches) -> None:
        joined: list[list[float]] = []
        for start_s, end_s in sorted(stretches):
            if joined and start_s <= joined[-1][1]:
                joined[-1][1] = max(joined[-1][1], end_s)
            else:
                joined.append([start_s, end_s])
        self._starts_s, self._ends_s = np.array(joined).reshape(-1, 2).T

    def hold(self, times_s: Array) -> NDArray[np.bool_]:
        """Tell which times lie in a stretch."""
        place = np.searchsorted(self._starts_s, times_s, side="right") - 1
        inside: NDArray[np.bool_] = (place >= 0) & (
            times_s < np.append(self._ends_s, -np.inf)[place]
        )
        return inside

    def cover(self, start_s: float, end_s: float) -> bool:
        """Tell whether one stretch holds all from a time to another."""
        covering = (self._starts_s <= start_s) & (self._ends_s >= end_s)
        return bool(covering.any())


def _blocks(
    source: SampleSource,
    channel: int,
    spec: FeatureSpec,
    tiles: Tiles,
    outside: _Outside,
    block_tiles: int,
) -> Iterator[Found]:
    """Yield the potentials of each block."""
    artefacts = artefact_shapes(
        spec.conditioning,
        tiles.rate_hz,
        source.sampling_rate_hz,
        POTENTIAL_SPEC.refusing.artefact_half_s,
    )
    n_tiles = math.ceil(source.n_samples / source.sampling_rate_hz / tiles.length_s)
    context = math.ceil(CONTEXT_S / tiles.length_s)

    def read() -> Iterator[tuple[int, int, Stretch]]:
        for start in range(0, n_tiles, block_tiles):
            stop = min(start + block_tiles, n_tiles)
            if outside.cover(start * tiles.length_s, stop * tiles.length_s):
                continue
            first, last = max(0, start - context), min(stop + context, n_tiles)
            stretch = read_stretch(source, channel, spec, tiles, first, last)
            yield start * tiles.length, stop * tiles.length, stretch

    def found(block: tuple[int, int, Stretch]) -> Found:
        return _found(*block, tiles, outside, artefacts)

    # Sources are read here, on one thread.
    yield from in_order(found, read())


def _found(
    start: int, stop: int, stretch: Stretch, tiles: Tiles, outside: _Outside, artefacts: Array
) -> Found:
    """Return the potentials of a stretch that lie in a block, from sample ``start`` to ``stop``."""
    potentials = find_potentials(
        stretch.samples, stretch.missing, tiles.rate_hz, artefacts, POTENTIAL_SPEC
    )
    candidates = potentials.candidates
    peak = candidates.peak + stretch.first
    kept = potentials.passed & ~outside.hold(peak / tiles.rate_hz)
    kept &= (peak >= start) & (peak < stop)
    return Found(
        peak[kept],
        (candidates.stop - candidates.start)[kept] / tiles.rate_hz,
        candidates.amplitude[kept],
        candidates.noise[kept],
        potentials.shapes[kept],
    )


def read_stretch(
    source: SampleSource, channel: int, spec: FeatureSpec, tiles: Tiles, first: int, last: int
) -> Stretch:
    """Read and condition the tiles from ``first`` up to ``last``."""
    rate_hz = source.sampling_rate_hz
    offsets = tiles.offsets(first, last, source.n_samples / rate_hz)
    own = np.arange(first, last) * tiles.length - offsets
    starts = np.round(own / tiles.rate_hz * rate_hz).astype(np.int64)
    length = round(spec.window_s * rate_hz)
    at_once = max(1, min(_TILES_READ, _MOST_READ // length))
    parts, gone = [], []
    for at in range(0, len(starts), at_once):
        windows, lacking = _windows(source, channel, starts[at : at + at_once], length)
        parts.append(condition_tiles(windows, spec))
        gone.append(lacking)
    origin, share = first * tiles.length, tiles.rate_hz / rate_hz
    # The zeros behind the end of the recording are no silence that a potential could stand out of.
    end = math.floor(source.n_samples * share) - origin
    samples = tiles.joined(np.concatenate(parts), offsets)[:end]
    missing = missing_samples(np.concatenate(gone), origin, len(samples), share)
    return Stretch(samples, missing, origin)


def _windows(
    source: SampleSource, channel: int, starts: Index, length: int
) -> tuple[Windows, Index]:
    """Read windows of neighbouring tiles; return them, and which samples they lack."""
    begin, end = int(starts[0]), int(starts[-1]) + length
    samples = np.full(end - begin, np.nan)
    stop = min(end, source.n_samples)
    samples[: stop - begin] = read_channels(source, [channel], begin, stop)[0]
    cut = np.lib.stride_tricks.sliding_window_view(samples, length)[starts - begin]
    windows = Windows(
        cut[:, None],
        sampling_rate_hz=source.sampling_rate_hz,
        modality=source.modality,
        unit=source.unit,
    )
    return windows, begin + np.flatnonzero(np.isnan(samples))


def _isolated(times_s: Array) -> NDArray[np.bool_]:
    """Tell which events have no neighbour close by."""
    intervals = np.concatenate(([np.inf], np.diff(times_s), [np.inf]))[: len(times_s) + 1]
    isolated: NDArray[np.bool_] = (intervals[:-1] > ISOLATED_S) & (intervals[1:] > ISOLATED_S)
    return isolated
