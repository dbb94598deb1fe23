"""Quality: what speaks against a signal is told to the second, and no sample is overlooked."""

import numpy as np
import pytest
from conftest import shipped_spec
from numpy.typing import NDArray

from features import Recording
from serving.analysis.answers import Answers
from serving.analysis.quality import quality_of
from serving.analysis.report import QualitySpan
from serving.analysis.signal import signals_of
from serving.analysis.source import RecordingSource

NO_ANSWERS = Answers(
    classes=("rest",),
    window_s=4.0,
    starts_s=np.zeros(0),
    probabilities=np.zeros((0, 1)),
    reasons=(),
    flagged=np.zeros(0, dtype=np.bool_),
    frequencies_hz=np.zeros(0),
    magnitudes=np.ones(0),
    levels=np.ones((0, 2)),
)


def told(
    samples: NDArray[np.float64],
    rate_hz: float,
    from_s: float | None = None,
    to_s: float | None = None,
) -> list[QualitySpan]:
    """Return what speaks against an acceleration, or a stretch of it."""
    recording = Recording(
        samples[None], sampling_rate_hz=rate_hz, modality="accelerometer", unit="g"
    )
    (signal,) = signals_of(RecordingSource(recording), None, from_s, to_s)
    return list(quality_of(signal, NO_ANSWERS, shipped_spec("accelerometer")))


@pytest.mark.parametrize("rate_hz", [20.0, 31.25, 33.3])
@pytest.mark.parametrize("stretch_s", [(None, None), (1.3, 4.9), (0.8, 4.4), (1.4, 1.7)])
def test_no_missing_sample_is_overlooked(
    rate_hz: float, stretch_s: tuple[float | None, float | None], rng: np.random.Generator
) -> None:
    """Whichever sample of a stretch is missing, the one span that says so holds it."""
    samples = rng.standard_normal(round(5.37 * rate_hz))
    whole = (0.0, len(samples) / rate_hz)
    first_s, last_s = (own or end for own, end in zip(stretch_s, whole, strict=True))
    first, last = round(first_s * rate_hz), round(last_s * rate_hz)
    assert told(samples, rate_hz, *stretch_s) == []
    for place in range(first, last):
        holed = samples.copy()
        holed[place] = np.nan
        (span,) = told(holed, rate_hz, *stretch_s)
        assert span.flag == "gap"
        assert first / rate_hz - 1e-6 <= span.start_s <= place / rate_hz + 1e-6
        stop_s = span.start_s + span.duration_s
        assert (place + 1) / rate_hz - 2e-6 <= stop_s <= last / rate_hz + 2e-6
        assert span.duration_s <= 1.5 + 2 / rate_hz


def test_parts_of_a_second_count_as_one_or_belong_to_their_neighbour(
    rng: np.random.Generator,
) -> None:
    """Half a second and more at either end is looked at for itself, less with what is beside it."""
    samples = rng.standard_normal(1000)
    samples[[230, 970]] = np.nan

    def stretches(from_s: float, to_s: float) -> list[tuple[float, float]]:
        return [(s.start_s, s.duration_s) for s in told(samples, 100.0, from_s, to_s)]

    assert stretches(0, 10) == [(2.0, 1.0), (9.0, 1.0)]
    assert stretches(2.35, 9.8) == [(9.0, 0.8)]
    assert stretches(2.2, 9.75) == [(2.2, 0.8), (9.0, 0.75)]
    assert stretches(1.8, 9.4) == [(1.8, 1.2)]


def test_two_samples_alike_at_the_end_are_not_flat(rng: np.random.Generator) -> None:
    """A rest of a second that is as short tells nothing by itself."""
    samples = rng.standard_normal(502)
    samples[-2:] = samples[-3]
    assert told(samples, 100.0) == []
