"""Workers beside the service: stopped politely or killed, their children go with them and their jobs to others."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import psutil
import pytest
from made_processes import Running, waited

from ew4all.api.jobs.child import NICENESS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLAYED = {"scenario": "valley-flash-flood", "replicas": 12}

pytestmark = pytest.mark.slow


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Running]:
    made = Running(tmp_path, workers=1, processes_per_job=2)
    try:
        yield made
    finally:
        made.stop()


def _family(service: Running) -> list[psutil.Process]:
    """The child of a job and the processes that play its replicas."""

    def found() -> list[psutil.Process]:
        family = [p for c in service.children() for p in (c, *c.children(recursive=True))]
        return family if len(family) >= 3 else []

    family: list[psutil.Process] = waited(found)
    return family


def _are_gone(family: list[psutil.Process]) -> bool:
    return not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in family)


def test_a_worker_that_is_told_to_end_gives_its_job_back(service: Running) -> None:
    job = service.submit("run", PLAYED).json()["jobID"]
    family = _family(service)
    worker = service.processes["worker0"]
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(15.0) == 0
    assert _are_gone(family)
    status = service.client.get(f"/jobs/{job}").json()
    assert (status["status"], status["progress"]) == ("accepted", 0)
    assert "stopped" in status["message"]
    assert list((service.data / "work" / job).iterdir()) == []
    assert list((service.data / "workers").iterdir()) == []
    service.start("worker1")
    assert service.ended(job, 120.0)["status"] == "successful"


def test_a_worker_that_is_killed_leaves_no_process_and_another_takes_over(service: Running) -> None:
    job = service.submit("run", PLAYED).json()["jobID"]
    family = _family(service)
    service.start("worker1")
    waited(lambda: len(list((service.data / "workers").iterdir())) == 2)
    service.kill("worker0")
    waited(lambda: _are_gone(family), 5.0)
    assert service.ended(job, 120.0)["status"] == "successful"
    waited(lambda: not any((service.data / "work").iterdir()))


def test_what_computes_leaves_processors_to_what_answers(service: Running) -> None:
    service.submit("run", PLAYED)
    own = service.processes["worker0"]
    usual = psutil.Process(own.pid).nice()
    waited(lambda: {p.nice() for p in _family(service)} == {min(19, usual + NICENESS)})


def test_a_dismissed_job_ends_with_all_its_processes(service: Running) -> None:
    job = service.submit("run", PLAYED).json()["jobID"]
    family = _family(service)
    assert service.client.delete(f"/jobs/{job}").json()["status"] == "dismissed"
    waited(lambda: _are_gone(family), 10.0)
    queued = [service.submit("run", PLAYED).json()["jobID"] for _ in range(2)]
    for one in queued:
        service.client.delete(f"/jobs/{one}")
    waited(lambda: not service.children(), 20.0)
    assert {service.client.get(f"/jobs/{j}").json()["status"] for j in queued} == {"dismissed"}
