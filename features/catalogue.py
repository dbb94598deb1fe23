"""The catalogue: every feature there is, in the order of its columns."""

from functools import lru_cache

from features import (
    burst_features,
    event_features,
    rhythm_features,
    spectrum_features,
    time_features,
)
from features.feature import Feature
from features.modality import Modality
from features.spec import FeatureSpec

FAMILIES = {
    "rhythm": rhythm_features,
    "spectrum": spectrum_features,
    "bursts": burst_features,
    "events": event_features,
    "time": time_features,
}
"""Family → the module that declares its features."""


@lru_cache(maxsize=8)
def catalogue(modality: Modality) -> tuple[Feature, ...]:
    """Return the features of a modality, by family and in order of declaration."""
    return tuple(
        entry
        for module in FAMILIES.values()
        for entry in vars(module).values()
        if isinstance(entry, Feature) and modality in entry.modalities
    )


def columns(spec: FeatureSpec) -> tuple[str, ...]:
    """Return the names of all columns under a spec."""
    return tuple(column for entry in catalogue(spec.modality) for column in entry.columns(spec))


def title_of(column: str, spec: FeatureSpec) -> str:
    """Return what a person reads for a column, such as ``share of power (tremor)``."""
    name, _, argument = column.partition("__")
    titles = {entry.name: entry.title for entry in catalogue(spec.modality)}
    return f"{titles[name]} ({argument})" if argument else titles[name]
