"""The figure in a browser: names as they are, and nothing drawn that was not recorded."""

import io

import pytest
from browser import muscle, record_of
from opened_page import DESK, Opened
from PIL import Image
from records import with_recording

from serving.page.report import page as report_page


@pytest.fixture
def shown(browser, tmp_path):
    """Shows a record as a page of its own, which has no complaint."""
    context = browser.new_context(viewport=DESK, offline=True)

    def show(record):
        path = tmp_path / "record.html"
        path.write_text(report_page(record))
        one = Opened(context.new_page(), path.as_uri())
        one.page.wait_for_selector(".plot .main-svg")
        assert one.complaints == []
        return one

    yield show
    context.close()


@pytest.mark.parametrize("name", ["<b>E</b> &amp; <a href='a.b'>c</a>", "a<br>b", "&lt;"])
def test_a_name_in_the_figure_is_no_markup(shown, name):
    """What looks like a tag or an entity in a name is shown, and makes nothing."""
    one = shown(with_recording(record_of(muscle(20)), channels=(name,)))

    heading = one.page.locator(".plot .annotation text").nth(1)
    assert heading.text_content().startswith(f"{name}, ")
    assert one.page.locator(".plot a, .plot .annotation tspan[style]").count() == 0


def test_a_long_name_is_cut_in_the_figure(shown):
    """A heading ends within the figure, with its unit."""
    one = shown(with_recording(record_of(muscle(20)), channels=("x" * 300,)))

    heading = one.page.locator(".plot .annotation text").nth(1).text_content()
    assert heading == f"{'x' * 39}…, µV"


def ground(one, share):
    """Return the colour behind the signal at a share of the figure's width, at its very top."""
    panel = one.page.locator(".plot .nsewdrag").nth(1)
    panel.scroll_into_view_if_needed()
    one.page.wait_for_timeout(100)
    frame = panel.bounding_box()
    picture = Image.open(io.BytesIO(one.page.screenshot())).convert("RGB")
    return picture.getpixel((int(frame["x"] + share * frame["width"]), int(frame["y"]) + 3))


def test_the_ground_behind_a_movement_stays_when_the_figure_is_zoomed(shown):
    """A tremor that began before the view and goes on after it tints all of the view."""
    one = shown(record_of(muscle(240)))
    tinted, plain = ground(one, 0.3), ground(one, 0.1)
    assert tinted != plain

    one.page.focus(".frame")
    for key in ["+", "+", "ArrowLeft", "ArrowLeft", *"++++++"]:
        one.page.keyboard.press(key)
    starts, stops = one.ticks()

    assert "1:00" < starts < stops < "1:48"
    assert [ground(one, share) for share in (0.02, 0.98)] == [tinted] * 2
