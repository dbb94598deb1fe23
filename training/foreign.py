"""Foreign signals: what an outlier detector is shown so that it knows what is no body's signal.

Outlier exposure (Hendrycks 2019): a detector that has met some signals of another kind finds others
of kinds that it has not met. Each kind here is a rule with everything about it drawn at random. The
signals on which detection is judged (``benchmarks/accuracy/foreign_signals.py``) follow other rules
and come from other seeds. Sizes are assumptions: round, stated, and nothing to quote.
"""

import zlib
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from features import MODALITIES, Modality, Windows
from training.datasets.labelled import LabelledWindows

Array = NDArray[np.float64]

SOURCE_NAME = "foreign signals"
WINDOW_S = 4.0
PEAKS: dict[Modality, tuple[float, float]] = {
    "emg": (10.0, 3000.0),
    "accelerometer": (0.02, 2.0),
    "gyroscope": (5.0, 500.0),
}
"""Smallest and largest peak of a window, in uV, g and deg/s; in between log-uniform.

What is smaller is too much like the noise of a sensor, or the touch of what lies beside it.
"""
RATES_HZ: dict[Modality, tuple[float, ...]] = {
    "emg": (1000.0, 1926.0, 2000.0, 4000.0),
    "accelerometer": (100.0, 128.0, 200.0, 500.0),
    "gyroscope": (100.0, 128.0, 200.0, 500.0),
}
"""Rates of devices at which a modality has all its bands. Half of the windows come at the first.

At lower rates what is left of a foreign signal is too much like the noise of a slow sensor.
"""

Make = Callable[[Array, float, np.random.Generator], Array]
"""From times in s and the modality's own rate in Hz to a signal of any size."""


def noise(times_s: Array, rate_hz: float, rng: np.random.Generator) -> Array:
    """Return noise that is no weaker at high frequencies than at low ones, or a band of it."""
    frequencies = np.fft.rfftfreq(len(times_s), times_s[1])
    spectrum = rng.normal(size=len(frequencies)) + 1j * rng.normal(size=len(frequencies))
    spectrum *= np.maximum(frequencies, frequencies[1]) ** rng.uniform(-0.1, 1.0)
    low, high = 0.0, 0.5 * rate_hz
    if rng.random() < 0.5:
        low = rng.uniform(0.1, 0.35) * rate_hz
        high = min(low * rng.uniform(1.2, 3.0), 0.49 * rate_hz)
    wave: Array = np.fft.irfft(
        spectrum * ((frequencies >= low) & (frequencies < high)), len(times_s)
    )
    return wave


def impulses(times_s: Array, _rate_hz: float, rng: np.random.Generator) -> Array:
    """Return impulses at random times that decay at once or a little later."""
    wave = np.zeros_like(times_s)
    count = rng.poisson(WINDOW_S * 10 ** rng.uniform(0.3, 2.5))
    wave[rng.integers(0, len(times_s), count)] = rng.laplace(size=count)
    decay = max(4 * 10 ** rng.uniform(-3.0, -2.0) / times_s[1], 1.0)
    decayed: Array = lfilter([1.0], [1.0, -np.exp(-1 / decay)], wave)
    return decayed


def voice(times_s: Array, rate_hz: float, rng: np.random.Generator) -> Array:
    """Return a buzz of gliding pitch through two resonances, in syllables."""
    glide = np.interp(times_s, np.linspace(0, WINDOW_S, 6), rng.normal(size=6))
    pitch_hz = rate_hz * rng.uniform(0.03, 0.12) * 2 ** (rng.uniform(0.05, 0.4) * glide)
    wave = 2 * (np.cumsum(pitch_hz) * times_s[1] % 1) - 1 + 0.1 * rng.normal(size=len(times_s))
    for _ in range(2):
        centre = 2 * np.pi * rng.uniform(0.08, 0.4) * rate_hz * times_s[1]
        radius = np.exp(-0.14 * centre)
        wave = lfilter([1.0], [1.0, -2 * radius * np.cos(centre), radius**2], wave)
    syllables = np.interp(times_s, np.linspace(0, WINDOW_S, 28), rng.normal(0.2, 1.0, size=28))
    spoken: Array = wave * np.clip(syllables, 0, None)
    return spoken


def tones(times_s: Array, rate_hz: float, rng: np.random.Generator) -> Array:
    """Return one to three lasting tones of any waveform, with vibrato and tremolo."""
    wave = np.zeros_like(times_s)
    for _ in range(rng.integers(1, 4)):
        vibrato = rng.uniform(0, 0.6) * np.sin(2 * np.pi * rng.uniform(3, 8) * times_s)
        turned = _log_uniform(0.05, 0.45, rng) * rate_hz * times_s + rng.uniform() + vibrato
        sine = np.sin(2 * np.pi * turned)
        shapes = (sine, np.sign(sine), 2 * (turned % 1) - 1, 4 * np.abs(turned % 1 - 0.5) - 1)
        tremolo = rng.uniform(0, 1) * np.sin(2 * np.pi * rng.uniform(0.3, 5) * times_s)
        wave += rng.uniform(0.2, 1) * shapes[rng.integers(4)] * (1 + tremolo)
    return wave


def calls(times_s: Array, rate_hz: float, rng: np.random.Generator) -> Array:
    """Return calls as of birds: sines that glide from one pitch to another, with pauses."""
    wave = np.zeros_like(times_s)
    start = rng.uniform(0, 0.5)
    while start < WINDOW_S:
        lasts = rng.uniform(0.05, 1.0)
        first, last = (_log_uniform(0.02, 0.45, rng) * rate_hz for _ in range(2))
        done = np.clip((times_s - start) / lasts, 0.0, 1.0)
        steep = np.log(last / first)
        turned = first * lasts * np.expm1(steep * done) / steep
        swell = np.abs(np.sin(np.pi * done)) ** rng.uniform(0.2, 2)
        wave += np.where(done < 1, swell * np.sin(2 * np.pi * turned), 0.0)
        start += lasts + rng.exponential(0.3)
    return wave


def strings(times_s: Array, rate_hz: float, rng: np.random.Generator) -> Array:
    """Return plucked strings and struck bells, each ringing on with its own overtones."""
    wave = np.zeros_like(times_s)
    for _ in range(rng.integers(2, 9)):
        lowest = _log_uniform(0.03, 0.3, rng) * rate_hz
        since = times_s - rng.uniform(-0.5, WINDOW_S)
        decay = rng.uniform(0.3, 6.0)
        if rng.random() < 0.5:
            place = rng.uniform(0.1, 0.5)
            overtones = np.arange(1, int(0.48 * rate_hz / lowest) + 1)
            sizes = np.sin(np.pi * overtones * place) / overtones
        else:
            overtones = np.array((0.5, 1.0, 2.76, 5.4, 8.9))
            overtones = overtones[overtones * lowest < 0.48 * rate_hz]
            sizes = rng.uniform(0.2, 1.0, size=len(overtones))
        for overtone, size in zip(overtones, sizes, strict=True):
            dying = np.exp(-decay * np.sqrt(overtone) * np.clip(since, 0, None))
            ringing = np.sin(2 * np.pi * overtone * lowest * since)
            wave += np.where(since > 0, size * dying * ringing, 0.0)
    return wave


def pulses(times_s: Array, _rate_hz: float, rng: np.random.Generator) -> Array:
    """Return one shape, or up to three at fixed lags, repeated like a pulse."""
    interval = rng.uniform(0.35, 1.6)
    steps = rng.normal(interval, interval * rng.uniform(0, 0.08), size=40)
    at = np.cumsum(steps) - 2 * interval * rng.uniform(1, 2)
    width = _log_uniform(0.005, 0.15, rng)
    parts = [(1.0, 0.0, width)]
    for _ in range(rng.integers(0, 3)):
        lag = rng.uniform(-0.3, 0.5) * interval
        parts.append((rng.normal(), lag, width * np.exp(rng.normal(0, 0.7))))
    shape = _PULSES[rng.integers(len(_PULSES))]
    wave = np.zeros_like(times_s)
    for size, lag, wide in parts:
        for time in at:
            wave += size * shape((times_s - time - lag) / wide)
    noisy: Array = wave + 10 ** rng.uniform(-4, -1) * rng.normal(size=len(times_s))
    return noisy


def _bell(u: Array) -> Array:
    wave: Array = np.exp(-0.5 * u**2)
    return wave


def _decay(u: Array) -> Array:
    wave: Array = np.clip(u, 0, 50) * np.exp(1 - np.clip(u, 0, 50))
    return wave


def _swing(u: Array) -> Array:
    wave: Array = -u * np.exp(0.5 - 0.5 * u**2)
    return wave


def _peak(u: Array) -> Array:
    wave: Array = np.clip(1 - np.abs(u), 0, None)
    return wave


_PULSES = (_bell, _decay, _swing, _peak)


def drift(times_s: Array, _rate_hz: float, rng: np.random.Generator) -> Array:
    """Return a slow curve: a polynomial, a decay, a step, a counter that runs over, a bend."""
    share = times_s / WINDOW_S
    curves = (
        np.polyval(rng.normal(size=rng.integers(3, 5)), 2 * share - 1),
        np.exp(-share * rng.uniform(1, 20)),
        np.tanh((share - rng.uniform()) * rng.uniform(2, 100)),
        (share * rng.uniform(1, 12) + rng.uniform()) % 1,
        np.abs(share - rng.uniform(0.2, 0.8)),
    )
    curve = curves[rng.integers(len(curves))]
    hum = 10 ** rng.uniform(-5, -1.5) * rng.normal(size=len(times_s))
    wave: Array = rng.choice((-1.0, 1.0)) * curve / np.ptp(curve) + hum
    return wave


def switching(times_s: Array, _rate_hz: float, rng: np.random.Generator) -> Array:
    """Return levels between which it jumps at random times: two of them, or another each time."""
    jumps = rng.random(len(times_s)) < 10 ** rng.uniform(0, 2.2) * times_s[1]
    wave = np.where(np.cumsum(jumps) % 2, 1.0, -1.0)
    if rng.random() < 0.5:
        wave = np.cumsum(jumps * rng.normal(size=len(times_s)))
    noisy: Array = wave + 10 ** rng.uniform(-4, -1) * rng.normal(size=len(times_s))
    return noisy


def chaos(times_s: Array, _rate_hz: float, rng: np.random.Generator) -> Array:
    """Return the logistic map where it is chaotic."""
    growth, value = rng.uniform(3.6, 4.0), rng.uniform(0.1, 0.9)
    wave = np.empty_like(times_s)
    for i in range(len(wave)):
        value = growth * value * (1 - value)
        wave[i] = value
    return wave


def modem(times_s: Array, rate_hz: float, rng: np.random.Generator) -> Array:
    """Return a sine that steps between a few pitches, as data are sent over a line."""
    symbols = rng.integers(0, rng.integers(2, 5), size=int(WINDOW_S * rng.uniform(2, 40)) + 2)
    pitches_hz = rate_hz * rng.uniform(0.05, 0.4, size=5)
    now = symbols[(times_s / WINDOW_S * (len(symbols) - 1)).astype(np.intp)]
    wave: Array = np.sin(2 * np.pi * np.cumsum(pitches_hz[now]) * times_s[1])
    return wave


SIGNALS: dict[str, Make] = {
    "foreign_noise": noise,
    "foreign_impulses": impulses,
    "foreign_voice": voice,
    "foreign_tones": tones,
    "foreign_calls": calls,
    "foreign_strings": strings,
    "foreign_pulses": pulses,
    "foreign_drift": drift,
    "foreign_switching": switching,
    "foreign_chaos": chaos,
    "foreign_modem": modem,
}
"""Label → how its signals are made."""


def foreign_windows(modality: Modality, each: int, seed: int) -> Iterator[LabelledWindows]:
    """Yield ``each`` windows of every kind of foreign signal, as a modality's device gives them."""
    first, *others = RATES_HZ[modality]
    counts = [len(part) for part in np.array_split(np.arange(each // 2), len(others))]
    for name in SIGNALS:
        for rate_hz, count in zip((first, *others), (each - each // 2, *counts), strict=True):
            if count:
                yield _batch(name, modality, rate_hz, count, seed)


def _batch(name: str, modality: Modality, rate_hz: float, count: int, seed: int) -> LabelledWindows:
    rng = np.random.default_rng([seed, zlib.crc32(f"{name} {modality} {rate_hz}".encode())])
    samples = np.stack([_window(name, modality, rate_hz, rng) for _ in range(count)])
    unit = MODALITIES[modality].unit
    windows = Windows(samples, sampling_rate_hz=rate_hz, modality=modality, unit=unit)
    same = np.full(count, SOURCE_NAME)
    ids = np.array([f"{name}-{rate_hz:g}-{i}" for i in range(count)])
    return LabelledWindows(windows, np.full(count, name), same, same, same, ids)


def _window(name: str, modality: Modality, rate_hz: float, rng: np.random.Generator) -> Array:
    """Return one window, shape (n_channels, n_samples): a signal each, or one along a direction."""
    traits = MODALITIES[modality]
    times_s = np.arange(round(WINDOW_S * rate_hz)) / rate_hz
    make = SIGNALS[name]
    if name == "foreign_noise" or (traits.max_channels > 1 and rng.random() < 0.5):
        axes = np.stack([make(times_s, traits.rate_hz, rng) for _ in range(traits.max_channels)])
    else:
        directions = rng.standard_normal((traits.max_channels, 1))
        axes = directions * make(times_s, traits.rate_hz, rng)[None]
    axes -= axes.mean(axis=-1, keepdims=True)
    peak = _log_uniform(*PEAKS[modality], rng)
    axes *= peak / max(float(np.abs(axes).max()), 1e-12)
    if rng.random() < 0.5:
        axes += peak * 10 ** rng.uniform(-4, -1.5) * rng.normal(size=axes.shape)
    return axes


def _log_uniform(low: float, high: float, rng: np.random.Generator) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))
