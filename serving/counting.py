"""Counting: how anything here gets into ``/metrics``."""

from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client import Counter, Gauge

_MAKING = Lock()


def counter(name: str, told: str, *labels: str) -> "Counter":
    """Return the counter of a name, made when it is first asked for."""
    with _MAKING:  # of two threads that count at once, one makes the counter
        return _counter(name, told, *labels)


def gauge(name: str, told: str, *labels: str) -> "Gauge":
    """Return the gauge of a name, likewise; of several processes the last that set it counts."""
    with _MAKING:
        return _gauge(name, told, *labels)


# Imported when the first is made: BentoML says where counts are kept after it has imported us.


@cache
def _counter(name: str, told: str, *labels: str) -> "Counter":
    from prometheus_client import Counter  # noqa: PLC0415

    return Counter(name, told, labels)


@cache
def _gauge(name: str, told: str, *labels: str) -> "Gauge":
    from prometheus_client import Gauge  # noqa: PLC0415

    return Gauge(name, told, labels, multiprocess_mode="mostrecent")
