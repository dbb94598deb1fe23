"""Rewrite the golden values: ``python tests/golden/regenerate.py``.

The values of every column on twelve frozen windows are kept in ``<modality>.csv``: one column of
the catalogue a line, with the version of its feature. When values are meant to move,

1. raise ``version`` in the declaration of each feature that moved (the test names them),
2. run this file, which refuses while a moved value still has its old version,
3. commit the CSV with the change, and say in CHANGELOG.md what moved and why.

The windows (``windows.npz``, single precision) and the specs (``<modality>.json``) are frozen: they
are written once and belong to no configuration in use.
"""

import csv
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from features import FeatureSpec, Windows, catalogue, extract

HERE = Path(__file__).parent
MODALITIES = ("emg", "accelerometer", "gyroscope")
# Transforms of another library or processor add up in another order.
ROUNDING = 1e-6

Golden = dict[str, tuple[int, NDArray[np.float64]]]
"""Column → version of its feature and the values of four windows."""


def spec(modality: str) -> FeatureSpec:
    """Return the frozen spec of a modality."""
    return FeatureSpec.model_validate_json((HERE / f"{modality}.json").read_text())


def current(modality: str) -> Golden:
    """Compute the values of the frozen windows of a modality with the code as it is."""
    entries = {
        column: entry.version
        for entry in catalogue(spec(modality).modality)
        for column in entry.columns(spec(modality))
    }
    rows = []
    with np.load(HERE / "windows.npz") as frozen:
        for key in frozen.files:  # modality|kind|rate|unit
            of, _, rate, unit = key.split("|")
            if of == modality:
                windows = Windows(
                    frozen[key][None], sampling_rate_hz=float(rate), modality=of, unit=unit
                )
                rows.append(extract(windows, spec(modality)).values[0])
    values = np.stack(rows, axis=1)
    return {column: (version, values[i]) for i, (column, version) in enumerate(entries.items())}


def stored(modality: str) -> Golden:
    """Read the golden values of a modality; none before they are first written."""
    path = HERE / f"{modality}.csv"
    if not path.exists():
        return {}
    with path.open(newline="") as file:
        rows = list(csv.reader(file))[1:]
    return {row[0]: (int(row[1]), np.array(row[2:], dtype=float)) for row in rows}


def moved(modality: str) -> list[str]:
    """Return the columns whose values differ from the golden ones under the same version."""
    now, before = current(modality), stored(modality)
    return [
        column
        for column in now.keys() & before.keys()
        if now[column][0] == before[column][0]
        and not np.allclose(
            now[column][1], before[column][1], rtol=ROUNDING, atol=1e-9, equal_nan=True
        )
    ]


def write(modality: str) -> None:
    """Write the golden values of a modality, with every digit that a number has."""
    with np.load(HERE / "windows.npz") as frozen:
        kinds = [key.split("|")[1] for key in frozen.files if key.startswith(f"{modality}|")]
    with (HERE / f"{modality}.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("column", "version", *kinds))
        for column, (version, values) in current(modality).items():
            writer.writerow((column, version, *(repr(float(value)) for value in values)))


def freeze_windows() -> None:
    """Write the twelve windows, once: rest, rhythm, events and movement of each modality."""
    generator = np.random.default_rng(7)
    frozen: dict[str, NDArray[np.float32]] = {}
    for modality, rates, unit in (
        ("emg", (1000, 2000, 1000, 1926), "uV"),
        ("accelerometer", (100, 50, 64, 100), "g"),
        ("gyroscope", (100, 31.25, 200, 100), "deg/s"),
    ):
        for kind, rate in zip(("rest", "rhythm", "events", "movement"), rates, strict=True):
            times = np.arange(round(4 * rate)) / rate
            samples = (_emg if modality == "emg" else _motion)(kind, times, generator)
            size = {"emg": 1.0, "accelerometer": 1.0, "gyroscope": 150.0}[modality]
            frozen[f"{modality}|{kind}|{rate:g}|{unit}"] = (size * samples).astype(np.float32)
    np.savez_compressed(HERE / "windows.npz", allow_pickle=False, **frozen)


def _bumps(
    times: NDArray[np.float64], at: NDArray[np.float64], width_s: float
) -> NDArray[np.float64]:
    return np.exp(-0.5 * ((times - at[:, None]) / width_s) ** 2).sum(axis=0)


def _emg(
    kind: str, times: NDArray[np.float64], generator: np.random.Generator
) -> NDArray[np.float64]:
    noise = generator.standard_normal(len(times))
    mains = 10 * np.sin(2 * np.pi * 50.04 * times)
    beats = np.arange(0.15, 4, 1 / 6.1)
    at = np.array([0.4, 0.46, 1.5, 2.7, 3.6])
    carrier = np.sin(2 * np.pi * 90 * times)
    samples = {
        "rest": 4 * noise + mains,
        "rhythm": (4 + 150 * _bumps(times, beats, 0.02) * np.exp(-times / 2)) * noise,
        "events": 4 * noise + 200 * _bumps(times, at, 0.004) * carrier + 500,
        "movement": 60 * (0.3 + np.abs(np.sin(2 * np.pi * 0.3 * times))) * noise + mains,
    }[kind]
    return samples[None]


def _motion(
    kind: str, times: NDArray[np.float64], generator: np.random.Generator
) -> NDArray[np.float64]:
    noise = generator.standard_normal((3, len(times)))
    gravity = np.array([[0.1], [0.7], [0.7]])
    first, second = np.array([[0.8], [-0.6], [0.0]]), np.array([[0.0], [0.6], [0.8]])
    phase = 2 * np.pi * 5.2 * times + 0.5 * np.sin(2 * np.pi * 0.3 * times)
    at = np.array([0.5, 1.4, 2.6, 3.5])
    slow = np.sin(2 * np.pi * 0.7 * times)
    samples = {
        "rest": 0.002 * noise,
        "rhythm": 0.1 * first * np.sin(phase) + 0.03 * second * np.sin(2 * phase + 1),
        "events": 0.2 * first * _bumps(times, at, 0.03) * np.sin(2 * np.pi * 9 * times),
        "movement": 0.4 * first * slow + 0.2 * second * slow**3 + 0.02 * noise,
    }[kind]
    return gravity + samples + 0.003 * noise


def main() -> int:
    """Rewrite every file, or none and say which versions must be raised first."""
    if not (HERE / "windows.npz").exists():
        freeze_windows()
    silently = {modality: moved(modality) for modality in MODALITIES}
    if any(silently.values()):
        for modality, names in silently.items():
            for name in sorted(names):
                sys.stderr.write(f"{modality}: {name} moved; raise its version first\n")
        return 2
    for modality in MODALITIES:
        write(modality)
        sys.stdout.write(f"{modality}.csv: {len(stored(modality))} columns\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
