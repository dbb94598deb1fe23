"""Comparison in words: the tables that are printed, and what is written into both runs."""

from collections.abc import Sequence

from training.compare import DataSet
from training.flips import Flip, counted
from training.run_comparison import RunComparison
from training.tables import table

Rows = list[list[str]]

_NAMES = {
    "right": "right, of all windows",
    "wrong": "wrong, of all windows",
    "macro_f1": "macro F1, decided",
    "accuracy": "accuracy, decided",
    "undecided": "undecided",
    "expected_calibration_error": "calibration error",
    "coverage": "coverage, mean of subjects",
}
_ARROWS = {1: "rose", -1: "fell", 0: ""}
SHOWN = ("right", "wrong", "macro_f1", "undecided", "expected_calibration_error", "coverage")
"""Figures of everything; those of each class follow."""
_BY_CLASS = ("f1", "undecided")


def figure_rows(data_set: DataSet) -> Rows:
    """Return a row for each figure: name, before, after, difference, interval, what is certain."""
    names = [name for name in SHOWN if name in data_set.changes]
    for kind in _BY_CLASS:
        names += [name for name in data_set.changes if name.startswith(f"{kind}__")]
    rows: Rows = []
    for name in names:
        change = data_set.changes[name]
        rows.append([
            told(name),
            f"{change.before:.3f}",
            f"{change.after:.3f}",
            f"{change.difference:+.3f}",
            change.interval,
            _ARROWS[change.certain],
        ])  # fmt: skip
    return rows


def told(name: str) -> str:
    """Return the name of a figure as a person reads it."""
    kind, _, of = name.partition("__")
    return f"{'F1' if kind == 'f1' else kind} of {of}" if of else _NAMES.get(name, name)


def flip_rows(flips: tuple[Flip, ...]) -> Rows:
    """Return how many windows went from which answer to which other one, the commonest first."""
    return [[*names, str(number)] for names, number in counted(flips).most_common()]


def cost_rows(compared: RunComparison) -> Rows:
    """Return speed and size of both."""
    first, second = compared.costs
    return [
        ["one window", _time(first.window_ms), _time(second.window_ms)],
        ["size", f"{first.size_bytes / 1e6:.2f} MB", f"{second.size_bytes / 1e6:.2f} MB"],
        ["trees", str(first.n_trees or "?"), str(second.n_trees or "?")],
    ]


def text_of(compared: RunComparison, most: int = 12) -> str:
    """Return everything that a reviewer needs as text, with the commonest flips of each set."""
    first, second = compared.facts
    parts = [f"baseline   {first.title}", f"candidate  {second.title}"]
    header = ("figure", "baseline", "candidate", "difference", "95 % interval", "certain")
    for each in compared.comparison.data_sets:
        parts += [
            f"\n{each.name}: {each.size}\n",
            table(header, figure_rows(each)),
        ]
        rows = flip_rows(each.flips)
        if rows:
            parts += ["", table(("label", "before", "after", "kind", "windows"), rows[:most])]
    parts += [f"\nnot compared: {sentence}" for sentence in compared.comparison.left_out]
    parts += ["", table(("cost", "baseline", "candidate"), cost_rows(compared))]
    if compared.differences:
        parts += ["", table(("trained with", "baseline", "candidate"), _short(compared))]
    return "\n".join([*parts, "", compared.verdict])


def _short(compared: RunComparison, width: int = 40) -> Sequence[Sequence[str]]:
    return [
        [cell if len(cell) <= width else f"{cell[: width - 1]}…" for cell in row]
        for row in compared.differences
    ]


def _time(value_ms: float | None) -> str:
    return "does not fit this code" if value_ms is None else f"{value_ms:.1f} ms"
