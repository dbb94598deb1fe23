"""The page as files: what is sent, what a browser is told about it, and a record as one file."""

import base64
import gzip
import hashlib
import json
import re
import warnings

import pytest

from serving.analysis.report import RecordingReport
from serving.page.report import embedded, page
from serving.page.site import app
from serving.page.static_files import HERE, files, text
from serving.recordings import SignalMapping, read_recording

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette would rather have a successor of httpx
    from starlette.testclient import TestClient

EXAMPLES = json.loads((HERE / "examples" / "examples.json").read_text())
MOST_BYTES_OF_EXAMPLES = 300_000
OWN = sorted(path.name for path in (HERE / "static").iterdir())


@pytest.fixture(scope="module")
def site():
    """The page without the service around it."""
    return TestClient(app)


@pytest.fixture(scope="module")
def record():
    """A record with something of everything."""
    from browser import muscle, record_of  # noqa: PLC0415  (the checks of texts need none)

    return record_of(muscle(60))


@pytest.mark.parametrize("address", ["/app", *(f"/app/{name}" for name in files())])
def test_a_browser_is_told_to_ask_nobody_else(site, address):
    """Every file comes with the policy, and is what its type says."""
    response = site.get(address)

    assert response.status_code == 200
    policy = response.headers["content-security-policy"].split("; ")
    assert "default-src 'self'" in policy
    assert not [part for part in policy if part.startswith("script-src")]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"


def test_all_that_the_page_asks_for_is_there():
    """Addresses in the page, and imports of its modules, lead to files."""
    wanted = set(re.findall(r'(?:href|src)="app/([^"]+)"', text("app.html")))
    for name in [name for name in OWN if name.endswith(".js")]:
        wanted |= set(re.findall(r'from "\./([^"]+)"', text(name)))
    wanted |= {example["file"] for example in EXAMPLES}

    assert wanted <= set(files())


@pytest.mark.parametrize("name", OWN)
def test_no_file_names_another_place(name):
    """Nothing is loaded from elsewhere; the namespace of SVG is a name, not an address."""
    addresses = re.findall(r"(?:https?:)?//[\w.-]+\.\w+[^\s\"']*", text(name))

    assert set(addresses) <= {"http://www.w3.org/2000/svg"}


@pytest.mark.parametrize(
    "address",
    ["/app/..%2Fsite.py", "/app/site.py", "/app/app.html", "/app/static/app.js", "/app/x.js"],
)
def test_no_other_file_can_be_had(site, address):
    """What is not listed is not there, wherever it lies."""
    assert site.get(address).status_code == 404


def test_a_file_is_the_same_compressed_or_not(site):
    """Those who cannot decompress get the plain bytes."""
    plain = site.get("/app/app.js", headers={"accept-encoding": "identity"})
    compressed = site.get("/app/app.js")

    assert "content-encoding" not in plain.headers
    assert compressed.headers["content-encoding"] == "gzip"
    assert plain.content == compressed.content == (HERE / "static" / "app.js").read_bytes()


def test_what_a_browser_has_is_not_sent_again(site):
    """A file that has not changed is confirmed; another version is sent."""
    mark = site.get("/app/theme.css").headers["etag"]

    assert site.get("/app/theme.css", headers={"if-none-match": mark}).status_code == 304
    assert site.get("/app/theme.css", headers={"if-none-match": '"other"'}).status_code == 200


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["file"])
def test_an_example_is_short_and_can_be_read_as_the_page_says(site, example, tmp_path):
    """What the page fills into its form fits the file, whose name says that it is simulated."""
    path = tmp_path / example["file"]
    path.write_bytes(site.get(f"/app/{example['file']}").content)
    known = example["known"]
    mapping = SignalMapping(
        modality=known["modality"],
        unit=known["unit"],
        sampling_rate_hz=known.get("rate"),
        columns=tuple(known["chosen"]),
    )

    recording = read_recording(path, mapping)

    assert path.name.startswith("simulated-")
    assert 30 <= recording.duration_s <= 120
    assert list(recording.channel_names) == known["columns"]


def test_the_examples_are_small():
    """Together they weigh less than a photograph."""
    folder = HERE / "examples"

    assert sum(path.stat().st_size for path in folder.iterdir()) <= MOST_BYTES_OF_EXAMPLES
    for path in folder.glob("*.gz"):
        assert len(gzip.decompress(path.read_bytes())) > path.stat().st_size


def test_a_record_as_a_page_holds_the_record(record):
    """What the page is drawn from is the record, nothing rounded and nothing left out."""
    data = re.search(r'id="data">(.*?)</script>', page(record), re.DOTALL)[1]

    assert RecordingReport.model_validate_json(data) == record


def test_a_record_as_a_page_asks_nobody_for_anything(record):
    """It has no address to load from, and its policy lets no more than its own scripts run."""
    html = page(record)

    head = html.partition("<style>")[0]
    assert "default-src 'none'" in head
    assert not re.search(r"<(?:link|img|iframe)|<script[^>]+src=", html)
    scripts = re.findall(r"<script(?: type=\"module\")?>(.*?)</script>", html, re.DOTALL)
    assert len(scripts) == 2
    for script in scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in head


@pytest.mark.parametrize(
    "name", ["</script><script>alert(1)</script>", "<!--<script>", "&lt;b&gt;", '"><b>', "{data}"]
)
def test_a_name_cannot_break_out_of_a_page(record, name):
    """A channel may be called anything: it stays text."""
    named = record.model_copy(
        update={"recording": record.recording.model_copy(update={"channels": (name,)})}
    )

    html = page(named)

    assert html.count("<script") == page(record).count("<script")
    data = re.search(r'id="data">(.*?)</script>', html, re.DOTALL)[1]
    assert json.loads(data)["recording"]["channels"] == [name]
    assert "<b>" not in html


def test_embedded_json_means_the_same():
    """Escapes change the text, not what it says."""
    content = {"<&>": "</script> & <!--"}

    written = embedded(json.dumps(content))

    assert not set("<>&") & set(written)
    assert json.loads(written) == content


def test_the_page_says_what_it_is_not(record):
    """The sentence stands on the page and in every file that is made of a record."""
    for html in (text("app.html"), page(record)):
        words = " ".join(html.split())
        assert "Research software, not a medical device" in words
        assert "It makes no diagnosis" in words
