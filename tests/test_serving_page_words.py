"""How the page writes numbers: none is rounded to what it is not."""

import json
import shutil
import subprocess

import pytest
from browser import chromium
from records import emg_record, made_episode, motion_record, with_recording

from serving.analysis.intervals import rate, share
from serving.analysis.report import QualitySpan
from serving.page.report import page as report_page
from serving.page.static_files import HERE

NODE = shutil.which("node")


def written(tmp_path, function, values):
    """Return what a function of the page's words makes of values."""
    # By this ending every version of Node knows it for a module.
    shutil.copy(HERE / "static" / "words.js", tmp_path / "words.mjs")
    script = (
        "import * as words from './words.mjs';"
        f"console.log(JSON.stringify({json.dumps(values)}.map((v) => words.{function}(v))))"
    )
    (tmp_path / "ask.mjs").write_text(script)
    done = subprocess.run(
        [NODE, "ask.mjs"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
    )
    return json.loads(done.stdout)


@pytest.mark.skipif(NODE is None, reason="there is no Node on this machine")
@pytest.mark.parametrize(
    ("function", "values", "words"),
    [
        (
            "percent",
            [0, 0.0003, 0.004, 0.123, 0.99, 0.996, 0.99996, 1],
            ["0", "<0.1", "0.4", "12", "99", "99.6", ">99.9", "100"],
        ),
        (
            "rate",
            [None, 0, 0.0004, 0.0523, 1.234, 12.34, 123.4],
            "– 0.00 0.0004 0.052 1.23 12.3 123",
        ),
        ("counted", [0, 1, 2], ["0 episodes", "1 episode", "2 episodes"]),
        ("unit", ["uV", "uV/s", "m/s^2", "1"], "µV µV/s m/s² 1"),
        ("number", [None, 0, 10.46, 0.00123, 1234.5], "– 0 10.5 0.0012 1235"),
    ],
)
def test_a_number_is_not_rounded_to_another(tmp_path, function, values, words):
    """Nearly all is not all, little is not nothing, and what was not seen is a dash."""
    expected = words.split() if isinstance(words, str) else words
    assert written(tmp_path, function, values) == expected


def opened(tmp_path, record, *selectors):
    """Open a record as a page; return all texts of each selector."""
    path = tmp_path / "record.html"
    path.write_text(report_page(record))
    with chromium() as browser:
        page = browser.new_page()
        page.goto(path.as_uri())
        page.wait_for_selector(".plot .main-svg")
        return [page.locator(selector).all_text_contents() for selector in selectors]


def facts_and_cards(tmp_path, record):
    """Return what a record says at its head."""
    facts, cards = opened(tmp_path, record, ".facts", ".card")
    return facts[0], cards


def test_a_record_says_its_time_its_stretch_and_its_pauses(tmp_path):
    """A time has its zone, a stretch its ends; a share that holds pauses says what is left."""
    record = with_recording(motion_record(), stretch_s=(20.0, 290.5))
    always = share([True] * 300, 1.0)
    record = record.model_copy(update={"shares": record.shares | {"tremor": always}})
    moment = type(record.recording).model_validate(
        record.recording.model_dump() | {"start_time": "2026-03-01T08:00:00.7Z"}
    )

    facts, cards = facts_and_cards(tmp_path, record.model_copy(update={"recording": moment}))

    assert facts.endswith("from 2026-03-01 08:00:00 UTC · judged from 20 to 290.5 s")
    (tremor,) = [card for card in cards if card.startswith("Tremor")]
    assert tremor.startswith("Tremor100 %of the time, ")
    assert tremor.endswith("; 33 % without its pauses, at 5.0 Hz")


def test_a_card_tells_the_frequencies_of_the_episodes_and_no_other(tmp_path):
    """The mean of 4.4 and 8.9 Hz is none that was seen."""
    slow, fast = (
        made_episode("tremor", start_s, 50.0, dominant_frequency_hz=hz)
        for start_s, hz in ((50.0, 4.43), (200.0, 8.9))
    )

    for episodes, told in (((slow, fast), "at 4.4 to 8.9 Hz"), ((slow, slow), "at 4.4 Hz")):
        _, cards = facts_and_cards(tmp_path, motion_record(episodes=episodes))
        (tremor,) = [card for card in cards if card.startswith("Tremor")]
        assert tremor.endswith(told)


@pytest.mark.parametrize(
    ("usable_s", "why"), [(110.0, "no time at rest to see one in"), (0.0, "nothing was usable")]
)
def test_a_rate_of_no_time_says_why_there_is_none(tmp_path, usable_s, why):
    """A dash alone might be anything."""
    rates = {"fasciculation": rate(0, 0.0)}
    _, cards = facts_and_cards(tmp_path, emg_record(rates=rates, usable_s=usable_s))

    (found,) = [card for card in cards if card.startswith("Fasciculation")]
    assert found == f"Fasciculation– per minute{why}"


def test_what_made_a_stretch_unusable_is_listed_once(tmp_path):
    """What speaks against another stretch, or for another reason, stands beside it."""
    other = (
        QualitySpan(start_s=20.0, duration_s=3.0, flag="flat"),
        QualitySpan(start_s=112.0, duration_s=2.0, flag="mains"),
    )
    record = emg_record(quality=(*emg_record().quality, *other))
    rows = "section:has(h3:text('quality')) tbody td:last-child"
    (listed,) = opened(tmp_path, record, rows)
    assert [each.split(":")[0] for each in listed] == ["Flat", "Not usable", "Mains hum"]


def test_a_record_of_rest_alone_has_no_episodes_and_says_what_is_none(tmp_path):
    """Rest is a label: its time must not be told to have none."""
    rest = share([True] * 110, 1.0)
    record = emg_record(episodes=(), shares=emg_record().shares | {"rest": rest})
    ((told,),) = opened(tmp_path, record, "section:has(h3:text-is('Episodes')) p")
    assert told == "None. Rest, and what is undecided or not usable, is no episode."


def test_a_rate_of_fasciculation_says_what_time_it_is_over(tmp_path):
    """Of 110 usable seconds, 90 at rest."""
    cards, hints = opened(tmp_path, emg_record(), ".card", ".record-body > .hint")
    (found,) = [card for card in cards if card.startswith("Fasciculation")]
    assert found.endswith(", over 1 min 30 s at rest")
    assert "a potential would have been noticed" in hints[0]

    (of_motion,) = opened(tmp_path, motion_record(), ".record-body > .hint")
    assert "potential" not in of_motion[0]
