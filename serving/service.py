"""Service: the promoted models behind HTTP. The only module below the laboratory with bentoml.

``POST /predict``, ``/explain``, ``/describe`` and ``/feedback`` are answered here, ``/analyze`` by
:mod:`serving.analysis_app`, ``/app`` by :mod:`serving.page.site`; ``/livez``, ``/readyz`` and
``/metrics`` are BentoML's. A model that fails its exam ends the process before the port is open.
"""

# mypy: disable-error-code="untyped-decorator"
# (BentoML's decorators are not typed, and mypy does not look at those of classes)

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any, NoReturn, cast

import bentoml
from bentoml.exceptions import BentoMLException, InvalidArgument
from pydantic import ValidationError

from features import ConfigError, Modality, QuaverError, SignalError, Windows
from serving import answering, feedback
from serving.analysis.rehearsal import rehearse
from serving.analysis_answer import FORMS
from serving.analysis_app import LIMITS, PATIENCE_S, Analyses, application
from serving.analysis_upload import SUFFIXES
from serving.answering import Served
from serving.boundary import MOST_BYTES, Boundary
from serving.classifier import Predictions
from serving.exam import load
from serving.feedback_request import FeedbackRequest, FeedbackResponse
from serving.following import Follower
from serving.monitoring import Monitor
from serving.page import site
from serving.requests import DescribeRequest, ExplainRequest, PredictRequest
from serving.responses import DescribeResponse, ExplainResponse, ModelInfo, PredictResponse
from serving.selection import (
    CHALLENGER,
    FOLLOW_VARIABLE,
    SHADOW_VARIABLE,
    is_set,
    served_modalities,
)
from serving.shadow import Shadow

_COMPANIONS = ("cffi", "dask", "graphviz", "matplotlib", "pandas", "sklearn")
"""What LightGBM and Numba import where it is installed, for interfaces not used here."""

_SERVER_LOG = logging.getLogger("bentoml._internal.server.http_app")


def open_model(stored: bentoml.Model) -> Served:
    """Open a model of the BentoML store and let it sit its exam."""
    classifier = load(Path(stored.path))
    info = ModelInfo(
        name=classifier.card.name,
        version=str(stored.info.labels.get("version", "")),
        fingerprint=classifier.fingerprint,
    )
    return Served(classifier, info)


@contextmanager
def _alone() -> Iterator[None]:
    """Let LightGBM and Numba be without their companions, where these are first imported.

    Where the laboratory is installed they take longer to import than everything else, and two
    processes import them one after the other before a service is ready. Once it serves, nothing is
    hidden any more: a request in another thread may import one of them, as WFDB does pandas.
    """
    modules = cast("dict[str, Any]", sys.modules)
    absent = [name for name in _COMPANIONS if name not in modules]
    modules.update(dict.fromkeys(absent))  # None: an import of it fails
    try:
        yield
    finally:
        for name in absent:
            del modules[name]


def _is_ours(record: logging.LogRecord) -> bool:
    """Keep the tracebacks of our bugs in the log, not those of a caller's mistakes."""
    kind = record.exc_info[0] if record.exc_info else None
    return kind is None or not issubclass(kind, (ValidationError, InvalidArgument))


def _end(error: QuaverError) -> NoReturn:
    """End the process: there is no log yet, and no port is open."""
    print(f"quaver: {error}", file=sys.stderr)  # noqa: T201
    sys.exit(error.exit_code)


def _selected() -> tuple[Modality, ...]:
    try:
        return served_modalities()
    except ConfigError as error:
        _end(error)


@contextmanager
def _refusing() -> Iterator[None]:
    """Turn what the caller can put right into a refusal, and nothing else."""
    try:
        yield
    except SignalError as error:
        raise InvalidArgument(str(error)) from error
    except ValidationError as error:  # of an answer: BentoML would blame the caller
        raise RuntimeError("an answer does not fit its schema") from error


SERVED = _selected()

ANALYSES = Analyses()

_LATEST = "latest"
"""What BentoML calls the version that serves, and the file that names it."""

_MARGIN_S = 60
"""BentoML gives up after everything of ours has: it has one patience for all addresses."""


@bentoml.asgi_app(site.app)
@bentoml.asgi_app(application(ANALYSES))
@bentoml.service(name="quaver", workers=1, threads=2, traffic={"timeout": PATIENCE_S + _MARGIN_S})
class Quaver:
    """Labels short windows of muscle and motion signals.

    Research software, not a medical device: it makes no diagnosis and names no disease.
    """

    if "emg" in SERVED:
        emg = bentoml.models.BentoModel("quaver-emg:latest")
    if "accelerometer" in SERVED:
        accelerometer = bentoml.models.BentoModel("quaver-accelerometer:latest")
    if "gyroscope" in SERVED:
        gyroscope = bentoml.models.BentoModel("quaver-gyroscope:latest")

    @bentoml.on_deployment
    @staticmethod
    def examine() -> None:
        """Let every model sit its exam, and rehearse a record, before any port is opened."""
        try:
            for modality in SERVED:
                stored = getattr(_SERVICE.inner, modality).resolve()
                with _alone():
                    opened = open_model(stored)
                rehearse(opened.classifier.card.spec)
            feedback.check_folder()
        except QuaverError as error:
            _end(error)

    def __init__(self) -> None:
        _SERVER_LOG.addFilter(_is_ours)
        stored = {m: cast("bentoml.Model", getattr(self, m)) for m in SERVED}
        with _alone():
            self.models = {m: open_model(model) for m, model in stored.items()}
        ANALYSES.models = self.models
        self.shadow = Shadow()
        self.monitor = Monitor()
        self._follow(stored)

    def _follow(self, stored: dict[Modality, bentoml.Model]) -> None:
        """Adopt other champions, and challengers, as the environment asks for."""
        folders = {m: Path(model.path).parent for m, model in stored.items()}
        followers: list[Follower[Modality]] = []
        if is_set(SHADOW_VARIABLE):
            beside = {
                m: folder.with_name(folder.name + CHALLENGER) / _LATEST
                for m, folder in folders.items()
            }
            followers.append(Follower(beside, self._shadow, self._unshadow, {}, "challenger"))
            followers[0].look()
        if is_set(FOLLOW_VARIABLE):
            champions = {m: folder / _LATEST for m, folder in folders.items()}
            serving = {m: str(model.tag.version) for m, model in stored.items()}
            followers.append(Follower(champions, self._adopt, None, serving))
            for follower in followers:
                follower.start()

    def _adopt(self, modality: Modality) -> None:
        # A new mapping, not a new entry: a request that has begun keeps the models it began with.
        opened = open_model(bentoml.models.get(f"quaver-{modality}:{_LATEST}"))
        self.models = {**self.models, modality: opened}
        ANALYSES.models = self.models

    def _shadow(self, modality: Modality) -> None:
        opened = open_model(bentoml.models.get(f"quaver-{modality}{CHALLENGER}:{_LATEST}"))
        self.shadow.models = {**self.shadow.models, modality: opened}

    def _unshadow(self, modality: Modality) -> None:
        self.shadow.models = {m: one for m, one in self.shadow.models.items() if m != modality}

    def _watch(self, served: Served, windows: Windows, answered: Predictions) -> None:
        card = served.classifier.card
        late = self.models[card.modality] is not served
        self.monitor.watch(card, answered, late=late)
        self.shadow.watch(card.modality, windows, answered)

    @bentoml.api
    def predict(self, request: PredictRequest, /) -> PredictResponse:
        """Label windows: label, candidates, reason, calibrated probabilities, frequency.

        A window is four seconds of one modality. Several modalities, rates and units may be mixed.
        """
        with _refusing():
            return PredictResponse.model_construct(
                predictions=answering.predict(request.windows, self.models, self._watch)
            )

    @bentoml.api
    def explain(self, request: ExplainRequest, /) -> ExplainResponse:
        """Say which features speak for, and against, the answer to each window, and how much."""
        with _refusing():
            return ExplainResponse(
                explanations=answering.explain(request.windows, self.models, request.most)
            )

    @bentoml.api
    def describe(self, request: DescribeRequest, /) -> DescribeResponse:
        """Return the cards of the models, their classes, units, limits and features."""
        del request
        with _refusing():
            limits = {"body_bytes": MOST_BYTES, **LIMITS}
            return answering.describe(self.models, limits, SUFFIXES, list(FORMS))

    @bentoml.api
    def feedback(self, request: FeedbackRequest, /) -> FeedbackResponse:
        """Keep windows with the labels that people gave them, for the next training.

        Refused with 403 unless who runs the service has named a folder for it, and with 400 when
        the subject of any window has not consented: then none is kept.
        """
        folder = feedback.feedback_folder()
        if folder is None:
            raise InvalidArgument("no folder is named", error_code=HTTPStatus.FORBIDDEN)
        with _refusing():
            windows = [each.window for each in request.feedback]
            answers = answering.predict(windows, self.models)
        try:
            return feedback.store(request.feedback, answers, folder)
        except feedback.StorageError as error:
            raise BentoMLException(
                str(error), error_code=HTTPStatus.INSUFFICIENT_STORAGE
            ) from error


_SERVICE = cast("Any", Quaver)
_SERVICE.add_asgi_middleware(Boundary)
