"""Following: a service that notices which model is to serve, without an end and a new start.

What is to serve is named by a small file beside the models, which is replaced at one instant. A
thread looks at it, opens the model it names, lets it sit its exam, and only then lets it answer:
requests that are being answered keep the model they began with.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Generic, TypeVar

from features import QuaverError

LOOK_EVERY_S = 0.5

_LOG = logging.getLogger("bentoml.quaver")
"""Below the logger that BentoML writes with."""

K = TypeVar("K")


class Follower(Generic[K]):
    """Adopts what pointers name whenever they come to name something else.

    Parameters
    ----------
    pointers : mapping of K to Path
        File that names what is to serve; it may not be there yet, or no longer.
    adopt : callable
        Opens and adopts what a key's pointer names now; raises QuaverError when that cannot serve.
    drop : callable
        Does without a key, whose pointer is gone; None: what it named stays.
    serving : mapping of K to str
        What serves already, by the name that its pointer had when it was opened.
    role : str
        What those that are followed are, in the words of the log.
    """

    def __init__(
        self,
        pointers: Mapping[K, Path],
        adopt: Callable[[K], object],
        drop: Callable[[K], object] | None,
        serving: Mapping[K, str],
        role: str = "champion",
    ) -> None:
        self._pointers = pointers
        self._adopt = adopt
        self._drop = drop
        self._seen = dict(serving)
        self._role = role

    def start(self) -> None:
        """Look again and again, in a thread that ends with the process."""
        threading.Thread(target=self._run, name="following", daemon=True).start()

    def look(self) -> None:
        """Look once. What cannot serve is logged once, and the model before it stays."""
        for key, path in self._pointers.items():
            named = _read(path)
            if named is None or named == self._seen.get(key, ""):
                continue
            self._seen[key] = named
            what = f"{key}: {self._role} {named}" if named else f"{key}: no {self._role}"
            try:
                outcome = self._changed(key, named)
            except QuaverError as error:
                _LOG.error("%s cannot serve, the one before it stays: %s", what, error)
            except Exception:  # noqa: BLE001  (whatever it is, later pointers are followed)
                _LOG.exception("%s could not be opened, the one before it stays", what)
            else:
                _LOG.warning("%s %s", what, outcome)

    def _changed(self, key: K, named: str) -> str:
        """Adopt what a pointer names, or do without; return what has come of it."""
        if named:
            self._adopt(key)
            return "answers from now on"
        if self._drop is None:
            return "is named any more, the one before it stays"
        self._drop(key)
        return "answers any more"

    def _run(self) -> None:
        while True:
            time.sleep(LOOK_EVERY_S)
            self.look()


def _read(path: Path) -> str | None:
    """Return what a pointer names, nothing when there is none; None when nobody can tell now."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        return ""
    except OSError:  # as where too many files are open
        return None
