"""paradigma's tremor pipeline on windows from a file; runs in paradigma's own environment.

    python paradigma_peer.py windows.npz shares.json

Only what that environment has is imported here: nothing of quaver. The classifier is the one that
comes with the package (its tutorial loads the same file), and all settings are the package's own.
Its resampling is left out: the signal is at the 100 Hz that it resamples to.
"""

import json
import sys
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from paradigma.config import TremorConfig  # type: ignore[import-not-found]  # not in ours
from paradigma.constants import DataColumns  # type: ignore[import-not-found]
from paradigma.pipelines.tremor_pipeline import (  # type: ignore[import-not-found]
    detect_tremor,
    extract_tremor_features,
)


def labelled(windows: NDArray[np.float64], rate_hz: float) -> pd.DataFrame:
    """Return paradigma's table of windows, shape (n_windows, 3, n_samples), in deg/s."""
    axes = (DataColumns.GYROSCOPE_X, DataColumns.GYROSCOPE_Y, DataColumns.GYROSCOPE_Z)
    config = TremorConfig()
    n_samples = windows.shape[2]
    if n_samples != config.window_length_s * rate_hz:
        sys.exit(f"paradigma's windows are {config.window_length_s} s, these have {n_samples}")
    # One long recording, which it cuts where these windows begin.
    joined = pd.DataFrame(dict(zip(axes, windows.transpose(1, 0, 2).reshape(3, -1), strict=True)))
    joined[DataColumns.TIME] = np.arange(len(joined)) / rate_hz
    features = extract_tremor_features(joined, config)
    classifier = files("paradigma") / "assets" / "tremor_detection_clf_package.pkl"
    answers: pd.DataFrame = detect_tremor(features, config, str(classifier))
    return answers


def main(source: Path, target: Path) -> None:
    """Label every cell and write the shares that are called tremor, after the checks and before."""
    with np.load(source, allow_pickle=False) as arrays:
        cells, rate_hz = arrays["samples"], float(arrays["rate_hz"])
    rows = labelled(cells.reshape(-1, *cells.shape[-2:]), rate_hz)
    content: dict[str, object] = {"version": version("paradigma")}
    for name, column in (
        ("checked", DataColumns.PRED_TREMOR_CHECKED),
        ("unchecked", DataColumns.PRED_TREMOR_LOGREG),
    ):
        called = rows[column].to_numpy(dtype=np.float64).reshape(cells.shape[:-2])
        content[name] = called.mean(axis=-1).tolist()
    target.write_text(json.dumps(content) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
