"""Spans as a person draws them, who marks a twitch within a long rest: apart, and in order.

Where a span lies within a longer one, the shorter one holds, and the longer one around it. Edges
may disagree by what rounding does to them; anything else that overlaps is a contradiction.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from features import SignalError
from training.datasets.labelled import Span, check_spans
from training.datasets.labelling import Labelling

_ROUNDING_S: Final = 0.005
"""Programs write times with two or three decimals, or as a number of samples."""


@dataclass(frozen=True)
class Drawn:
    """A span, and where it stands: a table and its line, or a file."""

    span: Span
    where: str
    is_moment: bool = False
    """Whether it stands for a moment, so that nobody has drawn its edges."""

    @property
    def length_s(self) -> float:
        """How long it lasts."""
        return self.span.end_s - self.span.start_s


def apart(
    drawn: Iterable[Drawn], *, duration_s: float, rate_hz: float, recording: str
) -> tuple[Span, ...]:
    """Return the spans of a recording in order of time, none over another.

    Raises
    ------
    SignalError
        When one is empty, lies outside the recording, or overlaps another in part, saying where it
        stands.
    """
    ordered = [_checked(each, duration_s, recording) for each in drawn]
    ordered.sort(key=lambda each: each.span.start_s)
    within: list[list[Span]] = [[] for _ in ordered]
    rounding_s = max(_ROUNDING_S, 1 / rate_hz)
    begun: list[int] = []
    for i, each in enumerate(ordered):
        begun = [j for j in begun if ordered[j].span.end_s > each.span.start_s]
        for j in begun:
            _check_together(ordered[j], each, rounding_s, recording)
            outer, inner = sorted((j, i), key=lambda k: -ordered[k].length_s)
            within[outer].append(ordered[inner].span)
        begun.append(i)
    left = (
        piece
        for each, inner_spans in zip(ordered, within, strict=True)
        for piece in _left_of(each, inner_spans, rounding_s)
    )
    return tuple(sorted(left, key=lambda span: span.start_s))


def _checked(each: Drawn, duration_s: float, recording: str) -> Drawn:
    """Return a span that ends with its recording where it was drawn a little beyond."""
    span = each.span
    try:
        check_spans([span], duration_s, recording)
    except SignalError as error:
        raise SignalError(f"{each.where}: {error}") from error
    if span.start_s < duration_s < span.end_s:
        return replace(each, span=replace(span, end_s=duration_s))
    return each


def _check_together(one: Drawn, other: Drawn, rounding_s: float, recording: str) -> None:
    """Refuse two spans that contradict each other."""
    first, second = one.span, other.span
    overlap_s = min(first.end_s, second.end_s) - max(first.start_s, second.start_s)
    if overlap_s <= rounding_s or one.is_moment != other.is_moment:
        return
    is_within = overlap_s >= min(one.length_s, other.length_s) - rounding_s
    is_longer = abs(one.length_s - other.length_s) > rounding_s
    if not is_within or not (is_longer or first.label == second.label):
        raise SignalError(
            f"{other.where}: span {second.start_s:g}-{second.end_s:g} s ({second.label}) of"
            f" recording {recording!r} overlaps {first.start_s:g}-{first.end_s:g} s"
            f" ({first.label}); draw them apart, or one wholly within the other, where the shorter"
            " one then holds"
        )


def _left_of(each: Drawn, within: Sequence[Span], rounding_s: float) -> Iterator[Span]:
    """Yield what is left of a span around those within it, which are in order of time.

    What is left of many twitches that were drawn as one must not pass for one twitch.
    """
    if not within:
        yield each.span
        return
    label, start_s = each.span.label, each.span.start_s
    shortest_s = rounding_s
    if label == "fasciculation":
        shortest_s = max(rounding_s, min(Labelling().event_s, each.length_s - 2 * rounding_s))
    for end_s, next_s in [*((s.start_s, s.end_s) for s in within), (each.span.end_s, 0.0)]:
        if end_s - start_s > shortest_s:
            yield Span(start_s, end_s, label)
        start_s = max(start_s, next_s)
