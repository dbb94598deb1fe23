"""Spans that people draw within one another, or with edges that rounding has moved."""

import pytest

from features import SignalError
from training.datasets.labelled import Span
from training.datasets.nested_spans import Drawn, apart

REST = Span(0.0, 20.0, "rest")


def drawn(*spans, moments=(), rate_hz=1000.0):
    """Return what is left of spans of a recording of a minute."""
    each = [Drawn(span, "labels.csv") for span in spans]
    each += [Drawn(span, "labels.csv", is_moment=True) for span in moments]
    return apart(each, duration_s=60.0, rate_hz=rate_hz, recording="visit")


def test_a_twitch_within_a_long_rest_holds_and_the_rest_around_it():
    """Who marks a night as rest, and twitches in it, contradicts nothing."""
    assert drawn(REST, Span(5.0, 5.1, "fasciculation"), Span(9.0, 9.2, "fasciculation")) == (
        Span(0.0, 5.0, "rest"),
        Span(5.0, 5.1, "fasciculation"),
        Span(5.1, 9.0, "rest"),
        Span(9.0, 9.2, "fasciculation"),
        Span(9.2, 20.0, "rest"),
    )


def test_of_three_spans_within_one_another_the_shortest_holds():
    """In whichever order they are drawn."""
    spans = Span(10.0, 15.0, "tremor"), REST, Span(12.0, 13.0, "unclear")
    assert drawn(*spans) == (
        Span(0.0, 10.0, "rest"),
        Span(10.0, 12.0, "tremor"),
        Span(12.0, 13.0, "unclear"),
        Span(13.0, 15.0, "tremor"),
        Span(15.0, 20.0, "rest"),
    )


def test_a_span_that_is_drawn_twice_is_one():
    """Under one label; where two labels say the same time, one of them is wrong."""
    assert drawn(REST, REST) == (REST,)
    with pytest.raises(SignalError, match=r"0-20 s \(tremor\) .* overlaps 0-20 s \(rest\)"):
        drawn(REST, Span(0.0, 20.0, "tremor"))


@pytest.mark.parametrize(("overlap_s", "rate_hz"), [(0.004, 1000.0), (0.03, 30.0)])
def test_neighbours_overlap_by_rounding(overlap_s, rate_hz):
    """By some milliseconds, or by a sample: nothing is refused, and no time is counted twice."""
    left = drawn(REST, Span(20.0 - overlap_s, 30.0, "tremor"), rate_hz=rate_hz)
    assert [span.label for span in left] == ["rest", "tremor"]
    assert left[0].end_s <= left[1].start_s


def test_an_inner_span_may_stick_out_by_rounding():
    """Its edge is that of the outer one, of which no crumb is left."""
    inner = Span(0.002, 5.0, "tremor"), Span(15.0, 20.003, "clonus")
    assert drawn(REST, *inner) == (inner[0], Span(5.0, 15.0, "rest"), inner[1])


def test_a_span_may_end_a_little_after_the_recording():
    """As every span may; it ends with the recording, and lies within one that is the whole."""
    twitch = Span(59.9, 60.009, "fasciculation")
    assert drawn(Span(0.0, 60.0, "rest"), twitch) == (
        Span(0.0, 59.9, "rest"),
        Span(59.9, 60.0, "fasciculation"),
    )


def test_twitches_that_overlap_by_rounding_stay_two():
    """Neither is cut so that it would be lost."""
    left = drawn(Span(5.0, 5.101, "fasciculation"), Span(5.1, 5.3, "fasciculation"))
    assert [round(span.end_s - span.start_s, 1) for span in left] == [0.1, 0.2]


def test_spans_that_overlap_in_part_are_refused():
    """Nobody knows which of the two is meant; the sentence says what to do."""
    with pytest.raises(
        SignalError,
        match=r"^labels\.csv: span 19-30 s \(tremor\) of recording 'visit' overlaps 0-20 s \(rest\)"
        r"; draw them apart, or one wholly within the other",
    ):
        drawn(REST, Span(19.0, 30.0, "tremor"))


def test_a_moment_may_lie_at_the_edge_of_a_span():
    """Nobody has drawn how far it reaches."""
    moment = Span(19.95, 20.05, "fasciculation")
    assert drawn(REST, moments=[moment]) == (Span(0.0, 19.95, "rest"), moment)


def test_what_is_left_of_many_twitches_is_no_twitch():
    """Half a second or less of what was called fasciculation for long says of no single one."""
    twitch = Span(9.7, 9.8, "fasciculation")
    assert drawn(Span(0.0, 10.0, "fasciculation"), twitch) == (
        Span(0.0, 9.7, "fasciculation"),
        twitch,
    )
