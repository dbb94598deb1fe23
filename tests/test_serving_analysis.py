"""From a recording to its record: what holds for every recording, and known answers."""

from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

from features import Recording, SignalError
from serving.analysis import answers, events, source
from serving.analysis.record import analyze
from serving.analysis.report import RecordingReport
from serving.analysis.source import RecordingSource
from serving.classifier import Classifier

RATE_HZ = 100.0


def wrist(seconds, hz=5.2, start_s=0.0, stop_s=None, seed=2):
    """An accelerometer at rest, with a tremor that wanders a little between two times."""
    times = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    rng = np.random.default_rng(seed)
    samples = 0.002 * rng.standard_normal((3, len(times))) + np.array([[0.0], [0.0], [1.0]])
    on = (times >= start_s) & (times < (seconds if stop_s is None else stop_s))
    phase = 2 * np.pi * hz * times + 0.3 * np.sin(2 * np.pi * 0.23 * times)
    size = 0.1 * (1 + 0.15 * np.sin(2 * np.pi * 0.4 * times))
    wave = size * (np.sin(phase) + 0.15 * np.sin(2 * phase + 1)) * on
    return samples + np.array([[0.8], [0.5], [0.3]]) * wave


def motion(samples, unit="g"):
    return Recording(samples, sampling_rate_hz=RATE_HZ, modality="accelerometer", unit=unit)


def muscle(seconds, n_channels=1, seed=3, unit="uV", scale=1.0):
    """An EMG at rest with a potential every three seconds, different in each channel."""
    rng = np.random.default_rng(seed)
    n = round(seconds * 1000)
    times = np.arange(n) / 1000
    samples = 4 * rng.standard_normal((n_channels, n))
    for c in range(n_channels):
        for at in np.arange(2.0 + 0.3 * c, seconds - 1, 3.0):
            since = times - at
            samples[c] += 150 * np.exp(-0.5 * (since / 0.004) ** 2) * np.sin(560 * since + 0.5)
    names = tuple(f"muscle_{c}" for c in range(n_channels))
    return Recording(
        scale * samples, sampling_rate_hz=1000.0, modality="emg", unit=unit, channel_names=names
    )


@pytest.fixture(scope="module")
def of_motion(tiny_of):
    return tiny_of("accelerometer")


@pytest.fixture(scope="module")
def of_muscle(tiny_of):
    return tiny_of("emg")


@pytest.fixture(scope="module")
def shaking(of_motion):
    """The record of a minute whose middle holds a rhythm."""
    return analyze(motion(wrist(60, start_s=20, stop_s=40)), of_motion)


def rhythmic(report):
    return [e for e in report.episodes if e.label in ("tremor", "clonus")]


def test_a_rhythm_becomes_an_episode_with_its_frequency_cycles_and_size(shaking):
    (episode,) = rhythmic(shaking)
    assert episode.start_s == pytest.approx(20, abs=0.5)
    assert episode.start_s + episode.duration_s == pytest.approx(40, abs=0.5)
    assert episode.dominant_frequency_hz == pytest.approx(5.2, abs=0.1)
    assert episode.cycles == pytest.approx(104, abs=3)
    assert episode.amplitude == pytest.approx(0.2, rel=0.15)


def test_how_large_a_rhythm_was_is_told_alike_everywhere(of_motion, shaking):
    (episode,) = rhythmic(shaking)
    sizes = shaking.amplitudes[episode.label]
    assert sizes.p50 == pytest.approx(episode.amplitude)
    assert sizes.count == pytest.approx(episode.cycles, abs=1)

    still = wrist(60, start_s=60)
    phase = 2 * np.pi * 5.2 * np.arange(still.shape[1]) / RATE_HZ
    circle = 0.1 * np.stack([np.cos(phase), np.sin(phase), np.zeros_like(phase)])
    found = analyze(motion(still + circle), of_motion)
    (episode,) = rhythmic(found)
    # As large in every direction of its plane, and in none as large as two together.
    assert episode.amplitude == pytest.approx(0.2, rel=0.02)
    assert found.amplitudes[episode.label].p50 == pytest.approx(episode.amplitude)


def test_the_timeline_covers_the_recording_without_holes_or_overlap(shaking):
    edges = [0.0]
    for span in shaking.timeline:
        assert span.start_s == pytest.approx(edges[-1])
        edges.append(span.start_s + span.duration_s)
    assert edges[-1] == pytest.approx(60)


def test_shares_add_up_to_the_usable_time(shaking):
    assert sum(share.share for share in shaking.shares.values()) == pytest.approx(1)
    assert sum(share.seconds for share in shaking.shares.values()) == pytest.approx(60)
    for share in shaking.shares.values():
        assert 0 <= share.low <= share.share <= share.high <= 1


def test_where_blocks_of_windows_meet_changes_nothing(of_motion, shaking, monkeypatch):
    monkeypatch.setattr(answers, "BATCH", 7)
    assert analyze(motion(wrist(60, start_s=20, stop_s=40)), of_motion) == shaking


def test_what_has_more_samples_is_held_in_smaller_blocks_and_judged_alike(of_muscle, monkeypatch):
    """As a muscle at 200 kHz is: of its windows, those of four minutes would fill the memory."""
    wanted = {"include": ["windows", "trace"]}
    whole, held = analyze(muscle(60), of_muscle, **wanted), []
    predict = Classifier.predict

    def watched(self, windows, **how):
        held.append(windows.samples.size)
        return predict(self, windows, **how)

    monkeypatch.setattr(source, "MOST_HELD", 20_000)
    monkeypatch.setattr(source, "_MOST_READ", 7_000)
    monkeypatch.setattr(events, "_MOST_READ", 9_000)
    monkeypatch.setattr(import_module("features.extract"), "_MOST_SAMPLES", 9_000)
    monkeypatch.setattr(Classifier, "predict", watched)
    assert analyze(muscle(60), of_muscle, **wanted) == whole
    assert max(held) <= 20_000


def test_of_many_channels_fewer_seconds_are_read_at_once(of_muscle):
    """A source returns all of its channels, though one is judged."""

    class Wide(RecordingSource):
        largest = 0

        def read(self, start, stop):
            Wide.largest = max(Wide.largest, self.recording.n_channels * (stop - start))
            return super().read(start, stop)

    samples = np.broadcast_to(muscle(120).samples.astype(np.float32), (64, 120_000))
    wide = Recording(samples, sampling_rate_hz=1000.0, modality="emg", unit="uV")
    report = analyze(Wide(wide), of_muscle, channel=5, include=["trace"])
    assert Wide.largest <= 2**22
    assert report.events == analyze(wide.channel(5), of_muscle).events


def test_a_recording_is_judged_to_its_last_sample(of_motion):
    report = analyze(motion(wrist(19.6)), of_motion, include=["windows"])
    assert report.usable_s == pytest.approx(19.6)
    assert sum(share.seconds for share in report.shares.values()) == pytest.approx(19.6)
    assert report.windows[-1].start_s == pytest.approx(15.6)


def test_a_stretch_has_the_windows_that_the_whole_has(of_motion):
    recording = motion(wrist(30, start_s=10, stop_s=20))
    whole = analyze(recording, of_motion, include=["windows"])
    part = analyze(recording, of_motion, include=["windows"], from_s=7.4, to_s=21.0)
    inside = [w for w in whole.windows if 7.4 <= w.start_s <= 17.0]
    assert list(part.windows) == inside
    assert part.timeline[0].start_s == pytest.approx(7.4)
    assert part.recording.stretch_s == pytest.approx((7.4, 21.0))
    assert whole.recording.stretch_s is None


def test_the_unit_changes_nothing_but_the_size(of_motion, shaking):
    samples = wrist(60, start_s=20, stop_s=40) * 9.80665
    found = analyze(motion(samples, "m/s^2"), of_motion)
    assert found.timeline == shaking.timeline
    (ours,), (expected,) = rhythmic(found), rhythmic(shaking)
    assert ours.amplitude == pytest.approx(9.80665 * expected.amplitude, rel=1e-3)


def test_turning_the_sensor_changes_nothing(of_motion, shaking):
    turn, _ = np.linalg.qr(np.random.default_rng(1).standard_normal((3, 3)))
    found = analyze(motion(turn @ wrist(60, start_s=20, stop_s=40)), of_motion)
    assert [s.label for s in found.timeline] == [s.label for s in shaking.timeline]
    (ours,), (expected,) = rhythmic(found), rhythmic(shaking)
    assert ours.amplitude == pytest.approx(expected.amplitude, rel=1e-3)


def test_no_episode_reaches_across_a_gap(of_motion):
    samples = wrist(40)
    samples[:, 1810:1950] = np.nan
    report = analyze(motion(samples), of_motion)
    assert [(g.start_s, round(g.duration_s, 6)) for g in report.recording.gaps] == [(18.1, 1.4)]
    for episode in report.episodes:
        stop_s = episode.start_s + episode.duration_s
        assert stop_s <= 18.1 + 1e-6 or episode.start_s >= 19.5 - 1e-6
    assert report.usable_s == pytest.approx(38)
    assert [(q.start_s, q.duration_s) for q in report.quality if q.flag == "gap"] == [(18, 2)]


def test_missing_samples_make_no_episodes_more_frequent(of_motion):
    """A tremor that a few samples are missing of is several episodes, and counted once."""
    samples = wrist(60, start_s=10, stop_s=50)
    whole = analyze(motion(samples), of_motion)
    samples[:, [1850, 2650, 3450]] = np.nan
    holed = analyze(motion(samples), of_motion, earlier=whole)
    label = rhythmic(whole)[0].label
    assert len(rhythmic(whole)) == whole.rates[f"{label}_episodes"].count == 1
    assert len(rhythmic(holed)) == 4
    assert holed.rates[f"{label}_episodes"].count == 1
    (change,) = [c for c in holed.comparison if c.what == f"rates.{label}_episodes"]
    assert change.value == pytest.approx(60 / 57)


@pytest.mark.parametrize("seconds", [0.5, 3.9])
def test_too_short_a_recording_gives_an_honest_empty_record(of_motion, seconds):
    report = analyze(motion(wrist(seconds)), of_motion)
    assert report.usable_s == 0
    assert report.episodes == report.events == ()
    assert {span.label for span in report.timeline} == {"unusable"}
    assert {span.reason for span in report.timeline} == {"too_short"}
    assert report.rates["tremor_episodes"].per_minute is None


@pytest.mark.parametrize(("value", "flag"), [(0.0, "flat"), (np.nan, "gap")])
def test_a_recording_in_which_nothing_is_usable_gives_an_empty_record(of_motion, value, flag):
    report = analyze(motion(np.full((3, 1000), value)), of_motion)
    assert report.usable_s == 0
    assert {span.reason for span in report.timeline} == {flag}
    assert {span.flag for span in report.quality} == {flag}
    for share in report.shares.values():
        assert (share.seconds, share.share, share.low, share.high) == (0.0, None, None, None)
    assert {rate.per_minute for rate in report.rates.values()} == {None}
    changes = analyze(motion(wrist(10)), of_motion, earlier=report).comparison
    assert {(change.earlier, change.value, change.verdict) for change in changes} == {
        (None, None, "cannot tell")
    }


def test_no_span_of_quality_reaches_beyond_the_recording(of_motion):
    report = analyze(motion(np.zeros((3, 1960))), of_motion)
    assert [(q.start_s, q.duration_s) for q in report.quality] == [(0, 19.6)]


def test_events_are_counted_with_their_time_size_and_rate(of_muscle):
    report = analyze(muscle(60), of_muscle)
    expected = np.arange(2.0, 59, 3.0)
    found = np.array([event.time_s for event in report.events])
    seen = np.abs(found[:, None] - expected).min(axis=1)
    assert (seen < 0.02).all()
    observed = report.rates["fasciculation"]
    assert observed.count == len(report.events) > 0
    assert observed.low < observed.per_minute < observed.high
    assert all(event.isolated for event in report.events)
    assert {event.shape for event in report.events} == {0}


@pytest.mark.parametrize("from_s", [0.0, 0.237])
def test_where_nothing_was_looked_at_there_is_no_rate(of_muscle, from_s):
    """Stretches of all kinds of unusable time, of odd lengths, leave no rounding to count in."""
    samples = np.zeros((1, 30_300))
    samples[:, 7100:9700] = np.nan
    silent = Recording(samples, sampling_rate_hz=1000.0, modality="emg", unit="uV")
    found = analyze(silent, of_muscle, hop_s=0.7, from_s=from_s).rates["fasciculation"]
    assert (found.minutes, found.per_minute, found.low, found.high) == (0.0, None, None, None)


def test_minutes_of_events_are_those_of_the_timeline(of_muscle):
    report = analyze(muscle(30), of_muscle, hop_s=0.3, from_s=1.237)
    seconds = sum(span.duration_s for span in report.timeline if span.at_rest)
    assert 60 * report.rates["fasciculation"].minutes == pytest.approx(seconds, abs=1e-4)
    assert 0 < seconds


def test_each_channel_of_an_emg_has_the_record_that_it_has_alone(of_muscle):
    both = muscle(20, n_channels=2)
    report = analyze(both, of_muscle)
    alone = [analyze(both.channel(i), of_muscle) for i in range(2)]
    assert report.model_copy(update={"further_channels": ()}) == alone[0]
    assert report.further_channels == (alone[1],)
    assert analyze(both, of_muscle, channel="muscle_1") == alone[1]
    assert analyze(both, of_muscle, channel=1) == alone[1]


def test_every_answer_can_say_what_it_rests_on(of_motion):
    report = analyze(motion(wrist(10)), of_motion, include=["why"])
    assert len(report.windows) == 7
    for window in report.windows:
        assert window.explained_class in window.probabilities
        assert len(window.contributions) == 6


def test_progress_is_told_and_may_end_the_work(of_motion):
    told = []
    analyze(motion(wrist(10)), of_motion, progress=told.append)
    assert told[-1] == 1.0

    def enough(_):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        analyze(motion(wrist(10)), of_motion, progress=enough)


def test_a_record_compared_with_itself_has_not_changed(of_motion, shaking):
    recording = motion(wrist(60, start_s=20, stop_s=40))
    report = analyze(recording, of_motion, earlier=shaking)
    assert report.comparison
    assert {change.verdict for change in report.comparison} == {"cannot tell"}


def test_a_record_is_read_back_as_it_was_written(shaking):
    assert RecordingReport.model_validate_json(shaking.model_dump_json()) == shaking


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"hop_s": 0.0}, "hop_s is 0; it must be 0.1 to 4 s"),
        ({"hop_s": 4.5}, "hop_s is 4.5; it must be 0.1 to 4 s"),
        ({"from_s": 9.0, "to_s": 3.0}, "the stretch from 9 s to 3 s is empty"),
        ({"from_s": 99.0}, "the recording lasts 10 s"),
        ({"from_s": 5.0, "to_s": 5.004}, "the stretch from 5 s to 5.004 s is empty"),
        ({"include": ["feelings"]}, "it may name windows, why, trace"),
        ({"channel": 0}, "the axes of motion are judged together"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(of_motion, wrong, sentence):
    with pytest.raises(SignalError, match=sentence):
        analyze(motion(wrist(10)), of_motion, **wrong)


def test_a_recording_of_another_kind_is_refused(of_muscle):
    with pytest.raises(SignalError, match="accelerometer; the model is for emg"):
        analyze(motion(wrist(10)), of_muscle)


def test_more_axes_than_a_sensor_has_are_refused(of_motion):
    with pytest.raises(SignalError, match="6 channels; accelerometer has one to 3 axes"):
        analyze(motion(np.concatenate([wrist(10)] * 2)), of_motion)


def test_a_name_that_two_channels_have_is_asked_about(of_muscle):
    """The first of them would be one of two muscles, by chance; its number tells which."""
    twice = replace(muscle(20, n_channels=2), channel_names=("biceps", "biceps"))

    with pytest.raises(SignalError, match=r"channel 'biceps' is there 2 times; .*number from 0"):
        analyze(twice, of_muscle, channel="biceps")
    assert analyze(twice, of_muscle, channel=1) == analyze(twice.channel(1), of_muscle)


def test_the_name_of_a_channel_goes_before_its_place(of_muscle):
    """A channel that is called 1 is meant by the text 1; the number 1 is the second channel."""
    both = replace(muscle(20, n_channels=2), channel_names=("1", "2"))
    alone = [analyze(both.channel(place), of_muscle) for place in range(2)]

    assert analyze(both, of_muscle, channel="1") == alone[0]
    assert analyze(both, of_muscle, channel=1) == alone[1]
    assert analyze(both, of_muscle, channel="0") == alone[0]


def test_an_unknown_channel_is_refused(of_muscle):
    with pytest.raises(SignalError, match="no channel 'biceps'; the recording has muscle_0"):
        analyze(muscle(10), of_muscle, channel="biceps")
