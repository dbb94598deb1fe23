"""Channels as a file states them: which are wanted, and the one rate and unit that they share."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features import MODALITIES, RELATIVE, Modality, SignalError, check_unit
from features.windows import check_rate
from serving.formats.file_source import FileSource
from serving.formats.limits import Limits
from serving.formats.mapping import SignalMapping

_RATE_TOLERANCE = 1e-3
"""Relative difference below which a stated and a given sampling rate are the same."""

_MOST_DIGITS = 10
"""Of a number of a column; longer ones are names, and costly to read as numbers."""

_MOST_NAMES = 20
_OTHER_KINDS = re.compile(
    r"(EEG|ECG|EKG|EOG|ERG|MEG|MCG|EP|Temp|Resp|SaO2|SpO2|Light|Sound|Event)\b", re.IGNORECASE
)
"""How labels of signals begin, in the EDF+ specification, that are neither EMG nor motion."""


@dataclass(frozen=True)
class Channel:
    """One signal as its file states it; ``unit`` is empty and ``rate_hz`` NaN when it does not."""

    name: str
    unit: str
    rate_hz: float


@dataclass(frozen=True)
class Agreed:
    """What all channels share, and what each is multiplied by to come into the unit."""

    rate_hz: float
    unit: str
    factors: tuple[float, ...]


def find(wanted: Sequence[str | int], names: Sequence[str], kind: str = "column") -> list[int]:
    """Return where the wanted names or numbers are, or say which names there are."""
    places = [find_one(want, names, kind) for want in wanted]
    for number, place in enumerate(places):
        if place in places[:number]:
            raise SignalError(f"{kind} {names[place]!r} is named twice; name each once")
    return places


def listed(names: Sequence[str]) -> str:
    """Return names as they are told, not more of them than anybody reads."""
    some = ", ".join(names[:_MOST_NAMES])
    return some if len(names) <= _MOST_NAMES else f"{some} and {len(names) - _MOST_NAMES} more"


def find_one(want: str | int, names: Sequence[str], kind: str, whole: str = "it") -> int:
    """Return where a name or number is.

    Text of digits is a number only where nothing has this name: forms and command lines know no
    numbers, and a column that is called ``1`` need not be the second.
    """
    if isinstance(want, int):
        if 0 <= want < len(names):
            return want
        raise SignalError(
            f"there is no {kind} {want}: {whole} has {len(names)}, counted from 0 ({listed(names)})"
        )
    places = [place for place, name in enumerate(names) if name == want]
    if not places and want.isdecimal() and len(want) < _MOST_DIGITS:
        return find_one(int(want), names, kind, whole)
    if not places:
        raise SignalError(f"there is no {kind} {want!r}; {whole} has {listed(names)}")
    if len(places) > 1:
        raise SignalError(
            f"{kind} {want!r} is there {len(places)} times; say which by its number from 0"
            f" ({', '.join(map(str, places))})"
        )
    return places[0]


def choose(channels: Sequence[Channel], mapping: SignalMapping) -> list[int]:
    """Return which channels make up the recording: those named, else all of the modality."""
    names = [channel.name for channel in channels]
    if mapping.columns is not None:
        return find(mapping.columns, names, "signal")
    chosen = [
        place
        for place, channel in enumerate(channels)
        if known_unit(channel.unit, mapping.modality) and not _OTHER_KINDS.match(channel.name)
    ]
    if not chosen:
        units = ", ".join(f"{channel.name} in {channel.unit or 'no unit'}" for channel in channels)
        accepted = ", ".join(MODALITIES[mapping.modality].factors)
        raise SignalError(
            f"no signal has a unit of {mapping.modality} ({accepted}); it has {units}: name those"
            " that are meant under columns, with their unit"
        )
    return chosen


def known_unit(stated: str, modality: Modality) -> str | None:
    """Return a stated unit in its one spelling, or None when it is none of the modality."""
    try:
        return check_unit(stated.strip(), modality)
    except SignalError:
        return None


def factor_between(unit: str, wanted: str) -> float | None:
    """Return what samples in a unit are multiplied by to come into another; None when unknown."""
    if unit == wanted:
        return 1.0
    for modality, traits in MODALITIES.items():
        pair = known_unit(unit, modality), known_unit(wanted, modality)
        if pair[0] is not None and pair[0] == pair[1]:
            return 1.0
        if pair[0] is not None and pair[1] is not None and RELATIVE not in pair:
            return traits.factors[pair[0]] / traits.factors[pair[1]]
    return None


def source_of(
    channels: Sequence[Channel],
    mapping: SignalMapping,
    limits: Limits,
    *,
    n_samples: int,
    load: Callable[[int, int], NDArray[np.floating]],
) -> FileSource:
    """Put the chosen channels together, in one unit and at one rate.

    Parameters
    ----------
    channels : sequence of Channel
        What the file states of each.
    n_samples : int
        Samples of each.
    load : callable
        See :class:`~serving.formats.file_source.FileSource`.
    """
    agreed = agree(channels, mapping, limits)
    limits.check_length(len(channels), n_samples, agreed.rate_hz)
    if n_samples == 0:
        raise SignalError("it holds no samples")
    return FileSource(
        sampling_rate_hz=agreed.rate_hz,
        modality=mapping.modality,
        unit=agreed.unit,
        channel_names=tuple(channel.name for channel in channels),
        start_time=mapping.start_time,
        n_samples=n_samples,
        factors=agreed.factors,
        load=load,
    )


def agree(channels: Sequence[Channel], mapping: SignalMapping, limits: Limits) -> Agreed:
    """Return the one rate and unit of channels, or say why they cannot be one recording."""
    limits.check_channels(len(channels))
    allowed = MODALITIES[mapping.modality].max_channels
    if mapping.modality != "emg" and len(channels) > allowed:
        names = ", ".join(channel.name for channel in channels)
        raise SignalError(
            f"{len(channels)} signals would be axes of one {mapping.modality} ({names});"
            f" name up to {allowed} under columns"
        )
    rate_hz = _common_rate(channels, mapping)
    units = [_unit(channel, mapping) for channel in channels]
    unit, factors = _common_unit(units, mapping.modality)
    return Agreed(check_rate(rate_hz, mapping.modality), unit, factors)


def _common_rate(channels: Sequence[Channel], mapping: SignalMapping) -> float:
    rates = {channel.rate_hz for channel in channels if channel.rate_hz == channel.rate_hz}
    if len(rates) > 1:
        listed = ", ".join(f"{channel.name} {channel.rate_hz:g} Hz" for channel in channels)
        raise SignalError(
            f"its signals differ in sampling rate ({listed}); name those of one rate under columns"
        )
    given = mapping.sampling_rate_hz
    if not rates:
        if given is None:
            raise SignalError("its sampling rate is not known; give sampling_rate_hz")
        return given
    (stated,) = rates
    if given is not None and abs(given - stated) > _RATE_TOLERANCE * stated:
        raise SignalError(
            f"sampling_rate_hz is given as {given:g}, the file states {stated:g};"
            " leave it out, or correct the one that is wrong"
        )
    return stated


def _unit(channel: Channel, mapping: SignalMapping) -> str:
    stated = known_unit(channel.unit, mapping.modality)
    given = None if mapping.unit is None else check_unit(mapping.unit, mapping.modality)
    if stated is not None and given is not None and stated != given:
        raise SignalError(
            f"unit is given as {given!r}, the file states {stated!r} for {channel.name};"
            " leave it out, or correct the one that is wrong"
        )
    unit = stated or given
    if stated is None and channel.unit == RELATIVE:
        raise SignalError(
            f"{channel.name} is not calibrated: its file does not say how large it is, which counts"
            f" in {mapping.modality}"
        )
    if unit is None:
        said = f"in {channel.unit!r}" if channel.unit.strip() else "without a unit"
        accepted = ", ".join(MODALITIES[mapping.modality].factors)
        raise SignalError(
            f"{channel.name} is stored {said}; give its unit: {accepted} for {mapping.modality}"
        )
    return unit


def _common_unit(units: Sequence[str], modality: Modality) -> tuple[str, tuple[float, ...]]:
    """Return one unit for all channels, and what each channel is multiplied by."""
    if len(set(units)) == 1:
        return units[0], (1.0,) * len(units)
    if RELATIVE in units:
        raise SignalError(
            f"its signals are in {', '.join(units)}; {RELATIVE} and real units do not mix:"
            " read them apart, with columns"
        )
    traits = MODALITIES[modality]
    return traits.unit, tuple(traits.factors[unit] for unit in units)
