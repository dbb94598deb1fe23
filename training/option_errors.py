"""Option errors: whatever is wrong with the words of a command is one sentence, in its words."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, cast

import typer
from pydantic import ValidationError
from typer.core import TyperGroup

from features import ConfigError, QuaverError

_UsageError = cast("type[Exception]", typer.BadParameter.__base__)
"""Of click, or of the copy of it within typer."""

OPTIONS: Final = {
    "sampling_rate_hz": "--rate",
    "time_column": "--time-column",
    "time_unit": "--time-unit",
}
"""Key of a mapping → the option that gives it."""
_PHRASES: Final = {
    "under columns": "under --columns",
    "with columns": "with --columns",
    "give its unit": "give its --unit",
}
_OF_A_RECORD: Final = {"hop_s": "--hop", "from_s": "--from", "to_s": "--to"}


class Sentences(TyperGroup):
    """A group of commands, of which wrong words are refused as everything else is."""

    def make_context(self, info_name: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401, ARG002
        """Read the words before the command; whatever was started, it is called quaver."""
        with _in_a_sentence():
            return super().make_context("quaver", *args, **kwargs)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401
        """Read the words of the command and run it."""
        with _in_a_sentence():
            return super().invoke(ctx)


@contextmanager
def _in_a_sentence() -> Iterator[None]:
    try:
        yield
    except _UsageError as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            raise
        context = getattr(error, "ctx", None)
        command = "quaver" if context is None else context.command_path
        raise ConfigError(f"{_said(error)}; see `{command} --help`") from error


def _said(error: Any) -> str:  # noqa: ANN401
    """Say what was given, which typer leaves out, and what may be."""
    cause = error.__cause__
    if not isinstance(cause, ValidationError):
        told = str(error.format_message()).rstrip(".")
        return told[:1].lower() + told[1:]
    name = error.param.get_error_hint().strip("'")
    return needed(name, cause)


def needed(name: str, error: ValidationError) -> str:
    """Say what an option was given and what it needs."""
    detail = error.errors()[0]
    must, _, _ = detail["msg"].removeprefix("Input should ").partition(", unable to parse")
    return f"{name} is {detail['input']!r}; it must {must}"


@contextmanager
def as_options(mapping_file: Path | None) -> Iterator[None]:
    """Call keys as the options are called that give them; those of a file stay as they are."""
    names = _OF_A_RECORD if mapping_file is not None else OPTIONS | _PHRASES | _OF_A_RECORD
    try:
        yield
    except QuaverError as error:
        pattern = rf"(?<![\w'\"-])({'|'.join(names)})\b(?!['\"])"
        # A rate that was found in the file is none that an option gave.
        text = re.sub(r"\bsampling_rate_hz is (?=\d)", "its sampling rate is ", str(error))
        text = re.sub(pattern, lambda found: names[found[1]], text)
        raise type(error)(text) from error
