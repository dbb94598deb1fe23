"""Foreign signals: windows of another kind of signal altogether, as a modality would be given them.

Nobody who looks at them would take them for muscle or limb: music, an electrocardiogram, white
noise, a ramp, a sweep, and the windows of another modality. All come at the modality's own rate and
at sizes that its windows have, so that size alone gives none away. Sizes are assumptions of this
benchmark: round, stated, and nothing to quote.
"""

import zlib
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from scipy.signal import chirp

from benchmarks.accuracy.estimates import Array
from benchmarks.accuracy.spoiling import Chosen, sampled_at
from features import MODALITIES, Modality, Windows

WINDOW_S = 4.0
PEAKS: dict[Modality, tuple[float, float]] = {
    "emg": (20.0, 1000.0),
    "accelerometer": (0.02, 1.0),
    "gyroscope": (2.0, 200.0),
}
"""Smallest and largest peak of a window, in uV, g and deg/s; in between log-uniform."""

_SEED = 202608
_TRIADS = ((0, 4, 7), (0, 3, 7), (0, 5, 9), (0, 4, 7, 10))
"""Chords, in half tones above their root."""

Make = Callable[[Array, np.random.Generator], Array]


def chords(times_s: Array, rng: np.random.Generator) -> Array:
    """Return music: three or four notes at a time, each with harmonics, struck and dying away.

    Roots lie within an octave from 0.08 of the sampling rate on, so that the music is heard at any.
    """
    rate_hz = 1 / times_s[1]
    wave = np.zeros_like(times_s)
    start = 0.0
    while start < WINDOW_S:
        lasts = rng.uniform(0.4, 1.2)
        since = np.clip(times_s - start, 0.0, None)
        root_hz = 0.08 * rate_hz * 2 ** (rng.integers(12) / 12)
        struck = np.where((times_s >= start) & (times_s < start + lasts), np.exp(-2 * since), 0.0)
        for half_tones in _TRIADS[rng.integers(len(_TRIADS))]:
            note_hz = root_hz * 2 ** (half_tones / 12)
            for harmonic in range(1, int(0.45 * rate_hz / note_hz) + 1):
                turned = harmonic * note_hz * since + rng.uniform()
                wave += struck / harmonic * np.sin(2 * np.pi * turned)
        start += lasts
    return wave


def electrocardiogram(times_s: Array, rng: np.random.Generator) -> Array:
    """Return heartbeats at 50-110 a minute as chest electrodes see them: P, Q, R, S and T."""
    interval_s = 60 / rng.uniform(50, 110)
    beats = np.cumsum(rng.normal(interval_s, 0.03 * interval_s, int(2 * WINDOW_S / interval_s) + 2))
    waves = ((0.12, -0.18, 0.025), (-0.12, -0.03, 0.010), (1.0, 0.0, 0.011), (-0.25, 0.03, 0.010))
    wave = np.zeros_like(times_s)
    for at in beats - interval_s * (1 + rng.uniform()):
        for size, late_s, width_s in (*waves, (0.3, 0.28, 0.06)):
            wave += size * np.exp(-0.5 * ((times_s - at - late_s) / width_s) ** 2)
    return wave


def white_noise(times_s: Array, rng: np.random.Generator) -> Array:
    """Return noise that is equally strong at every frequency up to half the sampling rate."""
    return rng.standard_normal(len(times_s))


def ramp(times_s: Array, rng: np.random.Generator) -> Array:
    """Return a straight line, up or down."""
    return times_s if rng.integers(2) else -times_s


def sweep(times_s: Array, rng: np.random.Generator) -> Array:
    """Return a sine that rises from below 0.02 to above 0.3 of the sampling rate."""
    rate_hz = 1 / times_s[1]
    low, high = rng.uniform(0.005, 0.02) * rate_hz, rng.uniform(0.3, 0.45) * rate_hz
    wave: Array = chirp(times_s, low, WINDOW_S, high, phi=rng.uniform(0, 360))
    return wave


SIGNALS: dict[str, Make] = {
    "music": chords,
    "electrocardiogram": electrocardiogram,
    "white noise": white_noise,
    "ramp": ramp,
    "sweep": sweep,
}


def made(name: str, modality: Modality, n_windows: int) -> Windows:
    """Return windows of a signal of this file, as if the modality's sensor had given them.

    Motion has three axes: noise is another on each, anything else along one direction.
    """
    traits = MODALITIES[modality]
    rng = np.random.default_rng([_SEED, zlib.crc32(f"{name} {modality}".encode())])
    times_s = np.arange(round(WINDOW_S * traits.rate_hz)) / traits.rate_hz
    windows = []
    for _ in range(n_windows):
        axes = np.stack([SIGNALS[name](times_s, rng) for _ in range(traits.max_channels)])
        if name != "white noise":
            axes = rng.standard_normal((traits.max_channels, 1)) * axes[:1]
        windows.append(_sized(axes, modality, rng))
    return Windows(
        np.stack(windows),
        sampling_rate_hz=traits.rate_hz,
        modality=modality,
        unit=traits.unit,
    )


def borrowed(chosen: Sequence[Chosen], modality: Modality) -> list[Windows]:
    """Return windows of another modality as if this one's sensor had given them.

    They keep their rate where this modality can be used at it. Of several axes a muscle's electrode
    gets the first; each window gets a size of this modality.
    """
    rng = np.random.default_rng([_SEED, zlib.crc32(f"borrowed {modality}".encode())])
    return [_borrowed(some.windows, modality, rng) for some in chosen]


def _borrowed(windows: Windows, modality: Modality, rng: np.random.Generator) -> Windows:
    traits = MODALITIES[modality]
    if windows.sampling_rate_hz < traits.minimum_rate_hz:
        windows = sampled_at(windows, traits.rate_hz)
    samples = np.asarray(windows.samples[:, : traits.max_channels], dtype=np.float64)
    resized = partial(_sized, modality=modality, rng=rng)
    return Windows(
        np.stack([resized(axes) for axes in samples]),
        sampling_rate_hz=windows.sampling_rate_hz,
        modality=modality,
        unit=traits.unit,
    )


def _sized(axes: Array, modality: Modality, rng: np.random.Generator) -> Array:
    """Return axes, shape (n_channels, n_samples), about their mean and with a peak drawn anew."""
    low, high = np.log(PEAKS[modality])
    centred = axes - axes.mean(axis=-1, keepdims=True)
    peak = float(np.exp(rng.uniform(low, high)))
    sized: Array = centred * (peak / max(float(np.abs(centred).max()), 1e-12))
    return sized
