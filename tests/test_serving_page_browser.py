"""The page in a browser: from a file to its record, by mouse, keyboard, screen reader and phone."""

import json

import pytest
from browser import muscle, record_of
from opened_page import DESK, PHONE, Opened, check

from features import Recording
from serving.analysis.report import RecordingReport, Share
from serving.page.report import page as report_page
from serving.page.static_files import HERE
from serving.recordings import write_recording

WRIST, CALF, FOOT = json.loads((HERE / "examples" / "examples.json").read_text())


@pytest.fixture(scope="module")
def desk(browser, address):
    """One page on a desk, on which people look at one recording after the other."""
    context = browser.new_context(viewport=DESK)
    yield Opened(context.new_page(), f"{address}/app")
    context.close()


@pytest.fixture
def one(desk, address):
    """That page; afterwards, nobody else was asked and nothing was complained of."""
    yield desk
    check(desk, address)


def test_an_uploaded_file_becomes_a_record(one, tmp_path):
    """What the file says is filled in; the record has its figure, numbers and tables."""
    path = tmp_path / "visit 1 <b>.edf"
    write_recording(muscle(40), path)

    one.choose(path)
    assert "emg" == one.page.locator("input[name=modality]:checked").get_attribute("value")
    assert "1000" == one.page.input_value("#rate")
    assert "uV" == one.page.input_value("#unit")
    one.analyse()

    assert "Record of visit 1 <b>.edf" == one.page.locator("#result h2").text_content()
    assert "Record of" in one.page.evaluate("document.activeElement.textContent")
    headings = one.page.locator("#result h3").all_text_contents()
    assert {"The recording", "How often", "How long", "Episodes"} <= set(headings)
    assert ("0:00", "0:40") == one.ticks()
    shares = one.page.locator("table:has(caption:text('Shares')) tbody td:nth-child(3)")
    assert 99.5 <= sum(float(share) for share in shares.all_text_contents()) <= 100.5


def test_a_figure_is_moved_by_keys_buttons_and_mouse(one):
    """Plus and minus zoom, arrows move, a drag cuts out, 0 and a double click show everything."""
    one.try_example(WRIST)
    whole = one.ticks()

    one.page.focus(".frame")
    one.page.keyboard.press("+")
    assert ("0:20", "0:55") == one.ticks()
    one.page.keyboard.press("ArrowRight")
    assert ("0:30", "1:05") == one.ticks()
    one.page.keyboard.press("0")
    assert whole == one.ticks()
    one.page.click("button[aria-label='Zoom in']")
    one.page.click("button[aria-label='Earlier']")
    assert ("0:00", "0:35") == one.ticks()
    one.page.click("button[aria-label='Everything']")
    one.page.mouse.move(*one.place(0.5))
    one.page.mouse.down()
    one.page.mouse.move(*one.place(0.6))
    one.page.mouse.move(*one.place(0.75))
    one.page.mouse.up()
    first, last = one.ticks()
    assert "0:36" <= first <= "0:40"
    assert "0:55" <= last <= "1:00"
    one.page.mouse.dblclick(*one.place(0.5))
    assert whole == one.ticks()
    assert 0 == one.page.locator(".closer").count()


def test_a_place_in_the_figure_is_explained(one):
    """A click asks for the window there: its chances, and what speaks for the answer."""
    one.try_example(FOOT)

    one.page.mouse.click(*one.place(0.55))
    one.page.wait_for_selector(".closer table")

    captions = one.page.locator(".closer caption").all_text_contents()
    assert "How probable each class is" == captions[0]
    assert captions[1].startswith("What speaks for ")
    chances = one.page.locator(".closer table").first.locator("td").all_text_contents()
    assert 98 <= sum(float(chance) for chance in chances) <= 102
    one.page.wait_for_selector(".closer .detail .main-svg")


def test_an_episode_is_shown_in_the_figure(one):
    """The times in the tables lead to their place."""
    one.try_example(WRIST)

    one.page.locator("table:has(caption:text('Episodes')) tbody button").last.click()

    assert "Showing" in one.page.locator(".figure [role=status]").text_content()
    assert one.page.evaluate("document.activeElement.className") == "frame"


def test_an_error_is_shown_as_its_sentence(one, tmp_path):
    """Focus goes to it, and what was filled in is still there to be put right."""
    path = tmp_path / "words.csv"
    rows = "".join(f"{k / 100},{'abc' if k == 200 else 0.1}\n" for k in range(1000))
    path.write_text("time_s,acc_x\n" + rows)

    one.choose(path)
    one.page.check("input[value=accelerometer]")
    one.page.select_option("#unit", "g")
    one.analyse()

    assert "'abc'" in one.page.locator("#error").text_content()
    assert "error" == one.page.evaluate("document.activeElement.id")
    assert "time_s" == one.page.input_value("#time-column")
    assert one.violations() == []


def test_what_is_missing_is_asked_for(one, tmp_path):
    """A file that does not say what it is of is not sent before a person has said it."""
    path = tmp_path / "numbers.csv"
    path.write_text("a,b\n" + "1,2\n" * 100)

    one.choose(path)
    before = len(one.asked)
    one.page.click("#analyse")

    assert "Say what kind of signal it is." == one.page.locator("#error").text_content()
    assert "modality" == one.page.evaluate("document.activeElement.name")
    assert before == len(one.asked)


def test_a_record_can_be_kept_and_compared_with(one, tmp_path, browser):
    """JSON is a record that can be given back; CSV, HTML and FHIR are what they say."""
    one.try_example(CALF)
    kept = {}
    for kind in ("JSON", "CSV", "HTML", "FHIR"):
        with one.page.expect_download() as download:
            one.page.click(f".downloads button:text-is('{kind}')")
        kept[kind] = tmp_path / download.value.suggested_filename
        download.value.save_as(kept[kind])

    record = RecordingReport.model_validate_json(kept["JSON"].read_text())
    assert record.trace is None
    assert kept["CSV"].read_text().startswith("kind,")
    assert "Bundle" == json.loads(kept["FHIR"].read_text())["resourceType"]
    context = browser.new_context(viewport=DESK, offline=True)
    alone = Opened(context.new_page(), kept["HTML"].as_uri())
    alone.page.wait_for_selector(".plot .main-svg")
    assert [] == alone.complaints
    assert [kept["HTML"].as_uri()] == [url for url in alone.asked if not url.startswith("data:")]
    context.close()

    one.page.click("text=Change what was said of it")
    one.page.click("summary")
    one.page.set_input_files("#earlier", kept["JSON"])
    one.analyse()
    # No sign of likeness: that nothing can be told is not that nothing has changed.
    verdicts = one.page.locator("table:has(caption:text('earlier')) td:last-child")
    assert {"? cannot tell"} == set(verdicts.all_text_contents())


def test_each_channel_of_a_muscle_recording_has_its_own_record(one, tmp_path):
    """A list of channels chooses the one that is shown."""
    both = muscle(12)
    samples = [both.samples[0], both.samples[0][::-1]]
    path = tmp_path / "two.edf"
    write_recording(
        Recording(
            samples,
            sampling_rate_hz=1000,
            modality="emg",
            unit="uV",
            channel_names=("flexor", "extensor"),
        ),
        path,
    )
    one.choose(path)
    one.analyse()

    one.page.select_option("#channel", label="extensor")

    assert "extensor" in one.page.locator(".record .facts").text_content()
    one.page.wait_for_selector(".plot .main-svg")
    one.page.focus(".frame")
    one.page.keyboard.press("Enter")
    one.page.wait_for_selector(".closer table")


@pytest.mark.parametrize(
    ("scheme", "size"), [("light", DESK), ("dark", PHONE)], ids=["desk", "phone"]
)
def test_everybody_can_use_it(browser, address, scheme, size):
    """Light or dark, wide or narrow, without a mouse: axe finds nothing serious, nothing is cut."""
    one = Opened(browser.new_page(viewport=size, color_scheme=scheme), f"{address}/app")
    one.page.wait_for_selector(".example")
    assert one.violations() == []

    for _ in range(12):
        one.page.keyboard.press("Tab")
        if one.page.evaluate("document.activeElement.className") == "example":
            break
    one.page.keyboard.press("Enter")
    one.wait()

    assert f"Record of {WRIST['file']}" == one.page.locator("#result h2").text_content()
    assert one.violations() == []
    assert one.page.evaluate("document.documentElement.scrollWidth") == size["width"]
    ground = one.page.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = sum(int(part) for part in ground[4:-1].split(",")) / (3 * 255)
    assert (brightness > 0.9) == (scheme == "light")
    check(one, address)
    one.page.close()


def test_a_record_as_one_file_shows_everything(browser, tmp_path):
    """Comparison, undecided and unusable stretches, events and quality are in the page."""
    path = tmp_path / "record.html"
    record = record_of(muscle(60))
    path.write_text(report_page(record))
    context = browser.new_context(viewport=PHONE, offline=True)

    one = Opened(context.new_page(), path.as_uri())
    one.page.wait_for_selector(".plot .main-svg")

    assert one.complaints == []
    headings = set(one.page.locator("h3").all_text_contents())
    assert {"Since the earlier record", "Undecided", "Events", "Signal quality"} <= headings
    might = one.page.locator("table:has(caption:text('Undecided')) tbody td").all_text_contents()
    assert ["clonus or tremor", "more than one fits"] == might[1:]
    events = one.page.locator("table:has(caption:text('Events')) tbody tr")
    at = events.first.locator("th, td").first.text_content()
    assert at.startswith(f"0:{int(record.events[0].time_s):02}")
    assert one.violations() == []
    assert one.page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    context.close()


def test_a_share_of_nothing_is_shown_without_a_number(browser, tmp_path):
    """Where nothing was usable neither the table nor a card nor the figure tells of 0 %."""
    path = tmp_path / "record.html"
    record = record_of(muscle(20))
    none = Share(seconds=0.0, share=None, low=None, high=None, effective_n=0.0)
    nothing = {"usable_s": 0.0, "shares": dict.fromkeys(record.shares, none), "events": ()}
    path.write_text(report_page(record.model_copy(update=nothing)))
    context = browser.new_context(viewport=DESK, offline=True)

    one = Opened(context.new_page(), path.as_uri())
    one.page.wait_for_selector(".plot .main-svg")

    assert one.complaints == []
    shares = one.page.locator("table:has(caption:text('Shares')) tbody td:nth-child(3)")
    assert set(shares.all_text_contents()) == {"–"}
    card = one.page.locator(".card.label-tremor").inner_text()
    assert "– %" in card
    assert "nothing was usable" in card
    assert "of signal: nothing was usable." in one.page.content()
    context.close()
