"""Tracking of a run: it is complete or absent, whatever dies while it is written.

A run is open until everything that belongs to it is there. When its writing fails it is removed,
with its parts, its model and the version of it; where that cannot be done because the server is
gone, or the process was killed, it stays open, and the next training takes it away.
"""

import json
import os
import platform
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import mlflow
import requests
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunStatus, RunTag
from mlflow.exceptions import MlflowException
from mlflow.models.signature import ModelSignature
from mlflow.types.schema import Array, ColSpec, DataType, Schema

from features import ConfigError
from training.run_content import Content, DataUsed

_WRITER = "quaver.writer"
"""Tag of an open run: machine and process that write it."""
_KIND = "mlflow.experimentKind"
"""Tag of an experiment: the page shows it as one of trainings, not of language models."""
_PARENT = "mlflow.parentRunId"
_DESCRIPTION = "mlflow.note.content"
_DIGEST = 12
"""Characters of a hash that stand beside the name of a data set; the whole is a tag."""
_LONGEST_NAME = 500
"""Characters that MLflow takes for the name of a data set, which may be of many folders."""
_BATCH = 800
"""Metrics a request; MLflow takes a thousand values of all kinds."""
_OPEN = "attributes.status = 'RUNNING'"
_UNREACHABLE = (requests.RequestException, MlflowException)


@contextmanager
def clear_errors() -> Iterator[None]:
    """Make what MLflow says a sentence of ours."""
    try:
        yield
    except MlflowException as error:
        message = " ".join(str(error.message).split())
        if "API request to" in message:
            raise ConfigError(_gone()) from error
        raise ConfigError(
            f"MLflow at {mlflow.get_tracking_uri()} refused: {message[:300]}"
        ) from error
    except requests.RequestException as error:
        raise ConfigError(_gone()) from error


def _gone() -> str:
    return (
        f"the MLflow server {mlflow.get_tracking_uri()} stopped answering or failed; nothing of"
        " this run counts: see that the server runs and run the same command again"
    )


@contextmanager
def whole_run(experiment: str, content: Content) -> Iterator[str]:
    """Open a run and write its content; close it after what is done in it, or remove it."""
    with clear_errors():
        client = mlflow.MlflowClient()
        opened = mlflow.set_experiment(experiment)
        experiment_id = opened.experiment_id
        if _KIND not in opened.tags:
            # Two trainings may set it at the same moment; one of them is refused then.
            with suppress(MlflowException):
                client.set_experiment_tag(experiment_id, _KIND, "custom_model_development")
        remove_unfinished(experiment_id)
        run_id = None
        try:
            with mlflow.start_run(
                experiment_id=experiment_id,
                run_name=content.name,
                description=content.description,
                tags={_WRITER: _this_process()},
            ) as run:
                run_id = run.info.run_id
                _write(client, run_id, content)
                yield run_id
                children = [
                    _write_child(client, experiment_id, run_id, each) for each in content.children
                ]
                for child in children:
                    client.set_terminated(child)
                client.delete_tag(run_id, _WRITER)
        except BaseException:
            if run_id is not None:
                with suppress(*_UNREACHABLE):
                    remove(client, run_id, experiment_id)
            raise


def add_to_run(run_id: str, content: Content) -> None:
    """Add to a run that is complete already: files first, so that figures never lack them."""
    with clear_errors():
        client = mlflow.MlflowClient()
        _write_files(client, run_id, content.files)
        _write_values(client, run_id, content)


def remove_unfinished(experiment_id: str) -> None:
    """Remove the open runs of processes of this machine that are no more."""
    client = mlflow.MlflowClient()
    for run in client.search_runs([experiment_id], filter_string=_OPEN):
        machine, _, process = run.data.tags.get(_WRITER, "").rpartition("/")
        if machine != platform.node() or _is_alive(int(process)):
            continue
        # It may have ended well since the search; of the dead nothing changes any more.
        if _WRITER in client.get_run(run.info.run_id).data.tags:
            remove(client, run.info.run_id, experiment_id)


def remove(client: mlflow.MlflowClient, run_id: str, experiment_id: str) -> None:
    """Remove a run with its parts, its models and their versions."""
    for version in client.search_model_versions(f"run_id = '{run_id}'"):
        client.delete_model_version(version.name, version.version)
    outputs = client.get_run(run_id).outputs
    for output in outputs.model_outputs if outputs else ():
        client.delete_logged_model(output.model_id)
    for child in client.search_runs([experiment_id], f"tags.`{_PARENT}` = '{run_id}'"):
        client.delete_run(child.info.run_id)
    client.set_terminated(run_id, RunStatus.to_string(RunStatus.FAILED))
    client.delete_run(run_id)


def _this_process() -> str:
    return f"{platform.node()}/{os.getpid()}"


def _is_alive(process: int) -> bool:
    """Say whether another process writes still; this one is about to open its only run."""
    if process == os.getpid():
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # somebody else's
    return True


def _write(client: mlflow.MlflowClient, run_id: str, content: Content) -> None:
    _write_values(client, run_id, content)
    _write_files(client, run_id, content.files)


def _write_values(client: mlflow.MlflowClient, run_id: str, content: Content) -> None:
    now_ms = int(time.time() * 1000)
    single = [Metric(name, value, now_ms, 0) for name, value in content.figures.items()]
    stepped = [
        Metric(name, value, now_ms, step)
        for name, values in content.series.items()
        for step, value in enumerate(values)
    ]
    metrics = single + stepped
    params = [Param(name, str(value)) for name, value in content.params.items()]
    tags = [RunTag(name, value) for name, value in content.tags.items()]
    client.log_batch(run_id, metrics[:_BATCH], params, tags)
    for begin in range(_BATCH, len(metrics), _BATCH):
        client.log_batch(run_id, metrics[begin : begin + _BATCH])
    if content.data:
        _log_inputs(client, run_id, [_input(each) for each in content.data])


def _log_inputs(client: mlflow.MlflowClient, run_id: str, inputs: list[DatasetInput]) -> None:
    try:
        client.log_inputs(run_id, inputs)
    except MlflowException:
        # Another training may have named the same data between MLflow's look and its insert;
        # nothing was written then, and now it finds them.
        client.log_inputs(run_id, inputs)


def _write_files(client: mlflow.MlflowClient, run_id: str, files: Mapping[str, Path]) -> None:
    for place, path in files.items():
        folder, _, _ = place.rpartition("/")
        client.log_artifact(run_id, str(path), folder or None)


def _write_child(
    client: mlflow.MlflowClient, experiment_id: str, run_id: str, content: Content
) -> str:
    """Write a part of a run as a run of its own; it stays open."""
    tags = {_PARENT: run_id, _DESCRIPTION: content.description}
    child = client.create_run(experiment_id, tags=tags, run_name=content.name).info.run_id
    _write(client, str(child), content)
    return str(child)


def _input(data: DataUsed) -> DatasetInput:
    schema = {"mlflow_colspec": [{"name": name, "type": "double"} for name in data.columns]}
    dataset = Dataset(
        name=data.name[:_LONGEST_NAME],
        digest=data.sha256[:_DIGEST],
        source_type="local",
        source=json.dumps({"uri": data.source}),
        schema=json.dumps(schema) if data.columns else None,
        profile=json.dumps(dict(data.profile)),
    )
    return DatasetInput(dataset, [InputTag("mlflow.data.context", data.context)])


def signature(classes: Sequence[str]) -> ModelSignature:
    """Return what a classifier as MLflow loads it is asked with, and what it answers."""
    inputs = Schema(
        [
            ColSpec(Array(Array(DataType.double)), "samples"),
            ColSpec(DataType.double, "sampling_rate_hz"),
            ColSpec(DataType.string, "unit"),
        ]
    )
    outputs = Schema(
        [
            ColSpec(DataType.string, "label"),
            ColSpec(Array(DataType.string), "candidates"),
            ColSpec(DataType.string, "reason"),
            *(ColSpec(DataType.double, f"probability__{name}") for name in classes),
        ]
    )
    return ModelSignature(inputs=inputs, outputs=outputs)
