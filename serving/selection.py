"""Selection: which modalities a process serves, as the environment says."""

import os
from typing import get_args

from features import ConfigError, Modality

SERVED_VARIABLE = "QUAVER_SERVE"
"""Names the modalities that are served, joined by commas; all when it is not set."""

FOLLOW_VARIABLE = "QUAVER_FOLLOW"
"""When set, a running service adopts another champion without a new start."""

SHADOW_VARIABLE = "QUAVER_SHADOW"
"""When set, the challengers answer beside the champions, and nobody is told but ``/metrics``."""

FEEDBACK_VARIABLE = "QUAVER_FEEDBACK"
"""Names the folder in which labelled windows are kept; when it is not set, none are."""

CHALLENGER = "-challenger"
"""Ends the store's name of models that answer beside the champion."""


def is_set(variable: str) -> bool:
    """Return whether the environment asks for something."""
    return bool(os.environ.get(variable, ""))


def served_modalities() -> tuple[Modality, ...]:
    """Return the modalities that are to be served, all when the environment names none.

    Raises
    ------
    ConfigError
        When it names something that is no modality.
    """
    known: tuple[Modality, ...] = get_args(Modality)
    given = os.environ.get(SERVED_VARIABLE, "").split(",")
    names = [name.strip() for name in given if name.strip()]
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise ConfigError(
            f"{SERVED_VARIABLE} names {unknown[0]!r}; modalities are {', '.join(known)}"
        )
    return tuple(m for m in known if not names or m in names)
