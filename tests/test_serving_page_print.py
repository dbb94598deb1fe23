"""A record on paper: all of it is on the sheet, light, and what is left out is said."""

import pytest
from browser import muscle, record_of
from opened_page import DESK, PHONE, Opened
from records import with_recording

from serving.page.report import page as report_page

SHEET = {"width": 718, "height": 1050}
"""A4 in CSS pixels, without margins."""

WITHOUT_OBSERVERS = "window.ResizeObserver = class { observe() {} };"
"""As when a browser prints: it lays the page out for the sheet, and no script hears of its size."""


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"], scope="module")
def printed(request, browser, tmp_path_factory):
    """A page with a long record, opened in the dark on some screen and laid out for a sheet."""
    path = tmp_path_factory.mktemp("printed") / "record.html"
    path.write_text(report_page(record_of(muscle(120))))
    context = browser.new_context(viewport=request.param, color_scheme="dark", offline=True)
    context.add_init_script(WITHOUT_OBSERVERS)
    one = Opened(context.new_page(), path.as_uri())
    one.page.wait_for_selector(".plot .main-svg")
    one.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    one.page.emulate_media(media="print")
    one.page.set_viewport_size(SHEET)
    yield one.page
    assert one.complaints == []
    context.close()


def right_of(page, selector):
    """Return how far to the right the last of some elements reaches."""
    box = page.locator(selector).last.bounding_box()
    return box["x"] + box["width"]


def test_the_whole_figure_is_on_the_sheet(printed):
    """It is neither cut at the edge, nor as narrow as the screen it was seen on."""
    ticks = printed.locator(".plot .xtick text")
    assert ("0:00", "2:00") == (ticks.first.text_content(), ticks.last.text_content())
    assert 0.8 * SHEET["width"] < right_of(printed, ".plot .xtick text") <= SHEET["width"]
    plot = printed.locator(".plot").bounding_box()
    assert plot["height"] == pytest.approx(
        printed.locator(".plot .main-svg").first.bounding_box()["height"], abs=1
    )


def test_no_table_is_cut(printed):
    """Nor is what only a scroll would show."""
    hidden = "(all) => all.map((each) => each.scrollWidth - each.clientWidth)"
    assert max(printed.locator(".scroller").evaluate_all(hidden)) <= 1
    assert printed.evaluate("document.documentElement.scrollWidth") <= SHEET["width"]


def test_rows_that_are_left_out_are_told(printed):
    """No button says so on paper; and what the intervals are is said there too."""
    events = printed.locator("section:has(caption:text('Events'))")
    assert not events.locator("button:text('Show')").is_visible()
    n = len(record_of(muscle(120)).events)
    left_out = events.get_by_text(f"The first 6 of {n}.", exact=False)
    assert left_out.is_visible()
    assert printed.get_by_text("95 % intervals, which tell of chance alone").is_visible()


def test_all_rows_that_were_asked_for_are_on_paper(browser, tmp_path):
    """What could be scrolled to on the screen is not cut off."""
    path = tmp_path / "record.html"
    path.write_text(report_page(record_of(muscle(240))))
    context = browser.new_context(viewport=DESK, offline=True)
    one = Opened(context.new_page(), path.as_uri())
    one.page.locator("section:has(caption:text('Events')) button:text('Show all')").click()
    one.page.emulate_media(media="print")

    scroller = "section:has(caption:text('Events')) .scroller"
    hidden = "(each) => each.scrollHeight - each.clientHeight"
    assert one.page.locator(scroller).evaluate(hidden) <= 1
    context.close()


def test_a_sheet_of_one_channel_tells_that_there_are_others(browser, tmp_path):
    """On the screen a list shows them, of which paper keeps the one that is chosen."""
    path = tmp_path / "record.html"
    first, second = (
        with_recording(record_of(muscle(20)), channels=(name,)) for name in ("flexor", "extensor")
    )
    path.write_text(report_page(first.model_copy(update={"further_channels": (second,)})))
    context = browser.new_context(viewport=DESK, offline=True)
    one = Opened(context.new_page(), path.as_uri())
    others = one.page.get_by_text("One of 2; each has a record of its own.")

    assert not others.is_visible()
    one.page.emulate_media(media="print")
    assert others.is_visible()
    context.close()


def test_paper_is_light_whatever_the_screen_is(printed):
    """Ink on white, in the figure as in the text; afterwards the screen is as it was."""
    colour = "(each) => getComputedStyle(each).{}"
    text = printed.locator("h2").evaluate(colour.format("color"))
    label = printed.locator(".plot .xtick text").first.evaluate(colour.format("fill"))
    for ink in (text, label):
        assert sum(int(part) for part in ink[4:-1].split(",")) / 3 < 128

    printed.emulate_media(media="screen")
    printed.evaluate("window.dispatchEvent(new Event('afterprint'))")
    label = printed.locator(".plot .xtick text").first.evaluate(colour.format("fill"))
    assert sum(int(part) for part in label[4:-1].split(",")) / 3 > 128
    printed.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    printed.emulate_media(media="print")
