"""Counting: a rhythm is one though samples are missing, and another one where it stopped."""

import numpy as np
import pytest
from records import made_episode, made_span

from serving.analysis.at_rest import may_hold_events
from serving.analysis.cells import Cells
from serving.analysis.rate_counts import is_unusable, onsets_s, stretches
from serving.analysis.summary import rates_of
from serving.classifier import Reason

WINDOW_S = 4.0


def counted(*tremors: tuple[float, float], unusable: tuple[float, float]) -> int:
    """Return how many tremors are counted in a minute of which a stretch cannot be used."""
    start_s, stop_s = unusable
    timeline = [
        made_span("rest", 0.0, start_s),
        made_span("unusable", start_s, stop_s - start_s),
        made_span("rest", stop_s, 60.0 - stop_s),
    ]
    episodes = [made_episode("tremor", a, b - a) for a, b in tremors]
    return len(onsets_s(episodes, "tremor", timeline, WINDOW_S))


def test_a_rhythm_that_goes_on_after_a_hole_is_counted_once() -> None:
    assert counted((10.0, 29.98), (31.02, 50.0), unusable=(30.0, 31.0)) == 1
    assert counted((10.0, 29.6), (34.4, 50.0), unusable=(30.0, 34.0)) == 1


@pytest.mark.parametrize(
    ("first", "second", "unusable"),
    [
        ((10.0, 30.0), (34.5, 50.0), (30.0, 34.5)),
        ((10.0, 28.0), (31.0, 50.0), (30.0, 31.0)),
        ((10.0, 30.0), (33.0, 50.0), (30.0, 31.0)),
        ((10.0, 20.0), (20.2, 28.0), (30.0, 31.0)),
    ],
    ids=["hole of more than a window", "ended before", "began after", "no hole between"],
)
def test_what_stopped_or_was_not_seen_for_long_is_counted_twice(
    first: tuple[float, float], second: tuple[float, float], unusable: tuple[float, float]
) -> None:
    assert counted(first, second, unusable=unusable) == 2


@pytest.mark.parametrize(
    ("classes", "names"),
    [
        (("clonus", "tremor", "rest"), ["clonus_episodes", "tremor_episodes"]),
        (("tremor", "rest"), ["tremor_episodes"]),
        (("voluntary", "rest"), []),
    ],
)
def test_what_a_model_cannot_answer_has_no_rate(classes: tuple[str, ...], names: list[str]) -> None:
    """A model that was trained without clonus does not say that there was none."""
    cells = Cells(
        classes=classes,
        edges_s=np.arange(61.0),
        labels=("rest",) * 60,
        candidates=(("rest",),) * 60,
        reasons=(None,) * 60,
        probabilities=np.full((60, len(classes)), 1 / len(classes)),
        at_rest=np.ones(60, dtype=np.bool_),
    )
    assert list(rates_of(cells, [made_span("rest", 0.0, 60.0)], (), ((), 1.0), WINDOW_S)) == names


def test_a_rhythm_with_many_holes_is_still_one() -> None:
    """Each hole is asked for itself, and the onset is that of the first part."""
    timeline = [made_span("unusable" if k % 10 == 9 else "rest", float(k), 1.0) for k in range(60)]
    parts = [made_episode("tremor", 10.0 * k, 9.0) for k in range(6)]
    assert onsets_s(parts, "tremor", timeline, WINDOW_S) == (0.0,)


def test_an_episode_of_another_label_is_no_going_on() -> None:
    timeline = [made_span("unusable", 30.0, 1.0)]
    episodes = [made_episode("clonus", 10.0, 20.0), made_episode("tremor", 31.0, 20.0)]
    assert onsets_s(episodes, "tremor", timeline, WINDOW_S) == (31.0,)
    assert onsets_s(episodes, "clonus", timeline, WINDOW_S) == (10.0,)


def test_unusable_time_of_two_kinds_is_one_hole() -> None:
    """A gap of three seconds beside three flat ones is more than a window."""
    timeline = [made_span("unusable", 30.0, 3.0), made_span("unusable", 33.0, 3.0)]
    episodes = [made_episode("tremor", 10.0, 20.0), made_episode("tremor", 36.0, 9.0)]
    assert stretches(timeline, is_unusable) == [(30.0, 36.0)]
    assert len(onsets_s(episodes, "tremor", timeline, WINDOW_S)) == 2


@pytest.mark.parametrize(
    ("label", "candidates", "reason", "expected"),
    [
        ("rest", ("rest",), None, True),
        ("fasciculation", ("fasciculation",), None, True),
        ("voluntary", ("voluntary",), None, False),
        ("unusable", (), "gap", False),
        ("undecided", ("rest", "tremor"), "several_candidates", True),
        ("undecided", ("clonus", "tremor"), "several_candidates", False),
        ("undecided", ("rest",), "look_alike", False),
    ],
)
def test_single_potentials_are_looked_for_at_rest(
    label: str,
    candidates: tuple[str, ...],
    reason: Reason | None,
    expected: bool,  # noqa: FBT001
) -> None:
    assert may_hold_events(label, candidates, reason) is expected
