"""From a real stretch and what is added to it to a labelled recording that knows the truth."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features import Recording
from training.datasets.labelled import LabelledRecording, Span
from training.datasets.real.stretches import with_rest_between
from training.semireal.real_stretches import RealStretch

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Contents:
    """What is ``added`` (n_samples,), what shows of it, and the truth."""

    added: Array
    events: tuple[Span, ...]
    details: dict[str, Any]


def labelled_recording(
    real: RealStretch, contents: Contents, source: str, variant: int
) -> LabelledRecording:
    """Return a stretch with potentials added to it; all that is no event is rest.

    The group is the person whose stretch it is, under the name that the real set has for them:
    whoever was trained on under either is known under both.
    """
    return LabelledRecording(
        id=f"{real.id}/{variant}",
        recording=Recording(
            (real.samples + contents.added)[None].astype(np.float32),
            sampling_rate_hz=real.rate_hz,
            modality="emg",
            unit=real.unit,
        ),
        spans=with_rest_between(contents.events, 0.0, real.duration_s),
        group=real.group,
        site=real.site,
        source=source,
        details=contents.details,
    )


def spans_of(places: NDArray[np.intp], labels: Sequence[str], rate_hz: float) -> list[Span]:
    """Return a span for each place, first and one past last sample, shape (n_places, 2)."""
    return [
        Span(float(first / rate_hz), float(last / rate_hz), label)
        for (first, last), label in zip(places, labels, strict=True)
    ]


def apart(spans: Iterable[Span], shortest_s: float) -> tuple[Span, ...]:
    """Return spans, in order, each from where the one before it ends; rest is left out.

    What is left of a span and is shorter than ``shortest_s`` is left out too.
    """
    result: list[Span] = []
    for span in sorted(spans, key=lambda span: span.start_s):
        start_s = max(span.start_s, result[-1].end_s) if result else span.start_s
        if span.label != "rest" and span.end_s - start_s >= shortest_s:
            result.append(Span(start_s, span.end_s, span.label))
    return tuple(result)
