"""Plots of mistakes: trace, spectrum and reasons of a window for each kind."""

import textwrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from features import MODALITIES, Windows
from features.spectrum import welch
from training.mistakes import Example

Array = NDArray[np.float64]

_HEAD_IN = 0.75
_ROW_IN = 2.3
_SEGMENT_S = 2.0
_HIGHEST_HZ = {"emg": 400.0}
_HIGHEST_OTHERWISE_HZ = 25.0


def mistakes(examples: list[Example], title: str) -> Figure:
    """Draw examples below one another."""
    height = _HEAD_IN + _ROW_IN * len(examples)
    figure = Figure(figsize=(13, height))
    rows = figure.subplots(len(examples), 3, width_ratios=(5, 2.3, 4), squeeze=False)
    # By hand: a layout that is worked out takes longer than everything else in a figure.
    figure.subplots_adjust(
        left=0.065, right=0.995, top=1 - _HEAD_IN / height, bottom=0.5 / height, hspace=0.6
    )
    for (left, middle, right), example in zip(rows, examples, strict=True):
        _trace(left, example)
        _spectrum(middle, example)
        _reasons(right, example)
    figure.suptitle(title, fontsize=11, y=1 - 0.2 / height)
    return figure


def _trace(axes: Axes, example: Example) -> None:
    windows, kind = example.windows, example.kind
    times_s = np.arange(windows.samples.shape[2]) / windows.sampling_rate_hz
    samples, unit = _in_own_unit(windows)
    channels = samples[0] - np.nanmean(samples[0], axis=1, keepdims=True)
    power = _power_of_ten(channels)
    for channel in channels:
        axes.plot(times_s, channel / 10.0**power, linewidth=0.6)
    times = f"$10^{{{power}}}$ " if power else ""
    axes.set(xlabel="time (s)", ylabel=f"{times}{unit}, mean taken off", xlim=(0, times_s[-1]))
    axes.set_title(
        f"{kind.label}, answered {kind.answer.replace('_', ' ')} ({kind.n_windows} windows)",
        fontsize=10,
        loc="left",
    )


def _spectrum(axes: Axes, example: Example) -> None:
    windows = example.windows
    samples, unit = _in_own_unit(windows)
    found = welch(
        np.nan_to_num(samples), windows.sampling_rate_hz, _SEGMENT_S, windows.sampling_rate_hz / 2
    )
    level_db = 10 * np.log10(np.maximum(found.psd[0, 1:], 1e-30))
    axes.plot(found.freqs_hz[1:], level_db, linewidth=0.8)
    highest = _HIGHEST_HZ.get(windows.modality, _HIGHEST_OTHERWISE_HZ)
    axes.set(xlabel="frequency (Hz)", xlim=(0, min(highest, windows.sampling_rate_hz / 2)))
    axes.set_title(f"power, dB of {unit}²/Hz", fontsize=10)


def _in_own_unit(windows: Windows) -> tuple[Array, str]:
    """Return samples in the unit of the modality, where theirs is known, and what it is called.

    In volts an EMG has ticks of eight digits, and two examples have two scales.
    """
    samples = windows.samples.astype(np.float64) * windows.unit_factor
    known = windows.scale_is_known
    return samples, MODALITIES[windows.modality].unit if known else windows.unit


def _power_of_ten(samples: Array) -> int:
    """Return the power to divide by where numbers at the axis would not have room otherwise."""
    size = float(np.nanmax(np.abs(samples)))
    if size == 0 or 0.01 <= size < 10_000:
        return 0
    return 3 * int(np.floor(np.log10(size) / 3))


def _reasons(axes: Axes, example: Example) -> None:
    """Write what the answer rests on."""
    chances = sorted(example.chances.items(), key=lambda item: -item[1])[:3]
    lines = [
        f"window {example.window_id}",
        ", ".join(f"{name} {chance:.2f}" for name, chance in chances),
        f"what speaks for (+) or against (-) {example.explained}:",
    ]
    for each in example.contributions:
        value = "undefined" if each.value is None else f"{each.value:.3g} {each.unit}"
        text = f"{each.contribution:+.2f}  {each.title}: {value.removesuffix(' 1')}"
        lines.append("\n".join(textwrap.wrap(text, 62, subsequent_indent="         ")))
    axes.axis("off")
    axes.text(0, 1, "\n".join(lines), va="top", fontsize=8, transform=axes.transAxes)
