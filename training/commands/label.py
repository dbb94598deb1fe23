"""The label command: how the file is read, which model answers, what is printed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from pydantic import ValidationError
from tqdm import tqdm

from features import ConfigError, SignalError
from serving.analysis import RecordingReport, analyze
from serving.page.report import page
from serving.sources import open_source
from training.commands.asked import chosen_for, mapping_of
from training.label import FORMATS, text_of
from training.layout import Layout


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
    mapping = mapping_of(mapping_file, given)
    earlier = _earlier(wish.earlier)
    include = {"windows"} if wish.output == "windows" else set()
    include |= {"trace"} if wish.report is not None else set()
    with (
        open_source(file, mapping) as source,
        tqdm(total=100, desc=file.name, unit="%", leave=False) as bar,
    ):
        chosen = chosen_for(mapping.modality, model, layout)
        record = analyze(
            source,
            chosen.classifier,
            hop_s=wish.hop_s,
            channel=wish.channel,
            from_s=wish.from_s,
            to_s=wish.to_s,
            include=include,
            version=chosen.version,
            earlier=earlier,
            progress=lambda done: _advance(bar, done),
        )
    for sentence in dict.fromkeys(r.caution for r in (record, *record.further_channels)):
        if sentence:
            typer.echo(f"quaver: {file.name}: {sentence}", err=True)
    if wish.report is not None:
        _write(page(record, file.name), wish.report)
    return text_of(record, wish.output)


def _advance(bar: "tqdm[Any]", done: float) -> None:
    bar.update(round(100 * done) - bar.n)


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
