"""The BentoML store: what is served, and how that changes. The only module that imports bentoml.

BentoML serves the version that the file ``latest`` beside the versions of a model names. Here a
version is made in a folder aside, put beside the others by one rename, and served by another, of
the file that names it: whoever reads finds all of a model or nothing, the old one or the new one.
"""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import bentoml
from bentoml._internal.configuration.containers import BentoMLContainer
from bentoml._internal.models import ModelStore

from features import ConfigError
from serving.card import Card
from training.tracking import Logged

_OWN = "quaver"
"""Folder beside BentoML's own, for what belongs to a promotion."""


@dataclass(frozen=True)
class Stored:
    """A version in the store: where it lies, which registered model it is, what it replaced."""

    name: str
    place: str
    """The store's own name for the version."""
    directory: Path
    labels: dict[str, str]

    @property
    def tag(self) -> str:
        """What BentoML calls it."""
        return f"{self.name}:{self.place}"

    @property
    def logged(self) -> Logged:
        """Return the registered model that it is a copy of."""
        return Logged(self.labels["run_id"], self.name, self.labels["version"])

    @property
    def replaces(self) -> str | None:
        """Return the store's name of the version that was served before it."""
        return self.labels.get("replaces")


def served(name: str, store_name: str | None = None) -> Stored | None:
    """Return the version that is served under a name, None when none is.

    ``store_name`` is that of the store, where it differs from the registry's.
    """
    try:
        place = _pointer(store_name or name).read_text(encoding="utf-8").strip()
    except OSError:
        return None
    return stored(name, place, store_name)


def stored(name: str, place: str, store_name: str | None = None) -> Stored | None:
    """Return a version of the store, None when it is not there."""
    try:
        model = bentoml.models.get(f"{store_name or name}:{place}")
    except bentoml.exceptions.NotFound:
        return None
    return Stored(name, place, Path(model.path), dict(model.info.labels))


def stage(directory: Path, card: Card, labels: dict[str, str], name: str) -> str:
    """Make a version aside, seen by nobody; return the store's name for it.

    What a promotion that died, or found no room, has left there is removed.
    """
    shutil.rmtree(_aside() / name, ignore_errors=True)
    with bentoml.models.create(
        name,
        labels=labels,
        metadata={"modality": card.modality, "classes": list(card.classes)},
        _model_store=ModelStore(_aside()),
    ) as model:
        shutil.copytree(directory, model.path, dirs_exist_ok=True)
    return str(model.tag.version)


def put(name: str, place: str) -> None:
    """Put a version that was made aside beside the others; it is not served yet."""
    target = _folder(name) / place
    target.parent.mkdir(parents=True, exist_ok=True)
    (_aside() / name / place).rename(target)


def point(name: str, place: str) -> None:
    """Let a version be served from now on."""
    pointer = _pointer(name)
    part = pointer.with_name(".latest.part")
    part.write_text(place, encoding="utf-8")
    part.replace(pointer)


def dismiss(name: str) -> None:
    """Remove all versions of a name."""
    shutil.rmtree(_folder(name), ignore_errors=True)


def remove(name: str, place: str) -> None:
    """Remove a version that is not served, wherever it lies."""
    for folder in (_folder(name), _aside() / name):
        shutil.rmtree(folder / place, ignore_errors=True)
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()  # BentoML takes the folder for a model


def own_folder() -> Path:
    """Return the folder of what belongs to promotions."""
    folder = _models().parent / _OWN
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def announcement(name: str) -> Path:
    """Return the file that says which change of what is served under a name is on its way."""
    return own_folder() / f"{name}.json"


def announcements() -> list[str]:
    """Return the names for which a change is on its way, or was interrupted."""
    return sorted(path.stem for path in own_folder().glob("*.json"))


@contextmanager
def alone() -> Iterator[None]:
    """Let one process at a time change what is served.

    Raises
    ------
    ConfigError
        When another does already.
    """
    path = own_folder() / "lock"
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigError(
                f"another promotion is at work ({path} is locked); wait until it has ended"
            ) from error
        yield


def _models() -> Path:
    # BentoML says in no public place where its store is, and makes no version aside.
    return Path(BentoMLContainer.model_store.get()._path)  # noqa: SLF001


def _folder(name: str) -> Path:
    return _models() / name


def _pointer(name: str) -> Path:
    return _folder(name) / "latest"


def _aside() -> Path:
    folder = own_folder() / "aside"
    folder.mkdir(exist_ok=True)
    return folder
