"""Image requirements: exact versions of what an image of the service installs, and nothing more.

``python -m training.image_requirements`` writes ``serving/requirements.txt``: the dependencies of
the serving floor with all that they need in turn, as constraints.txt pins them.
"""

import re
import tomllib
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_ROOT = Path(__file__).parents[1]
REQUIREMENTS = _ROOT / "serving" / "requirements.txt"


def image_requirements() -> str:
    """Return a line for each package, as it is pinned for the environment that is in use."""
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pins = _pins((_ROOT / "constraints.txt").read_text(encoding="utf-8"))
    names = _needed([Requirement(line) for line in project["dependencies"]])
    lines = [pins[name] for name in sorted(names)]
    return "\n".join(("# What an image of the service installs; see constraints.txt.", *lines, ""))


def _pins(text: str) -> dict[str, str]:
    lines = [line.strip() for line in text.splitlines()]
    kept = [line for line in lines if re.match(r"[\w.-]+==", line)]
    return {canonicalize_name(line.partition("==")[0]): line for line in kept}


def _needed(wanted: list[Requirement]) -> set[str]:
    """Return the names of packages and of everything that they need here."""
    found: set[str] = set()
    seen: set[tuple[str, str]] = set()
    while wanted:
        requirement = wanted.pop()
        name = canonicalize_name(requirement.name)
        for extra in ("", *requirement.extras):
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            found.add(name)
            inner = [Requirement(line) for line in requires(name) or ()]
            wanted += [r for r in inner if r.marker is None or r.marker.evaluate({"extra": extra})]
    return found


if __name__ == "__main__":
    REQUIREMENTS.write_text(image_requirements(), encoding="utf-8")
