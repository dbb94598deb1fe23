"""Requests that cannot be answered: each gets its status, and a sentence with place and reason."""

import json

import pytest

from serving.requests import EXAMPLE, MOST_EXPLAINED, MOST_WINDOWS

WINDOW = EXAMPLE["windows"][0]
EMG = {"modality": "emg", "unit": "uV", "sampling_rate_hz": 1000.0, "samples": [0.0] * 4000}
MODALITIES = "emg, accelerometer, gyroscope"
UNITS = " use one of g, mg, m/s^2"
EQUAL = " they must be equally long"


def refused(response, status=400):
    """Return the sentence of a refusal, whose shape is the same for all."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    content = response.json()
    assert set(content) == {"error", "detail"}
    assert all(set(detail) == {"where", "message"} for detail in content["detail"])
    return content["error"]


@pytest.fixture(params=["/predict", "/explain"])
def post(client, request):
    """Post windows, each of them the example with changes, to the addresses that take windows."""

    def posted(*changes):
        windows = [WINDOW | change for change in changes]
        return client.post(request.param, json={"windows": windows})

    return posted


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"modality": "ecg"},
            "windows[0].modality: modality is 'ecg'; it must be one of " + MODALITIES,
        ),
        (
            {"modality": 3},
            "windows[0].modality must be one of " + MODALITIES,
        ),
        (
            {"modality": "x" * 21},
            "windows[0].modality must be one of " + MODALITIES,
        ),
        (
            {"unit": "uV"},
            "windows[0]: unit is 'uV', which is not a unit of accelerometer;" + UNITS,
        ),
        (
            EMG | {"unit": "g"},
            "windows[0]: unit is 'g', which is not a unit of emg; use one of uV, mV, V, relative",
        ),
        ({"unit": None}, "windows[0].unit must be a valid string"),
        ({"unit": "g" * 21}, "windows[0].unit must have at most 20 characters"),
        ({"id": ""}, "windows[0].id must have at least 1 character"),
        ({"id": "x" * 201}, "windows[0].id must have at most 200 characters"),
        ({"id": 7}, "windows[0].id must be a valid string"),
        ({"label": "tremor"}, "windows[0].label is not a known field"),
    ],
)
def test_what_a_window_is_must_be_known(post, change, sentence):
    """Modality, unit and name must be ones that are known; an unknown field is none."""
    assert refused(post(change)) == sentence


@pytest.mark.parametrize("field", sorted(WINDOW))
def test_a_missing_field_is_named(client, field):
    """Every field of a window is needed."""
    window = {name: value for name, value in WINDOW.items() if name != field}

    response = client.post("/predict", json={"windows": [window]})

    assert refused(response) == f"windows[0].{field} is missing"


@pytest.mark.parametrize(
    ("rate", "sentence"),
    [
        (0, "windows[0]: sampling_rate_hz is 0.0; it must be a positive number of hertz"),
        (-5, "windows[0]: sampling_rate_hz is -5.0; it must be a positive number of hertz"),
        (19.9, "windows[0]: sampling_rate_hz is 19.9; accelerometer needs at least 20 Hz"),
        (
            float("nan"),
            "windows[0]: sampling_rate_hz is nan; it must be a positive number of hertz",
        ),
        (
            float("inf"),
            "windows[0]: sampling_rate_hz is inf; it must be a positive number of hertz",
        ),
        ("100", "windows[0].sampling_rate_hz must be a valid number"),
        ("fast", "windows[0].sampling_rate_hz must be a valid number"),
        (None, "windows[0].sampling_rate_hz must be a valid number"),
        (True, "windows[0].sampling_rate_hz must be a valid number"),
        ([100.0], "windows[0].sampling_rate_hz must be a valid number"),
    ],
)
def test_a_rate_must_be_one_that_can_be_used(client, rate, sentence):
    """A rate is a positive number, and not below what the modality needs."""
    body = json.dumps({"windows": [WINDOW | {"sampling_rate_hz": rate}]})

    assert refused(client.post("/predict", content=body)) == sentence


def test_the_lowest_rate_depends_on_the_modality(post):
    """A surface EMG is needed at 500 Hz or more."""
    sentence = refused(post(EMG | {"sampling_rate_hz": 499.0, "samples": [0.0] * 1996}))

    assert sentence == "windows[0]: sampling_rate_hz is 499; emg needs at least 500 Hz"


@pytest.mark.parametrize(
    ("samples", "sentence"),
    [
        ([], "windows[0].samples must be a list of channels, each a list of numbers"),
        (None, "windows[0].samples must be a list of channels, each a list of numbers"),
        ("0.1, 0.2", "windows[0].samples must be a list of channels, each a list of numbers"),
        ({"x": [1.0]}, "windows[0].samples must be a list of channels, each a list of numbers"),
        (
            [[]],
            "windows[0].samples: channel 0 is empty; it must hold at least one sample",
        ),
        (
            [[1.0], []],
            "windows[0].samples: channel 1 is empty; it must hold at least one sample",
        ),
        (
            [[1.0, 2.0], [1.0]],
            "windows[0].samples: channels differ in length (2, 1 samples);" + EQUAL,
        ),
        (
            [[1.0], 2.0],
            "windows[0].samples: channel 1 is no list; each channel must be a list of numbers",
        ),
        (
            [[1.0] * 100] * 4,
            "windows[0]: samples have 4 channels; a window of accelerometer has one to 3 axes",
        ),
        (
            [[1.0, "2.0"]],
            "windows[0].samples: sample 1 of channel 0 is text; samples must be numbers",
        ),
        (
            [1.0, None],
            "windows[0].samples: sample 1 of channel 0 is null; samples must be numbers",
        ),
        (
            [[1.0], [False]],
            "windows[0].samples: sample 0 of channel 1 is a truth value; samples must be numbers",
        ),
        (
            [[[1.0]]],
            "windows[0].samples: sample 0 of channel 0 is no number; samples must be numbers",
        ),
        (
            [[1.0, float("inf")]],
            "windows[0].samples: sample 1 of channel 0 is not a finite number of at most 1e+30",
        ),
        (
            [[1.0, -float("inf")]],
            "windows[0].samples: sample 1 of channel 0 is not a finite number of at most 1e+30",
        ),
        (
            [[1.0], [float("nan")]],
            "windows[0].samples: sample 0 of channel 1 is not a finite number of at most 1e+30",
        ),
        (
            [[1e31]],
            "windows[0].samples: sample 0 of channel 0 is not a finite number of at most 1e+30",
        ),
        (
            [[10**400]],
            "windows[0].samples: a sample is too large for a number of double precision",
        ),
        (
            [[0.0] * 125] * 3,
            "windows[0]: the window lasts 5 s; a window lasts 4 s, post longer signals to /analyze",
        ),
    ],
)
def test_samples_must_be_channels_of_numbers(client, samples, sentence):
    """Samples are numbers in one to three channels of one length, of four seconds at most."""
    body = json.dumps({"windows": [WINDOW | {"samples": samples}]})

    assert refused(client.post("/predict", content=body)) == sentence


def test_an_emg_window_has_one_channel(post):
    """Two channels of a surface EMG are two windows."""
    sentence = refused(post(EMG | {"samples": [[0.0] * 4000] * 2}))

    assert sentence == "windows[0]: samples have 2 channels; a window of emg has one channel"


def test_the_first_bad_window_is_named_by_its_place(post):
    """Of several windows, the place of the first bad one is told, with all that is wrong there."""
    response = post({}, {"unit": 5, "id": ""}, {"unit": "V"})

    assert refused(response) == "windows[1].id must have at least 1 character"
    places = [detail["where"] for detail in response.json()["detail"]]
    assert places == ["windows[1].id", "windows[1].unit"]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "windows is missing"),
        ({"windows": []}, "windows must have at least 1 item, not 0"),
        ({"windows": WINDOW}, "windows must be a valid array"),
        ({"windows": [3]}, "windows[0] must be an object"),
        ({"windows": [WINDOW], "mode": "fast"}, "mode is not a known field"),
        ({"windows": [WINDOW], "x" * 99: 1}, f"{'x' * 60}… is not a known field"),
        ([WINDOW], "the body must be an object"),
        ("tremor", "the body must be an object"),
        (7, "the body must be an object"),
    ],
)
def test_a_body_must_be_an_object_with_windows(client, body, sentence):
    """A request without windows, or with something else beside them, is refused."""
    assert refused(client.post("/predict", json=body)) == sentence


def test_too_many_windows_are_refused(client):
    """The limit is told, and what was given."""
    tiny = WINDOW | {"samples": [0.0]}

    sentence = refused(client.post("/predict", json={"windows": [tiny] * (MOST_WINDOWS + 1)}))

    assert sentence == "windows must have at most 10000 items, not 10001"


def test_too_many_windows_to_explain_are_refused(client):
    """Explanations are long; fewer windows are explained at once."""
    tiny = WINDOW | {"samples": [0.0]}

    sentence = refused(client.post("/explain", json={"windows": [tiny] * (MOST_EXPLAINED + 1)}))

    assert sentence == "windows must have at most 1000 items, not 1001"


@pytest.mark.parametrize(
    ("most", "sentence"),
    [
        (0, "most must be greater than or equal to 1"),
        (201, "most must be less than or equal to 200"),
        ("all", "most must be a valid integer, unable to parse string as an integer"),
    ],
)
def test_how_much_is_explained_is_limited(client, most, sentence):
    """Between one and two hundred features can be asked for."""
    response = client.post("/explain", json={"windows": [WINDOW], "most": most})

    assert refused(response) == sentence


def test_a_window_without_features_cannot_be_explained(client):
    """A window that is too short has an answer, but nothing that it rests on."""
    short = {"id": "brief", "samples": [[0.0] * 50]}

    response = client.post("/explain", json={"windows": [WINDOW | short]})

    sentence = "window 'brief' cannot be explained: no features could be computed of it"
    assert refused(response) == sentence


@pytest.mark.parametrize("path", ["/predict", "/explain", "/describe", "/feedback"])
def test_of_a_thousand_mistakes_the_first_are_told(client, path):
    """A refusal does not grow with what was sent."""
    response = client.post(path, json={f"unknown_{i}": 1 for i in range(1000)})

    assert "is " in refused(response)
    assert len(response.json()["detail"]) == 20


def test_describing_takes_nothing(client):
    """An unknown field is refused where none is known."""
    assert refused(client.post("/describe", json={"model": 1})) == "model is not a known field"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b'{"windows": [', "EOF while parsing a list"),
        (b"{windows: []}", "key must be a string"),
        (b"\xff\xfe\x00", "expected value"),
        (b'{"windows": [{"id": "\xff"}]}', "invalid unicode code point"),
        (b"[" * 100_000, "recursion limit exceeded"),
        (b'{"windows": ' * 500, "recursion limit exceeded"),
        (b'{"windows": ' + b"9" * 100_000 + b"}", "number out of range"),
    ],
)
def test_broken_json_is_refused(client, body, problem):
    """The problem and its place are told, whatever the bytes."""
    sentence = refused(client.post("/predict", content=body))

    assert sentence.startswith(f"the body: invalid JSON: {problem}")
    assert " at line 1 column " in sentence


def test_of_a_repeated_key_the_last_one_counts(client):
    """As in most readers of JSON, also in ours."""
    window = json.dumps(WINDOW).replace('"id": "w1"', '"id": "w1", "id": "w2"')

    response = client.post("/predict", content='{"windows": [' + window + "]}")

    assert response.json()["predictions"][0]["id"] == "w2"
