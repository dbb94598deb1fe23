"""Simulation: how many sites, people and recordings, and what of them counts as visible."""

from typing import Annotated

from pydantic import Field

from features import Modality, Section
from features.spec import PositiveFloat
from training.config import Count, Share
from training.simulate.visibility import Visibility


class Population(Section):
    """A set of people: drawn from a seed of its own, so that no site or person is in two sets."""

    seed: int
    sites: Count
    people_per_site: Count
    recordings: dict[str, Annotated[int, Field(ge=0)]]
    """Kind of recording → how many of it each person gives."""


class Simulation(Section):
    """Everything that ``simulate`` depends on, beside the physiology."""

    duration_s: PositiveFloat
    between_share: Share
    """Share of a parameter's variance that lies between people, not between recordings of one."""
    electrode_share: Share
    """The same of what electrodes see, which are put on anew each time."""
    populations: dict[str, Population]
    visibility: dict[Modality, Visibility]
