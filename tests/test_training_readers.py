"""What the readers of real recordings share, on made signals: no data folder is needed."""

import numpy as np
import pytest

from features import Recording, SignalError
from training.datasets.labelled import UNCLEAR, Span
from training.datasets.real import contraction_intensity, uci_lower_limb
from training.datasets.real.channels import (
    contraction_label,
    level,
    poor_contact,
    spikes_per_s,
)
from training.datasets.real.movement import deviation, voluntary_spans
from training.datasets.real.resting import restless, unclear_between
from training.datasets.real.stimuli import Blank, blanked
from training.datasets.real.stretches import merged, runs, with_rest_between, without_short_runs
from training.datasets.real.timing import on_regular_grid
from training.datasets.real.tms_continuous import distinct_samples

RATE_HZ = 1000.0
MAINS_BLANK = Blank(before_s=0.002, after_s=0.020, period_s=0.02)


# Stretches


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        ("", []),
        ("...", []),
        ("###", [[0, 3]]),
        ("#.#", [[0, 1], [2, 3]]),
        (".##.", [[1, 3]]),
    ],
)
def test_runs_of_a_mask(mask, expected):
    """Runs are found at both edges, alone, and not at all."""
    assert runs(np.array([c == "#" for c in mask], dtype=bool)).tolist() == expected


def test_short_runs_are_taken_out():
    """A run of two remains where one of two is short enough to go."""
    mask = np.array([1, 0, 1, 1, 0, 1], dtype=bool)

    assert without_short_runs(mask, 2).tolist() == [False, False, True, True, False, False]


def test_touching_spans_of_one_label_are_merged():
    """Neighbours are joined, what lies apart or differs is not."""
    spans = [Span(0, 4, "a"), Span(4, 8, "a"), Span(8, 9, "b"), Span(10, 11, "b")]

    assert merged(spans) == (Span(0, 8, "a"), Span(8, 9, "b"), Span(10, 11, "b"))


def test_rest_fills_the_time_between_events():
    """Rest lies before, between and after events, and not between two that touch."""
    events = [Span(2, 3, "x"), Span(3, 4, "y"), Span(9, 10, "x")]

    assert with_rest_between(events, 1, 10) == (
        Span(1, 2, "rest"),
        *events[:2],
        Span(4, 9, "rest"),
        events[2],
    )


# Time stamps


def test_irregular_stamps_of_a_line_give_the_line(rng, tmp_path):
    """Interpolating a straight line at jittered stamps gives it back on the grid, exactly."""
    times = np.arange(640) / 64.0 + rng.uniform(-0.005, 0.005, 640)
    grid = on_regular_grid(times, np.stack([times, 2 * times], axis=1), 64.0, tmp_path)

    expected = times[0] + np.arange(grid.shape[1]) / 64.0
    np.testing.assert_allclose(grid, [expected, 2 * expected], atol=1e-12)


def test_long_gap_between_stamps_is_missing(tmp_path):
    """Nothing is made up in a second without stamps."""
    times = np.concatenate((np.arange(0.0, 1.0, 0.01), np.arange(2.0, 3.0, 0.01)))
    grid = on_regular_grid(times, np.ones((len(times), 1)), 100.0, tmp_path)

    assert np.isnan(grid[0, 105:195]).all()
    assert np.isfinite(grid[0, :99]).all()
    assert np.isfinite(grid[0, 201:]).all()


def test_stamps_that_run_backwards_are_refused(tmp_path):
    """A clock that was set back makes a recording unusable."""
    with pytest.raises(SignalError, match=r"mouse\.csv: time stamps are missing or run backwards"):
        on_regular_grid(np.array([0.0, 2.0, 1.0]), np.ones((3, 1)), 10.0, tmp_path / "mouse.csv")


# Channels


def test_level_is_the_root_mean_square_inside_the_band():
    """A tone of amplitude 1 at 90 Hz has level 1 / sqrt(2); mains and drift have none."""
    t = np.arange(4000) / RATE_HZ
    tones = np.sin(2 * np.pi * np.array([[90.0], [60.0], [60.75], [5.0]]) * t)

    np.testing.assert_allclose(level(tones, RATE_HZ), [np.sqrt(0.5), 0, 0, 0], atol=0.02)


@pytest.mark.parametrize(("contraction", "expected"), [(2.0, "voluntary"), (1.9, UNCLEAR)])
def test_contraction_shows_at_twice_the_level_of_rest(contraction, expected):
    """Below twice its rest a channel shows no contraction."""
    assert contraction_label(contraction, 1.0) == expected


def test_loose_electrode_stands_out_among_the_others():
    """One channel at ten times the level of the others has no contact."""
    assert poor_contact(np.array([1.0, 1.2, 0.8, 10.0])).tolist() == [False, False, False, True]


def test_spikes_are_counted(rng):
    """Ten sharp spikes in ten seconds of noise are one a second."""
    noise = rng.standard_normal((1, 10_000))
    noise[0, 500::1000] += 40.0

    assert spikes_per_s(noise, RATE_HZ)[0] == pytest.approx(1.0)
    assert spikes_per_s(rng.standard_normal((1, 10_000)), RATE_HZ)[0] == 0.0


# Joins, movement, contractions


def test_join_goes_on_in_mains_phase():
    """Two pieces of one hum, cut at any phase, join into one unbroken hum."""
    hum = np.sin(2 * np.pi * 60.0 * np.arange(6100) / RATE_HZ)
    joined, boundary = contraction_intensity.joined(hum[:3008], hum[3021:])

    n_expected = len(joined)
    worst = np.abs(joined - hum[:n_expected]).max()
    assert boundary == 3008
    assert worst < 2 * np.pi * 60.0 / RATE_HZ  # half a sample of phase, twice


def test_deviation_of_a_step_is_known():
    """Around a step from 0 to 2 the deviation is 1, and 0 away from it, at any offset."""
    samples = np.concatenate((np.zeros(50), np.full(50, 2.0)))[None] + 1e3
    moving = deviation(samples, 10)

    assert moving[50] == pytest.approx(1.0)
    assert moving[:40].max() == pytest.approx(0.0, abs=1e-5)


def test_long_stillness_is_unclear_but_for_its_margins(rng):
    """Ten seconds still between ten that move: voluntary, nothing, unclear, nothing, voluntary."""
    size = np.repeat([1.0, 0.01, 1.0], 1000)
    recording = Recording(
        rng.standard_normal((3, 3000)) * size,
        sampling_rate_hz=100.0,
        modality="accelerometer",
        unit="g",
    )
    spans = voluntary_spans(recording, still_below=0.1)

    assert [span.label for span in spans] == ["voluntary", UNCLEAR, "voluntary"]
    edges = [time for span in spans for time in (span.start_s, span.end_s)]
    np.testing.assert_allclose(edges, [0, 10, 12, 18, 20, 30], atol=0.3)


def test_contractions_are_where_the_envelope_is_clear(rng):
    """Two bursts of a second in quiet noise are found within a tenth; a short one is not."""
    size = np.full(8000, 0.01)
    size[1000:2000] = size[4000:5000] = size[7000:7050] = 0.2
    spans = uci_lower_limb.contractions(rng.standard_normal(8000) * size)

    edges = [time for span in spans for time in (span.start_s, span.end_s)]
    np.testing.assert_allclose(edges, [1, 2, 4, 5], atol=0.1)


# Stimuli


def hum_and_noise(rng, n=4000):
    hum = np.sin(2 * np.pi * 50.0 * np.arange(n) / RATE_HZ)
    return hum + 0.05 * rng.standard_normal(n)


def test_blank_leaves_no_trace_of_the_stimulus(rng):
    """A pulse a thousand times the signal leaves its surroundings like any other stretch."""
    clean = hum_and_noise(rng)
    pulsed = clean.copy()
    pulsed[1998:2019] += 1000.0 * np.exp(-np.arange(21) / 4.0)
    filled = blanked(pulsed, [2000], RATE_HZ, MAINS_BLANK)

    assert np.abs(filled[1998:2020] - clean[1998:2020]).max() < 0.5
    assert np.abs(np.diff(filled[1990:2030])).max() < 1.5 * np.abs(np.diff(clean)).max()
    assert 0.02 < np.std(filled[1998:2020] - clean[1998:2020]) < 0.15


def test_blank_changes_nothing_else(rng):
    """Samples outside the blank, the input among them, stay as they are."""
    clean = hum_and_noise(rng)
    before = clean.copy()
    filled = blanked(clean, [2000], RATE_HZ, MAINS_BLANK)

    assert (clean == before).all()
    changed = np.flatnonzero(filled != clean)
    assert changed.min() >= 1998
    assert changed.max() < 2020


def test_blank_does_not_repeat_a_twitch(rng):
    """A twitch just before the pulse is not copied into the blank."""
    samples = hum_and_noise(rng)
    samples[1970:1975] += 20.0

    assert np.abs(blanked(samples, [2000], RATE_HZ, MAINS_BLANK)[1998:2020]).max() < 2.0


@pytest.mark.parametrize("stimulus", [0, 5, 3990, 3999])
def test_blank_at_an_edge_is_finite(rng, stimulus):
    """A pulse at either end of a recording is filled without reaching beyond it."""
    samples = hum_and_noise(rng)
    filled = blanked(samples, [stimulus], RATE_HZ, MAINS_BLANK)

    assert filled.shape == samples.shape
    assert np.isfinite(filled).all()


def test_discharges_at_rest_are_unclear(rng):
    """A spike of three times the hum is found within a block; that of a known event is not."""
    samples = hum_and_noise(rng, n=20_000)
    samples[[5050, 12_050]] += 6.0
    event = Span(12.03, 12.08, "evoked_twitch")

    spans = unclear_between(restless(samples, RATE_HZ), [event], RATE_HZ)

    assert spans == (Span(5.0, 5.1, UNCLEAR), event)


def test_quiet_rest_is_not_restless(rng):
    """Hum and noise alone hold no discharge."""
    assert not restless(hum_and_noise(rng, n=20_000), RATE_HZ).any()


@pytest.mark.parametrize("phase", [0, 1, 2, 3])
def test_held_samples_are_kept_once(rng, phase):
    """Of samples that are held four times, whatever the first one's share, each is kept once."""
    values = rng.standard_normal(2000)
    held = np.repeat(values, 4)[phase:]

    kept = distinct_samples(held)

    np.testing.assert_array_equal(kept[:1900], values[1 if phase else 0 :][:1900])
