"""The command line, of recordings and windows: what a model says of them, and what people say."""

from pathlib import Path
from typing import Annotated

import typer

from serving.selection import FEEDBACK_VARIABLE
from training.layout import Layout

Root = Annotated[Path, typer.Option(help="The project's folder.", hidden=True)]


def label(  # noqa: PLR0913, PLR0917  (options of a command, not parameters of a function)
    file: Annotated[Path, typer.Argument(help="CSV, Parquet, EDF/EDF+, WFDB or WAV recording.")],
    modality: Annotated[str | None, typer.Option(help="emg, accelerometer or gyroscope.")] = None,
    unit: Annotated[str | None, typer.Option(help="Unit, where the file does not say.")] = None,
    rate: Annotated[float | None, typer.Option(help="Sampling rate in hertz, likewise.")] = None,
    time_column: Annotated[
        str | None, typer.Option(help="Column of times in seconds, instead of a rate.")
    ] = None,
    columns: Annotated[
        str | None, typer.Option(help="Columns by name or number, joined by commas.")
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option(help="All of that as YAML; see `quaver schema mapping`.")
    ] = None,
    channel: Annotated[
        str | None, typer.Option(help="The one channel of an EMG; default: each by itself.")
    ] = None,
    start: Annotated[
        float | None, typer.Option("--from", help="Seconds from which on to look.")
    ] = None,
    stop: Annotated[float | None, typer.Option("--to", help="Seconds up to which to look.")] = None,
    hop: Annotated[float, typer.Option(help="Seconds from window to window.")] = 1.0,
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
    model: Annotated[
        Path | None, typer.Option(help="A classifier's directory; default: the one served.")
    ] = None,
    root: Root = Path(),
) -> None:
    """Make the record of a recording: episodes, events, rates, shares, and the timeline."""
    from training.commands.label import Wish, label_file

    typer.echo(
        label_file(
            file,
            mapping_file=mapping,
            given={
                "modality": modality,
                "unit": unit,
                "rate": rate,
                "time-column": time_column,
                "columns": columns,
            },
            wish=Wish(output, hop, channel, start, stop, earlier, report),
            model=model,
            layout=Layout(root),
        ),
        nl=False,
    )


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
