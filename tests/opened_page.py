"""A page that a test has opened: what it has asked for, and what it has complained of."""

DESK = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}
SERIOUS = {"serious", "critical"}
PATIENCE_MS = 90_000
"""On a machine that is busy with other tests."""


class Opened:
    """A page, what it has asked for, and what it has complained of."""

    def __init__(self, page, url):
        self.page = page
        self.asked = []
        self.complaints = []
        page.set_default_timeout(PATIENCE_MS)
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._hear)
        page.goto(url)

    def _hear(self, message):
        # A refusal of the service's is no fault of the page's.
        if message.type == "error" and "status of 4" not in message.text:
            self.complaints.append(message.text)

    def choose(self, path):
        """Choose a file and wait until the page has looked at it."""
        self.page.set_input_files("#file", path)
        self.page.wait_for_selector("#about:not([hidden])")

    def analyse(self):
        """Ask for the record, and wait for it or for an error."""
        self._forget()
        self.page.click("#analyse")
        self.wait()

    def try_example(self, example):
        """Try an example and wait for its record."""
        if self.page.is_visible("text=Another recording"):
            self.page.click("text=Another recording")
        self._forget()
        self.page.click(f"text={example['title']}")
        self.wait()

    def wait(self):
        """Wait for a record or an error."""
        self.page.wait_for_selector(".plot .main-svg, #error:not([hidden])")

    def _forget(self):
        self.page.evaluate("document.getElementById('result').replaceChildren()")
        self.page.evaluate("document.getElementById('error').hidden = true")

    def ticks(self):
        """Return the first and the last time that the figure names."""
        self.page.wait_for_timeout(50)
        named = self.page.locator(".plot .xtick text").all_text_contents()
        return named[0], named[-1]

    def place(self, share, height=60):
        """Return where on the screen a share of the figure's time lies."""
        self.page.locator(".plot").scroll_into_view_if_needed()
        box = self.page.locator(".plot .nsewdrag").first.bounding_box()
        return box["x"] + share * box["width"], box["y"] + height

    def violations(self):
        """Return what axe finds serious or critical."""
        from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415

        found = Axe().run(self.page).response["violations"]
        return [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in SERIOUS]


def check(opened, address):
    """See that a page has asked this service only, and has no complaint."""
    assert opened.complaints == []
    assert all(url.startswith((address, "blob:", "data:")) for url in opened.asked)
