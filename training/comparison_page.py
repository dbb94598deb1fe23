"""Comparison as a page: one file of HTML that a reviewer opens from either run."""

import base64
import io
import math
from collections.abc import Sequence
from html import escape

from matplotlib.figure import Figure

from serving.card import DISCLAIMER
from training.compare import DataSet
from training.comparison_text import SHOWN, cost_rows, figure_rows, flip_rows, told
from training.run_comparison import RunComparison

MOST_WINDOWS = 60
"""Windows that are listed one by one; all are in the table beside the page."""

_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 68rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.35rem; line-height: 1.35; } h2 { margin-top: 2.5rem; font-size: 1.15rem; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { padding: .2rem .7rem .2rem 0; border-bottom: 1px solid #8884; text-align: left;
  vertical-align: top; overflow-wrap: anywhere; }
img { max-width: 100%; height: auto; background: white; }
.wide { overflow-x: auto; }
"""


def page(compared: RunComparison) -> str:
    """Return a comparison as one page that needs nothing else."""
    first, second = compared.facts
    parts = [
        f"<h1>{escape(compared.verdict)}</h1>",
        (
            f"<p>Baseline: {escape(first.title)}. Candidate: {escape(second.title)}."
            " Every figure is of windows of subjects that the model which answered had not seen;"
            " both answered the same windows. Intervals: 95 %, bootstrap over subjects, paired."
            f" {DISCLAIMER.capitalize()}.</p>"
        ),
    ]
    for each in compared.comparison.data_sets:
        parts += _data_set(each)
    if compared.comparison.left_out:
        parts.append("<h2>Not compared</h2>")
        parts += [f"<p>{escape(sentence)}</p>" for sentence in compared.comparison.left_out]
    parts.append("<h2>What else differs</h2>")
    parts.append(_table("Cost", ("", "baseline", "candidate"), cost_rows(compared)))
    if compared.differences:
        header = ("trained with", "baseline", "candidate")
        parts.append(_table("Parameters and hashes", header, compared.differences))
    title = f"{second.name} against {first.name}"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}'
        '</title><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><main>\n"
        + "\n".join(parts)
        + "\n</main></body></html>\n"
    )


def _data_set(each: DataSet) -> list[str]:
    name = escape(each.name)
    rows = flip_rows(each.flips)
    header = ("figure", "baseline", "candidate", "difference", "95 % interval", "certain")
    parts = [f"<h2>{name}</h2><p>{each.size}.</p>"]
    if figures := figure_rows(each):
        alt = f"Differences of {name}, as in the table that follows"
        parts += [f'<img alt="{alt}" src="{_drawn(each)}">', _table("Figures", header, figures)]
    if rows:
        parts.append(
            _table("Answers that changed", ("label", "before", "after", "kind", "windows"), rows)
        )
        parts.append(_windows(each))
    return parts


def _windows(each: DataSet) -> str:
    """List the windows whose label lost, and gained, most."""
    flips = each.flips
    half = MOST_WINDOWS // 2
    shown = flips if len(flips) <= MOST_WINDOWS else (*flips[:half], *flips[-half:])
    rows = [
        [
            flip.window_id,
            flip.group,
            flip.label,
            f"{flip.before} ({flip.why_before})",
            f"{flip.after} ({flip.why_after})",
            flip.kind,
            "" if math.isnan(flip.change) else f"{flip.change:+.2f}",
        ]
        for flip in shown
    ]
    header = ("window", "subject", "label", "before", "after", "kind", "chance of the label")
    return _table(f"{len(rows)} of {len(flips)} windows: most lost, most won", header, rows)


def _table(caption: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in header)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows
    )
    return (
        f'<div class="wide" tabindex="0"><table><caption>{escape(caption)}</caption><thead><tr>'
        f"{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _drawn(each: DataSet) -> str:
    """Draw the differences with their intervals; return a picture as an address."""
    names = [name for name in each.changes if name in SHOWN or name.startswith("f1__")][::-1]
    figure = Figure(figsize=(8, 0.8 + 0.32 * len(names)), layout="constrained")
    axes = figure.subplots()
    for row, name in enumerate(names):
        change = each.changes[name]
        color = "black" if change.certain else "gray"
        axes.plot((change.low, change.high), (row, row), color=color, linewidth=1.5)
        axes.plot(change.difference, row, "o", color=color, markersize=5)
    axes.axvline(0, color="gray", linewidth=1)
    axes.set_yticks(range(len(names)), [told(name) for name in names])
    axes.set_xlabel("candidate minus baseline, 95 % interval over subjects (black: beyond doubt)")
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=110)
    return f"data:image/png;base64,{base64.b64encode(picture.getvalue()).decode()}"
