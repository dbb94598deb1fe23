"""Client: the service from Python. This file needs httpx alone and may be copied elsewhere.

::

    with Client("http://127.0.0.1:3000") as client:
        answers = client.predict([window])
        record = client.analyze("visit1.csv", modality="emg", unit="uV", sampling_rate_hz=1000)
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import httpx

BUSY = (429, 503)
"""Statuses of a service that has too much to do."""

LONGEST_PAUSE_S = 60.0

_STRANGER = "what answered is not this service, or a page before it; is the address right?"


class ClientError(Exception):
    """The service did not answer, or refused: ``status``, its sentence, and ``detail`` by place."""

    def __init__(
        self, sentence: str, status: int | None = None, detail: Sequence[Any] = ()
    ) -> None:
        super().__init__(sentence)
        self.status = status
        self.detail = tuple(detail)


class Client:
    """A connection to a service.

    Parameters
    ----------
    base_url : str
    attempts : int
        How often a service that is busy is asked; pauses are as long as it says, else 1, 2, 4 s...
    timeout_s : float
        Time for an answer; that to a long recording takes minutes.
    """

    def __init__(self, base_url: str, *, attempts: int = 5, timeout_s: float = 660.0) -> None:
        if attempts < 1:
            raise ValueError(f"attempts is {attempts}; the service is asked once at least")
        self._http = httpx.Client(base_url=base_url, timeout=timeout_s)
        self._attempts = attempts

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def predict(self, windows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return the answers to windows of four seconds, in their order."""
        answer = self._ask(lambda: self._post_json("/predict", {"windows": list(windows)}))
        predictions = answer.get("predictions")
        if not isinstance(predictions, list):
            raise ClientError(_STRANGER)
        return predictions

    def analyze(
        self, recording: str | Path | Mapping[str, Any], **options: object
    ) -> dict[str, Any]:
        """Return the record of a recording.

        Parameters
        ----------
        recording : str, Path or mapping
            A file to upload, or ``modality``, ``unit``, ``sampling_rate_hz`` and ``samples``
            (channels x samples, None or NaN where a sample is missing).
        options
            ``hop_s``, ``channel``, ``from_s``, ``to_s``, ``include``, ``earlier`` (a record); of a
            file also what it does not say itself: ``modality``, ``unit``, ``sampling_rate_hz``,
            ``columns``, ``time_column``, ``time_unit``, ``start_time``.
        """
        given = {name: value for name, value in options.items() if value is not None}
        if isinstance(recording, Mapping):
            if isinstance(given.get("include"), str):
                given["include"] = [given["include"]]
            body = {"recording": recording, "options": given}
            return self._ask(lambda: self._post_json("/analyze", body))
        path = Path(recording)
        fields = {name: _text(name, value) for name, value in given.items()}
        return self._ask(lambda: self._upload(path, fields))

    def _post_json(self, address: str, body: Mapping[str, Any]) -> httpx.Response:
        content = json.dumps(body, default=_plain)
        return self._http.post(
            address, content=content, headers={"content-type": "application/json"}
        )

    def _upload(self, path: Path, fields: Mapping[str, str]) -> httpx.Response:
        with path.open("rb") as file:  # read in pieces as it is sent
            return self._http.post("/analyze", data=fields, files={"file": (path.name, file)})

    def _ask(self, post: Callable[[], httpx.Response]) -> dict[str, Any]:
        """Return an answer; ask again while the service is busy."""
        for attempt in range(self._attempts):
            try:
                response = post()
            except httpx.HTTPError as error:
                raise ClientError(f"there was no answer: {error}") from error
            if response.status_code not in BUSY or attempt + 1 == self._attempts:
                break
            time.sleep(_pause_s(response, attempt))
        if response.is_success:
            return _content(response)
        raise _error(response)


def _pause_s(response: httpx.Response, attempt: int) -> float:
    stated = response.headers.get("retry-after", "")
    return min(float(stated) if stated.isdecimal() else 2.0**attempt, LONGEST_PAUSE_S)


def _content(response: httpx.Response) -> dict[str, Any]:
    try:
        content = response.json()
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise ClientError(_STRANGER, response.status_code)
    return content


def _error(response: httpx.Response) -> ClientError:
    try:
        content = response.json()
        return ClientError(content["error"], response.status_code, content.get("detail", ()))
    except (ValueError, KeyError, TypeError):
        return ClientError(f"the service answered {response.status_code}", response.status_code)


def _text(name: str, value: object) -> str:
    """Return an option as a field of a form."""
    value = value.tolist() if hasattr(value, "tolist") else value  # of NumPy and pandas
    if isinstance(value, Mapping):
        return json.dumps(value)
    if isinstance(value, str) or not isinstance(value, Sequence):
        return str(value)
    if name == "columns":  # names may hold commas
        return json.dumps(list(value), default=_plain)
    return ",".join(map(str, value))


def _plain(value: Any) -> Any:  # noqa: ANN401
    """Return what JSON has no word for: arrays as lists, times as text."""
    return value.tolist() if hasattr(value, "tolist") else value.isoformat()
