"""Page of a queue: the windows to look at, in the order in which they should be labelled."""

from collections.abc import Sequence
from html import escape

from serving.card import DISCLAIMER
from training.datasets.labels_table import LABELS
from training.queue.choice import DISAGREE, OTHERWISE, UNLIKE, UNSURE
from training.queue.windows import Judged

_TOLD = {
    DISAGREE: "champion and challenger answer differently",
    UNSURE: "several classes fit",
    UNLIKE: "nothing like it was trained on",
    OTHERWISE: "a person has called it what the model rules out",
}

_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.35rem; }
h2 { margin: 2.2rem 0 .3rem; font-size: 1.05rem; overflow-wrap: anywhere; }
img { max-width: 100%; height: auto; background: white; } p, details { margin: .3rem 0; }
"""


def page(chosen: Sequence[Judged], pictures: Sequence[str]) -> str:
    """Return the page; ``pictures`` are addresses relative to it.

    What has been said of a window is folded away: a label should not follow it.
    """
    parts = [
        _window(i, one, at) for i, (one, at) in enumerate(zip(chosen, pictures, strict=True), 1)
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{len(chosen)} windows to label</title>"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><main>\n"
        f"<h1>{len(chosen)} windows to label</h1>\n{_HOW}\n"
        + "\n".join(parts)
        + "\n</main></body></html>\n"
    )


_HOW = (
    "<p>Write what each window shows into the column <code>label</code> of"
    f" <code>queue.csv</code>: {', '.join(LABELS)}. <em>unclear</em> means that something is there,"
    " but this sensor does not show what. Leave the cell empty to decide later. Write whose window"
    " it is into <code>subject</code>, as a pseudonym, the same for all windows of a person. Then"
    " name this folder in <code>data.train</code> of the configuration. What models have said is"
    " folded away, and in <code>answers.csv</code>: look at it after the signal.</p>"
    f"<p>{DISCLAIMER.capitalize()}.</p>"
)


def _window(number: int, one: Judged, picture: str) -> str:
    place = one.place
    said = [f"The model: {one.answer} (" + ", ".join(_likely(one)) + ")."]
    if one.challenger:
        said.append(f"The challenger: {one.challenger}.")
    if place.label:
        said.append(f"A person: {place.label}.")
    whys = "; ".join(_TOLD[why] for why in one.worth)
    return (
        f"<section><h2>{number}. {escape(place.told)}</h2>"
        f'<img src="{escape(picture)}" alt="Signal of window {number}, and its spectrum"'
        ' loading="lazy">'
        f"<p>Why: {whys}.</p>"
        f"<details><summary>What has been said of it</summary>{escape(' '.join(said))}</details>"
        "</section>"
    )


def _likely(one: Judged) -> list[str]:
    ordered = sorted(one.chances.items(), key=lambda each: -each[1])
    return [f"{name} {100 * p:.0f} %" for name, p in ordered if p >= 0.01]
