"""The label command: how the file is read, which model answers, what is printed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from tqdm import tqdm

from features import ConfigError, SignalError, check_modality
from serving.analysis import RecordingReport, analyze
from serving.classifier import Classifier
from serving.exam import load
from serving.page.report import page
from serving.recordings import SignalMapping
from serving.sources import open_source
from training.config import load_config
from training.label import FORMATS, text_of
from training.layout import Layout
from training.promote import served_directory


@dataclass(frozen=True)
class Wish:
    """What is wanted of a file."""

    output: str
    hop_s: float
    channel: str | None
    from_s: float | None
    to_s: float | None
    earlier: Path | None
    report: Path | None


def label_file(
    file: Path,
    *,
    mapping_file: Path | None,
    given: dict[str, Any],
    wish: Wish,
    model: Path | None,
    layout: Layout,
) -> str:
    """Return the record of a file as text, and write the page when one is wanted."""
    if wish.output not in FORMATS:
        raise ConfigError(f"--format is {wish.output!r}; it must be one of {', '.join(FORMATS)}")
    mapping = _mapping(mapping_file, given)
    earlier = _earlier(wish.earlier)
    include = {"windows"} if wish.output == "windows" else set()
    include |= {"trace"} if wish.report is not None else set()
    with (
        open_source(file, mapping) as source,
        tqdm(total=100, desc=file.name, unit="%", leave=False) as bar,
    ):
        classifier = _classifier(mapping.modality, model, layout)
        record = analyze(
            source,
            classifier,
            hop_s=wish.hop_s,
            channel=_place(wish.channel),
            from_s=wish.from_s,
            to_s=wish.to_s,
            include=include,
            earlier=earlier,
            progress=lambda done: _advance(bar, done),
        )
    if wish.report is not None:
        _write(page(record), wish.report)
    return text_of(record, wish.output)


def _advance(bar: "tqdm[Any]", done: float) -> None:
    bar.update(round(100 * done) - bar.n)


def _place(channel: str | None) -> str | int | None:
    return int(channel) if channel is not None and channel.isdecimal() else channel


def _earlier(path: Path | None) -> RecordingReport | None:
    """Read a record that was made before, with --format json."""
    if path is None:
        return None
    try:
        return RecordingReport.model_validate_json(path.read_bytes())
    except OSError as error:
        raise SignalError(f"{path} cannot be read: {error.strerror or error}") from error
    except ValidationError as error:
        raise SignalError(
            f"{path.name} is no record of an earlier recording; give what --format json printed"
        ) from error


def _write(text: str, path: Path) -> None:
    """Write a page, complete or not at all."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)


def _mapping(file: Path | None, given: dict[str, Any]) -> SignalMapping:
    """Return how a file is read: from YAML, or from the options."""
    options = {key: value for key, value in given.items() if value is not None}
    if file is not None:
        if options:
            raise ConfigError(f"--mapping says it all; leave out --{' and --'.join(options)}")
        return load_config(file, SignalMapping)
    if "modality" not in options:
        raise ConfigError("say what the signal is: --modality emg, accelerometer or gyroscope")
    columns = options.get("columns")
    try:
        return SignalMapping(
            modality=check_modality(options["modality"]),
            unit=options.get("unit"),
            sampling_rate_hz=options.get("rate"),
            **_time_of(options),
            columns=tuple(_column(name) for name in columns.split(",")) if columns else None,
        )
    except ValidationError as error:
        detail = error.errors()[0]
        raise SignalError(f"{'.'.join(map(str, detail['loc']))}: {detail['msg']}") from error


def _time_of(options: dict[str, Any]) -> dict[str, Any]:
    if "time-column" not in options:
        return {}
    return {"time_column": _column(options["time-column"]), "time_unit": "s"}


def _column(name: str) -> str | int:
    return int(name) if name.strip().isdecimal() else name.strip()


def _classifier(modality: str, model: Path | None, layout: Layout) -> Classifier:
    """Open the model that was named, else the one that is served, else the last one trained."""
    local = layout.model(modality)
    directory = model or served_directory(f"quaver-{modality}") or local
    if not directory.is_dir():
        raise ConfigError(
            f"there is no model for {modality}: none is promoted and {local} does not exist;"
            f" run `quaver train {modality}` and `quaver promote {modality}`"
        )
    classifier = load(directory)
    if classifier.card.modality != modality:
        raise ConfigError(
            f"{directory} is a model for {classifier.card.modality}; the signal is {modality}"
        )
    return classifier
