"""Validation: what the accuracy benchmark found, as tables that documents hold.

The benchmark writes ``docs/validation.json``; the README's table is made from it, not measured
again.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

FILE_NAME = "validation.json"
HEADER = (
    "figure",
    "data",
    "kind",
    "model",
    "validation",
    "windows",
    "subjects",
    "value",
    "undecided",
    "flagged",
    "target",
    "verdict",
)

STATEMENT = (
    "quaver is **research software, not a medical device**. **Fasciculation and clonus of people"
    " have never been validated: no public recordings exist.** Nor has tremor by EMG, of which none"
    " were at hand. What stands in for them (evoked twitches, epileptic jerks, signals put together"
    " from real parts) is reported under its own name. Numbers of real, semi-real and simulated"
    " data are never mixed. Models learn from simulation alone, but the real sets were looked at"
    " while the simulator and a few limits of the models were chosen: their figures are of"
    " development, not of an untouched test."
)

READING = (
    "Shares in percent, 95 % bootstrap intervals over subjects in brackets. `called X` counts"
    " windows that were decided and called X, over all windows without a flag of quality (gap,"
    " flat, clipped, mains). Beside it: the share of those windows that was left undecided, and the"
    " share of all that carried a flag and does not count."
)

_WHERE = (
    "Below is a selection, in percent of windows, with 95 % bootstrap intervals over subjects; all"
    " of them, with every table, are in [docs/validation.md](docs/validation.md), written by"
    " `make bench-accuracy`."
)

_KINDS = {
    "real": "Recordings of people",
    "semi-real": "Semi-real: put together from recordings of people",
    "simulated": "Simulated, and other signals that were computed",
}


def figure_cells(figure: Mapping[str, Any]) -> list[str]:
    """Return one row of the table of figures, in the order of :data:`HEADER`."""
    return [
        figure["what"],
        figure["data"],
        figure["kind"],
        figure["modality"],
        figure["validation"],
        str(figure["windows"]),
        str(figure["subjects"]) if figure["subjects"] else "",
        value_of(figure),
        *("" if figure[key] is None else _percent(figure[key]) for key in ("undecided", "flagged")),
        target_of(figure),
        figure["verdict"],
    ]


def value_of(figure: Mapping[str, Any]) -> str:
    """Return a figure with its interval, in percent."""
    if figure["value"] is None:
        return ""
    value = _percent(figure["value"])
    if figure["low"] is None or figure["high"] is None:
        return value
    return f"{value} ({_percent(figure['low'])}-{_percent(figure['high'])})"


def target_of(figure: Mapping[str, Any]) -> str:
    """Return what a figure should be, in percent."""
    low, high = figure["at_least"], figure["at_most"]
    if low is not None and high is not None:
        return f"{100 * low:g}-{100 * high:g}"
    if low is not None:
        return f"≥ {100 * low:g}"
    return "" if high is None else f"≤ {100 * high:g}"


def _percent(value: float) -> str:
    return f"{100 * value:.1f}"


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown; bars inside cells are escaped."""
    lines = [list(header), ["---"] * len(header), *(list(row) for row in rows)]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines
    )


def read_validation(docs: Path) -> dict[str, Any] | None:
    """Return what the benchmark found, None where it has never been run."""
    path = docs / FILE_NAME
    if not path.is_file():
        return None
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def validation_section(content: Mapping[str, Any] | None) -> str:
    """Return the README's short tables, one for each kind of data, of the headline figures.

    ``content`` is None where the benchmark has never been run.
    """
    if content is None:
        return f"{STATEMENT}\n\nNothing has been measured yet: `make bench-accuracy` does it."
    figures = content["figures"]
    lines = [STATEMENT, "", f"{_met(figures)} {_WHERE}"]
    for kind, title in _KINDS.items():
        mine = [figure for figure in figures if figure["kind"] == kind]
        rows = [_short(figure) for figure in mine if figure["headline"]]
        if rows:
            header = ("figure", "data", "model", "validation", "value", "undecided", "target", "")
            lines += ["", f"**{title}.** {_met(mine)}", "", markdown_table(header, rows)]
    return "\n".join(lines)


def _met(figures: Sequence[Mapping[str, Any]]) -> str:
    verdicts = [figure["verdict"] for figure in figures if figure["verdict"]]
    return f"Of {len(verdicts)} figures with a target, {verdicts.count('met')} are met."


def _short(figure: Mapping[str, Any]) -> list[str]:
    cells = dict(zip(HEADER, figure_cells(figure), strict=True))
    kept = ("figure", "data", "model", "validation", "value", "undecided", "target", "verdict")
    return [cells[name] for name in kept]
