"""Promote: let another model serve, or go back to the one before.

What serves is what the BentoML store names; what the registry's alias ``champion`` names is the
same model. They cannot change at one instant, so a change is announced first, and its last step,
one rename, is the change::

    announced ─▶ stored ─▶ registered ─▶ served ─▶ done
    └──────── the old model serves ────┘ └─ the new ─┘

A process that ends before ``served`` leaves the old model in service; whoever changes or starts
the service next finds the announcement and takes back what had been done.
"""

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from features import ConfigError, ContractError, Modality, Section
from serving.card import Card
from serving.exam import load
from serving.selection import CHALLENGER as BESIDE
from training import bento_store as store
from training import tracking
from training.compare import Comparison
from training.gate import Check, Gate, checks, pass_gate
from training.run_comparison import compare_runs
from training.tracking import CHALLENGER, CHAMPION, Logged


class Announcement(Section):
    """What is about to be served in whose place: a file for as long as a change lasts."""

    name: str
    before: str | None
    """The registry's version that is served, None when none is that this registry knows."""
    place: str
    """The store's name of what is to be served."""
    version: str
    """The registry's version of it."""
    is_new: bool
    """Whether the store did not have it before."""


@dataclass(frozen=True)
class Promoted:
    """A model in service, or beside it."""

    logged: Logged
    tag: str
    checks: tuple[Check, ...] = ()
    passed_over: tuple[str, ...] = ()
    """Versions that would have been gone back to, but are not in the registry any more."""


def promote(
    logged: Logged, gate: Gate, told: Callable[[Check], object] = lambda _: None
) -> Promoted:
    """Put a registered model into service; each check of the gate is told as it is made.

    Raises
    ------
    ContractError
        When it fails its exam under this code.
    GateError
        When it does not reach what the gate asks; nothing has changed then.
    """
    name = logged.model_name
    with store.alone(), tempfile.TemporaryDirectory() as temporary:
        _settle(name)
        directory = tracking.fetch_classifier(logged, Path(temporary))
        classifier = load(directory)
        before = store.served(name)
        champion = None if before is None or before.logged == logged else _card(before.directory)
        comparison = _compared(logged, before, gate)
        asked = checks(classifier, directory, gate, champion, comparison)
        made = pass_gate(name, asked, told)
        if before is not None and before.logged == logged and _fits(before.directory):
            # Somebody may have moved it by hand.
            tracking.set_alias(name, CHAMPION, logged.model_version)
            return Promoted(logged, before.tag, made)
        place = _staged(directory, logged, classifier.card, name, before)
        _carry_out(Announcement(
            name=name,
            before=None if before is None else _registered(before),
            place=place,
            version=logged.model_version,
            is_new=True,
        ))  # fmt: skip
        _dismiss_challenger(logged)
    return Promoted(logged, f"{name}:{place}", made)


def challenge(logged: Logged) -> Promoted:
    """Let a registered model answer beside the champion, for ``quaver serve --shadow``.

    It has to fit this code, no more: how good it is will be seen.

    Raises
    ------
    ContractError
        When it fails its exam under this code.
    """
    name = logged.model_name + BESIDE
    with store.alone(), tempfile.TemporaryDirectory() as temporary:
        _settle(logged.model_name)
        directory = tracking.fetch_classifier(logged, Path(temporary))
        card = load(directory).card
        before = store.served(logged.model_name, name)
        place = _staged(directory, logged, card, name, None)
        store.put(name, place)
        tracking.set_alias(logged.model_name, CHALLENGER, logged.model_version)
        store.point(name, place)
        if before is not None:
            store.remove(name, before.place)
    return Promoted(logged, f"{name}:{place}")


def said_of_alias(name: str) -> str | None:
    """Say when the registry calls another model champion than the one that serves here."""
    served, champion = store.served(name), tracking.version_of(name, tracking.CHAMPION)
    if served is None or champion is None or served.logged == champion:
        return None
    modality, version = name.removeprefix("quaver-"), served.logged.model_version
    return (
        f"the registry calls version {champion.model_version} of {name} {CHAMPION}, but what serves"
        f" here is version {version}: an alias that is moved by hand moves no model; `quaver"
        f" promote {modality}:<version>` does both"
    )


def rollback(modality: Modality) -> Promoted:
    """Let the model that was served before serve again.

    Raises
    ------
    ConfigError
        When there is none to go back to.
    ContractError
        When it no longer fits this code.
    """
    name = f"quaver-{modality}"
    with store.alone():
        _settle(name)
        now = store.served(name)
        if now is None:
            raise ConfigError(f"no model for {modality} is served; run `quaver promote {modality}`")
        earlier, passed_over = _earlier(name, now)
        if earlier is None:
            why = f"{now.tag} is the first model served for {modality}"
            if passed_over:
                why = f"of {name}, {' and '.join(passed_over)} is not in the registry any more"
            raise ConfigError(f"{why}; there is none to go back to")
        load(earlier.directory)
        _carry_out(Announcement(
            name=name,
            before=_registered(now),
            place=earlier.place,
            version=earlier.logged.model_version,
            is_new=False,
        ))  # fmt: skip
    return Promoted(earlier.logged, earlier.tag, passed_over=passed_over)


def _earlier(name: str, now: store.Stored) -> tuple[store.Stored | None, tuple[str, ...]]:
    """Return what was served before and can be again, and the versions not registered any more."""
    passed_over: list[str] = []
    found: store.Stored | None = now
    while found is not None:
        found = None if found.replaces is None else store.stored(name, found.replaces)
        if found is None or tracking.is_registered(found.logged):
            break
        passed_over.append(f"version {found.logged.model_version}")
    return found, tuple(passed_over)


def _registered(served: store.Stored) -> str | None:
    """Return the version of what is served; None when the registry has none of that run.

    It may have been deleted, or be of another registry, in which its number is another model's.
    """
    logged = served.logged
    return logged.model_version if tracking.is_registered(logged) else None


def _carry_out(change: Announcement) -> None:
    """Make a change, or take back at once what was done of one that the registry refuses."""
    try:
        for _ in steps(change):
            pass
    except ConfigError:
        # Where the registry is gone this cannot be done either, and whoever comes next does it.
        with suppress(ConfigError):
            _settle(change.name)
        raise


def steps(change: Announcement) -> Iterator[str]:
    """Make a change step by step; yield the name of each after it was taken."""
    path = store.announcement(change.name)
    part = path.with_suffix(".part")
    part.write_text(change.model_dump_json(indent=1) + "\n", encoding="utf-8")
    part.replace(path)
    yield "announced"
    if change.is_new:
        store.put(change.name, change.place)
    yield "stored"
    tracking.set_alias(change.name, CHAMPION, change.version)
    yield "registered"
    store.point(change.name, change.place)
    yield "served"
    path.unlink()
    yield "done"


def settle(name: str) -> str | None:
    """Take back a change that was not completed; return what is to be said of it, if it was."""
    if not store.announcement(name).is_file():
        return None
    with store.alone():
        return _settle(name)


def _settle(name: str) -> str | None:
    path = store.announcement(name)
    if not path.is_file():
        return None
    change = Announcement.model_validate(json.loads(path.read_text(encoding="utf-8")))
    now = store.served(name)
    completed = now is not None and now.place == change.place
    if not completed:
        tracking.set_alias(name, CHAMPION, change.before)
        if change.is_new:
            store.remove(name, change.place)
    path.unlink()
    if completed:
        return None
    kept = "none is served" if now is None else f"version {now.logged.model_version} serves"
    return f"a promotion of {name} was interrupted and has been taken back: {kept}, as before it"


def _compared(logged: Logged, before: store.Stored | None, gate: Gate) -> Comparison | str | None:
    if before is None or before.logged == logged or gate.maximum_loss is None:
        return None
    try:
        return compare_runs(before.logged.run_id, logged.run_id)
    except ConfigError as error:
        return str(error)


def _staged(
    directory: Path, logged: Logged, card: Card, name: str, before: store.Stored | None
) -> str:
    labels = {
        "run_id": logged.run_id,
        "version": logged.model_version,
        "fingerprint": card.fingerprint,
    }
    if before is not None:
        same = before.logged == logged
        replaced = before.replaces if same else before.place
        labels |= {} if replaced is None else {"replaces": replaced}
    return store.stage(directory, card, labels, name)


def _dismiss_challenger(logged: Logged) -> None:
    """Remove what answered beside the champion, now that it is the champion."""
    name = logged.model_name + BESIDE
    beside = store.served(logged.model_name, name)
    if beside is not None and beside.logged == logged:
        tracking.set_alias(logged.model_name, CHALLENGER, None)
        store.dismiss(name)


def _fits(directory: Path) -> bool:
    try:
        load(directory)
    except ContractError:
        return False
    return True


def _card(directory: Path) -> Card:
    return Card.model_validate_json((directory / "card.json").read_text(encoding="utf-8"))
