"""Semi-real clonus: real responses of one muscle, one after the other, on the rest of another.

Each beat is another response of the same person. A sustained run goes on to the end of the
recording; others are of a few beats, decay, and come again. Where no beat shows any more, there is
rest. ``details`` hold the truth about each beat: ``cycles_s`` (its peak), ``places_s``,
``peak_ratios``, ``runs`` (which run it is of); ``stretches_s`` of the runs; and ``scene``,
``frequency_hz``, ``sustained`` and ``responses_of`` of the recording.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.datasets.labelled import UNCLEAR, LabelledRecording, Span
from training.semireal.config import ClonusSet, Part, SemiReal
from training.semireal.drawing import generator, log_uniform
from training.semireal.real_stretches import real_stretches
from training.semireal.recording import Contents, apart, labelled_recording
from training.semireal.response_shapes import response_shapes
from training.semireal.shapes import Shape, added, at_rate, of_unit_peak, places
from training.semireal.visible import Backdrop, Visible

Array = NDArray[np.float64]

_MARGIN_S = 0.1
"""Beats whose response would be cut by an end of the recording are left out."""


@dataclass(frozen=True, eq=False)
class Beats:
    """When a muscle answers, and how strongly: arrays of shape (n_beats,), in order of time."""

    times_s: Array
    sizes: Array
    run: NDArray[np.intp]
    frequency_hz: float
    sustained: bool


def read_clonus(
    data: Path, config: SemiReal, visible: Visible, part: Part, source: str
) -> Iterator[LabelledRecording]:
    """Make the recordings of a part, from the folder of all data sets."""
    settings = config.clonus
    muscles = response_shapes(data, settings, part)
    for rest in real_stretches(data, "rest", config.rest, part):
        backdrop = Backdrop.of(rest.samples, rest.rate_hz, visible)
        for variant in range(settings.recordings_per_stretch):
            rng = generator(config.seed, f"{source}/{rest.id}/{variant}")
            person = str(rng.choice(list(muscles)))
            beats = drawn_beats(rest.duration_s, settings, rng)
            chosen = rng.choice(len(muscles[person]), size=len(beats.times_s))
            shapes = {
                i: of_unit_peak(at_rate(muscles[person][i], rest.rate_hz), visible)
                for i in sorted(set(chosen.tolist()))
            }
            ratio = log_uniform(settings.peak_ratio, rng)
            contents = clonus(backdrop, [shapes[i] for i in chosen], beats, ratio)
            contents.details["responses_of"] = person
            yield labelled_recording(rest, contents, source, variant)


def drawn_beats(duration_s: float, settings: ClonusSet, rng: np.random.Generator) -> Beats:
    """Draw a frequency, and beats at it: one long run, or short ones that decay."""
    sustained = bool(rng.random() < settings.sustained_share)
    frequency_hz = float(rng.uniform(*settings.frequency_hz))
    interval_cv = float(rng.uniform(*settings.interval_cv))
    size_cv = float(rng.uniform(*settings.beat_size_cv))
    at_s = float(rng.uniform(*settings.start_s))
    times: list[Array] = []
    sizes: list[Array] = []
    while at_s < duration_s - _MARGIN_S:
        if sustained:
            count = int(2 * frequency_hz * duration_s) + 1
            decay_per_s = float(rng.uniform(*settings.decay_per_s_sustained))
        else:
            count = int(rng.integers(*settings.beats_unsustained, endpoint=True))
            decay_per_s = log_uniform(settings.decay_per_s_unsustained, rng)
        intervals = (1 + interval_cv * rng.standard_normal(count)) / frequency_hz
        times.append(at_s + np.cumsum(intervals) - intervals[0])
        scatter = 1 + size_cv * rng.standard_normal(count)
        sizes.append(np.exp(-decay_per_s * (times[-1] - at_s)) * np.clip(scatter, 0.1, None))
        at_s = float(times[-1][-1] + rng.uniform(*settings.pause_s))
    run = np.repeat(np.arange(len(times)), [len(t) for t in times])
    together = np.concatenate(times)
    inside = (together > _MARGIN_S) & (together < duration_s - _MARGIN_S)
    return Beats(
        together[inside], np.concatenate(sizes)[inside], run[inside], frequency_hz, sustained
    )


def clonus(backdrop: Backdrop, shapes: Sequence[Shape], beats: Beats, ratio: float) -> Contents:
    """Let a muscle beat before a backdrop of rest.

    Parameters
    ----------
    shapes : sequence of Shape
        That of each beat, at the rate of the rest, with a peak of 1 in the band.
    ratio : float
        Peak of a beat of size 1 over the deviation of the rest.
    """
    rate_hz, n = backdrop.rate_hz, len(backdrop.ground)
    peaks = np.round(beats.times_s * rate_hz).astype(int).tolist()
    potentials = added(n, shapes, peaks, (ratio * backdrop.deviation * beats.sizes).tolist())
    where = places(shapes, peaks, n)
    ratios = backdrop.peak_ratios(potentials, where)
    labels = np.array([backdrop.visible.label(each, "clonus") for each in ratios], dtype=np.str_)
    spans: list[Span] = []
    for run in np.unique(beats.run):
        chosen = beats.run == run
        spans += run_spans(where[chosen] / rate_hz, labels[chosen])
    return Contents(
        potentials,
        apart(spans, 2 / rate_hz),
        {
            "scene": "clonus",
            "stretches_s": _stretches(beats, n / rate_hz),
            "cycles_s": [peak / rate_hz for peak in peaks],
            "places_s": (where / rate_hz).tolist(),
            "peak_ratios": ratios,
            "runs": beats.run.tolist(),
            "frequency_hz": beats.frequency_hz,
            "sustained": beats.sustained,
        },
    )


def _stretches(beats: Beats, duration_s: float) -> list[list[float]]:
    """Return where each run begins and ends: half a period beside its first and its last beat."""
    beside_s = 0.5 / beats.frequency_hz
    runs = [beats.times_s[beats.run == run] for run in np.unique(beats.run)]
    return [
        [max(0.0, float(run[0]) - beside_s), min(duration_s, float(run[-1]) + beside_s)]
        for run in runs
    ]


def run_spans(places_s: Array, labels: NDArray[np.str_]) -> list[Span]:
    """Return clonus from the first to the last clear beat of a run, and unclear beats around it.

    Parameters
    ----------
    places_s : ndarray, shape (n_beats, 2)
    labels : ndarray, shape (n_beats,)
        ``clonus`` where a beat shows, ``unclear`` where it may, ``rest`` where it does not.
    """
    clear = np.flatnonzero(labels == "clonus")
    seen = np.flatnonzero(labels != "rest")
    if len(seen) == 0:
        return []
    start_s, end_s = float(places_s[seen[0], 0]), float(places_s[seen[-1], 1])
    if len(clear) < 2:  # one beat is no rhythm
        return [Span(start_s, end_s, UNCLEAR)]
    first_s, last_s = float(places_s[clear[0], 0]), float(places_s[clear[-1], 1])
    spans = [
        Span(start_s, first_s, UNCLEAR),
        Span(first_s, last_s, "clonus"),
        Span(last_s, end_s, UNCLEAR),
    ]
    return [span for span in spans if span.end_s > span.start_s]
