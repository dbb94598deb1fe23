"""Tables: results as a person reads them in a terminal."""

import math
from collections.abc import Sequence
from typing import Any


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return an aligned table; the first column is text, the others are set to the right."""
    cells = [[str(cell) for cell in row] for row in (header, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    lines = []
    for row in cells:
        first = row[0].ljust(widths[0])
        others = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        lines.append("  ".join((first, *others)).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def answers_table(report: dict[str, Any]) -> str:
    """Return the share of each answer by label, and over all windows."""
    matrix = report["confusion"]
    answers = list(next(iter(matrix.values())))
    rows: list[list[object]] = []
    everything = [0] * len(answers)
    for label, counts in matrix.items():
        numbers = [counts[answer] for answer in answers]
        everything = [a + b for a, b in zip(everything, numbers, strict=True)]
        rows.append([label, sum(numbers), *_shares(numbers)])
    if len(rows) > 1:
        rows.append(["all", sum(everything), *_shares(everything)])
    return table(["label", "windows", *answers], rows)


def figures_table(report: dict[str, Any]) -> str:
    """Return the figures with their intervals; what does not exist is left empty."""
    rows = [
        [name.replace("__", " "), *(number(figure[key]) for key in ("value", "low", "high"))]
        for name, figure in report["figures"].items()
    ]
    rows.append(
        ["expected calibration error", number(report["expected_calibration_error"]), "", ""]
    )
    rows.append(["coverage, mean of subjects", number(report["coverage"]["mean"]), "", ""])
    rows.append(["coverage, worst subject", number(report["coverage"]["worst"]), "", ""])
    return table(["figure", "value", "from", "to"], rows)


def number(value: float) -> str:
    """Return a figure as text, nothing where there is none."""
    return "" if math.isnan(value) else f"{value:.3f}"


def heading(name: str, kind: str, report: dict[str, Any]) -> str:
    """Return the line above a table: what data, of how many people."""
    people = report["n_groups"]
    reasons = ", ".join(f"{reason} {n}" for reason, n in report["reasons"].items())
    line = f"{name} ({kind}): {people} people, {report['n_windows']} windows"
    return f"{line}; undecided because: {reasons}" if reasons else line


def _shares(numbers: Sequence[int]) -> list[str]:
    total = sum(numbers)
    return [f"{100 * n / total:.1f} %" if total else "" for n in numbers]
