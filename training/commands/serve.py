"""The serve command: see that the models are fit to serve, then hand over to BentoML."""

import os
import socket
import sys
from pathlib import Path
from typing import NoReturn

import typer

from features import ConfigError
from serving.selection import (
    FEEDBACK_VARIABLE,
    FOLLOW_VARIABLE,
    SERVED_VARIABLE,
    SHADOW_VARIABLE,
    served_modalities,
)
from training import bento_store


def serve_models(
    host: str, port: int, *, follow: bool, shadow: bool, feedback: Path | None = None
) -> NoReturn:
    """Become the service, until it is interrupted.

    Parameters
    ----------
    follow : bool
        Adopt another champion as soon as one is promoted.
    shadow : bool
        Let the challengers answer beside the champions.
    feedback : Path, optional
        Folder in which windows that people have labelled are kept.

    Raises
    ------
    ConfigError
        When a model is missing or the port is taken. A model that fails its exam ends the service
        with status 2 before a port is open.
    """
    check_port(port, "the service", "--port or PORT=")
    check_models()
    wishes = {FOLLOW_VARIABLE: follow, SHADOW_VARIABLE: shadow}
    environ = os.environ | {name: "1" for name, wish in wishes.items() if wish}
    if feedback is not None:
        environ[FEEDBACK_VARIABLE] = str(feedback.absolute())
    command = service_command(host, port)
    # In the place of this process, so that a signal that ends it ends the service.
    os.execve(command[0], command, environ)  # noqa: S606  (our own)


def service_command(host: str, port: int) -> list[str]:
    """Return the command that starts the service."""
    options = ["--host", host, "--port", str(port)]
    here = Path(__file__).parents[2]
    return [
        sys.executable,
        "-m",
        "bentoml",
        "serve",
        "serving.service:Quaver",
        "--working-dir",
        str(here),
        *options,
    ]


def check_models() -> None:
    """See that every model that is to be served is there; its exam is the service's to hold.

    A promotion that was interrupted is taken back first.
    """
    if bento_store.announcements():
        from training import tracking  # noqa: PLC0415  (it takes seconds, and is rarely needed)
        from training.promote import settle  # noqa: PLC0415

        tracking.connect()
        for name in bento_store.announcements():
            typer.echo(f"quaver: {settle(name) or name}", err=True)
    for modality in served_modalities():
        if bento_store.served(f"quaver-{modality}") is None:
            raise ConfigError(
                f"no model for {modality} has been promoted; run `quaver promote {modality}`, or"
                f" name the modalities to serve in {SERVED_VARIABLE}"
            )


def check_port(port: int, what: str, how: str) -> None:
    """Say so when a port is taken."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            raise ConfigError(
                f"port {port}, wanted by {what}, is taken; free it or choose another with {how}"
            ) from error
