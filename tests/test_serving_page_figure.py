"""The figure in a browser: names as they are, and nothing drawn that was not recorded."""

import io
import json
import shutil
import subprocess

import pytest
from browser import muscle, record_of
from opened_page import DESK, PHONE, Opened
from PIL import Image
from records import with_recording

from serving.analysis.report import Percentiles
from serving.page.report import page as report_page
from serving.page.static_files import HERE

NODE = shutil.which("node")


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


def test_a_pause_of_a_tremor_has_no_ground_and_is_called_one(shown):
    """Windows of the timeline bridge it; the episodes do not."""
    record = record_of(muscle(240))
    (tremor,) = (each for each in record.episodes if each.label == "tremor")
    parts = [tremor.model_copy(update={"start_s": start, "duration_s": stop - start})
             for start, stop in ((60.0, 75.0), (90.0, 108.0))]  # fmt: skip
    one = shown(record.model_copy(update={"episodes": tuple(parts)}))
    first, pause, second = (ground(one, seconds / 240) for seconds in (68, 82, 100))
    assert first == second != pause

    panel = one.page.locator(".plot .nsewdrag").nth(1)
    frame = panel.bounding_box()
    one.page.mouse.move(frame["x"] + 82 / 240 * frame["width"], frame["y"] + 20)
    one.page.wait_for_function("document.body.innerText.includes('a pause in it')")


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


def test_a_channel_that_is_not_shown_any_more_is_forgotten(shown):
    """However often another channel is chosen, the page holds the figure of one."""
    record = record_of(muscle(20))
    one = shown(record.model_copy(update={"further_channels": (record,)}))
    inside = one.page.context.new_cdp_session(one.page)

    def held():
        one.page.wait_for_timeout(300)
        inside.send("HeapProfiler.collectGarbage")
        return inside.send("Memory.getDOMCounters")["nodes"]

    def switch(times):
        for place in range(times):
            one.page.select_option("#channel", str((place + 1) % 2))
            one.page.wait_for_timeout(50)
        return held()

    few = switch(2)
    assert switch(12) < 2 * few
    assert one.complaints == []


PICTURE = """
import {{ bandOf, isCoarse, lineOf, topAround }} from "./picture.mjs";
const columns = {{ low: Float32Array.of({low}), high: Float32Array.of({high}) }};
const picture = {{ startS: 10, columnS: 2, count: {count}, channels: [columns] }};
console.log(JSON.stringify({asked}));
"""


def drawn(folder, low, high, asked):
    """Return what is drawn of columns of two seconds from second 10 on."""
    shutil.copy(HERE / "static" / "picture.js", folder / "picture.mjs")
    told = {"low": ",".join(low), "high": ",".join(high), "count": len(low), "asked": asked}
    (folder / "ask.mjs").write_text(PICTURE.format(**told))
    done = subprocess.run(
        [NODE, "ask.mjs"], cwd=folder, capture_output=True, text=True, timeout=60, check=True
    )
    return json.loads(done.stdout)


@pytest.mark.skipif(NODE is None, reason="there is no Node on this machine")
def test_a_band_goes_through_the_extremes_of_each_column(tmp_path):
    """Every column is a step from its lowest to its highest, and none lies over a gap."""
    low, high = ["-1", "-3", "NaN", "0"], ["1", "2", "NaN", "5"]

    band = drawn(tmp_path, low, high, "bandOf(picture, 0, [10, 18])")

    assert band == {
        "x": [10, 12, 12, 14, 14, 12, 12, 10, 10, None, 16, 18, 18, 16, 16, None],
        "y": [1, 1, 2, 2, -3, -3, -1, -1, 1, None, 5, 5, 0, 0, 5, None],
    }


@pytest.mark.skipif(NODE is None, reason="there is no Node on this machine")
@pytest.mark.parametrize(
    ("rate_hz", "pixel_s", "coarse"), [(0.5, 0.1, False), (100, 2, False), (100, 0.1, True)]
)
def test_a_picture_is_coarse_where_columns_hide_samples(tmp_path, rate_hz, pixel_s, coarse):
    """One sample a column is the signal itself, and a column a pixel is all that can be seen."""
    asked = f"isCoarse(picture, {rate_hz}, {pixel_s})"

    assert drawn(tmp_path, ["0"], ["1"], asked) is coarse


@pytest.mark.skipif(NODE is None, reason="there is no Node on this machine")
@pytest.mark.parametrize(
    ("time_s", "length_s", "top"), [(15, 0, 2), (15, 4, 9), (11, 30, 9), (13, 1, 2), (25, 1, None)]
)
def test_the_top_of_an_event_is_the_highest_within_it(tmp_path, time_s, length_s, top):
    """Not that of the column of its time alone, and none where nothing was recorded."""
    low, high = ["0"] * 5, ["1", "2", "2", "9", "NaN"]

    assert drawn(tmp_path, low, high, f"topAround(picture, 0, {time_s}, {length_s})") == top


def test_a_view_that_is_finer_than_the_picture_says_so(shown):
    """A step for each column is drawn, and its length told; of everything, a line is drawn."""
    one = shown(record_of(muscle(240)))
    told = one.page.locator(".figure .hint:text('coarser')")
    assert told.is_hidden()

    one.page.focus(".frame")
    for _ in range(6):
        one.page.keyboard.press("+")

    assert "a step spans what lies within 0.012 s." in told.text_content()
    assert told.is_visible()
    signal = "document.querySelector('.plot').data.filter((each) => each.line?.simplify === false)"
    assert one.page.evaluate(f"{signal}.map(({{ fill }}) => fill)") == ["toself"]


def test_long_names_of_channels_do_not_widen_a_page(shown):
    """The list of channels is no wider than the screen of a phone."""
    long = with_recording(record_of(muscle(20)), channels=("x" * 300,))

    one = shown(long.model_copy(update={"further_channels": (long,)}))
    one.page.set_viewport_size(PHONE)

    assert one.page.locator("#channel option").count() == 2
    assert one.page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_no_number_of_a_table_is_cut_on_a_desk(shown):
    """The last digits of a count would be missed, and nothing shows that there is more."""
    sizes = Percentiles(p5=0.0022, p25=0.0069, p50=0.0098, p75=0.0221, p95=0.0364, count=13363)
    one = shown(record_of(muscle(20)).model_copy(update={"amplitudes": {"fasciculation": sizes}}))

    hidden = "(all) => all.map((each) => each.scrollWidth - each.clientWidth)"
    assert max(one.page.locator(".columns .scroller").evaluate_all(hidden)) <= 0


def test_colours_that_tell_answers_apart_are_kept_when_others_are_forced(browser, tmp_path):
    """The bar of shares would be a row of empty boxes."""
    path = tmp_path / "record.html"
    path.write_text(report_page(record_of(muscle(20))))
    context = browser.new_context(viewport=DESK, offline=True, forced_colors="active")
    one = Opened(context.new_page(), path.as_uri())
    one.page.wait_for_selector(".plot .main-svg")

    colour = "(all) => all.map((each) => getComputedStyle(each).backgroundColor)"
    bar = one.page.locator(".bar span:not(.label-undecided)").evaluate_all(colour)
    assert len(bar) == len(set(bar)) == 3
    context.close()
