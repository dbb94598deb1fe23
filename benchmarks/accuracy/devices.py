"""Devices: windows as other devices would have written them, and which answers stay.

A model that has learnt from simulated devices should not care who made the recorder. Nothing is
known here of what a window really is: it is answered once as it was recorded and once as changed.
Changes are of each window by itself, so that what is compared is the same four seconds.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.signal
from tqdm import tqdm

from benchmarks.accuracy.bench import Bench
from benchmarks.accuracy.estimates import Array, Mask, Names
from benchmarks.accuracy.report import Section, Table
from benchmarks.accuracy.spoiling import changed, sampled_at
from features import RELATIVE, Modality, Windows
from serving.classifier import UNDECIDED, Classifier, Predictions
from training.datasets.opening import Opened, labelled_batches
from training.semireal.opening import open_set

_MOST = 400
"""Windows of a set that are answered under each change, spread evenly over the set."""
_SEED = 20266
_UNEVEN = 0.4
"""How far from its place a sample may have been taken, in parts of the distance of two."""


@dataclass(frozen=True)
class Change:
    """What another device does; it makes sense from ``above_hz`` to ``below_hz`` of sampling.

    ``needs_scale`` says that nothing is left of it where the size of a signal means nothing.
    """

    name: str
    make: Callable[[Windows], Windows]
    modalities: tuple[Modality, ...]
    above_hz: float = 0.0
    below_hz: float = np.inf
    needs_scale: bool = False

    def meant_for(self, windows: Windows) -> bool:
        """Return whether it can happen to windows of this modality and rate."""
        if windows.modality not in self.modalities or (
            self.needs_scale and not windows.scale_is_known
        ):
            return False
        return self.above_hz < windows.sampling_rate_hz < self.below_hz


def filtered(corner_hz: float, kind: str = "lowpass") -> Callable[[Windows], Windows]:
    """Filter as amplifiers do, to second order; what was before a window is what it begins with."""

    def make(windows: Windows) -> Windows:
        sos = scipy.signal.butter(2, corner_hz, kind, fs=windows.sampling_rate_hz, output="sos")
        begins = scipy.signal.sosfilt_zi(sos)[:, None, None, :] * windows.samples[None, ..., :1]
        return changed(windows, scipy.signal.sosfilt(sos, windows.samples, zi=begins)[0])

    return make


def at_rate(rate_hz: float) -> Callable[[Windows], Windows]:
    """Sample at another rate, as a device with a filter of its own would."""
    return lambda windows: sampled_at(windows, rate_hz)


def along_lines(rate_hz: float) -> Callable[[Windows], Windows]:
    """Bring samples to a higher rate along straight lines, as spreadsheets and hosts do."""

    def make(windows: Windows) -> Windows:
        n = windows.samples.shape[-1]
        at = np.arange(round(n * rate_hz / windows.sampling_rate_hz))
        places = at * (windows.sampling_rate_hz / rate_hz)
        return changed(windows, _interpolated(windows.samples, places, np.arange(n)), rate_hz)

    return make


def in_steps(step: float, *, uneven: bool = False) -> Callable[[Windows], Windows]:
    """Convert in steps of a size in the modality's own unit, and interpolate if taken unevenly."""

    def make(windows: Windows) -> Windows:
        size = step / windows.unit_factor
        samples = np.round(windows.samples / size) * size
        if uneven:
            n = samples.shape[-1]
            late = np.random.default_rng(_SEED).uniform(-_UNEVEN, _UNEVEN, n)
            samples = _interpolated(samples, np.arange(n), np.arange(n) + late)
        return changed(windows, samples)

    return make


def turned(windows: Windows) -> Windows:
    """Mount the sensor otherwise: no axis is what it was."""
    n = windows.n_channels
    q, _ = np.linalg.qr(np.random.default_rng(_SEED).normal(size=(n, n)))
    return changed(windows, np.einsum("ij,wjt->wit", q, windows.samples))


def without_gravity(windows: Windows) -> Windows:
    """Leave out what does not change, as devices do that give linear acceleration."""
    return changed(windows, windows.samples - windows.samples.mean(axis=-1, keepdims=True))


def of_unknown_gain(windows: Windows) -> Windows:
    """Give counts of a converter instead of a voltage."""
    counts = np.round(3.7 * windows.samples * windows.unit_factor + 512)
    rate_hz = windows.sampling_rate_hz
    return Windows(counts, sampling_rate_hz=rate_hz, modality="emg", unit=RELATIVE)


def _interpolated(samples: Array, at: Array, known: Array) -> Array:
    return np.apply_along_axis(lambda channel: np.interp(at, known, channel), -1, samples)


_MOTION: tuple[Modality, ...] = ("accelerometer", "gyroscope")
CHANGES: tuple[Change, ...] = (
    Change("low-pass at 10 Hz", filtered(10.0), _MOTION, above_hz=24.0),
    Change("low-pass at 20 Hz", filtered(20.0), _MOTION, above_hz=48.0),
    Change("at 25 Hz", at_rate(25.0), _MOTION, above_hz=30.0),
    Change("at 50 Hz", at_rate(50.0), _MOTION, above_hz=60.0),
    Change("brought to 100 Hz, as a filter does", at_rate(100.0), _MOTION, below_hz=80.0),
    Change("brought to 100 Hz, along lines", along_lines(100.0), _MOTION, below_hz=80.0),
    Change("steps of 16 mg", in_steps(0.016), ("accelerometer",)),
    Change("steps of 16 mg, unevenly", in_steps(0.016, uneven=True), ("accelerometer",)),
    Change("steps of 0.5 deg/s", in_steps(0.5), ("gyroscope",)),
    Change("steps of 0.5 deg/s, unevenly", in_steps(0.5, uneven=True), ("gyroscope",)),
    Change("mounted otherwise", turned, _MOTION),
    Change("without gravity", without_gravity, ("accelerometer",)),
    Change("low-pass at 150 Hz", filtered(150.0), ("emg",)),
    Change("low-pass at 250 Hz", filtered(250.0), ("emg",), above_hz=600.0),
    Change("high-pass at 30 Hz", filtered(30.0, "highpass"), ("emg",)),
    Change("at 500 Hz", at_rate(500.0), ("emg",), above_hz=600.0),
    Change("at 2000 Hz", at_rate(2000.0), ("emg",), below_hz=1900.0),
    Change("at 2000 Hz, along lines", along_lines(2000.0), ("emg",), below_hz=1900.0),
    Change("of unknown gain", of_unknown_gain, ("emg",), needs_scale=True),
)
"""Rates below which a change is tried leave room: twice the corner and a little more."""

HEADER = (
    "change",
    "windows",
    "the same answer",
    "another class",
    "undecided now",
    "unlike_training now",
    "flagged now",
)


def other_devices(bench: Bench) -> Section:
    """(h) Windows as other devices would have written them: which answers stay."""
    title = "the same windows as other devices would have written them"
    tables: list[Table] = []
    for opened in tqdm(list(_sets(bench)), desc=f"{bench.modality} devices", leave=False):
        rows = list(compared(bench.classifier, _some_windows(opened, bench)))
        if rows:
            title_of_set = f"{opened.name} ({opened.source.kind}), percent of windows"
            tables.append(Table(title_of_set, HEADER, rows))
    note = (
        "Each window is answered as it was recorded and as it would be if the device were another;"
        " windows that are flagged or unlike_training to begin with do not count. No label is"
        " needed, and no figure has a target."
    )
    return Section("h", title, bench.modality, notes=(note,) if tables else (), tables=tables)


def _sets(bench: Bench) -> Iterator[Opened]:
    """Yield the real and the semi-real sets; of those in two parts the test part."""
    for name in bench.real:
        if not name.endswith("-train"):
            yield open_set(name, bench.modality, bench.layout)


def _some_windows(opened: Opened, bench: Bench) -> Iterator[Windows]:
    """Yield the labelled windows of a set by device, or some of many."""
    recordings = opened.recordings(bench.modality)
    config = bench.config
    found = list(labelled_batches(recordings, config.labelling, config.features.window_s))
    every = max(1, sum(map(len, found)) // _MOST)
    for batch in found:
        yield batch.windows[::every]


def compared(classifier: Classifier, batches: Iterable[Windows]) -> Iterator[tuple[str, ...]]:
    """Yield a row of :data:`HEADER` for each change that is meant for some of the windows."""
    kept = [_comparable(classifier, windows) for windows in batches]
    for change in CHANGES:
        pairs = [
            (before, classifier.predict(change.make(windows), workers=2))
            for windows, before in kept
            if len(windows) and change.meant_for(windows)
        ]
        if pairs:
            yield (change.name, *_shares(pairs))


def _comparable(classifier: Classifier, windows: Windows) -> tuple[Windows, Names]:
    """Return the windows that are neither flagged nor unlike training, and their answers."""
    told = classifier.predict(windows, workers=2)
    sound = ~_flagged(told) & ~_unlike(told)
    return windows[sound], told.labels[sound]


def _shares(pairs: Sequence[tuple[Names, Predictions]]) -> list[str]:
    before = np.concatenate([labels for labels, _ in pairs])
    after = np.concatenate([told.labels for _, told in pairs])
    flagged = np.concatenate([_flagged(told) for _, told in pairs])
    unlike = np.concatenate([_unlike(told) for _, told in pairs])
    answered = ~flagged & ~unlike
    outcomes = (
        answered & (before == after),
        answered & (before != after) & (after != UNDECIDED),
        answered & (before != after) & (after == UNDECIDED),
        unlike,
        flagged,
    )
    return [str(len(before)), *(f"{100 * each.mean():.1f}" for each in outcomes)]


def _flagged(told: Predictions) -> Mask:
    return np.array([bool(flags) for flags in told.flags], dtype=np.bool_)


def _unlike(told: Predictions) -> Mask:
    """Return which windows are unlike training; a flag is the reason of those that have one."""
    return np.array([reason == "unlike_training" for reason in told.reasons], dtype=np.bool_)
