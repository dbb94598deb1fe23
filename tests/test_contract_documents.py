"""Documents: what they point at is there."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
DOCUMENTS = [
    "README.md",
    *(str(p.relative_to(REPOSITORY)) for p in (REPOSITORY / "docs").glob("*.md")),
]
ARRANGEMENT = (REPOSITORY / "docs" / "architecture.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_and_picture_of_a_document_is_there(document):
    """A reader who follows a link within the project finds the file."""
    path = REPOSITORY / document
    links = re.findall(r"\]\(([^)]+)\)", path.read_text(encoding="utf-8"))
    within = [link for link in links if not re.match(r"[a-z]+:", link)]
    assert [link for link in within if not (path.parent / link).exists()] == []


def test_every_file_that_the_map_names_is_there():
    """A module that is renamed takes its place on the map along."""
    named = set(re.findall(r"`((?:[a-z]+/)+[^`<>\s]*)`", ARRANGEMENT))
    assert len(named) > 80
    assert [name for name in sorted(named) if not list(REPOSITORY.glob(name.rstrip("/")))] == []
