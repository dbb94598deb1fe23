"""Threads: work on several cores gives what work on one gives, and is not far ahead."""

from collections.abc import Iterator

import pytest

from serving import threads
from serving.threads import in_order


@pytest.fixture(params=[1, 2, 5])
def n_cores(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    number: int = request.param
    monkeypatch.setattr(threads, "cores", lambda: number)
    return number


@pytest.mark.usefixtures("n_cores")
@pytest.mark.parametrize("n", [0, 1, 3, 50])
def test_results_come_in_the_order_of_what_was_given(n: int) -> None:
    assert list(in_order(lambda x: x * x, range(n))) == [x * x for x in range(n)]


def test_no_more_is_taken_than_there_are_cores_for(n_cores: int) -> None:
    taken = 0

    def numbers() -> Iterator[int]:
        nonlocal taken
        for number in range(100):
            taken += 1
            yield number

    for done, _ in enumerate(in_order(abs, numbers()), start=1):
        assert taken <= min(done + n_cores, 100)


@pytest.mark.usefixtures("n_cores")
def test_an_error_of_the_work_reaches_the_caller() -> None:
    with pytest.raises(ZeroDivisionError):
        list(in_order(lambda x: 1 // x, [2, 1, 0, 3]))
