"""The service: answers to good requests, in process."""

import json
import re
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from features import MODALITIES, Windows, columns
from serving.classifier import REASONS, UNDECIDED
from serving.requests import EXAMPLE, MOST_WINDOWS, PredictRequest
from serving.responses import DescribeResponse, ExplainResponse, PredictResponse

WINDOW = EXAMPLE["windows"][0]
ROUNDED = 1e-6
"""Probabilities are answered to six places."""


def body_of(modality, rate_hz, unit, samples, name="w"):
    """Return a window as it is sent."""
    return {
        "id": name,
        "modality": modality,
        "unit": unit,
        "sampling_rate_hz": rate_hz,
        "samples": np.asarray(samples).tolist(),
    }


@pytest.fixture
def ask(client):
    """Post windows to /predict and return the predictions."""

    def asked(*windows):
        response = client.post("/predict", json={"windows": list(windows)})
        assert response.status_code == 200, response.text
        PredictResponse.model_validate(response.json())
        return response.json()["predictions"]

    return asked


@pytest.fixture
def bodies(mixture_of):
    """Windows of all modalities, in several rates and units, as they are sent."""
    kinds = [
        ("accelerometer", 100.0, "g"),
        ("emg", 1000.0, "uV"),
        ("gyroscope", 100.0, "deg/s"),
        ("accelerometer", 64.0, "mg"),
        ("emg", 500.0, "relative"),
        ("gyroscope", 25.0, "rad/s"),
    ]
    sent = []
    for i in range(4):
        for modality, rate, unit in kinds:
            samples = mixture_of(modality, rate)[i] / MODALITIES[modality].factors[unit]
            sent.append(body_of(modality, rate, unit, samples, f"{modality} {rate:g} {i}"))
    return sent


# Answers


def test_the_example_of_the_documentation_is_answered(ask):
    """The example is a request, and its answer has the fields that are promised, in order."""
    (answer,) = ask(WINDOW)

    assert list(answer) == [
        "id",
        "label",
        "candidates",
        "reason",
        "probabilities",
        "dominant_frequency_hz",
        "burst_rate_hz",
        "quality",
        "caution",
        "model",
    ]
    assert answer["id"] == "w1"
    assert answer["dominant_frequency_hz"] == pytest.approx(5.0, abs=0.05)
    assert answer["quality"] == {"usable": True, "flags": []}
    assert answer["model"]["name"] == "quaver-accelerometer"
    assert answer["model"]["version"] == "7"
    assert answer["reason"] in (None, *REASONS)


def test_each_window_has_the_caution_of_its_own_unit(ask):
    """Of two windows sent together, the one whose gravity measures 9.81 g says so, alone."""
    samples = 9.80665 * np.array(WINDOW["samples"])
    wrong = WINDOW | {"id": "g", "samples": samples.tolist()}
    right = wrong | {"id": "m/s^2", "unit": "m/s^2"}
    answers = {answer["id"]: answer["caution"] for answer in ask(wrong, right, WINDOW)}

    assert answers["m/s^2"] is answers["w1"] is None
    assert answers["g"].endswith("gravity is 1 g; see whether it is right, or m/s^2")


def test_modalities_rates_and_units_may_be_mixed(ask, bodies, tiny_of):
    """Answers come in the order of the windows, each from the model of its modality."""
    answers = ask(*bodies)

    assert [answer["id"] for answer in answers] == [body["id"] for body in bodies]
    for body, answer in zip(bodies, answers, strict=True):
        tiny = tiny_of(body["modality"])
        windows = Windows(
            [body["samples"]],
            sampling_rate_hz=body["sampling_rate_hz"],
            modality=body["modality"],
            unit=body["unit"],
        )
        expected = tiny.predict(windows)
        assert answer["label"] == expected.labels[0]
        assert answer["candidates"] == list(expected.candidates[0])
        assert answer["reason"] == expected.reasons[0]
        assert answer["model"]["fingerprint"] == tiny.fingerprint
        assert list(answer["probabilities"]) == list(tiny.card.classes)
        assert list(answer["probabilities"].values()) == pytest.approx(
            expected.probabilities[0], abs=ROUNDED
        )


def test_answers_do_not_depend_on_who_else_asks(ask, bodies):
    """Requests that are answered at the same time get what each would get alone."""
    alone = [ask(body) for body in bodies]

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(ask, bodies * 3))

    assert together == alone * 3


def test_the_unit_does_not_matter(ask, mixture_of):
    """The same motion in three units is answered alike."""
    samples = mixture_of("accelerometer", 100.0)[1]
    sent = [
        body_of("accelerometer", 100.0, unit, samples / factor)
        for unit, factor in MODALITIES["accelerometer"].factors.items()
    ]

    first, *others = ask(*sent)

    for other in others:
        assert other["label"] == first["label"]
        assert other["probabilities"] == pytest.approx(first["probabilities"], abs=1e-5)


def test_one_channel_may_be_a_flat_list(ask, mixture_of):
    """A channel alone and a list of one channel are the same."""
    samples = mixture_of("emg", 1000.0)[2]

    nested, flat = ask(
        body_of("emg", 1000.0, "uV", samples), body_of("emg", 1000.0, "uV", samples[0])
    )

    assert nested == flat


def test_whole_numbers_are_numbers(ask):
    """Raw counts in a unit of theirs need no decimal point."""
    wave = np.round(100 * np.sin(np.arange(400) / 3)).astype(int)

    (answer,) = ask(body_of("accelerometer", 100, "mg", wave))

    assert answer["dominant_frequency_hz"] is not None


@pytest.mark.parametrize(
    ("samples", "reason"),
    [
        ([[0.25] * 75], "too_short"),
        ([[0.25] * 100], "flat"),
        ([np.clip(np.sin(np.arange(100) / 3), -0.2, 0.2).tolist()], "clipped"),
    ],
)
def test_a_signal_that_cannot_be_used_is_undecided(ask, samples, reason):
    """A window may be well-formed and still tell nothing; the reason is given."""
    (answer,) = ask(WINDOW | {"samples": samples})

    assert answer["label"] == UNDECIDED
    assert answer["reason"] == reason
    assert answer["quality"]["usable"] is False
    assert reason in answer["quality"]["flags"]
    assert (answer["probabilities"] is None) == (reason == "too_short")


def test_as_many_windows_as_the_limit_allows_are_answered(ask):
    """The limit itself is allowed."""
    answers = ask(*[WINDOW | {"id": str(i), "samples": [0.0]} for i in range(MOST_WINDOWS)])

    assert [answer["id"] for answer in answers] == [str(i) for i in range(MOST_WINDOWS)]


# Explanations


def test_an_explanation_adds_up(client, bodies, tiny_of):
    """Contributions of all features, with the expectation, are the score of the class."""
    sent = {"windows": bodies, "most": 200}

    response = client.post("/explain", json=sent)

    ExplainResponse.model_validate(response.json())
    for body, explanation in zip(bodies, response.json()["explanations"], strict=True):
        tiny = tiny_of(body["modality"])
        windows = Windows(
            [body["samples"]],
            sampling_rate_hz=body["sampling_rate_hz"],
            modality=body["modality"],
            unit=body["unit"],
        )
        answer = tiny.predict(windows)
        explained = tiny.card.classes.index(explanation["explained_class"])
        total = sum(part["contribution"] for part in explanation["contributions"])
        score = tiny.scores(answer.features.values)[0, explained]
        assert explanation["id"] == body["id"]
        assert explanation["label"] == answer.labels[0]
        assert total + explanation["expectation"] == pytest.approx(score, rel=1e-6, abs=1e-9)
        assert {part["column"] for part in explanation["contributions"]} == set(tiny.card.columns)


def test_an_explanation_names_the_largest_parts_first(client, tiny_of):
    """As many features are named as were asked for, with title, value and unit."""
    response = client.post("/explain", json=EXAMPLE | {"most": 4})

    (explanation,) = response.json()["explanations"]
    sizes = [abs(part["contribution"]) for part in explanation["contributions"]]
    assert sizes == sorted(sizes, reverse=True)
    assert len(sizes) == 4
    known = columns(tiny_of("accelerometer").card.spec)
    for part in explanation["contributions"]:
        assert part["column"] in known
        assert part["title"]
        assert "{" not in part["unit"]


def test_an_undecided_window_is_explained_by_its_most_probable_class(client, ask, bodies):
    """What is explained is the label, or what comes nearest to being one."""
    answers = ask(*bodies)
    explanations = client.post("/explain", json={"windows": bodies}).json()["explanations"]

    for answer, explanation in zip(answers, explanations, strict=True):
        likeliest = max(answer["probabilities"], key=answer["probabilities"].get)
        wanted = likeliest if answer["label"] == UNDECIDED else answer["label"]
        assert explanation["explained_class"] == wanted


# Descriptions


def test_what_is_served_is_described(client, tiny_of):
    """Cards, units, limits and reasons are told, with the disclaimer."""
    content = client.post("/describe").json()

    DescribeResponse.model_validate(content)
    assert content["disclaimer"] == "research software, not a medical device"
    assert content["limits"]["windows_per_request"] == MOST_WINDOWS
    assert content["units"]["emg"] == ["uV", "mV", "V", "relative"]
    assert content["reasons"] == list(REASONS)
    assert [model["modality"] for model in content["models"]] == list(MODALITIES)
    for model in content["models"]:
        tiny = tiny_of(model["modality"])
        assert model["fingerprint"] == tiny.fingerprint
        assert model["features_fingerprint"] == tiny.card.fingerprint
        assert model["classes"] == list(tiny.card.classes)
        assert model["version"] == "7"


def test_the_document_has_examples_and_our_words(client):
    """The OpenAPI document says what is taken, shows it, and says how requests are refused."""
    document = client.get("/docs.json").json()

    assert document["info"]["title"] == "quaver"
    assert "not a medical device" in document["info"]["description"]
    assert "contact" not in document["info"]
    for path in ("/predict", "/explain", "/describe"):
        post = document["paths"][path]["post"]
        assert post["description"]
        assert set(post["responses"]) == {"200", "400", "408", "413", "415", "429", "504"}
        content = post["requestBody"]["content"]["application/json"]
        assert "example" in content["schema"]
    example = document["paths"]["/predict"]["post"]["requestBody"]["content"]
    PredictRequest.model_validate_json(json.dumps(example["application/json"]["schema"]["example"]))
    text = json.dumps(document)
    named = set(re.findall(r'"#/components/schemas/(\w+)"', text))
    assert named <= set(document["components"]["schemas"])
    assert "IODescriptor" not in text


def test_the_document_is_openapi(client):
    """A maintained validator finds nothing wrong, so that clients can be made from it."""
    document = client.get("/docs.json").json()

    found = OpenAPIV31SpecValidator(document).iter_errors()

    assert [(list(each.path), each.message) for each in found] == []
    assert "root_input" not in json.dumps(document)


@pytest.mark.parametrize("path", ["/", "/docs.json"])
def test_pages_load_nothing_from_elsewhere(client, path):
    """A page and its document name no other host."""
    text = client.get(path).text

    assert re.findall(r"https?://|[\"'(]//", text) == []


def test_the_page_s_own_files_are_there(client):
    """Style and script of the page come from the service itself."""
    page = client.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"

    for path in re.findall(r'(?:href|src)="\./([^"]+)"', page.text):
        assert client.get(f"/{path}").status_code == 200
