"""Folder of a queue: everything that a person needs to label windows, and a data set afterwards.

::

    index.html              the windows to look at, most worth labelling first
    queue.csv               a row for each; the columns label and subject are the person's to fill
    answers.csv             what has been said of each; apart, because a label should not follow it
    dataset.yaml            makes the folder a data set, of which queue.csv is the table of labels
    windows/*.parquet       the windows themselves
    pictures/*.png

So a queue that was labelled is named in ``data.train`` as it is, see
:mod:`training.datasets.own`. Rows without a label are left out.
"""

import csv
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from features import ConfigError, FeatureSpec, Recording, Windows
from features.signals import Signals
from serving.analysis.text import inert
from serving.recordings import write_recording
from training.datasets.labels_table import LABEL_COLUMNS
from training.datasets.own import FILE_NAME
from training.plots import write as write_plots
from training.queue.page import page
from training.queue.places import Place
from training.queue.windows import Judged

TABLE = "queue.csv"
ANSWERS = "answers.csv"
WINDOWS = "windows"
PICTURES = "pictures"

COLUMNS = (*LABEL_COLUMNS, "file", "file_start_s", "channel", "why")
ANSWER_COLUMNS = ("recording", "answer", "candidates", "chances", "challenger", "person")

_HIGHEST_HZ = 20.0

_DATASET = """\
# People are told apart by this name and their subject: where some of them are in another data set
# too, give both sets one name, or the same person would be held out and trained on.
name: {name}
title: Windows that `quaver queue` chose, labelled by a person
licence: that of the recordings they were cut from
signal: {{modality: {modality}}}
recordings: {windows}/*.parquet
labels: {table}
"""


def check_new(out: Path) -> None:
    """Refuse a folder that holds something: perhaps the labels of a queue before.

    Raises
    ------
    ConfigError
    """
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise ConfigError(f"{out} is not empty; name a new folder under --out")


def write_folder(
    chosen: Sequence[Judged],
    windows: Mapping[Place, Windows],
    spec: FeatureSpec,
    out: Path,
    name: str,
) -> None:
    """Write a queue, whole or not at all.

    Parameters
    ----------
    chosen : sequence of Judged
        In their order.
    windows : mapping of Place to Windows
        Each of the chosen ones by itself.
    name : str
        Of the data set, with which its groups begin.
    """
    out = out.absolute()
    part = out.with_name(f".{out.name}.part")
    names = [f"{i:03d}-{one.place.name}" for i, one in enumerate(chosen, 1)]
    try:
        shutil.rmtree(part, ignore_errors=True)
        (part / WINDOWS).mkdir(parents=True)
        for file, one in zip(names, chosen, strict=True):
            cut = windows[one.place]
            write_recording(_recording(cut, one.place), part / WINDOWS / f"{file}.parquet")
            write_plots({file: picture(cut, one.place, spec)}, part / PICTURES)
        both = list(zip(names, chosen, strict=True))
        _write_table(part / TABLE, COLUMNS, (_row(*each) for each in both))
        _write_table(part / ANSWERS, ANSWER_COLUMNS, (_answers(*each) for each in both))
        text = _DATASET.format(name=name, modality=spec.modality, windows=WINDOWS, table=TABLE)
        (part / FILE_NAME).write_text(text, encoding="utf-8")
        pictures = [f"{PICTURES}/{file}.png" for file in names]
        (part / "index.html").write_text(page(chosen, pictures), encoding="utf-8")
        part.replace(out)
    except OSError as error:
        raise ConfigError(f"{out} cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def picture(windows: Windows, place: Place, spec: FeatureSpec) -> Figure:
    """Draw one window: the signal, and the spectrum that its rhythm is sought in."""
    signals = Signals(windows, spec)
    samples = np.asarray(windows.samples[0], dtype=np.float64)
    times_s = place.start_s + np.arange(samples.shape[1]) / windows.sampling_rate_hz
    figure = Figure(figsize=(9, 2.4), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 1))
    names = _channel_names(place, len(samples)) or [""]
    for channel, label in zip(samples, names, strict=True):
        left.plot(times_s, channel - channel.mean(), linewidth=0.7, label=label)
    left.set(xlabel="s", ylabel=f"{windows.unit}, less the mean", xlim=(times_s[0], times_s[-1]))
    if len(samples) > 1:
        left.legend(fontsize=7, loc="upper right", ncols=len(samples), frameon=False)
    spectrum = signals.rhythm_spectrum
    shown = (spectrum.freqs_hz <= _HIGHEST_HZ) & (spectrum.freqs_hz <= spectrum.bandwidth_hz)
    right.plot(spectrum.freqs_hz[shown], spectrum.psd[0][shown], linewidth=0.9, color="black")
    right.set(xlabel="Hz", xlim=(0, _HIGHEST_HZ), yticks=[])
    title = "envelope" if spec.modality == "emg" else "all axes"
    right.set_title(f"spectrum, {title}", fontsize=8)
    return figure


def _channel_names(place: Place, n_channels: int) -> list[str]:
    names = place.channel.split("+")
    return names if len(names) == n_channels else [f"axis {i + 1}" for i in range(n_channels)]


def _recording(windows: Windows, place: Place) -> Recording:
    return Recording(
        windows.samples[0],
        sampling_rate_hz=windows.sampling_rate_hz,
        modality=windows.modality,
        unit=windows.unit,
        channel_names=tuple(_channel_names(place, windows.n_channels)),
    )


def _write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _row(name: str, one: Judged) -> tuple[object, ...]:
    """Return what a person is told of a window: without times, a label is of the whole of it."""
    place, why = one.place, ", ".join(one.worth)
    unlabelled = (f"{WINDOWS}/{name}", "", "", "", place.subject)
    if place.subject:
        return (*unlabelled, "", "", "", why)
    return (*unlabelled, inert(place.recording), f"{place.start_s:g}", inert(place.channel), why)


def _answers(name: str, one: Judged) -> tuple[object, ...]:
    return (
        f"{WINDOWS}/{name}",
        one.answer,
        "+".join(one.candidates),
        " ".join(f"{label}={p:.3f}" for label, p in one.chances.items()),
        one.challenger,
        one.place.label,
    )
