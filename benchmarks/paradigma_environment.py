"""paradigma from here: its environment is made once, and every question is a process of its own.

Its pins contradict quaver's (pandas, scikit-learn), and its classifier is a pickle, which is opened
over there and nowhere else.
"""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "paradigma.txt"
ENVIRONMENT = HERE.parent / ".benchmarks" / "paradigma"

_INSTALL_S = 900.0
_RUN_S = 300.0


class PeerUnavailableError(Exception):
    """The peer cannot be asked; the message says why in one sentence."""


@dataclass(frozen=True, eq=False)
class PeerAnswers:
    """Shares of windows called tremor, as its users get them (``checked``) and before its checks.

    Both have the shape of the cells that were asked about, (n_signals, n_peaks).
    """

    version: str
    checked: Array
    unchecked: Array


def ask_paradigma(cells: Array, rate_hz: float) -> PeerAnswers:
    """Let paradigma label windows.

    Parameters
    ----------
    cells : ndarray, shape (n_signals, n_peaks, n_windows, 3, n_samples)
        In deg/s; windows of 4 s.
    rate_hz : float
        Sampling rate.

    Raises
    ------
    PeerUnavailableError
        When it can be neither found nor installed, or fails.
    """
    python = _environment()
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "windows.npz", Path(folder) / "shares.json"
        np.savez(source, samples=cells, rate_hz=rate_hz)
        # Isolated: neither this folder nor PYTHONPATH may put our modules before its own.
        _run([python, "-I", HERE / "paradigma_peer.py", source, target], "be run", _RUN_S)
        content = json.loads(target.read_text(encoding="utf-8"))
    return PeerAnswers(
        content["version"], np.array(content["checked"]), np.array(content["unchecked"])
    )


def _environment() -> Path:
    """Return the interpreter of the peer's environment, made anew when the pins have changed."""
    python = ENVIRONMENT / "bin" / "python"
    ready = ENVIRONMENT / "ready.txt"
    wanted = f"{sys.version_info[:2]}\n{REQUIREMENTS.read_text(encoding='utf-8')}"
    if ready.is_file() and ready.read_text(encoding="utf-8") == wanted:
        return python
    print("making an environment for paradigma, once", file=sys.stderr)
    ours: list[str | Path] = [sys.executable, "-m"]
    _run([*ours, "venv", "--without-pip", "--clear", ENVIRONMENT], "get an environment", _INSTALL_S)
    # Wheels only: where there is none for this Python, that is known at once.
    what: list[str | Path] = ["--quiet", "--only-binary", ":all:", "--requirement", REQUIREMENTS]
    try:
        _run([*ours, "uv", "pip", "install", "--python", python, *what], "be installed", _INSTALL_S)
    except PeerUnavailableError:
        # Where only pip is set up for an index, pip does it.
        _run([*ours, "pip", "--python", python, "install", *what], "be installed", _INSTALL_S)
    ready.write_text(wanted, encoding="utf-8")
    return python


def _run(command: list[str | Path], deed: str, patience_s: float) -> None:
    """Run a command, or say in one sentence what could not be done."""
    try:
        done = subprocess.run(  # noqa: S603  (our own commands)
            command, capture_output=True, text=True, timeout=patience_s, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PeerUnavailableError(f"paradigma could not {deed}: {error}") from error
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise PeerUnavailableError(f"paradigma could not {deed}: {said[-1].strip()}")
