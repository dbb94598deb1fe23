"""Work: from what was sent to the record that is answered, apart from the loop that serves."""

from collections.abc import Callable

from pydantic import ValidationError

from features import SignalError
from serving import analysis_counts as counts
from serving.analysis import RecordingSource, SampleSource, analyze
from serving.analysis_answer import Form
from serving.analysis_request import RECORDING_LIMITS, AnalysisOptions, AnalyzeRequest, UploadForm
from serving.analysis_upload import FILE, Upload
from serving.answering import Models, model_for
from serving.sources import open_source

Progress = Callable[[float], None]
"""Called with the share of the work that is done. What it raises ends the work."""


def answer_to_body(body: bytes, form: Form, models: Models, progress: Progress) -> bytes:
    """Return the record of a recording in JSON, in the form that was asked for.

    Raises
    ------
    ValidationError
        When the body is not of the schema.
    SignalError
        When the recording cannot be used.
    """
    request = AnalyzeRequest.model_validate_json(body, strict=True)
    source = RecordingSource(request.recording.recording())
    return _answer(source, request.options, form, models, progress)


def answer_to_upload(upload: Upload, form: Form, models: Models, progress: Progress) -> bytes:
    """Return the record of an uploaded file, in the form that was asked for.

    Raises
    ------
    ValidationError
        When a field is not of the schema.
    SignalError
        When the file cannot be read or used.
    """
    if upload.path is None:
        raise SignalError(f"{FILE} is missing; send the recording in a part of this name")
    fields = UploadForm.model_validate(upload.fields)
    model_for(models, fields.modality)
    with open_source(upload.path, fields.mapping(), limits=RECORDING_LIMITS) as source:
        return _answer(source, fields, form, models, progress)


def _answer(
    source: SampleSource, options: AnalysisOptions, form: Form, models: Models, progress: Progress
) -> bytes:
    model = model_for(models, source.modality)
    try:
        report = analyze(
            source,
            model.classifier,
            version=model.info.version,
            hop_s=options.hop_s,
            channel=options.channel,
            from_s=options.from_s,
            to_s=options.to_s,
            include=form.include | set(options.include),
            earlier=options.earlier,
            progress=progress,
        )
    except ValidationError as error:  # of our answer: the caller would be blamed
        raise RuntimeError("a record does not fit its schema") from error
    written = form.written(report).encode()
    counts.analysed(report)
    return written
