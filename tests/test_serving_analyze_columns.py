"""Columns as a list in JSON: names that hold commas, and places where names repeat."""

import numpy as np
import pytest
from sent_recordings import refused, upload

RNG = np.random.default_rng(3)
EMG = {"modality": "emg", "unit": "uV", "sampling_rate_hz": "1000"}


def table(names, first=()):
    """Return a table of noise with these names, and columns of its own before it."""
    n_noise = len(names) - len(first)
    rows = np.column_stack([*first, 4 * RNG.standard_normal((4000, n_noise))])
    lines = [",".join(names), *(",".join(f"{cell:.4f}" for cell in row) for row in rows)]
    return "\n".join(lines).encode()


def channels_of(response):
    """Return the channels of a record, or say why there is none."""
    assert response.status_code == 200, response.text
    record = response.json()
    return [
        one["recording"]["channels"][0] for one in (record, *(record["further_channels"] or ()))
    ]


@pytest.mark.parametrize(
    ("columns", "channels"),
    [
        ('["EMG, left"]', ["EMG, left"]),
        ("[1]", ["0"]),
        ('["0"]', ["0"]),
        ('["twice", 0]', None),
        ("[3, 2]", ["twice", "twice"]),
        ('["say \\"hi\\"", "EMG, left"]', ['say "hi"', "EMG, left"]),
    ],
)
def test_texts_are_names_and_whole_numbers_are_places(client, columns, channels):
    """In a list in JSON a number is no name, and a name may hold anything or be there twice."""
    names = ['"EMG, left"', "0", "twice", "twice", '"say ""hi"""']

    response = upload(client, "a.csv", table(names), **EMG, columns=columns)

    if channels is None:
        assert response.status_code == 400
    else:
        assert channels_of(response) == channels


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ("[0, 1", "columns begin as a list in JSON and are none; write them as ["),
        ("[" * 100_000, "columns begin as a list in JSON and are none; write them as ["),
        ("[1.5]", "columns[0] must be a name, or a number from 0"),
        ("[[0]]", "columns[0] must be a name, or a number from 0"),
        ("[true]", "columns[0] must be a name, or a number from 0"),
        ("[-1]", "there is no column -1: it has 2, counted from 0 (a, b)"),
        ("[2]", "there is no column 2: it has 2, counted from 0 (a, b)"),
        ("[0, 0]", "column 'a' is named twice; name each once"),
        ("[]", "columns is empty; name a column, or leave columns out to use all"),
    ],
)
def test_a_list_that_names_nothing_is_refused_in_one_sentence(client, columns, sentence):
    """Whatever is wrong with a list is said, and how it is written."""
    told = refused(upload(client, "a.csv", table(["a", "b"]), **EMG, columns=columns))

    assert sentence in told


def test_a_time_column_and_a_channel_may_be_told_by_their_number_alone(client):
    """A number in brackets is a place, whatever other column is called so."""
    times = np.arange(4000) / 1000
    content = table(["t", "1", "0"], [times])
    fields = {"modality": "emg", "unit": "uV", "time_unit": "s", "columns": "[1, 2]"}

    response = upload(client, "a.csv", content, **fields, time_column="[0]", channel="[1]")

    assert channels_of(response) == ["0"]
