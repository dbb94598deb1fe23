"""Compiled kernels: one signature each, compiled once, found in the cache by other processes."""

import importlib
import json
import pkgutil
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from numba.core.registry import CPUDispatcher

import features
from features import MODALITIES, Recording, Windows, extract, kernel_statistics
from features.kernels import read_only
from features.rhythm_runs import beat_runs
from serving.analysis import RecordingSource
from serving.analysis.events import find_events


def kernels():
    """Return every compiled function of the floor by module and name, where it is defined."""
    found = {}
    for info in pkgutil.iter_modules(features.__path__):
        module = importlib.import_module(f"features.{info.name}")
        for name, value in vars(module).items():
            if isinstance(value, CPUDispatcher) and value.py_func.__module__ == module.__name__:
                found[f"{info.name}.{name}"] = value
    return found


KERNELS = kernels()
each_kernel = pytest.mark.parametrize("name", KERNELS)


def called_by(kernel):
    """Return the kernels that a kernel calls."""
    names = kernel.py_func.__code__.co_names
    values = [kernel.py_func.__globals__.get(name) for name in names]
    if kernel_statistics in values:
        values += [getattr(kernel_statistics, name, None) for name in names]
    return [value for value in values if isinstance(value, CPUDispatcher)]


@pytest.fixture(scope="module")
def _used(mixture_of, spec_of):
    """Use every kernel on batches of many kinds: sizes, types, layouts, rates, axes."""
    for modality in MODALITIES:
        rates = (1000.0, 1926.0) if modality == "emg" else (100.0, 31.25)
        unit = MODALITIES[modality].unit
        for rate in rates:
            many = np.concatenate([mixture_of(modality, rate)] * 9)[:70]
            gap = many[:2].copy()
            gap[0, 0, 5] = np.nan
            for samples in (
                many[:1],
                many[:2],
                many,
                many[:2, :1],
                many[:2].astype(np.float32),
                np.asfortranarray(many[:2]),
                np.repeat(many[:2], 2, axis=2)[:, :, ::2],
                np.zeros_like(many[:2]),
                gap,
            ):
                windows = Windows(samples, sampling_rate_hz=rate, modality=modality, unit=unit)
                extract(windows, spec_of(modality))
            if modality == "emg":
                _seek_events(many, rate, spec_of(modality))
    _seek_beats()


def _seek_events(windows, rate, spec):
    """Seek events in long signals: whole, in single precision, with a gap, and silent."""
    whole = np.concatenate([window[0] for window in windows])[None]
    gap = whole.copy()
    gap[0, 1000:1100] = np.nan
    for samples in (whole, whole.astype(np.float32), gap, np.zeros_like(whole)):
        recording = Recording(samples, sampling_rate_hz=rate, modality="emg", unit="uV")
        find_events(RecordingSource(recording), 0, spec, [])


def _seek_beats():
    """Seek beats by one channel and by two, in a magnitude of either precision, and in silence."""
    noise = np.abs(np.random.default_rng(1).standard_normal((2, 2000)))
    for magnitude in (noise, noise[:1], noise.astype(np.float32), np.zeros_like(noise)):
        beat_runs(magnitude, 100.0, slice(200, 1800), magnitude=True)


@pytest.mark.usefixtures("_used")
@each_kernel
def test_a_kernel_has_one_signature(name):
    """Neither layout, type nor size of a batch makes a kernel be compiled again.

    A kernel that only others call has none of its own when its callers come from the cache.
    """
    inner = any(KERNELS[name] in called_by(other) for other in KERNELS.values())
    # What several files share may meet both raw samples, which are read-only, and others.
    expected = {0, 1, 2} if name.startswith("kernel_statistics.") else {0, 1} if inner else {1}

    assert len(KERNELS[name].signatures) in expected, KERNELS[name].signatures


@each_kernel
def test_a_kernel_calls_those_of_its_own_file_and_the_shared_one_only(name):
    """The cache notices that one of these two files has changed, and no other."""
    allowed = {KERNELS[name].py_func.__module__, "features.kernel_statistics"}

    assert {other.py_func.__module__ for other in called_by(KERNELS[name])} <= allowed


def test_a_change_of_the_shared_file_is_noticed_by_the_cache_of_others(tmp_path):
    """Code that was compiled with an older shared file is not used again."""
    package = shutil.copytree(Path(features.__file__).parent, tmp_path / "features")
    code = (
        "import numpy as np; from features import ragged;"
        "print(ragged.mean(np.array([1.0, 3.0]), np.array([0, 2]))[0])"
    )

    def asked():
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        return float(done.stdout)

    before = asked()
    text = (package / "kernel_statistics.py").read_text()
    (package / "kernel_statistics.py").write_text(
        text.replace(
            "return total(values) / len(values)", "return 10 * total(values) / len(values)"
        )
    )

    assert before == 2.0
    assert asked() == 20.0


@each_kernel
def test_a_kernel_is_cached_and_releases_the_lock(name):
    """Threads share the work, a second process starts fast, and 0 / 0 is NaN as in NumPy."""
    kernel = KERNELS[name]

    assert kernel.targetoptions["nogil"]
    assert kernel.targetoptions["error_model"] == "numpy"
    assert kernel.stats.cache_path is not None
    assert Path(kernel.stats.cache_path).is_absolute()


PROGRAM = textwrap.dedent("""
    import importlib, json, pkgutil, sys
    from pathlib import Path
    import numpy as np
    from numba.core.registry import CPUDispatcher
    import features

    loaded = [m for m in ("pandas", "sklearn", "lightgbm", "mlflow", "bentoml") if m in sys.modules]
    for modality, rate, unit in (("emg", 1000, "uV"), ("accelerometer", 100, "g")):
        text = Path(sys.argv[1], f"{modality}.json").read_text()
        spec = features.FeatureSpec.model_validate_json(text)
        samples = np.random.default_rng(0).standard_normal((2, 1, 4 * rate))
        windows = features.Windows(samples, sampling_rate_hz=rate, modality=modality, unit=unit)
        features.extract(windows, spec)
    hits = misses = 0
    for info in pkgutil.iter_modules(features.__path__):
        for value in vars(importlib.import_module(f"features.{info.name}")).values():
            if isinstance(value, CPUDispatcher):
                hits += sum(value.stats.cache_hits.values())
                misses += sum(value.stats.cache_misses.values())
    print(json.dumps({"loaded": loaded, "hits": hits, "misses": misses}))
""")


@pytest.mark.usefixtures("_used")
def test_another_process_compiles_nothing():
    """A fresh interpreter finds every kernel in the cache, and loads no other floor."""
    golden = Path(__file__).parent / "golden"
    finished = subprocess.run(
        [sys.executable, "-c", PROGRAM, golden], capture_output=True, text=True, check=True
    )
    told = json.loads(finished.stdout)

    assert told["loaded"] == []
    assert told["misses"] == 0
    assert told["hits"] >= 20


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_raw_samples_reach_kernels_in_one_form(dtype):
    """Contiguous, in double precision, read-only; copied when they were not."""
    samples = np.asfortranarray(np.arange(24).reshape(2, 3, 4).astype(dtype))
    passed = read_only(samples)

    assert passed.flags.c_contiguous
    assert not passed.flags.writeable
    assert samples.flags.writeable
    assert np.float64 == passed.dtype
    np.testing.assert_array_equal(samples, passed)
    plain = np.zeros((1, 1, 4))
    assert np.shares_memory(plain, read_only(plain))
    assert plain.flags.writeable
