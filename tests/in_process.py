"""BentoML within the process of the tests: a store of its own, and the service without a port."""

import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from serving.exam import load

with warnings.catch_warnings():
    # BentoML 1.4 uses parts of pathspec and pydantic that are on their way out, and Starlette would
    # rather have a successor of httpx; none of it is in our hands.
    warnings.simplefilter("ignore")
    import bentoml
    from bentoml._internal.configuration.containers import BentoMLContainer
    from bentoml._internal.models import ModelStore
    from bentoml._internal.server.metrics.prometheus import PrometheusClient
    from prometheus_client import CollectorRegistry
    from starlette.testclient import TestClient

    bentoml.service  # noqa: B018  (imported when it is first asked for)


@contextmanager
def bentoml_store(home: Path) -> Iterator[None]:
    """Let BentoML use the models below ``home``."""
    (home / "models").mkdir(parents=True, exist_ok=True)
    with BentoMLContainer.model_store.patch(ModelStore(home / "models")):
        yield


@contextmanager
def metrics_apart() -> Iterator[None]:
    """Let BentoML count for itself: two services of one process cannot register the same counts."""
    apart = PrometheusClient(multiproc=False)
    apart._registry = CollectorRegistry()  # noqa: SLF001
    with BentoMLContainer.metrics_client.patch(apart):
        yield


def put_into_store(home: Path, directory: Path, version: str = "7") -> Path:
    """Put a model into a store as promotion does; return where it lies there."""
    card = load(directory).card
    labels = {"run_id": "tiny", "version": version, "fingerprint": card.fingerprint}
    with bentoml_store(home):
        with bentoml.models.create(card.name, labels=labels) as model:
            shutil.copytree(directory, model.path, dirs_exist_ok=True)
        return Path(bentoml.models.get(model.tag).path)


@contextmanager
def service_client(home: Path) -> Iterator[TestClient]:
    """Open the service with the models of a store; errors are answered, not raised."""
    with bentoml_store(home), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as above: BentoML makes types of ours its own
        from serving.service import Quaver  # noqa: PLC0415  (the environment says what it serves)

        opened = TestClient(Quaver.to_asgi(), raise_server_exceptions=False)
        opened.__enter__()
    try:
        yield opened
    finally:
        opened.__exit__()
