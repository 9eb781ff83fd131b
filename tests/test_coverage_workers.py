"""Jobs on threads and in other processes: results in order, and no more jobs taken than are needed."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from operator import mul
from typing import Any

import pytest

from ew4all.coverage.workers import BATCH, in_order


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_results_come_in_the_order_of_the_jobs(workers: int) -> None:
    jobs = [(k,) for k in range(100)]
    assert list(in_order(lambda k: k * k, jobs, workers)) == [k * k for k in range(100)]
    assert list(in_order(lambda k: k, [], workers)) == []


def test_jobs_do_not_pile_up_behind_a_slow_reader() -> None:
    taken = []

    def jobs() -> Any:
        for k in range(1000):
            taken.append(k)
            yield (k,)

    results = in_order(lambda k: k, jobs(), 2)
    assert next(results) == 0
    assert len(taken) < 20
    results.close()


def test_an_executor_of_threads_stays_open() -> None:
    with ThreadPoolExecutor(2) as executor:
        for _ in range(2):
            assert list(in_order(mul, [(k, 2) for k in range(50)], executor)) == [
                2 * k for k in range(50)
            ]


@pytest.mark.slow
def test_other_processes_get_batches() -> None:
    jobs = [(k, 3) for k in range(3 * BATCH + 5)]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        assert list(in_order(mul, jobs, executor)) == [3 * k for k, _ in jobs]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_job_that_fails_stops_the_rest(workers: int) -> None:
    done = []

    def work(k: int) -> int:
        if k == 3:
            msg = "no fourth"
            raise ValueError(msg)
        done.append(k)
        return k

    results = in_order(work, ((k,) for k in range(1000)), workers)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="no fourth"):
        next(results)
    assert len(done) < 50
