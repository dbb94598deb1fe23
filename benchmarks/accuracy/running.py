"""Running: which modalities and protocols, what is printed, logged and written.

Results go to standard output, progress to standard error. When every modality was asked for and
nothing was missing, ``docs/validation.md`` and ``docs/validation.json`` are written; the README's
table follows from them (``make docs``).
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

from tqdm import tqdm

from benchmarks.accuracy.bench import Bench, prepare
from benchmarks.accuracy.devices import other_devices
from benchmarks.accuracy.protocols import (
    lookalikes,
    simulation_only,
    sites_apart,
    subjects_apart,
    with_real,
)
from benchmarks.accuracy.report import (
    Section,
    as_json,
    as_markdown,
    as_text,
    figures_as_text,
    metrics,
    summary,
)
from benchmarks.accuracy.stress import artefacts, peer_signals
from features import Modality, QuaverError
from training import tracking
from training.layout import Layout, write_json
from training.run_content import Content
from training.validation import FILE_NAME, STATEMENT

REPOSITORY = Path(__file__).parents[2]
EXPERIMENT = "quaver-accuracy"
MODALITIES: tuple[Modality, ...] = get_args(Modality)

Protocol = Callable[[Bench], Section]
PROTOCOLS: tuple[Protocol, ...] = (
    subjects_apart,
    sites_apart,
    simulation_only,
    with_real,
    lookalikes,
    artefacts,
)


def run(bench: Bench) -> Iterator[Section]:
    """Run every protocol that a modality has, one after another."""
    peers = (peer_signals,) if bench.modality == "gyroscope" else ()
    chosen = (*PROTOCOLS, *peers, other_devices)
    for protocol in tqdm(chosen, desc=f"{bench.modality} protocols", leave=False):
        yield protocol(bench)


def benchmark(
    modalities: Sequence[Modality], layout: Layout, *, is_quick: bool
) -> tuple[list[Section], dict[str, Any]]:
    """Run everything and print it as it comes.

    Returns
    -------
    sections : list of Section
    models : dict
        What each shipped model is.
    """
    sections: list[Section] = []
    models: dict[str, Any] = {}
    for modality in modalities:
        bench = prepare(modality, layout, is_quick=is_quick)
        models[modality] = bench.told()
        for section in run(bench):
            tqdm.write(as_text(section), file=sys.stdout)
            sections.append(section)
    return sections, models


def log(sections: Sequence[Section], models: dict[str, Any], *, is_quick: bool) -> str:
    """Log figures and tables as one run; return the run."""
    figures = [figure for section in sections for figure in section.figures]
    with tempfile.TemporaryDirectory() as folder:
        paths = write(sections, models, Path(folder))
        content = Content(
            name="-".join(models),
            description=STATEMENT,
            params={"quick": is_quick, **tracking.flatten(models)},
            figures=metrics(figures),
            tags={"protocols": "".join(sorted({section.letter for section in sections}))},
            files={f"accuracy/{path.name}": path for path in paths},
        )
        return tracking.log_benchmark(content, EXPERIMENT)


def write(sections: Sequence[Section], models: dict[str, Any], folder: Path) -> list[Path]:
    """Write the document and the plain data into a folder; return both."""
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / FILE_NAME
    write_json(data, as_json(sections, models))
    document = data.with_suffix(".md")
    document.write_text(as_markdown(sections, models), encoding="utf-8")
    return [document, data]


def main(words: Sequence[str] | None = None) -> None:
    """Run the benchmark as the command line says."""
    parser = argparse.ArgumentParser(
        prog="benchmarks.accuracy",
        description="How right quaver's models are, under every protocol.",
    )
    parser.add_argument(
        "--modality", action="append", choices=MODALITIES, help="only this one (repeatable)"
    )
    parser.add_argument(
        "--quick", action="store_true", help="two folds, few trees, few bootstrap samples, no peer"
    )
    parser.add_argument("--root", type=Path, default=REPOSITORY, help=argparse.SUPPRESS)
    given = parser.parse_args(words)
    chosen: tuple[Modality, ...] = tuple(given.modality or MODALITIES)
    layout = Layout(given.root)
    try:
        tracking.connect()
        sections, models = benchmark(chosen, layout, is_quick=given.quick)
        run_id = log(sections, models, is_quick=given.quick)
    except QuaverError as error:
        sys.exit(f"{error}")
    figures = [figure for section in sections for figure in section.figures]
    print(figures_as_text(figures), f"\n{summary(figures)}; MLflow run {run_id}", sep="\n")
    is_whole = set(chosen) == set(MODALITIES) and not any(s.missing for s in sections)
    if is_whole and not given.quick:
        written = write(sections, models, layout.docs)
        print(
            f"written: {', '.join(path.name for path in written)}; `make docs` updates the README"
        )
    else:
        print("the documents were not written: something was left out or was not there")
