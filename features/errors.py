"""The errors a caller can cause, and what each becomes at the boundary.

::

    QuaverError
    ├─ SignalError     these samples cannot be used             HTTP 400, exit 2
    ├─ ConfigError     this configuration cannot be used        exit 2
    ├─ ContractError   model and code do not belong together    the service does not start, exit 2
    └─ GateError       the model is not good enough             exit 3

A message is one sentence: what was given, what is needed, and where to look. Anything that is not
a ``QuaverError`` is a bug of ours: its traceback belongs in the log and never in a response.
"""


class QuaverError(Exception):
    """Root of everything that a caller can put right."""

    exit_code = 2


class SignalError(QuaverError):
    """These samples, or what is said about them, cannot be used."""


class ConfigError(QuaverError):
    """A configuration or the environment cannot be used."""


class ContractError(QuaverError):
    """A model and this code do not belong together."""


class GateError(QuaverError):
    """A model is not good enough to be served."""

    exit_code = 3
