"""FHIR: valid R4, units that mean what they say, and nothing but what the record holds.

Validated by two libraries. The models of fhirclient are made from the definitions of R4 4.0.1 and
check names, types and how often each may be there. fhir.resources also checks how texts are formed;
its version next to R4 is R4B, whose Observation, in HL7's list of differences, differs from that of
R4 in the kinds of subject alone.
"""

import json
from datetime import datetime

import numpy as np
import pytest
from fhir.resources.R4B.bundle import Bundle as R4BBundle
from fhirclient.models.bundle import Bundle as R4Bundle
from fhirclient.models.fhirabstractbase import FHIRValidationError
from pydantic import ValidationError
from records import emg_record, motion_record, with_recording
from ucumvert import get_ucum_parser

from features import MODALITIES, Recording
from serving.analysis.comparing import with_comparison
from serving.analysis.fhir import LONGEST_TRACE_S, bundle
from serving.analysis.fhir_elements import CODE_SYSTEM, UCUM, quantity
from serving.analysis.intervals import rate, share
from serving.analysis.picture import trace
from serving.analysis.source import RecordingSource
from serving.responses import ModelInfo

UNITS = {
    "uV": ["u", "V"],
    "mV": ["m", "V"],
    "V": ["V"],
    "relative": ["[arb'U]"],
    "g": ["[g]"],
    "mg": ["m", "[g]"],
    "m/s^2": ["m", "/", "s", "2"],
    "deg/s": ["deg", "/", "s"],
    "rad/s": ["rad", "/", "s"],
}
"""Unit of a signal → what it is made of in UCUM."""

ONE_STEP = 1e-3
"""Of a trace, whose values are written in steps of a 64000th of their range."""


def traced(seconds):
    """A record with the picture of a signal, of which a stretch is missing."""
    samples = np.sin(np.arange(3 * seconds * 100).reshape(3, -1) / 7)
    samples[:, 100:200] = np.nan
    recording = Recording(samples, sampling_rate_hz=100.0, modality="accelerometer", unit="g")
    picture = trace(RecordingSource(recording), (0, 1, 2))
    return motion_record(trace=picture), samples


def nothing_usable():
    """An honest empty record, by a model without a version, of a channel without a name."""
    none = share(np.zeros(0, dtype=bool), 1.0)
    record = emg_record(
        usable_s=0.0,
        shares={"rest": none},
        rates={"fasciculation": rate(0, 0.0)},
        amplitudes={},
        episodes=(),
        events=(),
        model=ModelInfo(name="quaver-emg", version="", fingerprint="9f2c"),
    )
    return with_recording(record, channels=(" ",), start_time=None)


RECORDS = {
    "emg": emg_record(),
    "motion": motion_record(),
    "no date": with_recording(emg_record(), start_time=None),
    "no time zone": with_recording(emg_record(), start_time=datetime(2026, 3, 1, 9, 30)),  # noqa: DTZ001
    "compared": with_comparison(
        motion_record(), motion_record(rates={"tremor_episodes": rate(0, 9.0)})
    ),
    "two channels": emg_record(
        further_channels=(with_recording(emg_record(), channels=("calf\x07",)),)
    ),
    "short trace": traced(20)[0],
    "nothing usable": nothing_usable(),
}
each_record = pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)


def everything_in(element):
    """Every object in an element, itself included."""
    if isinstance(element, dict):
        yield element
        for value in element.values():
            yield from everything_in(value)
    elif isinstance(element, list):
        for value in element:
            yield from everything_in(value)


def observations_of(record):
    resources = [entry["resource"] for entry in bundle(record)["entry"]]
    return [each for each in resources if each["resourceType"] == "Observation"]


def code_of(element):
    (coding,) = element["code"]["coding"]
    return coding["code"]


def observation_of(record, code):
    (found,) = [each for each in observations_of(record) if code_of(each) == code]
    return found


def parts_of(observation):
    return {code_of(part): part for part in observation["component"]}


@each_record
def test_a_record_is_valid_fhir(record):
    """By the models of R4 4.0.1, and by the stricter ones of R4B."""
    text = json.dumps(bundle(record), allow_nan=False)

    R4Bundle(json.loads(text))
    back = R4BBundle.model_validate_json(text)
    assert len(bundle(record)["entry"]) == len(back.entry)


@pytest.mark.parametrize(
    ("name", "value"),
    [("subjects", []), ("status", 3), ("valueQuantity", {"value": "much"})],
)
def test_both_libraries_refuse_what_is_not_fhir(name, value):
    """The test above can fail: a wrong name, a wrong type, a wrong type further down."""
    wrong = bundle(emg_record())
    wrong["entry"][2]["resource"][name] = value

    with pytest.raises(FHIRValidationError):
        R4Bundle(wrong)
    with pytest.raises(ValidationError):
        R4BBundle.model_validate(wrong)


@each_record
def test_what_the_libraries_do_not_check_holds_too(record):
    """Values from required lists, the invariants of Observation and Bundle, no empty element."""
    written = bundle(record)
    urls = [entry["fullUrl"] for entry in written["entry"]]
    references = {each["reference"] for each in everything_in(written) if "reference" in each}

    assert written["type"] == "collection"
    assert len(set(urls)) == len(urls)
    assert references <= set(urls)
    for each in everything_in(written):
        assert all(value not in (None, "", [], {}) for value in each.values())
    for observation in observations_of(record):
        values = [name for name in observation if name.startswith("value")]
        codes = [code_of(part) for part in observation["component"]]
        assert observation["status"] == "preliminary"
        assert len(values) <= 1 - ("dataAbsentReason" in observation)
        assert len(set(codes)) == len(codes)
        assert all(sum(name != "code" for name in part) == 1 for part in observation["component"])


@pytest.fixture(scope="module")
def ucum():
    """The grammar of UCUM, with its units."""
    return get_ucum_parser()


@each_record
def test_quantities_are_in_ucum(record, ucum):
    """Every unit of a record can be read by the grammar of UCUM."""
    quantities = [each for each in everything_in(bundle(record)) if each.get("system") == UCUM]

    assert quantities
    for code in {each["code"] for each in quantities}:
        assert ucum.parse(code)


@pytest.mark.parametrize(("unit", "atoms"), UNITS.items())
def test_units_of_signals_mean_in_ucum_what_they_mean_to_us(unit, atoms, ucum):
    """A plain g there is the gram: that of free fall has brackets."""
    tree = ucum.parse(quantity(1.0, unit)["code"])

    assert atoms == [str(token) for token in tree.scan_values(lambda _: True)]


def test_every_unit_of_a_signal_is_known():
    """The list above is that of the modalities."""
    assert {unit for traits in MODALITIES.values() for unit in traits.factors} == UNITS.keys()


def test_numbers_are_those_of_the_record():
    """A rate, a share, an amplitude, an episode and the events of a shape."""
    record = emg_record()
    a_rate, a_share = observation_of(record, "rates.fasciculation"), record.shares["rest"]
    rest, size = observation_of(record, "shares.rest"), record.amplitudes["fasciculation"]
    amplitude = observation_of(record, "amplitudes.fasciculation")

    assert a_rate["valueQuantity"] == {"value": 2.0, "unit": "/min", "system": UCUM, "code": "/min"}
    assert parts_of(a_rate)["count"]["valueQuantity"]["value"] == 3
    assert rest["valueQuantity"]["value"] == pytest.approx(a_share.share)
    assert parts_of(rest)["low"]["valueQuantity"]["value"] == pytest.approx(a_share.low)
    assert parts_of(rest)["high"]["valueQuantity"]["value"] == pytest.approx(a_share.high)
    assert (amplitude["valueQuantity"]["value"], amplitude["valueQuantity"]["code"]) == (
        95.25,
        "uV",
    )
    assert parts_of(amplitude)["p95"]["valueQuantity"]["value"] == pytest.approx(size.p95)


def test_an_episode_says_when_and_how_fast():
    """With its own period when the start of the recording is known."""
    episode = observation_of(emg_record(), "episodes")
    tremor, _ = (o for o in observations_of(motion_record()) if code_of(o) == "episodes")

    assert code_of({"code": episode["valueCodeableConcept"]}) == "voluntary"
    assert episode["effectivePeriod"] == {
        "start": "2026-03-01T09:31:30.000+00:00",
        "end": "2026-03-01T09:31:50.000+00:00",
    }
    assert "dominant_frequency_hz" not in parts_of(episode)
    assert parts_of(tremor)["dominant_frequency_hz"]["valueQuantity"]["value"] == 5.1
    assert parts_of(tremor)["cycles"]["valueQuantity"]["value"] == 255
    assert "effectivePeriod" not in tremor


def test_events_are_told_by_shape():
    """Thousands of potentials are a few observations, which hold every one of them."""
    alike, other = (o for o in observations_of(emg_record()) if code_of(o) == "events")
    parts = {
        name: part["valueQuantity"]["value"]
        for name, part in parts_of(alike).items()
        if name != "channels"
    }

    assert (alike["valueQuantity"]["value"], other["valueQuantity"]["value"]) == (2, 1)
    assert parts == {
        "shape": 0,
        "isolated": 1,
        "amplitude": pytest.approx((80.0 + 95.25) / 2),
        "duration_ms": 13.25,
        "first_s": 3.25,
        "last_s": 7.05,
    }


def test_a_rate_without_time_has_a_reason_and_no_value():
    """Nothing could be seen: that is neither 0 nor left out."""
    absent = observation_of(emg_record(), "rates.tremor_episodes")

    assert "valueQuantity" not in absent
    assert absent["dataAbsentReason"]["coding"][0]["code"] == "unknown"
    assert parts_of(absent)["minutes"]["valueQuantity"]["value"] == 0


def test_a_share_of_nothing_has_a_reason_and_no_value():
    """Where nothing was usable there is neither a share nor an interval."""
    absent = observation_of(RECORDS["nothing usable"], "shares.rest")

    assert "valueQuantity" not in absent
    assert absent["dataAbsentReason"]["coding"][0]["code"] == "unknown"
    assert not {"low", "high"} & parts_of(absent).keys()


def test_a_change_tells_from_what_to_what():
    """Both values are there in their unit, also where nothing before leaves no ratio."""
    ratio = observation_of(RECORDS["compared"], "changes.rates.tremor_episodes")
    difference = observation_of(RECORDS["compared"], "changes.shares.tremor")
    before, now = (parts_of(ratio)[name]["valueQuantity"] for name in ("earlier", "now"))

    assert "valueQuantity" not in ratio
    assert (before["value"], before["code"], now["value"]) == (0.0, "/min", 0.4)
    share = motion_record().shares["tremor"].share
    for name in ("earlier", "now"):
        quantity = parts_of(difference)[name]["valueQuantity"]
        assert (quantity["value"], quantity["code"]) == (pytest.approx(share), "1")


def test_a_time_without_a_zone_is_told_as_a_date():
    """FHIR has no time of an unknown zone; an unknown start has no period at all."""
    record = RECORDS["no time zone"]

    assert observation_of(record, "record")["effectivePeriod"] == {
        "start": "2026-03-01",
        "end": "2026-03-01",
    }
    assert "effectivePeriod" not in observation_of(RECORDS["no date"], "record")


def test_the_record_of_a_stretch_is_of_the_time_of_that_stretch():
    """Rates, shares and the record itself say nothing of the time before and after."""
    record = with_recording(emg_record(), stretch_s=(20.0, 40.5))
    for code in ("record", "rates.fasciculation", "shares.rest"):
        assert observation_of(record, code)["effectivePeriod"] == {
            "start": "2026-03-01T09:30:20.000+00:00",
            "end": "2026-03-01T09:30:40.500+00:00",
        }
    parts = {
        part["code"]["coding"][0]["code"]: part["valueQuantity"]["value"]
        for part in observation_of(record, "record")["component"]
        if "valueQuantity" in part
    }
    assert (parts["duration_s"], parts["from_s"], parts["to_s"]) == (120.0, 20.0, 40.5)


@pytest.mark.parametrize(
    ("start_time", "written"),
    [
        ("2026-03-01T09:30:00.25+05:30", "2026-03-01T09:30:00.250+05:30"),
        ("2026-03-01T09:30:00+00:17:30", "2026-03-01T09:12:30.000+00:00"),
        ("2026-03-01T09:30:00-15:00", "2026-03-02T00:30:00.000+00:00"),
        ("9999-12-31T23:59:00Z", None),
    ],
)
def test_every_time_is_written_as_fhir_has_it(start_time, written):
    """Offsets are kept unless FHIR has no such offset; after the year 9999 there is no time."""
    record = with_recording(emg_record(), start_time=datetime.fromisoformat(start_time))
    period = observation_of(record, "record").get("effectivePeriod", {})

    R4BBundle.model_validate(bundle(record))
    assert period.get("start") == written


def test_a_short_signal_is_sampled_data():
    """Lowest and highest of each column, E where samples are missing."""
    record, samples = traced(20)
    parts = parts_of(observation_of(record, "trace"))
    for channel in range(3):
        sampled = parts[f"trace.{channel}"]["valueSampledData"]
        values = [np.nan if v == "E" else float(v) for v in sampled["data"].split()]
        back = sampled["origin"]["value"] + sampled["factor"] * np.array(values)

        assert (sampled["dimensions"], sampled["period"]) == (2, 10.0)
        np.testing.assert_allclose(back, np.repeat(samples[channel], 2), atol=ONE_STEP)


def test_a_long_signal_stays_at_home():
    """No trace of more than half a minute is sent, whatever the record holds."""
    record, _ = traced(int(LONGEST_TRACE_S) + 1)

    assert record.trace is not None
    assert "valueSampledData" not in json.dumps(bundle(record))


@each_record
def test_nothing_is_interpreted(record):
    """Each observation says what it is not; there is no subject, finding or disease in it."""
    text = json.dumps(bundle(record)).lower()

    for observation in observations_of(record):
        assert "not a medical device" in observation["note"][0]["text"]
        assert not {"interpretation", "subject", "referenceRange"} & observation.keys()
    for word in ("parkinson", "sclerosis", "essential", "benign", "patholog", "normal"):
        assert word not in text


def test_a_record_has_the_same_identifiers_every_time():
    """So that what was sent twice is known as one; another record has others."""
    urls = {entry["fullUrl"] for entry in bundle(emg_record())["entry"]}

    assert bundle(emg_record()) == bundle(emg_record())
    assert not urls & {entry["fullUrl"] for entry in bundle(emg_record(usable_s=1.0))["entry"]}


def test_the_model_is_the_device():
    """Its name, version and fingerprint, once; every observation points at it."""
    device, *others = bundle(emg_record())["entry"]

    assert device["resource"]["identifier"][0] == {"system": CODE_SYSTEM, "value": "9f2c" * 16}
    assert device["resource"]["deviceName"][0]["name"] == "quaver-emg"
    assert device["resource"]["version"][0]["value"] == "3"
    assert {o["resource"]["device"]["reference"] for o in others} == {device["fullUrl"]}


def test_each_channel_has_a_record_with_its_members():
    """The record of a channel points at all of its own, and at nothing of another."""
    resources = {e["fullUrl"]: e["resource"] for e in bundle(RECORDS["two channels"])["entry"]}
    records = [r for r in resources.values() if "hasMember" in r]

    assert [parts_of(r)["channels"]["valueString"] for r in records] == ["biceps", "calf"]
    for record in records:
        members = [resources[member["reference"]] for member in record["hasMember"]]
        channel = parts_of(record)["channels"]
        assert len(members) == len(observations_of(emg_record())) - 1
        assert all(parts_of(member)["channels"] == channel for member in members)
