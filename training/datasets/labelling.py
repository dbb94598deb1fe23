"""What a label means: from the spans of a recording to the label of each window.

A label says what this sensor could show an expert who looks at this window. The rules live here,
for a person's spans as for the simulator's:

1. A window that touches an ``unclear`` span is unclear: it is never trained on, and ``undecided``
   is the right answer to it.
2. A span of ``fasciculation``, or of a stand-in, no longer than :attr:`Labelling.event_s` is an
   event: it counts when the window holds the whole of it. Of anything else the window must hold a
   minimum time (:attr:`Labelling.minimum_s`): some cycles of tremor, some beats of clonus.
3. An involuntary phenomenon wins over voluntary movement, except that a twitch amid voluntary
   activity cannot be told from it: that is unclear. So are two phenomena in one window, and one
   of which the window holds less than the minimum, or only a part of the event.
4. Then voluntary movement; less than its minimum, but some, is unclear.
5. Then rest, which must fill the window.
6. What is left is not labelled at all.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from features import Section
from features.spec import PositiveFloat
from training.datasets.labelled import UNCLEAR, LabelledRecording, LabelledWindows, Span

UNLABELLED = ""

_TOLERANCE_S = 0.05
"""Time that is overlooked: spans are drawn by hand."""
_ROUNDING_S = 1e-9
"""Sums of lengths depend on their order by this much, and labels must not."""


class Labelling(Section):
    """How windows are cut, and how much of one a phenomenon must fill to give it its label."""

    hop_s: PositiveFloat = 4.0
    """Distance between the windows cut from a recording."""
    event_s: PositiveFloat = 0.5
    minimum_s: dict[str, PositiveFloat] = Field(
        default_factory=lambda: {"tremor": 1.5, "clonus": 0.7, "voluntary": 1.0}
    )
    other_minimum_s: PositiveFloat = 2.0
    """Minimum of every label that is not named in :attr:`minimum_s`."""
    voluntary_beside_event_s: PositiveFloat = 0.3

    def minimum_of_s(self, label: str) -> float:
        """Return how many seconds of a label a window must hold."""
        return self.minimum_s.get(label, self.other_minimum_s)


def label_window(spans: Sequence[Span], start_s: float, end_s: float, rules: Labelling) -> str:
    """Return the label of the window from ``start_s`` to ``end_s``, by the rules above."""
    seconds, complete, cut = _inside(spans, start_s, end_s, rules)
    if UNCLEAR in seconds.keys() | complete | cut:
        return UNCLEAR
    rest_s = seconds.pop("rest", 0.0)
    voluntary_s = seconds.pop("voluntary", 0.0)
    for label, time in seconds.items():
        if time >= rules.minimum_of_s(label) - _ROUNDING_S:
            complete.add(label)
        elif time > _TOLERANCE_S:
            cut.add(label)
    if complete or cut:
        return _involuntary(complete, cut, voluntary_s, rules)
    if voluntary_s >= rules.minimum_of_s("voluntary") - _ROUNDING_S:
        return "voluntary"
    if voluntary_s > _TOLERANCE_S:
        return UNCLEAR
    return "rest" if rest_s >= end_s - start_s - _TOLERANCE_S else UNLABELLED


def _inside(
    spans: Sequence[Span], start_s: float, end_s: float, rules: Labelling
) -> tuple[dict[str, float], set[str], set[str]]:
    """Return the seconds of each state inside, and the events wholly and partly inside."""
    seconds: dict[str, float] = {}
    complete: set[str] = set()
    cut: set[str] = set()
    for span in spans:
        inside = min(span.end_s, end_s) - max(span.start_s, start_s)
        if inside <= 0:
            continue
        if _is_event(span, rules):
            whole = inside > span.end_s - span.start_s - _ROUNDING_S
            (complete if whole else cut).add(span.label)
        else:
            seconds[span.label] = seconds.get(span.label, 0.0) + inside
    return seconds, complete, cut


def _is_event(span: Span, rules: Labelling) -> bool:
    states = ("rest", "voluntary", "tremor", "clonus")
    return span.label not in states and span.end_s - span.start_s <= rules.event_s


def _involuntary(complete: set[str], cut: set[str], voluntary_s: float, rules: Labelling) -> str:
    """Return the one phenomenon of a window, or unclear when there is not just one."""
    if len(complete) != 1 or cut - complete:
        return UNCLEAR
    (label,) = complete
    if label == "fasciculation" and voluntary_s > rules.voluntary_beside_event_s:
        return UNCLEAR
    return label


def window_id(recording_id: str, start_s: float) -> str:
    """Return the name of the window of a recording that begins at a time."""
    return f"{recording_id}@{start_s:.3f}"


def recording_of(window: str) -> str:
    """Return the recording of a window by its name."""
    return window.rpartition("@")[0] or window


def start_of_s(window: str) -> float:
    """Return where in its recording a window begins, by its name; NaN where it does not tell."""
    try:
        return float(window.rpartition("@")[2])
    except ValueError:
        return float("nan")


def label_windows(
    labelled: LabelledRecording, rules: Labelling, window_s: float = 4.0
) -> LabelledWindows:
    """Cut a recording into windows and label each; windows without a label are left out."""
    recording = labelled.recording
    starts = recording.window_starts(window_s, rules.hop_s)
    starts_s = starts / recording.sampling_rate_hz
    labels = np.array(
        [label_window(labelled.spans, s, s + window_s, rules) for s in starts_s], dtype=np.str_
    )
    kept = labels != UNLABELLED
    ids = np.array([window_id(labelled.id, s) for s in starts_s[kept]], dtype=np.str_)

    def repeated(value: str) -> NDArray[np.str_]:
        return np.full(len(ids), value)

    return LabelledWindows(
        windows=recording.windows_at(starts, window_s)[kept],
        labels=labels[kept],
        groups=repeated(labelled.group),
        sites=repeated(labelled.site),
        sources=repeated(labelled.source),
        ids=ids,
    )
