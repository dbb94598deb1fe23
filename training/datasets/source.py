"""Source: one data set, what it is, and how it is read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from features import Modality
from training.datasets.labelled import LabelledRecording

Kind = Literal["simulated", "semi-real", "real"]
"""Numbers of different kinds are never mixed."""


@dataclass(frozen=True)
class Source:
    """One entry of the registry.

    Attributes
    ----------
    name : str
        Unique; the name of its folder below the data folder.
    title : str
        What it is, in one line.
    modalities : tuple of str
    kind : {"simulated", "semi-real", "real"}
    licence : str
        As stated by its authors, or ``none stated``.
    for_training : bool
        Whether the licence and the labels allow models trained on it to be passed on.
    reason : str
        Why it is, or is not, used for training.
    read : callable
        From the folder to its recordings, one at a time. For a surface EMG with several channels,
        each channel is a recording of its own (same group).
    where : str
        For a public set: where a user gets it.
    """

    name: str
    title: str
    modalities: tuple[Modality, ...]
    kind: Kind
    licence: str
    for_training: bool
    reason: str
    read: Callable[[Path], Iterator[LabelledRecording]]
    where: str = ""
