"""Report: a record as one HTML file that holds everything it needs and asks nobody for anything."""

import base64
import hashlib
import re
from functools import cache
from html import escape
from typing import Final

from serving.analysis.report import RecordingReport
from serving.page.static_files import PLOTLY, text

_MODULES: Final = (
    "words.js",
    "elements.js",
    "theme.js",
    "picture.js",
    "layers.js",
    "axes.js",
    "print.js",
    "figure.js",
    "tables.js",
    "record.js",
    "report.js",
)
"""The page's modules that show a record, each after those that it imports."""

_STYLES: Final = ("theme.css", "page.css", "record.css", "print.css")

_IMPORT: Final = re.compile(r"^import\b.*?;$", re.MULTILINE | re.DOTALL)
_EXPORT: Final = re.compile(r"^export (?=async |class |const |function |let )", re.MULTILINE)

_TEMPLATE: Final = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="quaver">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<header class="top"><h1 class="name">quaver</h1></header>
<main>
<p class="disclaimer"><strong>{disclaimer}.</strong> It describes what was seen in a signal. It \
makes no diagnosis, and nothing it says is a reason to see a doctor or not to.</p>
<noscript><p class="error">This page draws its figure and tables with JavaScript, which is switched
off here.</p></noscript>
<div id="result"></div>
</main>
<script type="application/json" id="data">{data}</script>
<script>{plotly}</script>
<script type="module">{script}</script>
</body>
</html>
"""


def page(report: RecordingReport, file_name: str = "") -> str:
    """Return a record as an HTML page of its own, with figure and tables.

    The record should hold its trace; without it there is no signal in the figure. It is headed by
    the name of its file, where that is known.
    """
    info = report.recording
    what = f"{', '.join(info.channels)} ({info.modality})"
    title = f"Record of {file_name}: {what}" if file_name else f"Record of {what}"
    disclaimer = report.disclaimer[0].upper() + report.disclaimer[1:]
    plotly, script = text(PLOTLY), _script()
    style = "\n".join(text(name) for name in _STYLES)
    return _TEMPLATE.format(
        policy=_policy(plotly, script),
        title=escape(title),
        style=style,
        disclaimer=escape(disclaimer),
        data=embedded(report.model_dump_json()),
        plotly=plotly,
        script=script,
    )


def embedded(content: str) -> str:
    """Return JSON that no text in it can break out of the element it stands in."""
    # Within JSON these signs stand in texts alone, where an escape means the same.
    return content.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


@cache
def _script() -> str:
    """Return the modules as one: no import can be followed within a file."""
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", text(name))) for name in _MODULES)


def _policy(*scripts: str) -> str:
    """Return what a browser may run and ask for: these scripts, and nobody."""
    of_scripts = " ".join(_hash(script) for script in scripts)
    return (
        f"default-src 'none'; script-src {of_scripts}; style-src 'unsafe-inline';"
        " img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def _hash(content: str) -> str:
    digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode("ascii")
    return f"'sha256-{digest}'"
