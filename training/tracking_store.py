"""Tracking store: a database that is a file is made whole or not at all, by one process."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

_FILE = "sqlite:///"


def open_alone(uri: str, opened: Callable[[str], object]) -> None:
    """Open a database with no other process of this user doing so: the first makes its tables.

    MLflow locks that for its servers but not here, and of two trainings that begin together in a
    new folder one ended with a table half made. Elsewhere the lock is one more than is needed.
    A process that is killed while it makes them must not leave a file that nobody can open: they
    are made in another, which then takes its name.
    """
    user = os.getuid() if hasattr(os, "getuid") else "user"
    with FileLock(Path(tempfile.gettempdir()) / f"quaver-store-{user}.lock"):
        file = Path(uri.removeprefix(_FILE))
        plain = uri.startswith(_FILE) and not {":", "?"} & set(file.name)
        if plain and file.name and not file.exists():
            part = file.with_name(f"{file.name}.part")
            for left in (part, part.with_name(f"{part.name}-journal")):
                left.unlink(missing_ok=True)
            opened(f"{_FILE}{part}")
            part.replace(file)
        opened(uri)
