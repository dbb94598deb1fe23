"""Visibility: a label says what a sensor shows, by limits on ratio and size, each on its own."""

from dataclasses import replace

import numpy as np
import pytest

from training.datasets.labelled import UNCLEAR, check_spans
from training.simulate.activity import Activity, Discharges, Scene
from training.simulate.recorder import Recorded
from training.simulate.visibility import Visibility, visible_spans

RATE_HZ = {"emg": 1000.0, "accelerometer": 100.0, "gyroscope": 100.0}
# A span ends with its block of a quarter second, or two when its neighbours are smoothed.
BLOCKS_S = 0.8

MOTION = Visibility(
    band_hz=(1.5, 25.0),
    rhythm_band_hz=(1.5, 25.0),
    event_ratio=(3.0, 8.0),
    volley_ratio=(3.0, 8.0),
    event_floor=(0.004, 0.012),
    rhythm_ratio=(0.7, 1.5),
    rhythm_floor=(0.004, 0.01),
    normal_tremor_floor=(0.015, 0.04),
    voluntary_ratio=(0.5, 2.0),
    voluntary_floor=(0.008, 0.03),
    pace_ceiling_hz=0.0,
    rest_ceiling=0.03,
)
MUSCLE = Visibility(
    band_hz=(20.0, 450.0),
    rhythm_band_hz=(20.0, 450.0),
    event_ratio=(3.0, 5.5),
    volley_ratio=(3.0, 5.5),
    event_floor=(0.0, 0.0),
    rhythm_ratio=(0.7, 1.5),
    rhythm_floor=(0.0, 0.0),
    normal_tremor_floor=(0.0, 0.0),
    voluntary_ratio=(0.4, 1.0),
    voluntary_floor=(0.0, 0.0),
    pace_ceiling_hz=2.5,
    rest_ceiling=0.0,
)
LIMITS = {"emg": MUSCLE, "accelerometer": MOTION}


def scene_of(label, *, stretches=((0.0, 12.0),), events=(), frequency_hz=5.0, **more):
    still = Activity.still(12.0)
    return Scene(
        name="made",
        label=label,
        background=more.pop("background", still),
        phenomenon=more.pop("phenomenon", still),
        stretches=stretches,
        events_s=events,
        frequency_hz=frequency_hz,
        **more,
    )


def labels_of(scene, shown, ground, modality="accelerometer"):
    """Return the spans of a scene, label by label, and their seconds."""
    channels = 1 if modality == "emg" else 3
    filler = np.zeros((channels - 1, len(shown)))
    recorded = Recorded(
        samples=np.zeros((channels, len(shown))),
        phenomenon=np.concatenate((shown[None], filler)),
        ground=np.concatenate((ground[None], filler)),
    )
    return visible_spans(scene, recorded, RATE_HZ[modality], modality, LIMITS[modality])


def times_of(modality):
    return np.arange(round(12.0 * RATE_HZ[modality])) / RATE_HZ[modality]


def noise(size, modality="accelerometer", seed=1):
    """Return noise of a deviation within the band that is looked at."""
    rng = np.random.default_rng(seed)
    n = round(12.0 * RATE_HZ[modality])
    low, high = LIMITS[modality].band_hz
    freqs = np.fft.rfftfreq(n, 1 / RATE_HZ[modality])
    spectrum = np.fft.rfft(rng.normal(size=n)) * ((freqs > 1.5 * low) & (freqs < 0.8 * high))
    inside = np.fft.irfft(spectrum, n)
    return size * inside / inside.std()


def pulses(at_s, size, modality):
    """Return brief waves about some times, within the band that is looked at."""
    times = times_of(modality)
    hz, width_s = (100.0, 0.01) if modality == "emg" else (8.0, 0.04)
    since = times[:, None] - np.array(at_s)
    return size * (np.cos(2 * np.pi * hz * since) * np.exp(-0.5 * (since / width_s) ** 2)).sum(1)


EVENTS = (2.0, 5.0, 9.0)


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [(1.0, {"rest"}), (4.5, {"rest", UNCLEAR}), (10.0, {"rest", "fasciculation"})],
)
def test_event_counts_by_how_far_it_stands_out_of_the_emg(ratio, expected):
    """Ten deviations high it is labelled, one high it is rest, and between it is unclear."""
    scene = scene_of("fasciculation", events=EVENTS)
    shown = pulses(EVENTS, ratio * 5.0, "emg")
    spans = labels_of(scene, shown, noise(5.0, "emg"), "emg")

    assert expected == {span.label for span in spans}
    assert sum(span.label != "rest" for span in spans) == (3 if len(expected) > 1 else 0)


@pytest.mark.parametrize(
    ("size", "expected"), [(0.002, set()), (0.008, {UNCLEAR}), (0.05, {"fasciculation"})]
)
def test_event_in_motion_must_reach_a_size_as_well(size, expected):
    """However quiet its ground, a twitch counts from a stated size on."""
    scene = scene_of("fasciculation", events=EVENTS)
    spans = labels_of(scene, pulses(EVENTS, size, "accelerometer"), noise(1e-6))

    assert expected == {span.label for span in spans} - {"rest"}


def test_event_spans_hold_their_events():
    """Each visible event lies in a span of its own, brief enough to be an event."""
    scene = scene_of("fasciculation", events=EVENTS)
    for modality, size in (("emg", 100.0), ("accelerometer", 0.1)):
        spans = labels_of(
            scene, pulses(EVENTS, size, modality), noise(size / 50, modality), modality
        )
        found = [span for span in spans if span.label == "fasciculation"]

        assert list(EVENTS) == [t for s in found for t in EVENTS if s.start_s < t < s.end_s]
        assert max(span.end_s - span.start_s for span in found) < 0.3


def test_events_that_follow_closely_do_not_overlap():
    """A doublet gives two spans, side by side."""
    events = (3.0, 3.02, 3.035)
    scene = scene_of("fasciculation", events=events)
    spans = labels_of(scene, pulses(events, 100.0, "emg"), noise(2.0, "emg"), "emg")

    check_spans(spans, 12.0, "made")
    assert "fasciculation" in {span.label for span in spans}


@pytest.mark.parametrize(
    ("size", "frequency_hz", "expected"),
    [
        (0.002, 5.0, "rest"),
        (0.007, 5.0, UNCLEAR),
        (0.03, 5.0, "tremor"),
        (0.01, 9.0, "rest"),
        (0.03, 9.0, UNCLEAR),
        (0.08, 9.0, "tremor"),
        (0.03, 15.0, "tremor"),
    ],
)
def test_rhythm_counts_by_its_size_for_its_frequency(size, frequency_hz, expected):
    """Where everybody trembles a little, a tremor must be larger to count."""
    scene = scene_of("tremor", frequency_hz=frequency_hz)
    shown = size * np.sin(2 * np.pi * frequency_hz * times_of("accelerometer"))
    spans = labels_of(scene, shown, noise(0.0005))

    assert [expected] == [span.label for span in spans]


@pytest.mark.parametrize(("ratio", "expected"), [(0.4, "rest"), (1.1, UNCLEAR), (3.0, "clonus")])
@pytest.mark.parametrize("modality", ["emg", "accelerometer"])
def test_rhythm_counts_by_how_far_it_stands_out(ratio, expected, modality):
    """Its root mean square is weighed against that of all else."""
    ground = noise(0.005, modality)
    scene = scene_of("clonus", frequency_hz=6.0)
    carrier = 90.0 if modality == "emg" else 6.0
    size = np.sqrt(2) * ratio * 0.005
    spans = labels_of(
        scene, size * np.sin(2 * np.pi * carrier * times_of(modality)), ground, modality
    )

    assert [expected] == [span.label for span in spans]


def test_phenomenon_keeps_to_its_stretches():
    """Rest surrounds a run, whose span begins and ends with it."""
    times = times_of("accelerometer")
    shown = np.where((times > 4) & (times < 8), 0.1 * np.sin(2 * np.pi * 5 * times), 0.0)
    spans = labels_of(scene_of("tremor", stretches=((4.0, 8.0),)), shown, noise(0.001))

    assert [span.label for span in spans] == ["rest", "tremor", "rest"]
    assert (spans[1].start_s, spans[1].end_s) == pytest.approx((4.0, 8.0), abs=BLOCKS_S)


def test_faint_end_of_a_clear_run_belongs_to_it():
    """Within a run, what is unclear for less than a second beside what is clear, is of its kind."""
    times = times_of("accelerometer")
    size = np.interp(times, [0, 3.6, 4.4, 12], [0.006, 0.006, 0.05, 0.05])
    spans = labels_of(scene_of("tremor"), size * np.sin(2 * np.pi * 5 * times), noise(0.0005))

    assert [span.label for span in spans] == [UNCLEAR, "tremor"]
    assert spans[0].end_s == pytest.approx(3.0, abs=BLOCKS_S)


def test_loud_ground_is_movement():
    """Where nothing of the phenomenon shows and the ground is loud, it is movement, not rest."""
    times = times_of("accelerometer")
    ground = noise(0.001) + np.where((times > 6) & (times < 8), 0.2, 0.0) * np.sin(12 * times)
    spans = labels_of(scene_of("rest", stretches=()), 0 * times, ground)

    assert [span.label for span in spans] == ["rest", "voluntary", "rest"]


def test_background_that_moves_is_not_called_rest():
    """Beside a tremor in a movement, electrodes see the movement: that is unclear, not rest."""
    times = times_of("emg")
    scene = scene_of("tremor", stretches=((0.0, 4.0),), moving=((0.0, 8.0),))
    shown = np.where(times < 4, 50.0, 0.0) * np.sin(2 * np.pi * 90 * times)
    spans = labels_of(scene, shown, noise(5.0, "emg"), "emg")

    assert [span.label for span in spans] == ["tremor", UNCLEAR, "rest"]


def firing(at_s):
    train = Discharges(np.array(at_s), np.zeros(len(at_s), dtype=np.int64), np.ones(len(at_s)))
    return Activity.of_units(12.0, (train,))


@pytest.mark.parametrize(("ratio", "expected"), [(20.0, {"rest", UNCLEAR}), (1.0, {"rest"})])
@pytest.mark.parametrize("label", ["rest", "fasciculation"])
def test_stray_unit_that_shows_is_neither_rest_nor_fasciculation(label, ratio, expected):
    """A potential of a muscle at rest, by protocol, is unclear where it stands out."""
    scene = scene_of(label, stretches=(), background=firing(EVENTS))
    ground = noise(5.0, "emg") + pulses(EVENTS, ratio * 5.0, "emg")
    spans = labels_of(scene, 0 * ground, ground, "emg")

    assert expected == {span.label for span in spans}
    for span in spans:
        if span.label == UNCLEAR:
            assert any(span.start_s <= time <= span.end_s for time in EVENTS)


def test_stray_unit_is_nothing_to_a_motion_sensor():
    """What only electrodes could see changes no label of an accelerometer."""
    scene = scene_of("rest", stretches=(), background=firing(EVENTS))
    ground = noise(0.001) + pulses(EVENTS, 0.012, "accelerometer")

    assert {s.label for s in labels_of(scene, 0 * ground, ground)} == {"rest"}


def test_single_potentials_are_seen_by_their_peaks():
    """A train too sparse to carry power is visible all the same, when its peaks stand out."""
    at = np.arange(0.2, 12.0, 0.25)
    scene = scene_of("single_unit_discharge", phenomenon=firing(at))
    spans = labels_of(scene, pulses(at, 60.0, "emg"), noise(5.0, "emg"), "emg")

    assert {span.label for span in spans} == {"single_unit_discharge"}


def test_limits_are_the_modality_s_own():
    """Turning every limit up far enough leaves nothing to be seen, and down, all."""
    scene = scene_of("tremor")
    shown = 0.02 * np.sin(2 * np.pi * 5 * times_of("accelerometer"))
    recorded = Recorded(shown[None], shown[None], noise(0.001)[None])
    found = [
        visible_spans(scene, recorded, 100.0, "accelerometer", limits)[0].label
        for limits in (
            MOTION.model_copy(update={"rhythm_floor": (1.0, 2.0)}),
            MOTION.model_copy(update={"rhythm_floor": (0.0, 0.0)}),
        )
    ]

    assert found == ["rest", "tremor"]


def test_scene_tells_when_stray_units_fire():
    """Strays are the discharges of the background, in order, and none of the phenomenon's."""
    scene = scene_of(
        "rest", background=firing((5.0, 1.0)) + firing((3.0,)), phenomenon=firing((2,))
    )
    silent = replace(scene, background=Activity.still(12.0))

    assert scene.strays_s.tolist() == [1.0, 3.0, 5.0]
    assert (silent.strays_s.tolist(), silent.duration_s) == ([], 12.0)


@pytest.mark.parametrize(
    ("modality", "pace_hz", "expected"),
    [
        ("emg", 1.5, "voluntary"),
        ("emg", 4.0, UNCLEAR),
        ("accelerometer", 4.0, "voluntary"),
    ],
)
def test_a_quick_pace_is_unclear_to_a_sensor_that_cannot_tell_it_from_tremor(
    modality, pace_hz, expected
):
    """Brushing is movement to an accelerometer; one muscle shows bursts like those of a tremor."""
    still = Activity.still(12.0)
    scene = scene_of("voluntary", phenomenon=replace(still, pace_hz=pace_hz))
    carrier = 90.0 if modality == "emg" else 4.0
    shown = 0.5 * np.sin(2 * np.pi * carrier * times_of(modality))
    spans = labels_of(scene, shown, noise(0.005, modality), modality)

    assert [expected] == [span.label for span in spans]


@pytest.mark.parametrize(("tails", "expected"), [(False, "fasciculation"), (True, UNCLEAR)])
def test_a_twitch_stands_clear_of_the_tails_of_the_noise(tails, expected):
    """Among spikes of half its size it could be one of them, however small the median is."""
    ground = noise(5.0, "emg")
    if tails:
        ground = ground + pulses(np.arange(0.3, 12, 0.2), 20.0, "emg")
    scene = scene_of("fasciculation", events=(6.1,))
    spans = labels_of(scene, pulses([6.1], 40.0, "emg"), ground, "emg")

    assert expected in {span.label for span in spans}
    assert not {UNCLEAR, "fasciculation"} - {expected} & {span.label for span in spans}
