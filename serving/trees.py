"""Trees as text: reading LightGBM's own format, and not a damaged one.

LightGBM, given trees that are not where their header says, ends the process without a word.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from features import ContractError
from serving.card import Card

if TYPE_CHECKING:
    import lightgbm


def read_trees(directory: Path, name: str, card: Card) -> "lightgbm.Booster":
    """Read the trees of one file of a classifier.

    Raises
    ------
    ContractError
        When the file is missing or damaged, or its columns are not those of the card.
    """
    import lightgbm  # noqa: PLC0415  (the service chooses what it brings along)

    if not (directory / name).is_file():
        raise ContractError(f"{directory} is no classifier: {name} is missing")
    text = (directory / name).read_text(encoding="utf-8")
    if not _is_whole(text):
        raise ContractError(f"{directory}/{name} is damaged: its trees are not where it says")
    booster = lightgbm.Booster(model_str=text)
    if tuple(booster.feature_name()) != card.columns:
        raise ContractError(f"{directory}: card.json and {name} name different columns")
    return booster


def _is_whole(text: str) -> bool:
    """Return whether every tree begins where the header says; LightGBM ends the process if not."""
    found = re.search(r"^tree_sizes=([\d ]+)\n\n", text, flags=re.MULTILINE)
    if found is None:
        return False
    place = found.end()
    for number, size in enumerate(found[1].split()):
        if not text.startswith(f"Tree={number}\n", place):
            return False
        place += int(size)
    return text.startswith("end of trees\n", place)
