"""Columns as the page finds and sends them: they are where the service counts them."""

import json
import shutil
import subprocess

import numpy as np
import pytest
from browser import muscle
from opened_page import DESK, Opened, check

from features import Recording
from serving.formats.dialect import sniff
from serving.page.static_files import HERE
from serving.recordings import write_recording

NODE = shutil.which("node")
ROWS = "1.5{0}-2.5{0}3.5\n" * 4


def found(folder, path):
    """Return what the page finds in a file, by Node."""
    for name in ("reading", "delimited"):
        text = (HERE / "static" / f"{name}.js").read_text().replace("delimited.js", "delimited.mjs")
        # By this ending every version of Node knows it for a module.
        (folder / f"{name}.mjs").write_text(text)
    (folder / "ask.mjs").write_text(
        "import { readFileSync } from 'node:fs';"
        "import { look } from './reading.mjs';"
        f"const bytes = readFileSync({json.dumps(str(path))});"
        f"const file = Object.assign(new Blob([bytes]), {{ name: {json.dumps(path.name)} }});"
        "console.log(JSON.stringify(await look(file)))"
    )
    done = subprocess.run(
        [NODE, "ask.mjs"], cwd=folder, capture_output=True, text=True, timeout=60, check=True
    )
    return json.loads(done.stdout)


@pytest.mark.skipif(NODE is None, reason="there is no Node on this machine")
@pytest.mark.parametrize(
    "content",
    [
        '"EMG, left",b,c\n' + ROWS.format(","),
        '"say ""hi""";"a;b";c\n' + ROWS.format(";"),
        '# by hand\n\n"two\nlines",b,b\n' + ROWS.format(","),
        "sep=|\nx|y|z\n" + ROWS.format("|"),
        "x y z\n" + ROWS.format(" "),
        "x\ty z\tx\n" + ROWS.format("\t"),
        ",0,1\n0,1.5,2.5\n1,1.5,2.5\n2,1,2\n3,1,2\n",
        'x, "y","z"w\r\n' + ROWS.format(","),
        "\ufeffUhr,x,y\n" + "früh,1,2\n" * 4,
        "acc x, g;acc y, g;acc z, g\n" + "0,5;-0,25;1,75\n" * 4,
        "acc x, g\tacc y, g\n" + "0.5\t-0.25\n" * 4,
        "x; g; filtered,y; g; filtered,z\n" + ROWS.format(","),
        "0,1,2\n" + ROWS.format(","),
        "acc x\n" + "0,5\n-0,25\n" * 4,
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_the_page_counts_columns_as_the_service_does(tmp_path, content, encoding):
    """Quotes, separators and lines within names, remarks and encodings move no column."""
    path = tmp_path / "table.csv"
    path.write_bytes(content.removeprefix("\ufeff" * (encoding != "utf-8")).encode(encoding))

    columns = found(tmp_path, path)["columns"]

    names = sniff(path).names
    assert [names[column["place"]] for column in columns] == [column["name"] for column in columns]
    assert len(columns) == len(names) - ("früh" in content)


@pytest.mark.skipif(NODE is None, reason="there is no Node on this machine")
@pytest.mark.parametrize(
    ("header", "time", "modality"),
    [
        ("Zeit [s];acc_x [g];acc_y [g]", "Zeit [s]", "accelerometer"),
        ("Uhrzeit;wert [s];EMG (mV)", "Uhrzeit", "emg"),
        ("temps;n (1);gyr [deg/s]", "temps", "gyroscope"),
    ],
)
def test_the_unit_is_that_of_any_column(tmp_path, header, time, modality):
    """A bracket that holds no unit of a signal hides none that does."""
    path = tmp_path / "table.csv"
    path.write_text(header + "\n" + "".join(f"{k / 50};1;2\n" for k in range(20)))

    told = found(tmp_path, path)

    assert told["timeColumn"] == {"name": time, "place": 0}
    assert told["modality"] == modality


def edf(path):
    """Write two channels of one name."""
    one = muscle(12)
    samples = [one.samples[0], one.samples[0][::-1]]
    names = ("EMG", "EMG2")
    write_recording(
        Recording(samples, sampling_rate_hz=1000, modality="emg", unit="uV", channel_names=names),
        path,
    )
    path.write_bytes(path.read_bytes().replace(b"EMG2", b"EMG ", 1))


def csv(path):
    """Write a time and two channels, with names that are no names elsewhere."""
    samples = muscle(12).samples[0]
    rows = zip(np.arange(len(samples)) / 1000, samples, samples[::-1], strict=True)
    lines = ",".join(f"{cell:.4f}" for row in rows for cell in row).split(",")
    body = "\n".join(",".join(lines[k : k + 3]) for k in range(0, len(lines), 3))
    path.write_text('time_s,"EMG, ""1""",1\n' + body)


@pytest.mark.parametrize(
    ("write", "suffix", "names"), [(edf, "edf", ["EMG", "EMG"]), (csv, "csv", ['EMG, "1"', "1"])]
)
def test_names_that_repeat_or_hold_commas_can_be_analysed(
    browser, address, tmp_path, write, suffix, names
):
    """Every channel has its record, and its own explanations, whatever it is called."""
    path = tmp_path / f"muscle.{suffix}"
    write(path)
    context = browser.new_context(viewport=DESK)
    one = Opened(context.new_page(), f"{address}/app")

    one.choose(path)
    one.page.check("input[value=emg]")
    one.page.select_option("#unit", "uV")
    for box in one.page.locator("#columns-choice input").all():
        box.check()
    one.analyse()

    assert one.page.is_hidden("#error"), one.page.text_content("#error")
    shown = one.page.locator("#channel option").all_text_contents()
    assert [text.split(" (channel")[0] for text in shown] == names
    assert len(set(shown)) == 2
    one.page.select_option("#channel", index=1)
    one.page.wait_for_selector(".plot .main-svg")
    one.page.focus(".frame")
    one.page.keyboard.press("Enter")
    one.page.wait_for_selector(".closer table")
    check(one, address)
    context.close()
