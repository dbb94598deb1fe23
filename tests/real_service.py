"""A real process of BentoML on a free port of this machine."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

PATIENCE_S = 120.0
"""For a start on a machine that is busy with other tests."""


@dataclass(frozen=True)
class Running:
    """A service that answers, and what it has written."""

    http: httpx.Client
    log: Path

    def written(self) -> str:
        """Return everything it has said so far."""
        return self.log.read_text()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def is_open(port: int) -> bool:
    """Return whether somebody listens on a port."""
    with socket.socket() as caller:
        caller.settimeout(1.0)
        return caller.connect_ex(("127.0.0.1", port)) == 0


def environment(home: Path, **more: str) -> dict[str, str]:
    """Return the environment of a process with a BentoML home of its own, which reports nothing."""
    kept = {name: value for name, value in os.environ.items() if name != "QUAVER_SERVE"}
    return {**kept, "BENTOML_HOME": str(home), "BENTOML_DO_NOT_TRACK": "True", **more}


@contextmanager
def started(
    command: Sequence[str], port: int, environ: dict[str, str], folder: Path
) -> Iterator[Running]:
    """Start a service, wait until it is ready, and end it with all that it has started."""
    log = folder / "service.log"
    with (
        log.open("w") as output,
        subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environ,
            cwd=folder,
            start_new_session=True,
        ) as process,
    ):
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
                _wait_until_ready(client, process, log)
                yield Running(client, log)
        finally:
            for name in (signal.SIGTERM, signal.SIGKILL):
                _end(process, name)


def _wait_until_ready(client: httpx.Client, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and process.poll() is None:
        try:
            if client.get("/readyz").is_success:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(f"the service is not ready:\n{log.read_text()}")


def _end(process: subprocess.Popen[bytes], name: signal.Signals) -> None:
    try:
        os.killpg(process.pid, name)
        process.wait(15)
    except (ProcessLookupError, subprocess.TimeoutExpired):
        return
