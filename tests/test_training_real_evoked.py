"""Facts about evoked responses: times and sizes as tabled, no trace of the stimulator.

Every number that is expected is stated by the description of its set, or is in a table beside it,
and is measured here with plain tools.
"""

import numpy as np
import pandas as pd
import pytest
import scipy.io
from real_recordings import between, folder, needs_data, read

from training.datasets.real import hreflex, tms_continuous, tms_epochs

pytestmark = needs_data


def raw_tms(name):
    path = folder(tms_continuous.NAME) / f"{name}.mat"
    content = scipy.io.loadmat(path, simplify_cells=True)
    return content["acq_data"]["data"]


@pytest.fixture(scope="module")
def tms_events():
    return pd.read_csv(folder(tms_continuous.NAME) / "events.csv")


def test_tms_pulses_are_where_the_trigger_falls(tms_events):
    """The digital trigger of each file falls at the tabled times."""
    for labelled in read(tms_continuous.NAME):
        trigger = raw_tms(labelled.id)[:, 1] < 2.5
        falls_s = (np.flatnonzero(trigger[1:] & ~trigger[:-1]) + 1) / 10_000.0
        table = tms_events[tms_events["file"] == f"{labelled.id}.mat"]
        np.testing.assert_allclose(falls_s, table["pulse_s"], atol=0.0011)


def test_tms_samples_are_the_files_own():
    """The file holds each sample four times, and between pulses nothing else is changed."""
    for labelled in read(tms_continuous.NAME):
        held = raw_tms(labelled.id)[:, 0]
        samples = labelled.recording.samples[0]
        assert labelled.recording.sampling_rate_hz == 2500.0
        assert labelled.recording.duration_s == pytest.approx(len(held) / 10_000.0, abs=0.001)
        indices = np.arange(7500, 12_500)  # 3-5 s: before the first pulse
        np.testing.assert_allclose(samples[indices], held[4 * indices + 3], atol=1e-6)


def test_tms_responses_have_their_time_and_size(tms_events):
    """In each span of a twitch the signal swings as far as the table says; none is missing."""
    for labelled in read(tms_continuous.NAME):
        table = tms_events[tms_events["file"] == f"{labelled.id}.mat"]
        evoked = table[table["evoked_response"] == 1]
        twitches = [s for s in labelled.spans if s.label == "evoked_twitch"]
        assert len(twitches) == len(evoked)
        for span, row in zip(twitches, evoked.itertuples(), strict=True):
            assert span.start_s == pytest.approx(row.pulse_s + row.response_onset_ms / 1e3)
            swing = np.ptp(between(labelled, span.start_s - 0.001, span.end_s + 0.001))
            assert swing == pytest.approx(row.peak_to_peak_amplifier_v, rel=0.1, abs=0.01)


def test_tms_artefact_is_gone(tms_events):
    """In the 20 ms after a pulse, where the stimulator rang, only the hum is left."""
    for labelled in read(tms_continuous.NAME):
        raw = raw_tms(labelled.id)[:, 0]
        table = tms_events[tms_events["file"] == f"{labelled.id}.mat"]
        for row in table.itertuples():
            ringing = np.ptp(raw[round(row.pulse_s * 1e4) : round(row.pulse_s * 1e4) + 180])
            left = np.ptp(between(labelled, row.pulse_s - 0.002, row.pulse_s + 0.019))
            before = np.ptp(between(labelled, row.pulse_s - 0.2, row.pulse_s - 0.01))
            assert ringing > 2.0 * before
            assert left < 2.0 * before


def test_tms_rest_holds_no_pulse(tms_events):
    """No stretch of rest holds the steep edge of a stimulator, though the trigger misses pulses."""
    for labelled in read(tms_continuous.NAME):
        raw = raw_tms(labelled.id)[3::4, 0]
        edges_s = (np.flatnonzero(np.abs(np.diff(raw)) > 0.06) + 1) / 2500.0
        tabled_s = tms_events.loc[tms_events["file"] == f"{labelled.id}.mat", "pulse_s"].to_numpy()
        missed_s = [t for t in edges_s if t > 2.0 and np.abs(tabled_s - t).min() > 0.06]
        rest = [span for span in labelled.spans if span.label == "rest"]

        assert len(missed_s) > 10
        assert not [t for t in missed_s if any(s.start_s < t < s.end_s for s in rest)]


def test_tms_stimuli_without_response_show_nothing(tms_events):
    """Where a stimulus evoked nothing, what follows it is no larger than what precedes it."""
    n_spans = 0
    for labelled in read(tms_continuous.NAME):
        for span in labelled.spans:
            if span.label == "stimulus_without_response":
                n_spans += 1
                after = np.ptp(between(labelled, span.start_s, span.end_s))
                before = np.ptp(between(labelled, span.start_s - 0.2, span.start_s - 0.01))
                assert after < 1.6 * before

    silent = (tms_events["evoked_response"] == 0).sum()
    assert 0.6 * silent < n_spans <= silent


def test_hreflex_responses_have_their_time_and_size():
    """Each response of the soleus peaks 34-38 ms after its stimulus at the tabled size."""
    (labelled,) = read(hreflex.NAME)
    table = pd.read_csv(folder(hreflex.NAME) / "events.csv")
    table = table[table["channel"] == "soleus"]
    twitches = [s for s in labelled.spans if s.label == "evoked_twitch"]

    assert labelled.recording.duration_s == pytest.approx(124.0, abs=0.1)
    assert len(twitches) == len(table) == 20
    for span, row in zip(twitches, table.itertuples(), strict=True):
        samples = between(labelled, span.start_s, span.end_s)[0]
        assert np.ptp(samples) == pytest.approx(row.response_peak_to_peak_mv, rel=0.02)
        peak_ms = 1e3 * (span.start_s - row.time_s + np.abs(samples).argmax() / 2000.0)
        assert 33.0 < peak_ms < 39.0


def test_hreflex_artefact_is_gone():
    """The stimulus of over 1 mV leaves nothing larger than the hum."""
    (labelled,) = read(hreflex.NAME)
    for pulse_s in labelled.details["pulses_s"]:
        left = np.ptp(between(labelled, pulse_s - 0.002, pulse_s + 0.024))
        before = np.ptp(between(labelled, pulse_s - 0.2, pulse_s - 0.01))
        assert left < 2.0 * before


def test_evoked_shapes_are_responses_on_a_quiet_baseline():
    """Median responses are 50-970 uV, begin after their blank and stand far out of the noise."""
    sets = list(tms_epochs.read_responses(folder(tms_epochs.NAME)))

    assert len(sets) == 7
    for responses in sets:
        stimulus = responses.stimulus_sample
        onset = stimulus + round(responses.earliest_onset_s * responses.rate_hz)
        quiet = responses.responses_uv[:, :onset].std(axis=1)
        swing = np.ptp(responses.responses_uv[:, onset:], axis=1)
        assert 45.0 < np.median(swing) < 1000.0
        assert np.median(swing) > 10.0 * np.median(quiet)
