"""Spoiling: good windows with an artefact put in, and the reasons that are then given."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import scipy.signal

from benchmarks.accuracy.estimates import Array, Names
from features import MODALITIES, Modality, SignalError, Windows, extract
from features.windows import Samples
from serving.classifier import REASONS, Classifier
from training.config import ModelConfig
from training.datasets.labelled import CLASSES
from training.datasets.opening import Opened, labelled_batches

REFUSED = "refused"
ANSWERED = "answered"
OUTCOMES = (*REASONS, REFUSED, ANSWERED)
"""What may become of a window: a reason, a refusal by a sentence, or an answer."""

_MAINS_HZ = 50.0
_MAINS_TIMES = 30.0
_MOTION_RATE_HZ = 20.0
_FAR: dict[Modality, float] = {"emg": 0.0, "accelerometer": 1.0, "gyroscope": 125.0}
"""From one limit to the other of what is clipped, in the modality's own unit: a small movement,
enlarged, for no sensor of motion has limits nearer to each other."""


@dataclass(frozen=True, eq=False)
class Chosen:
    """Windows of one device with the label of each, shape (n_windows,)."""

    windows: Windows
    labels: Names


def chosen_windows(opened: Opened, config: ModelConfig, each: int) -> list[Chosen]:
    """Return up to ``each`` windows of every class from each batch of a data set."""
    found: list[Chosen] = []
    batches = labelled_batches(
        opened.recordings(config.features.modality), config.labelling, config.features.window_s
    )
    for batch in batches:
        rows = [np.flatnonzero(batch.labels == label)[:each] for label in CLASSES]
        kept = np.concatenate(rows)
        if len(kept):
            found.append(Chosen(batch.windows[kept], batch.labels[kept]))
    return found


@dataclass(frozen=True)
class Artefact:
    """Something that goes wrong, and what should be said of it.

    ``spoil`` may refuse to make windows at all, as the service would. ``modalities`` and ``labels``
    are those that it makes sense for, all when empty; ``above_hz`` asks for faster rhythms.
    """

    name: str
    expected: str
    spoil: Callable[[Windows], Windows]
    modalities: tuple[Modality, ...] = ()
    labels: tuple[str, ...] = ()
    above_hz: float | None = None

    def meant_for(self, modality: Modality) -> bool:
        """Return whether it happens to a modality."""
        return not self.modalities or modality in self.modalities


def changed(windows: Windows, samples: Samples, rate_hz: float | None = None) -> Windows:
    """Return windows of the same kind with other samples, at another rate when given."""
    return Windows(
        samples,
        sampling_rate_hz=rate_hz or windows.sampling_rate_hz,
        modality=windows.modality,
        unit=windows.unit,
    )


def as_it_was(windows: Windows) -> Windows:
    """Return windows as they are."""
    return windows


def clipped(windows: Windows) -> Windows:
    """Cut each channel off at the 15th and the 85th percentile of its samples, far from zero."""
    low, high = np.percentile(windows.samples, (15, 85), axis=-1, keepdims=True)
    widest = np.max(high - low, axis=1, keepdims=True) * windows.unit_factor
    far = _FAR[windows.modality]
    size = np.divide(far, widest, out=np.ones_like(widest), where=(widest > 0) & (widest < far))
    return changed(windows, size * np.clip(windows.samples, low, high))


def flat(windows: Windows) -> Windows:
    """Hold the value that is reached after 0.1 s until the end."""
    samples = np.array(windows.samples)
    first = round(0.1 * windows.sampling_rate_hz)
    samples[..., first:] = samples[..., first, None]
    return changed(windows, samples)


def with_gap(windows: Windows) -> Windows:
    """Lose 0.2 s in the middle."""
    samples = np.array(windows.samples)
    middle, lost = samples.shape[-1] // 2, round(0.2 * windows.sampling_rate_hz)
    samples[..., middle : middle + lost] = np.nan
    return changed(windows, samples)


def with_mains(windows: Windows) -> Windows:
    """Add mains hum of 50 Hz, thirty times the deviation of the window."""
    samples = np.asarray(windows.samples, dtype=np.float64)
    times = np.arange(samples.shape[-1]) / windows.sampling_rate_hz
    size = _MAINS_TIMES * np.sqrt(2) * samples.std(axis=-1, keepdims=True)
    return changed(windows, samples + size * np.sin(2 * np.pi * _MAINS_HZ * times))


def too_short(windows: Windows) -> Windows:
    """Keep three seconds."""
    return changed(windows, windows.samples[..., : round(3 * windows.sampling_rate_hz)])


def below_the_floor(windows: Windows) -> Windows:
    """Sample at half the lowest rate that the modality can be used at."""
    return sampled_at(windows, MODALITIES[windows.modality].minimum_rate_hz / 2)


def at_twenty_hertz(windows: Windows) -> Windows:
    """Sample motion at 20 Hz, where rhythms above 8 Hz may be aliases."""
    return sampled_at(windows, _MOTION_RATE_HZ)


def sampled_at(windows: Windows, rate_hz: float) -> Windows:
    """Return windows sampled at another rate, as a device with a filter of its own would."""
    n = round(windows.samples.shape[-1] * rate_hz / windows.sampling_rate_hz)
    samples = np.asarray(windows.samples, dtype=np.float64)
    # Mirrored, so that both ends meet: the transform takes a window for one turn of a circle.
    both = np.concatenate((samples, samples[..., ::-1]), axis=-1)
    return changed(windows, scipy.signal.resample(both, 2 * n, axis=-1)[..., :n], rate_hz)


ARTEFACTS: tuple[Artefact, ...] = (
    Artefact("as it was", ANSWERED, as_it_was),
    Artefact("clipped", "clipped", clipped),
    Artefact("flat from 0.1 s on", "flat", flat),
    Artefact("gap of 0.2 s", "gap", with_gap),
    Artefact("mains, 30 times the signal", "mains", with_mains, ("emg",)),
    Artefact("3 s long", "too_short", too_short),
    Artefact("half the lowest rate", REFUSED, below_the_floor),
    Artefact(
        "faster than 8 Hz, sampled at 20 Hz",
        "rate_too_low",
        at_twenty_hertz,
        ("accelerometer", "gyroscope"),
        ("tremor", "clonus"),
        above_hz=8.0,
    ),
)


def outcomes(
    classifier: Classifier, chosen: list[Chosen], artefact: Artefact
) -> dict[str, Counter[str]]:
    """Return what became of spoiled windows, by label."""
    result: dict[str, Counter[str]] = {}
    for some in chosen:
        kept = np.isin(some.labels, artefact.labels or CLASSES)
        if artefact.above_hz is not None:
            kept &= _frequency_hz(classifier, some.windows) > artefact.above_hz
        if not kept.any():
            continue
        became = _became(classifier, some.windows[kept], artefact)
        for label, outcome in zip(some.labels[kept].tolist(), became, strict=True):
            result.setdefault(label, Counter())[outcome] += 1
    return {label: result[label] for label in CLASSES if label in result}


def _frequency_hz(classifier: Classifier, windows: Windows) -> Array:
    return extract(windows, classifier.card.spec).column("dominant_frequency")


def _became(classifier: Classifier, windows: Windows, artefact: Artefact) -> Iterator[str]:
    try:
        reasons = classifier.predict(artefact.spoil(windows), workers=2).reasons
    except SignalError:
        return iter([REFUSED] * len(windows))
    return iter([reason or ANSWERED for reason in reasons])
