"""The command line, of recordings and windows: what a model says of them, and what people say."""

from pathlib import Path
from typing import Annotated

import typer

from serving.selection import FEEDBACK_VARIABLE
from training.layout import Layout
from training.option_errors import as_options

Root = Annotated[Path, typer.Option(help="The project's folder.", hidden=True)]

# How a file is read, what of it is looked at, and which model answers.
ModalityName = Annotated[
    str | None,
    typer.Option(help="emg, accelerometer or gyroscope; needed, unless --mapping says it."),
]
Unit = Annotated[str | None, typer.Option(help="Unit, where the file does not say.")]
Rate = Annotated[
    float | None,
    typer.Option(help="Sampling rate in hertz, likewise; a table needs it, or --time-column."),
]
TimeColumn = Annotated[
    str | None, typer.Option(help="Column of times or dates, instead of a rate.")
]
TimeUnit = Annotated[
    str | None,
    typer.Option(help="Unit of times that are numbers: s (default), ms, us, ns; dates need none."),
]
Columns = Annotated[
    str | None,
    typer.Option(
        help="Columns by name, or number from 0 where none has that name, joined by commas; or a"
        ' list in JSON, whose names may hold commas: ["EMG, left", 2].'
    ),
]
Mapping = Annotated[
    Path | None, typer.Option(help="All of that as YAML instead; see `quaver schema mapping`.")
]
Channel = Annotated[
    str | None,
    typer.Option(help="The one channel of an EMG, named as columns are; default: each by itself."),
]
Start = Annotated[float | None, typer.Option("--from", help="Seconds from which on to look.")]
Stop = Annotated[float | None, typer.Option("--to", help="Seconds up to which to look.")]
Model = Annotated[
    Path | None,
    typer.Option(help="A classifier's directory; default: the one served, else the last trained."),
]


def _given(
    modality: str | None,
    unit: str | None,
    rate: float | None,
    time_column: str | None,
    time_unit: str | None,
    columns: str | None,
) -> dict[str, str | float | None]:
    """Return the options that say how a file is read, by the names that the caller knows."""
    return {
        "modality": modality,
        "unit": unit,
        "rate": rate,
        "time-column": time_column,
        "time-unit": time_unit,
        "columns": columns,
    }


def label(  # noqa: PLR0913, PLR0917  (options of a command, not parameters of a function)
    file: Annotated[
        Path, typer.Argument(help="CSV, Parquet, EDF/EDF+, WFDB or WAV, or a zip of one.")
    ],
    modality: ModalityName = None,
    unit: Unit = None,
    rate: Rate = None,
    time_column: TimeColumn = None,
    time_unit: TimeUnit = None,
    columns: Columns = None,
    mapping: Mapping = None,
    channel: Channel = None,
    start: Start = None,
    stop: Stop = None,
    hop: Annotated[float, typer.Option(help="Seconds from window to window, 0.1 to 4.")] = 1.0,
    output: Annotated[
        str,
        typer.Option(
            "--format",
            help="csv: spans, episodes and events; json: the whole record; fhir: the same as HL7"
            " FHIR R4 Observations; windows: the answer to each window as CSV.",
        ),
    ] = "csv",
    report: Annotated[
        Path | None, typer.Option(help="Write the record as one page of HTML with its figure.")
    ] = None,
    earlier: Annotated[
        Path | None,
        typer.Option(help="A record of the same subject, made with --format json, to compare."),
    ] = None,
    model: Model = None,
    root: Root = Path(),
) -> None:
    """Make the record of a recording: episodes, events, rates, shares, and the timeline."""
    from training.commands.label import Wish, label_file

    with as_options(mapping):
        text = label_file(
            file,
            mapping_file=mapping,
            given=_given(modality, unit, rate, time_column, time_unit, columns),
            wish=Wish(output, hop, channel, start, stop, earlier, report),
            model=model,
            layout=Layout(root),
        )
    typer.echo(text, nl=False)


def queue(  # noqa: PLR0913, PLR0917  (options of a command)
    out: Annotated[Path, typer.Option(help="A new folder for table, pictures and windows.")],
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Recordings without labels, read alike; or --feedback."),
    ] = None,
    feedback: Annotated[
        Path | None, typer.Option(help="Instead of recordings: what a service has kept.")
    ] = None,
    modality: ModalityName = None,
    unit: Unit = None,
    rate: Rate = None,
    time_column: TimeColumn = None,
    time_unit: TimeUnit = None,
    columns: Columns = None,
    mapping: Mapping = None,
    most: Annotated[int, typer.Option(min=1, help="Windows to choose.")] = 50,
    model: Model = None,
    root: Root = Path(),
) -> None:
    """Choose the windows most worth labelling: undecided, disputed, unlike training.

    Writes a page to look at them, and a table to fill in, which is then a data set to train on.
    """
    from training.commands.queue import queue_windows

    with as_options(mapping):
        told = queue_windows(
            files or (),
            feedback,
            mapping_file=mapping,
            given=_given(modality, unit, rate, time_column, time_unit, columns),
            out=out,
            most=most,
            model=model,
            layout=Layout(root),
        )
    typer.echo(told)


def drift(  # noqa: PLR0913, PLR0917
    path: Annotated[
        Path, typer.Argument(help="A recording, or the folder of `quaver serve --feedback`.")
    ],
    modality: ModalityName = None,
    unit: Unit = None,
    rate: Rate = None,
    time_column: TimeColumn = None,
    time_unit: TimeUnit = None,
    columns: Columns = None,
    mapping: Mapping = None,
    channel: Channel = None,
    start: Start = None,
    stop: Stop = None,
    model: Model = None,
    root: Root = Path(),
) -> None:
    """Say how far windows have moved from those the model was trained on, and which of them."""
    from training.commands.drift import drift_file

    with as_options(mapping):
        text = drift_file(
            path,
            mapping_file=mapping,
            given=_given(modality, unit, rate, time_column, time_unit, columns),
            channel=channel,
            from_s=start,
            to_s=stop,
            model=model,
            layout=Layout(root),
        )
    typer.echo(text, nl=False)


feedback = typer.Typer(
    help="Look after windows that people have labelled (POST /feedback).", no_args_is_help=True
)
FeedbackFolder = Annotated[
    Path,
    typer.Option(envvar=FEEDBACK_VARIABLE, help="Where `quaver serve --feedback` keeps them."),
]


@feedback.command("list")
def list_(folder: FeedbackFolder) -> None:
    """List what is kept: windows of each subject by label."""
    from training.commands.feedback import list_feedback

    typer.echo(list_feedback(folder))


@feedback.command()
def forget(
    subject: Annotated[str, typer.Argument(help="A pseudonym, as it was sent.")],
    folder: FeedbackFolder,
) -> None:
    """Remove all windows of a subject, who may withdraw consent at any time."""
    from training.commands import feedback as commands

    typer.echo(commands.forget(subject, folder))
