"""Provenance: what code, what data and which versions a result comes from."""

import hashlib
import importlib.metadata
import subprocess
from pathlib import Path

from training.config import ModelConfig
from training.table import LabelledTable

_PACKAGES = ("lightgbm", "numpy", "scipy", "numba", "scikit-learn", "quaver")


def git_commit() -> str | None:
    """Return the commit that is checked out, marked when files differ from it; None outside Git."""
    try:
        commit = _git("rev-parse", "HEAD")
        return f"{commit}-dirty" if _git("status", "--porcelain", "-uno") else commit
    except (OSError, subprocess.CalledProcessError):
        return None


def _git(*words: str) -> str:
    found = subprocess.run(  # noqa: S603  (our own words)
        ["git", *words],  # noqa: S607  (git from the path, as the user has it)
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=True,
    )
    return found.stdout.strip()


def versions() -> dict[str, str]:
    """Return the versions of the packages that a model's numbers depend on."""
    return {name: importlib.metadata.version(name) for name in _PACKAGES}


def data_sha256(table: LabelledTable) -> str:
    """Return the hash of everything that a fit sees: features, labels, groups, in their order."""
    digest = hashlib.sha256(table.features.fingerprint.encode())
    digest.update(table.features.values.tobytes())
    for names in (table.labels, table.groups):
        digest.update("\n".join(names.tolist()).encode())
    return digest.hexdigest()


def config_sha256(config: ModelConfig) -> str:
    """Return the hash of a whole configuration."""
    return hashlib.sha256(config.model_dump_json().encode()).hexdigest()
