"""Tracking: runs, models and aliases in MLflow.

Only this module and :mod:`training.tracking_run`, which writes runs, import it.
"""

import json
import logging
import os
import urllib.error
import urllib.request
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
from mlflow.entities import LifecycleStage, RunInfo, RunStatus
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from features import ConfigError
from training.image_requirements import REQUIREMENTS
from training.run_content import Content, DataUsed
from training.tracking_run import add_to_run, clear_errors, signature, whole_run
from training.tracking_store import open_alone

DEFAULT_URI = "sqlite:///mlflow.db"
CHAMPION = "champion"
"""Alias of the model that serves."""
CHALLENGER = "challenger"
"""Alias of the model that answers beside it."""
_ARTIFACT = "classifier"
_PATIENCE_S = 5.0
_NOT_THERE = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
"""What MLflow says of a version, and of an alias, that there is not."""
_HASHES = ("data_sha256", "fingerprint", "git_commit")


@dataclass(frozen=True)
class Logged:
    """A run and the registered model that it holds."""

    run_id: str
    model_name: str
    model_version: str


@dataclass(frozen=True)
class RunFacts:
    """What a run says of itself."""

    run_id: str
    name: str
    params: Mapping[str, str]
    hashes: Mapping[str, str]
    """Of data and features, and the commit."""

    @property
    def title(self) -> str:
        """Return the name with as much of the id as tells runs of one name apart."""
        return f"{self.name} ({self.run_id[:8]})"


def connect() -> str:
    """Choose the tracking server from the environment and see that it answers.

    Raises
    ------
    ConfigError
        When it does not: said before anything is computed, not after.
    """
    uri = os.environ.get("MLFLOW_TRACKING_URI") or DEFAULT_URI
    logging.getLogger("mlflow").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    mlflow.set_tracking_uri(uri)
    if uri.startswith(("http://", "https://")):
        _knock(uri)
    else:
        _open(uri)
    return uri


def _open(uri: str) -> None:
    try:
        open_alone(uri, mlflow.MlflowClient)
    except (MlflowException, SQLAlchemyError, ImportError, OSError, ValueError) as error:
        # Without the address: it may hold a password.
        reason = str(error).strip().partition("\n")[0].rstrip(".").replace(uri, "its address")
        raise ConfigError(
            f"the store that MLFLOW_TRACKING_URI names cannot be opened ({reason}); name a server"
            " (http://...) or a database (sqlite:///mlflow.db), or unset it"
        ) from error


def _knock(uri: str) -> None:
    try:
        with urllib.request.urlopen(f"{uri.rstrip('/')}/health", timeout=_PATIENCE_S):  # noqa: S310
            return
    except (urllib.error.URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise ConfigError(
            f"the MLflow server {uri} does not answer ({reason}); start it, or correct or unset"
            " MLFLOW_TRACKING_URI"
        ) from error


def log_training(content: Content, classifier: Path, model_name: str) -> Logged:
    """Log a training with its classifier and register the model."""
    with whole_run(model_name, content) as run_id, warnings.catch_warnings():
        # MLflow advises an example that it would have to run in a process of its own; the
        # signature is stated instead and tested.
        warnings.filterwarnings("ignore", message=".*input example.*", category=UserWarning)
        info = mlflow.pyfunc.log_model(
            name=_ARTIFACT,
            loader_module="serving.flavor",
            data_path=str(classifier),
            signature=signature(_classes(classifier)),
            # What its code needs, but not that code: quaver is on no index, and what an index calls
            # so is something else. Who opens a model from MLflow has this project beside it.
            pip_requirements=str(REQUIREMENTS),
            registered_model_name=model_name,
        )
    return Logged(run_id, model_name, str(info.registered_model_version))


def _classes(classifier: Path) -> list[str]:
    card = json.loads((classifier / "card.json").read_text(encoding="utf-8"))
    return list(card["classes"])


def log_benchmark(content: Content, experiment: str) -> str:
    """Log a benchmark as one run, which holds no model; return the run."""
    with whole_run(experiment, content) as run_id:
        pass
    return run_id


def log_evaluation(
    run_id: str,
    figures: Mapping[str, float],
    files: Mapping[str, Path],
    data: Sequence[DataUsed] = (),
) -> None:
    """Add an evaluation to the run of the model that was evaluated."""
    add_to_run(run_id, Content("", "", {}, figures, {}, files, data))


def fetch_classifier(logged: Logged, into: Path) -> Path:
    """Download the classifier of a registered model; return its directory."""
    with clear_errors():
        uri = f"models:/{logged.model_name}/{logged.model_version}"
        root = Path(mlflow.artifacts.download_artifacts(uri, dst_path=str(into)))
    card = next(root.rglob("card.json"), None)
    if card is None:
        raise ConfigError(
            f"the files of {logged.model_name} version {logged.model_version} are gone from where"
            f" run {logged.run_id} has kept them; train again"
        )
    return card.parent


def fetch_files(run_id: str, folder: str, into: Path) -> list[Path]:
    """Download a folder of a run; return its files, none when the run has no such folder."""
    with clear_errors():
        if not mlflow.artifacts.list_artifacts(run_id=run_id, artifact_path=folder):
            return []
        root = mlflow.artifacts.download_artifacts(
            run_id=run_id, artifact_path=folder, dst_path=str(into)
        )
    return sorted(path for path in Path(root).rglob("*") if path.is_file())


def fetch_file(run_id: str, place: str, into: Path) -> Path | None:
    """Download a file of a run, None when it is not there."""
    folder, _, _ = place.rpartition("/")
    with clear_errors():
        files = mlflow.artifacts.list_artifacts(run_id=run_id, artifact_path=folder or None)
        if place not in {file.path for file in files}:
            return None
        found = mlflow.artifacts.download_artifacts(
            run_id=run_id, artifact_path=place, dst_path=str(into)
        )
    return Path(found)


def tag_of(run_id: str, name: str) -> str:
    """Return a tag of a run, nothing when it has none of this name."""
    with clear_errors():
        return str(mlflow.get_run(run_id).data.tags.get(name, ""))


def place_of_files(run_id: str) -> str:
    """Return where the files of a run should be."""
    with clear_errors():
        return str(mlflow.get_run(run_id).info.artifact_uri)


def run_facts(run_id: str) -> RunFacts:
    """Return what a run says of itself."""
    with clear_errors():
        run = mlflow.get_run(run_id)
    tags = run.data.tags
    hashes = {name: tags[name] for name in _HASHES if name in tags}
    return RunFacts(run_id, run.info.run_name, dict(run.data.params), hashes)


def find_run(run_id: str) -> Logged:
    """Return the registered model of a run.

    Raises
    ------
    ConfigError
        When there is no such run, it is not whole, or it has no model.
    """
    with clear_errors():
        client = mlflow.MlflowClient()
        versions = client.search_model_versions(f"run_id = '{run_id}'")
        if versions:
            _check_whole(run_id, client.get_run(run_id).info)
    if not versions:
        raise ConfigError(
            f"no registered model belongs to the run {run_id!r}; is the id right, or was its model"
            " deleted in the registry?"
        )
    newest = max(versions, key=lambda version: int(version.version))
    return Logged(run_id, newest.name, str(newest.version))


def _check_whole(run_id: str, info: RunInfo) -> None:
    """Refuse a run that the next training may take away, or that somebody has deleted."""
    if info.lifecycle_stage != LifecycleStage.ACTIVE:
        raise ConfigError(
            f"the run {run_id!r} was deleted in MLflow; restore it there, or name another"
        )
    if info.status != RunStatus.to_string(RunStatus.FINISHED):
        raise ConfigError(
            f"the run {run_id!r} is not whole: its training is still at work, or was ended before"
            " its time; wait for it, or train again"
        )


def set_alias(model_name: str, alias: str, version: str | None) -> None:
    """Let an alias point at a version of a model, or at none."""
    with clear_errors():
        client = mlflow.MlflowClient()
        if version is None:
            client.delete_registered_model_alias(model_name, alias)
        else:
            client.set_registered_model_alias(model_name, alias, version)


def version_of(model_name: str, version_or_alias: str) -> Logged | None:
    """Return a registered model by its version or an alias, None when there is none."""
    client = mlflow.MlflowClient()
    is_version = version_or_alias.isdecimal()
    find = client.get_model_version if is_version else client.get_model_version_by_alias
    with clear_errors():
        try:
            found = find(model_name, version_or_alias)
        except MlflowException as error:
            if error.error_code in _NOT_THERE:
                return None
            raise
    return Logged(str(found.run_id), model_name, str(found.version))


def is_registered(logged: Logged) -> bool:
    """Say whether the registry has a version, and of that run.

    Somebody may have deleted it there, or another registry be asked, which counts from 1 as well.
    """
    found = version_of(logged.model_name, logged.model_version)
    return found is not None and found.run_id == logged.run_id


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested configuration as dotted keys."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{name}.")
        else:
            flat[name] = value
    return flat
