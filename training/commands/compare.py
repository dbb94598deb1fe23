"""The compare command: which runs, what is printed, and what is written into both."""

import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pandas as pd
import typer

from features import ConfigError, check_modality
from training import tracking
from training.comparison_page import page
from training.comparison_text import text_of
from training.evaluation_stage import logged_run
from training.layout import Layout
from training.run_comparison import RunComparison, compare_whole_runs

_LAST = "last"


def compare_named(names: list[str], baseline: str | None, layout: Layout) -> Iterator[str]:
    """Compare runs with a baseline, by default the first of them; yield a text about each."""
    tracking.connect()
    runs = [run_of(name, layout) for name in names]
    if baseline is None:
        first, *others = runs
    else:
        first, others = run_of(baseline, layout, beside=runs[0]), runs
    if not others:
        raise ConfigError("one run was named; name a second one, or --baseline champion")
    for other in others:
        compared = compare_whole_runs(first, other)
        _keep(compared)
        yield text_of(compared)
        yield f"written into both runs: {_folder(compared)}\n"


def run_of(name: str, layout: Layout, beside: str | None = None) -> str:
    """Return the id of a run that is named by its id, ``emg:champion``, ``emg:3``, ``emg:last``.

    Parameters
    ----------
    beside : str or None
        A run whose registered model is meant where an alias or a version stands alone.

    Raises
    ------
    ConfigError
        When there is none of this name.
    """
    modality, colon, what = name.rpartition(":")
    if not colon and beside is None:
        return tracking.find_run(name).run_id
    if what == _LAST and modality:
        return logged_run(check_modality(modality), layout)
    if modality:
        model = f"quaver-{check_modality(modality)}"
    else:
        model = tracking.find_run(str(beside)).model_name
    logged = tracking.version_of(model, what)
    if what == tracking.CHAMPION:
        from training.promote import said_of_alias  # noqa: PLC0415  (BentoML takes seconds)

        if (sentence := said_of_alias(model)) is not None:
            typer.echo(f"quaver: {sentence}", err=True)
    if logged is not None:
        return logged.run_id
    if modality or what in {tracking.CHAMPION, tracking.CHALLENGER}:
        champion = f"run `quaver promote {model.removeprefix('quaver-')}` first"
        advice = champion if what == tracking.CHAMPION else "see the registry"
        raise ConfigError(f"{model} has no version and no alias {what!r}; {advice}")
    return tracking.find_run(name).run_id


def _folder(compared: RunComparison) -> str:
    first, second = (facts.run_id[:8] for facts in compared.facts)
    return f"comparisons/{first}-{second}"


def _keep(compared: RunComparison) -> None:
    """Write page, table and flipped windows into both runs."""
    folder = _folder(compared)
    with tempfile.TemporaryDirectory() as temporary:
        web, table = Path(temporary) / "comparison.html", Path(temporary) / "comparison.txt"
        web.write_text(page(compared), encoding="utf-8")
        table.write_text(text_of(compared, most=1000) + "\n", encoding="utf-8")
        flips = Path(temporary) / "flips.parquet"
        rows = [
            {"data_set": each.name, **asdict(flip), "kind": flip.kind}
            for each in compared.comparison.data_sets
            for flip in each.flips
        ]
        pd.DataFrame(rows).to_parquet(flips, index=False)
        files = {f"{folder}/{path.name}": path for path in (web, table, flips)}
        for facts in compared.facts:
            tracking.log_evaluation(facts.run_id, {}, files)
