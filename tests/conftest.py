"""What every test may ask for: a seeded generator, frozen specs, realistic windows."""

import json
import os
import shutil
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import yaml
from hypothesis import settings
from numpy.typing import ArrayLike, NDArray

from features import MODALITIES, FeatureSpec, FeatureTable, Windows, check_modality, extract

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser
    from running_project import Up
    from starlette.testclient import TestClient
    from xdist.remote import Producer
    from xdist.scheduler import LoadScopeScheduling

    from serving.classifier import Classifier
    from training.datasets.labelled import LabelledWindows

HERE = Path(__file__).parent

# The same examples every time: a test that fails tells of what has changed.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")

WITH_A_RUNNING_PROJECT = ("test_contract_pipeline.py", "test_contract_up.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start what takes longest first, or one process would be left alone with it at the end."""
    items.sort(key=lambda item: item.path.name not in WITH_A_RUNNING_PROJECT)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: "Producer") -> "LoadScopeScheduling":
    """Deal whole files to the processes; those that share a costly fixture count as one file."""
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415  (only where there is xdist)

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return "project" if file.endswith(WITH_A_RUNNING_PROJECT) else file

    return ByFile(config, log)


@cache
def frozen_spec(modality: str) -> FeatureSpec:
    """Return the spec that known answers and golden values were computed with."""
    return FeatureSpec.model_validate_json((HERE / "golden" / f"{modality}.json").read_text())


@cache
def shipped_spec(modality: str) -> FeatureSpec:
    """Return the spec in configs/, which may be retuned at any time."""
    text = (HERE.parent / "configs" / f"{modality}.yaml").read_text()
    # Through JSON, in which a list may stand for a tuple: the model itself is strict.
    return FeatureSpec.model_validate_json(json.dumps(yaml.safe_load(text)["features"]))


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator of the test's own."""
    return np.random.default_rng(20241122)


@pytest.fixture(scope="session")
def spec_of() -> Callable[[str], FeatureSpec]:
    """The frozen spec of a modality."""
    return frozen_spec


@pytest.fixture(scope="session")
def shipped_spec_of() -> Callable[[str], FeatureSpec]:
    """The spec of a modality in configs/."""
    return shipped_spec


@pytest.fixture(scope="session")
def extract_from() -> Callable[..., FeatureTable]:
    """Extract under the frozen spec, from samples in the modality's own unit unless said."""

    def extracted(
        samples: ArrayLike, modality: str, rate_hz: float, unit: str | None = None
    ) -> FeatureTable:
        own_unit = MODALITIES[check_modality(modality)].unit
        windows = Windows(
            samples, sampling_rate_hz=rate_hz, modality=modality, unit=unit or own_unit
        )
        return extract(windows, frozen_spec(modality))

    return extracted


@pytest.fixture(scope="session")
def mixture_of() -> Callable[[str, float], NDArray[np.float64]]:
    """Realistic windows of a modality at a rate, shape (8, n_channels, n_samples)."""
    return mixture


@cache
def mixture(modality: str, rate_hz: float) -> NDArray[np.float64]:
    """Return rest, tremor, clonus, twitches, movement, and what lies between, in noise."""
    seed = np.random.default_rng([len(modality), round(1000 * rate_hz)])
    times = np.arange(round(4 * rate_hz)) / rate_hz
    windows = _muscle(times, seed) if modality == "emg" else _motion(times, rate_hz, seed)
    if modality == "accelerometer":
        gravity = _direction(seed)
        windows = windows + gravity
    if modality == "gyroscope":
        windows = windows * 200
    windows.flags.writeable = False
    return windows


def _direction(seed: np.random.Generator) -> NDArray[np.float64]:
    vector = seed.standard_normal(3)
    return (vector / np.linalg.norm(vector))[:, None]


def _twitches(
    times: NDArray[np.float64], at: NDArray[np.float64], width_s: float, carrier_hz: float
) -> NDArray[np.float64]:
    since = times - at[:, None]
    shapes = np.exp(-0.5 * (since / width_s) ** 2) * np.sin(2 * np.pi * carrier_hz * since + 0.5)
    return shapes.sum(axis=0)


def _motion(
    times: NDArray[np.float64], rate_hz: float, seed: np.random.Generator
) -> NDArray[np.float64]:
    """Return windows of three axes in g."""
    hz = min(5.3, 0.3 * rate_hz / 2)
    wander = np.cumsum(seed.standard_normal(len(times))) * 0.1 / np.sqrt(rate_hz)
    phase = 2 * np.pi * hz * times + wander
    tremor = _direction(seed) * np.sin(phase) + 0.3 * _direction(seed) * np.sin(2 * phase + 1)
    clonus = np.exp(-times / 1.5) * np.maximum(np.sin(phase + 1), 0) ** 2
    slow = _direction(seed) * np.sin(2 * np.pi * 0.6 * times)
    slow = slow + 0.5 * _direction(seed) * np.sin(2 * np.pi * 1.3 * times + 1)
    twitches = _direction(seed) * _twitches(times, seed.uniform(0.2, 3.8, 5), 0.05, 7.0)
    noise = seed.standard_normal((8, 3, len(times)))
    return np.stack(
        (
            0.003 * noise[0],
            0.1 * tremor + 0.004 * noise[1],
            0.5 * _direction(seed) * clonus + 0.003 * noise[2],
            0.15 * twitches + 0.003 * noise[3],
            0.4 * slow + 0.02 * noise[4],
            0.3 * slow + 0.05 * tremor + 0.01 * noise[5],
            0.1 * tremor * (times > 1.7) + 0.1 * _direction(seed) * times + 0.004 * noise[6],
            (0.1 * tremor + 0.004 * noise[7]) * (times < 2.2),  # then digital silence
        )
    )


def _muscle(times: NDArray[np.float64], seed: np.random.Generator) -> NDArray[np.float64]:
    """Return windows of one channel in microvolts."""
    noise = seed.standard_normal((8, len(times)))
    wave = np.sin(2 * np.pi * 5.3 * times + 1)
    beats = sum(
        np.exp(-at / 1.5) * np.exp(-0.5 * ((times - at) / 0.02) ** 2)
        for at in np.arange(0.1, 4, 1 / 6.3)
    )
    twitches = 250 * _twitches(times, seed.uniform(0.2, 3.8, 5), 0.004, 90.0)
    mains = 40 * np.sin(2 * np.pi * 50.03 * times) + 8 * np.sin(2 * np.pi * 150.09 * times + 2)
    activity = 0.5 + np.abs(np.sin(2 * np.pi * 0.4 * times))
    windows = np.stack(
        (
            5 * noise[0],
            (5 + 80 * np.maximum(wave, 0) ** 2) * noise[1],
            (4 + 200 * beats) * noise[2] + 300,
            5 * noise[3] + twitches,
            60 * activity * noise[4] + mains,
            60 * activity * (1 + 0.5 * wave) * noise[5],
            (5 + 80 * np.maximum(wave, 0) ** 2 * (times > 1.7)) * noise[6] + 50 * times,
            (5 * noise[7] + twitches + 50 * noise[7] * beats) * (times < 2.2),  # then silence
        )
    )
    return windows[:, None]


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Tiny models by modality, made once for all processes of a session."""
    from tiny_models import tiny_models_below  # noqa: PLC0415  (most tests need no training)

    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    return dict(tiny_models_below(shared / "tiny-models"))


@pytest.fixture(scope="session")
def tiny_of(tiny_models: dict[str, Path]) -> "Callable[[str], Classifier]":
    """The tiny model of a modality, as it is loaded."""
    from serving.exam import load  # noqa: PLC0415

    return cache(lambda modality: load(tiny_models[modality]))


@pytest.fixture(scope="session")
def unseen_of(tiny_models: dict[str, Path]) -> "Callable[[str], list[LabelledWindows]]":
    """Labelled windows of people that the tiny model of a modality has not been trained on."""
    from tiny_models import unseen_windows  # noqa: PLC0415

    return cache(lambda modality: unseen_windows(tiny_models[modality], modality))


@pytest.fixture(scope="session")
def promoted(tiny_models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of BentoML in which the tiny models have been promoted."""
    from in_process import put_into_store  # noqa: PLC0415

    home = tmp_path_factory.mktemp("bentoml")
    for directory in tiny_models.values():
        put_into_store(home, directory)
    return home


@pytest.fixture(scope="session")
def empty_registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An MLflow database with its tables and nothing in them, to be copied: it takes seconds."""
    import mlflow  # noqa: PLC0415  (not where nothing is logged)

    path = tmp_path_factory.mktemp("registry") / "mlflow.db"
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{path}")
    mlflow.search_experiments()
    mlflow.set_tracking_uri(before)
    return path


@pytest.fixture
def own_registry(empty_registry: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Track runs in a folder of the test's own, in which it stands; return the folder."""
    from training import tracking  # noqa: PLC0415  (MLflow takes seconds)

    monkeypatch.chdir(tmp_path)
    shutil.copy(empty_registry, tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    tracking.connect()
    return tmp_path


@pytest.fixture(scope="session")
def client(promoted: Path) -> "Iterator[TestClient]":
    """The service in process, with the tiny models."""
    from in_process import service_client  # noqa: PLC0415

    with service_client(promoted) as opened:
        yield opened


@pytest.fixture(scope="session")
def up(tiny_models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Up]":
    """A tiny project in a folder with a space, in which `make up` has given its first answers.

    After the tiny models, so that it copies compiled kernels. All files that ask for it run in one
    process, see :func:`pytest_xdist_make_scheduler`.
    """
    assert tiny_models
    from running_project import make_up  # noqa: PLC0415

    with make_up(tmp_path_factory.mktemp("pipe") / "a project") as running:
        yield running


@pytest.fixture(scope="session")
def project(up: "Up") -> Path:
    """The folder of that project: simulated, trained, judged and promoted."""
    return up.folder


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """One browser for all tests of a file: while it is open, this thread has a running loop."""
    from browser import chromium  # noqa: PLC0415  (imports what few tests need)

    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def address(promoted: Path) -> "Iterator[str]":
    """The service with the tiny models, on a port of this machine."""
    from browser import served  # noqa: PLC0415
    from in_process import bentoml_store, metrics_apart  # noqa: PLC0415  (not without a browser)

    with bentoml_store(promoted), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # BentoML makes types of ours its own
        from serving.service import Quaver  # noqa: PLC0415

        with metrics_apart(), served(Quaver.to_asgi()) as url:
            yield url
