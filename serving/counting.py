"""Counting: how anything here gets into ``/metrics``."""

from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client import Counter

_MAKING = Lock()


def counter(name: str, told: str, *labels: str) -> "Counter":
    """Return the counter of a name, made when it is first asked for."""
    with _MAKING:  # of two threads that count at once, one makes the counter
        return _made(name, told, *labels)


@cache
def _made(name: str, told: str, *labels: str) -> "Counter":
    # When the first is counted: BentoML says where counts are kept after it has imported us.
    from prometheus_client import Counter  # noqa: PLC0415

    return Counter(name, told, labels)
