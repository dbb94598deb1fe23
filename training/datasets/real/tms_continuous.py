"""A resting hand muscle under magnetic stimulation of the brain: EMG, one channel.

Most pulses evoke one brief response, an ``evoked_twitch`` from onset to end as in the table beside
the data. A pulse that evokes none is a ``stimulus_without_response``, unless something small rises
there all the same: then it is ``unclear``. All else is rest, but for what the muscle does of its
own accord and what pulses do that the table lacks, since the trigger misses every fifth: both stand
out, see :mod:`.resting`. What the amplifier does when it is switched on has no label.

Two things are changed. The files hold every sample four times: one of the four is kept, so that the
rate is 2500 Hz. The stimulator rings for 20 ms: that is filled, see :mod:`.stimuli`.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from features import RELATIVE, Recording
from training.datasets.labelled import UNCLEAR, LabelledRecording, Span
from training.datasets.real.files import Array, check_shape, found, opened, read_matlab, read_table
from training.datasets.real.resting import restless, unclear_between
from training.datasets.real.stand_ins import EVOKED_TWITCH, STIMULUS_WITHOUT_RESPONSE
from training.datasets.real.stimuli import Blank, blanked
from training.datasets.real.stretches import with_rest_between
from training.datasets.source import Source

NAME = "tms-mep-continuous-emg"
FILE_RATE_HZ = 10_000.0
HELD = 4
RATE_HZ = FILE_RATE_HZ / HELD
BLANK = Blank(before_s=0.002, after_s=0.020, period_s=1 / 50.0)

_SWITCHED_ON_S = 2.0
_STIMULUS_S = 0.1
"""How long after a pulse without a response something would have come."""
_BEFORE_S = 0.2
_NOTHING_RATIO = 1.4
"""After a pulse that evoked nothing, the signal swings this much more than before it, at most."""

_COLUMNS = (
    "file",
    "pulse_s",
    "response_onset_ms",
    "response_end_ms",
    "evoked_response",
)


def read(folder: Path) -> Iterator[LabelledRecording]:
    """Read each recording, blanked."""
    events = read_table(folder / "events.csv", _COLUMNS)
    for path in found(folder, "*_*.mat"):
        table = events[events["file"] == path.name]
        data = read_matlab(path, "acq_data")
        with opened(path):
            volts = np.asarray(data["data"], dtype=np.float64)
        check_shape(volts, (None, 2), path)
        samples = blanked(
            distinct_samples(volts[:, 0]),
            [round(pulse * RATE_HZ) for pulse in table["pulse_s"]],
            RATE_HZ,
            BLANK,
        )
        recording = Recording(
            samples[None].astype(np.float32),
            sampling_rate_hz=RATE_HZ,
            modality="emg",
            unit=RELATIVE,
            channel_names=("hand",),
        )
        yield LabelledRecording(
            id=path.stem,
            recording=recording,
            spans=_spans(table, samples),
            group=f"{NAME}/{path.stem.split('_')[0]}",
            site="lisbon, magnetic stimulation",
            source=NAME,
            details={"pulses_s": table["pulse_s"].tolist()},
        )


def distinct_samples(held: Array) -> Array:
    """Return one of each four equal samples; their values change before every fourth only."""
    changes = np.flatnonzero(np.diff(held[: 200 * HELD * HELD]))
    first = int(changes[0] + 1) % HELD if len(changes) else 0
    return held[first::HELD]


def _spans(table: pd.DataFrame, samples: Array) -> tuple[Span, ...]:
    mask = restless(samples, RATE_HZ)
    mask[: round(_SWITCHED_ON_S * RATE_HZ)] = False
    events = unclear_between(mask, _events(table, samples), RATE_HZ)
    return with_rest_between(events, _SWITCHED_ON_S, len(samples) / RATE_HZ)


def _events(table: pd.DataFrame, samples: Array) -> list[Span]:
    """Return a span for each pulse, by what it evoked."""
    spans = []
    for row in table.sort_values("pulse_s").to_dict("records"):
        pulse_s = float(row["pulse_s"])
        if row["evoked_response"] == 1:
            onset_s = pulse_s + float(row["response_onset_ms"]) / 1e3
            end_s = pulse_s + float(row["response_end_ms"]) / 1e3
            spans.append(Span(onset_s, end_s, EVOKED_TWITCH))
        else:
            nothing = _swing_ratio(samples, pulse_s) <= _NOTHING_RATIO
            label = STIMULUS_WITHOUT_RESPONSE if nothing else UNCLEAR
            spans.append(Span(pulse_s, pulse_s + _STIMULUS_S, label))
    return spans


def _swing_ratio(samples: Array, pulse_s: float) -> float:
    """Return the swing of the signal after a blanked pulse over that before it."""
    pulse, before, after = (round(s * RATE_HZ) for s in (pulse_s, _BEFORE_S, _STIMULUS_S))
    return float(np.ptp(samples[pulse : pulse + after]) / np.ptp(samples[pulse - before : pulse]))


SOURCE = Source(
    name=NAME,
    title="Twitches evoked by magnetic stimulation at rest, EMG of the hand",
    modalities=("emg",),
    kind="real",
    licence="none stated",
    for_training=False,
    reason="no licence; evoked twitches stand in for fasciculations, which they are not",
    read=read,
)
