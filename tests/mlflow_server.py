"""A real MLflow server on PostgreSQL, with its artifacts in a folder of their own."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg2
import pytest
from real_service import free_port

PATIENCE_S = 180.0
_FOLDERS = ("/usr/lib/postgresql",)
_LIMITS = "shared_buffers=16MB", "max_connections=40", "fsync=off"


def programs() -> dict[str, str]:
    """Return where PostgreSQL's programs are; skips the test where there is none."""
    below = [p for folder in _FOLDERS for p in sorted(Path(folder).glob("*/bin"), reverse=True)]
    path = os.pathsep.join((os.environ["PATH"], *map(str, below)))
    found = {name: shutil.which(name, path=path) for name in ("initdb", "postgres")}
    if missing := [name for name, where in found.items() if where is None]:
        pytest.skip(f"there is no PostgreSQL here ({', '.join(missing)}); apt install postgresql")
    return {name: str(Path(where).resolve()) for name, where in found.items() if where}


def owner() -> str | None:
    """Return the user PostgreSQL runs as: it refuses to be run by root."""
    if os.getuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        return pwd.getpwnam("nobody").pw_name


@contextmanager
def postgres() -> Iterator[str]:
    """Start a database of its own; yield its address for SQLAlchemy."""
    found, user, port = programs(), owner(), free_port()
    folder = Path(tempfile.mkdtemp(prefix="quaver-pg-"))
    try:
        if user:
            shutil.chown(folder, user)
        data = folder / "data"
        call = {"user": user, "cwd": folder, "stdout": subprocess.DEVNULL, "text": True}
        making = (found["initdb"], "-D", str(data), "-U", "quaver", "-A", "trust", "--no-sync")
        subprocess.run(making, check=True, stderr=subprocess.PIPE, **call)
        options = [word for limit in _LIMITS for word in ("-c", limit)]
        command = [found["postgres"], "-D", str(data), "-k", str(folder), "-p", str(port)]
        with subprocess.Popen([*command, *options], stderr=subprocess.DEVNULL, **call) as process:
            try:
                where = f"://quaver@127.0.0.1:{port}/postgres"
                _wait(f"postgresql{where}")
                yield f"postgresql+psycopg2{where}"
            finally:
                process.send_signal(signal.SIGINT)
                process.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait(address: str) -> None:
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            psycopg2.connect(address).close()
        except psycopg2.OperationalError as error:
            if time.monotonic() > until:
                raise AssertionError("PostgreSQL does not start") from error
            time.sleep(0.1)
        else:
            return


class Server:
    """An MLflow server that can be killed and started again at the same address."""

    def __init__(self, database: str, artifacts: Path) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.artifacts = artifacts
        self._database = database
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", self._database]
        command += ["--artifacts-destination", str(self.artifacts), "--port", str(self.port)]
        log = (self.artifacts.parent / "server.log").open("ab")
        with log:
            self._process = subprocess.Popen(
                [*command, "--workers", "1"],
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=os.environ
                | {
                    "MLFLOW_DISABLE_TELEMETRY": "true",
                    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
                },
            )
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until and self._process.poll() is None:
            try:
                if httpx.get(f"{self.address}/health", timeout=2).is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        raise AssertionError((self.artifacts.parent / "server.log").read_text())

    def kill(self) -> None:
        """End it and all its processes at once, as when the machine goes down."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(30)
            self._process = None
