"""Work: from what was sent to the record that is answered, apart from the loop that serves."""

from collections.abc import Callable

from features import SignalError
from serving import analysis_counts as counts
from serving.analysis.source import RecordingSource, SampleSource
from serving.analysis_answer import Form
from serving.analysis_request import (
    LONGEST_S,
    MOST_CHANNELS,
    AnalysisOptions,
    AnalyzeRequest,
    UploadForm,
)
from serving.analysis_upload import FILE, Upload
from serving.answering import Models, model_for

Progress = Callable[[float], None]
"""Called with the share of the work that is done. What it raises ends the work."""

_OF_WFDB = (".hea", ".dat")
"""Headers name the files that they need, which must not be files of this machine."""


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
    from serving.sources import open_source  # noqa: PLC0415  (readers take long to import)

    if upload.path is None:
        raise SignalError(f"{FILE} is missing; send the recording in a part of this name")
    if upload.path.suffix.lower() in _OF_WFDB:
        raise SignalError(
            f"a {upload.path.suffix} file is part of a WFDB record; upload a zip of all its files"
        )
    fields = UploadForm.model_validate(upload.fields)
    model_for(models, fields.modality)
    with open_source(upload.path, fields.mapping()) as source:
        return _answer(source, fields, form, models, progress)


def _answer(
    source: SampleSource, options: AnalysisOptions, form: Form, models: Models, progress: Progress
) -> bytes:
    from serving.analysis import analyze  # noqa: PLC0415  (when the first recording comes)

    _check_size(source)
    model = model_for(models, source.modality)
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
    counts.analysed(report)
    return form.written(report).encode()


def _check_size(source: SampleSource) -> None:
    n_channels = len(source.channel_names)
    if n_channels > MOST_CHANNELS:
        raise SignalError(
            f"the recording has {n_channels} channels; at most {MOST_CHANNELS} are analysed at once"
        )
    duration_s = source.n_samples / source.sampling_rate_hz
    if duration_s > LONGEST_S:
        raise SignalError(
            f"the recording lasts {duration_s / 3600:.1f} h; it may last {LONGEST_S / 3600:g} h:"
            " send it in parts"
        )
