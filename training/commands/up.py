"""The up command: service and MLflow page together, a first answer, and an orderly end."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import typer

from features import ConfigError, Modality
from serving.selection import FOLLOW_VARIABLE, served_modalities
from training.commands.serve import check_models, check_port, service_command
from training.config import load_config
from training.layout import Layout
from training.simulate.config import Simulation
from training.simulate.parameters import Physiology
from training.simulate.population import people
from training.tracking import DEFAULT_URI

_HOST = "127.0.0.1"
_PATIENCE_S = 90.0
_ASKED = {"emg": "fasciculation", "accelerometer": "tremor", "gyroscope": "clonus_sustained"}
"""Modality → the kind of simulated recording that it is asked about."""


def check_ports(port: int, mlflow_port: int) -> None:
    """Say so when either port is taken."""
    check_port(port, "the service", "PORT=")
    if not os.environ.get("MLFLOW_TRACKING_URI"):
        check_port(mlflow_port, "the MLflow page", "MLFLOW_PORT=")


def start(port: int, mlflow_port: int, layout: Layout) -> int:
    """Start everything, ask each model a question, and wait; return an exit status."""
    check_ports(port, mlflow_port)
    check_models()
    with _processes() as started:
        # What is promoted while it runs is served at once.
        started.append(_start(service_command(_HOST, port), **{FOLLOW_VARIABLE: "1"}))
        page = page_of(os.environ.get("MLFLOW_TRACKING_URI", ""))
        if page is None:
            page = f"http://{_HOST}:{mlflow_port}"
            started.append(_start(_mlflow_command(mlflow_port)))
            _wait_for(f"{page}/health", started)
        _wait_for(f"http://{_HOST}:{port}/readyz", started)
        # All first, then told together: in between, the service logs that it was asked.
        answers = [_first_answer(modality, port, layout) for modality in served_modalities()]
        typer.echo("\n".join((*answers, _addresses(port, page))))
        return _wait_for_end(started)


def page_of(uri: str) -> str | None:
    """Return what is said of the page of another store, None for that of this folder.

    An address may hold a password, which is nothing for a screen.
    """
    if not uri:
        return None
    parts = urlsplit(uri)
    if parts.scheme not in ("http", "https"):
        return "none: MLFLOW_TRACKING_URI names a database; `mlflow server` can show it"
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _mlflow_command(port: int) -> list[str]:
    options = ["--host", _HOST, "--port", str(port), "--workers", "1"]
    return [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", DEFAULT_URI, *options]


def _start(command: list[str], **environment: str) -> subprocess.Popen[bytes]:
    """Start a process in a group of its own, so that all of it can be ended."""
    return subprocess.Popen(  # noqa: S603  (our own commands)
        command,
        env=os.environ | environment,
        start_new_session=True,
        stdout=sys.stderr,
        stderr=sys.stderr,
    )


@contextmanager
def _processes() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Yield a list to put processes into; end them, and all that they started, at the end."""
    started: list[subprocess.Popen[bytes]] = []

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    # Ctrl-C too: a shell that starts this in the background has had it ignored.
    before = {name: signal.signal(name, stop) for name in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield started
    except KeyboardInterrupt:
        typer.echo("\nended", err=True)
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
        for name in (signal.SIGTERM, signal.SIGKILL):
            for process in started:
                _signal_group(process, name)
            _wait_all(started, 10.0)


def _signal_group(process: subprocess.Popen[bytes], name: signal.Signals) -> None:
    try:
        os.killpg(process.pid, name)
    except ProcessLookupError:
        return


def _wait_all(started: list[subprocess.Popen[bytes]], patience_s: float) -> None:
    until = time.monotonic() + patience_s
    for process in started:
        try:
            process.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            continue


def _wait_for(address: str, started: list[subprocess.Popen[bytes]]) -> None:
    """Wait until an address answers, or a process ends instead."""
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        for process in started:
            if process.poll() is not None:
                raise ConfigError(
                    f"what was to answer at {address} ended with status {process.returncode};"
                    " what it said stands above"
                )
        try:
            with urllib.request.urlopen(address, timeout=2):  # noqa: S310  (our own address)
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise ConfigError(f"{address} did not answer within {_PATIENCE_S:g} s")


def _first_answer(modality: Modality, port: int, layout: Layout) -> str:
    """Ask about one simulated window and return question and answer as a person reads them."""
    window = _simulated_window(modality, layout)
    request = urllib.request.Request(
        f"http://{_HOST}:{port}/predict",
        data=json.dumps({"windows": [window]}).encode(),
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
        answer: dict[str, Any] = json.load(response)["predictions"][0]
    chances = ", ".join(f"{name} {p:.2f}" for name, p in (answer["probabilities"] or {}).items())
    because = f" ({answer['reason']})" if answer["reason"] else ""
    return (
        f"\n{modality}: a simulated window, {window['id']}\n"
        f"  answer      {answer['label']}{because}\n"
        f"  candidates  {', '.join(answer['candidates'])}\n"
        f"  chances     {chances}\n"
        f"  rhythm      {answer['dominant_frequency_hz']} Hz\n"
        f"  model       {answer['model']['name']} version {answer['model']['version']}"
    )


def _simulated_window(modality: Modality, layout: Layout) -> dict[str, Any]:
    """Return the window that begins a second before the phenomenon of a recording shows."""
    simulation = load_config(layout.config("simulate"), Simulation)
    physiology = Physiology.load(layout.config("physiology"))
    person = next(people("test", modality, simulation, physiology))
    kind = _ASKED[modality]
    labelled = person.recording(kind, 0)
    recording = labelled.recording
    label = kind.partition("_")[0]
    shown_s = next((span.start_s for span in labelled.spans if span.label == label), 0.0)
    start_s = min(max(shown_s - 1.0, 0.0), recording.duration_s - 4.0)
    first = round(start_s * recording.sampling_rate_hz)
    last = first + round(4.0 * recording.sampling_rate_hz)
    return {
        "id": f"{kind.replace('_', ' ')} at {recording.sampling_rate_hz:g} Hz",
        "modality": modality,
        "unit": recording.unit,
        "sampling_rate_hz": recording.sampling_rate_hz,
        "samples": [[float(x) for x in channel] for channel in recording.samples[:, first:last]],
    }


def _addresses(port: int, page: str) -> str:
    return (
        f"\nservice      http://{_HOST}:{port}   (its documentation is the page itself)\n"
        f"recordings   http://{_HOST}:{port}/app   (drop a file, look at its record)\n"
        f"MLflow page  {page}   (runs lie under Model training, upper left)\n"
        "Research software, not a medical device. Ctrl-C ends everything.\n"
    )


def _wait_for_end(started: list[subprocess.Popen[bytes]]) -> int:
    """Wait until a process ends by itself, which it should not; return an exit status."""
    while all(process.poll() is None for process in started):
        time.sleep(0.3)
    return 1
