"""Known answers for bursts and events through extract: rates, durations, intervals, likeness."""

import numpy as np
import pytest

from features.bursts import hysteresis
from features.event_features import doublet_share, isolated_share
from features.events import Events

# The edges of a burst are where a smoothed envelope crosses a threshold between ground and top.
EDGE_S = {"emg": 0.025, "accelerometer": 0.03, "gyroscope": 0.03}
# A beat among ten that noise cuts short, joins or moves.
IN_NOISE = 0.1
# Filters of 2-25 Hz, or 20-450 Hz, and noise of a fiftieth.
SHAPE = 0.05

MODALITIES = ("emg", "accelerometer", "gyroscope")
MOTION = MODALITIES[1:]


def pulses(times, starts, duration_s):
    """Return 1 within each pulse and 0 elsewhere."""
    since = times - np.asarray(starts)[:, None]
    return ((since >= 0) & (since < duration_s)).any(axis=0).astype(float)


def medians(table, *columns):
    """Return the median over windows of each column."""
    return {column: np.median(table.column(column)) for column in columns}


def muscle_bursts(rng, starts, duration_s, rate=1000.0, ground=2.0):
    """Return EMG noise of 100 uV in each burst, over a ground of 2 uV."""
    times = np.arange(round(4 * rate)) / rate
    size = ground + 100 * pulses(times, starts, duration_s)
    return (size * rng.standard_normal((20, len(times))))[:, None]


def potential(times, at, size=200.0, width_s=0.003):
    """Return a biphasic potential of a motor unit."""
    since = (times - at) / width_s
    return -size * since * np.exp(0.5 - 0.5 * since**2)


@pytest.mark.parametrize("rate", [1000.0, 1926.0, 2000.0])
@pytest.mark.parametrize(("beats_hz", "duration_s"), [(4.0, 0.1), (6.0, 0.06), (8.0, 0.05)])
def test_beats_of_a_muscle_are_counted_and_measured(beats_hz, duration_s, rate, extract_from, rng):
    """Rate, interval, duration and duty of the bursts of a clonus are those that were put in."""
    starts = np.arange(0.07, 4 - duration_s, 1 / beats_hz)
    table = extract_from(muscle_bursts(rng, starts, duration_s, rate), "emg", rate)
    median = medians(
        table,
        "burst_rate",
        "burst_interval",
        "burst_duration",
        "dominant_frequency",
        "bursts_per_cycle",
        "burst_interval_variation",
        "silence_ratio",
        "envelope_contrast",
    )

    assert pytest.approx(len(starts) / 4, rel=IN_NOISE) == median["burst_rate"]
    assert pytest.approx(1e3 / beats_hz, rel=IN_NOISE) == median["burst_interval"]
    assert pytest.approx(1e3 * duration_s, abs=1e3 * EDGE_S["emg"]) == median["burst_duration"]
    assert pytest.approx(beats_hz, abs=0.1) == median["dominant_frequency"]
    assert pytest.approx(1.0, rel=IN_NOISE) == median["bursts_per_cycle"]
    assert median["burst_interval_variation"] < 0.25
    assert median["silence_ratio"] < 0.1
    assert median["envelope_contrast"] > 0.9


def test_irregular_beats_vary(extract_from, rng):
    """Intervals of 0.2 and 0.4 s in turn have a coefficient of variation of a third."""
    starts = np.cumsum(np.tile([0.2, 0.4], 7))[:-1]
    table = extract_from(muscle_bursts(rng, starts[starts < 3.9], 0.06), "emg", 1000.0)

    variation = np.median(table.column("burst_interval_variation"))
    assert pytest.approx(1 / 3, rel=0.2) == variation


@pytest.mark.parametrize("modality", MOTION)
def test_beats_of_a_limb_are_counted(modality, extract_from, rng):
    """Movement in spells of 0.15 s, twice a second, has two bursts a second."""
    times = np.arange(400) / 100
    spells = pulses(times, np.arange(0.2, 3.9, 0.5), 0.15)
    wave = spells * np.sin(2 * np.pi * 12 * times) + 0.01 * rng.standard_normal((10, 400))
    table = extract_from(wave[:, None], modality, 100.0)

    assert np.all(table.column("burst_rate") == 2.0)
    np.testing.assert_allclose(table.column("burst_interval"), 500, rtol=0.05)
    np.testing.assert_allclose(table.column("burst_duration"), 150, atol=1e3 * EDGE_S[modality])
    np.testing.assert_allclose(table.column("burst_duty"), 8 * 0.15 / 4, atol=2 * EDGE_S[modality])


@pytest.mark.parametrize("decay", [-1.0, -0.4, 0.0, 0.5])
def test_bursts_grow_and_decay(decay, extract_from):
    """The logarithm of the bursts' peaks has the slope that was put in."""
    times = np.arange(4000) / 1000
    starts = np.arange(0.05, 3.9, 0.2)
    beats = np.exp(-0.5 * ((times - starts[:, None] - 0.05) / 0.02) ** 2).sum(axis=0)
    wave = beats * np.exp(decay * times) * np.sin(2 * np.pi * 125 * times) * 100
    table = extract_from(wave[None, None], "emg", 1000.0)

    assert pytest.approx(decay, abs=0.05) == table.column("burst_amplitude_slope")[0]
    assert pytest.approx(0.5, abs=0.05) == table.column("burst_rise")[0]


@pytest.mark.parametrize("rate", [1000.0, 2000.0])
def test_beats_that_repeat_a_shape_are_alike_and_others_are_not(rate, extract_from, rng):
    """Volleys of one shape, whatever their size, correlate; bursts of fresh noise hardly do."""
    times = np.arange(round(4 * rate)) / rate
    starts = np.arange(0.1, 3.8, 0.19)
    sizes = rng.uniform(0.6, 1.4, size=(20, len(starts)))
    shape = rng.standard_normal(round(0.05 * rate)) * np.hanning(round(0.05 * rate))
    volleys = rng.standard_normal((20, len(times)))
    for at, size in zip(starts, sizes.T, strict=True):
        first = round(at * rate)
        volleys[:, first : first + len(shape)] += 100 * size[:, None] * shape
    alike = extract_from(volleys[:, None], "emg", rate).column("burst_similarity")
    fresh = extract_from(muscle_bursts(rng, starts, 0.05, rate), "emg", rate)

    assert np.median(alike) > 0.95
    assert np.median(fresh.column("burst_similarity")) < 0.6


@pytest.mark.parametrize("rate", [1000.0, 2000.0])
def test_lone_potentials_are_isolated_alike_and_measured(rate, extract_from, rng):
    """Five fasciculations of one motor unit: rate, size, duration, half waves, likeness."""
    times = np.arange(round(4 * rate)) / rate
    at = np.array([0.4, 1.1, 1.9, 2.5, 3.6])
    signal = sum(potential(times, t) for t in at) + 4 * rng.standard_normal((20, len(times)))
    table = extract_from(signal[:, None], "emg", rate)
    median = medians(table, *table.columns)

    assert median["event_rate"] == 1.25
    assert median["brief_event_rate"] == 1.25
    assert median["isolated_share"] == 1.0
    assert median["doublet_share"] == 0.0
    assert median["event_phases"] == 2.0
    assert median["event_similarity"] > 0.95
    assert median["event_amplitude_variation"] < SHAPE
    # The high-pass takes some of a wave of 3 ms, and the noise adds to its crests.
    assert pytest.approx(400, rel=0.1) == median["largest_event"]
    passed = 0.93  # of the noise, between 20 and 450 of 500 Hz
    assert pytest.approx(4 * passed, rel=IN_NOISE) == median["ground_level"] * (rate / 1000) ** 0.5
    intervals = np.diff(at)
    variation = intervals.std() / intervals.mean()
    assert pytest.approx(variation, rel=0.02) == median["event_interval_variation"]
    assert 15 < median["event_duration"] < 30


@pytest.mark.parametrize("modality", MODALITIES)
@pytest.mark.parametrize("size", [1.0, 10.0, 100.0])
def test_the_size_of_an_event_does_not_lengthen_it(modality, size, extract_from, rng):
    """The larger of two potentials of one shape leaves the noise for longer, but lasts as long."""
    rate, width_s = (1000.0, 0.003) if modality == "emg" else (100.0, 0.03)
    times = np.arange(round(4 * rate)) / rate
    twice = potential(times, 1.1, 30 * size, width_s) + potential(times, 2.9, 30 * size, width_s)
    signal = twice + rng.standard_normal((20, len(times)))
    table = extract_from(signal[:, None], modality, rate)

    assert np.all(table.column("event_rate") == 0.5)
    assert np.all(table.column("brief_event_rate") == 0.5)
    assert pytest.approx(6.5e3 * width_s, rel=0.3) == np.median(table.column("event_duration"))


def test_doublets_are_told_from_lone_potentials(extract_from, rng):
    """Of pairs 50 ms apart each second one follows; 200 ms apart none does, and none is alone."""
    times = np.arange(4000) / 1000
    noise = 3 * rng.standard_normal((2, 4000))
    for gap_s, doublets in ((0.05, 0.5), (0.2, 0.0)):
        at = np.array([0.5, 1.5, 2.5, 3.5])
        signal = sum(potential(times, t) + potential(times, t + gap_s) for t in at) + noise
        table = extract_from(signal[:, None], "emg", 1000.0)

        assert np.all(table.column("event_rate") == 2.0)
        assert np.all(table.column("doublet_share") == doublets)
        assert np.all(table.column("isolated_share") == 0.0)


@pytest.mark.parametrize(("duration_s", "brief"), [(0.02, 0.5), (0.3, 0.0)])
def test_activity_is_no_brief_event(duration_s, brief, extract_from, rng):
    """Two stretches of activity are events, brief ones when they are no longer than a twitch."""
    samples = muscle_bursts(rng, [1.0, 2.5], duration_s)
    table = extract_from(samples, "emg", 1000.0)

    assert brief == np.median(table.column("brief_event_rate"))
    longest = np.median(table.column("longest_event"))
    assert pytest.approx(1e3 * duration_s, abs=1e3 * EDGE_S["emg"]) == longest


def events_at(*places):
    """Return events of one window whose energies peak at given samples of a thousand a second."""
    energy = np.zeros((1, 4000))
    energy[0, list(places)] = 1.0
    runs = hysteresis(energy, np.array([0.5]), np.array([0.2]), 1000.0, min_on=1, min_off=1)
    ones = np.ones(len(places))
    return Events(runs, ones, ones, ones, np.ones(1), np.ones(1))


@pytest.mark.parametrize("first", range(0, 3500, 211))
@pytest.mark.parametrize(
    ("gap", "doublets", "isolated"),
    [
        (9, 0.0, 0.0),
        (10, 0.5, 0.0),
        (110, 0.5, 0.0),
        (111, 0.0, 0.0),
        (250, 0.0, 0.0),
        (251, 0.0, 1.0),
    ],
)
def test_limits_hold_wherever_a_pair_lies(first, gap, doublets, isolated, spec_of):
    """10 to 110 ms is a doublet, more than 250 ms isolation, to the sample at any place."""
    events = events_at(first, first + gap)

    assert [doublets] == doublet_share.function(events, spec_of("emg")).tolist()
    assert [isolated] == isolated_share.function(events, spec_of("emg")).tolist()


def test_potentials_of_two_sizes_vary(extract_from, rng):
    """Sizes 100 and 300 in turn have a coefficient of variation of a half."""
    times = np.arange(4000) / 1000
    sizes = np.tile([100.0, 300.0], 4)
    at = 0.3 + 0.45 * np.arange(8)
    signal = sum(potential(times, t, size) for t, size in zip(at, sizes, strict=True))
    table = extract_from((signal + rng.standard_normal((5, 4000)))[:, None], "emg", 1000.0)

    np.testing.assert_allclose(table.column("event_amplitude_variation"), 0.5, atol=0.03)


def test_potentials_of_different_shapes_are_not_alike(extract_from, rng):
    """Events of many motor units are less alike than those of one."""
    times = np.arange(4000) / 1000
    at = 0.3 + 0.45 * np.arange(8)
    carriers = rng.uniform(40, 300, 8)
    signal = sum(
        200 * np.exp(-0.5 * ((times - t) / 0.006) ** 2) * np.sin(2 * np.pi * hz * (times - t))
        for t, hz in zip(at, carriers, strict=True)
    )
    table = extract_from((signal + rng.standard_normal(4000))[None, None], "emg", 1000.0)

    assert table.column("event_similarity")[0] < 0.8


@pytest.mark.parametrize("modality", MOTION)
def test_twitches_of_a_limb_are_brief_events(modality, extract_from, rng):
    """Three twitches in three directions are three brief events."""
    times = np.arange(400) / 100
    directions = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    samples = 0.01 * rng.standard_normal((10, 3, 400))
    for at, direction in zip((0.6, 1.7, 3.1), directions, strict=True):
        samples += direction[:, None] * potential(times, at, 1.0, 0.03)
    table = extract_from(samples, modality, 100.0)

    assert np.all(table.column("event_rate") == 0.75)
    assert np.all(table.column("brief_event_rate") == 0.75)
    assert np.all(table.column("isolated_share") == 1.0)
