"""Where jobs run: threads, processes on this machine, or a Dask cluster, all of them as `concurrent.futures` has it.

The one seam for ``--workers N`` and ``--cluster ADDRESS``. Whatever it opens, results are the same to the last bit: a job's
draws belong to its number, and sums are made in the order of numbers.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from concurrent.futures import FIRST_COMPLETED, Executor, ProcessPoolExecutor, wait
from contextlib import contextmanager
from importlib import import_module
from itertools import islice
from multiprocessing.connection import wait as wait_for_any
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ew4all.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

__all__ = ["LOCAL", "as_finished", "opened"]

LOCAL: Final = "local:"
"""``local:4`` as the address of a cluster starts one of four processes on this machine."""

AHEAD: Final = 3
"""Jobs of each worker that are handed over before their results are taken."""

_THREADS: Final = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")

T = TypeVar("T")


@contextmanager
def opened(
    workers: int | None = None, cluster: str | None = None, *, processes: bool = False
) -> Iterator[int | Executor | None]:
    """Give what `workers=` takes everywhere: a number of threads, or an executor.

    Parameters
    ----------
    workers
        How many; None leaves it to whoever takes it.
    cluster
        Address of a Dask scheduler, or ``local:N``.
    processes
        Whether `workers` above 1 are processes (spawned, so that they inherit nothing) in the place of threads.

    Raises
    ------
    OptionError
        Both were given, Dask is not installed, no scheduler answers, or the address makes no sense.
    """
    if cluster is not None:
        if workers is not None:
            msg = "--workers and --cluster exclude each other: a cluster has its own workers"
            raise OptionError(msg)
        with _cluster(cluster) as executor:
            yield executor
    elif processes and workers is not None and workers > 1:
        spawn = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(workers, mp_context=spawn, initializer=_begin_worker)
        try:
            yield pool
        finally:
            pool.shutdown(cancel_futures=True)
    else:
        yield workers


def as_finished(
    work: Callable[..., T], jobs: Iterable[tuple[Any, ...]], workers: int | Executor | None
) -> Iterator[tuple[tuple[Any, ...], T]]:
    """Yield each job with ``work(*job)``, as soon as it is done: whoever saves results loses none that is finished.

    A number of workers in the place of an executor plays one after the other in this thread.
    """
    if not isinstance(workers, Executor):
        for job in jobs:
            yield job, work(*job)
        return
    waiting = iter(jobs)
    running: dict[Future[T], tuple[Any, ...]] = {}

    def begin(count: int) -> None:
        running.update((workers.submit(work, *job), job) for job in islice(waiting, count))

    begin(AHEAD * _size_of(workers))
    try:
        while running:
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                job = running.pop(future)
                begin(1)
                yield job, future.result()
    finally:
        for future in running:
            future.cancel()


def _size_of(executor: Executor) -> int:
    size = getattr(executor, "_max_workers", None)
    return size if isinstance(size, int) else max(4, os.cpu_count() or 1)


@contextmanager
def _cluster(address: str) -> Iterator[Executor]:
    count = address.removeprefix(LOCAL) if address.startswith(LOCAL) else "1"
    if not count.isdecimal() or int(count) < 1:
        msg = (
            f"--cluster {address} names no number of processes; local:4 starts four on this machine"
        )
        raise OptionError(msg)
    try:
        distributed: Any = import_module("distributed")
    except ImportError as error:
        msg = "--cluster needs the package `distributed`, which is not installed: pip install 'ew4all[cluster]'"
        raise OptionError(msg) from error
    if not address.startswith(LOCAL):
        try:
            client = distributed.Client(address, timeout=10)
        except (OSError, ValueError) as error:
            msg = f"no Dask scheduler answers at {address}: {error}"
            raise OptionError(msg) from error
        with client:
            yield client.get_executor()
        return
    with (
        distributed.LocalCluster(
            n_workers=int(count), threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
        ) as started,
        distributed.Client(started) as client,
    ):  # fmt: skip
        yield client.get_executor()


def _begin_worker() -> None:
    """Leave Ctrl-C to the parent, and end with it: a parent that is killed cannot tell its workers.

    One thread each for linear algebra: two workers whose libraries wait for each other on two cores are no quicker than one.
    """
    for name in _THREADS:
        os.environ.setdefault(name, "1")  # before numpy is imported, with the first job
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait_for_any([sentinel])
    os._exit(1)
