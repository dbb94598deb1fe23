"""What features cost, beside a floor and a plain loop over SciPy, on the same windows at once.

Run by ``make bench`` with ``python -P``, so that this file does not stand before the package.

The floor reads each window once and takes one real Fourier transform of it: no program that looks
at the spectrum of every window can take less. The loop is what a notebook would do: Welch's
spectrum and a dozen statistics, window by window. Each pair is timed in turn, so that whatever else
the machine is doing meets both alike; one thread each.
"""

import statistics
import time
from collections.abc import Callable

import numpy as np
import scipy.fft
import scipy.signal
import scipy.stats
from numpy.typing import NDArray

from features import MODALITIES, FeatureSpec, Modality, Windows, extract
from training.config import ModelConfig, load_config
from training.layout import Layout
from training.tables import table

Array = NDArray[np.float64]

BATCH = 1000
REPEATS = 5


def signals(modality: Modality, n_windows: int) -> Windows:
    """Return windows of noise, rhythms and bursts in equal parts."""
    rng = np.random.default_rng(11)
    traits = MODALITIES[modality]
    n_samples = round(4 * traits.rate_hz)
    times = np.arange(n_samples) / traits.rate_hz
    samples = rng.standard_normal((n_windows, traits.max_channels, n_samples))
    rhythm = np.sin(2 * np.pi * rng.uniform(3, 10, n_windows)[:, None] * times)
    samples[n_windows // 3 :] *= 0.1
    samples[n_windows // 3 :] += rhythm[n_windows // 3 :, None]
    gate = (rhythm > 0.7)[2 * n_windows // 3 :, None]
    samples[2 * n_windows // 3 :] *= gate
    return Windows(samples, sampling_rate_hz=traits.rate_hz, modality=modality, unit=traits.unit)


def floor(samples: Array) -> Array:
    """Read every sample, transform every window."""
    return np.abs(scipy.fft.rfft(samples, axis=-1)) ** 2


def loop(samples: Array, rate_hz: float) -> list[list[float]]:
    """Compute 14 features a channel as a loop over SciPy does."""
    rows: list[list[float]] = []
    for window in samples:
        row: list[float] = []
        for channel in window:
            freqs, power = scipy.signal.welch(channel, rate_hz, nperseg=len(channel) // 4)
            share = power / power.sum() if power.sum() else power
            cumulated = np.cumsum(share)
            rectified = np.abs(channel)
            envelope = scipy.signal.sosfiltfilt(
                scipy.signal.butter(2, 10, fs=rate_hz, output="sos"), rectified
            )
            peaks, _ = scipy.signal.find_peaks(envelope, height=envelope.mean())
            row += [
                float(freqs[power.argmax()]),
                float((freqs * share).sum()),
                float(freqs[min(cumulated.searchsorted(0.5), len(freqs) - 1)]),
                float(scipy.stats.entropy(share)),
                float(np.sqrt(np.mean(channel**2))),
                float(rectified.mean()),
                float(np.abs(np.diff(channel)).sum()),
                float((np.diff(np.signbit(channel)) != 0).mean()),
                float(scipy.stats.skew(channel)),
                float(scipy.stats.kurtosis(channel)),
                float(rectified.max()),
                float(envelope.std()),
                float(len(peaks)),
                float(np.diff(peaks).std()) if len(peaks) > 2 else 0.0,
            ]
        rows.append(row)
    return rows


def seconds(work: Callable[[], object]) -> float:
    """Return how long some work takes."""
    before = time.perf_counter()
    work()
    return time.perf_counter() - before


def main() -> None:
    """Measure and print one table."""
    rows: list[list[object]] = []
    for modality in MODALITIES:
        spec = load_config(Layout().config(modality), ModelConfig).features
        rows.append(compared(modality, spec))
    print(f"batches of {BATCH} windows of 4 s, one thread, medians of {REPEATS} alternated runs\n")
    print(
        table(
            [
                "",
                "columns",
                "windows/s",
                "ms a window",
                "one alone, ms",
                "x floor",
                "loop x slower",
            ],
            rows,
        )
    )
    print("\nfloor: one Fourier transform a window; loop: SciPy, 14 features a channel")


def compared(modality: Modality, spec: FeatureSpec) -> list[object]:
    """Return the cells of one modality."""
    windows = signals(modality, BATCH)
    single = windows[:1]
    few = BATCH // 10
    columns = extract(single, spec).columns
    extract(windows, spec)
    ours, least, plain, alone = [], [], [], []
    for _ in range(REPEATS):
        ours.append(seconds(lambda: extract(windows, spec)) / BATCH)
        least.append(seconds(lambda: floor(windows.samples)) / BATCH)
        plain.append(seconds(lambda: loop(windows.samples[:few], windows.sampling_rate_hz)) / few)
        alone.append(seconds(lambda: extract(single, spec)))
    cost = statistics.median(ours)
    return [
        modality,
        len(columns),
        f"{1 / cost:.0f}",
        f"{1000 * cost:.3f}",
        f"{1000 * statistics.median(alone):.2f}",
        f"{cost / statistics.median(least):.0f}",
        f"{statistics.median(plain) / cost:.1f}",
    ]


if __name__ == "__main__":
    main()
