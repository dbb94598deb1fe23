"""Visibility: which of what happened a sensor could show to an expert who looks at its signal.

The simulator knows more than any sensor. A label may not: what does not stand clear of noise,
heartbeat and small jerks is rest; what clearly does is labelled; what lies between is unclear, is
left out of training, and is kept as a set on which ``undecided`` is the right answer. So is what
shows but may be either of two things: a motor unit that fires on its own in a muscle whose owner
was asked to rest, movement that is the ground of something else, and quick movements repeated at
will, whose bursts in a single muscle are those of a tremor.
"""

from itertools import pairwise

import numpy as np
import scipy.fft
import scipy.ndimage
from numpy.typing import NDArray

from features import Modality, Section
from features.spec import PositiveFloat
from training.datasets.labelled import UNCLEAR, Span
from training.simulate.activity import Scene, Stretches
from training.simulate.blocks import BLOCK_S, band, blocks, blocks_of, clear_of, deviation, smoothed
from training.simulate.recorder import Recorded

Array = NDArray[np.float64]

_BESIDE = 4
"""Unclear blocks in a row that may belong to the clear one beside them."""
_RHYTHMS = ("tremor", "clonus")
_NORMAL_TREMOR_HZ = (6.0, 12.5)
_BEFORE = {"emg": 0.01, "accelerometer": 0.05, "gyroscope": 0.05}
"""Time before an event that belongs to it."""
_AFTER = {"emg": 0.03, "accelerometer": 0.15, "gyroscope": 0.15}


class Visibility(Section):
    """Limits for one modality; sizes are in its own unit.

    Of each pair, what is below the first is not visible, what is above the second is.
    """

    band_hz: tuple[PositiveFloat, PositiveFloat]
    rhythm_band_hz: tuple[PositiveFloat, PositiveFloat]
    """Band of a rhythm: who looks for one looks past slow sway."""
    event_ratio: tuple[PositiveFloat, PositiveFloat]
    """Peak of an event over the robust deviation around it."""
    volley_ratio: tuple[PositiveFloat, PositiveFloat]
    """The same for a run of volleys, which last longer than a peak of the noise and look like it
    sooner."""
    event_floor: tuple[float, float]
    rhythm_ratio: tuple[PositiveFloat, PositiveFloat]
    """Root mean square of a rhythm over that of the ground."""
    rhythm_floor: tuple[float, float]
    """Peak size of a rhythm outside the band of normal tremor."""
    normal_tremor_floor: tuple[float, float]
    """Peak size within the band of normal tremor."""
    voluntary_ratio: tuple[PositiveFloat, PositiveFloat]
    voluntary_floor: tuple[float, float]
    pace_ceiling_hz: float
    """A movement repeated at will at this pace or faster may be a tremor, for all that this sensor
    shows: it is unclear. 0 when the sensor can tell."""
    rest_ceiling: float
    """Where the ground itself peaks higher it is movement, not rest; 0 for no ceiling."""


def visible_spans(
    scene: Scene, recorded: Recorded, rate_hz: float, modality: Modality, limits: Visibility
) -> list[Span]:
    """Return the spans of a recording as a sensor shows them, in order and without overlap."""
    band_hz = limits.rhythm_band_hz if scene.label in _RHYTHMS else limits.band_hz
    shown = band(recorded.phenomenon, rate_hz, band_hz)
    ground = band(recorded.ground, rate_hz, limits.band_hz)
    strays_s = scene.strays_s if modality == "emg" else np.zeros(0)
    if scene.label == "fasciculation":
        return _event_spans(scene, strays_s, shown, ground, rate_hz, modality, limits)
    same = band_hz == limits.band_hz
    beside = ground if same else band(recorded.ground, rate_hz, band_hz)
    grades = _block_grades(scene, shown, beside, rate_hz, limits)
    _settle(grades, scene.stretches)
    moving = scene.moving + (scene.held if modality == "emg" else ())
    _grade_ground(grades, moving, strays_s, ground, rate_hz, limits)
    return _spans_of_blocks(grades, scene.label, len(shown) / rate_hz)


def _block_grades(
    scene: Scene, shown: Array, ground: Array, rate_hz: float, limits: Visibility
) -> NDArray[np.int64]:
    """Grade each block by what of the phenomenon shows: 0 nothing, 1 unclear, 2 it shows."""
    phenomenon = smoothed(blocks(shown, rate_hz, "rms"), 4)
    level = smoothed(blocks(ground, rate_hz, "rms"), 8)
    n = len(phenomenon)
    if scene.label == "voluntary":
        ratio_limits, floor = limits.voluntary_ratio, limits.voluntary_floor
    else:
        ratio_limits, floor = limits.rhythm_ratio, limits.rhythm_floor
        low, high = _NORMAL_TREMOR_HZ
        if low <= scene.frequency_hz <= high and scene.label == "tremor":
            floor = limits.normal_tremor_floor
    grades = _graded(
        phenomenon / np.maximum(level, 1e-12), np.sqrt(2.0) * phenomenon, ratio_limits, floor
    )
    if scene.phenomenon.discharges or scene.phenomenon.volleys:
        # Brief potentials are seen long before they carry power.
        peaks = scipy.ndimage.maximum_filter1d(blocks(shown, rate_hz, "peak"), 5)
        clear = peaks / max(deviation(ground), 1e-12)
        grades = np.maximum(grades, _graded(clear, peaks, limits.volley_ratio, limits.event_floor))
    grades[~blocks_of(scene.stretches, n)] = 0
    if 0 < limits.pace_ceiling_hz <= scene.phenomenon.pace_hz:
        grades = np.minimum(grades, 1)
    return grades


def _graded(
    ratio: Array, size: Array, ratio_limits: tuple[float, float], floor: tuple[float, float]
) -> NDArray[np.int64]:
    """Grade by ratio and size: 2 where both reach their upper limits, 1 where the lower."""
    grades = np.zeros(len(ratio), dtype=np.int64)
    grades[(ratio >= ratio_limits[0]) & (size >= floor[0])] = 1
    grades[(ratio >= ratio_limits[1]) & (size >= floor[1])] = 2
    return grades


def _settle(grades: NDArray[np.int64], stretches: Stretches) -> None:
    """Give an unclear block beside a clear one of its stretch to that one, in place."""
    for start, end in stretches:
        part = grades[int(start / BLOCK_S) : int(np.ceil(end / BLOCK_S))]
        grown = scipy.ndimage.binary_dilation(part == 2, iterations=_BESIDE, mask=part > 0)
        part[grown] = 2


def _grade_ground(
    grades: NDArray[np.int64],
    moving: Stretches,
    strays_s: Array,
    ground: Array,
    rate_hz: float,
    limits: Visibility,
) -> None:
    """Grade blocks that show nothing of the phenomenon by their ground, in place.

    They are unclear where it moves or a stray motor unit shows, and of grade 3 where it is loud.
    """
    nothing = grades == 0
    grades[nothing & blocks_of(moving, len(grades))] = 1
    for time in strays_s:
        block = min(int(time / BLOCK_S), len(grades) - 1)
        place = (time - _BEFORE["emg"], time + _AFTER["emg"])
        if nothing[block] and _stray_grade(ground, rate_hz, place, limits) == 2:
            grades[block] = 1
    if limits.rest_ceiling > 0:
        grades[nothing & (blocks(ground, rate_hz, "peak") > limits.rest_ceiling)] = 3


def _spans_of_blocks(grades: NDArray[np.int64], label: str, duration_s: float) -> list[Span]:
    """Join blocks of one grade to spans."""
    edges = np.flatnonzero(np.diff(grades)) + 1
    bounds = [0, *edges.tolist(), len(grades)]
    names = ("rest", UNCLEAR, label, "voluntary")
    spans: list[Span] = []
    for first, last in pairwise(bounds):
        end = duration_s if last == len(grades) else last * BLOCK_S
        spans.append(Span(first * BLOCK_S, float(end), names[int(grades[first])]))
    return spans


def _event_spans(
    scene: Scene,
    strays_s: Array,
    shown: Array,
    ground: Array,
    rate_hz: float,
    modality: Modality,
    limits: Visibility,
) -> list[Span]:
    """Return a span for each event that shows or may show, and rest between."""
    before, after = _BEFORE[modality], _AFTER[modality]
    duration_s = len(shown) / rate_hz
    loud = blocks(ground, rate_hz, "peak") > (limits.rest_ceiling or np.inf)
    events = [(time, False) for time in scene.events_s] + [(time, True) for time in strays_s]
    spans: list[Span] = []
    at = 0.0
    for time, stray in sorted(events):
        a, b = max(at, time - before), min(duration_s, time + after)
        if b - a < 2 / rate_hz:
            continue
        if stray:
            grade = _stray_grade(ground, rate_hz, (a, b), limits)
        else:
            grade = _event_grade(shown, ground, rate_hz, (a, b), limits)
        if grade == 2 or (grade == 1 and not stray):
            clear = grade == 2 and not stray
            spans += _rest(at, a, loud)
            spans.append(Span(a, b, scene.label if clear else UNCLEAR))
            at = b
    return spans + _rest(at, duration_s, loud)


def _rest(start_s: float, end_s: float, loud: NDArray[np.bool_]) -> list[Span]:
    """Return rest from start to end, movement where the ground itself is loud."""
    spans: list[Span] = []
    at = start_s
    for block in range(int(start_s / BLOCK_S), min(len(loud), int(np.ceil(end_s / BLOCK_S)))):
        until = min(end_s, (block + 1) * BLOCK_S) if block < len(loud) - 1 else end_s
        label = "voluntary" if loud[block] else "rest"
        if spans and spans[-1].label == label:
            spans[-1] = Span(spans[-1].start_s, until, label)
        elif until > at:
            spans.append(Span(at, until, label))
        at = until
    return spans


def _event_grade(
    shown: Array, ground: Array, rate_hz: float, place_s: tuple[float, float], limits: Visibility
) -> int:
    """Grade an event by what it stands out from: the noise around it, and the tails of that."""
    around = _around(ground, rate_hz, place_s)
    return _peak_grade(shown, clear_of(around), rate_hz, place_s, limits)


def _stray_grade(
    ground: Array, rate_hz: float, place_s: tuple[float, float], limits: Visibility
) -> int:
    """Grade what is part of the ground itself, whose own peak is among the tails."""
    around = _around(ground, rate_hz, place_s)
    return _peak_grade(ground, deviation(around), rate_hz, place_s, limits)


def _peak_grade(
    shown: Array,
    level: float,
    rate_hz: float,
    place_s: tuple[float, float],
    limits: Visibility,
) -> int:
    first, last = _samples(place_s, rate_hz)
    peaks = np.array([shown[first : max(last, first + 1)].max()])
    grades = _graded(peaks / max(level, 1e-12), peaks, limits.event_ratio, limits.event_floor)
    return int(grades[0])


def _around(ground: Array, rate_hz: float, place_s: tuple[float, float]) -> Array:
    """Return the ground from a second before to a second after."""
    first, last = _samples(place_s, rate_hz)
    return ground[max(0, first - round(rate_hz)) : last + round(rate_hz)]


def _samples(place_s: tuple[float, float], rate_hz: float) -> tuple[int, int]:
    return max(0, round(place_s[0] * rate_hz)), max(0, round(place_s[1] * rate_hz))
