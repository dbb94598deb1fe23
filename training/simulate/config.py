"""Simulation: how many sites, people and recordings, and what of them counts as visible."""

from typing import Annotated

from pydantic import Field

from features import Modality, Section
from features.spec import PositiveFloat
from training.simulate.visibility import Visibility

Count = Annotated[int, Field(ge=0)]


class Population(Section):
    """A set of people: drawn from a seed of its own, so that no site or person is in two sets."""

    seed: int
    sites: Annotated[int, Field(ge=1)]
    people_per_site: Annotated[int, Field(ge=1)]
    recordings: dict[str, Count]
    """Kind of recording → how many of it each person gives."""


class Simulation(Section):
    """Everything that ``simulate`` depends on, beside the physiology."""

    duration_s: PositiveFloat
    between_share: Annotated[float, Field(gt=0, lt=1)]
    """Share of a parameter's variance that lies between people, not between recordings of one."""
    electrode_share: Annotated[float, Field(gt=0, lt=1)]
    """The same of what electrodes see, which are put on anew each time."""
    populations: dict[str, Population]
    visibility: dict[Modality, Visibility]
