"""``python -P -m benchmarks.records [FOLDER]``, or ``make bench-records``."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.records import lengths, potentials, rhythms, tremor
from benchmarks.records.figures import HEADER, Figure
from features import MODALITIES
from serving.exam import load
from training.config import ModelConfig, load_config
from training.environment import prepare
from training.layout import Layout
from training.tables import table
from training.validation import STATEMENT, markdown_table


def measured(layout: Layout, data: Path | None) -> Iterator[Figure]:
    """Yield every figure for which there is data."""
    spec = load_config(layout.config("emg"), ModelConfig).features
    classifiers = {modality: load(layout.model(modality)) for modality in MODALITIES}
    yield from potentials.simulated(layout, spec)
    if data is not None:
        yield from potentials.semireal(layout, spec)
        yield from potentials.evoked(data / "tms-mep-continuous-emg", spec)
        yield from tremor.figures(data, classifiers["accelerometer"])
        yield from rhythms.semireal(classifiers["emg"], layout)
    for classifier in classifiers.values():
        yield from rhythms.simulated(classifier, layout)
    yield from lengths.figures(layout)


def markdown(figures: list[Figure]) -> str:
    """Return the page of documentation."""
    how = [" ".join((module.__doc__ or "").split()) for module in (rhythms, tremor, lengths)]
    return "\n\n".join(
        (
            "# How right and how quick records are",
            "Written by `make bench-records`; not by hand.",
            STATEMENT,
            "Intervals are 95 % bootstraps over subjects. " + potentials.READING,
            *how,
            markdown_table(HEADER, [figure.cells for figure in figures]) + "\n",
        )
    )


def main() -> None:
    """Print the table, and write it down when nothing was skipped."""
    repository = Layout()
    layout = Layout(Path(sys.argv[1])) if len(sys.argv) > 1 else repository
    prepare(layout.root)
    data = os.environ.get("QUAVER_DATA")
    figures = []
    for figure in measured(layout, Path(data) if data else None):
        print(*(cell for cell in figure.cells if cell), sep=" | ", flush=True)
        figures.append(figure)
    print(table(HEADER, [figure.cells for figure in figures]))
    if data is None:
        print("semi-real and real recordings: skipped, QUAVER_DATA names no folder;")
        print("docs/records.md was not written")
        return
    (repository.docs / "records.md").write_text(markdown(figures), encoding="utf-8")


if __name__ == "__main__":
    main()
