"""Rehearsal: after it no record waits for a compiler."""

import json
import os
import subprocess
import sys
from pathlib import Path

RECORD = """
import importlib, json, pkgutil, sys
import numpy as np
from numba.core.registry import CPUDispatcher
import features
from conftest import shipped_spec
from features import Recording
from serving.analysis.beats import clonus_runs
from serving.analysis.events import find_events
from serving.analysis.rehearsal import rehearse
from serving.analysis.source import RecordingSource
from serving.formats.timestamps import even_grid

def compiled():
    names = [f"features.{module.name}" for module in pkgutil.iter_modules(features.__path__)]
    names.append("serving.formats.lost_samples")
    modules = [importlib.import_module(name) for name in names]
    kernels = {id(v): v for m in modules for v in vars(m).values() if isinstance(v, CPUDispatcher)}
    return sum(len(each.signatures) for each in kernels.values())

spec = shipped_spec(sys.argv[1])
at_first = compiled()
rehearse(spec)
rehearsed = compiled()
rng = np.random.default_rng(8)
even_grid(np.cumsum(rng.exponential(0.01, 5000)))
if spec.modality != "emg":
    print(json.dumps([at_first, rehearsed, compiled()]))
    sys.exit()
samples = rng.standard_normal((1, 40_000)).astype(np.float32)
for at in (3000, 5100, 9000, 9030, 14_000, 21_000):
    samples[0, at : at + 12] += 50 * np.sin(np.arange(12) / 2)
samples[0, 30_000:30_200] = np.nan
source = RecordingSource(Recording(samples, sampling_rate_hz=2000.0, modality="emg", unit="mV"))
events = find_events(source, 0, spec, [])
clonus_runs(source, [0], 2.0, 14.0, spec, (0.0, 20.0))
print(json.dumps([at_first, rehearsed, compiled(), len(events)]))
"""


def rehearsed(modality: str) -> list[int]:
    """Rehearse in a process of its own; return what is compiled at first, then, and at the end."""
    path = os.pathsep.join((str(Path(__file__).parent), str(Path(__file__).parents[1])))
    ended = subprocess.run(
        [sys.executable, "-c", RECORD, modality],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert ended.returncode == 0, ended.stderr
    counts: list[int] = json.loads(ended.stdout.splitlines()[-1])
    return counts


def test_a_record_compiles_nothing_that_was_not_rehearsed() -> None:
    """Of another rate, type and unit, with a gap: every kernel has been met before."""
    at_first, before, after, n_events = rehearsed("emg")
    assert n_events >= 3
    assert at_first < before == after


def test_a_file_with_times_compiles_nothing_that_was_not_rehearsed() -> None:
    """Of motion, that is all there is to rehearse beside its windows."""
    at_first, before, after = rehearsed("accelerometer")
    assert at_first < before == after
