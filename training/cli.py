"""The command line. Results go to standard output, progress to standard error.

Exit status 0: done; 1: the reader of the output (a pager, head) has gone; 2: something the caller
can put right; 3: a model was not good enough.
"""

import sys
from pathlib import Path
from typing import Annotated, get_args

import typer

from features import Modality, QuaverError, check_modality
from training import cli_recordings
from training.cli_recordings import Root
from training.disk_errors import said_of
from training.environment import prepare
from training.layout import Layout
from training.option_errors import Sentences

app = typer.Typer(
    cls=Sentences,
    help="Label short windows of muscle and motion signals: train, judge, serve. Research software,"
    " not a medical device.",
    epilog="From a folder of recordings to the model that answers: datasets, features, train,"
    " evaluate, compare, promote, serve. `quaver label` makes the record of one recording.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_PORTS = {"min": 1, "max": 65535}
Modalities = Annotated[
    list[str] | None, typer.Argument(help="emg, accelerometer, gyroscope; all when none is named.")
]


@app.command()
def simulate(
    modalities: Modalities = None,
    only: Annotated[
        list[str] | None, typer.Option(help="Make this set only, such as train (repeatable).")
    ] = None,
    shard: Annotated[int | None, typer.Option(hidden=True)] = None,
    root: Root = Path(),
) -> None:
    """Make the simulated recordings that configs/simulate.yaml describes."""
    from training.simulation_stage import simulate_sets, simulate_shard

    for modality in _chosen(modalities):
        if shard is not None:
            simulate_shard(modality, tuple(only or ()), shard, Layout(root))
            continue
        for folder in simulate_sets(modality, Layout(root), tuple(only or ())):
            typer.echo(f"{folder}")


@app.command()
def datasets(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="A folder with a dataset.yaml, simulated/<set>, <public set>=<folder>, or a set's"
            " name; all when left out."
        ),
    ] = None,
    root: Root = Path(),
) -> None:
    """List data sets that can be read: what each is, its licence, its people and windows."""
    from training.commands.datasets import list_datasets, list_named

    layout = Layout(root)
    for text in list_named(names, layout) if names else list_datasets(layout):
        typer.echo(text)


@app.command()
def features(modalities: Modalities = None, root: Root = Path()) -> None:
    """Compute the features of the windows of the sets that configs/<modality>.yaml trains on."""
    from training.features_stage import features_stage

    for modality in _chosen(modalities):
        counts = features_stage(modality, Layout(root))
        parts = ", ".join(f"{label} {count}" for label, count in counts.items())
        typer.echo(f"{modality}: {sum(counts.values())} windows ({parts})")


@app.command()
def train(modalities: Modalities = None, root: Root = Path()) -> None:
    """Train on the features, judge by held-out subjects, log to MLflow and register the model."""
    from training.tables import answers_table, figures_table
    from training.training_stage import train_stage

    for modality in _chosen(modalities):
        trained, logged = train_stage(modality, Layout(root))
        card = trained.classifier.card
        typer.echo(
            f"{card.name} version {logged.model_version}, run {logged.run_id}: trained on"
            f" {card.provenance.data}, judged by {card.metrics['validation']}"
        )
        typer.echo(answers_table(trained.report))
        typer.echo(figures_table(trained.report))


@app.command()
def evaluate(
    modalities: Modalities = None,
    data: Annotated[
        list[str] | None,
        typer.Option(
            help="A set as `quaver datasets` takes it, `real` for every real set below QUAVER_DATA,"
            " or `semi-real` for every semi-real test set made of them (repeatable). Default: the"
            " test sets of configs/<modality>.yaml."
        ),
    ] = None,
    run: Annotated[
        str | None,
        typer.Option(
            help="MLflow run whose model answers, by id or as emg:champion, emg:3. Default: the"
            " last training of each modality."
        ),
    ] = None,
    root: Root = Path(),
) -> None:
    """Let the trained model answer data sets, and print and log a table for each."""
    from training.commands.evaluate import evaluate_run, evaluate_sets

    if run is not None:
        for text in evaluate_run(run, Layout(root), tuple(data or ()), modalities or ()):
            typer.echo(text)
        return
    for modality in _chosen(modalities):
        for text in evaluate_sets(modality, Layout(root), tuple(data or ())):
            typer.echo(text)


@app.command()
def compare(
    runs: Annotated[
        list[str],
        typer.Argument(
            help="MLflow runs by id, or as emg:champion, emg:challenger, emg:3 (a version),"
            " emg:last (the last training)."
        ),
    ],
    baseline: Annotated[
        str | None,
        typer.Option(help="What the runs are compared with, likewise; default: the first of them."),
    ] = None,
    root: Root = Path(),
) -> None:
    """Compare runs on the windows of the same held-out subjects: who errs less, and where."""
    from training.commands.compare import compare_named

    for text in compare_named(runs, baseline, Layout(root)):
        typer.echo(text)


@app.command()
def promote(
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            help="MLflow runs by id, or as emg:3; emg, accelerometer or gyroscope: the last"
            " training of it. All three when left out."
        ),
    ] = None,
    *,
    challenger: Annotated[
        bool,
        typer.Option(help="Let it answer beside the champion (`quaver serve --shadow`) instead."),
    ] = False,
    root: Root = Path(),
) -> None:
    """Put a model into service: exam, gate, BentoML store, alias `champion`.

    Exit status 3, and nothing has changed, when it does not pass the gate of configs/promote.yaml.
    """
    from training.commands.promote import promote_run

    for run in runs or get_args(Modality):
        promote_run(run, Layout(root), challenger=challenger)


@app.command()
def rollback(
    modality: Annotated[str, typer.Argument(help="emg, accelerometer or gyroscope.")],
) -> None:
    """Let the model that was served before the present champion serve again."""
    from training.commands.promote import roll_back

    roll_back(check_modality(modality))


app.command()(cli_recordings.label)
app.command()(cli_recordings.drift)
app.command()(cli_recordings.queue)
app.add_typer(cli_recordings.feedback, name="feedback")


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="Port to listen on.", **_PORTS)] = 3000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    *,
    follow: Annotated[
        bool, typer.Option(help="Adopt what is promoted meanwhile, without a new start.")
    ] = False,
    shadow: Annotated[
        bool,
        typer.Option(help="Let challengers answer too; /metrics counts where they disagree."),
    ] = False,
    feedback: Annotated[
        Path | None,
        typer.Option(help="Keep windows that people have labelled (POST /feedback) in a folder."),
    ] = None,
) -> None:
    """Serve the promoted models over HTTP (BentoML), until Ctrl-C."""
    from training.commands.serve import serve_models

    serve_models(host, port, follow=follow, shadow=shadow, feedback=feedback)


@app.command()
def schema(
    name: Annotated[str, typer.Argument(help="Such as dataset; leave out for the list.")] = "",
) -> None:
    """Print the JSON schema of a configuration, or of a request or answer of the service."""
    from training.commands.schema import print_schema

    typer.echo(print_schema(name))


@app.command()
def up(
    port: Annotated[int, typer.Option(help="Port of the service.", **_PORTS)] = 3000,
    mlflow_port: Annotated[int, typer.Option(help="Port of the MLflow page.", **_PORTS)] = 5000,
    *,
    check: Annotated[bool, typer.Option(help="Only see whether both ports are free.")] = False,
    root: Root = Path(),
) -> None:
    """Start service and MLflow page, ask each model a question, and stay until Ctrl-C."""
    from training.commands.up import check_ports, start

    if check:
        check_ports(port, mlflow_port)
        return
    raise typer.Exit(start(port, mlflow_port, Layout(root)))


def _chosen(names: list[str] | None) -> tuple[Modality, ...]:
    return tuple(check_modality(name) for name in names or get_args(Modality))


def main() -> None:
    """Run a command; what the caller can put right becomes one sentence and an exit status."""
    prepare(Path())
    try:
        app()
    except QuaverError as error:
        typer.echo(f"quaver: {error}", err=True)
        sys.exit(error.exit_code)
    except OSError as error:
        sentence = said_of(error)
        if sentence is None:
            raise
        typer.echo(f"quaver: {sentence}", err=True)
        sys.exit(QuaverError.exit_code)
