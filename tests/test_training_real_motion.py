"""Facts about the real recordings of accelerometers and gyroscopes.

Every number that is expected is stated by the description of its set, or is in a table beside it,
and is measured here with plain tools.
"""

import numpy as np
import pandas as pd
import pytest
import scipy.signal
from real_recordings import between, by_id, folder, needs_data, read, strongest_line

pytestmark = needs_data

LINE_HZ = 0.3
"""A line of a set's table was found in another stretch, with another resolution."""
WEAK_LINE_HZ = 0.6
"""Likewise, of slight tremor, whose frequency wanders."""


def test_pd_rest_has_one_recording_a_file():
    """Every array of the folder is read once, and lasts what the table says."""
    path = folder("pd-rest-hand-accel-500hz")
    table = pd.read_csv(path / "recordings.csv").set_index("file")
    recordings = by_id("pd-rest-hand-accel-500hz")

    assert {p.stem for p in path.glob("*.npy")} == set(recordings)
    for name, labelled in recordings.items():
        assert labelled.recording.duration_s == pytest.approx(
            table.loc[f"{name}.npy", "duration_s"], abs=0.1
        )


@pytest.mark.parametrize(
    "name", ["pd-rest-hand-accel-500hz", "imu-pd-et-dyskinesia-20hz", "hand-mouse-imu-64hz"]
)
def test_gravity_is_one_g(name):
    """The median length of the acceleration vector is 1 g within 3 % in the middle recording."""
    lengths = [
        np.median(np.linalg.norm(r.recording.samples, axis=0))
        for r in read(name)
        if r.recording.modality == "accelerometer"
    ]

    assert np.median(lengths) == pytest.approx(1.0, abs=0.03)


def test_pd_rest_gravity_is_constant_when_still():
    """In the quietest second of each recording the vector is 1 g within 1.5 %."""
    for labelled in read("pd-rest-hand-accel-500hz"):
        samples = np.asarray(labelled.recording.samples, dtype=float)
        seconds = samples[:, : samples.shape[1] // 500 * 500].reshape(3, -1, 500)
        quietest = seconds.std(axis=2).sum(axis=0).argmin()
        length = np.linalg.norm(seconds[:, quietest].mean(axis=1))
        assert length == pytest.approx(1.0, abs=0.015), labelled.id


def test_pd_rest_tremor_is_where_it_is_said_to_be():
    """The median window of tremor of 811 has 5.5 Hz and 0.19 g, by a plain periodogram."""
    labelled = by_id("pd-rest-hand-accel-500hz")["811_1"]
    lines, sizes = [], []
    for span in labelled.spans:
        for start_s in np.arange(span.start_s, span.end_s, 4.0):
            if span.label == "tremor":
                freqs, psd = scipy.signal.periodogram(
                    between(labelled, start_s, start_s + 4.0), 500
                )
                psd = psd.sum(axis=0) * ((freqs > 3.0) & (freqs < 8.0))
                lines.append(freqs[psd.argmax()])
                near = np.abs(freqs - lines[-1]) <= 0.75
                sizes.append(np.sqrt(psd[near].sum() * freqs[1]))

    assert np.median(lines) == pytest.approx(5.5, abs=LINE_HZ)
    assert np.median(sizes) == pytest.approx(0.19, rel=0.1)


def test_pd_rest_controls_are_at_rest_throughout():
    """A control has one span of rest, and none of its windows is rhythmic by the table."""
    controls = [r for r in read("pd-rest-hand-accel-500hz") if r.details["group"] == "control"]

    assert controls
    for labelled in controls:
        (span,) = labelled.spans
        assert (span.label, span.start_s) == ("rest", 0.0)
        assert span.end_s == labelled.recording.duration_s
        states = {window["derived_state"] for window in labelled.details["windows"]}
        assert "rhythmic" not in states


def test_imu_has_both_sensors_of_every_file():
    """Every file gives 114.9 s of accelerometer and of gyroscope."""
    path = folder("imu-pd-et-dyskinesia-20hz")
    recordings = read("imu-pd-et-dyskinesia-20hz")

    assert len(recordings) == 2 * len(list(path.glob("*.mat")))
    assert {r.recording.duration_s for r in recordings} == {114.9}
    assert {r.recording.unit for r in recordings} == {"g", "rad/s"}


def test_imu_lines_lie_where_the_disorders_are():
    """The median gyroscope line is 3.9-6.4 Hz in PD, 4.7-8.4 Hz in ET and below in dyskinesia."""
    lines = {}
    for labelled in read("imu-pd-et-dyskinesia-20hz"):
        if labelled.recording.modality == "gyroscope":
            line = strongest_line(np.asarray(labelled.recording.samples), 20.0, (1.0, 9.5))
            lines.setdefault(labelled.details["disorder"], []).append(line)
    medians = {name: np.median(values) for name, values in lines.items()}

    assert 3.9 <= medians["parkinsonian tremor"] <= 6.4
    assert 4.7 <= medians["essential tremor"] <= 8.4
    assert medians["dyskinesia"] < 3.0


def test_imu_says_nothing_about_single_windows():
    """A label of a whole recording is in its details, not among the classes."""
    for labelled in read("imu-pd-et-dyskinesia-20hz"):
        assert {span.label for span in labelled.spans} <= {"tremor_recording", "dyskinesia"}
        assert labelled.details["recording_label"] in {"tremor", "dyskinesia"}


@pytest.mark.parametrize(
    ("task", "expected_hz", "tolerance_hz"),
    [
        ("2458/rest_tremor_amplitude/left_hand", 5.8, WEAK_LINE_HZ),
        ("2458/rest_tremor_amplitude/right_hand", 3.8, WEAK_LINE_HZ),
        ("2458/postural_tremor_of_the_hands/left_hand", 7.3, LINE_HZ),
        ("2458/postural_tremor_of_the_hands/right_hand", 7.3, LINE_HZ),
        ("2458/leg_agility/left_leg", 2.3, LINE_HZ),
        ("2458/leg_agility/right_leg", 2.3, LINE_HZ),
    ],
)
def test_cloudupdrs_tasks_have_their_lines(task, expected_hz, tolerance_hz):
    """Inside its span each task has the frequency that its description gives."""
    labelled = by_id("cloudupdrs-phone-accel-100hz")[task]
    (span,) = labelled.spans
    line = strongest_line(
        between(labelled, span.start_s, span.end_s), 100.0, (2.0, 12.0), segment_s=4.0
    )

    assert line == pytest.approx(expected_hz, abs=tolerance_hz)


def test_cloudupdrs_handling_is_left_out():
    """The first and the last three seconds have no label."""
    for labelled in read("cloudupdrs-phone-accel-100hz"):
        (span,) = labelled.spans
        assert span.start_s == 3.0
        assert span.end_s == pytest.approx(labelled.recording.duration_s - 3.0)


@pytest.mark.parametrize(("participant", "expected_hz"), [(39, 5.47), (44, 5.66)])
def test_hand_mouse_tremor_has_its_line(participant, expected_hz):
    """The gyroscope of those with tremor has the line that is stated, on the regular grid."""
    labelled = by_id("hand-mouse-imu-64hz")[f"participant{participant}/gyroscope"]
    samples = np.asarray(labelled.recording.samples)

    assert strongest_line(samples, 64.0, (4.0, 9.0)) == pytest.approx(expected_hz, abs=LINE_HZ)
    assert {span.label for span in labelled.spans} == {"tremor_over_voluntary"}


def test_hand_mouse_lasts_what_its_stamps_say():
    """The regular grid runs from the first to the last time stamp."""
    path = folder("hand-mouse-imu-64hz") / "TestTaker1.csv"
    stamps = pd.read_csv(path, skipinitialspace=True)["Timestamp"]
    labelled = by_id("hand-mouse-imu-64hz")["participant1/gyroscope"]

    assert labelled.recording.duration_s == pytest.approx(
        stamps.iloc[-1] - stamps.iloc[0], abs=0.05
    )


@pytest.mark.parametrize(
    ("activity", "band_hz"), [("brush_teeth", (4.5, 6.5)), ("walk", (1.5, 2.3))]
)
def test_hmp_activities_have_their_rhythm(activity, band_hz):
    """Tooth brushing has its line at 5-6 Hz and walking at about 2 Hz, in the median recording."""
    lines = [
        strongest_line(np.asarray(r.recording.samples), 32.0, (1.4, 12.0))
        for r in read("hmp-wrist-adl-32hz")
        if r.details["activity"] == activity
    ]

    assert band_hz[0] <= np.median(lines) <= band_hz[1]


def test_hmp_is_in_g_at_its_resolution():
    """Gravity is 1 g in the middle recording, steps are 0.048 g, and the range is 1.5 g."""
    recordings = read("hmp-wrist-adl-32hz")
    steps = np.concatenate([np.unique(r.recording.samples) for r in recordings[:50]])

    lengths = [np.median(np.linalg.norm(r.recording.samples, axis=0)) for r in recordings]
    assert np.median(lengths) == pytest.approx(1.0, abs=0.03)
    assert np.diff(np.unique(steps.round(4))).min() == pytest.approx(3 / 63, abs=1e-3)
    assert np.abs(steps).max() <= 1.5


def test_osdb_jerks_are_rhythmic_and_large():
    """The median clonic jerk has its line at 3-4.2 Hz and 300-600 mg; most of the day is quiet."""
    sizes, lines = {"clonic_jerk": [], "daily": []}, []
    for labelled in read("osdb-seizure-wrist-accel-25hz"):
        for span in labelled.spans:
            for start_s in np.arange(span.start_s, span.end_s, 5.0):
                block = between(labelled, start_s, start_s + 5.0)
                sizes[span.label].append(block.std())
                if span.label == "clonic_jerk":
                    lines.append(strongest_line(block, 25.0, (1.0, 12.0), segment_s=5.0))

    assert 3.0 <= np.median(lines) <= 4.2
    assert np.percentile(lines, 5) >= 2.2
    assert np.percentile(lines, 95) <= 6.2
    assert 300.0 < np.median(sizes["clonic_jerk"]) < 600.0
    assert np.median(sizes["daily"]) < 50.0


def test_osdb_is_in_milli_g_without_repeats():
    """No recording is in m/s^2, and no block of 5 s comes twice."""
    recordings = read("osdb-seizure-wrist-accel-25hz")
    blocks = [
        r.recording.samples[0, i : i + 125].tobytes()
        for r in recordings
        for i in range(0, r.recording.samples.shape[1], 125)
    ]

    assert len(set(blocks)) == len(blocks)
    for labelled in recordings:
        assert 900.0 < np.median(labelled.recording.samples) < 1900.0


def test_osdb_tells_nothing_personal():
    """The users' remarks about their seizures are not in the details."""
    assert {key for r in read("osdb-seizure-wrist-accel-25hz") for key in r.details} == {"events"}
