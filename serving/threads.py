"""Threads: where several help, and where one is best.

Features and events of a long recording are computed on every core that the process may use. Linear
algebra of matrices as small as ours is quickest on the thread that asks for it: left to itself, a
BLAS wakes a thread on every core for each product and lets them wait for one another. The record of
a day of a wrist then costs twice the processor's time, and more of a machine's that others use too.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import cache
from typing import TypeVar

from threadpoolctl import ThreadpoolController

_Given = TypeVar("_Given")
_Made = TypeVar("_Made")


@cache
def _libraries() -> ThreadpoolController:
    """Return the libraries of linear algebra that are loaded; finding them takes a moment."""
    return ThreadpoolController()


def single_threaded() -> AbstractContextManager[object]:
    """Return a context in which linear algebra stays on one thread, in the whole process."""
    context: AbstractContextManager[object] = _libraries().limit(limits=1, user_api="blas")
    return context


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_order(work: Callable[[_Given], _Made], given: Iterable[_Given]) -> Iterator[_Made]:
    """Yield what work makes of each that is given, in order, at work on every core.

    What is given is taken on the caller's thread, and never much ahead: it may be long.
    """
    n_cores = cores()
    if n_cores == 1:
        yield from map(work, given)
        return
    with ThreadPoolExecutor(n_cores) as pool:
        started: deque[Future[_Made]] = deque()
        for each in given:
            started.append(pool.submit(work, each))
            if len(started) > n_cores:
                yield started.popleft().result()
        while started:
            yield started.popleft().result()
