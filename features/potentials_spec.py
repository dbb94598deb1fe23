"""PotentialSpec: every number that decides what counts as one potential in a long EMG.

The values were chosen on the simulated people that models are trained on; ``make bench-records``
reports on others.
"""

from typing import Annotated, Self

from pydantic import Field, model_validator

from features.spec import Fraction, PositiveFloat, Section

Count = Annotated[int, Field(ge=1)]


class Finding(Section):
    """From energy to candidates."""

    lags_s: tuple[PositiveFloat, PositiveFloat] = (0.002, 0.004)
    """Lags of the Teager-Kaiser energy x[t]^2 - x[t - lag] x[t + lag], which are added up. A lag of
    one sample answers best to noise near the Nyquist frequency; these two answer to what surface
    potentials hold (50-200 Hz), and hardly to what is slower."""
    smoothing_s: PositiveFloat = 0.012
    """Half length of the Hann taper that the energy is averaged with, about that of a potential."""
    fine_smoothing_s: PositiveFloat = 0.004
    """The same where the potentials of a doublet are told apart."""
    block_s: PositiveFloat = 0.05
    """Energy is compared with its maxima over blocks of this length. Unlike the median energy, they
    know of the tails of a noise that is not Gaussian."""
    step_s: PositiveFloat = 0.5
    """The level is computed this often and is linear in between; a whole number of blocks."""
    around_s: PositiveFloat = 2.0
    """The level is the median of the maxima from this long before to this long after. So it follows
    drifting noise, and events in fewer than half of the blocks do not move it."""
    least_share: Fraction = 0.25
    """This share of the blocks around must be there (not missing), or nothing can be said."""
    on_ratio: PositiveFloat = 6.0
    """The energy of a potential reaches this multiple of the level."""
    faint_ratio: PositiveFloat = 3.0
    """What reaches this multiple only is no potential, but counts as a member of a train or group:
    a regular beat is no less regular where noise hides a part of it."""
    off_ratio: PositiveFloat = 1.0
    """A candidate lasts no longer than the energy stays above this multiple."""
    silence: Fraction = 1e-4
    """The level is at least this share of the largest energy around: in digital silence, what rings
    after a potential is none."""
    guard_s: PositiveFloat = 0.05
    """Nothing is sought this close to a gap."""


class Separating(Section):
    """When one candidate is two potentials: a doublet, 10 to 110 ms apart (Kleine 2012)."""

    apart_s: PositiveFloat = 0.009
    """Two peaks of the fine energy are closer than this in one potential of several phases."""
    valley: Fraction = 0.6
    """Between two potentials the fine energy falls below this share of the smaller peak."""
    smallest: Fraction = 0.15
    """A second potential has this share of the energy of the first at the least."""
    repeated_s: PositiveFloat = 0.035
    """Peaks closer than this may be the phases of one long potential, unless the one repeats the
    other: a doublet is the same motor unit twice."""
    compared_s: PositiveFloat = 0.016
    """So much before the valley is looked for after it..."""
    repeat_correlation: Fraction = 0.8
    """... and found from this correlation on."""


class Measuring(Section):
    """Where a potential begins and ends, and what is kept of its shape."""

    foot: Fraction = 0.1
    """A potential lasts while it reaches this share of its peak..."""
    foot_noise: PositiveFloat = 2.0
    """... and this multiple of the deviation of the noise around, whichever is more."""
    pause_s: PositiveFloat = 0.01
    """It has ended when it does not for this long."""
    snippet_s: PositiveFloat = 0.016
    """Half length of the shape around the peak."""
    lag_s: PositiveFloat = 0.009
    """Shapes are compared at lags up to this one: noise moves the peak, and makes now the one and
    now the other of two phases the larger, which are up to 8 ms apart."""


class Refusing(Section):
    """What is no event, though it stands out."""

    shortest_s: PositiveFloat = 0.003
    """A motor unit's potential lasts 2.8 ms at the least (de Carvalho & Swash 2013)."""
    longest_s: PositiveFloat = 0.08
    """What lasts longer is activity: 8-35 ms on the skin, and a late component up to 15 ms on."""
    slowest: PositiveFloat = 1.3
    """The Teager-Kaiser energy over the power: 1.3 of a sinusoid of 31 Hz. What is slower is the
    heart, or a cable that moves; potentials on the skin reach 1.6, evoked responses 2."""
    crowd_s: PositiveFloat = 0.5
    """Half length of the surroundings in which activity is sought..."""
    crowd_share: Fraction = 0.35
    """... which is there when this share of them..."""
    crowd_energy: Fraction = 0.3
    """... has this share of the candidate's energy..."""
    crowd_ratio: PositiveFloat = 1.5
    """... and exceeds this multiple of the level. An interference pattern and a hum that sets in go
    on; single potentials leave silence between them."""
    artefact_correlation: Fraction = 0.96
    """What correlates this well with the answer of the band-pass to a step or a single deviant
    sample is an electrode that lost touch."""
    artefact_half_s: PositiveFloat = 0.03
    artefact_lag_s: PositiveFloat = 0.014
    """Over this half length, at lags up to this one from the peak."""


class Train(Section):
    """What makes alike potentials in a row a regular train."""

    least: Count
    """Members at the least."""
    tolerance: Fraction
    """No interval differs by more than this share from their median; one may be twice as long: a
    member that was missed."""
    slowest_s: PositiveFloat
    """The longest period."""


class Repeating(Section):
    """When two shapes are alike, and when alike shapes come in a regular train."""

    share: Fraction = 0.25
    """Two shapes are alike when the energy of their difference is below this share of their own
    (the geometric mean; a correlation of 0.875 where they are of one size)..."""
    noise_margin: PositiveFloat = 1.5
    """... beyond this multiple of what the noise of both gives."""
    steady: Train = Train(least=7, tolerance=0.2, slowest_s=1.5)
    """The heart beats at 0.7-3 Hz with a variation of 0.01-0.1, a motor unit that fires on its own
    at 1.3-18 Hz with 0.01-0.06, a lamp at 100 Hz with none. The intervals of fasciculations vary by
    0.8 to 2, so that six this even are next to impossible. Beyond the slowest heart, chance makes
    trains too."""
    held: Train = Train(least=10, tolerance=0.5, slowest_s=0.25)
    """A motor unit that is held above 4/s is at work; its intervals vary by 0.1 to 0.25, and no
    fasciculation keeps such a pace."""
    around_s: PositiveFloat = 9.0
    """How far the other members of a potential's train may lie, and what tells of groups."""
    group_s: PositiveFloat = 0.15
    """A potential with two others this close is one of a group, whatever their shapes..."""
    group_share: Fraction = 0.5
    """... and where this share of what stands out around is in groups..."""
    group_least: Count = 10
    """... of so many, none of it is an event. Fasciculations are single, some 4 % are doublets;
    motor units that fire in bursts of three and more (myokymia), and a device that switches with
    the mains, are another thing."""
    group_ratio: Annotated[float, Field(ge=1)] = 3.0
    """Only what differs in amplitude by less than this factor is counted together."""


class Heart(Section):
    """When candidates are beats of a heart that hardly stands out."""

    half_s: PositiveFloat = 0.016
    """Half length of what is compared."""
    around_s: PositiveFloat = 9.0
    """How far beats are followed."""
    least: Fraction = 0.5
    """Beats differ in size by less than a factor of one over this..."""
    correlation: Fraction = 0.6
    """... and correlate so well, noise included."""
    gap_s: PositiveFloat = 0.2
    """Of answers closer than this the first is the beat: a heart is refractory for longer."""
    fastest_s: PositiveFloat = 0.4
    slowest_s: PositiveFloat = 1.5
    """Periods of hearts at rest, 40-150/min."""
    tolerances: tuple[Fraction, ...] = (0.05, 0.15)
    """A beat comes within one of these shares of the period from when it is due: a steady heart,
    and one that follows the breath."""
    share: Fraction = 0.7
    """So many of the steps hit..."""
    fewest: Annotated[int, Field(ge=3)] = 6
    """... of so many beats at the least..."""
    chance: Fraction = 1e-5
    """... and so many would by chance no more often than this."""
    before_s: PositiveFloat = 0.04
    after_s: PositiveFloat = 0.12
    """What lies this close around a beat is a part of it (80-100 ms and some ringing)..."""
    ratio: Annotated[float, Field(ge=1)] = 2.5
    """... unless it is larger than the beat by more than this factor."""


class PotentialSpec(Section):
    """How potentials are found, told apart, measured, and what is none."""

    finding: Finding = Finding()
    separating: Separating = Separating()
    measuring: Measuring = Measuring()
    refusing: Refusing = Refusing()
    repeating: Repeating = Repeating()
    heart: Heart = Heart()

    @model_validator(mode="after")
    def _check_blocks(self) -> Self:
        blocks = self.finding.step_s / self.finding.block_s
        if abs(blocks - round(blocks)) > 1e-6 or blocks < 1:
            raise ValueError("finding.step_s must be a whole number of finding.block_s")
        return self

    @property
    def context_s(self) -> float:
        """How far around a potential the signal is looked at: nothing beyond changes what is said.

        A beat may be one of a chain that reaches ``heart.around_s`` to either side of any of its
        members, and a member of a group is like others ``repeating.around_s`` away; each member's
        level reaches as far again as ``finding.around_s`` and a step of its grid, and its shape and
        smoothing less than a second.
        """
        finding = self.finding.around_s + self.finding.step_s
        return max(2 * self.heart.around_s, 2 * self.repeating.around_s) + finding + 1.0
