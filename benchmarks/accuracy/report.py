"""Report: sections of tables and figures, as text, as Markdown and as plain data."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.accuracy.answers import Answered
from benchmarks.accuracy.estimates import Bootstrap
from benchmarks.accuracy.figures import Figure
from training.evaluate import Counts, limits
from training.tables import table
from training.validation import HEADER, READING, STATEMENT, figure_cells, markdown_table

TITLE = "How right quaver's models are"


@dataclass(frozen=True)
class Table:
    """Cells under a heading; ``title`` names the data."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Section:
    """What one protocol gave for one modality.

    ``notes`` are sentences, ``missing`` those about what was not there; ``texts`` are set already;
    figures of all sections go into one table.
    """

    letter: str
    title: str
    modality: str
    notes: Sequence[str] = ()
    tables: Sequence[Table] = ()
    figures: Sequence[Figure] = ()
    texts: Sequence[str] = ()
    missing: Sequence[str] = ()

    @property
    def heading(self) -> str:
        """The line above it all."""
        return f"({self.letter}) {self.title}: {self.modality}"


def answers_table(answered: Answered, bootstrap: Bootstrap, title: str = "") -> Table:
    """Return the share of each answer by label, with intervals over subjects.

    Every labelled window counts, also those with a flag of quality.
    """
    judged = answered.judged
    counts, labels = judged.counts()
    n_people = len(counts)
    name = title or f"{answered.data.name} ({answered.data.source.kind})"
    draws = bootstrap.draws(n_people)
    rows = [
        [label, str(counts[:, i].sum()), *_shares(counts[:, i], draws)]
        for i, label in enumerate(labels)
    ]
    what = "subject" if n_people == 1 else "subjects"
    header = ("label", "windows", *judged.answer_names)
    return Table(f"{name}: {n_people} {what}, {len(judged)} windows", header, rows)


def _shares(counts: Counts, draws: Counts) -> list[str]:
    """Return a cell for each answer, from counts of shape (n_subjects, n_answers)."""
    total = counts.sum()
    cells: list[str] = []
    for k in range(counts.shape[1]):
        cell = f"{100 * counts[:, k].sum() / total:.1f}"
        if (counts.sum(axis=1) > 0).sum() > 1:
            with np.errstate(invalid="ignore"):
                drawn = (draws @ counts[:, k]) / (draws @ counts.sum(axis=1))
            low, high = limits(drawn)
            cell += f" ({100 * low:.0f}-{100 * high:.0f})"
        cells.append(cell)
    return cells


def as_text(section: Section) -> str:
    """Return a section as a person reads it in a terminal; its figures come at the end of all."""
    lines = [section.heading, "=" * len(section.heading), ""]
    for note in (*section.notes, *section.missing):
        lines += [note, ""]
    for each in section.tables:
        lines += [each.title, table(each.header, each.rows), ""]
    for text in section.texts:
        lines += [text, ""]
    return "\n".join(lines)


def figures_as_text(figures: Sequence[Figure]) -> str:
    """Return figures as an aligned table."""
    return table(HEADER, [figure_cells(figure.to_json()) for figure in figures])


def summary(figures: Sequence[Figure]) -> str:
    """Return one line: how many figures are as they should be, and which are not."""
    verdicts = [figure.verdict for figure in figures if figure.target is not None]
    line = f"{verdicts.count('met')} of {len(verdicts)} figures with a target are met"
    nothing = verdicts.count("no windows")
    return f"{line}, {nothing} had no windows" if nothing else line


def as_json(sections: Sequence[Section], models: dict[str, Any]) -> dict[str, Any]:
    """Return everything as plain data, without dates and machines."""
    return {
        "models": models,
        "figures": [figure.to_json() for section in sections for figure in section.figures],
        "sections": [
            {
                "protocol": section.letter,
                "title": section.title,
                "modality": section.modality,
                "notes": [*section.notes, *section.missing],
                "tables": [
                    {"title": t.title, "header": list(t.header), "rows": [list(r) for r in t.rows]}
                    for t in section.tables
                ],
                "texts": list(section.texts),
            }
            for section in sections
        ],
    }


def as_markdown(sections: Sequence[Section], models: dict[str, Any]) -> str:
    """Return the document that is kept in ``docs``."""
    figures = [figure for section in sections for figure in section.figures]
    lines = [f"# {TITLE}", "", "Written by `make bench-accuracy`; not by hand.", ""]
    lines += [STATEMENT, "", *_models(models), "", "## Figures", ""]
    lines += [f"{summary(figures)}. {READING}", ""]
    lines += [markdown_table(HEADER, [figure_cells(f.to_json()) for f in figures]), ""]
    for section in sections:
        lines += [f"## {section.heading}", ""]
        for note in (*section.notes, *section.missing):
            lines += [note, ""]
        for each in section.tables:
            lines += [f"**{each.title}**", "", markdown_table(each.header, each.rows), ""]
        for text in section.texts:
            lines += ["```text", text, "```", ""]
    return "\n".join(lines)


def _models(models: dict[str, Any]) -> list[str]:
    return [
        f"- **{modality}**: {told['data']}, {told['windows']} windows of {told['subjects']} people;"
        f" classes {', '.join(told['classes'])}; data {told['data_sha256'][:12]}, features"
        f" {told['fingerprint'][:12]}"
        for modality, told in models.items()
    ]


def metrics(figures: Sequence[Figure]) -> dict[str, float]:
    """Return figures by flat names, as a tracking server keeps them."""
    flat: dict[str, float] = {}
    for figure in figures:
        told = figure.to_json()
        parts = (told["modality"], told["data"], told["validation"], told["what"])
        name = "__".join(re.sub(r"[^0-9A-Za-z.-]+", "_", part).strip("_") for part in parts)
        for key, value in (("", told["value"]), ("__undecided", told["undecided"])):
            if value is not None:
                flat[f"{name[:230]}{key}"] = value
    return flat
