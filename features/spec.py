"""FeatureSpec: every number that changes the value of a feature, and its fingerprint.

Nothing that moves a value lives anywhere else, so two specs with one fingerprint compute the same.
"""

import hashlib
import json
from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from features.modality import MODALITIES, Modality

PositiveFloat = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Band = tuple[PositiveFloat, PositiveFloat]
BandName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")]
"""A band names a column, in which two underscores mean something."""


class Section(BaseModel):
    """A part of a configuration: immutable, no coercion, no unknown key."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class Conditioning(Section):
    """How a raw window becomes a conditioned one (:mod:`features.conditioning`)."""

    highpass_hz: PositiveFloat
    """Half-amplitude edge of the zero-phase high-pass; for motion it removes gravity and drift."""
    lowpass_hz: PositiveFloat
    order: Annotated[int, Field(ge=1, le=8)]
    padding_s: PositiveFloat
    """Mirror extension at both ends, so that edges do not ring."""
    mains_hz: tuple[PositiveFloat, ...] = ()
    """Mains frequencies whose lines, and their multiples, are looked for and subtracted."""
    mains_prominence: PositiveFloat = 30.0
    """A line is subtracted when its power exceeds this multiple of its surroundings."""


class Rhythm(Section):
    """The slow signal in which rhythms are sought (:attr:`features.signals.Signals.rhythm`)."""

    rate_hz: PositiveFloat
    """Rate of the envelope of a surface EMG; of motion, the rate of the signal itself."""
    band_hz: Band
    """Where the dominant line is sought."""
    line_half_width_hz: PositiveFloat
    """Power within this distance of the line belongs to it."""
    cycle_half_width_hz: PositiveFloat
    """Half width of the band around the line in which cycles are counted."""
    cycle_floor: Fraction
    """A cycle counts while the envelope exceeds this fraction of its peak."""


class Bursts(Section):
    """Rhythmic bursts: envelope with a dual threshold (:mod:`features.bursts`)."""

    smoothing_s: PositiveFloat
    floor_percentile: Annotated[float, Field(gt=0, lt=100)]
    top_percentile: Annotated[float, Field(gt=0, lt=100)]
    on_fraction: Fraction
    off_fraction: Fraction
    minimum_contrast: Annotated[float, Field(ge=1)]
    """Top over floor below which a window is said to have no bursts at all."""
    minimum_on_s: PositiveFloat
    minimum_off_s: PositiveFloat
    snippet_s: PositiveFloat
    """Half length of the piece around a burst's peak on which shapes are compared, of an EMG: a
    volley of a reflex, and little else."""
    lag_s: PositiveFloat
    """By how much a piece is moved to fit the other: a burst is the highest where noise has it."""

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.floor_percentile >= self.top_percentile:
            raise ValueError("floor_percentile must be below top_percentile")
        if self.off_fraction > self.on_fraction:
            raise ValueError("off_fraction must not exceed on_fraction")
        return self


class Events(Section):
    """Brief events: Teager-Kaiser energy over a noise-responsive threshold."""

    smoothing_s: PositiveFloat
    on_ratio: PositiveFloat
    """An event reaches this multiple of the median energy of its window."""
    off_ratio: PositiveFloat
    """It lasts while the energy stays above this multiple."""
    merge_s: PositiveFloat
    minimum_s: PositiveFloat
    brief_s: PositiveFloat
    """Longer events are activity, not twitches."""
    snippet_s: PositiveFloat
    """Half length of the piece around the peak on which shapes are compared."""
    isolation_s: PositiveFloat
    doublet_s: Band

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.off_ratio > self.on_ratio:
            raise ValueError("off_ratio must not exceed on_ratio")
        if self.doublet_s[0] >= self.doublet_s[1]:
            raise ValueError("doublet_s: the shorter interval must come first")
        return self


class Quality(Section):
    """When a window cannot be used (:mod:`features.quality`)."""

    flat_fraction: Fraction
    """Share of unchanged samples from which a window is ``flat``."""
    clipped_fraction: Fraction
    clipped_range: Annotated[float, Field(ge=0)]
    """A channel that ranges over less than this has met no limit; in the modality's own unit.

    Motion sensors end at 1.5 g or 125 deg/s at the least, of which gravity takes one g: whoever
    gets there has moved by more than half a g. Amplifiers of EMG may end anywhere.
    """
    mains_fraction: Fraction


class FeatureSpec(Section):
    """Everything that changes the value of a feature of one modality."""

    modality: Modality
    window_s: PositiveFloat
    sampling_rate_hz: PositiveFloat
    """Canonical rate; windows of another rate are resampled to it."""
    conditioning: Conditioning
    spectrum_segment_s: PositiveFloat
    """Length of a Welch segment; frequency resolution is its inverse."""
    tonality_band_hz: PositiveFloat | None = None
    """Width of the bands within which lines stand out of the spectrum; of an EMG only."""
    bands_hz: Annotated[dict[BandName, Band], Field(min_length=1)]
    """Named bands: each gives one column of every feature that has a band as its argument."""
    rhythm_bands_hz: dict[BandName, Band] = {}
    """Bands of the envelope of a surface EMG."""
    rhythm: Rhythm
    bursts: Bursts
    events: Events
    quality: Quality

    @model_validator(mode="after")
    def _check_bands(self) -> Self:
        for where, (low, high), limit_hz in self._bands():
            if low >= high:
                raise ValueError(f"{where} is {low:g}-{high:g} Hz; the lower edge must come first")
            if high > limit_hz:
                raise ValueError(
                    f"{where} reaches {high:g} Hz, above the Nyquist frequency {limit_hz:g} Hz"
                )
        if self.spectrum_segment_s > self.window_s / 2:
            raise ValueError("spectrum_segment_s must be at most half of window_s")
        return self

    @model_validator(mode="after")
    def _check_modality(self) -> Self:
        if self.modality != "emg":
            if self.rhythm.rate_hz != self.sampling_rate_hz:
                raise ValueError(
                    "rhythm.rate_hz must equal sampling_rate_hz: motion is not averaged"
                )
            if self.conditioning.mains_hz:
                raise ValueError("conditioning.mains_hz is for emg only")
            if self.tonality_band_hz is not None:
                raise ValueError("tonality_band_hz is for emg only")
            return self
        narrowest_hz, widest_hz = 2 / self.window_s, self.conditioning.lowpass_hz
        if not narrowest_hz <= (self.tonality_band_hz or 0.0) <= widest_hz:
            raise ValueError(
                f"tonality_band_hz must lie between {narrowest_hz:g} Hz, two lines of the spectrum"
                f" of a window, and {widest_hz:g} Hz, where the low-pass begins"
            )
        if not self.rhythm_bands_hz:
            raise ValueError("rhythm_bands_hz must name at least one band of the envelope")
        block = self.sampling_rate_hz / self.rhythm.rate_hz
        if block < 1 or block % 1 or self.n_samples % block:
            raise ValueError(
                "sampling_rate_hz must be a multiple of rhythm.rate_hz, and a window a whole number"
                " of its samples"
            )
        return self

    def _bands(self) -> Iterator[tuple[str, Band, float]]:
        """Yield every band with its place in the spec and what its upper edge may reach."""
        nyquist_hz, rhythm_nyquist_hz = self.sampling_rate_hz / 2, self.rhythm.rate_hz / 2
        passband = (self.conditioning.highpass_hz, self.conditioning.lowpass_hz)
        yield "conditioning.highpass_hz/lowpass_hz", passband, nyquist_hz
        yield "rhythm.band_hz", self.rhythm.band_hz, rhythm_nyquist_hz
        for name, band in self.bands_hz.items():
            yield f"bands_hz.{name}", band, nyquist_hz
        for name, band in self.rhythm_bands_hz.items():
            yield f"rhythm_bands_hz.{name}", band, rhythm_nyquist_hz

    @property
    def n_samples(self) -> int:
        """Samples of a conditioned window."""
        return round(self.window_s * self.sampling_rate_hz)

    @property
    def minimum_rate_hz(self) -> float:
        """Slowest sampling rate of this modality."""
        return MODALITIES[self.modality].minimum_rate_hz

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the canonical JSON of this spec, its columns and its features' versions.

        Computed when asked for: pydantic would carry a stored one along into a changed copy.
        """
        from features.catalogue import catalogue, columns  # noqa: PLC0415  (it imports this module)

        content = {
            "spec": self.model_dump(mode="json", exclude_none=True),  # not asked for is not there
            "columns": columns(self),  # in their order, which the spec's JSON does not tell
            "features": {f.name: f.version for f in catalogue(self.modality)},
        }
        text = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()
