"""Asked: the file and the model that options of a command speak of."""

from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from features import ConfigError, Modality, SignalError, check_modality
from serving.classifier import Classifier
from serving.exam import load
from serving.formats.mapping import TimeUnit, columns_of
from serving.recordings import SignalMapping
from training import bento_store
from training.config import load_config
from training.layout import Layout
from training.option_errors import OPTIONS, needed


class Spoken(SignalMapping):
    """A mapping that options say: times that are numbers are in seconds unless another is given."""

    @property
    def time_unit_of_numbers(self) -> TimeUnit:
        """What a column of times counts in, if it holds numbers."""
        return self.time_unit or "s"


def mapping_of(file: Path | None, given: dict[str, Any]) -> SignalMapping:
    """Return how a file is read: from YAML, or from the options."""
    options = {key: value for key, value in given.items() if value is not None}
    if file is not None:
        if options:
            raise ConfigError(f"--mapping says it all; leave out --{' and --'.join(options)}")
        return load_config(file, SignalMapping)
    modality = _modality(options)
    columns = options.get("columns")
    try:
        return Spoken(
            modality=modality,
            unit=options.get("unit"),
            sampling_rate_hz=options.get("rate"),
            **_time_of(options),
            columns=columns_of(columns) if columns else None,
        )
    except ValidationError as error:
        key = str(error.errors()[0]["loc"][0])
        option = OPTIONS.get(key, f"--{key}")
        raise SignalError(needed(option, error)) from error


def modality_of(given: dict[str, Any]) -> Modality:
    """Return which windows of a folder of feedback are asked for; nothing else can be."""
    options = {key: value for key, value in given.items() if value is not None}
    modality = _modality(options)
    others = [f"--{key}" for key in options if key != "modality"]
    if others:
        raise ConfigError(
            f"{' and '.join(others)} would say how a file is read; leave out what feedback says"
            " itself"
        )
    return modality


def _modality(options: dict[str, Any]) -> Modality:
    if "modality" not in options:
        raise ConfigError("say what the signal is: --modality emg, accelerometer or gyroscope")
    return check_modality(options["modality"])


def _time_of(options: dict[str, Any]) -> dict[str, Any]:
    if "time-column" not in options:
        if "time-unit" in options:
            raise ConfigError("--time-unit is of a column of times; give --time-column too")
        return {}
    return {
        "time_column": options["time-column"].strip(),
        "time_unit": options.get("time-unit"),
    }


class Chosen(NamedTuple):
    """A classifier, and its version in the registry; none where it is a folder."""

    classifier: Classifier
    version: str


def chosen_for(modality: str, model: Path | None, layout: Layout) -> Chosen:
    """Open the model that was named, else the one that is served, else the last one trained."""
    if model is not None and not model.is_dir():
        raise ConfigError(f"{model} is not the directory of a classifier; see --model")
    local = layout.model(modality)
    served = None if model is not None else bento_store.served(f"quaver-{modality}")
    directory = model or (local if served is None else served.directory)
    if not directory.is_dir():
        raise ConfigError(
            f"there is no model for {modality}: none is promoted in this folder, and {local} does"
            " not exist; go to the project's folder, name a model by --model, or run"
            f" `quaver train {modality}` and `quaver promote {modality}`"
        )
    classifier = load(directory)
    if classifier.card.modality != modality:
        raise ConfigError(
            f"{directory} is a model for {classifier.card.modality}; the signal is {modality}"
        )
    return Chosen(classifier, "" if served is None else served.labels["version"])
