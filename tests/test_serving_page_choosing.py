"""The page while files are chosen: every record stands under the name of its own file."""

import pytest
from browser import muscle
from opened_page import DESK, Opened, check

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
