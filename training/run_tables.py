"""Run tables: figures by class, by subject and by data set, with intervals, as a run keeps them."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from serving.classifier import UNDECIDED
from training.evaluate import Judged, headline

_LEVEL = 0.95
_DIGITS = 4
_BY_CLASS = ("recall", "precision", "f1", "undecided")
_BY_SET = ("macro_f1", "accuracy", "undecided")


def run_figures(report: dict[str, Any], data_set: str = "") -> dict[str, float]:
    """Return the figures of a report as metrics of a run, which are grouped by what is before a /.

    Limits of intervals are apart from the values, which are looked at first; of a data set, only
    those of its main figures, for there may be twenty sets. The main figures are first: pages
    show metrics in this order, and draw the first one when two runs are compared.
    """
    prefix = f"{data_set}/" if data_set else ""
    values = headline(report)
    values = {name: values[name] for name in _BY_SET if name in values} | values
    flat = {f"{prefix}{_path(name)}": value for name, value in values.items()}
    for limit in ("low", "high"):
        flat |= {
            f"{prefix}interval_{limit}/{_path(name)}": figure[limit]
            for name, figure in report["figures"].items()
            if np.isfinite(figure[limit]) and (not data_set or name in _BY_SET)
        }
    return flat


def by_class(report: dict[str, Any]) -> pd.DataFrame:
    """Return a row for each class: windows, and each figure with its interval over subjects."""
    rows = []
    for name, counts in report["confusion"].items():
        row: dict[str, Any] = {"class": name, "windows": sum(counts.values())}
        for figure in _BY_CLASS:
            row |= _with_limits(figure, report["figures"].get(f"{figure}__{name}"))
        rows.append(row)
    return pd.DataFrame(rows)


def by_data_set(reports: dict[str, dict[str, Any]]) -> pd.DataFrame:
    """Return a row for each data set."""
    rows = []
    for name, report in reports.items():
        row = {"data_set": name, "subjects": report["n_groups"], "windows": report["n_windows"]}
        for figure in _BY_SET:
            row |= _with_limits(figure, report["figures"][figure])
        row["calibration_error"] = round(report["expected_calibration_error"], _DIGITS)
        row["coverage"] = round(report["coverage"]["mean"], _DIGITS)
        row["coverage_worst_subject"] = round(report["coverage"]["worst"], _DIGITS)
        rows.append(row)
    return pd.DataFrame(rows)


def by_subject(judged: Judged, report: dict[str, Any]) -> pd.DataFrame:
    """Return a row for each subject, the hardest first.

    ``right`` is the share of all windows, undecided ones included, with Wilson's interval, which
    takes windows of one subject as independent.
    """
    known = np.isin(judged.labels, judged.classes)
    right = judged.answers == judged.labels
    undecided = judged.answers == UNDECIDED
    rows = []
    for group in np.unique(judged.groups[known]).tolist():
        own = known & (judged.groups == group)
        hits, n = int(right[own].sum()), int(own.sum())
        low, high = binomtest(hits, n).proportion_ci(_LEVEL, method="wilson")
        value = {"value": hits / n, "low": low, "high": high}
        rows.append(
            {"subject": group, "data_set": judged.sources[own][0], "windows": n}
            | _with_limits("right", value)
            | {
                "wrong": round(float((own & ~right & ~undecided).sum()) / n, _DIGITS),
                "undecided": round(float((own & undecided).sum()) / n, _DIGITS),
                "macro_f1": round(report["macro_f1_by_group"][group], _DIGITS),
            }
        )
    frame = pd.DataFrame(rows)
    return frame.sort_values("right", kind="stable") if rows else frame


def profile(judged: Judged) -> dict[str, int]:
    """Return how many windows and subjects there are, and windows of each label."""
    labels, counts = np.unique(judged.labels, return_counts=True)
    return {
        "windows": len(judged),
        "subjects": len(np.unique(judged.groups)),
        **{f"windows of {k}": int(n) for k, n in zip(labels, counts, strict=True)},
    }


def write_table(frame: pd.DataFrame, path: Path) -> Path:
    """Write a table as CSV, which the page of a run shows as a table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(path, index=False)
    return path


def _with_limits(name: str, figure: dict[str, float] | None) -> dict[str, float]:
    found = figure or dict.fromkeys(("value", "low", "high"), float("nan"))
    return {
        name: round(found["value"], _DIGITS),
        f"{name}_low": round(found["low"], _DIGITS),
        f"{name}_high": round(found["high"], _DIGITS),
    }


def _path(name: str) -> str:
    return name.replace("__", "/")
