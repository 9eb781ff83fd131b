"""Jobs on threads, processes or a cluster, with results in the order of the jobs."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

THREADS = "ew4all"
"""How the names of our own threads begin, which end with their work."""

BATCH = 16
"""Jobs that go to another process together."""

T = TypeVar("T")


def in_order(work: Callable[..., T], jobs: Iterable[Any], workers: int | Executor) -> Iterator[T]:
    """Yield ``work(*job)`` in the order of the jobs, a few of them at a time."""
    if isinstance(workers, int) and workers <= 1:
        for job in jobs:
            yield work(*job)
        return
    # Jobs for another process travel in batches: what they share is then pickled once for all of them.
    size = 1 if isinstance(workers, int) else BATCH
    with _executor(workers) as executor:
        ahead = 4 * (workers if isinstance(workers, int) else os.cpu_count() or 1)
        waiting = _batches(jobs, size)
        # A bounded window: results come in order and a huge raster does not pile up behind a slow tile.
        running: deque[Future[list[T]]] = deque(
            executor.submit(_each, work, batch) for batch in islice(waiting, ahead)
        )
        try:
            while running:
                yield from running.popleft().result()
                running.extend(executor.submit(_each, work, batch) for batch in islice(waiting, 1))
        finally:
            for future in running:
                future.cancel()


def _batches(jobs: Iterable[Any], size: int) -> Iterator[list[Any]]:
    rest = iter(jobs)
    while batch := list(islice(rest, size)):
        yield batch


def _each(work: Callable[..., T], batch: Sequence[Any]) -> list[T]:
    return [work(*job) for job in batch]


@contextmanager
def _executor(workers: int | Executor) -> Iterator[Executor]:
    context = (
        ThreadPoolExecutor(workers, THREADS) if isinstance(workers, int) else nullcontext(workers)
    )
    with context as executor:
        yield executor
