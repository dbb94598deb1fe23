"""What a label means: each rule of ``training.datasets.labelling`` on its own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features import Recording, SignalError
from training.datasets.labelled import UNCLEAR, LabelledRecording, Span, check_spans
from training.datasets.labelling import UNLABELLED, Labelling, label_window, label_windows

RULES = Labelling()
WINDOW_S = 4.0


def label(*spans):
    return label_window(spans, 0.0, WINDOW_S, RULES)


def labelled(spans, *, duration_s=12.0, rate_hz=100.0):
    samples = np.arange(round(duration_s * rate_hz), dtype=float)[None]
    return LabelledRecording(
        id="r",
        recording=Recording(samples, sampling_rate_hz=rate_hz, modality="accelerometer", unit="g"),
        spans=tuple(spans),
        group="person",
        site="somewhere",
        source="made",
    )


@pytest.mark.parametrize("start_s", [-2.0, 1.0, 3.9])
def test_window_that_touches_an_unclear_span_is_unclear(start_s):
    """However little of an unclear span a window holds, it is unclear, whatever else it holds."""
    assert label(Span(start_s, start_s + 2.1, UNCLEAR), Span(0.0, 4.0, "tremor")) == UNCLEAR


def test_short_unclear_span_makes_a_window_unclear():
    """An unclear span as short as an event counts as well."""
    assert label(Span(2.0, 2.1, UNCLEAR), Span(0.0, 2.0, "rest"), Span(2.1, 4.0, "rest")) == UNCLEAR


def test_event_counts_when_the_window_holds_all_of_it():
    """A twitch of 20 ms in a window of rest makes it fasciculation."""
    spans = Span(0.0, 2.0, "rest"), Span(2.0, 2.02, "fasciculation"), Span(2.02, 4.0, "rest")

    assert label(*spans) == "fasciculation"


@pytest.mark.parametrize("start_s", [-0.01, 3.99])
def test_event_cut_by_the_window_is_unclear(start_s):
    """A twitch of which the window holds a part only cannot be judged."""
    assert label(Span(start_s, start_s + 0.02, "fasciculation")) == UNCLEAR


def test_whole_event_beside_a_cut_one_counts():
    """A second twitch of the same kind at the edge takes nothing away from a whole one."""
    spans = Span(1.0, 1.02, "fasciculation"), Span(3.99, 4.01, "fasciculation")

    assert label(*spans) == "fasciculation"


def test_stand_in_as_short_as_an_event_is_an_event():
    """What holds for fasciculation holds for what stands in for it, under its own name."""
    assert label(Span(2.0, 2.02, "evoked_twitch")) == "evoked_twitch"


def test_a_label_without_a_minimum_of_its_own_has_that_of_all_others():
    """Voluntary movement too, which need not be named, as a configuration without it trains."""
    rules = Labelling(minimum_s={"tremor": 1.5}, other_minimum_s=3.0)
    for moving_s, expected in ((3.0, "voluntary"), (2.9, UNCLEAR), (0.0, "rest")):
        spans = Span(0.0, moving_s, "voluntary"), Span(moving_s, 4.0, "rest")
        assert expected == label_window(spans[moving_s == 0.0 :], 0.0, WINDOW_S, rules)


@pytest.mark.parametrize(
    ("name", "minimum_s"),
    [("tremor", 1.5), ("clonus", 0.7), ("voluntary", 1.0), ("dyskinesia", 2.0)],
)
def test_phenomenon_needs_its_minimum_of_the_window(name, minimum_s):
    """At its minimum a phenomenon gives the label, a little below it the window is unclear."""
    assert label(Span(0.0, minimum_s, name), Span(minimum_s, 4.0, "rest")) == name
    assert label(Span(0.0, minimum_s - 0.1, name), Span(3.0, 4.0, "rest")) == UNCLEAR


def test_time_in_several_spans_adds_up():
    """Three stretches of tremor of 0.5 s are 1.5 s of tremor."""
    assert label(*(Span(t, t + 0.5, "tremor") for t in (0.0, 1.0, 2.0))) == "tremor"


@pytest.mark.parametrize("name", ["tremor", "clonus", "evoked_twitch"])
def test_involuntary_wins_over_voluntary(name):
    """What is involuntary names the window even where voluntary movement fills the rest of it."""
    end_s = 0.02 if name == "evoked_twitch" else 2.0

    assert label(Span(0.0, end_s, name), Span(end_s, 4.0, "voluntary")) == name


@pytest.mark.parametrize(("voluntary_s", "expected"), [(0.3, "fasciculation"), (0.4, UNCLEAR)])
def test_twitch_amid_voluntary_activity_is_unclear(voluntary_s, expected):
    """Beside more than 0.3 s of voluntary activity nobody can tell a twitch from it."""
    spans = Span(1.0, 1.02, "fasciculation"), Span(2.0, 2.0 + voluntary_s, "voluntary")

    assert expected == label(*spans)


def test_two_phenomena_are_unclear():
    """A window with enough of tremor and of clonus has no one label."""
    assert label(Span(0.0, 2.0, "tremor"), Span(2.0, 4.0, "clonus")) == UNCLEAR


def test_phenomenon_beside_too_little_of_another_is_unclear():
    """Enough tremor beside a beat or two of clonus is not a clean window of tremor."""
    assert label(Span(0.0, 3.0, "tremor"), Span(3.0, 3.5, "clonus")) == UNCLEAR


def test_voluntary_movement_wins_over_rest():
    """A second of movement in a window of rest is voluntary."""
    assert label(Span(0.0, 3.0, "rest"), Span(3.0, 4.0, "voluntary")) == "voluntary"


def test_some_voluntary_movement_is_unclear():
    """Half a second of movement is neither voluntary nor rest."""
    assert label(Span(0.0, 3.5, "rest"), Span(3.5, 4.0, "voluntary")) == UNCLEAR


@pytest.mark.parametrize(("end_s", "expected"), [(4.0, "rest"), (3.96, "rest"), (3.9, UNLABELLED)])
def test_rest_must_fill_the_window(end_s, expected):
    """Rest of which more than a hand's inaccuracy is missing gives no label."""
    assert expected == label(Span(0.0, end_s, "rest"))


@pytest.mark.parametrize("name", ["voluntary", "tremor"])
def test_less_than_a_hand_draws_is_overlooked(name):
    """A span that reaches 0.04 s into a window of rest does not change it."""
    assert label(Span(0.0, 3.96, "rest"), Span(3.96, 6.0, name)) == "rest"


@given(st.floats(-100, -1), st.floats(0.1, 1), st.sampled_from(["rest", "tremor", UNCLEAR, "x"]))
def test_window_outside_all_spans_has_no_label(start_s, length_s, name):
    """Spans that end before a window begins, or begin when it ends, do not label it."""
    before = Span(start_s, min(start_s + length_s, 0.0), name)
    after = Span(WINDOW_S, WINDOW_S + length_s, name)

    assert label(before, after) == UNLABELLED


# Eighths of a second add up exactly in any order.
_EIGHTHS = st.builds(
    lambda start, length, name: Span(start / 8, (start + length) / 8, name),
    st.integers(-8, 36),
    st.integers(1, 24),
    st.sampled_from(["rest", "voluntary", "tremor", "clonus", "fasciculation", "x", UNCLEAR]),
)


@given(st.lists(_EIGHTHS, max_size=6).flatmap(lambda s: st.tuples(st.just(s), st.permutations(s))))
def test_order_of_spans_does_not_matter(orders):
    """The same spans in another order give the same label."""
    given_order, other_order = orders

    assert label(*given_order) == label(*other_order)


@given(st.lists(_EIGHTHS, max_size=6), st.integers(1, 50))
def test_label_depends_on_relative_time_only(spans, shift_s):
    """Moving spans and window together changes nothing."""
    moved = [Span(s.start_s + shift_s, s.end_s + shift_s, s.label) for s in spans]

    assert label(*spans) == label_window(moved, shift_s, WINDOW_S + shift_s, RULES)


def test_windows_without_a_label_are_left_out():
    """Of three windows the middle one has no span: two remain, with their starts and samples."""
    cut = label_windows(labelled([Span(0.0, 4.0, "rest"), Span(8.0, 12.0, "tremor")]), RULES)

    assert cut.labels.tolist() == ["rest", "tremor"]
    assert cut.ids.tolist() == ["r@0.000", "r@8.000"]
    assert cut.windows.samples[:, 0, 0].tolist() == [0.0, 800.0]


def test_windows_carry_group_site_and_source():
    """Every window knows its person, place and set."""
    cut = label_windows(labelled([Span(0.0, 12.0, "rest")]), RULES)

    assert len(cut) == 3
    assert set(cut.groups) == {"person"}
    assert set(cut.sites) == {"somewhere"}
    assert set(cut.sources) == {"made"}


def test_hop_cuts_overlapping_windows():
    """A hop of 2 s cuts a 12-s recording into five windows."""
    cut = label_windows(labelled([Span(0.0, 12.0, "rest")]), Labelling(hop_s=2.0))

    assert len(cut) == 5


def test_recording_shorter_than_a_window_gives_none():
    """Three seconds hold no window."""
    cut = label_windows(labelled([Span(0.0, 3.0, "rest")], duration_s=3.0), RULES)

    assert len(cut) == 0
    assert cut.windows.samples.shape == (0, 1, 400)


def test_recording_without_spans_gives_no_windows():
    """Nothing is known of a recording without spans."""
    assert len(label_windows(labelled([]), RULES)) == 0


@pytest.mark.parametrize("end_s", [1.0, 0.5])
def test_empty_span_is_refused(end_s):
    """A span must end after it starts, and the sentence names it."""
    with pytest.raises(SignalError, match=r"span 1-.* s \(rest\) of recording 'r' is empty"):
        check_spans([Span(1.0, end_s, "rest")], 12.0, "r")


@pytest.mark.parametrize("span", [Span(-0.1, 1.0, "rest"), Span(11.0, 12.1, "rest")])
def test_span_outside_its_recording_is_refused(span):
    """A span before the start or after the end is refused with the length of the recording."""
    with pytest.raises(SignalError, match=r"lies outside the recording, which lasts 12 s"):
        check_spans([span], 12.0, "r")


def test_overlapping_spans_are_refused():
    """Two labels for one moment are refused, naming both."""
    with pytest.raises(SignalError, match=r"\(tremor\) .* overlaps 0-2 s \(rest\)"):
        check_spans([Span(0.0, 2.0, "rest"), Span(1.5, 3.0, "tremor")], 12.0, "r")


def test_spans_out_of_order_are_refused():
    """Spans come in the order of time."""
    with pytest.raises(SignalError, match=r"spans must be in order and apart"):
        check_spans([Span(4.0, 5.0, "rest"), Span(0.0, 1.0, "rest")], 12.0, "r")


def test_spans_that_touch_are_accepted():
    """One span may begin where another ends, and the last may end with the recording."""
    check_spans([Span(0.0, 2.0, "rest"), Span(2.0, 12.0, "tremor")], 12.0, "r")


def test_labelled_recording_checks_its_spans():
    """A recording with an impossible span cannot be built."""
    with pytest.raises(SignalError, match="lies outside the recording"):
        labelled([Span(0.0, 13.0, "rest")])
