"""Rest: a rate is of all the time in which a potential would have been noticed."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from features import Recording
from serving.analysis import analyze
from serving.analysis.at_rest import Told, is_at_rest
from serving.classifier import Classifier

REST: Told = ("rest", ("rest",), None)
NEAR: Told = ("fasciculation", ("fasciculation",), None)
HUM: Told = ("unusable", (), "mains")
SILENT: Told = ("undecided", ("rest",), "unlike_training")


@pytest.mark.parametrize(
    ("told", "magnitude", "expected"),
    [
        (HUM, 1.2, True),
        (HUM, 5.0, False),
        (HUM, 0.1, False),
        (HUM, np.nan, False),
        (SILENT, 0.9, True),
        (SILENT, 3.0, False),
        (("undecided", ("tremor",), "unlike_training"), 1.0, False),
        (("undecided", ("rest", "voluntary"), "unlike_training"), 1.0, False),
        (("undecided", ("rest",), "look_alike"), 1.0, False),
        (("unusable", (), "clipped"), 1.0, False),
        (("unusable", (), "gap"), 1.0, False),
        (("voluntary", ("voluntary",), None), 1.0, False),
    ],
)
def test_what_could_not_be_judged_is_rest_where_it_is_as_quiet_as_rest(
    told: Told,
    magnitude: float,
    expected: bool,  # noqa: FBT001
) -> None:
    """Neither an electrode that has come off, which is louder or silent, nor other activity."""
    found = is_at_rest([REST, NEAR, told], np.array([1.0, 1.1, magnitude]))
    assert found.tolist() == [True, True, expected]


def test_where_nothing_is_rest_nothing_is_known_to_be_as_quiet() -> None:
    """Hum alone is no muscle at rest."""
    assert not is_at_rest([HUM, SILENT], np.array([1.0, 1.0])).any()


def silent_muscle(hum_uv: NDArray[np.float64]) -> Recording:
    """Return 96 s of white noise of 2 uV and hum, with eight potentials of 120 uV."""
    rate_hz, n = 1000.0, len(hum_uv)
    rng = np.random.default_rng(7)
    samples = 2.0 * rng.standard_normal(n)
    samples += hum_uv * np.sin(2 * np.pi * 50 * np.arange(n) / rate_hz)
    wave = 120 * np.sin(2 * np.pi * np.arange(14) / 14) * np.hanning(14)
    for i in range(8):
        first = 1000 * (6 + 11 * i) + 137 * i
        samples[first : first + 14] += wave
    return Recording(samples[None], sampling_rate_hz=rate_hz, modality="emg", unit="uV")


def test_hum_between_potentials_makes_them_no_more_frequent(
    tiny_of: Callable[[str], Classifier],
) -> None:
    """Only windows around potentials are judged in it; the rate is of the rest as well."""
    record = analyze(silent_muscle(np.full(96_000, 30.0)), tiny_of("emg"))
    found = record.rates["fasciculation"]
    refused_s = sum(span.duration_s for span in record.timeline if span.reason == "mains")
    assert refused_s > 10
    assert found.minutes == pytest.approx(96 / 60, abs=0.05)
    assert all(span.at_rest for span in record.timeline if span.reason == "mains")
