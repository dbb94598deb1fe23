"""Facts about the real recordings of EMG, from the skin and from needles.

Every number that is expected is stated by the description of its set, or is in a table beside it,
and is measured here with plain tools.
"""

import numpy as np
import pytest
import scipy.signal
from real_recordings import between, by_id, folder, needs_data, read

from features import RELATIVE
from training.datasets.real import contraction_intensity, openhdemg, threedc

pytestmark = needs_data


def test_threedc_rest_is_quieter_than_gestures():
    """Rest deviates by some 20-24 counts, gestures by 40-157, in the median channel of a person."""
    rest, gestures = [], []
    for labelled in read("threedc-semg-gestures"):
        kind = rest if labelled.details["gesture"] == "no motion" else gestures
        kind.append(labelled.recording.samples.std())

    assert 18.0 < np.median(rest) < 36.0
    assert 40.0 < np.median(gestures) < 157.0


@pytest.mark.parametrize(
    ("name", "n_channels", "n_classes"),
    [
        ("threedc-semg-gestures", threedc.N_CHANNELS, 11),
        ("contraction-intensity-semg", contraction_intensity.N_CHANNELS, 7),
    ],
)
def test_every_channel_of_every_class_is_a_recording(name, n_channels, n_classes):
    """Persons, classes and channels multiply; the gain is unknown."""
    recordings = read(name)
    n_people = len({r.group for r in recordings})

    assert len(recordings) == n_people * n_classes * n_channels
    assert {r.recording.unit for r in recordings} == {RELATIVE}


@pytest.mark.parametrize("name", ["threedc-semg-gestures", "contraction-intensity-semg"])
def test_voluntary_channels_stand_clear_of_rest(name):
    """A channel that is called voluntary has, in plain deviation, clearly more than at rest."""
    rest = {}
    for r in read(name):
        if r.spans[0].label == "rest":
            rest[r.group, r.details["channel"]] = high_passed_deviation(r)
    ratios = [
        high_passed_deviation(r) / rest[r.group, r.details["channel"]]
        for r in read(name)
        if {span.label for span in r.spans} == {"voluntary"}
    ]

    assert np.percentile(ratios, 2) > 1.3
    assert np.median(ratios) > 3.0


def high_passed_deviation(labelled):
    sos = scipy.signal.butter(4, [70.0, 400.0], "bandpass", fs=1000.0, output="sos")
    return scipy.signal.sosfilt(sos, np.asarray(labelled.recording.samples[0]))[200:].std()


def test_contraction_intensity_joins_both_levels():
    """A joined recording is the file of 30 % followed by that of 60 %, less at most one period."""
    path = folder("contraction-intensity-semg")
    labelled = by_id("contraction-intensity-semg")["S1/class2/channel5"]
    first, second = (
        np.loadtxt(path / "S1" / f"S1_{level}_C2_R1.csv", delimiter=",")[:, 5]
        for level in ("30P", "60P")
    )
    samples = labelled.recording.samples[0]

    np.testing.assert_allclose(samples[: len(first)], first)
    np.testing.assert_allclose(samples[-2900:], second[-2900:])
    assert 0 <= len(first) + len(second) - len(samples) <= 17
    assert labelled.details["joined_at_s"] == len(first) / 1000.0


def test_plux_bursts_are_nine_contractions():
    """Nine contractions of some 2000 counts stand out of a baseline of some 100."""
    labelled = by_id("plux-semg-1000hz")["emg_bursts"]
    sizes = {"rest": [], "voluntary": []}
    for span in labelled.spans:
        sizes[span.label].append(between(labelled, span.start_s, span.end_s).std())

    assert labelled.recording.duration_s == pytest.approx(28.5, abs=0.05)
    assert len(sizes["voluntary"]) == 9
    assert min(sizes["voluntary"]) > 5 * max(sizes["rest"])
    assert by_id("plux-semg-1000hz")["emg_fatigue"].recording.duration_s == pytest.approx(126.9)


def test_biosppy_lasts_what_is_said():
    """Both recordings have their length, and the contraction of 1.4 s is voluntary."""
    recordings = by_id("biosppy-semg-1000hz")
    voluntary = [s for s in recordings["emg_1"].spans if s.label == "voluntary"]

    assert recordings["emg_1"].recording.duration_s == pytest.approx(63.88)
    assert recordings["emg"].recording.duration_s == pytest.approx(100.0)
    assert max(s.end_s - s.start_s for s in voluntary) == pytest.approx(1.4, abs=0.05)


def test_psyc9080_rest_and_contraction_have_their_sizes():
    """The hand muscle deviates by 14, 1176 and 21 counts in its three spans."""
    labelled = by_id("psyc9080-semg-1000hz")["FDI-1"]
    sizes = [between(labelled, s.start_s, s.end_s).std() for s in labelled.spans]

    assert [s.label for s in labelled.spans] == ["rest", "voluntary", "rest"]
    assert sizes == pytest.approx([14.1, 1176.0, 20.9], rel=0.1)


def test_uci_spectrum_fits_its_rate():
    """At 1000 Hz the median frequency in contraction is 49-78 Hz, as surface EMG's of a thigh."""
    medians = []
    for labelled in read("uci-lower-limb-semg"):
        for span in labelled.spans:
            if span.end_s - span.start_s > 0.5:
                freqs, psd = scipy.signal.welch(
                    between(labelled, span.start_s, span.end_s)[0], 1000.0, nperseg=400
                )
                kept = freqs >= 10.0
                total = np.cumsum(psd[kept])
                medians.append(freqs[kept][np.searchsorted(total, total[-1] / 2)])

    assert 45.0 < np.median(medians) < 80.0


def test_uci_claims_contractions_only():
    """No pause is long enough for a window of rest, and none is claimed."""
    labels = {span.label for r in read("uci-lower-limb-semg") for span in r.spans}

    assert labels == {"voluntary"}


def test_motor_units_have_their_rates_and_sizes():
    """Five units fire 137-293 times; their potentials are 287-887 uV on the best electrode."""
    grid = openhdemg.read_grid(folder(openhdemg.NAME))
    counts = [len(firings) for firings in grid.firings]
    potentials = openhdemg.unit_potentials(grid, half_width_s=0.015)
    swings = np.ptp(potentials, axis=2).max(axis=1)

    assert (min(counts), max(counts)) == (137, 293)
    assert swings.min() == pytest.approx(287.0, rel=0.1)
    assert swings.max() == pytest.approx(887.0, rel=0.1)


def test_emglab_files_last_eleven_seconds():
    """Each file lasts 11.2 s, without the marker at its start."""
    recordings = read("emglab-n2001-needle")

    assert len(recordings) == len(list(folder("emglab-n2001-needle").glob("*.bin")))
    assert {round(r.recording.duration_s, 1) for r in recordings} == {11.2}


def test_physionet_files_have_their_length_and_few_gaps():
    """The three recordings last 12.7, 27.6 and 37.0 s, and less than 1 % of them is missing."""
    recordings = by_id("physionet-emgdb-needle")
    durations = {name: r.recording.duration_s for name, r in recordings.items()}

    assert durations == pytest.approx(
        {"emg_healthy": 12.7, "emg_myopathy": 27.6, "emg_neuropathy": 37.0}, abs=0.05
    )
    for labelled in recordings.values():
        assert np.isnan(labelled.recording.samples).mean() < 0.01
