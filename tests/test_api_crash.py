"""SIGKILL of API, workers and children at any moment: no job is lost, none is done twice to another result."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import httpx
import psutil
import pytest
from made_postgres import make_postgres
from made_processes import Running, waited
from made_service import REACH
from sqlalchemy import NullPool, create_engine, select

from ew4all.api.store.tables import JOBS, LAYERS, WORKERS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# EW4ALL_SLOW_SAMPLE asks for a bounded sample of the slow tier, and gets one.
JOBS_SENT, KILLS = (24, 10) if os.environ.get("EW4ALL_SLOW_SAMPLE") else (200, 100)
VARIANTS = [
    {**REACH, "coverage": {"4g": f"demo:coverage_{g}_a.tif"}, "title": f"{g}"} for g in ("2g", "3g", "4g")
]  # fmt: skip


@pytest.fixture
def store(request: pytest.FixtureRequest) -> Iterator[str | None]:
    if request.param == "sqlite":
        yield None
        return
    postgres = make_postgres()
    try:
        yield postgres.database("ew4all")
    finally:
        postgres.remove()


@pytest.mark.slow
@pytest.mark.parametrize("store", ["sqlite", "postgresql"], indirect=True)
def test_a_hundred_kills_lose_and_double_nothing(tmp_path: Path, store: str | None) -> None:
    settings = {} if store is None else {"database_url": store}
    service = Running(tmp_path, workers=2, **settings)
    try:
        expected = _expected(service, store)
        accepted: dict[str, int] = {}
        sender = threading.Thread(target=_send, args=(service, accepted))
        began_s = time.monotonic()
        sender.start()
        kills = _kill(service, store, sender)
        sender.join()
        service.await_ready()
        waited(lambda: _unfinished(service, store) == 0, 900.0)
        print(f"{JOBS_SENT} jobs, {dict(kills)} kills, {time.monotonic() - began_s:.0f} s")  # noqa: T201
        assert kills.total() == KILLS
        _check(service, store, accepted, expected)
        waited(lambda: not service.children())
        waited(lambda: not any((service.data / "work").iterdir()))
        # uvicorn lets the signal end it once it has shut down.
        assert service.stop() == {"api": -signal.SIGTERM, "worker0": 0, "worker1": 0}
        with _engine(service, store).connect() as connection:
            assert connection.execute(select(WORKERS)).all() == []  # each has signed off
        assert "Traceback" not in service.log(), service.log()[-5000:]
    finally:
        service.stop()


def _expected(service: Running, store: str | None) -> list[Any]:
    """What each variant gives where nothing disturbs it."""
    jobs = [service.submit("reach", inputs).json()["jobID"] for inputs in VARIANTS]
    for job in jobs:
        assert service.ended(job)["status"] == "successful"
    with _engine(service, store).connect() as connection:
        return [_result(connection, job) for job in jobs]


def _send(service: Running, accepted: dict[str, int]) -> None:
    client = httpx.Client(base_url=service.url, timeout=30.0)
    while len(accepted) < JOBS_SENT:
        variant = len(accepted) % len(VARIANTS)
        with contextlib.suppress(httpx.TransportError):
            answer = client.post(
                "/processes/reach/execution",
                json={"inputs": VARIANTS[variant]},
                headers={"Prefer": "respond-async"},
            )
            if answer.status_code == 201:
                accepted[answer.json()["jobID"]] = variant
            time.sleep(0.5)  # so that kills fall while jobs are accepted, too
    client.close()


def _kill(service: Running, store: str | None, sender: threading.Thread) -> Counter[str]:
    kills: Counter[str] = Counter()
    draw = random.Random(7)
    while kills.total() < KILLS and (sender.is_alive() or _unfinished(service, store) > 0):
        time.sleep(draw.uniform(0.2, 3.0))
        # Spread over all jobs, however fast this machine does them.
        if kills.total() > 2 + _finished(service, store) * KILLS / JOBS_SENT:
            continue
        name = draw.choice(["api", "worker0", "worker1", "child", "child"])
        if name == "child":
            children = service.children()
            if not children:
                continue
            with contextlib.suppress(psutil.NoSuchProcess):
                draw.choice(children).kill()
                kills[name] += 1
            continue
        service.kill(name)
        kills[name] += 1
        service.start(name)
    return kills


def _engine(service: Running, store: str | None) -> Any:
    address = store or f"sqlite:///{service.data / 'ew4all.sqlite'}"
    return create_engine(address, poolclass=NullPool)


def _unfinished(service: Running, store: str | None) -> int:
    with _engine(service, store).connect() as connection:
        rows = connection.execute(select(JOBS.c.status)).scalars()
        return sum(status in {"accepted", "running"} for status in rows)


def _finished(service: Running, store: str | None) -> int:
    with _engine(service, store).connect() as connection:
        return len(connection.execute(select(JOBS.c.id).where(JOBS.c.finished.is_not(None))).all())


def _result(connection: Any, job: str) -> Any:
    """Outputs and contents, without what tells the time."""
    row = connection.execute(select(JOBS).where(JOBS.c.id == job)).one()
    layers = connection.execute(select(LAYERS).where(LAYERS.c.job == job)).all()
    # Pictures and records of a run tell versions and times; all else is the same to the byte.
    hashes = sorted(
        (x.name, x.sha256) for x in layers if not x.name.endswith((".png", "timing.json"))
    )
    return row.outputs, hashes, sorted(x.name for x in layers)


def _check(service: Running, store: str | None, accepted: dict[str, int], expected: list[Any]) -> None:  # fmt: skip
    assert len(accepted) == JOBS_SENT
    with _engine(service, store).connect() as connection:
        rows = connection.execute(select(JOBS)).all()
        print(Counter(row.status for row in rows), Counter(row.attempts for row in rows))  # noqa: T201
        assert set(accepted) <= {row.id for row in rows}  # what was answered is there
        # The API may have been killed between accepting and answering: that job is done, too.
        titles = {inputs["title"]: i for i, inputs in enumerate(VARIANTS)}
        for row in rows:
            if row.status == "failed":
                assert row.problem["code"] == "killed", row.problem
                continue
            assert row.status == "successful", row
            assert _result(connection, row.id) == expected[titles[row.inputs["title"]]]
