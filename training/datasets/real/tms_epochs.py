"""Responses to magnetic stimulation, each cut to 150 or 200 ms: shapes, not windows.

There is no recording to cut 4-s windows from, so that :func:`read` yields none.
:func:`read_responses` gives the shapes to semi-real signals. What the stimulator leaves is filled,
see :mod:`.stimuli`, up to the earliest onset that the set's authors allow for the muscle: a
forearm answers sooner than the 20 ms that suit hand and leg. The second small set of the folder
has no licence and is not read.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from training.datasets.labelled import LabelledRecording
from training.datasets.real.files import Array, check_shape, found, opened, read_matlab
from training.datasets.real.stimuli import Blank, blanked
from training.datasets.source import Source

NAME = "tms-mep-epochs"
RATE_HZ = 3000.0

_STIMULUS_S = 0.05
"""From the start of an epoch, as it is cut."""
_KEPT_BEFORE_S = 0.025
"""An earlier stimulus of a pair, and what it evoked, may lie before this."""
_BLANK_BEFORE_S = 0.002
_OUTLASTING = 20.0
"""Where the artefact is this many deviations high at the end of the blank, the epoch is useless."""


class _Muscle(NamedTuple):
    name: str
    earliest_onset_s: float


_HAND = _Muscle("first dorsal interosseous", 0.018)
_LEG = _Muscle("tibialis anterior", 0.020)
_FOREARM = _Muscle("extensor carpi radialis", 0.013)
MUSCLES = {
    "ID01": _HAND,
    "ID02": _LEG,
    "ID03": _LEG,
    "ID04": _LEG,
    "ID05": _LEG,
    "ID06": _LEG,
    "ID10_1": _FOREARM,
}


@dataclass(frozen=True, eq=False)
class EvokedResponses:
    """The responses of one person's muscle; the stimulus is at ``stimulus_sample`` of each.

    ``responses_uv`` has shape (n_responses, n_samples), without artefact and offset.
    """

    group: str
    muscle: str
    earliest_onset_s: float
    responses_uv: Array
    rate_hz: float
    stimulus_sample: int


def read_responses(folder: Path) -> Iterator[EvokedResponses]:
    """Read the responses of each person."""
    stimulus, kept = round(_STIMULUS_S * RATE_HZ), round(_KEPT_BEFORE_S * RATE_HZ)
    for path in found(folder / "mepfeatx", "ID*.mat"):
        if path.stem not in MUSCLES:
            continue
        muscle = MUSCLES[path.stem]
        with opened(path):
            epochs = np.asarray(read_matlab(path, "meps"), dtype=np.float64)
        check_shape(epochs, (None, None), path)
        responses = np.stack([_clean(epoch, stimulus, muscle) for epoch in epochs.T])
        baseline = responses[:, stimulus - kept : stimulus]
        end = stimulus + math.ceil(muscle.earliest_onset_s * RATE_HZ)
        usable = np.abs(responses[:, end]) < _OUTLASTING * np.median(baseline.std(axis=1))
        yield EvokedResponses(
            group=f"{NAME}/{path.stem}",
            muscle=muscle.name,
            earliest_onset_s=muscle.earliest_onset_s,
            responses_uv=responses[usable, stimulus - kept :],
            rate_hz=RATE_HZ,
            stimulus_sample=kept,
        )


def _clean(epoch: Array, stimulus: int, muscle: _Muscle) -> Array:
    kept = round(_KEPT_BEFORE_S * RATE_HZ)
    blank = Blank(_BLANK_BEFORE_S, muscle.earliest_onset_s, period_s=1.0 / RATE_HZ)
    return blanked(epoch - np.median(epoch[stimulus - kept : stimulus]), [stimulus], RATE_HZ, blank)


def read(folder: Path) -> Iterator[LabelledRecording]:
    """Yield nothing: no response lasts a window."""
    with opened(folder):
        yield from ()


SOURCE = Source(
    name=NAME,
    title="Responses to magnetic stimulation, cut out: shapes for semi-real signals",
    modalities=(),
    kind="real",
    licence="BSD-3",
    for_training=False,
    reason="cut to 150-200 ms, so that there are no windows; shapes for semi-real twitches",
    read=read,
)
