"""Environment: where servers and stores live, and that nothing reports to anybody."""

import os
from pathlib import Path

_QUIET = {
    "BENTOML_DO_NOT_TRACK": "True",
    "DO_NOT_TRACK": "true",
    "DVC_NO_ANALYTICS": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_ENABLE_ASYNC_LOGGING": "false",
    # A server that does not answer is said to be so within seconds, not after minutes of retrying.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    # With a server, addresses stood among the results, of runs that were taken away too; and who
    # had read enough of them, as `head` has, ended the training.
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    # Nine processes of the MLflow page that wait for jobs which nobody here gives them.
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
}


def prepare(root: Path) -> None:
    """Set what is not set: no telemetry, and a BentoML store of the project's own.

    Called first by every command, before MLflow or BentoML are imported.
    """
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("BENTOML_HOME", str(root.absolute() / ".bentoml"))
