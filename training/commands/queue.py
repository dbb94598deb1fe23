"""The queue command: which windows a person should label next."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from features import ConfigError, Modality, SignalError, Windows
from serving.classifier import Classifier
from serving.exam import load
from serving.requests import WINDOW_S
from serving.selection import CHALLENGER
from training import bento_store
from training.commands.asked import chosen_for, mapping_of, modality_of
from training.datasets.feedback import NAME
from training.layout import Layout
from training.queue.choice import choose
from training.queue.folder import TABLE, check_new, write_folder
from training.queue.places import Batches, Place, windows_of_feedback, windows_of_files
from training.queue.windows import Judged, judge, worth_of


def queue_windows(
    files: Sequence[Path],
    feedback: Path | None,
    *,
    mapping_file: Path | None,
    given: dict[str, Any],
    out: Path,
    most: int,
    model: Path | None,
    layout: Layout,
) -> str:
    """Choose windows, write them into a new folder, and return what was done."""
    if bool(files) == (feedback is not None):
        raise ConfigError("name either recordings or, with --feedback, a folder of feedback")
    check_new(out)
    if feedback is not None:
        modality = modality_of({**given, "mapping": mapping_file})
    else:
        mapping = mapping_of(mapping_file, given)
        modality = mapping.modality

    def batches() -> Batches:
        if feedback is not None:
            return windows_of_feedback(feedback, modality)
        return windows_of_files(files, mapping)

    champion = chosen_for(modality, model, layout).classifier
    doubtful, n_windows = _doubtful(batches(), champion, _challenger(modality))
    chosen = _chosen(doubtful, most)
    if n_windows == 0:
        raise SignalError(f"no recording is as long as a window, {WINDOW_S:g} s")
    if not chosen:
        return f"none of {n_windows} windows is in doubt: there is nothing to label, nor to write"
    picked = _picked(batches(), {one.place for one in chosen})
    write_folder(chosen, picked, champion.card.spec, out, NAME if feedback else "queue")
    whys = Counter(why for one in chosen for why in one.worth)
    told = ", ".join(f"{n} {why}" for why, n in whys.items())
    return (
        f"{len(chosen)} windows ({told}), of {len(doubtful)} in doubt and {n_windows} in all, are"
        f" in {out}: look at index.html, fill in label and subject in {TABLE}, then name the folder"
        " in data.train"
    )


def _challenger(modality: Modality) -> Classifier | None:
    name = f"quaver-{modality}"
    stored = bento_store.served(name, name + CHALLENGER)
    return None if stored is None else load(stored.directory)


def _doubtful(
    batches: Batches, champion: Classifier, challenger: Classifier | None
) -> tuple[list[Judged], int]:
    """Return the windows that something speaks for, and of how many they are."""
    doubtful: list[Judged] = []
    n_windows = 0
    with tqdm(desc="judged", unit=" windows", leave=False) as bar:
        for places, windows in batches:
            doubtful += judge(places, windows, champion, challenger)
            n_windows += len(places)
            bar.update(len(places))
    return doubtful, n_windows


def _chosen(doubtful: Sequence[Judged], most: int) -> list[Judged]:
    places = [one.place for one in doubtful]
    starts_s = np.array([np.nan if place.subject else place.start_s for place in places])
    shares = [place.subject or place.recording for place in places]
    return [doubtful[i] for i in choose(shares, starts_s, worth_of(doubtful), most)]


def _picked(batches: Batches, wanted: set[Place]) -> dict[Place, Windows]:
    """Read again what was chosen: the windows of a day do not fit into memory."""
    return {
        place: windows[i : i + 1]
        for places, windows in batches
        for i, place in enumerate(places)
        if place in wanted
    }
