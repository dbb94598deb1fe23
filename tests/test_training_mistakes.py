"""Mistakes: one window for each kind, explained by the model that made it."""

from collections import Counter
from dataclasses import replace
from itertools import chain

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from tiny_models import recordings, tiny_config

from features import Windows
from serving.classifier import UNDECIDED
from training.datasets.opening import labelled_batches
from training.mistakes import Example, Kind, examples_of, kinds_of
from training.plots import write
from training.plots_of_mistakes import mistakes
from training.run_tables import by_class, by_subject, run_figures
from training.table import tabulate
from training.train import train

MODALITY = "accelerometer"


@pytest.fixture(scope="module")
def trained():
    """A training on a few simulated people."""
    config = tiny_config(MODALITY)
    kept = recordings("train", MODALITY)
    batches = labelled_batches(kept, config.labelling, config.features.window_s)
    return train(tabulate(batches, config.features), config, "simulated: tiny")


def test_each_kind_is_counted_and_shown_by_a_window_of_it(trained):
    """Wrong pairs and reasons are the commonest, counts are theirs, and rows are such windows."""
    judged = trained.judged
    pairs = Counter(zip(judged.labels.tolist(), judged.answers.tolist(), strict=True))
    for kind in kinds_of(judged, 3):
        answer, _, reason = kind.answer.partition(": ")
        assert (judged.labels[kind.row], judged.answers[kind.row]) == (kind.label, answer)
        if answer == UNDECIDED:
            assert judged.reasons[kind.row] == reason
            assert kind.n_windows <= pairs[kind.label, answer]
        else:
            assert kind.n_windows == pairs[kind.label, answer]
            assert kind.label != answer


def test_the_example_is_the_window_that_was_judged(trained, tmp_path):
    """Cut again from its recording, its fold's model gives the chances that were judged."""
    config = tiny_config(MODALITY)
    found = examples_of(trained, recordings("train", MODALITY), config, 2)
    assert [each.kind for each in found] == kinds_of(trained.judged, 2)
    for each in found:
        np.testing.assert_allclose(
            list(each.chances.values()), trained.judged.probabilities[each.kind.row], rtol=1e-6
        )
        assert each.window_id == trained.ids[each.kind.row]
        assert len(each.contributions) == 5
    (path,) = write({"examples": mistakes(found, "examples")}, tmp_path).values()
    assert path.read_bytes().startswith(b"\x89PNG")


def test_an_example_is_of_the_set_that_its_window_is_of(trained):
    """A recording of the same name in another set, read before it, is not taken for it."""
    config = tiny_config(MODALITY)
    others = [replace(each, source="another set") for each in recordings("test", MODALITY)]
    renamed = [
        replace(other, id=own.id)
        for other, own in zip(others, recordings("train", MODALITY), strict=False)
    ]
    found = examples_of(trained, chain(renamed, recordings("train", MODALITY)), config, 2)
    for each in found:
        chances = trained.judged.probabilities[each.kind.row]
        np.testing.assert_allclose(list(each.chances.values()), chances, rtol=1e-6)


@pytest.mark.parametrize(
    ("unit", "size"), [("V", 5e-5), ("V", 0.3), ("mV", 3e-7), ("uV", 8e4), ("relative", 3e8)]
)
def test_what_stands_at_an_axis_is_within_the_picture(rng, unit, size):
    """Whatever unit and size a signal has, label and numbers have room."""
    samples = rng.normal(0, size, (1, 1, 2000))
    windows = Windows(samples, sampling_rate_hz=500.0, modality="emg", unit=unit)
    kind = Kind("rest", "undecided: several_candidates", 1, 0)
    figure = mistakes([Example(kind, "w@0.000", "p", windows, "rest", {"rest": 1.0}, [])], "t")
    FigureCanvasAgg(figure).draw()

    axis = figure.axes[0].yaxis
    assert axis.get_label().get_window_extent().x0 > 0
    drawn = np.concatenate([line.get_ydata() for line in figure.axes[0].lines])
    label = axis.get_label().get_text()
    power = int(label.partition("{")[2].partition("}")[0] or 0)
    factor = windows.unit_factor / 10.0**power
    np.testing.assert_allclose(drawn, (samples - samples.mean())[0, 0] * factor, rtol=1e-5, atol=0)


def test_tables_say_what_the_report_says(trained):
    """Each class and each subject has its row, and metrics carry both limits of their interval."""
    table = by_class(trained.report).set_index("class")
    flat = run_figures(trained.report)
    for name in table.index:
        assert table.loc[name, "f1"] == pytest.approx(flat[f"f1/{name}"], abs=1e-4)
        assert flat[f"interval_low/f1/{name}"] <= flat[f"interval_high/f1/{name}"]
    people = by_subject(trained.judged, trained.report)
    assert sorted(people["subject"]) == sorted(set(trained.judged.groups.tolist()))
    assert people["windows"].sum() == len(trained.judged)
    assert people["right"].is_monotonic_increasing
    assert (
        (people["right_low"] <= people["right"]) & (people["right"] <= people["right_high"])
    ).all()
    shares = people["right"] + people["wrong"] + people["undecided"]
    np.testing.assert_allclose(shares, 1, atol=2e-4)
