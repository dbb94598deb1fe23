"""The picture of the page in the README: ``python docs/picture.py`` while ``make up`` runs.

One of the simulated examples of the page, as the service that is asked shows it.
"""

import io
import os
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

PICTURE = Path(__file__).parent / "page.png"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
EXAMPLE = "Twitches of the calf"
HEIGHT = 1530
"""Down to the tables of how often and how long."""


def main(server: str = "http://127.0.0.1:3000") -> None:
    """Write the picture, in few colours: a README should open quickly."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": HEIGHT})
        page.goto(f"{server}/app")
        page.get_by_role("button", name=EXAMPLE).click()
        page.wait_for_selector(".plot .main-svg")
        page.wait_for_function("document.fonts.status === 'loaded'")
        page.wait_for_timeout(1000)  # the figure is drawn in steps
        page.evaluate("window.scrollTo(0, 0)")
        drawn = Image.open(io.BytesIO(page.screenshot()))
        browser.close()
    drawn.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
        PICTURE, optimize=True
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
