"""What a request to the service costs, and its start, beside a BentoML endpoint that does nothing.

Both are started side by side from the promoted models (``quaver promote``, or ``make up``). One
client sends each body to the one and to the other in turn over connections that stay open, so that
whatever else the machine is doing meets both alike.
"""

import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from features import MODALITIES, Modality, QuaverError
from serving.selection import served_modalities
from training.commands.serve import check_models
from training.environment import prepare
from training.tables import table

REPOSITORY = Path(__file__).parents[1]

WARM_UP = 50
REQUESTS = 400
PATIENCE_S = 120.0

MOST_RATIO = 3.0
"""A window is to be answered within this many times what an empty endpoint takes."""
MOST_START_S = 10.0


def body(modality: Modality) -> bytes:
    """Return a request with one window of four seconds at the modality's own rate and unit."""
    rng = np.random.default_rng(7)
    traits = MODALITIES[modality]
    samples = rng.standard_normal((traits.max_channels, round(4 * traits.rate_hz)))
    window: dict[str, Any] = {
        "id": "w1",
        "modality": modality,
        "unit": traits.unit,
        "sampling_rate_hz": traits.rate_hz,
        "samples": np.round(samples, 4).tolist(),
    }
    return json.dumps({"windows": [window]}).encode()


@contextmanager
def served(target: str, folder: Path) -> Iterator[tuple[httpx.Client, float]]:
    """Start a service; yield a client that stays connected, and the seconds until it was ready."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "bentoml", "serve", target, "--working-dir", str(folder)]
    started = time.perf_counter()
    with subprocess.Popen(  # noqa: S603  (our own command)
        [*command, "--host", "127.0.0.1", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
                wait_until_ready(client, process)
                yield client, time.perf_counter() - started
        finally:
            process.terminate()


def wait_until_ready(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    """Wait for a service that is starting."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if process.poll() is not None:
            sys.exit(f"the service ended with status {process.returncode} before it was ready")
        with suppress(httpx.TransportError):
            if client.get("/readyz").is_success:
                return
        time.sleep(0.02)
    sys.exit(f"the service was not ready within {PATIENCE_S:g} s")


def latencies_ms(clients: list[httpx.Client], content: bytes) -> list[list[float]]:
    """Send a body to each client in turn, many times; return the milliseconds of each."""
    taken: list[list[float]] = [[] for _ in clients]
    headers = {"content-type": "application/json"}
    for i in range(WARM_UP + REQUESTS):
        for client, times in zip(clients, taken, strict=True):
            before = time.perf_counter()
            client.post("/predict", content=content, headers=headers).raise_for_status()
            if i >= WARM_UP:
                times.append(1000 * (time.perf_counter() - before))
    return taken


def main() -> None:
    """Measure and print one table."""
    prepare(REPOSITORY)
    try:
        check_models()
    except QuaverError as error:
        sys.exit(f"{error}")
    rows: list[list[object]] = []
    with (
        served("empty_service:Empty", Path(__file__).parent) as (empty, empty_start_s),
        served("serving.service:Quaver", REPOSITORY) as (quaver, quaver_start_s),
    ):
        for modality in served_modalities():
            content = body(modality)
            floor, ours = (
                statistics.median(times) for times in latencies_ms([empty, quaver], content)
            )
            name = f"one window of {modality}, {len(content) / 1000:.0f} kB"
            rows.append([name, *measured(floor, ours, "ms"), f"at most {MOST_RATIO:g} x"])
    rows.append(
        ["start to ready", *measured(empty_start_s, quaver_start_s, "s"), f"{MOST_START_S:g} s"]
    )
    print(f"median of {REQUESTS} requests, one client, {os.cpu_count()} cores\n")
    print(table(["", "empty endpoint", "quaver", "ratio", "target"], rows))


def measured(floor: float, ours: float, unit: str) -> list[str]:
    """Return the cells of one comparison."""
    return [f"{floor:.2f} {unit}", f"{ours:.2f} {unit}", f"{ours / floor:.2f}"]


if __name__ == "__main__":
    main()
