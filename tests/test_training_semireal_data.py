"""Semi-real recordings made of the real ones: the truth is in the signal, and parts are apart."""

from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
import scipy.signal
from real_recordings import folder, needs_data, read
from typer.testing import CliRunner

from features import FeatureSpec, extract
from training.cli import app
from training.config import ModelConfig, load_config
from training.datasets.labelled import UNCLEAR
from training.datasets.labelling import label_windows
from training.datasets.real import hreflex, openhdemg, tms_epochs
from training.datasets.registry import data_folder
from training.layout import Layout
from training.semireal.config import PARTS, SemiReal
from training.semireal.opening import open_set
from training.semireal.peak_ratios import largest_peak_ratios
from training.semireal.sources import what_shows
from training.semireal.unit_shapes import unit_shapes

pytestmark = needs_data

ROOT = Path(__file__).parents[1]
LAYOUT = Layout(ROOT)
CONFIG = load_config(ROOT / "configs" / "semireal.yaml", SemiReal)
MODEL = load_config(ROOT / "configs" / "emg.yaml", ModelConfig)
PHENOMENA = ("fasciculation", "clonus")


@lru_cache(maxsize=4)
def made(phenomenon, part):
    for group in (*CONFIG.rest.people.of(part), *CONFIG.clonus.people.of(part)):
        folder(group.partition("/")[0])
    folder(openhdemg.NAME)
    return tuple(open_set(f"semireal-{phenomenon}-{part}", "emg", LAYOUT).recordings("emg"))


@lru_cache(maxsize=1)
def real_by_id():
    groups = (*CONFIG.rest.people.train, *CONFIG.rest.people.test)
    names = dict.fromkeys(group.partition("/")[0] for group in groups)
    return {f"{name}/{r.id}": r for name in names for r in read(name)}


def potentials(labelled):
    """Return what was added: the recording less the real one that it was made of."""
    origin, _, rest = labelled.id.rpartition("+")
    recording = real_by_id()[origin].recording
    start = round(float(rest.partition("s/")[0]) * recording.sampling_rate_hz)
    n = labelled.recording.samples.shape[1]
    # The start is written to a tenth of a second: the place is where what is left is the least.
    reach = round(0.06 * recording.sampling_rate_hz)
    whole = np.asarray(recording.samples[0], dtype=float)
    samples = np.asarray(labelled.recording.samples[0], dtype=float)
    differences = (
        samples - whole[at : at + n]
        for at in range(max(0, start - reach), min(start + reach, len(whole) - n) + 1)
    )
    return min(differences, key=lambda left: float(np.median(np.abs(left))))


def sample(recordings, count=8):
    return [recordings[i] for i in np.linspace(0, len(recordings) - 1, count).astype(int)]


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("phenomenon", PHENOMENA)
def test_a_set_is_what_its_source_says(phenomenon, part):
    """Source, groups and labels are as declared, no id comes twice, and no sample is missing."""
    recordings = made(phenomenon, part)
    name = f"semireal-{phenomenon}-{part}"

    assert {r.source for r in recordings} == {name}
    assert {r.group for r in recordings} == set(CONFIG.rest.people.of(part))
    assert len({r.id for r in recordings}) == len(recordings)
    assert {span.label for r in recordings for span in r.spans} <= {phenomenon, UNCLEAR, "rest"}
    assert all(np.isfinite(r.recording.samples).all() for r in recordings)
    assert min(r.recording.duration_s for r in recordings) >= 4.0


@pytest.mark.parametrize("phenomenon", PHENOMENA)
def test_the_same_recordings_come_every_time(phenomenon):
    """Reading a set again gives the same samples, spans and truth."""
    again = open_set(f"semireal-{phenomenon}-test", "emg", LAYOUT).recordings("emg")
    for first, second in zip(made(phenomenon, "test"), again, strict=True):
        np.testing.assert_array_equal(first.recording.samples, second.recording.samples)
        assert (first.id, first.spans, first.details) == (second.id, second.spans, second.details)


def test_nobody_is_in_both_parts():
    """Who rests, whose units fire, on which electrodes, and whose muscles answer: all apart."""
    of_part = {}
    for part in PARTS:
        fasciculation, clonus = made("fasciculation", part), made("clonus", part)
        people = {r.group for r in (*fasciculation, *clonus)}
        units = {unit for r in fasciculation for unit in r.details["units"]}
        pairs = {r.details["electrodes"] for r in fasciculation}
        electrodes = {f"electrode {e}" for pair in pairs for e in pair.split("-")}
        donors = {r.details["responses_of"] for r in clonus}
        of_part[part] = people | units | electrodes | donors

    assert min(len(each) for each in of_part.values()) > 20
    assert not of_part["train"] & of_part["test"]


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("phenomenon", PHENOMENA)
def test_away_from_events_rest_is_the_real_one(phenomenon, part):
    """No sample of rest is changed where nothing was added."""
    for labelled in sample(made(phenomenon, part)):
        added = potentials(labelled)
        rate_hz = labelled.recording.sampling_rate_hz
        away = np.ones(len(added), dtype=bool)
        for first_s, last_s in labelled.details["places_s"]:
            away[max(0, round((first_s - 0.09) * rate_hz)) : round((last_s + 0.09) * rate_hz)] = (
                False
            )
        scale = np.abs(labelled.recording.samples).max()
        np.testing.assert_allclose(added[away], 0.0, atol=1e-6 * scale)


def test_every_event_is_in_the_signal():
    """What was added has its peaks, and no other, at the times and sizes that the truth says."""
    n_events = 0
    for labelled in made("fasciculation", "test"):
        if any(labelled.details["doublet"]) or not labelled.details["events_s"]:
            continue
        rate_hz = labelled.recording.sampling_rate_hz
        size = np.abs(potentials(labelled))
        found, _ = scipy.signal.find_peaks(
            size, height=0.05 * size.max(), distance=round(0.05 * rate_hz)
        )
        expected = np.array(labelled.details["events_s"])
        tall = size[np.round(expected * rate_hz).astype(int)] > 0.1 * size.max()
        for at_s in expected[tall]:
            assert np.abs(found / rate_hz - at_s).min() < 0.003
        for at_s in found / rate_hz:
            assert np.abs(expected - at_s).min() < 0.02
        n_events += len(expected)

    assert n_events > 50


def test_sizes_span_what_is_asked_for():
    """Peaks stand out some 3 to 60 times, as many below as above the geometric mean."""
    ratios = np.array(
        [q for part in PARTS for r in made("fasciculation", part) for q in r.details["peak_ratios"]]
    )

    assert np.percentile(ratios, 2) < 6.0
    assert np.percentile(ratios, 98) > 30.0
    assert 0.3 < np.mean(ratios < np.sqrt(3.0 * 60.0)) < 0.7


def test_units_look_as_on_their_electrodes():
    """Each event is the average of its unit at its electrodes, whatever the size and polarity."""
    shapes = unit_shapes(data_folder(), CONFIG.fasciculation, "test")
    likeness = []
    for labelled in made("fasciculation", "test"):
        rate_hz = labelled.recording.sampling_rate_hz
        added = potentials(labelled)
        for at_s, unit, doublet in zip(
            *(labelled.details[key] for key in ("events_s", "units", "doublet")), strict=True
        ):
            (own,) = (s for s in shapes[labelled.details["electrodes"]] if s.name == unit)
            beside = np.abs(np.array(labelled.details["events_s"]) - at_s)
            if doublet or np.sort(beside)[1:2].min(initial=1.0) < 0.06:
                continue
            n = round(len(own.samples) * rate_hz / own.rate_hz)
            expected = scipy.signal.resample(own.samples, n)
            first = round(at_s * rate_hz) - int(np.abs(expected).argmax())
            likeness.append(np.corrcoef(added[first : first + n], expected)[0, 1])

    assert len(likeness) > 30
    assert np.percentile(np.abs(likeness), 5) > 0.97


def test_the_rate_of_a_clonus_is_in_its_signal():
    """The autocorrelation of what was added finds the frequency of each sustained run."""
    sustained = [r for part in PARTS for r in made("clonus", part) if r.details["sustained"]]
    errors = [
        repetition_hz(potentials(r), r.recording.sampling_rate_hz) / r.details["frequency_hz"] - 1
        for r in sustained[::3]
    ]

    assert len(errors) > 15
    assert np.mean(np.abs(errors) < 0.06) > 0.9


def repetition_hz(samples, rate_hz):
    low = scipy.signal.butter(2, 15.0, fs=rate_hz, output="sos")
    size = scipy.signal.sosfiltfilt(low, np.abs(samples))
    size = size - size.mean()
    product = scipy.signal.correlate(size, size, "full", method="fft")[len(size) - 1 :]
    lags = np.arange(round(rate_hz / 8.6), round(rate_hz / 3.6))
    return rate_hz / lags[product[lags].argmax()]


def test_the_rate_of_a_clonus_is_seen_by_a_feature():
    """In windows of sustained clonus the dominant frequency is mostly that of the beats."""
    spec = FeatureSpec.model_validate(MODEL.features)
    near = []
    for labelled in made("clonus", "test"):
        if labelled.details["sustained"] and labelled.spans[0].end_s < 1.0:
            cut = label_windows(labelled, MODEL.labelling)
            table = extract(cut.windows[cut.labels == "clonus"], spec)
            found = table.values[:, table.columns.index("dominant_frequency")]
            near += (np.abs(found / labelled.details["frequency_hz"] - 1) < 0.08).tolist()

    assert len(near) > 10
    assert np.mean(near) > 0.7


def test_each_beat_is_a_real_response():
    """A beat is one response of the person who is named, and not always the same one."""
    responses = {
        r.group: (r.responses_uv[:, r.stimulus_sample :], r.rate_hz)
        for r in tms_epochs.read_responses(folder(tms_epochs.NAME))
    }
    likeness, n_different = [], []
    for labelled in sample(made("clonus", "test"), 12):
        if labelled.details["responses_of"] == f"{hreflex.NAME}/physiology":
            continue
        whole, own_rate_hz = responses[labelled.details["responses_of"]]
        rate_hz = labelled.recording.sampling_rate_hz
        n = round(whole.shape[1] * rate_hz / own_rate_hz)
        shapes = scipy.signal.resample(whole, n, axis=1)
        added = potentials(labelled)
        chosen = []
        for at_s in labelled.details["cycles_s"][1:4]:
            around = added[round((at_s - 0.02) * rate_hz) : round((at_s + 0.03) * rate_hz)]
            matches = [np.abs(normalised(s, len(around)) @ around).max() for s in shapes]
            likeness.append(max(matches) / np.linalg.norm(around))
            chosen.append(int(np.argmax(matches)))
        n_different.append(len(set(chosen)))

    assert len(likeness) > 10
    assert np.percentile(likeness, 10) > 0.98
    assert np.mean(n_different) > 1.5


def normalised(response, length):
    """Return every stretch of a response, each of unit norm."""
    cut = np.lib.stride_tricks.sliding_window_view(response, length)
    norms = np.linalg.norm(cut, axis=1, keepdims=True)
    return cut / np.maximum(norms, 0.5 * norms.max())


@pytest.mark.parametrize("part", PARTS)
def test_windows_hold_what_their_label_says(part):
    """A fasciculation window holds an event that shows, a window of rest none that does."""
    counts = {"fasciculation": 0, "rest": 0}
    hidden, shown = what_shows(LAYOUT).event_ratio
    for labelled in made("fasciculation", part):
        cut = label_windows(labelled, MODEL.labelling)
        largest = largest_peak_ratios(labelled, MODEL.labelling)
        for label, name in zip(cut.labels.tolist(), cut.ids.tolist(), strict=True):
            if label in counts:
                counts[label] += 1
                assert (largest[name] >= shown) == (label == "fasciculation")
                assert label != "rest" or largest[name] < hidden

    assert min(counts.values()) > 10


def test_the_sets_are_listed():
    """`quaver datasets` says of what people a set is, what its windows are, and who may use it."""
    folder(openhdemg.NAME)
    told = CliRunner().invoke(app, ["datasets", "semireal-clonus-test"]).output

    assert "semireal-clonus-test (semi-real; emg)" in told
    assert "licence: " in told
    assert "for training: no. for checks" in told
    assert f"{len(CONFIG.rest.people.test)} people" in told
    assert "clonus " in told
