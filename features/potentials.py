"""Potentials: single events in an EMG of any length, such as fasciculations give.

::

    conditioned signal ─▶ energy ─▶ candidates ─▶ gates ─▶ potentials
                            │           ▲
                            └─▶ level ──┘  (local, follows the noise)

A candidate stands out of the noise around it (:mod:`features.potentials_candidates`). It is no
potential when it is

- too short, too long or too slow, or amid ongoing activity: a contraction, or a hum that sets in;
- what the band-pass leaves of a step or a single deviant sample: an electrode that lost touch;
- a member of a regular train of alike shapes: the heart, something that runs with the mains, or a
  motor unit that fires steadily. One that is held above 4/s is at work; one that fires on its own
  at an even, slower pace is a discharge of another kind; what fasciculates is irregular;
- a beat of a heart that hardly stands out (:mod:`features.potentials_heart`), or with one;
- in a group of three or more, or like one that is, where groups prevail.

What is said of a potential depends on :attr:`PotentialSpec.context_s` around it and on nothing
else, so a signal can be looked at in pieces that overlap by as much.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.kernels import kernel
from features.potentials_candidates import Candidates, find_candidates
from features.potentials_energy import Energy, energy_of
from features.potentials_groups import in_groups
from features.potentials_heart import in_heartbeats
from features.potentials_repeats import in_trains
from features.potentials_spec import PotentialSpec

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

POTENTIAL_SPEC = PotentialSpec()
"""The values in use."""

GATES = ("missing", "duration", "slow", "artefact", "train", "heart", "activity", "group", "faint")
"""Why a candidate is no potential: the first that holds."""


@dataclass(frozen=True, eq=False)
class Potentials:
    """What stands out of a signal, in order of time; arrays of shape (n_candidates,).

    ``candidates`` says where and how large each is, ``shapes`` (n_candidates, n_samples) what it
    looks like around its peak, ``gate`` why it is no potential: an index into :data:`GATES`, or -1
    for a potential.
    """

    candidates: Candidates
    shapes: Array
    gate: Index

    def __len__(self) -> int:
        return len(self.gate)

    @property
    def passed(self) -> Mask:
        """Which candidates are potentials."""
        passed: Mask = self.gate < 0
        return passed


def shape_lag(rate_hz: float, spec: PotentialSpec) -> int:
    """Return by how many samples shapes are moved when they are compared."""
    return round(spec.measuring.lag_s * rate_hz)


def find_potentials(
    samples: Array, missing: Mask, rate_hz: float, artefacts: Array, spec: PotentialSpec
) -> Potentials:
    """Find the potentials of one conditioned channel.

    Parameters
    ----------
    samples : ndarray, shape (n_samples,)
        In the band of surface EMG, finite; the first one lies at a multiple of
        ``spec.finding.step_s`` from the start of the recording.
    missing : ndarray, shape (n_samples,)
        Where nothing was recorded: nothing is found there nor close by.
    artefacts : ndarray, shape (n_shapes, n_artefact_samples)
        As :func:`~features.potentials_artefacts.artefact_shapes` gives them.
    """
    guarded = _widened(missing, round(spec.finding.guard_s * rate_hz))
    energy = energy_of(samples, guarded, rate_hz, spec.finding)
    found = find_candidates(samples, energy, rate_hz, spec)
    half = round(spec.measuring.snippet_s * rate_hz) + shape_lag(rate_hz, spec)
    shapes = _cut(samples, found.peak, half)
    clear = found.strength > spec.finding.on_ratio
    touching = _touching(guarded, found.start, found.stop)
    unlike = _unlike(samples, found, clear, energy.lags, artefacts, rate_hz, spec)
    activity = _amid_activity(energy, found.peak, rate_hz, spec)
    left = np.flatnonzero(~np.any((touching, *unlike), axis=0))
    train, heart, group = _repeating(samples, found, shapes, left, activity, rate_hz, spec)
    gates = (touching, *unlike, train, heart, activity, group, ~clear)
    gate = np.full(len(found), -1, dtype=np.int64)
    for number in reversed(range(len(gates))):
        gate[gates[number]] = number
    return Potentials(found, shapes, gate)


def _unlike(
    samples: Array,
    found: Candidates,
    clear: Mask,
    lags: Index,
    artefacts: Array,
    rate_hz: float,
    spec: PotentialSpec,
) -> tuple[Mask, Mask, Mask]:
    """Tell which candidates are too short or long, too slow, and what an electrode does."""
    refusing = spec.refusing
    duration_s = (found.stop - found.start) / rate_hz
    half = round(spec.measuring.snippet_s * rate_hz) + shape_lag(rate_hz, spec)
    quickness = _quickness(samples, found.peak, half, lags)
    reach = round(refusing.artefact_lag_s * rate_hz)
    likeness = np.zeros(len(found))
    likeness[clear] = _likeness(samples, found.peak[clear], artefacts, reach)
    return (
        (duration_s < refusing.shortest_s) | (duration_s > refusing.longest_s),
        quickness < refusing.slowest,
        likeness > refusing.artefact_correlation,
    )


def _amid_activity(energy: Energy, peak: Index, rate_hz: float, spec: PotentialSpec) -> Mask:
    """Tell which candidates have too much about as strong around them."""
    refusing = spec.refusing
    crowding = _crowding(
        energy.coarse,
        energy.level,
        peak,
        round(refusing.crowd_s * rate_hz),
        round(spec.measuring.snippet_s * rate_hz),
        refusing.crowd_energy,
        refusing.crowd_ratio,
    )
    amid: Mask = crowding > refusing.crowd_share
    return amid


def _repeating(
    samples: Array,
    found: Candidates,
    shapes: Array,
    left: Index,
    activity: Mask,
    rate_hz: float,
    spec: PotentialSpec,
) -> tuple[Mask, Mask, Mask]:
    """Tell which of the candidates that are left are in trains, in heartbeats, and in groups."""
    lag, repeating = shape_lag(rate_hz, spec), spec.repeating
    peak, amplitude, noise = found.peak, found.amplitude, found.noise
    train, heart, group = np.zeros((3, len(found)), dtype=np.bool_)
    train[left] = in_trains(peak[left], shapes[left], noise[left], lag, rate_hz, repeating)
    left = left[~activity[left]]  # a hum says nothing of groups nor of hearts
    group[left] = in_groups(
        peak[left], amplitude[left], shapes[left], noise[left], lag, rate_hz, repeating
    )
    left = left[~train[left]]
    heart[left] = in_heartbeats(samples, peak[left], amplitude[left], rate_hz, spec.heart)
    return train, heart, group


def _widened(mask: Mask, by: int) -> Mask:
    """Return a mask with so many samples more at both ends of each run."""
    if not mask.any():
        return mask
    edges = np.diff(np.concatenate(([0], mask.astype(np.int8), [0])))
    change = np.zeros(len(mask) + 1, dtype=np.int64)
    np.add.at(change, np.maximum(np.flatnonzero(edges == 1) - by, 0), 1)
    np.add.at(change, np.minimum(np.flatnonzero(edges == -1) + by, len(mask)), -1)
    widened: Mask = np.cumsum(change[:-1]) > 0
    return widened


def _touching(mask: Mask, start: Index, stop: Index) -> Mask:
    """Tell which stretches hold a sample of a mask."""
    before = np.concatenate(([0], np.cumsum(mask)))
    touching: Mask = before[stop] > before[start]
    return touching


def _cut(x: Array, peak: Index, half: int) -> Array:
    """Return the pieces around the peaks, zero beyond the ends, (n_peaks, 2 * half + 1)."""
    padded = np.pad(x, half)
    pieces: Array = padded[peak[:, None] + np.arange(2 * half + 1)]
    return pieces


@kernel
def _crowding(
    energy: Array, level: Array, peak: Index, half: int, near: int, share: float, ratio: float
) -> Array:  # pragma: no cover (compiled)
    """Return the share of each candidate's surroundings that is about as strong as it is."""
    n = len(energy)
    result = np.empty(len(peak))
    for i in range(len(peak)):
        at = peak[i]
        highest = 0.0
        for t in range(max(0, at - near), min(n, at + near + 1)):
            highest = max(highest, energy[t])
        least = max(share * highest, ratio * level[at])
        count = 0
        for t in range(max(0, at - half), min(n, at + half)):
            count += energy[t] > least
        result[i] = count / (2.0 * half)
    return result


@kernel
def _quickness(
    x: Array, peak: Index, half: int, lags: Index
) -> Array:  # pragma: no cover (compiled)
    """Return the Teager-Kaiser energy around each peak over its power: high where it is quick."""
    n = len(x)
    result = np.empty(len(peak))
    for i in range(len(peak)):
        energy = power = 0.0
        for t in range(max(0, peak[i] - half), min(n, peak[i] + half + 1)):
            for lag in lags:
                if lag <= t < n - lag:
                    energy += x[t] * x[t] - x[t - lag] * x[t + lag]
            power += x[t] * x[t]
        result[i] = energy / power
    return result


@kernel
def _likeness(
    x: Array, peak: Index, artefacts: Array, reach: int
) -> Array:  # pragma: no cover (compiled)
    """Return the highest correlation of each candidate with an artefact, either side up."""
    n = artefacts.shape[1]
    result = np.zeros(len(peak))
    for i in range(len(peak)):
        for first in range(peak[i] - n // 2 - reach, peak[i] - n // 2 + reach + 1):
            if first < 0 or first + n > len(x):
                continue
            power = 0.0
            for t in range(n):
                power += x[first + t] * x[first + t]
            for shape in artefacts:
                product = 0.0
                for t in range(n):
                    product += shape[t] * x[first + t]
                result[i] = max(result[i], abs(product) / np.sqrt(power))
    return result
