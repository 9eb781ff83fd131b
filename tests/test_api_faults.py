"""A disk that is full or cannot be written, a database that is restarted: a clear error, and then it goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from made_postgres import make_postgres
from made_processes import Running, waited
from made_service import REACH
from sqlalchemy.exc import DataError, OperationalError

from ew4all.api.problems import problem_of_database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONG = {"scenario": "valley-flash-flood", "replicas": 40}


@pytest.mark.parametrize(
    ("kind", "said", "status", "code"),
    [
        (OperationalError, "database or disk is full", 507, "storage-failed"),
        (OperationalError, "attempt to write a readonly database", 507, "storage-failed"),
        (OperationalError, "connection refused", 503, "store-unavailable"),
        (DataError, "value too long", 500, "internal"),
    ],
)
def test_errors_of_a_database_are_told_apart(kind: Any, said: str, status: int, code: str) -> None:
    found = problem_of_database(kind("SELECT 1", {}, Exception(said)))
    assert (found.status, found.code) == (status, code)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(made, capture_output=True, check=False).returncode:
        pytest.skip("a disk for the test cannot be mounted: it needs root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.slow
def test_a_full_disk_is_told_and_got_over(disk: Path) -> None:
    service = Running(disk, workers=1)
    try:
        running = service.submit("run", LONG).json()["jobID"]
        waited(service.children)
        _fill(disk / "ballast")
        answer = service.submit("reach", REACH)
        # What is written in a full disk may still fit into pages that are there.
        refused = answer.status_code == 507
        if refused:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["code"] == "storage-failed"
        else:
            assert answer.status_code == 201
        waited(lambda: not service.children(), 60.0)
        (disk / "ballast").unlink()
        status = service.ended(running)
        assert status["status"] == "failed"
        assert "No space left" in status["message"]
        if not refused:
            assert service.ended(answer.json()["jobID"])["status"] in {"failed", "successful"}
        assert service.ended(service.submit("reach", REACH).json()["jobID"])["status"] == "successful"  # fmt: skip
    finally:
        service.stop()


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        size = 1 << 20
        while size >= 512:
            try:
                file.write(b"\0" * size)
            except OSError:
                size //= 2


@pytest.mark.slow
def test_a_disk_that_cannot_be_written_is_one_sentence(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    command = [sys.executable, "-m", "ew4all", "serve", "--data-dir", str(disk / "data")]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode in {1, 2}
    assert "cannot be written (Read-only file system)" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.slow
def test_a_database_that_is_restarted_costs_no_job(tmp_path: Path) -> None:
    postgres = make_postgres()
    try:
        service = Running(tmp_path, workers=1, database_url=postgres.database("ew4all"))
        try:
            running = service.submit("run", LONG).json()["jobID"]
            waiting = service.submit("reach", REACH).json()["jobID"]
            waited(service.children)
            postgres.stop()
            for answer in (service.client.get(f"/jobs/{running}"), service.submit("reach", REACH)):
                assert (answer.status_code, answer.json()["code"]) == (503, "store-unavailable")
                assert answer.headers["retry-after"] == "5"
            assert service.client.get("/readyz").status_code == 503
            assert service.client.get("/healthz").status_code == 200
            waited(
                lambda: not service.children(), 120.0
            )  # it ends while nobody can write that down
            postgres.start()
            for job in (running, waiting):
                status = service.ended(job, 120.0)
                assert status["status"] == "successful", status
            assert service.client.get("/readyz").status_code == 200
        finally:
            service.stop()
    finally:
        postgres.remove()
