"""From windows to cells: what overlapping answers say of each moment."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from serving.analysis.answers import Answers
from serving.analysis.cells import cells_of
from serving.card import Conformal

CLASSES = ("clonus", "tremor", "rest")
CONFORMAL = Conformal(level=0.95, thresholds=(0.2,) * 3)


def answers(rows, reasons=None, hop_s=1.0):
    """Make answers to windows of four seconds, a row of probabilities each."""
    probabilities = np.array(rows, dtype=np.float64).reshape(-1, 3)
    n = len(probabilities)
    reasons = reasons or (None,) * n
    flagged = np.array([r in ("gap", "flat", "clipped", "mains") for r in reasons])
    probabilities[[r == "gap" for r in reasons]] = np.nan
    return Answers(
        classes=CLASSES,
        window_s=4.0,
        starts_s=np.arange(n) * hop_s,
        probabilities=probabilities,
        reasons=tuple(reasons),
        flagged=flagged.astype(np.bool_),
        frequencies_hz=np.full(n, 5.0),
        magnitudes=np.ones(n),
        levels=np.ones((n, 2)),
    )


def cells(rows, reasons=None, hop_s=1.0, stop_s=None):
    given_ = answers(rows, reasons, hop_s)
    end = (len(given_) - 1) * hop_s + 4.0 if stop_s is None else stop_s
    return cells_of(given_, CONFORMAL, hop_s, 0.0, end)


TREMOR, REST, CLONUS = (0.02, 0.96, 0.02), (0.02, 0.02, 0.96), (0.96, 0.02, 0.02)
EITHER = (0.5, 0.48, 0.02)


def test_what_all_windows_say_is_said_of_every_moment():
    found = cells([TREMOR] * 10)
    assert found.labels == ("tremor",) * 13
    assert found.edges_s.tolist() == list(range(14))


def test_a_single_window_against_all_its_neighbours_changes_nothing():
    found = cells([REST] * 6 + [TREMOR] + [REST] * 6)
    assert set(found.labels) == {"rest"}


def test_a_rhythm_that_goes_on_is_not_called_another_for_a_while():
    """Between tremor and clonus windows hesitate: what leans to the other one stays undecided."""
    found = cells([TREMOR] * 8 + [(0.9, 0.08, 0.02)] * 6 + [TREMOR] * 8)
    assert set(found.labels) == {"tremor", "undecided"}
    doubted = [i for i, label in enumerate(found.labels) if label == "undecided"]
    assert {found.candidates[i] for i in doubted} == {("clonus", "tremor")}
    assert 4 <= len(doubted) <= 10


def test_a_rhythm_that_has_become_another_is_called_so():
    """Ten windows that are sure are reason enough."""
    found = cells([TREMOR] * 10 + [CLONUS] * 10)
    assert found.labels[0] == "tremor"
    assert found.labels[-1] == "clonus"


def test_a_change_is_placed_where_half_of_the_windows_have_changed():
    found = cells([REST] * 10 + [TREMOR] * 10)
    first = found.labels.index("tremor")
    # Windows from 10 s on say tremor: the cell 11-12 s lies in two of each, 12-13 s in one and 3.
    assert first in (11, 12)
    assert found.labels == ("rest",) * first + ("tremor",) * (23 - first)


def test_what_two_classes_fit_all_along_stays_undecided_between_them():
    found = cells([EITHER] * 30)
    assert set(found.labels) == {"undecided"}
    assert set(found.candidates) == {("clonus", "tremor")}
    assert set(found.reasons) == {"several_candidates"}


def test_many_undecided_windows_prove_no_more_than_one():
    rows = [EITHER] * 5
    assert set(cells(rows).labels) == set(cells(rows * 100).labels) == {"undecided"}


def test_windows_that_waver_within_a_clear_run_do_not_break_it():
    rows = ([TREMOR] * 4 + [(0.45, 0.53, 0.02)]) * 5
    assert set(cells(rows).labels) == {"tremor"}


def test_a_gap_is_unusable_where_it_lies_and_judged_up_to_its_edges():
    # Samples between 9 and 10 s are missing: every window that holds any of them is.
    reasons = ["gap" if 6 <= start <= 9 else None for start in range(20)]
    found = cells([REST] * 20, reasons)
    assert [i for i, label in enumerate(found.labels) if label == "unusable"] == [9]
    assert found.reasons[9] == "gap"


def test_a_class_on_both_sides_of_a_gap_does_not_reach_across_it():
    reasons = ["gap" if 6 <= start <= 9 else None for start in range(20)]
    found = cells([TREMOR] * 20, reasons)
    assert [(a, b) for a, b in found.runs_of_labels()] == [(0, 9), (9, 10), (10, 23)]


@pytest.mark.parametrize("reason", ["unlike_training", "rate_too_low", "look_alike"])
def test_what_most_windows_are_refused_for_is_undecided(reason):
    reasons = [reason if 5 <= start <= 14 else None for start in range(20)]
    found = cells([TREMOR] * 20, reasons)
    assert found.labels[10] == "undecided"
    assert found.reasons[10] == reason
    assert found.labels[0] == found.labels[-1] == "tremor"


def test_windows_that_are_refused_for_different_reasons_judge_nothing_together():
    reasons = ["unlike_training" if start % 2 else "look_alike" for start in range(20)]
    found = cells([TREMOR] * 20, reasons)
    assert set(found.labels) == {"undecided"}
    assert set(found.reasons) == {"unlike_training", "look_alike"}


def test_a_recording_without_a_whole_window_is_unusable_throughout():
    found = cells([], stop_s=2.5)
    assert set(found.labels) == {"unusable"}
    assert set(found.reasons) == {"too_short"}
    assert found.durations_s.tolist() == [1.0, 1.0, 0.5]


def test_a_finer_hop_gives_finer_cells_of_the_same_answer():
    found = cells([TREMOR] * 37, hop_s=0.25)
    assert set(found.labels) == {"tremor"}
    assert found.durations_s.sum() == pytest.approx(13.0)


ROWS = arrays.arrays(
    np.float64, st.tuples(st.integers(1, 30), st.just(3)), elements=st.floats(0.01, 1.0)
)


@given(ROWS)
def test_a_label_is_always_among_what_it_was_chosen_from(rows):
    rows = rows / rows.sum(axis=1, keepdims=True)
    found = cells(rows)
    for label, names, reason in zip(found.labels, found.candidates, found.reasons, strict=True):
        assert names == (label,) if label in CLASSES else len(names) > 1
        assert (reason is None) == (label in CLASSES)


@given(ROWS)
def test_time_run_backwards_gives_the_same_cells_backwards(rows):
    rows = rows / rows.sum(axis=1, keepdims=True)
    forth, back = cells(rows), cells(rows[::-1])
    np.testing.assert_allclose(forth.probabilities, back.probabilities[::-1])
