"""Parameters of the body and of devices: ranges with their evidence, and how they are drawn.

Every parameter of the simulator lives in ``configs/physiology.yaml`` with its unit, its source and
a letter for the evidence behind it. Values are drawn hierarchically: a person has a level of each
parameter, a recording of that person scatters around it, and the person's share of the variance
dominates, so that a split by subject is as hard as it is in life.
"""

import math
import zlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import FiniteFloat, ValidationError
from scipy.special import ndtr

from features import ConfigError, Section
from training.config import read_yaml

Evidence = Literal["S", "D", "M", "K", "A"]
"""S read in the source; D arithmetic from S; M measured; K recalled, not re-read; A assumption."""


class Parameter(Section):
    """A range to draw from, its median, and why it is believed."""

    low: FiniteFloat
    high: FiniteFloat
    typical: FiniteFloat
    unit: str
    evidence: Evidence
    source: str
    note: str = ""
    scale: Literal["linear", "log"] = "linear"

    def quantile(self, u: float) -> float:
        """Return the value below which a share ``u`` of all draws lie.

        Half of the draws lie below ``typical``, half above, evenly spread to the limits (evenly in
        the logarithm when ``scale`` is log).
        """
        low, middle, high = self.low, self.typical, self.high
        if self.scale == "log":
            low, middle, high = math.log(low), math.log(middle), math.log(high)
        value = low + (middle - low) * 2 * u if u < 0.5 else middle + (high - middle) * (2 * u - 1)
        value = math.exp(value) if self.scale == "log" else value
        return min(max(value, self.low), self.high)


class Physiology(Mapping[str, Parameter]):
    """All parameters by dotted name, such as ``tremor.parkinsonian_rest.frequency``."""

    def __init__(self, parameters: Mapping[str, Parameter]) -> None:
        self._parameters = dict(parameters)

    def __getitem__(self, name: str) -> Parameter:
        return self._parameters[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parameters)

    def __len__(self) -> int:
        return len(self._parameters)

    @classmethod
    def load(cls, path: Path) -> "Physiology":
        """Read a YAML file of nested groups of parameters, refusing what is not in order."""
        leaves = _leaves(read_yaml(path), (), path.name)
        return cls({name: _checked(fields, f"{path.name}: {name}") for name, fields in leaves})


def _leaves(
    node: object, names: tuple[str, ...], file: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the dotted name and the fields of each parameter below a node."""
    if not isinstance(node, dict):
        raise ConfigError(
            f"{file}: {'.'.join(names) or 'the file'} must be a group of parameters, or a parameter"
            " with low, high, typical, unit, evidence and source"
        )
    if "unit" in node or "evidence" in node:
        yield ".".join(names), node
        return
    for key, child in node.items():
        yield from _leaves(child, (*names, str(key)), file)


def _checked(fields: dict[str, Any], where: str) -> Parameter:
    # YAML writes 5.0 as 5, and strict validation would refuse it; True is an int too.
    exact = {k: float(v) if type(v) is int else v for k, v in fields.items()}
    try:
        parameter = Parameter.model_validate(exact)
    except ValidationError as error:
        detail = error.errors()[0]
        key = ".".join(str(part) for part in detail["loc"])
        raise ConfigError(f"{where}: {key}: {detail['msg']}") from error
    if not parameter.low <= parameter.typical <= parameter.high:
        raise ConfigError(f"{where}: typical must lie between low and high")
    if parameter.scale == "log" and parameter.low <= 0:
        raise ConfigError(f"{where}: a log scale needs a positive low")
    return parameter


class Draws:
    """The draws of one recording: levels of its person, scattered from recording to recording.

    ``between_share`` of a parameter's variance lies between people; ``electrode_share`` is the same
    of what electrodes see, which are put on anew, over another part of a muscle.

    Calling it with a parameter's name gives a value. What a person's level is depends on the
    person's seed and the name alone, never on what was drawn before.
    """

    def __init__(
        self,
        physiology: Physiology,
        *,
        person_seed: int,
        recording_seed: int,
        between_share: float,
        electrode_share: float | None = None,
    ) -> None:
        self.physiology = physiology
        self.person_seed = person_seed
        self.rng = np.random.default_rng(recording_seed)
        self.between_share = between_share
        self.electrode_share = between_share if electrode_share is None else electrode_share

    def __call__(self, name: str) -> float:
        """Draw a value: the person's level plus the recording's scatter, within the limits."""
        share = self.electrode_share if is_of_electrodes(name) else self.between_share
        z = math.sqrt(share) * _level(self.person_seed, name)
        z += math.sqrt(1 - share) * self.rng.normal()
        return self.physiology[name].quantile(float(ndtr(z)))

    def level(self, name: str) -> float:
        """Return the person's own level, the same in each of that person's recordings."""
        return self.physiology[name].quantile(float(ndtr(_level(self.person_seed, name))))

    def fresh(self, name: str) -> float:
        """Draw a value that owes nothing to the person, as for each single event."""
        return self.physiology[name].quantile(float(self.rng.uniform()))

    def chance(self, probability: float) -> bool:
        """Return True with a probability."""
        return bool(self.rng.uniform() < probability)


_ELECTRODE_ARTEFACTS = ("artefacts.ecg", "artefacts.electrode", "artefacts.motion_artefact")


@lru_cache(maxsize=512)
def is_of_electrodes(name: str) -> bool:
    """Tell whether a parameter says what electrodes see where they are this time."""
    return "emg" in name or name.startswith(_ELECTRODE_ARTEFACTS)


@lru_cache(maxsize=4096)
def _level(person_seed: int, name: str) -> float:
    """Return how far a person lies from the middle of a parameter, in standard deviations."""
    key = zlib.crc32(name.encode())
    return float(np.random.default_rng([person_seed, key]).normal())
