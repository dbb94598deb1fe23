"""Signals: everything that features are computed from, each derived once per batch, when needed.

A feature names what it needs by the names of its parameters, which are the attributes here.
"""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from features.autocorrelation import Recurrence, recurrence
from features.axes import norm, principal_axis
from features.bursts import Bursts, moving_average, rhythmic_bursts
from features.conditioning import Conditioned, condition
from features.cycles import Cycles, find_cycles
from features.events import Events, find_events
from features.moments import Moments, moments
from features.spec import FeatureSpec
from features.spectrum import Line, Spectrum, dominant_line, periodogram, welch
from features.windows import Windows

Array = NDArray[np.float64]


class Signals:
    """The intermediate signals of one batch of windows under one spec."""

    def __init__(self, windows: Windows, spec: FeatureSpec) -> None:
        self.windows = windows
        self.spec = spec

    @cached_property
    def conditioned(self) -> Conditioned:
        """Windows at the canonical rate, without drift and mains."""
        return condition(self.windows, self.spec)

    @cached_property
    def _projection(self) -> tuple[Array, Array]:
        if self.spec.modality == "emg":
            return self.conditioned.samples[:, 0], np.ones((len(self.windows), 1))
        return principal_axis(self.conditioned.samples)

    @cached_property
    def trace(self) -> Array:
        """The channel, or the principal axis of motion, (n_windows, n_samples)."""
        return self._projection[0]

    @cached_property
    def axis_shares(self) -> Array:
        """Share of the variance along each principal direction, (n_windows, n_channels)."""
        return self._projection[1]

    @cached_property
    def norm(self) -> Array:
        """Length of the vector at each sample, (n_windows, n_samples); the magnitude of an EMG."""
        if self.spec.modality == "emg":
            return np.abs(self.trace)
        return norm(self.conditioned.samples)

    @cached_property
    def trace_moments(self) -> Moments:
        """Sums of the trace."""
        return moments(self.trace)

    @cached_property
    def norm_moments(self) -> Moments:
        """Sums of the norm."""
        return moments(self.norm)

    @cached_property
    def rhythm(self) -> Array:
        """The slow signal in which rhythms are sought, (n_windows, n_rhythm_samples).

        Of an EMG the rectified signal, averaged down to the rate of rhythms; of motion the
        principal axis of the band of rhythms.
        """
        if self.spec.modality == "emg":
            block = round(self.spec.sampling_rate_hz / self.spec.rhythm.rate_hz)
            rectified = self.norm.reshape(len(self.norm), -1, block).mean(axis=2)
            centred: Array = rectified - rectified.mean(axis=1, keepdims=True)
            return centred
        return principal_axis(self.conditioned.rhythmic)[0]

    @cached_property
    def rhythm_moments(self) -> Moments:
        """Sums of the rhythm."""
        return moments(self.rhythm)

    @cached_property
    def spectrum(self) -> Spectrum:
        """Welch spectrum of the conditioned signal, summed over channels."""
        conditioned = self.conditioned
        return welch(
            conditioned.samples,
            conditioned.rate_hz,
            self.spec.spectrum_segment_s,
            conditioned.bandwidth_hz,
        )

    @cached_property
    def fine_spectrum(self) -> Spectrum:
        """Spectrum of the conditioned signal, as fine as the length of a window allows."""
        conditioned = self.conditioned
        return welch(
            conditioned.samples, conditioned.rate_hz, self.spec.window_s, conditioned.bandwidth_hz
        )

    @cached_property
    def rhythm_spectrum(self) -> Spectrum:
        """Periodogram in which lines are sought: of the rhythm, or of all axes of motion."""
        if self.spec.modality == "emg":
            rate = self.spec.rhythm.rate_hz
            return periodogram(self.rhythm[:, None], rate, rate / 2)
        conditioned = self.conditioned
        return periodogram(conditioned.samples, conditioned.rate_hz, conditioned.bandwidth_hz)

    @cached_property
    def line(self) -> Line:
        """The dominant line of the rhythm spectrum."""
        rhythm = self.spec.rhythm
        return dominant_line(self.rhythm_spectrum, rhythm.band_hz, rhythm.line_half_width_hz)

    @cached_property
    def cycles(self) -> Cycles:
        """The cycles of the rhythm around its dominant line."""
        rhythm = self.spec.rhythm
        return find_cycles(
            self.rhythm,
            rhythm.rate_hz,
            self.line.frequency_hz,
            rhythm.cycle_half_width_hz,
            rhythm.cycle_floor,
        )

    @cached_property
    def recurrence(self) -> Recurrence:
        """Peaks of the autocorrelation of the rhythm."""
        rhythm = self.spec.rhythm
        return recurrence(self.rhythm, rhythm.rate_hz, rhythm.band_hz)

    @cached_property
    def bursts(self) -> Bursts:
        """Rhythmic bursts in the smoothed norm."""
        rate = self.conditioned.rate_hz
        length = max(1, round(self.spec.bursts.smoothing_s * rate))
        return rhythmic_bursts(moving_average(self.norm, length), rate, self.spec.bursts)

    @cached_property
    def events(self) -> Events:
        """Brief events."""
        conditioned = self.conditioned
        return find_events(conditioned.samples, self.trace, conditioned.rate_hz, self.spec.events)
