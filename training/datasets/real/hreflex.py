"""A resting soleus whose nerve is stimulated: surface EMG in mV, 2 kHz, a Spike2 file.

Each stimulus evokes one reflex response 30-60 ms later, an ``evoked_twitch``; all else is rest,
unless the muscle discharges of its own accord, see :mod:`.resting`. The stimulus and what follows
it until 25 ms are filled, see :mod:`.stimuli`. The hand muscle of the same file shows stimulator
and mains only and is not read.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from neo.rawio import Spike2RawIO

from features import Recording, SignalError
from training.datasets.labelled import LabelledRecording, Span
from training.datasets.real.files import Array, opened
from training.datasets.real.resting import restless, unclear_between
from training.datasets.real.stand_ins import EVOKED_TWITCH
from training.datasets.real.stimuli import Blank, blanked
from training.datasets.real.stretches import with_rest_between
from training.datasets.source import Source

NAME = "hreflex-soleus-emg-spike2"
CHANNEL = "soleus"
STIMULUS = "Hreflex"
BLANK = Blank(before_s=0.002, after_s=0.025, period_s=1 / 50.0)
RESPONSE_S = (0.028, 0.060)
"""Where every response begins and ends, after its stimulus."""


def read(folder: Path) -> Iterator[LabelledRecording]:
    """Read the soleus channel, blanked."""
    path = folder / "physiology.smr"
    with opened(path):
        samples, rate_hz, stimuli_s = _open(path)
    filled = blanked(samples, np.round(stimuli_s * rate_hz).astype(int).tolist(), rate_hz, BLANK)
    recording = Recording(
        filled[None],
        sampling_rate_hz=rate_hz,
        modality="emg",
        unit="mV",
        channel_names=(CHANNEL,),
    )
    twitches = [
        Span(float(time + RESPONSE_S[0]), float(time + RESPONSE_S[1]), EVOKED_TWITCH)
        for time in stimuli_s
    ]
    events = unclear_between(restless(filled, rate_hz), twitches, rate_hz)
    yield LabelledRecording(
        id=path.stem,
        recording=recording,
        spans=with_rest_between(events, 0.0, recording.duration_s),
        group=f"{NAME}/{path.stem}",
        site="sydney, nerve stimulation",
        source=NAME,
        details={"pulses_s": stimuli_s.tolist()},
    )


def _open(path: Path) -> tuple[Array, float, Array]:
    """Return the channel in mV, its rate, and the stimuli in seconds from its first sample."""
    reader = Spike2RawIO(filename=str(path))
    reader.parse_header()
    channels = reader.header["signal_channels"]
    row = channels[_only(channels, CHANNEL, path)]
    streams = list(reader.header["signal_streams"]["id"])
    stream = streams.index(row["stream_id"])
    raw = reader.get_analogsignal_chunk(stream_index=stream, channel_names=[CHANNEL])
    samples = reader.rescale_signal_raw_to_float(
        raw, dtype="float64", stream_index=stream, channel_names=[CHANNEL]
    )
    event = _only(reader.header["event_channels"], STIMULUS, path)
    ticks, _, _ = reader.get_event_timestamps(event_channel_index=event)
    start_s = reader.get_signal_t_start(0, 0, stream)
    stimuli = np.asarray(reader.rescale_event_timestamp(ticks, dtype="float64")) - start_s
    return np.asarray(samples[:, 0], dtype=np.float64), float(row["sampling_rate"]), stimuli


def _only(rows: Any, name: str, path: Path) -> int:  # noqa: ANN401  # a structured array of neo's
    indices = np.flatnonzero(rows["name"] == name)
    if len(indices) != 1:
        raise SignalError(f"{path} has {len(indices)} channels called {name}; it should have one")
    return int(indices[0])


SOURCE = Source(
    name=NAME,
    title="Reflex twitches evoked by nerve stimulation at rest, surface EMG of the calf",
    modalities=("emg",),
    kind="real",
    licence="GPL-3 (repository)",
    for_training=False,
    reason="evoked twitches stand in for fasciculations, which they are not; copyleft licence",
    read=read,
)
