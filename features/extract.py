"""extract: windows in, named columns out."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.catalogue import catalogue, columns
from features.conditioning import check_fit
from features.quality import Quality, assess
from features.signals import Signals
from features.spec import FeatureSpec
from features.windows import Windows

Array = NDArray[np.float64]

CHUNK = 64
"""Windows that are worked on together: their intermediates stay in the cache of a core."""

_MOST_SAMPLES = 2**22
"""Raw samples that are worked on together: of windows at a high rate, fewer are."""


@dataclass(frozen=True, eq=False)
class FeatureTable:
    """Features of a batch of windows.

    ``values`` has shape (n_windows, n_features), finite or NaN; ``columns`` names its columns;
    ``quality`` tells what speaks against a window; ``fingerprint`` is that of the spec.
    """

    values: Array
    columns: tuple[str, ...]
    quality: Quality
    fingerprint: str

    def __len__(self) -> int:
        return len(self.values)

    def column(self, name: str) -> Array:
        """Return one column, shape (n_windows,)."""
        return self.values[:, self.columns.index(name)]


def extract(windows: Windows, spec: FeatureSpec, *, workers: int = 1) -> FeatureTable:
    """Compute every feature of the catalogue for every window.

    Parameters
    ----------
    windows : Windows
        Of the spec's modality and length, at any rate from the modality's minimum on. A window
        with missing samples gets NaN in every column; its neighbours are not affected.
    workers : int
        Threads to spread chunks of windows over. The values do not depend on it.

    Raises
    ------
    SignalError
        When the windows do not fit the spec.
    """
    check_fit(windows, spec)
    size = max(1, min(CHUNK, _MOST_SAMPLES // (windows.n_channels * windows.samples.shape[2])))
    chunks = [windows[start : start + size] for start in range(0, len(windows), size)]
    if workers > 1 and len(chunks) > 1:
        with ThreadPoolExecutor(workers) as pool:
            parts = list(pool.map(lambda chunk: _extract_chunk(chunk, spec), chunks))
    else:
        parts = [_extract_chunk(chunk, spec) for chunk in chunks]
    names = columns(spec)
    if not parts:
        parts = [(np.zeros((0, len(names))), assess(windows, np.zeros(0), spec))]
    values = np.concatenate([part for part, _ in parts])
    values.flags.writeable = False
    return FeatureTable(values, names, _join([quality for _, quality in parts]), spec.fingerprint)


def _extract_chunk(windows: Windows, spec: FeatureSpec) -> tuple[Array, Quality]:
    missing: NDArray[np.bool_] = np.any(np.isnan(windows.samples), axis=(1, 2))
    whole = windows
    if missing.any():
        whole = Windows(
            np.where(missing[:, None, None], 0.0, windows.samples),
            sampling_rate_hz=windows.sampling_rate_hz,
            modality=windows.modality,
            unit=windows.unit,
        )
    signals = Signals(whole, spec)
    entries = catalogue(spec.modality)
    values = []
    for entry in entries:
        computed = entry.compute(signals)
        if entry.degree != 0 and not windows.scale_is_known:
            computed = np.full_like(computed, np.nan)
        values.append(computed)
    joined = np.concatenate(values, axis=1)
    joined[missing] = np.nan
    return joined, assess(windows, signals.conditioned.mains_share, spec)


def _join(parts: list[Quality]) -> Quality:
    return Quality(
        *(
            np.concatenate([getattr(part, field) for part in parts])
            for field in Quality.__dataclass_fields__
        )
    )
