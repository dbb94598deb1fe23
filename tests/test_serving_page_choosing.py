"""The page while files are chosen: every record stands under the name of its own file."""

import re

import pytest
from browser import muscle
from opened_page import DESK, PHONE, Opened, check

from serving.recordings import write_recording

LISTEN = """() => {
  const send = XMLHttpRequest.prototype.send;
  XMLHttpRequest.prototype.send = function (body) {
    window.sent = body;
    send.call(this, body);
  };
}"""
"""Keeps what is sent: a browser does not tell a test of uploads."""

PLOTLY_IS_THERE = """async () => {
  const later = () => new Promise((go) => setTimeout(go, 100));
  while (!window.Plotly) await later();
  await later();
}"""


EXPLAINED = """async (label) => {
  const { explained } = await import("/app/closer.js");
  const window = { start_s: 4, label: "clonus", candidates: ["clonus"], reason: null };
  const answer = { ...window, probabilities: null, dominant_frequency_hz: 5.6, contributions: [] };
  const told = { label, candidates: label === "undecided" ? ["clonus", "tremor"] : [label] };
  return explained({ windows: [answer] }, [4, 8], told).textContent;
}"""
"""What stands below the figure when the record has a label where a window is of clonus."""


@pytest.fixture
def one(browser, address):
    """A page of its own, which asks nobody else and has no complaint."""
    context = browser.new_context(viewport=DESK)
    opened = Opened(context.new_page(), f"{address}/app")
    yield opened
    check(opened, address)
    context.close()


def two_files(folder):
    """Write a recording under two names."""
    paths = [folder / f"{name}.edf" for name in ("first", "second")]
    for path in paths:
        write_recording(muscle(20), path)
    return paths


def held(page, address):
    """Keep the answers from an address back; return what lets them go."""
    waiting, free = [], []

    def hold(route):
        route.continue_() if free else waiting.append(route)

    def release():
        free.append(True)
        for route in waiting:
            route.continue_()

    page.route(address, hold)
    return release


def test_a_record_that_comes_too_late_is_dropped(browser, address, tmp_path):
    """A record whose file was given up while the page got ready for it is not shown."""
    first, second = two_files(tmp_path)
    context = browser.new_context(viewport=DESK)
    page = context.new_page()
    release = held(page, "**/plotly.js")
    one = Opened(page, f"{address}/app")
    one.choose(first)
    with page.expect_response("**/analyze") as answer:
        page.click("#analyse")
    answer.value.finished()

    one.choose(second)
    page.wait_for_selector("#file-name:text('second.edf')")
    release()
    page.evaluate(PLOTLY_IS_THERE)

    assert page.locator("#result").inner_html() == ""
    assert page.is_hidden("#error")
    assert page.is_visible("#about")
    one.analyse()
    assert page.locator("#result h2").text_content() == "Record of second.edf"
    check(one, address)
    context.close()


def test_a_record_is_of_its_file_whatever_is_chosen_next(one, tmp_path):
    """Below a record, downloads and explanations are of its file after another was chosen."""
    first, second = two_files(tmp_path)
    one.choose(first)
    one.analyse()
    one.choose(second)

    with one.page.expect_download() as download:
        one.page.click(".downloads button:text-is('JSON')")
    assert download.value.suggested_filename == "first.json"
    one.page.evaluate(LISTEN)
    one.page.focus(".frame")
    one.page.keyboard.press("Enter")
    one.page.wait_for_selector(".closer table")
    assert one.page.evaluate("window.sent.get('file').name") == "first.edf"


def test_a_run_that_was_stopped_shows_nothing(one, tmp_path):
    """Stop ends a run with a word, and leaves what was filled in."""
    held(one.page, "**/analyze")
    one.choose(two_files(tmp_path)[0])
    one.page.click("#analyse")

    one.page.click("#cancel")

    assert one.page.locator("#error").text_content() == "Stopped."
    assert one.page.is_enabled("#analyse")
    assert one.page.locator("#result").inner_html() == ""


def test_a_file_that_is_gone_is_said_to_be(one, tmp_path):
    """What cannot be read any more is no lost connection."""
    path = two_files(tmp_path)[0]
    one.choose(path)
    one.analyse()
    path.unlink()
    one.complaints.clear()

    one.page.focus(".frame")
    one.page.keyboard.press("Enter")
    told = one.page.locator(".closer .error")
    told.wait_for()

    assert told.text_content().startswith("first.edf cannot be read any more: ")
    one.complaints.clear()  # the browser's own, of the request that failed


@pytest.mark.parametrize("content", ["kind,start_s\n", '{"resourceType": "Bundle"}', "null", ""])
def test_an_earlier_record_is_one_that_was_saved(one, tmp_path, content):
    """A download of another form is not sent, and the page says which one it takes."""
    one.choose(two_files(tmp_path)[0])
    (tmp_path / "first.csv").write_text(content)
    one.page.click("summary")
    one.page.set_input_files("#earlier", tmp_path / "first.csv")

    one.page.click("#analyse")

    error = "first.csv is no earlier record. Choose the file that was saved as JSON."
    one.page.wait_for_selector(f"#error:text('{error}')")
    assert one.page.evaluate("document.activeElement.id") == "earlier"
    assert not [url for url in one.asked if url.endswith("/analyze")]


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_long_name_breaks_and_not_the_page(one, tmp_path, size):
    """Names without a blank, of a file and of its columns, go over several lines."""
    path = tmp_path / f"{'n' * 120}.csv"
    path.write_text(f"{'x' * 300},{'y' * 200},z\n" + "1,2,3\n" * 50)
    one.page.set_viewport_size(size)

    one.choose(path)

    assert one.page.locator("#columns-choice input").count() == 3
    assert one.page.evaluate("document.documentElement.scrollWidth") == size["width"]


def test_a_refusal_speaks_of_the_fields_of_the_page(one, tmp_path):
    """What the service asks for is called as its label is, and the file as the person knows it."""
    path = tmp_path / "visit 1 $&.csv"
    path.write_text("".join(f"{k},{k % 7},{k % 5}\n" for k in range(5000)))

    one.choose(path)
    one.page.check("input[value=emg]")
    one.page.select_option("#unit", "uV")
    one.page.fill("#rate", "1000")
    one.analyse()
    assert one.page.text_content("#error") == (
        "visit 1 $&.csv: column 'column_0' rises with every row, as a counter or a time does; give"
        " it as “the column that holds the times”, or name the columns that are channels under"
        " “Columns”."
    )

    one.page.fill("#columns", "1,2")
    one.page.fill("#rate", "")
    one.analyse()
    assert "give “Sampling rate”, or the column of times" in one.page.text_content("#error")


@pytest.mark.parametrize("status", [None, 404, 503])
def test_an_example_that_does_not_come_is_said_to_be_missing(browser, address, status):
    """Whether the service is away or refuses, the page says so, and it can be tried again."""
    context = browser.new_context(viewport=DESK)
    page = Opened(context.new_page(), f"{address}/app").page
    page.wait_for_selector(".example")

    def fail(route):
        route.abort() if status is None else route.fulfill(status=status, body="{}")

    page.route(re.compile(r"/app/.*\.(csv|edf|wav)$"), fail)
    page.locator(".example").first.click()
    page.wait_for_selector("#error:not([hidden])")
    told = page.text_content("#error")
    page.unroute_all()
    page.locator(".example").first.click()
    page.wait_for_selector(".plot .main-svg")

    assert told == "The example could not be loaded. Try again."
    assert page.is_hidden("#error")
    context.close()


def test_another_recording_leads_to_where_it_is_chosen(one, tmp_path):
    """What is asked for appears above: a keyboard and a screen reader are taken there."""
    one.choose(two_files(tmp_path)[0])
    one.analyse()

    one.page.focus("text=Another recording")
    one.page.evaluate("window.scrollTo(0, 100)")
    one.page.keyboard.press("Enter")

    assert "choose-title" == one.page.evaluate("document.activeElement.id")
    assert 0 <= one.page.locator("#choose-title").bounding_box()["y"] < DESK["height"]
    one.page.keyboard.press("Tab")
    assert "file" == one.page.evaluate("document.activeElement.id")


def test_a_window_that_says_what_the_record_does_not_is_told_from_it(one):
    """Why something is undecided must not be answered with "Clonus" and nothing else."""
    undecided = one.page.evaluate(EXPLAINED, "undecided")
    assert "Clonus. Strongest rhythm at 5.6 Hz." in undecided
    assert "The record says undecided (clonus or tremor) here, because" in undecided
    assert "The record says rest here, because" in one.page.evaluate(EXPLAINED, "rest")
    assert "The record says" not in one.page.evaluate(EXPLAINED, "clonus")
