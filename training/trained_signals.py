"""Trained signals: recordings that a model was trained on pass for no stranger's."""

from collections.abc import Sequence
from contextlib import suppress

from features import QuaverError
from training.config import ModelConfig
from training.datasets.copies import Copies
from training.datasets.opening import Opened
from training.layout import Layout
from training.semireal.opening import open_set


def check_strangers(
    sets: Sequence[Opened], known: frozenset[str], config: ModelConfig, layout: Layout
) -> None:
    """Refuse sets that hold recordings of people whom a model knows, under another name.

    It is seen as long as the configuration names the folder that was trained on. Simulated people
    have no such copies.

    Raises
    ------
    SignalError
        Naming both recordings.
    """
    modality = config.features.modality
    asked = [one for one in sets if one.source.kind == "real" and modality in one.modalities]
    copies = _seen(known, config, layout) if asked else Copies()
    for opened in asked if copies else ():
        for _ in copies.refused(opened.recordings(modality), remembered=False):
            pass


def _seen(known: frozenset[str], config: ModelConfig, layout: Layout) -> Copies:
    """Return the recordings that were trained on, of the sets that can be read."""
    modality, copies = config.features.modality, Copies()
    for name in config.data.train:
        # What is wrong with it is no matter of an evaluation of other sets.
        with suppress(QuaverError):
            opened = open_set(name, modality, layout)
            if opened.source.kind == "real":
                people = (each for each in opened.recordings(modality) if each.group in known)
                for _ in copies.refused(people):
                    pass
    return copies
