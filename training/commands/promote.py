"""The promote and rollback commands: which run, which gate, and what is said about it."""

from typing import get_args

import typer

from features import Modality
from training import tracking
from training.commands.compare import run_of
from training.config import load_config
from training.gate import Gate
from training.layout import Layout
from training.promote import Promoted, challenge, promote, rollback, settle


def promote_run(run: str, layout: Layout, *, challenger: bool = False) -> None:
    """Promote a run, or the last training of a modality; say line by line what happens."""
    gate = load_config(layout.config("promote"), Gate)
    tracking.connect()
    name = f"{run}:last" if run in get_args(Modality) else run
    logged = tracking.find_run(run_of(name, layout))
    typer.echo(f"{logged.model_name} version {logged.model_version}, run {logged.run_id}")
    _say(settle(logged.model_name))
    if challenger:
        _end(challenge(logged), "answers beside the champion")
    else:
        _end(promote(logged, gate, lambda check: typer.echo(f"  {check}")), "serves")


def roll_back(modality: Modality) -> None:
    """Let the model before the champion serve again; say which that is."""
    tracking.connect()
    _say(settle(f"quaver-{modality}"))
    promoted = rollback(modality)
    logged = promoted.logged
    for version in promoted.passed_over:
        typer.echo(f"{version} is not in the registry any more and is passed over")
    typer.echo(f"{logged.model_name} version {logged.model_version}, run {logged.run_id}")
    _end(promoted, "serves again")


def _say(sentence: str | None) -> None:
    if sentence is not None:
        typer.echo(f"quaver: {sentence}", err=True)


def _end(promoted: Promoted, what: str) -> None:
    typer.echo(f"  {what} as {promoted.tag}")
