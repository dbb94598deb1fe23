"""Tables: read back by other programs as what the record holds, and run by none."""

import csv
import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import csv as arrow_csv
from records import emg_record, motion_record, with_recording

from serving.analysis import intervals
from serving.analysis.comparing import with_comparison
from serving.analysis.tabular import COLUMNS, record_csv
from serving.analysis.text import inert


def by_pandas(text):
    return pd.read_csv(io.StringIO(text))


def by_arrow(text):
    return arrow_csv.read_csv(pa.BufferReader(text.encode()))


def facts(record, kind):
    """The rows of a kind, without the columns that they leave empty."""
    table = by_pandas(record_csv(record))
    return table[table["kind"] == kind].dropna(axis=1, how="all").reset_index(drop=True)


@pytest.mark.parametrize("record", [emg_record(), motion_record()], ids=["emg", "motion"])
def test_other_readers_agree_about_a_table(record):
    """Pandas, Arrow and the standard library see the same columns and rows."""
    text = record_csv(record)
    rows = list(csv.reader(io.StringIO(text)))

    assert rows[0] == list(by_pandas(text).columns) == by_arrow(text).column_names
    assert len(rows) - 1 == len(by_pandas(text)) == by_arrow(text).num_rows
    assert {len(row) for row in rows} == {len(rows[0])}


def test_a_records_table_has_a_row_for_every_fact():
    """None is left out, and none is there twice."""
    record = emg_record()
    kinds = by_pandas(record_csv(record))["kind"].value_counts()

    assert kinds.to_dict() == {
        "recording": 1,
        "model": 1,
        "settings": 1,
        "note": 1,
        "usable": 1,
        "share": len(record.shares),
        "rate": len(record.rates),
        "amplitude": 5 * len(record.amplitudes),
        "episode": len(record.episodes),
        "event": len(record.events),
        "span": len(record.timeline),
        "quality": len(record.quality),
        "gap": len(record.recording.gaps),
    }


def test_numbers_come_back_exactly():
    """Shares, rates and percentiles with their ends, to the last digit."""
    record = emg_record()
    shares, rates = facts(record, "share").set_index("label"), facts(record, "rate")
    sizes = facts(record, "amplitude").set_index("percentile")

    for label, share in record.shares.items():
        row = shares.loc[label]
        assert (row["value"], row["low"], row["high"]) == (share.share, share.low, share.high)
        assert (row["duration_s"], row["effective_n"]) == (share.seconds, share.effective_n)
    assert (rates["value"][0], rates["unit"][0], rates["count"][0]) == (2.0, "1/min", 3)
    assert rates["value"].isna().tolist() == [False, True]
    assert sizes["value"][95] == record.amplitudes["fasciculation"].p95
    assert set(sizes["unit"]) == {"uV"}


def test_a_share_of_nothing_is_a_row_without_numbers():
    """Where nothing was usable the cells of the share and its interval are empty."""
    none = intervals.share(np.zeros(0, dtype=bool), 1.0)
    (row,) = csv.DictReader(
        line
        for line in record_csv(motion_record(shares={"tremor": none}, rates={})).splitlines()
        if line.startswith(("kind,", "share,"))
    )

    assert (row["label"], row["value"], row["low"], row["high"]) == ("tremor", "", "", "")


def test_what_has_a_place_in_time_is_in_one_table():
    """Episodes, events, spans, flags and gaps share the columns of start and duration."""
    emg = emg_record()
    tremor, events = facts(motion_record(), "episode"), facts(emg, "event")
    spans = facts(emg, "span")

    assert tremor["dominant_frequency_hz"].tolist() == [5.1, 4.9]
    assert tremor["cycles"].tolist() == [255, 246]
    assert events["start_s"].tolist() == [event.time_s for event in emg.events]
    assert events["duration_s"].tolist() == [0.0125, 0.011, 0.014]
    assert events["isolated"].tolist() == [True, False, False]
    assert spans["candidates"][1] == "rest+voluntary"
    assert spans["reason"].dropna().tolist() == ["several_candidates", "flat"]
    assert "at_rest" not in spans  # a record that was made before it was told
    assert facts(emg, "gap")["start_s"].tolist() == [100.0]
    assert facts(emg, "quality")["label"].tolist() == ["flat"]


def test_a_span_tells_whether_a_potential_would_have_been_noticed():
    """So that whoever counts by the table has the time that the rate is of."""
    emg = emg_record()
    told = tuple(
        span.model_copy(update={"at_rest": span.label in ("rest", "fasciculation")})
        for span in emg.timeline
    )
    spans = facts(emg.model_copy(update={"timeline": told}), "span")

    assert spans["at_rest"].tolist() == [span.at_rest for span in told]
    assert set(spans["at_rest"]) == {True, False}


def test_a_table_says_what_it_is_of():
    """The time of the first sample, the model, the settings, and what the record is not."""
    table = by_pandas(record_csv(emg_record())).set_index("kind")["text"]

    assert table["recording"] == "2026-03-01T09:30:00+00:00"
    assert table["model"] == "quaver-emg 3 " + "9f2c" * 16
    assert table["settings"] == "windows of 4 s every 1 s"
    assert "not a medical device" in table["note"]
    assert "stretch" not in table.index


def test_a_table_of_a_stretch_says_where_it_lies():
    """The rest of the recording was not judged, which is not the same as unusable."""
    stretch = facts(with_recording(emg_record(), stretch_s=(20.0, 40.5)), "stretch")

    assert (stretch["start_s"].item(), stretch["duration_s"].item()) == (20.0, 20.5)


def test_changes_are_facts_too():
    """Since an earlier record, with what may be said."""
    record = with_comparison(motion_record(), motion_record())
    ratios, differences = facts(record, "rate_ratio"), facts(record, "share_difference")

    assert ratios["label"].tolist() == ["rates.clonus_episodes", "rates.tremor_episodes"]
    assert differences["value"].tolist() == [0.0, 0.0]
    assert set(ratios["text"]) | set(differences["text"]) == {"cannot tell"}


def test_episodes_and_spans_have_the_fields_of_the_record():
    """Under the same names, letter for letter."""
    record = emg_record()
    for kind, parts in (("episode", record.episodes), ("span", record.timeline)):
        rows = by_pandas(record_csv(record)).set_index("kind").loc[[kind]]
        for name in type(parts[0]).model_fields:
            if name in ("candidates", "at_rest"):
                continue
            expected = [getattr(part, name) for part in parts]
            assert expected == rows[name].astype(object).where(rows[name].notna(), None).tolist()


def test_channels_follow_each_other():
    """One table for all, whose channel tells them apart."""
    calf = with_recording(emg_record(), channels=("calf",))
    both = by_pandas(record_csv(emg_record(further_channels=(calf,))))

    one = by_pandas(record_csv(emg_record()))
    assert both["channel"].tolist() == ["biceps"] * len(one) + ["calf"] * len(one)


def test_the_columns_do_not_depend_on_what_was_found():
    """A record of nothing has the same first line, and is read as well."""
    empty = emg_record(
        shares={}, rates={}, amplitudes={}, episodes=(), events=(), timeline=(), quality=()
    )
    text = record_csv(empty)

    assert text.splitlines()[0] == record_csv(emg_record()).splitlines()[0]
    assert by_arrow(text).column_names == list(COLUMNS)


@pytest.mark.parametrize(
    "name", ["=1+1", "+A1", "-2+3", "@SUM(A1)", "\t=1", "\r\n=1", " =1", '=cmd|"/c x"!A1', "＝1"]
)
def test_no_cell_is_a_formula(name):
    """Whatever a channel is called, a spreadsheet shows it and does not run it."""
    record = with_recording(emg_record(), channels=(name,))
    cells = [cell for row in csv.reader(io.StringIO(record_csv(record))) for cell in row]

    assert inert(name) in cells
    for cell in cells:
        assert not cell.lstrip().startswith(("=", "+", "-", "@", "＝"))
        assert cell.isprintable()


@pytest.mark.parametrize("name", ["x", "channel 1", "a,b", 'the "left" one', "µV", "'quoted'", ""])
def test_other_names_come_back_as_they_were(name):
    """Commas and quotation marks in a name are no matter."""
    record = with_recording(emg_record(), channels=(name,))
    table = pd.read_csv(io.StringIO(record_csv(record)), keep_default_na=False)

    assert set(table["channel"]) == {name}


def test_a_change_tells_from_what_to_what():
    """Both values are there, also where nothing before leaves no ratio."""
    rates = {"tremor_episodes": intervals.rate(0, 9.0)}
    record = with_comparison(motion_record(), motion_record(rates=rates))
    ratios = facts(record, "rate_ratio").set_index("label")
    differences = facts(record, "share_difference").set_index("label")

    for change in record.comparison:
        row = (ratios if change.kind == "rate_ratio" else differences).loc[change.what]
        numbers = [row.get(name, np.nan) for name in ("earlier", "now")]
        expected = [np.nan if each is None else each for each in (change.earlier, change.now)]
        np.testing.assert_array_equal(numbers, expected)
    assert ratios["now"]["rates.tremor_episodes"] == 0.4
    assert ratios["earlier"]["rates.tremor_episodes"] == 0.0
    assert "value" not in ratios


def test_negative_numbers_are_numbers():
    """An apostrophe stands before names alone."""
    record = with_comparison(motion_record(), motion_record())

    assert (facts(record, "share_difference")["low"] < 0).all()


def test_the_columns_are_the_first_line():
    """As the module lists them."""
    assert list(COLUMNS) == record_csv(motion_record()).splitlines()[0].split(",")
