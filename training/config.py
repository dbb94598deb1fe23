"""Configuration: YAML in, frozen and strict objects out; no default that a file does not show."""

import json
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

import yaml
from pydantic import BaseModel, Field, ValidationError, model_validator

from features import ConfigError, FeatureSpec, Section, columns
from features.spec import PositiveFloat
from serving.card import Pair, RateLimit
from training.datasets.labelled import CLASSES, UNCLEAR
from training.datasets.labelling import Labelling

Share = Annotated[float, Field(gt=0, lt=1)]
Count = Annotated[int, Field(ge=1)]

_M = TypeVar("_M", bound=BaseModel)

_TEXT = "tag:yaml.org,2002:str"

_FAST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""PyYAML's reader in C, ten times as fast, where it was built with it."""


class _Loader(_FAST):  # type: ignore[misc]
    """Keys are text as it stands there, not what YAML takes it for.

    An annotation ``on`` is no truth value, and the recording ``2024-05-01`` no date.
    """

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Take each key for text, but that which merges another mapping."""
        super().flatten_mapping(node)
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                key.tag = _TEXT


class Booster(Section):
    """LightGBM's parameters; the names are LightGBM's own."""

    num_iterations: Count
    learning_rate: PositiveFloat
    num_leaves: Annotated[int, Field(ge=2)]
    min_data_in_leaf: Count
    feature_fraction: Annotated[float, Field(gt=0, le=1)]
    bagging_fraction: Annotated[float, Field(gt=0, le=1)]
    lambda_l2: Annotated[float, Field(ge=0)]
    max_bin: Annotated[int, Field(ge=15, le=255)]


class Search(Section):
    """Hyperparameter search with Optuna, nested inside the folds."""

    enabled: bool
    trials: Count
    inner_folds: Annotated[int, Field(ge=2)]


class Training(Section):
    """How a model is fitted, calibrated and judged."""

    seed: int
    folds: Annotated[int, Field(ge=2)]
    booster: Booster
    search: Search
    conformal_level: Share
    """Share of windows, every class weighing the same, that shall have their own among their
    candidates."""
    candidate_ceiling: Share
    """A class that is at least this probable is a candidate, however rarely the training data
    proves it right: what is served later is less like that data than its own people are."""
    candidate_pairs: tuple[Pair, ...]
    """Classes between which doubt counts earlier."""
    novelty_neighbours: Count
    novelty_prototypes: Count
    novelty_false_alarm_rate: Share
    """Share of ordinary windows that may lie too far from training."""
    oddness_false_alarm_rate: Share
    """Share of ordinary windows that the outlier detector may call unlike training."""
    bootstrap_samples: Count


class Data(Section):
    """Data sets by name, see :mod:`training.datasets.opening`."""

    train: Annotated[tuple[str, ...], Field(min_length=1)]
    test: tuple[str, ...]


class Outliers(Section):
    """What the outlier detector is shown beside the training windows."""

    sets: tuple[str, ...]
    """Data sets by name, of which the windows of ``lookalikes`` are taken and no others."""
    seed: int
    foreign_each: Count
    """Windows of each kind of foreign signal, see :mod:`training.foreign`."""
    lookalikes: tuple[str, ...]
    """Labels that have no class, in ``sets`` or in the training sets; others are kept unseen."""


class KindCheck(Section):
    """How a kind of look-alike is told from the answers that it is confused with."""

    instead_of: Annotated[dict[str, Share], Field(min_length=1)]
    """Class → share of its windows that the check may refuse."""
    marks: Annotated[tuple[str, ...], Field(min_length=1)]
    """Columns that the check sees: what is known to set the kind apart."""
    limits: dict[str, tuple[float, float]]
    """Column → lowest and highest value of the kind; beyond them the check is silent."""


class Checks(Section):
    """Look-alikes that are told from single answers by marks of their own."""

    booster: Booster
    kinds: dict[str, KindCheck]
    """Labels that have no class, in the outliers' sets or the training sets, by their name."""


class ModelConfig(Section):
    """One modality's model: ``configs/<modality>.yaml``."""

    data: Data
    outliers: Outliers
    checks: Checks
    classes: tuple[str, ...]
    features: FeatureSpec
    labelling: Labelling
    rate_limits: tuple[RateLimit, ...]
    training: Training

    @model_validator(mode="after")
    def _check_classes(self) -> Self:
        unknown = sorted(set(self.classes) - set(CLASSES))
        if unknown or len(set(self.classes)) != len(self.classes) or len(self.classes) < 2:
            raise ValueError(f"classes must be two or more different ones of {', '.join(CLASSES)}")
        for where, kinds in (
            ("outliers.lookalikes", self.outliers.lookalikes),
            ("checks.kinds", self.checks.kinds),
        ):
            both = sorted({*self.classes, UNCLEAR} & set(kinds))
            if both:
                raise ValueError(f"{where} must have no class; {', '.join(both)} may be one")
        for pair in self.training.candidate_pairs:
            one, other = pair.classes
            if one == other or not {one, other} <= set(self.classes):
                raise ValueError(
                    f"training.candidate_pairs must name two classes; {one}, {other} are not"
                )
        return self

    @model_validator(mode="after")
    def _check_checks(self) -> Self:
        known = columns(self.features)
        for kind, check in self.checks.kinds.items():
            others = sorted(set(check.instead_of) - set(self.classes))
            if others:
                raise ValueError(
                    f"checks.kinds.{kind}.instead_of must name classes; {', '.join(others)} is none"
                )
            strange = sorted({*check.marks, *check.limits} - set(known))
            if strange:
                raise ValueError(f"checks.kinds.{kind} names no column with {', '.join(strange)}")
        return self

    @property
    def name(self) -> str:
        """Name under which the model is registered."""
        return f"quaver-{self.features.modality}"


def load_config(path: Path, model: type[_M]) -> _M:
    """Read a YAML file into a configuration.

    Raises
    ------
    ConfigError
        Naming the file, the key, and what is wrong with it.
    """
    content = read_yaml(path)
    try:
        # By way of JSON, in which strict validation accepts a list for a tuple and text for a date.
        return model.model_validate_json(json.dumps(content, default=str))
    except ValidationError as error:
        raise ConfigError(f"{path}: {_sentence(error, model)}") from error
    except (ValueError, TypeError, RecursionError) as error:
        raise ConfigError(
            f"{path} holds what no configuration can: a part that holds itself, or a key that is"
            " neither text nor a number"
        ) from error


def read_yaml(path: Path) -> object:
    """Read a YAML file into plain data.

    Raises
    ------
    ConfigError
        Naming the file, when it is not there or not YAML.
    """
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506  (safe)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise ConfigError(f"{path} cannot be read: {reason}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is not YAML: {' '.join(str(error).split())}") from error


def _sentence(error: ValidationError, model: type[BaseModel]) -> str:
    """Say what is wrong with the first offending key; for an unknown one, which ones there are."""
    detail = error.errors()[0]
    where = ".".join(str(part) for part in detail["loc"]) or "the file"
    message = detail["msg"].removeprefix("Value error, ")
    if detail["type"] == "extra_forbidden":
        known = _known_keys(model, detail["loc"][:-1])
        return f"{where} is not a known key" + (f"; known are {', '.join(known)}" if known else "")
    given = detail["input"]
    if detail["type"] in {"missing", "value_error"} or isinstance(given, dict | list):
        return f"{where}: {message}"
    return f"{where}: {message}, not {json.dumps(given, ensure_ascii=False)}"


def _known_keys(model: object, path: tuple[int | str, ...]) -> list[str]:
    for part in path:
        field = model.model_fields.get(part) if hasattr(model, "model_fields") else None
        if field is None:
            return []
        model = field.annotation
    return sorted(model.model_fields) if hasattr(model, "model_fields") else []
