"""Card: what a model is, in plain text, beside its trees.

A classifier is a directory without a pickle in it::

    card.json      this card: spec, classes, calibration, limits, provenance, metrics
    booster.txt    the trees, in LightGBM's own text
    detector.txt   trees that tell training windows from foreign signals and look-alikes
    check-*.txt    trees that tell one kind of look-alike from what it would be called; or none
    novelty.npz    what training windows look like, to tell what is unlike them
    exam.npz       windows, their features and scores: the exam of serving.exam
    SHA256SUMS     a checksum of each
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from features import FeatureSpec, Modality, Section

DISCLAIMER = "research software, not a medical device"

INTENDED_USE = (
    "Describes short windows of surface EMG, accelerometer or gyroscope signals for research and "
    "education. It is " + DISCLAIMER + ": it makes no diagnosis and names no disease."
)


class Calibration(Section):
    """From raw scores to probabilities: softmax of (score / temperature + bias)."""

    temperature: Annotated[float, Field(gt=0)]
    biases: tuple[float, ...]


class Pair(Section):
    """Two classes that overlap: beside the one, the other is a candidate from a threshold on."""

    classes: tuple[str, str]
    threshold: Annotated[float, Field(ge=0, le=1)]


class Conformal(Section):
    """A class is a candidate when its probability reaches its threshold.

    Split conformal prediction (Vovk 2012; Sadinle 2019): ``thresholds`` are such that at least a
    share ``level`` of the held-out windows, every class weighing the same, had their own class
    among their candidates. ``pairs`` add candidates where two classes overlap.
    """

    level: Annotated[float, Field(gt=0, lt=1)]
    thresholds: tuple[Annotated[float, Field(ge=0, le=1)], ...]
    pairs: tuple[Pair, ...] = ()


class Novelty(Section):
    """From where on a window is unlike training: too far away, or too odd.

    Distance finds what nobody thought of, the detector's oddness what it was shown: foreign
    signals, and the look-alikes among ``exposed_to`` (outlier exposure, Hendrycks 2019).
    """

    neighbours: Annotated[int, Field(ge=1)]
    threshold: Annotated[float, Field(gt=0)]
    false_alarm_rate: Annotated[float, Field(gt=0, lt=1)]
    """Share of held-out training windows that lie beyond the threshold."""
    oddness_threshold: float
    oddness_false_alarm_rate: Annotated[float, Field(gt=0, lt=1)]
    """Share of held-out training windows that are odder than the threshold."""
    exposed_to: tuple[str, ...]


class Check(Section):
    """When an answer is refused because the window may be a look-alike of one kind.

    It may be when its trees, which see nothing but the ``marks``, score above the threshold of the
    answer, and every mark that has limits lies within them.
    """

    kind: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")]
    marks: tuple[str, ...]
    """Columns that its trees see."""
    limits: dict[str, tuple[float, float]]
    """Column → the lowest and highest value with which the check may speak."""
    thresholds: dict[str, float]
    """Answer that it may refuse → score, as log odds, from where on it does."""
    false_alarm_rates: dict[str, Annotated[float, Field(gt=0, lt=1)]]
    """Answer → share of the class's held-out training windows that score above the threshold."""


class RateLimit(Section):
    """What a slowly sampled signal cannot tell any more."""

    below_hz: float
    classes: tuple[str, ...]
    """Classes that are not answered below this rate."""
    dominant_frequency_share: float | None = None
    """They are, when the dominant frequency is at most this share of the sampling rate."""


class Provenance(Section):
    """Where a model comes from."""

    data: str
    """What it was trained on, in words: real or simulated."""
    data_sha256: str
    n_windows: int
    n_groups: int
    seed: int
    git_commit: str | None
    versions: dict[str, str]
    one_axis_share: float | None = None
    """Of motion, the share of windows with one axis only; None of EMG, and in older cards."""


class FeatureDistribution(Section):
    """What a feature is in training windows."""

    edges: tuple[float, ...]
    """Its deciles, first and last percentile, each once."""
    counts: tuple[tuple[Annotated[int, Field(ge=0)], ...], ...]
    """Windows of each class up to each edge, above the last, and, at the end, without a value."""
    ordinary: tuple[float, ...]
    """Stability index that 95 % of stretches of held-out subjects stay below, by their length."""


class AnswerShare(Section):
    """Share of an answer over held-out subjects, and what 95 % of them lie between."""

    mean: float
    low: float
    high: float


class Distribution(Section):
    """What training windows look like, and how much people differ (:mod:`serving.drift`)."""

    stretches: tuple[Annotated[int, Field(ge=1)], ...]
    """Lengths of the stretches, in windows, that the ordinary figures were found on."""
    most_ordinary: tuple[Annotated[int, Field(ge=0)], ...]
    """How many features have shifted at most in 95 % of stretches, by their length."""
    features: dict[str, FeatureDistribution]
    answers: dict[str, AnswerShare]
    """By class, and ``undecided``."""


class Card(Section):
    """Everything about a model but its trees."""

    format: Literal[1] = 1
    name: str
    modality: Modality
    classes: tuple[str, ...]
    columns: tuple[str, ...]
    spec: FeatureSpec
    fingerprint: str
    calibration: Calibration
    conformal: Conformal
    novelty: Novelty
    checks: tuple[Check, ...] = ()
    """Empty too in cards written before there were any."""
    rate_limits: tuple[RateLimit, ...]
    provenance: Provenance
    metrics: dict[str, Any]
    """Figures with the validation scheme and the data that they hold for."""
    distribution: Distribution | None = None
    """None where no subject has windows enough, and in cards written before there was one."""
    intended_use: str = INTENDED_USE
