"""What the semi-real sets are made of: ``configs/semireal.yaml``."""

from typing import Annotated, Generic, Literal, Self, TypeVar

from pydantic import AfterValidator, Field, model_validator

from features import Section
from features.spec import Fraction, PositiveFloat
from training.config import Count

Part = Literal["train", "test"]
PARTS: tuple[Part, ...] = ("train", "test")

_T = TypeVar("_T", str, int)
Index = Annotated[int, Field(ge=0)]


def _increasing(limits: tuple[float, float]) -> tuple[float, float]:
    if not limits[0] <= limits[1]:
        raise ValueError(f"the first limit, {limits[0]:g}, must not exceed the second")
    return limits


Shares = Annotated[tuple[Fraction, Fraction], AfterValidator(_increasing)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Range = Annotated[tuple[PositiveFloat, PositiveFloat], AfterValidator(_increasing)]
RangeFromZero = Annotated[tuple[NotNegative, NotNegative], AfterValidator(_increasing)]


class Parts(Section, Generic[_T]):
    """What the two parts of a set are made from, none of it in both."""

    train: Annotated[tuple[_T, ...], Field(min_length=1)]
    test: Annotated[tuple[_T, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _check_apart(self) -> Self:
        both = sorted(set(self.train) & set(self.test))
        if both:
            raise ValueError(f"{both[0]} is in train and in test; parts must be apart")
        return self

    def of(self, part: Part) -> tuple[_T, ...]:
        """Return what a part is made from."""
        return self.train if part == "train" else self.test


People = Parts[str]
"""Groups of data sets, ``<set>/<person>``."""
Indices = Parts[Index]
"""Motor units, or columns of electrodes."""


class Stretches(Section):
    """Which stretches of real EMG are taken."""

    shortest_s: PositiveFloat
    margin_s: NotNegative
    most_spikes_per_s: NotNegative | None = None
    """More single potentials than this, and it is not taken; None for no limit."""
    most_per_person: Count
    people: People


class FasciculationSet(Section):
    """Single potentials of motor units at irregular times."""

    recordings_per_stretch: Count
    units: Indices
    columns: Indices
    pair_steps: Annotated[tuple[Count, ...], Field(min_length=1)]
    average_half_width_s: PositiveFloat
    half_width_s: PositiveFloat
    taper_s: PositiveFloat
    smallest_clearance: PositiveFloat
    most_units: Count
    rate_hz: Range
    shortest_interval_s: PositiveFloat
    doublet_share: Fraction
    doublet_interval_s: Range
    peak_ratio: Range
    size_cv: NotNegative

    @model_validator(mode="after")
    def _check_intervals(self) -> Self:
        if self.shortest_interval_s * self.rate_hz[1] >= 1.0:
            raise ValueError("shortest_interval_s leaves no room for the highest rate_hz")
        if self.doublet_interval_s[1] >= self.shortest_interval_s:
            raise ValueError("doublet_interval_s must lie below shortest_interval_s")
        return self


class ClonusSet(Section):
    """Responses of a muscle, repeated at the pace of a clonus."""

    recordings_per_stretch: Count
    people: People
    response_s: PositiveFloat
    taper_s: PositiveFloat
    smallest_clearance: PositiveFloat
    smallest_share: Fraction
    frequency_hz: Range
    interval_cv: RangeFromZero
    beat_size_cv: RangeFromZero
    peak_ratio: Range
    start_s: RangeFromZero
    sustained_share: Fraction
    decay_per_s_sustained: RangeFromZero
    decay_per_s_unsustained: Range
    beats_unsustained: tuple[Count, Count]
    pause_s: Range


class TremorSet(Section):
    """Contractions that swell and ebb at the pace of a tremor."""

    contraction: Stretches
    recordings_per_stretch: Count
    frequency_hz: Range
    cycle_frequency_sd_hz: RangeFromZero
    burst_s: Range
    between: Shares
    burst_size_cv: RangeFromZero
    envelope_cv: RangeFromZero
    envelope_period_s: Range
    noise_share: Range


class SemiReal(Section):
    """Everything that the semi-real sets depend on, beside the recordings themselves."""

    seed: Annotated[int, Field(ge=0)]
    rest: Stretches
    fasciculation: FasciculationSet
    clonus: ClonusSet
    tremor: TremorSet
