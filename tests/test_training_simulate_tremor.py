"""Tremor: frequency, regularity, waveform and bursts that were put in are found in the signal."""

from itertools import pairwise

import numpy as np
import pytest
from simulated import DURATION_S, LEVER_M, STILL, band_power, drawn, line_hz, physiology, shown

from training.simulate.cycles import Cycles
from training.simulate.tremor import KINDS, tremor, tremor_cycles
from training.simulate.waves import RATE_HZ, grid

# A recording of 24 s resolves 0.04 Hz; the cycles wander a little.
FREQUENCY_HZ = 0.06
# Some hundred cycles, whose wandering has a memory.
SCATTER = 0.25
# Lines of a finite recording, and gravity, which a tilting sensor feels besides.
HARMONIC = 0.25
# The coherence of 600 s of a diffusing phase.
LINE_WIDTH = 0.1
# Bursts of a few units that fire once or twice, and a burst's soft edges.
BURST_DURATION = 0.15
# The coefficient of variation over some thousand cycles with a memory of seconds.
ENVELOPE = 0.2

STEADY = {
    "tremor.parkinsonian_rest.cycle_frequency_sd": 0.02,
    "tremor.parkinsonian_rest.intensity_growth_30s": 0.0,
    "tremor.parkinsonian_rest.reemergent_latency": 2.0,
    "tremor.modulation.envelope_cv": 0.01,
    "tremor.modulation.cycle_size_cv": 0.01,
    "tremor.amplitude_by_rating.acceleration_peak": 2.0,
    "tremor.second_axis_ratio": 0.0,
    "tremor.restless_share": 0.0,
    "tremor.tone_at_rest": 0.0,
    "tremor.emg_burst_size_cv": 0.01,
    "body.lever": LEVER_M,
}


def scene_of(values, *, kind="parkinsonian_rest", seed=1):
    draws = drawn(STILL | values, seed=seed)
    return tremor(kind, draws, DURATION_S, LEVER_M)


def principal(samples):
    """Return the component of motion along its main axis."""
    centred = samples - samples.mean(axis=1, keepdims=True)
    axes, _, _ = np.linalg.svd(centred, full_matrices=False)
    return axes[:, 0] @ centred


@pytest.mark.parametrize("frequency_hz", [3.3, 5.0, 6.7])
@pytest.mark.parametrize("modality", ["emg", "accelerometer", "gyroscope"])
def test_frequency_is_found_by_every_sensor(frequency_hz, modality):
    """The line of a tremor stands where it was put, in motion and in the envelope of the EMG."""
    values = STEADY | {"tremor.parkinsonian_rest.frequency": frequency_hz}
    samples = shown(scene_of(values), modality, values)
    rate = 400.0
    if modality == "emg":
        samples = np.abs(samples).reshape(1, -1, 10).mean(axis=2)

    found = line_hz(samples, rate, (2.5, 8.0))
    assert frequency_hz == pytest.approx(found, abs=FREQUENCY_HZ)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_trembles_within_its_range(kind):
    """Whatever the kind, the signal's line lies within the limits of its frequency."""
    limits = physiology()[f"tremor.{kind}.frequency"]
    # Cycles that scatter move the line of one recording.
    for seed in range(4):
        calm = {"tremor.restless_share": 0.0}
        scene = scene_of(calm, kind=kind, seed=seed)
        found = line_hz(shown(scene, "gyroscope", calm, seed=seed), 400.0, (1.5, 25.0))

        assert limits.low * 0.8 <= found <= limits.high * 1.2


@pytest.mark.parametrize("scatter_hz", [0.15, 0.4])
def test_cycles_scatter_as_much_as_was_asked(scatter_hz):
    """The deviation of cycle frequencies comes back from the crossings of the gyroscope."""
    values = STEADY | {
        "tremor.parkinsonian_rest.cycle_frequency_sd": scatter_hz,
        "tremor.parkinsonian_rest.frequency": 5.0,
        "tremor.parkinsonian_rest.harmonic_ratio_2f": 0.0,
    }
    measured = []
    for seed in range(1, 6):
        turning = principal(shown(scene_of(values, seed=seed), "gyroscope", values, seed=seed))
        before = np.flatnonzero((turning[:-1] < 0) & (turning[1:] >= 0))
        at = before - turning[before] / (turning[before + 1] - turning[before])
        frequencies = RATE_HZ / np.diff(at)
        measured.append(frequencies[np.abs(frequencies - 5.0) < 2.5].std())

    assert scatter_hz == pytest.approx(np.mean(measured), rel=SCATTER)


def test_orthostatic_line_is_as_wide_as_published():
    """The coherence of the phase over a second gives the half-power width that was asked."""
    kind = KINDS["orthostatic"]
    width_hz = 0.66
    draws = drawn({"tremor.orthostatic.half_peak_width": width_hz})
    run = tremor_cycles(kind, draws, 15.5, (0.0, 600.0))
    turning = np.exp(2j * np.pi * run.phase(grid(590.0)))
    lag_s = 0.4
    lag = round(lag_s * RATE_HZ)
    coherence = np.abs(np.mean(turning[lag:] * turning[:-lag].conj()))
    found = -np.log(coherence) / (np.pi * lag_s)

    assert width_hz == pytest.approx(found, rel=LINE_WIDTH)
    assert 0.59 < found < 0.72


@pytest.mark.parametrize("ratio", [0.05, 0.3])
def test_second_harmonic_has_its_share_of_the_acceleration(ratio):
    """The power at twice the frequency, over that at the frequency, is what was put in."""
    values = STEADY | {
        "tremor.parkinsonian_rest.harmonic_ratio_2f": ratio,
        "tremor.parkinsonian_rest.frequency": 5.0,
    }
    found = []
    for seed in range(1, 6):
        felt = shown(scene_of(values, seed=seed), "accelerometer", values, seed=seed)
        found.append(band_power(felt, 400.0, 10.0, 0.6) / band_power(felt, 400.0, 5.0, 0.6))

    assert ratio == pytest.approx(np.median(found), rel=HARMONIC)


@pytest.mark.parametrize("duration_ms", [60.0, 100.0])
def test_bursts_last_as_long_as_was_asked(duration_ms):
    """The middle 90 % of a burst's energy take the time that was asked."""
    values = STEADY | {
        "tremor.parkinsonian_rest.frequency": 4.0,
        "tremor.parkinsonian_rest.emg_burst_duration": duration_ms,
    }
    measured = []
    for seed in range(1, 9):
        scene = scene_of(values, seed=seed)
        emg = shown(scene, "emg", values, seed=seed)[0]
        starts = (scene.cycles_s[5:-5] * 4000).astype(int) - 300
        cycles = np.stack([emg[start : start + 1000] for start in starts])
        share = np.cumsum((cycles**2).mean(axis=0))
        share /= share[-1]
        measured.append(((share > 0.05) & (share < 0.95)).sum() / 4.0)

    assert duration_ms == pytest.approx(np.mean(measured), rel=BURST_DURATION)


def test_bursts_come_once_a_cycle():
    """In a tremor at rest the muscle is silent for half of each cycle."""
    values = STEADY | {
        "tremor.parkinsonian_rest.frequency": 4.0,
        "tremor.parkinsonian_rest.emg_burst_duration": 80.0,
    }
    drive = scene_of(values).phenomenon.drive
    bursts = np.flatnonzero(np.diff((drive > 0).astype(int)) == 1)

    assert np.full(len(bursts) - 1, 100) == pytest.approx(np.diff(bursts), abs=8)


@pytest.mark.parametrize("cv", [0.2, 0.7])
def test_sizes_of_cycles_wax_and_wane_by_what_was_asked(cv):
    """Over a long time, sizes have a mean of one and the variation that was put in."""
    values = STEADY | {"tremor.modulation.envelope_cv": cv}
    sizes = np.concatenate(
        [
            tremor_cycles(KINDS["holmes"], drawn(values, seed=seed), 5.0, (0.0, 400.0)).sizes
            for seed in range(6)
        ]
    )

    assert sizes.mean() == pytest.approx(1.0, rel=ENVELOPE)
    assert cv == pytest.approx(sizes.std() / sizes.mean(), rel=ENVELOPE)


def test_peak_acceleration_is_what_was_asked():
    """A lever that swings across its axis feels the peak that was put in, gravity apart."""
    values = STEADY | {
        "tremor.parkinsonian_rest.frequency": 6.0,
        "tremor.parkinsonian_rest.harmonic_ratio_2f": 0.0,
    }
    peaks = []
    for seed in range(1, 13):
        scene = scene_of(values, seed=seed)
        size = np.linalg.norm(scene.phenomenon.angles_rad, axis=0).max()
        peaks.append(size * (2 * np.pi * 6.0) ** 2 * LEVER_M)

    assert np.median(peaks) == pytest.approx(2.0, rel=0.1)


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_who_trembles_moves_beside_it_by_the_share_that_was_asked(share):
    """What is slower than the tremor deviates by its share of the tremor's angle."""
    values = STEADY | {
        "tremor.parkinsonian_rest.frequency": 7.0,
        "tremor.parkinsonian_rest.harmonic_ratio_2f": 0.0,
        "tremor.restless_share": share,
    }
    found = []
    for seed in range(1, 9):
        angles = scene_of(values, seed=seed).phenomenon.angles_rad[:, 1600:-1600]
        spectrum = np.abs(np.fft.rfft(angles, axis=1)) ** 2
        slow = np.fft.rfftfreq(angles.shape[1], 1 / RATE_HZ) < 5.0
        # Of the tremor, along one axis, the square of its amplitude is twice its mean square.
        found.append(np.sqrt(spectrum[:, slow].sum() / 3 / (2 * spectrum[:, ~slow].sum())))

    assert share == pytest.approx(np.median(found), rel=0.25)


def test_nothing_trembles_outside_of_its_stretches():
    """Before and after its stretches a tremor neither moves the limb nor drives the muscle."""
    for seed in range(12):
        scene = scene_of({}, seed=seed)
        times = grid(DURATION_S)
        outside = np.ones(len(times), dtype=bool)
        for start, end in scene.stretches:
            outside &= (times < start - 0.01) | (times > end + 0.01)

        assert np.abs(scene.phenomenon.angles_rad[:, outside]).max(initial=0.0) == 0.0
        assert np.abs(scene.phenomenon.drive[outside]).max(initial=0.0) == 0.0


def test_tremor_that_lasts_goes_beyond_the_recording():
    """What goes on at the first sample does not begin there, and what goes on at the last, end."""
    scenes = [scene_of({}, kind="orthostatic", seed=seed) for seed in range(12)]
    whole = [scene for scene in scenes if scene.stretches == ((0.0, DURATION_S),)]
    middle = [np.abs(s.phenomenon.angles_rad[:, 4000:5600]).max() for s in whole]
    edges = [np.abs(s.phenomenon.angles_rad[:, :200]).max() for s in whole]

    assert len(whole) >= 3
    assert np.median(np.array(edges) / np.array(middle)) > 0.5


CYCLES = Cycles(np.array([1.0, 1.2, 1.5, 1.6]), np.array([1.0, 0.5, 0.25]))


def test_phase_counts_cycles_and_never_turns_back():
    """At the start of each cycle the phase is a whole number, and it rises between."""
    times = np.linspace(0.0, 3.0, 901)
    phase = CYCLES.phase(times)

    assert np.array([0.0, 1.0, 2.0, 3.0]) == pytest.approx(CYCLES.phase(CYCLES.starts_s))
    assert (np.diff(phase) >= 0).all()
    assert (phase[0], phase[-1]) == (0.0, 3.0)


def test_envelope_reaches_most_of_its_size_after_its_rise():
    """After the rise it has 80 % of its size, and outside of its cycles it has none."""
    even = Cycles(np.arange(0.0, 6.1, 0.2), np.ones(30))
    envelope = even.envelope(np.array([-0.1, 0.0, 0.3, 3.0, 5.7, 6.0, 7.0]), rise_cycles=1.5)

    assert np.array([0, 0, 0.8, 1, 0.8, 0, 0]) == pytest.approx(envelope, abs=0.01)


def test_envelope_follows_the_sizes_of_cycles():
    """In the middle of each cycle the envelope has that cycle's size."""
    envelope = CYCLES.envelope(np.array([1.1, 1.35, 1.55]), rise_cycles=0.01)

    assert CYCLES.sizes == pytest.approx(envelope)


def well_inside(scene):
    """Return where a tremor goes on, half a second from where it begins and ends."""
    times = grid(DURATION_S)
    inside = np.zeros(len(times), dtype=bool)
    for start, end in scene.stretches:
        inside |= (times > start + 0.5) & (times < end - 0.5)
    return inside


@pytest.mark.parametrize(
    ("kind", "name"),
    [("essential_postural", "tone_between_bursts"), ("parkinsonian_rest", "tone_at_rest")],
)
def test_what_a_muscle_does_between_bursts_is_the_ground_of_its_tremor(kind, name):
    """It works on as strongly as was asked, swells by what was asked, and drives no tremor."""
    levels, swells = [], []
    for seed in range(8):
        values = STEADY | {
            f"tremor.{name}": 0.1,
            "voluntary.drive_wander": 0.3,
            "voluntary.drive_wander_band": 2.0,
        }
        scene = scene_of(values, kind=kind, seed=seed)
        inside = well_inside(scene)
        log = np.log(scene.background.drive[inside])
        levels.append(np.exp(log.mean()))
        swells.append(log.std())

        assert np.quantile(scene.phenomenon.drive[inside], 0.05) == 0.0
        assert scene.held == scene.stretches

    assert np.mean(levels) == pytest.approx(0.1, rel=0.1)
    assert np.mean(swells) == pytest.approx(0.3, rel=0.15)


@pytest.mark.parametrize("cv", [0.05, 0.3])
def test_bursts_of_one_muscle_scatter_by_what_was_asked(cv):
    """The highest excitation of each burst varies as was put in, the limb's swing does not."""
    values = STEADY | {"tremor.emg_burst_size_cv": cv, "tremor.onset_rise_cycles": 0.1}
    found = []
    for seed in range(8):
        scene = scene_of(values, seed=seed)
        starts = (scene.cycles_s[5:-5] * RATE_HZ).astype(int)
        heights = [scene.phenomenon.drive[first:last].max() for first, last in pairwise(starts)]
        found.append(np.std(heights) / np.mean(heights))

    assert np.mean(found) == pytest.approx(cv, rel=0.2)


def test_what_one_muscle_does_moves_no_limb():
    """Tone and scatter of bursts change the EMG and no sample of motion."""
    calm = {"tremor.emg_burst_size_cv": 0.05, "tremor.tone_between_bursts": 0.0}
    tense = {"tremor.emg_burst_size_cv": 0.4, "tremor.tone_between_bursts": 0.3}
    first, second = (scene_of(values, kind="essential_postural") for values in (calm, tense))

    np.testing.assert_array_equal(first.phenomenon.angles_rad, second.phenomenon.angles_rad)
    np.testing.assert_array_equal(first.background.angles_rad, second.background.angles_rad)
    assert (first.phenomenon.drive != second.phenomenon.drive).any()
    assert (first.background.drive != second.background.drive).any()


def test_a_tremor_may_be_a_swell_of_what_a_muscle_does_anyway():
    """With much tone, the EMG between bursts is a fair share of that of the bursts."""
    quiet, loud = (_between_over_within(tone) for tone in (0.0, 0.15))

    assert quiet < 0.05
    assert 0.2 < loud < 0.8


def _between_over_within(tone):
    """Return the size of the EMG between bursts over that in their middle."""
    values = STEADY | {
        "tremor.essential_postural.frequency": 4.5,
        "tremor.essential_postural.cycle_frequency_sd": 0.02,
        "tremor.essential_postural.emg_burst_duration": 60.0,
        "tremor.burst_excitation": 0.35,
        "tremor.tone_between_bursts": tone,
    }
    ratios = []
    for seed in range(1, 7):
        scene = scene_of(values, kind="essential_postural", seed=seed)
        emg = shown(scene, "emg", values, seed=seed)[0]
        starts = (scene.cycles_s[5:-5] * 4000).astype(int)
        cycles = np.stack([emg[start : start + 800] for start in starts])
        size = np.sqrt((cycles**2).mean(axis=0))
        ratios.append(size[600:760].mean() / size[120:280].mean())
    return np.median(ratios)
