"""A tiny project in which `make up` runs: what a new user has after the first command."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from project import clean_environment, copy_project
from real_service import free_port

PATIENCE_S = 900.0
LAST_LINE = "Ctrl-C ends everything."


@dataclass(frozen=True, eq=False)
class Up:
    """What `make up` has started, and what it says."""

    folder: Path
    port: int
    mlflow_port: int
    process: subprocess.Popen[bytes]
    log: Path

    def told(self) -> str:
        """Return everything it has said so far."""
        return self.log.read_text()

    def press_ctrl_c(self) -> int:
        """Do as a terminal does: interrupt the whole foreground group; return the status."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(60)


def make(folder: Path, *words: str) -> list[str]:
    """Return a call of make that takes the environment of the tests for the project's own."""
    venv = folder / ".venv"
    if not venv.exists():
        venv.symlink_to(sys.prefix)
    return ["make", "--old-file", ".venv/.ready", *words]


@contextmanager
def make_up(folder: Path) -> Iterator[Up]:
    """Run `make up` in a new tiny project until it has answered."""
    copy_project(folder)
    port, mlflow_port = free_port(), free_port()
    log = folder.parent / "up.log"
    words = make(folder, "up", f"PORT={port}", f"MLFLOW_PORT={mlflow_port}")
    with (
        log.open("wb") as output,
        subprocess.Popen(
            words,
            cwd=folder,
            env=clean_environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process,
    ):
        up = Up(folder, port, mlflow_port, process, log)
        try:
            _wait_for_the_last_line(up)
            yield up
        finally:
            if process.poll() is None:
                up.press_ctrl_c()


def _wait_for_the_last_line(up: Up) -> None:
    until = time.monotonic() + PATIENCE_S
    while LAST_LINE not in up.told():
        ended = up.process.poll()
        if ended is not None or time.monotonic() > until:
            raise AssertionError(f"make up did not get there (status {ended}):\n{up.told()}")
        time.sleep(0.2)
