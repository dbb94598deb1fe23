"""Protocols: what is trained on what, who answers whom, and what comes of it."""

from collections.abc import Iterator

from benchmarks.accuracy.answers import Answered, Tabulated, answer
from benchmarks.accuracy.bench import Bench
from benchmarks.accuracy.estimates import Bootstrap
from benchmarks.accuracy.fewer_axes import fewer_axes
from benchmarks.accuracy.figures import Figure, Scheme
from benchmarks.accuracy.folding import Apart, fold
from benchmarks.accuracy.questions import abstentions, asked, commonest_is_tremor
from benchmarks.accuracy.report import Section, Table, answers_table
from benchmarks.accuracy.simulated import (
    SEEN,
    UNSEEN,
    lookalike_figures,
    simulated_figures,
    usable_of_classes,
    without_class,
)
from training.datasets.real import imu_disorders
from training.evaluate import with_intervals
from training.semireal.sources import semireal_sources
from training.table import LabelledTable, join
from training.validation import value_of

SIMULATION = "trained on simulation only"
_LICENSED = "+ licensed real sets"
_ALL = "+ all labelled real sets"
_NOT_FOR_SHIPPING = "not for shipping"


def subjects_apart(bench: Bench) -> Section:
    """(a) Simulated people, each answered by a model that has not seen them."""
    return _apart(bench, "a", "simulated, subjects left out", "groups")


def sites_apart(bench: Bench) -> Section:
    """(b) Simulated sites, each answered by a model that has not seen their device.

    Once in folds, and once by the shipped model at sites of its own test set; of motion, once more
    with one channel left of it.
    """
    folded = _apart(bench, "b", "simulated, whole sites left out", "sites")
    scheme = bench.scheme(f"{SIMULATION}, sites unseen")
    answered = answer(bench.classifier, bench.test)
    known = usable_of_classes(answered, bench.config.classes)
    return Section(
        folded.letter,
        folded.title,
        folded.modality,
        tables=(*folded.tables, *_both_tables(known, scheme.bootstrap)),
        figures=(
            *folded.figures,
            *simulated_figures(answered, scheme, UNSEEN),
            *fewer_axes(bench),
        ),
    )


def _apart(bench: Bench, letter: str, title: str, apart: Apart) -> Section:
    folds = bench.config.training.folds
    scheme = bench.scheme(f"{folds} folds, {title.partition(', ')[2]}")
    folded = fold(bench.train.table, bench.config, f"{bench.modality}, {title}", apart)
    answered = folded.answer(bench.train)
    known = usable_of_classes(answered, bench.config.classes)
    limits = SEEN if apart == "groups" else UNSEEN
    return Section(
        letter,
        title,
        bench.modality,
        tables=_both_tables(known, scheme.bootstrap),
        figures=simulated_figures(answered, scheme, limits),
    )


def _both_tables(known: Answered, bootstrap: Bootstrap) -> tuple[Table, Table]:
    """Return what was answered, and recall, precision and F1 of each class."""
    each = with_intervals(known.judged, bootstrap.samples, bootstrap.seed)
    rows = [
        (name.replace("__", " "), *(f"{100 * figure[key]:.1f}" for key in ("value", "low", "high")))
        for name, figure in each.items()
    ]
    title = f"{known.data.name}: figures of decided windows, percent"
    return (
        answers_table(known, bootstrap),
        Table(title, ("figure", "value", "from", "to"), rows),
    )


def simulation_only(bench: Bench) -> Section:
    """(c) The shipped model on every real and every semi-real set."""
    scheme = bench.shipped
    sets = {name: answer(bench.classifier, data) for name, data in bench.real.items()}
    figures = real_figures(sets, bench, scheme)
    for answered in sets.values():
        if answered.data.source.kind == "real":
            figures += abstentions(answered, scheme)
    return Section(
        "c",
        "trained on simulation only, real and semi-real recordings",
        bench.modality,
        missing=bench.missing,
        tables=[answers_table(answered, scheme.bootstrap) for answered in sets.values()],
        figures=figures,
    )


def real_figures(sets: dict[str, Answered], bench: Bench, scheme: Scheme) -> list[Figure]:
    """Return what is asked of the sets that are there."""
    figures = asked(sets, scheme)
    if imu_disorders.NAME in sets:
        figures.append(commonest_is_tremor(sets[imu_disorders.NAME], bench.clear, scheme))
    return figures


def with_real(bench: Bench) -> Section:
    """(d) Simulation and real sets together, people left out; judged on real recordings alone.

    Once with the sets that may be trained on, and once, as research, with all that have labels.
    """
    title = "trained on simulation and real sets, people left out"
    labelled = {name: data for name, data in bench.real.items() if _is_labelled(data, bench)}
    allowed = {name: data for name, data in labelled.items() if data.source.for_training}
    if not labelled:
        nothing = "No real set with labels is there to train on."
        return Section("d", title, bench.modality, missing=(nothing,))
    answers = {"simulation only": {n: answer(bench.classifier, d) for n, d in bench.real.items()}}
    tables: list[Table] = []
    ways = {_LICENSED: allowed, _ALL: labelled if len(labelled) > len(allowed) else {}}
    for what, chosen in ways.items():
        if chosen:
            folded = fold(_joined(bench, chosen), bench.config, f"{bench.modality} {what}")
            answers[what] = {n: folded.answer(d) for n, d in bench.real.items()}
            tables += _trained_tables(answers[what], chosen, what, bench)
    return Section(
        "d",
        title,
        bench.modality,
        notes=_licences(labelled, allowed, bench),
        tables=(_side_by_side(answers, bench), *tables),
    )


def _is_labelled(data: Tabulated, bench: Bench) -> bool:
    is_for_training = data.source.kind == "real" or data.source.for_training
    return is_for_training and bool(data.table.trainable(bench.config.classes).any())


def _joined(bench: Bench, chosen: dict[str, Tabulated]) -> LabelledTable:
    return join([bench.train.table, *(data.table for data in chosen.values())])


def _licences(
    labelled: dict[str, Tabulated], allowed: dict[str, Tabulated], bench: Bench
) -> tuple[str, ...]:
    """Say which sets were trained on, and which must not be for a model that is shipped."""
    may = f"No real set of {bench.modality} may be trained on for a model that is shipped."
    if allowed:
        may = f"May be trained on for a model that is shipped: {', '.join(allowed)}."
    forbidden = [
        f"{name} ({data.source.reason})" for name, data in labelled.items() if name not in allowed
    ]
    forbidden += [
        f"{source.name} ({source.reason})"
        for source in semireal_sources(bench.layout)
        if bench.modality in source.modalities
        and source.name.endswith("-train")
        and not source.for_training
    ]
    return (may, f"May not: {'; '.join(forbidden)}.") if forbidden else (may,)


def _trained_tables(
    sets: dict[str, Answered], chosen: dict[str, Tabulated], what: str, bench: Bench
) -> Iterator[Table]:
    """Yield the answers to the sets that were trained on; each person was left out."""
    shipping = f", {_NOT_FOR_SHIPPING}" if what == _ALL else ""
    bootstrap = bench.shipped.bootstrap
    for name in chosen:
        title = f"{name} (real), {what}, people left out{shipping}"
        yield answers_table(sets[name], bootstrap, title)


def _side_by_side(answers: dict[str, dict[str, Answered]], bench: Bench) -> Table:
    """Return the figures of real recordings under each way of training."""
    columns = {
        what: real_figures(sets, bench, bench.scheme(what)) for what, sets in answers.items()
    }
    header = ["figure", "data"]
    for what in columns:
        shipping = f" ({_NOT_FOR_SHIPPING})" if what == _ALL else ""
        header += [f"{what}{shipping}", "undecided"]
    rows = []
    for same in zip(*columns.values(), strict=True):
        row = [same[0].what, same[0].data]
        for figure in same:
            told = figure.to_json()
            undecided = told["undecided"]
            row += [value_of(told), "" if undecided is None else f"{100 * undecided:.1f}"]
        rows.append(row)
    return Table("figures of real and semi-real recordings, people left out", header, rows)


def lookalikes(bench: Bench) -> Section:
    """(e) What has no class, of simulated people whom no model has seen."""
    scheme = bench.scheme(f"{SIMULATION}, sites unseen")
    answered = answer(bench.classifier, bench.test)
    met = (*bench.config.outliers.lookalikes, *bench.config.checks.kinds)
    return Section(
        "e",
        "look-alikes",
        bench.modality,
        notes=("Undecided is the right answer: none of these has a class.",),
        tables=[answers_table(without_class(answered), scheme.bootstrap)],
        figures=lookalike_figures(answered, scheme, met),
    )
